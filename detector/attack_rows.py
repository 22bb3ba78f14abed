"""Simulated traffic as training rows: through the shipper's parser, a scratch index and the detector's own queries.

What a model learns from is thereby counted exactly as what it will judge.
"""

import uuid
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from types import MappingProxyType
from typing import Any

import pandas as pd

from detector.features import ENTITY_FIELD, WINDOWS_SECONDS, collect
from detector.model import NORMAL, SEED
from detector.training import Rows, capped
from detector.windows import Span, aligned
from ingest import formats
from ingest.convert import Converter
from ingest.reader import Chunk
from simulator.attacks import ATTACKS, training_styles
from simulator.lines import combined
from simulator.load import strained
from simulator.request import Request
from simulator.site import Site
from wwwatch.console import Advance, no_progress
from wwwatch.errors import StoreError
from wwwatch.moments import iso
from wwwatch.signs import PLAIN, Signs, method, none_of, span_query
from wwwatch.store import Store, names

# Strengths of the runs of each style, from just noticeable to violent; each is moved a little by chance.
STRENGTHS = (0.1, 0.45, 0.8)
# A violent run fills its windows long before this; more requests would teach nothing new.
LONGEST_RUN_REQUESTS = 4000
# Simulated runs lie in a time of their own; only its weekday and hours are ever looked at.
EPOCH = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
RUN_SPREAD_SECONDS = 6 * 3600
TOP_PATHS = 400
# Below this an attacker's window shows nothing of its class by itself (a botnet's member, a first try): it is
# neither an example of the attack nor of normal traffic. Figures are per window: a minute, ten, an hour, a day.
LEAST_REQUESTS = {"dos": (120, 300, 600, 1200), "scraping": (60, 60, 120, 400)}
LEAST_LOGINS = 3
LEAST_USERS = 3
MOST_ROWS_A_CLASS = 400
LINES_A_BODY = 2000
# What many have in their nginx.conf: combined, and how long the request took.
TIMED = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" '
    "$request_time"
)


def for_site(
    store: Store,
    namespace: str,
    span: Span,
    normal: pd.DataFrame,
    signs: Signs = PLAIN,
    advance: Advance = no_progress,
) -> Rows:
    """Attacks of every style in a site's own URLs. normal: its cleaned history, for how much traffic is usual."""
    index = store.access_index(namespace)
    background = usual_traffic(normal)
    site, timed = site_like(store, index, span, signs), _is_timed(store, index, span)
    return attacks(store, site, background, SEED, advance, timed=timed)


def _is_timed(store: Store, index: str, span: Span) -> bool:
    """Whether the site's log tells how long requests took."""
    took = span_query(span.since, span.until, {"exists": {"field": "event.duration"}})
    answer = store.aggregate(index, took, {"clients": {"terms": {"field": ENTITY_FIELD, "size": 1}}})
    return bool(answer.get("clients", {}).get("buckets"))


def usual_traffic(normal: pd.DataFrame) -> dict[int, float]:
    """Per window length, the median number of requests of the whole site in a window with any."""
    totals = normal.groupby(["window_seconds", "window_start"])["site_requests"].first()
    medians = totals.groupby("window_seconds").median()
    return {seconds: float(medians.get(seconds, 0.0)) for seconds in WINDOWS_SECONDS}


def site_like(store: Store, index: str, span: Span, signs: Signs = PLAIN) -> Site:
    """A simulated site with the URLs, login pages and answers of the stored one."""
    harmless = none_of(signs.tagged("probe", "sqli", "xss", "traversal", "rce", "proxy"))
    served = span_query(span.since, span.until, harmless, {"range": {"http.response.status_code": {"lt": 400}}})
    paths = _top(store, index, served, "url.path", TOP_PATHS)
    login = span_query(span.since, span.until, signs.tagged("login"), method("POST"))
    missing = span_query(span.since, span.until, {"term": {"http.response.status_code": 404}})
    missing_bytes = _average_bytes(store, index, missing)
    targets = [(path, hits) for path, hits in paths if path.startswith("/")] or [("/", 1)]
    return Site.from_profile(
        targets,
        login_paths=[path for path, _ in _top(store, index, login, "url.path", 3) if path.startswith("/")],
        not_found_bytes=int(missing_bytes) or 1027,
        page_bytes=int(_average_bytes(store, index, served)) or 14000,
    )


def _top(store: Store, index: str, query: Mapping[str, Any], field: str, size: int) -> list[tuple[str, int]]:
    answer = store.aggregate(index, dict(query), {"top": {"terms": {"field": field, "size": size}}})
    return [(bucket["key"], bucket["doc_count"]) for bucket in answer.get("top", {}).get("buckets", [])]


def _average_bytes(store: Store, index: str, query: Mapping[str, Any]) -> float:
    answer = store.aggregate(index, dict(query), {"bytes": {"avg": {"field": "http.response.body.bytes"}}})
    return float(answer.get("bytes", {}).get("value") or 0.0)


