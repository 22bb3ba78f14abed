"""A login page that does not look like one counts as one when the settings name it."""

from datetime import UTC, datetime, timedelta

import orjson

from detector.features import collect
from detector.groups.judging import judge
from detector.windows import DAY_SECONDS, Span
from wwwatch.moments import iso
from wwwatch.settings import LoginSettings
from wwwatch.signs import PLAIN, pinned
from wwwatch.store import Store, names

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
TRIES = [200] * 12 + [302]


def test_a_pinned_login_page(store: Store, namespace: str) -> None:
    stream = names.access_stream("nginx.access", namespace)
    lines = []
    for number, status in enumerate(TRIES):
        event = {
            "@timestamp": iso(START + timedelta(seconds=number)),
            "source": {"address": "203.0.113.7"},
            "url": {"path": "/konto"},
            "http": {"request": {"method": "POST"}, "response": {"status_code": status}},
        }
        lines += [orjson.dumps({"create": {"_id": str(number)}}), orjson.dumps(event)]
    assert set(store.bulk(stream, b"\n".join(lines) + b"\n").statuses) == {201}
    store.refresh(stream)
    index, until = store.access_index(namespace), START + timedelta(minutes=10)

    unknown = collect(store, index, START, until, 600, signs=PLAIN).counts
    assert not unknown["login_attempts"].sum()

    known = pinned({"/konto": LoginSettings(failed=(200,), passed=(302,))})
    [row] = collect(store, index, START, until, 600, signs=known).counts.to_dict("records")
    assert (row["login_attempts"], row["login_failures"], row["login_successes"]) == (13, 12, 1)


def test_a_day_whose_tries_all_lie_in_hours_that_tell_them_has_nothing_left_to_tell(
    store: Store, namespace: str
) -> None:
    stream, lines = names.access_stream("nginx.access", namespace), []
    for number in range(400):
        event = {
            "@timestamp": iso(START + timedelta(seconds=number)),
            "source": {"address": f"203.0.113.{number % 100}"},
            "url": {"path": "/login"},
            "tags": ["login"],
            "http": {"request": {"method": "POST"}, "response": {"status_code": 401}},
        }
        lines += [orjson.dumps({"create": {"_id": str(number)}}), orjson.dumps(event)]
    assert set(store.bulk(stream, b"\n".join(lines) + b"\n").statuses) == {201}
    store.refresh(stream)
    day = Span(
        int(START.timestamp()) // DAY_SECONDS * DAY_SECONDS, (int(START.timestamp()) // DAY_SECONDS + 1) * DAY_SECONDS
    )
    assert judge(store, store.access_index(namespace), namespace, [day], DAY_SECONDS, PLAIN) == []
