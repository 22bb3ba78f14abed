"""What tags would have told, of events that carry none: the distinct targets and agents of a span, matched here.

The shipper's own expressions decide, over each distinct value once; the store is then asked for the values. So a probe
is a probe whoever shipped it, and no event is downloaded.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from detector.windows import Span
from ingest import tags
from ingest.signatures import STATIC
from wwwatch.signs import PLAIN, Document, Signs, all_of, any_of, method, none_of, span_query, status_in
from wwwatch.store import Reading, Store
from wwwatch.store.foreign import told as read_as

# Distinct values that are looked at in a span; beyond, what they show is missing, and that is said.
MOST_DISTINCT = 200_000
# Values of one tag that are asked for; the store takes 65,536 in a query.
MOST_VALUES = 20_000
# Of a wildcard field each value is asked for by its pieces, of which a query takes 1,024 in all: enough for the login
# pages, the shortest of them, and for nothing else.
MOST_WILDCARDS = 5
PAGE = 10_000
SPANS_KEPT = 8
AGENT = "user_agent.original"
TARGETS = "url.original"
PATH, QUERY = "url.path", "url.query"
# What is sent in queries, and asked for by them where targets can be asked for few at a time only.
SENT = ("sqli", "xss", "rce", "traversal")

SignsOf = Callable[[Span], Signs]


def always(signs: Signs) -> SignsOf:
    """The same signs for every span: of events with tags."""
    return lambda _: signs


# Of events with tags where nothing is known of the site.
TAGGED = always(PLAIN)


def signs_of(store: Store, namespace: str, signs: Signs) -> SignsOf:
    """How events of a namespace show things. signs: what is known of its login pages."""
    reading = store.reading(namespace, anew=True)
    return Vocabulary(store, store.access_index(namespace), signs, reading) if reading else always(signs)


def told(of_span: SignsOf) -> list[str]:
    """What `detect`, a card and the metrics say of events that others shipped; [] of our own."""
    if not isinstance(of_span, Vocabulary):
        return []
    asked = [f"tags are asked for by {TARGETS} and {AGENT}, as far as these are there"]
    return [f"events by {of_span.index}", *read_as(of_span.reading), *asked, *of_span.said]


@dataclass
class Vocabulary:
    """The signs of spans of foreign events. said: what could not be looked at, for people."""

    store: Store
    index: str
    signs: Signs
    reading: Reading

    def __post_init__(self) -> None:
        self.said: list[str] = []
        self._known: dict[Span, Signs] = {}

    def __call__(self, span: Span) -> Signs:
        """The signs of a span. Asked once."""
        if span not in self._known:
            if len(self._known) >= SPANS_KEPT:
                self._known.pop(next(iter(self._known)))
            told = {field: self._told(column, field, span) for column, field in self._asked()}
            self._known[span] = replace(self.signs, queries=queries(told, self.reading))
        return self._known[span]

    def _asked(self) -> list[tuple[str, str]]:
        asked = [("target", TARGETS), ("agent", AGENT)]
        asked += (
            [("target", QUERY)] if TARGETS in self.reading.wildcards and QUERY not in self.reading.wildcards else []
        )
        return [(column, field) for column, field in asked if field not in self.reading.missing]

    def _told(self, column: str, field: str, span: Span) -> dict[str, list[str]]:
        values = list(islice(self._distinct(field, span), MOST_DISTINCT + 1))
        if len(values) > MOST_DISTINCT:
            values.pop()
            self.said.append(
                f"more than {MOST_DISTINCT:,} distinct {field} in {_named(span)}: the rest was not looked at"
            )
        if field == QUERY:
            shown = tags.told_by(column, [f"/?{value}" for value in values]) if values else {}
            told = {name: [value[2:] for value in found] for name, found in shown.items() if name in SENT}
        else:
            told = tags.told_by(column, values) if values else {}
        if field in self.reading.wildcards:
            self._say(f"{field} is of type wildcard: by it only login pages are asked for, no probes")
            return {"login": sorted(told["login"], key=len)[:MOST_WILDCARDS]} if "login" in told else {}
        for name, shown_by in told.items():
            if len(shown_by) > MOST_VALUES and (name != "static" or "url.extension" in self.reading.missing):
                self._say(
                    f"{len(shown_by):,} distinct {field} that are {name} in {_named(span)}: {MOST_VALUES:,} asked for"
                )
        return told

    def _say(self, line: str) -> None:
        if line not in self.said:
            self.said.append(line)

    def _distinct(self, field: str, span: Span) -> Iterator[str]:
        sources: list[Document] = [{"value": {"terms": {"field": field}}}]
        query = span_query(span.since, span.until)
        return (str(one["key"]["value"]) for one in self.store.composite(self.index, query, sources, {}, PAGE))


def _named(span: Span) -> str:
    return f"{span.since:%Y-%m-%d %H:%M} to {span.until:%Y-%m-%d %H:%M} UTC"


def queries(told: Mapping[str, Mapping[str, Sequence[str]]], reading: Reading) -> dict[str, Document]:
    """Tag -> query, of what the values of each field show, see `ingest.tags.told_by`. Pure."""
    asked: dict[str, list[Document]] = {}
    for field, shown in told.items():
        for name, values in shown.items():
            asked.setdefault(name, []).append(_among(field, values))
    found = {name: any_of(*parts) for name, parts in asked.items()}
    found["probe"] = any_of(*_probes(found))
    if "url.extension" not in reading.missing:
        found["static"] = {"terms": {"url.extension": STATIC}}
    absolute = [{"prefix": {TARGETS: {"value": scheme}}} for scheme in ("http://", "https://")]
    found["proxy"] = any_of(method("CONNECT"), *absolute)
    if AGENT not in reading.missing:
        unnamed = none_of({"exists": {"field": AGENT}})
        found["empty-agent"] = any_of(unnamed, {"term": {AGENT: "-"}})
    if "http.request.method" not in reading.missing:
        no_method = none_of({"exists": {"field": "http.request.method"}})
        found["malformed"] = all_of(no_method, status_in([tags.BAD_REQUEST]))
    return found


def _probes(found: dict[str, Document]) -> list[Document]:
    """A path that is hunted is a probe unless it was answered, or a crawler follows old links; see `ingest.tags`."""
    crawler = found.get("bot")
    if crawler and "tool-agent" in found:
        crawler = all_of(crawler, none_of(found["tool-agent"]))
    stranger = [none_of(crawler)] if crawler else []
    probes = [found.pop("probe")] if "probe" in found else []
    if "hunted" in found:
        probes.append(all_of(found.pop("hunted"), none_of(status_in(tags.ANSWERED)), *stranger))
    if "absent" in found:
        probes.append(all_of(found.pop("absent"), status_in(tags.NOT_THERE), *stranger))
    return probes


def _among(field: str, values: Sequence[str]) -> Document:
    """Events with one of these values; of too many, some from everywhere, as they are sorted."""
    step = max(1, -(-len(values) // MOST_VALUES))
    return {"terms": {field: list(values[::step])}}
