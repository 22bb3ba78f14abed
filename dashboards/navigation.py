"""Words on the pages: the bar that leads from page to page, and notes."""

from dashboards.panels import Note
from wwwatch import pages

NAMES = {
    pages.TRAFFIC: "Traffic",
    pages.ANOMALIES: "Anomalies",
    pages.CLIENT: "One client",
    pages.PIPELINE: "Pipeline",
}
EMPTY = (
    "Nothing here? Look at a longer time, top right. On a new installation: "
    "`wwwatch ship /var/log/nginx/access.log*`, then `wwwatch detect`."
)


def navigation(here: str, hint: str = EMPTY) -> Note:
    """The bar at the top of a page. hint: why the page may be empty. Links are relative, so they stay in the space."""
    links = [f"**{name}**" if page == here else f"[{name}](#/view/{page})" for page, name in NAMES.items()]
    return Note(id="navigation", markdown=f"{' · '.join(links)}   —   {hint}")


def note(id_: str, markdown: str) -> Note:
    """Words between panels."""
    return Note(id=id_, markdown=markdown)
