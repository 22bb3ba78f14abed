"""Kafka as a transport, against a real broker."""