def attacks(
    store: Store,
    site: Site,
    background: Mapping[int, float],
    seed: int,
    advance: Advance = no_progress,
    styles: Sequence[str] = (),
    strengths: Mapping[str, Sequence[float]] = MappingProxyType({}),
    timed: bool = False,
) -> Rows:
    """Runs of every training style (or the named ones) at STRENGTHS against a site, as labelled rows.

    background: per window length, the traffic of the rest of the site, for shares of it. strengths: other ones for
    some classes. timed: as a log tells it that says how long requests took.
    """
    requests = list(_runs(site, seed, styles or training_styles(), strengths, advance))
    classes = _classes(requests)
    counts = count(store, requests, advance, timed)
    counts = counts[counts["entity"].isin(classes)].reset_index(drop=True)
    rest = counts["window_seconds"].map(dict(background)).astype("float64")
    counts["site_requests"] = counts["requests"] + rest
    labels = _visible_labels(counts, classes)
    shows = [_shows(row, label) for row, label in zip(counts.to_dict("records"), labels, strict=True)]
    runs = counts["entity"].map({request.address: request.actor for request in requests}).astype(str)
    return capped(Rows(counts[shows], labels[shows], runs[shows]), MOST_ROWS_A_CLASS, seed)


def _runs(
    site: Site, seed: int, styles: Iterable[str], strengths: Mapping[str, Sequence[float]], advance: Advance
) -> Iterator[Request]:
    for name in styles:
        for number, strength in enumerate(strengths.get(ATTACKS[name].attack_class, STRENGTHS)):
            rng = Random(f"{seed}:{name}:{number}")
            start = EPOCH + rng.random() * RUN_SPREAD_SECONDS
            moved = min(1.0, max(0.0, strength + rng.uniform(-0.1, 0.15)))
            run = sorted(ATTACKS[name].requests(rng, site, start, moved, f"{name}-{number}"), key=lambda r: r.time)
            yield from strained(run[:LONGEST_RUN_REQUESTS], site, seed)
            advance(1)


def _classes(requests: Iterable[Request]) -> dict[str, str]:
    """Address -> class, without addresses that chance gave to attacks of two classes."""
    found: dict[str, set[str]] = {}
    for request in requests:
        found.setdefault(request.address, set()).add(request.label)
    return {address: next(iter(labels)) for address, labels in found.items() if len(labels) == 1}


def _visible_labels(counts: pd.DataFrame, classes: Mapping[str, str]) -> pd.Series:
    """The class of each row as far as one client's window can tell it.

    That an attacker tries many accounts rather than one shows only where the log names the users; without, trying
    from one address is guessing, whatever the attacker's list was.
    """
    labels = counts["entity"].map(dict(classes)).astype(str)
    nameless = (labels == "credential_stuffing") & (counts["distinct_users"] < LEAST_USERS)
    return labels.mask(nameless, "brute_force")


def _shows(row: Mapping[Hashable, Any], label: str) -> bool:
    """Whether an attacker's window shows its class by itself."""
    if label in LEAST_REQUESTS:
        least = dict(zip(WINDOWS_SECONDS, LEAST_REQUESTS[label], strict=True))
        return bool(row["requests"] >= least[row["window_seconds"]])
    if label in {"brute_force", "credential_stuffing"}:
        return bool(row["login_attempts"] >= LEAST_LOGINS)
    return bool(row["hostile"] > 0 or row["errors"] >= 8)


def count(
    store: Store, requests: Sequence[Request], advance: Advance = no_progress, timed: bool = False
) -> pd.DataFrame:
    """Requests as the detector counts them: one row per shortlisted client and window, of all window lengths.

    timed: the log tells how long they took. They pass through an index of their own, deleted by its name whatever
    happens.
    """
    index = f"{names.SCRATCH_PREFIX}{uuid.uuid4().hex}"
    low, high = min(request.time for request in requests), max(request.time for request in requests)
    span = Span(int(low), int(high) + 1)
    try:
        for body in bulk_bodies(requests, index, timed):
            _send(store, index, body)
        store.refresh(index)
        frames = []
        for window_seconds in WINDOWS_SECONDS:
            whole = aligned(span.since, span.until, window_seconds)
            frames.append(collect(store, index, whole.since, whole.until, window_seconds, advance).counts)
        return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)
    finally:
        store.delete_index(index)


def bulk_bodies(requests: Sequence[Request], index: str, timed: bool = False) -> Iterator[bytes]:
    """Bulk bodies, made of log lines by the shipper's own parser. timed: with how long each took."""
    converter = Converter(
        identity=index,
        path="",
        namespace="scratch",
        host="",
        server="nginx",
        log_format=formats.named(TIMED if timed else "combined"),
        only=True,
    )
    offset = 0
    for start in range(0, len(requests), LINES_A_BODY):
        batch = requests[start : start + LINES_A_BODY]
        lines = [_line(request, timed).encode() for request in batch]
        end = offset + sum(len(line) + 1 for line in lines)
        items = converter.convert(Chunk(offset, end, lines, b""), iso(datetime.fromtimestamp(EPOCH, UTC))).events
        yield "\n".join(items.to_list()).encode() + b"\n"
        offset = end


def _line(request: Request, timed: bool) -> str:
    return f"{combined(request)} {request.duration_ms / 1000:.3f}" if timed else combined(request)


def _send(store: Store, index: str, body: bytes) -> None:
    result = store.bulk_patiently(index, body)
    if result.errors:
        raise StoreError(f"The store refused simulated traffic: {result.errors[0][1]}")


def labelled(counts: pd.DataFrame, requests: Iterable[Request]) -> Rows:
    """Rows of a whole simulated site: the label of a client is that of its requests; mixed clients are left out.

    What belongs together is one client: a group of its own.
    """
    classes = _classes(requests)
    known = counts[counts["entity"].isin(classes)].reset_index(drop=True)
    labels = _visible_labels(known, classes)
    keep = [label == NORMAL or _shows(row, label) for row, label in zip(known.to_dict("records"), labels, strict=True)]
    kept, labels = known[keep].reset_index(drop=True), labels[keep].reset_index(drop=True)
    return Rows(kept, labels, kept["entity"].astype(str))
