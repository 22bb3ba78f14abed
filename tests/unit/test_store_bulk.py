"""What a bulk answer means, by the answers engines give."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from wwwatch.errors import StoreRefused, StoreUnreachable
from wwwatch.store.bulk import Bulk

CREATED = {"create": {"_index": ".ds-s-2026.11.24-000001", "status": 201}}


class Answering(Bulk):
    """A store that gives one answer to everything."""

    def __init__(self, answer: Any) -> None:
        self._shown, self._nodes = "http://s:9200", 1
        self._client = cast(Any, SimpleNamespace(perform_request=lambda *_, **__: SimpleNamespace(body=answer)))


def test_a_document_in_the_failure_store_is_not_stored() -> None:
    """As Elasticsearch 9 answers where a stream has a failure store: 201, in another index, without an error."""
    used = {"create": {"_index": ".fs-s-2026.11.24-000002", "status": 201, "failure_store": "used"}}
    result = Answering({"took": 3, "errors": False, "items": [used, CREATED]}).bulk("s", b"", tell_index=True)
    assert result.statuses == [400, 201]
    assert result.errors == [(0, "sent to the failure store")]
    assert result.index == ".ds-s-2026.11.24-000001"


@pytest.mark.parametrize("state", ["failed", "not_enabled"])
def test_a_document_the_failure_store_does_not_take_either(state: str) -> None:
    error = {"type": "document_parsing_exception", "reason": "failed to parse"}
    item = {"create": {"_index": ".ds-s", "status": 400, "failure_store": state, "error": error}}
    result = Answering({"took": 3, "errors": True, "items": [item]}).bulk("s", b"")
    assert result.statuses == [400]
    assert result.errors == [(0, "document_parsing_exception: failed to parse")]


@pytest.mark.parametrize("answer", [{"hello": "world"}, [], {"items": [7]}])
def test_json_of_somebody_in_between_leaves_the_outcome_open(answer: Any) -> None:
    with pytest.raises(StoreUnreachable, match="is not the store"):
        Answering(answer).bulk("s", b"")


def test_an_index_that_may_not_be_read_is_no_busy_store() -> None:
    error = {"type": "security_exception", "reason": "action [indices:data/read/mget] is unauthorized"}
    with pytest.raises(StoreRefused, match="unauthorized"):
        Answering({"docs": [{"_index": "i", "_id": "a", "error": error}]}).held_ids("i", ["a"])
