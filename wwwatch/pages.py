"""The pages of Kibana and OpenSearch Dashboards: their ids, which never change, and links to them.

Here, and not in `dashboards/`, because mails link to pages and know nothing of how they are made.
"""

from datetime import datetime

from wwwatch.addresses import as_address
from wwwatch.moments import iso

# Every saved object of ours has an id that begins so.
ID_PREFIX = "wwwatch-"
TRAFFIC = "wwwatch-traffic"
ANOMALIES = "wwwatch-anomalies-triage"
CLIENT = "wwwatch-client"
PIPELINE = "wwwatch-pipeline-health"


def page_link(kibana_url: str, page: str, since: datetime | None = None, until: datetime | None = None) -> str:
    """A link to a page in [since, until); without them it opens with the page's own time range.

    kibana_url: setting `kibana.url`, with `/s/<space>` if it has one. page: an id of above.
    """
    return _link(kibana_url, page, _time(since, until), "")


def client_link(
    kibana_url: str, address: str, since: datetime | None = None, until: datetime | None = None
) -> str | None:
    """A link to the page of one client; None for what is no IP address, since text of a log is no part of a link."""
    known = as_address(address)
    if known is None:
        return None
    return _link(kibana_url, CLIENT, _time(since, until), query_state(client_query(known)))


def client_query(address: str) -> str:
    """What a client did, and what was thought of it, also as one of a group: for the query bar (KQL).

    address: an IP address or, for links that a page makes, the placeholder of one.
    """
    return f'source.ip:"{address}" or related.ip:"{address}"'


def query_state(query: str) -> str:
    """A page's query in rison, for a URL's fragment. query: KQL without apostrophes and exclamation marks."""
    return f"query:(language:kuery,query:'{query.replace(' ', '%20').replace(chr(34), '%22')}')"


def _time(since: datetime | None, until: datetime | None) -> str:
    if since is None and until is None:
        return ""
    start, end = (f"'{iso(moment)}'" if moment else "now" for moment in (since, until))
    return f"time:(from:{start if since else 'now-24h'},to:{end})"


def _link(kibana_url: str, page: str, everywhere: str, here: str) -> str:
    """`_g` is the state of all pages (time), `_a` of this one (query), in rison."""
    state = "&".join(f"{name}=({value})" for name, value in (("_g", everywhere), ("_a", here)) if value)
    return f"{kibana_url.rstrip('/')}/app/dashboards#/view/{page}" + (f"?{state}" if state else "")
