"""Lines and expected values taken from other projects' tests, for the formats read so far."""
# ruff: noqa: E501 - tables of targets

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.test_ingest_parse import field, parse

pytestmark = pytest.mark.data

IN_SCOPE = {
    "apache", "nginx", "common", "combined", "apache_common", "apache_combined", "nginx_combined", "nginx_vhost_combined",
    "traefik_clf",
}  # fmt: skip
PREFIXES = ("fail2ban:apache-badbots", "fail2ban:nginx", "fail2ban:traefik")
NAMES = {
    "client_ip": "source.ip", "client_host": "source.address", "user": "user.name", "time": "@timestamp", "method": "http.request.method",
    "target": "url.original", "path": "url.path", "query": "url.query", "http_version": "http.version", "status": "http.response.status_code",
    "bytes": "http.response.body.bytes", "referrer": "http.request.referrer", "user_agent": "user_agent.original", "vhost": "url.domain",
}  # fmt: skip


def mismatches(case: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Fields that differ: (found, expected)."""
    [document] = parse(case["line"])
    if document["event"]["kind"] != "event":
        return {"rejected": (document["error"]["type"], "an event")}
    found = {name: field(document, NAMES[name]) for name in case["expect"] if name in NAMES}
    found["time"] = found.get("time", "").replace(".000Z", "Z")
    expected = {name: value for name, value in case["expect"].items() if name in NAMES} | (
        {} if "time" in case["expect"] else {"time": found["time"]}
    )
    return {name: (found[name], expected[name]) for name in expected if found[name] != expected[name]}


def test_cases_in_scope(shared_data: Path) -> None:
    cases = [json.loads(line) for line in (shared_data / "conformance" / "parser_cases.jsonl").read_text().splitlines()]
    chosen = [case for case in cases if case["format"] in IN_SCOPE or case["format"].startswith(PREFIXES)]
    failed = {case["id"]: mismatches(case) for case in chosen}
    failed = {name: wrong for name, wrong in failed.items() if wrong}
    print(f"{len(chosen) - len(failed)} of {len(chosen)} cases in scope agree")
    assert len(chosen) >= 70
    assert not failed
