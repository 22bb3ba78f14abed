"""Kafka between web servers and store: the same lines, documents, ids, rejects and counts, only another road.

Needs the extra `kafka`; nothing else in `ingest` does.
"""
