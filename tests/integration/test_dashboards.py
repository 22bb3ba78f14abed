"""Every panel asks the store what its specification says, and is told what the raw documents say."""

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dashboards.data_views import DATA_VIEWS
from dashboards.pages import PAGES
from dashboards.panels import (
    Breakdown,
    Documents,
    Figure,
    Groups,
    Measure,
    OverTime,
    Panel,
    Ranges,
    Split,
    Swimlanes,
    Table,
    Top,
    WeekdayHours,
)
from dashboards.queries import DOCUMENTS_SHOWN, body, counts_all, key
from simulator.lines import combined
from simulator.site import Site
from simulator.traffic import Planned, generate
from tests.conftest import Run
from tests.integration.raw_answers import Flat, flat, grouped, hours, measured, passes
from wwwatch.moments import iso
from wwwatch.store import Store, names

Document = dict[str, Any]

FORMAT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_time $host'
)
HOURS = 3
HOUR = 3600
EVERYTHING: Document = {"match_all": {}}
# Distinct values beyond some thousands and percentiles are estimates, in both engines.
UNIQUE_OFF, RANK_OFF = 0.05, 0.06


@pytest.fixture
def demo(store: Store, namespace: str, run: Run, tmp_path: Path) -> str:
    """A namespace in which every panel has something to say: a log of some hours with attacks, shipped and judged,
    and a few documents of what a small log on a healthy machine does not hold."""
    began = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS + 1)
    start = began.timestamp()
    attacks = (
        Planned("scan_dictionary", start + 0.2 * HOUR, 0.4),
        Planned("brute_force_fast", start + 1.2 * HOUR, 0.4),
        Planned("dos_single_source", start + 2.2 * HOUR, 0.2),
    )
    luck = random.Random(5)
    requests = generate(Site.shop(3), start, start + HOURS * HOUR, 11, 200, attacks)
    lines = [
        f"{combined(request)} {luck.lognormvariate(-3, 1):.3f} {luck.choice(('www', 'api'))}.shop.example"
        for request in requests
    ]
    log = tmp_path / "access.log"
    log.write_text("\n".join([*lines, "\x16\x03\x01 half a handshake", "no line of a log"]) + "\n")
    assert run("ship", log, "--format", FORMAT, "--namespace", namespace).returncode == 0
    assert run("detect", "--namespace", namespace, WWWATCH_DETECTOR__VERIFY_CRAWLERS="false").returncode == 0
    extra = {
        names.access_stream("nginx.access", namespace): list(_enriched(began, namespace, luck)),
        names.pipeline_stream(namespace): [_troubled(began + timedelta(hours=1), namespace)],
    }
    for stream, documents in extra.items():
        for number, document in enumerate(documents):
            assert store.create_document(stream, f"extra-{number}", document)
    _, incident = next(iter(store.documents(names.incidents(namespace))))
    own = {"@timestamp": iso(began), "event": incident["event"] | {"dataset": "wwwatch.selfwatch"}}
    store.write_documents(names.incidents(namespace), [("open", _as_open(incident)), ("self", incident | own)])
    _, anomaly = next(iter(store.documents(names.anomalies(namespace))))
    group = {"wwwatch": anomaly["wwwatch"] | {"entity": {"type": "net", "id": "203.0.113.0/24"}}}
    withdrawn = {"wwwatch": anomaly["wwwatch"] | {"status": "withdrawn"}}
    store.write_documents(names.anomalies(namespace), [("group", anomaly | group), ("withdrawn", anomaly | withdrawn)])
    for index in (*extra, names.rejects_stream(namespace)):
        store.refresh(index)
    return namespace


def _as_open(incident: Document) -> Document:
    return incident | {"wwwatch": incident["wwwatch"] | {"status": "open"}}


