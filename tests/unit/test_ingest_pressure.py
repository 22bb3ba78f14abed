"""How delivery gives way and comes back: numbers in, numbers out."""

from ingest.delivery import Pressure
from ingest.delivery.pressure import BATCH_BYTES, MOST_IN_FLIGHT, SMALLEST_BATCH_BYTES


def pressure() -> Pressure:
    return Pressure(jitter=lambda: 1.0)


def done(by: Pressure, now: float, seconds: float = 0.1, size_bytes: int | None = None) -> None:
    by.done(now, now - seconds, by.batch_bytes if size_bytes is None else size_bytes)


def test_pauses_double_to_a_limit_and_begin_anew_after_progress() -> None:
    by, now, pauses = pressure(), 0.0, []
    for _ in range(7):
        by.busy(now, started=now)
        pauses.append(by.pause_seconds(now))
        now = by.resume_at
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]
    assert by.pause_seconds(now) == 0
    by.progressed()
    by.busy(now, started=now)
    assert by.pause_seconds(now) == 0.5


def test_half_of_a_pause_is_random() -> None:
    by = Pressure(jitter=lambda: 0.0)
    by.busy(10.0, started=10.0)
    assert by.pause_seconds(10.0) == 0.25


def test_a_busy_store_gets_half_and_then_more_again() -> None:
    by = pressure()
    for now in range(20):
        done(by, now)
    assert by.in_flight > 2
    before = by.in_flight
    by.busy(20, started=20)
    assert by.in_flight == before // 2
    assert by.batch_bytes == BATCH_BYTES // 2
    for now in range(40, 60):
        done(by, now)
    assert by.batch_bytes == BATCH_BYTES
    assert by.in_flight >= before


def test_requests_that_were_under_way_together_are_one_sign() -> None:
    by = pressure()
    for _ in range(4):
        by.busy(10.0, started=9.0)
    assert by.batch_bytes == BATCH_BYTES // 2
    assert by.pause_seconds(10.0) == 0.5
    by.busy(11.0, started=10.5)
    assert by.batch_bytes == BATCH_BYTES // 4


def test_there_is_a_smallest_request_and_always_one_in_flight() -> None:
    by = pressure()
    for now in range(50):
        by.busy(now, started=now)
    assert (by.in_flight, by.batch_bytes) == (1, SMALLEST_BATCH_BYTES)


def test_a_store_that_is_away_is_asked_by_one_request_of_full_size() -> None:
    by = pressure()
    by.away(0.0, started=0.0)
    assert (by.in_flight, by.batch_bytes) == (1, BATCH_BYTES)
    done(by, 1.0)
    assert by.in_flight == 2


def test_what_is_too_large_stays_too_large() -> None:
    by = pressure()
    by.too_large(400_000)
    assert by.batch_bytes == 200_000
    for now in range(50):
        done(by, now)
    assert by.batch_bytes == 200_000
    by.too_large(10 << 20)
    assert by.batch_bytes == 200_000


def test_a_store_that_takes_them_side_by_side_gets_many() -> None:
    by = pressure()
    for now in range(50):
        done(by, now, seconds=0.1)
    assert by.in_flight == MOST_IN_FLIGHT


def test_a_store_that_takes_them_one_by_one_gets_few_however_long_it_goes_on() -> None:
    by, seen = pressure(), set()
    for now in range(500):
        done(by, now, seconds=0.05 * by.in_flight)
        seen.add(by.in_flight)
    assert seen <= {2, 3, 4}


def test_small_requests_say_nothing_about_latency() -> None:
    by = pressure()
    done(by, 0.0)
    limit = by.in_flight
    for now in range(1, 100):
        done(by, now, seconds=5.0, size_bytes=100)
    assert by.in_flight == limit
