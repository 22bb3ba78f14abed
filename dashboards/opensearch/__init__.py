"""Saved objects for OpenSearch Dashboards 2 and 3, and for Kibana from 7.10 to 8.8: visualisations by aggregations."""