def _enriched(began: datetime, namespace: str, luck: random.Random) -> Iterator[Document]:
    """Events as enrichment makes them, a server that fails, and one with a path too long to be indexed."""
    for number in range(60):
        country, owner = luck.choice((("DE", 3320), ("FR", 3215), ("BR", 28573)))
        yield {
            "@timestamp": iso(began + timedelta(minutes=2 * number)),
            "event": {"dataset": "nginx.access"},
            "data_stream": {"type": "logs", "dataset": "nginx.access", "namespace": namespace},
            "host": {"name": "web2"},
            "source": {
                "ip": f"203.0.113.{number % 9}",
                "address": f"203.0.113.{number % 9}",
                "geo": {"country_iso_code": country},
                "as": {"number": owner, "organization": {"name": f"Owner {owner}"}},
            },
            "http": {"request": {"method": "GET"}, "response": {"status_code": luck.choice((200, 500, 503))}},
            "url": {"path": "/" + "x" * (2000 if number == 30 else number % 4)},
            "user_agent": {
                "original": "Mozilla/5.0 test",
                "name": luck.choice(("Firefox", "Chrome")),
                "os": {"name": luck.choice(("Linux", "Windows"))},
            },
        }


def _troubled(moment: datetime, namespace: str) -> Document:
    """A heartbeat of a shipper whose store is slow."""
    figures = {"sent": 10, "rejected": 1, "duplicate": 2, "dropped": 3, "retries": 4, "undelivered": 5}
    gauges = {"lag_seconds": 30.5, "bytes_behind": 4096, "batch_latency_ms": 900.5, "memory_bytes": 1 << 27}
    return {
        "@timestamp": iso(moment),
        "event": {"dataset": "wwwatch.pipeline"},
        "host": {"name": "web2"},
        "wwwatch": {"namespace": namespace, "component": "ship", "status": "running"} | figures | gauges,
    }


def index_of(data: str, namespace: str) -> str:
    """What a data view reads, of one namespace only."""
    return ",".join(pattern.removesuffix("*") + namespace for pattern in DATA_VIEWS[data].title.split(","))


@pytest.mark.slow
def test_every_panel_says_what_the_raw_documents_say(store: Store, demo: str) -> None:
    raw = {data: [flat(document) for _, document in store.documents(index_of(data, demo))] for data in DATA_VIEWS}
    wrong = []
    for page in PAGES:
        for panel in page.panels():
            if not isinstance(panel, Panel):
                continue
            mine = [document for document in raw[panel.data] if passes(panel.where, document)]
            assert mine, f"{page.id} {panel.id}: nothing to compare with"
            try:
                compare(panel, mine, store, index_of(panel.data, demo))
            except AssertionError as difference:
                wrong.append(f"{page.id} {panel.id}: {difference}")
    assert wrong == []


def compare(panel: Panel, mine: list[Flat], store: Store, index: str) -> None:
    """Raise AssertionError where the store's answer to the panel is not what the documents say."""
    search = body(panel, EVERYTHING)
    if isinstance(panel, Documents):
        found = store.search(index, search["query"], search["size"], search["sort"])
        assert len(found) == min(len(mine), DOCUMENTS_SHOWN)
        field, direction = panel.sort[0]
        first = flat(found[0][1])[field][0]
        assert first == (max if direction == "desc" else min)(document[field][0] for document in mine)
        return
    answer = store.aggregate(index, search["query"], search["aggs"])
    match panel:
        case Figure(measure=measure):
            same_measures((measure,), {"doc_count": len(mine)} | answer, mine)
        case OverTime(measures=measures, by=None):
            same_hours(measures, answer, mine)
        case OverTime(measures=measures, by=by) if by is not None:
            for bucket, inside in buckets(by, measures[0], answer, mine):
                same_hours(measures, bucket, inside)
        case Swimlanes(measure=measure, by=by):
            for bucket, inside in buckets(by, measure, answer, mine):
                same_hours((measure,), bucket, inside)
        case Breakdown(measure=measure, by=by):
            for bucket, inside in buckets(by, measure, answer, mine):
                same_measures((measure,), bucket, inside)
        case Table(by=columns, measures=measures):
            same_rows(columns, measures, answer, mine)
        case WeekdayHours():
            same_hours((), answer, mine)
        case _:
            pytest.fail(f"nothing compares {type(panel).__name__}")


