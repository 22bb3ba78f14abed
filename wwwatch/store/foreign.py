"""Access events that other shippers wrote: Filebeat's modules, Elastic Agent's integrations, anything in ECS. Pure.

What wwwatch asks is put in its own field names. Where an index has them elsewhere, or of a type that cannot be
counted (`text`), questions are translated at the door, and documents are shaped like our own. Filebeat's nginx and
Apache modules before 8 keep only `url.original`; Elastic Agent's split it; without a template, strings are `text` with
a `.keyword` beside.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Document = dict[str, Any]

# Our field -> where else the same is kept, the best first. `.keyword` of each is tried behind it.
ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "source.address": ("source.ip", "client.address", "client.ip"),
    "url.path": ("url.original",),
    "url.original": ("url.path",),
    "url.query": ("url.original",),
    "url.extension": (),
    "url.domain": ("destination.domain",),
    "http.request.method": (),
    "http.request.referrer": (),
    "http.response.status_code": (),
    "http.response.body.bytes": ("http.response.bytes",),
    "user_agent.original": (),
    "user.name": (),
    "source.as.number": (),
    "wwwatch.net": (),
    "event.dataset": ("data_stream.dataset",),
}
# What cannot do without: without a client or an answer nothing can be judged.
NEEDED = ("source.address", "http.response.status_code")
# A name no index maps: what is asked of it is asked in vain, and that is no error.
ABSENT = "wwwatch.absent"
# What is lost where a field is missing, for people.
LOST: Mapping[str, str] = {
    "url.query": "distinct queries",
    "url.extension": "feeds are told by their paths only",
    "url.domain": "virtual hosts",
    "http.request.method": "logins and unusual methods",
    "http.request.referrer": "who comes from elsewhere",
    "http.response.body.bytes": "bytes",
    "user_agent.original": "tools, crawlers and groups of one agent",
    "user.name": "user names that are tried",
    "source.as.number": "groups of one autonomous system",
    "wwwatch.net": "groups of one network",
    "event.dataset": "events that are no access log",
    "url.path": "everything that is asked for",
    "url.original": "probes and payloads",
}
# Of documents, everything that a line is put together from.
SOURCE = [
    "@timestamp", "source", "client", "url", "http", "user_agent.original", "user.name", "event.original", "message",
    "host.name", "tags",
]  # fmt: skip
_DATASETS = ("*.access", "*.ingress_controller")


@dataclass(frozen=True)
class Reading:
    """How events by a pattern are read. fields: ours -> theirs, where they differ; ABSENT: in vain.

    wildcards: of ours, those of the type `wildcard`: counted like keywords, but asked for few values at a time only.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    wildcards: frozenset[str] = frozenset()

    @property
    def missing(self) -> tuple[str, ...]:
        """Our fields that these events do not have."""
        return tuple(name for name, theirs in self.fields.items() if theirs == ABSENT)

    def scope(self) -> Document:
        """Of all events under a pattern, those of access logs: with an answer, and of no other data set."""
        dataset = self.fields.get("event.dataset", "event.dataset")
        named = [{"wildcard": {dataset: {"value": pattern}}} for pattern in _DATASETS]
        unnamed = {"bool": {"must_not": [{"exists": {"field": dataset}}]}}
        answered = {"exists": {"field": self.fields.get("http.response.status_code", "http.response.status_code")}}
        return {"bool": {"filter": [answered, {"bool": {"should": [*named, unnamed], "minimum_should_match": 1}}]}}

    def asked(self, body: Document) -> Document:
        """A search's body in their fields, about access events only."""
        theirs: Document = self._translated(body)
        query = theirs.get("query") or {"match_all": {}}
        theirs["query"] = {"bool": {"must": [query], "filter": [self.scope()]}}
        if isinstance(theirs.get("_source"), list):
            theirs["_source"] = SOURCE
        return theirs

    def _translated(self, asked: Any) -> Any:
        if isinstance(asked, list):
            return [self._translated(item) for item in asked]
        if not isinstance(asked, dict):
            return asked
        return {
            self.fields.get(key, key): self.fields.get(value, value)
            if key == "field" and isinstance(value, str)
            else self._translated(value)
            for key, value in asked.items()
        }

    def shaped(self, document: Document) -> Document:
        """A document as our shipper would have written it: with client, path and line."""
        shaped = {**document}
        for name in ("source.address", "url.path"):
            theirs = self.fields.get(name, name).removesuffix(".keyword")
            if theirs != name and (value := _value(document, theirs)) is not None:
                outer, inner = name.split(".")
                shaped[outer] = {**(shaped.get(outer) or {}), inner: str(value).partition("?")[0]}
        if _value(document, "event.original") is None:
            line = _value(document, "message") or _line(shaped)
            shaped["event"] = {**(shaped.get("event") or {}), "original": line}
        return shaped


