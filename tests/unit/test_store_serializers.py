"""How requests and answers are put into bytes: the same as JSON, only faster."""

import json

import orjson
import pytest
from elastic_transport import SerializationError
from hypothesis import given
from hypothesis import strategies as st

from wwwatch.store.serializers import ALL_CREATED, PlainJson, PlainNdjson

ITEM = st.sampled_from(
    [
        {"create": {"status": 201}}, {"create": {"status": 201}}, {"create": {"status": 409}},
        {"index": {"status": 201}},
        {"create": {"status": 201, "_index": "x"}}, {"create": {"status": 201, "failure_store": "used"}},
        {"create": {"status": 400, "error": {"reason": '{"create":{"status":201}}'}}},
    ]
)  # fmt: skip
ANSWER = st.fixed_dictionaries(
    {"items": st.one_of(st.lists(ITEM), st.integers(0, 9).map(lambda count: [{"create": {"status": 201}}] * count))},
    optional={"took": st.integers(0, 10**9), "errors": st.booleans()},
)


@given(ANSWER)
def test_bulk_answers_are_read_as_what_they_say(answer: dict[str, object]) -> None:
    for keys in (answer, dict(reversed(answer.items()))):
        read = PlainJson().loads(json.dumps(keys, separators=(",", ":")).encode())
        if created := read.pop(ALL_CREATED, 0):
            read["items"] = [{"create": {"status": 201}}] * created
        assert {"took": 0} | read == {"took": 0} | answer


def test_a_bulk_answer_in_which_all_went_well_is_not_taken_apart() -> None:
    assert PlainJson().loads(orjson.dumps({"took": 7, "items": [{"create": {"status": 201}}] * 3})) == {
        "took": 7,
        ALL_CREATED: 3,
    }


@pytest.mark.parametrize("cut", [1, 2, 3, 26, 27])
def test_half_an_answer_is_none(cut: int) -> None:
    whole = orjson.dumps({"took": 3, "items": [{"create": {"status": 201}}] * 3})
    with pytest.raises(SerializationError):
        PlainJson().loads(whole[:-cut])


def test_lines_in_bytes_are_sent_as_they_are() -> None:
    body = b'{"create":{}}\n{"a":1}\n'
    assert PlainNdjson().dumps(body) is body
    assert PlainNdjson().dumps(body[:-1]) == body
    assert PlainNdjson().dumps([{"create": {}}, {"a": 1}]) == body
