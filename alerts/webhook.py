"""An alert as chat servers take it: an incoming webhook of Slack or Mattermost. Pure.

Text of a log is hostile here, too: in Slack `<!channel>` wakes everybody and `<url|text>` is a link, in Mattermost
`@all` does, and Markdown makes links and pictures. What may hold it is in code, without what would end the code.
"""

from collections.abc import Mapping
from typing import Any

COLOURS = {"critical": "#7a0019", "high": "#b3471d", "medium": "#806000"}


def text(shown: object) -> str:
    """Words of ours and figures: Slack's three control characters are escaped."""
    return str(shown).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(shown: object) -> str:
    """Text that may come from a log, as it is but for what would end the code or wake people; empty stays empty."""
    told = text(shown).replace("`", "'").replace("@", "(at)")
    return f"`{told}`" if told else ""


def payload(document: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a POST: `text`, and one attachment with the details. document: of `alerts.alert`."""
    title = code(str(document["subject"]).removeprefix("[wwwatch] "))
    if document["event"] == "summary":
        return _post(title, document, "\n".join(map(code, str(document["text"]).split("\n"))), [])
    fields = [
        ("Who", code(document["who"]), True),
        ("Class", code(document["class"]), True),
        ("Since", code(document["start"]), True),
        ("Status", text(document["status"]), True),
        ("Did it succeed?", text(document["success"]), False),
        ("Rate", text(document["rate"]), False),
        ("Not an attack?", code(document["verdict"]), False),
    ]
    told = [{"title": name, "value": value, "short": short} for name, value, short in fields if value]
    return _post(title, document, code(document["reason"]), told)


def _post(title: str, document: Mapping[str, Any], body: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    attachment = {
        "fallback": title,
        "color": COLOURS.get(str(document["severity"]), "#57606a"),
        "text": body,
        "mrkdwn_in": ["text", "fields"],
        "fields": fields,
    }
    if document.get("link"):
        attachment |= {"title": "Open the dashboard", "title_link": document["link"]}
    # Nothing is to be fetched for a preview, and no name in the text is anybody.
    quiet = {"unfurl_links": False, "unfurl_media": False, "link_names": False, "parse": "none"}
    return {"text": title, "attachments": [attachment], **quiet}
