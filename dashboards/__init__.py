"""Dashboards: panel specifications and the NDJSON built from them."""
