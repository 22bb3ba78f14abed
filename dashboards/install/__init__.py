"""Installs the pages in Kibana or OpenSearch Dashboards, over the saved-objects API both have."""

from dashboards.install.connection import Server, identify
from dashboards.install.importing import Installed, install

__all__ = ["Installed", "Server", "identify", "install"]
