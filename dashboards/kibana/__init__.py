"""Saved objects for Kibana from 8.9 on: Lens panels, written into their dashboards."""