def same_rows(columns: tuple[Top, ...], measures: tuple[Measure, ...], answer: Document, mine: list[Flat]) -> None:
    if not columns:
        same_measures(measures, answer, mine)
        return
    for bucket, inside in buckets(columns[0], measures[0], answer, mine):
        same_rows(columns[1:], measures, bucket, inside)


def buckets(by: Split, first: Measure, answer: Document, mine: list[Flat]) -> Iterator[tuple[Document, list[Flat]]]:
    """The store's buckets, each with the documents that should be in it; those that should not be missing are not."""
    groups = grouped(by, mine)
    told = answer["split"]["buckets"]
    if isinstance(told, Mapping):
        assert isinstance(by, Groups)
        assert sum(bucket["doc_count"] for bucket in told.values()) == sum(map(len, groups.values()))
        yield from ((bucket, groups.get(label, [])) for label, bucket in told.items())
        return
    if isinstance(by, Top):
        assert len(told) == min(by.size, len(groups))
        best = sorted((number(first, inside) for inside in groups.values()), reverse=True)[: by.size]
        got = [number(first, groups[bucket["key"]]) for bucket in told]
        # Near the end a few clients more or less are an estimate; everything else is exact.
        assert got == (pytest.approx(best, rel=UNIQUE_OFF, abs=2) if first.of == "unique" else pytest.approx(best))
    keyed = [(bucket.get("from", 0.0) if isinstance(by, Ranges) else bucket["key"], bucket) for bucket in told]
    yield from ((bucket, groups.get(name, [])) for name, bucket in keyed)


def number(measure: Measure, documents: list[Flat]) -> float:
    return float(measured(measure, documents))


def same_hours(measures: tuple[Measure, ...], answer: Document, mine: list[Flat]) -> None:
    wanted = hours(mine)
    told = answer["time"]["buckets"]
    assert {bucket["key"]: bucket["doc_count"] for bucket in told} == {hour: len(one) for hour, one in wanted.items()}
    for bucket in told:
        same_measures(measures, bucket, wanted[bucket["key"]])


def same_measures(measures: tuple[Measure, ...], bucket: Document, mine: list[Flat]) -> None:
    assert bucket["doc_count"] == len(mine)
    for place, measure in enumerate(measures):
        wanted = measured(measure, mine)
        if counts_all(measure):
            assert bucket["doc_count"] == wanted, measure.label
            continue
        told = bucket[key(place)]
        if measure.of in {"count", "share"}:
            assert told["doc_count"] == wanted, measure.label
        elif measure.of == "percentile":
            same_rank(measure, told["values"][f"{measure.percent:.1f}"], wanted)
        elif measure.of == "unique":
            assert told["value"] == pytest.approx(wanted, rel=UNIQUE_OFF, abs=1), measure.label
        else:
            assert told["value"] == (None if wanted is None else pytest.approx(wanted)), measure.label


def same_rank(measure: Measure, told: float | None, values: list[float]) -> None:
    """A percentile stands where it should among the values, give or take some ranks and one value."""
    if not values:
        assert told is None
        return
    assert told is not None
    slack = RANK_OFF + 1 / len(values)
    below = sum(value < told for value in values) / len(values)
    upto = sum(value <= told for value in values) / len(values)
    assert below - slack <= measure.percent / 100 <= upto + slack, measure.label


def test_an_empty_store_answers_every_panel_with_nothing(store: Store, namespace: str) -> None:
    for page in PAGES:
        for panel in page.panels():
            if isinstance(panel, Panel):
                search = body(panel, EVERYTHING)
                index = index_of(panel.data, namespace)
                if isinstance(panel, Documents):
                    assert store.search(index, search["query"], search["size"], search["sort"]) == []
                else:
                    answer = store.aggregate(index, search["query"], search["aggs"])
                    assert not any(bucket for told in answer.values() for bucket in told.get("buckets", ()))
