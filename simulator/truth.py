"""Ground truth: who attacked, from where, when and how."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from simulator.request import NORMAL, Request
from wwwatch.moments import iso


@dataclass(slots=True)
class Truth:
    """What one address did in one attack run (or, asked for, as one harmless actor). start, end: epoch seconds."""

    address: str
    attack_class: str
    style: str
    start: float
    end: float
    requests: int
    run_id: str

    def record(self) -> dict[str, Any]:
        """For a JSON line: {"address", "class", "style", "start", "end", "requests", "run_id"}, times as ISO 8601."""
        fields = asdict(self)
        return {
            "address": fields["address"],
            "class": fields["attack_class"],
            "style": fields["style"],
            "start": _iso(self.start),
            "end": _iso(self.end),
            "requests": fields["requests"],
            "run_id": fields["run_id"],
        }


class GroundTruth:
    """Collects the truth of requests that pass by. normal: keep harmless actors too."""

    def __init__(self, normal: bool = False) -> None:
        self._normal = normal
        self._found: dict[tuple[str, str], Truth] = {}

    def add(self, request: Request) -> None:
        """Take note of one request; requests may come in any order."""
        if request.label == NORMAL and not self._normal:
            return
        key = (request.actor, request.address)
        if found := self._found.get(key):
            found.start = min(found.start, request.time)
            found.end = max(found.end, request.time)
            found.requests += 1
        else:
            self._found[key] = Truth(
                request.address, request.label, request.style, request.time, request.time, 1, request.actor
            )

    def __iter__(self) -> Iterator[Truth]:
        """One record an address and run, by beginning."""
        return iter(sorted(self._found.values(), key=lambda truth: (truth.start, truth.run_id, truth.address)))


def ground_truth(requests: Iterable[Request], normal: bool = False) -> list[Truth]:
    """The truth of these requests: one record for each address of each attack run."""
    found = GroundTruth(normal)
    for request in requests:
        found.add(request)
    return list(found)


def label_documents(truths: Iterable[Truth], namespace: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Id and document of each for the index wwwatch-labels-NS. Ids are stable, so that writing twice adds nothing."""
    for truth in truths:
        identity = hashlib.blake2b(f"{truth.run_id} {truth.address}".encode(), digest_size=12).hexdigest()
        yield (
            identity,
            {
                "@timestamp": _iso(truth.start),
                "event": {"start": _iso(truth.start), "end": _iso(truth.end)},
                "source": {"ip": truth.address, "address": truth.address},
                "wwwatch": {
                    "namespace": namespace,
                    "class": truth.attack_class,
                    "style": truth.style,
                    "run_id": truth.run_id,
                    "requests": truth.requests,
                },
            },
        )


def _iso(time: float) -> str:
    return iso(datetime.fromtimestamp(time, UTC))
