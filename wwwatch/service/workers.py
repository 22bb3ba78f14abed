"""Threads that do the jobs. They are daemons: one that hangs in a request must not keep the service from ending."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

Task = Callable[[], None]


class Workers:
    """Some threads and the tasks they take, first come, first served. A task must not raise."""

    def __init__(self, name: str, count: int) -> None:
        self._waiting: SimpleQueue[Task] = SimpleQueue()
        for number in range(count):
            Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def __call__(self, task: Task) -> None:
        """Do this when a thread is free."""
        self._waiting.put(task)

    def _work(self) -> None:
        while True:
            self._waiting.get()()
