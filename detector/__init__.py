"""Detector: windows of stored events in, anomalies and incidents back into the store."""
