"""How far a group has read, in what order batches land: an offset is committed when all before it is with the store."""

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from ingest.delivery import Outcome


@dataclass(eq=False)
class Batch:
    """Messages of one reading. behind: by partition, the offset behind its last. open: chunks that have not landed.
    beside: deliveries nobody counts.
    """

    behind: Mapping[int, int]
    size_bytes: int
    open: int = 0
    beside: list[Future[Outcome]] = field(default_factory=list)

    @property
    def landed(self) -> bool:
        """Whether all of it is with the store."""
        return not self.open and all(future.done() for future in self.beside)


class Offsets:
    """Of the partitions that are ours at present."""

    def __init__(self) -> None:
        self._batches: deque[Batch] = deque()
        self._landed: dict[int, int] = {}
        self.landed_bytes = 0  # not committed yet

    def begin(self, behind: Mapping[int, int], size_bytes: int) -> Batch:
        """A batch is about to be sent."""
        batch = Batch(behind, size_bytes)
        self._batches.append(batch)
        return batch

    @property
    def open(self) -> bool:
        """Whether any batch is on its way."""
        self.landed()
        return bool(self._batches)

    def landed(self) -> Mapping[int, int]:
        """By partition, the offset that may be committed and is not. Raise what went wrong with a delivery beside."""
        while self._batches and self._batches[0].landed:
            batch = self._batches.popleft()
            for future in batch.beside:
                future.result()
            self._landed |= batch.behind
            self.landed_bytes += batch.size_bytes
        return self._landed

    def committed(self) -> None:
        """What had landed is committed."""
        self._landed, self.landed_bytes = {}, 0

    def forget(self) -> None:
        """The partitions are somebody else's now, who reads again from what was committed."""
        self._batches.clear()
        self.committed()
