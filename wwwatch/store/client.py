"""The one door to the store. Everything wwwatch asks of Elasticsearch or OpenSearch goes through here.

A missing index or data stream reads as empty. A partial answer (a lost shard, a timeout) is never taken for a
whole one: it is an error.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import orjson
from elasticsearch import ConflictError, NotFoundError

from wwwatch.errors import StoreError
from wwwatch.store import failures, foreign, names
from wwwatch.store.bulk import Bulk, item_reason
from wwwatch.store.failures import TooMuch
from wwwatch.store.foreign import Reading
from wwwatch.store.session import Document

T = TypeVar("T")
Query = dict[str, Any]

MATCH_ALL: Query = {"match_all": {}}
WRITE_BATCH = 500
SMALLEST_PAGE = 50
SEARCHES_A_REQUEST = 100
SCROLL_KEPT = "5m"  # between two pages
READ: dict[str, Any] = {"ignore_unavailable": True, "allow_no_indices": True}


@dataclass(frozen=True)
class Hit:
    """A document as a search found it. index: the backing index, where it came from a data stream."""

    index: str
    id: str
    document: Document


@dataclass(frozen=True)
class Versioned:
    """A document as it was read: it can be replaced only as long as nobody else has."""

    document: Document
    seq_no: int
    primary_term: int


class Store(Bulk):
    """A connection to one store. Safe to share between threads."""

    def access_index(self, namespace: str) -> str:
        """What the access events of a namespace are read by: our own streams, or the patterns of the settings."""
        foreign = ",".join(self._patterns(namespace))
        if foreign:
            self._readings.setdefault(foreign, None)
        return foreign or names.access_index(namespace)

    def reading(self, namespace: str, anew: bool = False) -> Reading | None:
        """How foreign events of a namespace are read; None where it has our own. anew: ask what is mapped now.

        Raise StoreError where they lack what nothing can do without.
        """
        index = self.access_index(namespace)
        if index in self._readings and anew:
            self._readings[index] = None
        return self._reading(index)

    # ---- writing

    def write_documents(self, index: str, documents: Iterable[tuple[str, Document]], refresh: bool = True) -> int:
        """Write (id, document) pairs, overwriting by id. Return how many. Raise StoreError if one is refused."""
        written = 0
        for batch in batched(documents, WRITE_BATCH):
            body = b"".join(
                orjson.dumps({"index": {"_id": id_}}) + b"\n" + orjson.dumps(document) + b"\n"
                for id_, document in batch
            )
            result = self.bulk_patiently(index, body)
            if result.errors:
                position, reason = result.errors[0]
                if result.statuses[position] == 403:
                    raise failures.forbidden(self._shown, reason)
                raise StoreError(f"The store refused document {batch[position][0]} of {index}: {reason}")
            written += len(batch)
        if refresh and written:
            self.refresh(index)
        return written

    def create_document(self, index: str, id_: str, document: Document) -> bool:
        """Write a document only if its id is free. Return whether it was."""
        try:
            self._call(lambda: self._client.create(index=index, id=id_, document=document, refresh="wait_for"))
        except StoreError as error:
            if isinstance(error.__cause__, ConflictError):
                return False
            raise
        return True

    def versioned_document(self, index: str, id_: str) -> Versioned | None:
        """One document of an index by id, up to date, to be replaced; None if it is not there."""
        try:
            found = self._call(lambda: self._client.get(index=index, id=id_))
        except StoreError as error:
            if isinstance(error.__cause__, NotFoundError):
                return None
            raise
        return Versioned(dict(found["_source"]), int(found["_seq_no"]), int(found["_primary_term"]))

    def replace_document(self, index: str, id_: str, document: Document, before: Versioned | None) -> bool:
        """Compare and swap: write if the document still is what was read (None: not there). Return whether it was.

        Not searchable at once, but `get_document` and `versioned_document` see it.
        """
        condition: dict[str, Any] = (
            {"if_seq_no": before.seq_no, "if_primary_term": before.primary_term} if before else {"op_type": "create"}
        )
        try:
            self._call(lambda: self._client.index(index=index, id=id_, document=document, **condition))
        except StoreError as error:
            if isinstance(error.__cause__, ConflictError):
                return False
            raise
        return True

    def get_document(self, index: str, id_: str) -> Document | None:
        """One document of an index (not a data stream) by id, up to date; None if it is not there."""
        try:
            return dict(self._call(lambda: self._client.get(index=index, id=id_))["_source"])
        except StoreError as error:
            if isinstance(error.__cause__, NotFoundError):
                return None
            raise

    def delete_documents(self, index: str, ids: Iterable[str]) -> int:
        """Delete documents by id. Return how many were there."""
        deleted = 0
        for batch in batched(ids, WRITE_BATCH):
            body = b"".join(orjson.dumps({"delete": {"_id": id_}}) + b"\n" for id_ in batch)
            result = self.bulk_patiently(index, body)
            deleted += result.statuses.count(200)
        if deleted:
            self.refresh(index)
        return deleted

    def delete_index(self, name: str) -> bool:
        """Delete one index, by its own name. Return whether it was there."""
        if not name or set("*,?") & set(name) or name.startswith("_"):
            raise ValueError(f"{name!r} is not the name of one index")
        try:
            self._call(lambda: self._client.indices.delete(index=name))
        except StoreError as error:
            if isinstance(error.__cause__, NotFoundError):
                return False
            raise
        return True

    def refresh(self, index: str) -> None:
        """Make what was written so far searchable."""
        self._call(lambda: self._client.indices.refresh(index=index, **READ))

    # ---- reading

    def copies(self, index: str, ids: Sequence[str], fields: Sequence[str | Document]) -> list[Hit]:
        """Every document of these ids in every backing index, at most two for each. Refresh first if just written.

        fields: doc values to be told, as `docvalue_fields` takes them; each document is these, by field.
        """
        answer = self._search(
            index, query={"ids": {"values": list(ids)}}, size=2 * len(ids), source=False, docvalue_fields=fields
        )
        return [
            Hit(hit["_index"], hit["_id"], {name: values[0] for name, values in hit.get("fields", {}).items()})
            for hit in answer["hits"]["hits"]
        ]

    def count(self, index: str, query: Query = MATCH_ALL) -> int:
        """How many documents match."""
        query = self._asked(index, {"query": query})["query"]

        def counted() -> int:
            answer = self._client.count(index=index, query=query, **READ)
            _whole(answer, self._shown)
            return int(answer["count"])

        return self._call(counted)

    def aggregate(self, index: str, query: Query, aggs: Document, divisible: bool = False) -> Document:
        """The `aggregations` of the documents that match; {} if there is no such index.

        divisible: the caller asks for less where this raises TooMuch, so the same is not tried again before.
        """
        answer = self._search(index, divisible=divisible, query=query, aggs=aggs, size=0)
        return dict(answer.get("aggregations", {}))

    def time_span(self, index: str, query: Query = MATCH_ALL) -> tuple[datetime, datetime] | None:
        """The times of the oldest and the newest document, UTC; None if there is none."""
        ends = {"oldest": {"min": {"field": "@timestamp"}}, "newest": {"max": {"field": "@timestamp"}}}
        answer = self.aggregate(index, query, ends)
        oldest, newest = (answer.get(name, {}).get("value") for name in ends)
        if oldest is None or newest is None:
            return None
        return datetime.fromtimestamp(oldest / 1000, UTC), datetime.fromtimestamp(newest / 1000, UTC)

    def composite(
        self, index: str, query: Query, sources: list[Document], aggs: Document, page_size: int = 5000
    ) -> Iterator[Document]:
        """Every bucket of a composite aggregation, in the order of its sources, page by page.

        A page that was too much (buckets, memory, time, a lost shard) is asked again at half the size.
        """
        after: Document | None = None
        while True:
            composite: Document = {"size": page_size, "sources": sources} | ({"after": after} if after else {})
            try:
                page_aggs = {"page": {"composite": composite, "aggs": aggs}}
                answer = self.aggregate(index, query, page_aggs, divisible=page_size > SMALLEST_PAGE)
            except TooMuch:
                if page_size <= SMALLEST_PAGE:
                    raise
                page_size = max(SMALLEST_PAGE, page_size // 2)
                continue
            page = answer.get("page", {})
            yield from page.get("buckets", [])
            after = page.get("after_key")
            if not after or len(page["buckets"]) < page_size:
                return

    def search(
        self,
        index: str,
        query: Query,
        size: int,
        sort: list[Any] | None = None,
        fields: list[str] | None = None,
    ) -> list[tuple[str, Document]]:
        """Up to `size` (id, document) pairs. `fields` limits what a document holds."""
        answer = self._search(index, query=query, size=size, sort=sort, source=fields)
        return [(hit["_id"], self._shaped(index, hit.get("_source", {}))) for hit in answer["hits"]["hits"]]

    def search_many(self, index: str, searches: Sequence[Document]) -> list[list[Document]]:
        """The documents found by each of several search bodies, in their order."""
        found: list[list[Document]] = []
        for batch in batched(searches, SEARCHES_A_REQUEST):
            lines: list[Document] = []
            for body in batch:
                lines += [{"index": index, **READ}, self._asked(index, body)]
            answers = self._call(lambda lines=lines: self._searched(lines))  # type: ignore[misc]
            found += [[self._shaped(index, document) for document in answer] for answer in answers]
        return found

    def _searched(self, lines: list[Document]) -> list[list[Document]]:
        answer = self._client.msearch(searches=lines)
        for response in answer["responses"]:
            if response.get("status") in {429, 502, 503, 504}:
                raise failures.StoreBusy(f"The store at {self._shown} is busy: {item_reason(response['error'])}")
            if "error" in response:
                raise StoreError(f"The store at {self._shown} refused a search: {item_reason(response['error'])}")
            _whole(response, self._shown)
        return [[hit.get("_source", {}) for hit in response["hits"]["hits"]] for response in answer["responses"]]

    def documents(
        self,
        index: str,
        query: Query = MATCH_ALL,
        sort: list[Any] | None = None,
        fields: list[str] | None = None,
    ) -> Iterator[tuple[str, Document]]:
        """All (id, document) pairs that match, however many, sorted if asked."""
        for hit in self.hits(index, query, sort, fields):
            yield hit.id, hit.document

    def hits(
        self,
        index: str,
        query: Query = MATCH_ALL,
        sort: list[Any] | None = None,
        fields: list[str] | None = None,
        page_size: int = 1000,
    ) -> Generator[Hit, None, None]:
        """The same with the index each is in, as they were when asked: what is deleted meanwhile is told all the same.

        page_size: of documents that can be large, fetch few at a time. Close it if you leave it before its end.
        """
        body: Document = {"query": query, "size": page_size, "sort": sort or ["_doc"]}
        asked = self._asked(index, body | ({"_source": fields} if fields else {}))
        wanted = {"source" if name == "_source" else name: value for name, value in asked.items()}
        page = self._call(lambda: self._client.search(index=index, scroll=SCROLL_KEPT, **wanted, **READ))
        try:
            while page["hits"]["hits"]:
                _whole(page, self._shown)
                for hit in page["hits"]["hits"]:
                    yield Hit(hit["_index"], hit["_id"], self._shaped(index, hit.get("_source", {})))
                # Not twice: the next page would be passed over. A node that takes no connection was sent nothing.
                following = page["_scroll_id"]
                page = self._attempt(lambda: self._client.scroll(scroll_id=following, scroll=SCROLL_KEPT))  # noqa: B023
            _whole(page, self._shown)
        finally:
            if last := page.get("_scroll_id"):  # none where there is no such index
                with suppress(StoreError):  # else it runs out by itself
                    self._attempt(lambda: self._client.clear_scroll(scroll_id=last))

    # ---- templates

    def ensure_setup(self) -> None:
        """Make sure the templates are there, once per connection. Every command that writes calls it.

        A key that may not see or update templates is let through: a shipper's need not. Raise StoreRefused if one is
        missing and may not be installed.
        """
        if not self._templates_sure:
            from wwwatch.store.setup import install_what_is_allowed  # noqa: PLC0415 - reading commands never need it

            install_what_is_allowed(self)
            self._templates_sure = True

    _templates_sure = False

    def admin(self, method: str, path: str, body: Document | None = None) -> Any:
        """A request of `wwwatch.store.setup`; the answer's JSON, or None where the thing is not there (404)."""
        try:
            return self._request(method, path, body)
        except StoreError as error:
            if isinstance(error.__cause__, NotFoundError):
                return None
            raise

    # ---- events of other shippers

    def _reading(self, index: str) -> Reading | None:
        if index not in self._readings:
            return None
        if (known := self._readings[index]) is None:
            # Not by the client: it puts the fields where only Elasticsearch looks for them.
            wanted = f"fields={','.join(foreign.asked_fields())}&ignore_unavailable=true&allow_no_indices=true"
            answer = self._request("GET", f"/{index}/_field_caps?{wanted}")
            if not answer["fields"]:
                return Reading()  # nothing there yet
            mapped = self._request(
                "GET", f"/{index}/_mapping/field/url.*?ignore_unavailable=true&allow_no_indices=true"
            )
            known = foreign.choose(answer["fields"], foreign.wildcards(mapped))
            if lacks := [name for name in foreign.NEEDED if name in known.missing]:
                raise StoreError(
                    f"Events by {index} have no {' and no '.join(lacks)} that can be counted.",
                    "Correct detector.index_pattern, or map these fields as keyword, ip or number.",
                )
            self._readings[index] = known
        return known

    def _asked(self, index: str, body: Document) -> Document:
        reading = self._reading(index)
        return reading.asked(body) if reading else body

    def _shaped(self, index: str, document: Document) -> Document:
        reading = self._readings.get(index)
        return reading.shaped(document) if reading else document

    # ---- inside

    def _search(
        self, index: str, source: list[str] | bool | None = None, divisible: bool = False, **parameters: Any
    ) -> Any:
        if source is not None:
            parameters["source"] = source
        given = {name: value for name, value in parameters.items() if value is not None}
        if index in self._readings:
            given = self._asked(index, {"_source" if name == "source" else name: v for name, v in given.items()})
            given = {"source" if name == "_source" else name: value for name, value in given.items()}

        def searched() -> Any:
            answer = self._client.search(
                index=index, allow_partial_search_results=False, track_total_hits=False, **READ, **given
            )
            _whole(answer, self._shown)
            return answer

        return self._call(searched, at_once=(TooMuch,) if divisible else ())


def batched(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """Tuples of up to `size` items (`itertools.batched` is in Python from 3.12 on)."""
    iterator = iter(items)
    while batch := tuple(islice(iterator, size)):
        yield batch


def _whole(answer: Any, shown: str) -> None:
    """Refuse a partial answer."""
    failed = answer.get("_shards", {}).get("failed", 0)
    if failed or answer.get("timed_out"):
        raise failures.Incomplete(
            f"The store at {shown} could only answer in part ({failed} shards failed). Nothing was concluded from it."
        )
