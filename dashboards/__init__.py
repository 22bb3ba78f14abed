"""Dashboards: panel specifications, and the saved objects of two products built from them.

`pages/` says what is shown, as data. `kibana/` makes Lens panels of it, `opensearch/` 7.10-style visualisations, and
`queries.py` the search behind each panel. `build.py` writes the two NDJSON files that lie beside it.
"""
