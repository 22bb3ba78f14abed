"""Sends what is due in the outbox. A way out that is closed holds up what goes through it, and nothing else.

After an outage the alerts that waited longest are not sent one by one: those to the same targets become one summary.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts import outbox
from alerts.channels import Channel, ChannelDown, failed
from alerts.outbox import ALERT, MERGING, PENDING, SUMMARY, Claimed, Letter, Target, Waiting
from wwwatch.console import plain
from wwwatch.errors import SettingsError
from wwwatch.store import Store

Clock = Callable[[], datetime]
# (the lines that were to be told, gravest severity) -> the letter that tells them.
Summarise = Callable[[Sequence[str], int, Sequence[Target], datetime], Letter]

# An alert that waited longer is no news by itself.
STALE = timedelta(hours=1)
# A claim must outlast the answer to a mail that was begun.
SPARE = timedelta(minutes=3)


@dataclass(frozen=True)
class Courier:
    """Who sends: a name no other process has, the ways out, the clock, and how a summary is written.

    predecessor: the name of one that died; what it had claimed need not wait until the claim runs out.
    """

    holder: str
    predecessor: str
    channels: Mapping[str, Channel]
    clock: Clock
    summarise: Summarise


@dataclass
class Merged:
    """What became of alerts that waited too long. looked_at: by id, those that are to be left alone now."""

    count: int = 0
    looked_at: set[str] = field(default_factory=set)
    summaries: list[str] = field(default_factory=list)


def deliver(store: Store, namespace: str, courier: Courier) -> Counter[str]:
    """Send everything due. Return how many letters were `sent`, `failed`, put off (`pending`), `merged`."""
    counts: Counter[str] = Counter()
    closed: dict[str, str] = {}
    due = outbox.waiting(store, namespace, courier.clock(), courier.predecessor)
    for found in due:
        if found.status == MERGING:
            outbox.settle(store, found.id, courier.clock())
    waiting = [found for found in due if found.status != MERGING]
    merged = _merge(store, namespace, waiting, courier)
    counts["merged"] += merged.count
    for id_ in (*merged.summaries, *(found.id for found in waiting if found.id not in merged.looked_at)):
        if status := send_one(store, id_, courier, closed):
            counts[status] += 1
    return counts


def send_one(store: Store, id_: str, courier: Courier, closed: dict[str, str]) -> str:
    """Send a letter to all of its targets that have not got it. Return its status; empty if it is another's.

    closed: way out -> why it is closed, of those that failed just now; added to.
    """
    claimed = outbox.claim(store, id_, courier.holder, courier.clock(), courier.predecessor)
    if claimed is None:
        return ""
    left = [target for target in claimed.letter.targets if target.status == PENDING]
    after = [target for target in claimed.letter.targets if target.status != PENDING]
    for name in dict.fromkeys(target.channel for target in left):
        after += _send(claimed, name, [target for target in left if target.channel == name], courier, closed)
    return outbox.finish(store, claimed, after, courier.clock())


def _send(
    claimed: Claimed, name: str, targets: Sequence[Target], courier: Courier, closed: dict[str, str]
) -> list[Target]:
    channel = courier.channels.get(name)
    if channel is None:
        return [failed(target, f"no {name} is configured any more", lasting=False) for target in targets]
    if name not in closed:
        try:
            return channel.send(claimed.letter, targets, lambda: courier.clock() + SPARE < claimed.until)
        except ChannelDown as error:
            closed[name] = plain(error.message)
        except SettingsError as error:
            closed[name] = plain(error.message)
    return [failed(target, closed[name], lasting=False) for target in targets]


def _merge(store: Store, namespace: str, waiting: Sequence[Waiting], courier: Courier) -> Merged:
    """Put one summary for alerts that waited too long, to the same targets.

    First they are marked, each by whoever gets it, then the summary is put: an alert is in one summary only, and if
    we die in between, the mark runs out.
    """
    groups: dict[tuple[tuple[str, str], ...], list[Waiting]] = {}
    now = courier.clock()
    for found in waiting:
        # What reached some of its targets is left to itself: the others must not be told twice.
        untouched = all(target.status == PENDING for target in found.targets)
        if found.purpose in {ALERT, SUMMARY} and now - found.created_at > STALE and untouched:
            groups.setdefault(tuple((t.channel, t.address) for t in found.targets), []).append(found)
    merged = Merged()
    for together in groups.values():
        if len(together) > 1:
            together.sort(key=lambda found: (found.created_at, found.id))
            id_ = outbox.letter_id(namespace, SUMMARY, *(found.id for found in together))
            mine = [found for found in together if outbox.take_into(store, found.id, id_, now)]
            merged.looked_at.update(found.id for found in together)
            if not mine:
                continue
            lines = [line for found in mine for line in found.lines]
            targets = [replace(target, attempts=0, error="") for target in mine[0].targets]
            letter = courier.summarise(lines, max(found.severity for found in mine), targets, now)
            outbox.put(store, namespace, id_, letter, now)
            for found in mine:
                outbox.settle(store, found.id, now)
            merged.count += len(mine)
            merged.summaries.append(id_)
    return merged
