"""Lines and expected values taken from other projects' tests: all agree, but for those docs/formats.md lists."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_ingest_parse import field, parse

pytestmark = pytest.mark.data

DOCS = Path(__file__).parents[2] / "docs" / "formats.md"
FIELDS = {
    "client_ip": "source.ip", "client_host": "source.address", "user": "user.name", "time": "@timestamp",
    "method": "http.request.method", "target": "url.original", "path": "url.path", "query": "url.query",
    "http_version": "http.version", "status": "http.response.status_code", "bytes": "http.response.body.bytes",
    "referrer": "http.request.referrer", "user_agent": "user_agent.original", "vhost_port": "url.port",
    "server_port": "url.port", "tls_cipher": "tls.cipher",
}  # fmt: skip
# What the document does not hold: the request line is taken apart, and judged by others.
NOT_FIELDS = {"raw_request", "hostile", "address_list"}
# Times without a zone are the site's; this one was written in central Europe.
ZONES = {"shared-114": "Europe/Berlin"}


def cases(shared_data: Path) -> Sequence[dict[str, Any]]:
    lines = (shared_data / "conformance" / "parser_cases.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def found(document: dict[str, Any], name: str, expected: Any) -> Any:
    """A value as the case writes it."""
    if name == "vhost":
        domain, port = field(document, "url.domain"), field(document, "url.port")
        return f"{domain}:{port}" if ":" in str(expected) else domain
    if name == "duration_ms":
        return field(document, "event.duration") / 1e6
    if name == "protocol":
        return f"HTTP/{field(document, 'http.version')}"
    if name == "tls_protocol":
        return f"{field(document, 'tls.version_protocol').upper()}v{field(document, 'tls.version')}"
    value = field(document, FIELDS[name])
    if name == "time":
        return value.replace(".000Z", "Z")
    if name == "query":
        return f"?{value}" if str(expected).startswith("?") else value
    return "" if value is None and expected == "" else value  # ECS leaves out what is empty


def mismatches(case: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Values that differ: (found, expected)."""
    format_name = case["format"].partition("apache_logformat: ")[2] or "auto"
    *_, document = parse(
        *case["line"].split("\n"), format_name=format_name, timezone=ZONES.get(case["id"], "UTC")
    )  # fmt: skip
    if document["event"]["kind"] != "event":
        return {"rejected": (document["error"]["type"], "an event")}
    expected = {name: value for name, value in case["expect"].items() if name not in NOT_FIELDS}
    values = {name: found(document, name, value) for name, value in expected.items()}
    return {name: (values[name], expected[name]) for name in expected if values[name] != expected[name]}


def test_all_cases_agree_but_those_the_docs_list(shared_data: Path) -> None:
    listed = set(re.findall(r"^\| (shared-\d+) \|", DOCS.read_text(), re.MULTILINE))
    wrong = {case["id"]: mismatches(case) for case in cases(shared_data)}
    assert len(wrong) == 144
    unlisted = {name: item for name, item in wrong.items() if item and name not in listed}
    assert not unlisted
    assert {name for name in listed if not wrong[name]} == set(), "listed in the docs, but agreed on"
