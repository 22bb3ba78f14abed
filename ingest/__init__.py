"""Ingest: log lines in, ECS documents in the store, each exactly once."""
