"""`python -m bench.detect.child pass NAMESPACE`, or `train`: the work as a process of its own, telling what it cost.

One JSON object on stdout. Its memory is read from outside, as the system tells it.
"""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from statistics import median
from typing import Any

from detector import service, watch
from wwwatch.settings import load
from wwwatch.store import Store, connect

IDLE_TURNS = 20


class Requests(logging.Handler):
    """Counts what the client sends."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0
        logger = logging.getLogger("elastic_transport.transport")
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self)

    def emit(self, _: logging.LogRecord) -> None:
        """One line a request."""
        self.sent += 1


def _clock() -> datetime:
    return datetime.now(UTC)


def one_pass(store: Store, namespace: str) -> dict[str, Any]:
    """A turn with everything due, then turns with nothing due."""
    service.active_model(store, namespace, _clock())  # of a namespace's first pass only
    started, cpu = time.perf_counter(), time.process_time()
    outcome = watch.turn(store, namespace, "bench", _clock)
    took, worked = time.perf_counter() - started, time.process_time() - cpu
    requests, idle = Requests(), []
    for _ in range(IDLE_TURNS):
        started = time.perf_counter()
        if watch.turn(store, namespace, "bench", _clock).minutes:
            raise RuntimeError("the pass left something due")
        idle.append(time.perf_counter() - started)
    return {
        "seconds": took,
        "cpu_seconds": worked,
        "idle_seconds": median(idle),
        "idle_requests": requests.sent / IDLE_TURNS,
        "outcome": vars(outcome),
    }


def training(store: Store, namespace: str) -> dict[str, Any]:
    """A training on all that is stored."""
    started, cpu = time.perf_counter(), time.process_time()
    result = service.train(store, namespace, None, None, datetime.now(UTC))
    if not result["trained"]:
        raise RuntimeError(f"nothing was trained: {result['reason']}")
    return {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
        "windows": result["card"]["history"]["windows"],
    }


WORK = {"pass": one_pass, "train": training}


def main() -> None:
    """Work, tell."""
    store = connect(load())
    print(json.dumps(WORK[sys.argv[1]](store, sys.argv[2])))


if __name__ == "__main__":
    main()
