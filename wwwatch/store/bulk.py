"""The bulk side of the door: what the shipper needs of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import NotFoundError

from wwwatch.errors import StoreError, StoreUnreachable
from wwwatch.store import failures
from wwwatch.store.serializers import ALL_CREATED
from wwwatch.store.session import Session


@dataclass(frozen=True)
class BulkResult:
    """The outcome of one bulk request: a status for each document in order, and why the failed ones failed.

    index: the backing index it went to, where it was asked for.
    """

    statuses: list[int]
    errors: list[tuple[int, str]]
    took_ms: int
    index: str = ""


class Bulk(Session):
    """Sends documents by the thousand, and finds out which of them are there already."""

    def bulk(self, index: str, body: bytes, tell_index: bool = False) -> BulkResult:
        """Send one bulk request of NDJSON action and source lines, without trying again.

        tell_index: ask for the backing index too, which makes the answer longer. Raise StoreBusy, StoreTooLarge,
        StoreUnreachable (then its outcome is unknown) or StoreRefused.
        """
        wanted = "took,items.*.status,items.*.error,items.*.failure_store" + (",items.*._index" if tell_index else "")
        try:
            answer: Any = self._attempt(
                lambda: self._client.perform_request(
                    "POST",
                    f"/{index}/_bulk?filter_path={wanted}",
                    headers={"content-type": "application/x-ndjson", "accept": "application/json"},
                    body=body,
                )
            ).body
            took_ms = int(answer.get("took", 0))
            if created := answer.get(ALL_CREATED):
                return BulkResult([201] * created, [], took_ms)
            items = [item["create"] if "create" in item else next(iter(item.values())) for item in answer["items"]]
        except (AttributeError, KeyError, TypeError) as error:  # JSON, but of somebody in between
            raise StoreUnreachable(
                f"What answers for the store at {self._shown} is not the store.", "Is a proxy in between?"
            ) from error
        statuses = [item["status"] for item in items]
        errors = []
        for number, item in enumerate(items):
            # A document that went to the failure store is answered 201, but its index does not hold it.
            if (lost := item.get("failure_store")) in {"used", "failed"}:
                statuses[number] = 400
            if "error" in item:
                errors.append((number, item_reason(item["error"])))
            elif lost == "used":
                errors.append((number, "sent to the failure store"))
        written = (item for item in items if item["status"] in {200, 201, 409} and "failure_store" not in item)
        backing = next((item["_index"] for item in written), "") if tell_index else ""
        return BulkResult(statuses, errors, took_ms, backing)

    def _bulk_or_busy(self, index: str, body: bytes) -> BulkResult:
        result = self.bulk(index, body)
        if {429, 503} & set(result.statuses):
            raise failures.StoreBusy(f"The store at {self._shown} is overloaded: {result.errors[0][1]}")
        return result

    def bulk_patiently(self, index: str, body: bytes) -> BulkResult:
        """The same, again after a pause while the store is busy or away. For bodies that may be sent twice."""
        return failures.with_retries(lambda: self._bulk_or_busy(index, body))

    def backing_indices(self, stream: str) -> list[str]:
        """The backing indices of a data stream, oldest first: the last one is written to. Empty: there is no stream.

        Needs the privilege view_index_metadata. Does not try again.
        """
        headers = {"accept": "application/json"}
        try:
            answer: Any = self._attempt(
                lambda: self._client.perform_request("GET", f"/_resolve/index/{stream}", headers=headers)
            ).body
        except StoreError as error:
            if isinstance(error.__cause__, NotFoundError):
                return []
            raise
        return next((list(item["backing_indices"]) for item in answer["data_streams"] if item["name"] == stream), [])

    def held_ids(self, index: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids one index (not a data stream) holds, refreshed or not. Does not try again."""
        answer: Any = self._attempt(
            lambda: self._client.perform_request(
                "POST",
                f"/{index}/_mget?_source=false&filter_path=docs._id,docs.found,docs.error",
                headers={"accept": "application/json", "content-type": "application/json"},
                body={"ids": list(ids)},
            )
        ).body
        for document in answer["docs"]:
            if "error" in document:
                if document["error"].get("type") == "security_exception":
                    raise failures.forbidden(self._shown, item_reason(document["error"]))
                raise failures.StoreBusy(f"The store at {self._shown}: {item_reason(document['error'])}")
        return {document["_id"] for document in answer["docs"] if document["found"]}


def item_reason(error: Any) -> str:
    """Why a document or a search was refused, in one line."""
    if not isinstance(error, dict):
        return str(error)
    cause = error.get("caused_by") or {}
    return ": ".join(filter(None, (error.get("type"), error.get("reason"), cause.get("reason"))))
