"""Enrichment: what is made of events between parse and serialise, one small step after the other.

A step takes a frame of events (as `ingest.parse` makes it) and returns one: with more columns, other values, or fewer
rows. `of_settings` puts them in their one order.
"""

from ingest.enrichment.pipeline import NONE, Enrichment, of_settings

__all__ = ["NONE", "Enrichment", "of_settings"]
