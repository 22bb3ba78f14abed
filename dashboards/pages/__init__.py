"""The pages, each a module of panel specifications."""

from dashboards.pages.anomalies import ANOMALIES_TRIAGE
from dashboards.pages.client import SINGLE_CLIENT
from dashboards.pages.pipeline import PIPELINE_HEALTH
from dashboards.pages.traffic import TRAFFIC_OVERVIEW

PAGES = (TRAFFIC_OVERVIEW, ANOMALIES_TRIAGE, SINGLE_CLIENT, PIPELINE_HEALTH)

__all__ = ["PAGES"]
