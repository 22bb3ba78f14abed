"""Writes a log in real time: as fast as events happened, or some times faster."""

from collections.abc import Callable, Iterable, Iterator

from simulator.request import Request

# Waits are cut into pieces, so that an interruption is noticed soon.
LONGEST_WAIT_SECONDS = 1.0


def paced(
    requests: Iterable[Request],
    start: float,
    speed: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Request]:
    """Each request when its time has come. start: the event time of this moment. speed: event seconds a second.

    clock: seconds that only grow (`time.monotonic`); sleep: `time.sleep`. A reader that is slow is not waited for:
    requests that are overdue follow at once.
    """
    began = clock()
    for request in requests:
        due = began + (request.time - start) / speed
        while (left := due - clock()) > 0:
            sleep(min(left, LONGEST_WAIT_SECONDS))
        yield request