def choose(
    capabilities: Mapping[str, Mapping[str, Mapping[str, Any]]], wildcards: Collection[str] = frozenset()
) -> Reading:
    """From what `_field_caps` tells of the fields of `asked_fields`: field -> type -> capabilities.

    wildcards: theirs that are mapped as `wildcard`: capabilities do not tell.
    """
    fields: dict[str, str] = {}
    for name in ELSEWHERE:
        usable = (other for other in _places(name) if _counts(capabilities.get(other, {})))
        theirs = next(usable, ABSENT)
        if theirs != name:
            fields[name] = theirs
    return Reading(fields, frozenset(name for name in ELSEWHERE if fields.get(name, name) in wildcards))


def wildcards(mappings: Mapping[str, Any]) -> set[str]:
    """From the answer to `_mapping/field`: the fields that some index maps as `wildcard`."""
    return {
        name
        for index in mappings.values()
        for name, one in index["mappings"].items()
        for kind in one["mapping"].values()
        if kind.get("type") == "wildcard"
    }


def asked_fields() -> list[str]:
    """Every field that may be read."""
    return sorted({place for name in ELSEWHERE for place in _places(name)})


def told(reading: Reading) -> list[str]:
    """For people: what is read from elsewhere, and what is missed."""
    moved = [f"{ours} is read from {theirs}" for ours, theirs in reading.fields.items() if theirs != ABSENT]
    lost = [f"{name} is missing: {LOST[name]} cannot be told" for name in reading.missing if name in LOST]
    return moved + lost


def _places(name: str) -> list[str]:
    return [place for one in (name, *ELSEWHERE[name]) for place in (one, f"{one}.keyword")]


def _counts(types: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a field can be searched and counted in every index that has it."""
    return bool(types) and all(one.get("aggregatable") and one.get("searchable") for one in types.values())


def _value(document: Mapping[str, Any], name: str) -> Any:
    found: Any = document
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _line(document: Document) -> str:
    """The line of the log, in combined format, as far as the fields tell it."""

    def told_of(name: str) -> str:
        value = _value(document, name)
        return "-" if value in (None, "") else str(value)

    target = told_of("url.original") if _value(document, "url.original") else told_of("url.path")
    if "?" not in target and _value(document, "url.query"):
        target += f"?{_value(document, 'url.query')}"
    version = _value(document, "http.version")
    request = f"{told_of('http.request.method')} {target}" + (f" HTTP/{version}" if version else "")
    return (
        f'{told_of("source.address")} - {told_of("user.name")} [{_moment(told_of("@timestamp"))}] "{request}" '
        f"{told_of('http.response.status_code')} {told_of('http.response.body.bytes')} "
        f'"{told_of("http.request.referrer")}" "{told_of("user_agent.original")}"'
    )


def _moment(timestamp: str) -> str:
    try:
        return f"{datetime.fromisoformat(timestamp):%d/%b/%Y:%H:%M:%S %z}"
    except ValueError:
        return timestamp
