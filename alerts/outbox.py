"""Everything that leaves is a document first: sent when it can be, by whoever claims it, until it is sent or hopeless.

A claim is a compare-and-swap that sets `due_at` to the end of the claim, so one field says when a document may be
taken: by its sender's failure (a retry) or death (the claim runs out). What a claimed document's sender did with each
recipient is written when it is done. Killed between the mail server's "250 OK" and that writing, it will be sent once
more, with the same Message-ID: at least once. Losing an alert would be the worse of the two.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from wwwatch.moments import iso
from wwwatch.store import Store, Versioned, names

Document = dict[str, Any]

KIND = "outbox"
ALERT, DIGEST, SUMMARY = "alert", "digest", "summary"
PENDING, SENDING, SENT, FAILED, MERGING, MERGED = "pending", "sending", "sent", "failed", "merging", "merged"
# Longer than a delivery takes, with every timeout it has.
CLAIM = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
# As long as mail servers try.
GIVEN_UP_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
TAKEN_AT_ONCE = 200
BRIEF = [
    "@timestamp", "wwwatch.status", "wwwatch.severity", "wwwatch.outbox.purpose", "wwwatch.outbox.targets",
    "wwwatch.outbox.lines",
]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Somebody it goes to. channel: mail, webhook or command; address: of mail; status: PENDING, SENT or FAILED."""

    channel: str
    address: str = ""
    status: str = PENDING
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True)
class Letter:
    """What is to leave, finished: nothing more is asked of the store to send it.

    purpose: ALERT, DIGEST or SUMMARY. lines: it in a line or, of a summary, in one for each. mime: the mail, base64.
    message: the same for programs. due_at: not before.
    """

    purpose: str
    severity: int
    lines: tuple[str, ...]
    targets: tuple[Target, ...]
    due_at: datetime
    mime: str = ""
    message: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Waiting:
    """A letter in the outbox, in brief. created_at: when it was put there."""

    id: str
    purpose: str
    status: str
    severity: int
    created_at: datetime
    lines: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Claimed:
    """A letter that is ours to send until `until`."""

    id: str
    letter: Letter
    created_at: datetime
    until: datetime
    document: Document


def letter_id(namespace: str, *parts: str) -> str:
    """The same for the same letter, so that it can be put twice and is there once."""
    return f"{KIND}:{namespace}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"


def put(store: Store, namespace: str, id_: str, letter: Letter, now: datetime) -> bool:
    """Put a letter into the outbox. Return False if it is there already, sent or not."""
    own = {
        "purpose": letter.purpose,
        "lines": list(letter.lines),
        "targets": [asdict(target) for target in letter.targets],
        "mime": letter.mime,
        "message": letter.message,
    }
    document = {
        "@timestamp": iso(now),
        "wwwatch": {
            "kind": KIND,
            "namespace": namespace,
            "status": PENDING,
            "severity": letter.severity,
            "due_at": iso(letter.due_at),
            "expires_at": iso(now + KEPT),
            "outbox": own,
        },
    }
    return store.replace_document(names.CONTROL, id_, document, None)


def waiting(store: Store, namespace: str, now: datetime, predecessor: str = "") -> list[Waiting]:
    """What is due, and claims that ran out: the gravest and then the oldest first, at most TAKEN_AT_ONCE.

    predecessor: a holder that is known to have died, whose claims count no more.
    """
    late: Document = {"bool": {"should": [_until("wwwatch.due_at", now)], "minimum_should_match": 1}}
    if predecessor:
        late["bool"]["should"].append({"term": {"wwwatch.holder": predecessor}})
    query = _of(namespace, {"terms": {"wwwatch.status": [PENDING, SENDING, MERGING]}}, late)
    order = [{"wwwatch.severity": {"order": "desc", "unmapped_type": "long"}}, {"@timestamp": "asc"}]
    return [_waiting(id_, found) for id_, found in store.search(names.CONTROL, query, TAKEN_AT_ONCE, order, BRIEF)]


def claim(store: Store, id_: str, holder: str, now: datetime, predecessor: str = "") -> Claimed | None:
    """Take a letter, if it is still due: nobody else gets it before CLAIM is over. None if somebody was faster."""
    held = store.versioned_document(names.CONTROL, id_)
    if held is None or not (_is_due(held, now) or _was_left(held, predecessor)):
        return None
    until = now + CLAIM
    taken = _changed(held.document, status=SENDING, due_at=iso(until), holder=holder)
    if not store.replace_document(names.CONTROL, id_, taken, held):
        return None
    created = datetime.fromisoformat(taken["@timestamp"])
    return Claimed(id_, _letter(taken["wwwatch"]), created, until, taken)


def finish(store: Store, claimed: Claimed, targets: Sequence[Target], now: datetime) -> str:
    """Write what became of each target. Return the status: SENT, FAILED, or PENDING if it is to be tried again.

    A letter that somebody else holds by now, because we took too long, is left to them.
    """
    held = store.versioned_document(names.CONTROL, claimed.id)
    if held is None or held.document["wwwatch"].get("holder") != claimed.document["wwwatch"]["holder"]:
        return SENDING
    if now - claimed.created_at > GIVEN_UP_AFTER:
        targets = [replace(target, status=FAILED) if target.status == PENDING else target for target in targets]
    left = [target.attempts for target in targets if target.status == PENDING]
    status = PENDING if left else SENT if any(target.status == SENT for target in targets) else FAILED
    changed = _changed(
        held.document,
        status=status,
        due_at=iso(now + pause(max(left))) if left else held.document["wwwatch"]["due_at"],
        finished_at=iso(now),
    )
    own = changed["wwwatch"]["outbox"] | {"targets": [asdict(target) for target in targets]}
    # What was sent needs not be kept; what failed may still be asked for.
    changed["wwwatch"]["outbox"] = own | ({"mime": "", "message": None} if status == SENT else {})
    store.replace_document(names.CONTROL, claimed.id, changed, held)
    return status


def standing(store: Store, id_: str) -> tuple[str, tuple[Target, ...]]:
    """The status of a letter, and what became of each target; raise KeyError if there is none of this id."""
    document = store.get_document(names.CONTROL, id_)
    if document is None:
        raise KeyError(id_)
    return document["wwwatch"]["status"], _targets(document["wwwatch"]["outbox"])


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: twice as long each time."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(max(attempts, 1) - 1, 20))


def take_into(store: Store, id_: str, summary_id: str, now: datetime) -> bool:
    """Mark a due letter as part of a summary that is about to be put. Return whether nobody else had it."""
    held = store.versioned_document(names.CONTROL, id_)
    if held is None or not _is_due(held, now):
        return False
    marked = _changed(held.document, status=MERGING, due_at=iso(now + CLAIM), summary=summary_id)
    return store.replace_document(names.CONTROL, id_, marked, held)


def settle(store: Store, id_: str, now: datetime) -> None:
    """A letter that was marked: merged if its summary is in the outbox, due again if its writer died before."""
    held = store.versioned_document(names.CONTROL, id_)
    if held is None or held.document["wwwatch"]["status"] != MERGING:
        return
    there = store.get_document(names.CONTROL, held.document["wwwatch"]["summary"])
    changed = _changed(held.document, status=MERGED if there else PENDING, due_at=iso(now))
    if there:
        changed["wwwatch"]["outbox"] |= {"mime": "", "message": None}
    store.replace_document(names.CONTROL, id_, changed, held)


def prune(store: Store, namespace: str, now: datetime) -> int:
    """Delete what was sent, merged or given up KEPT ago. Return how many."""
    done = {"terms": {"wwwatch.status": [SENT, FAILED, MERGED]}}
    query = _of(namespace, done, _until("wwwatch.expires_at", now))
    return store.delete_documents(
        names.CONTROL, [id_ for id_, _ in store.documents(names.CONTROL, query, fields=["wwwatch.kind"])]
    )


def _is_due(held: Versioned, now: datetime) -> bool:
    own = held.document["wwwatch"]
    return own["status"] in {PENDING, SENDING} and datetime.fromisoformat(own["due_at"]) <= now


def _was_left(held: Versioned, predecessor: str) -> bool:
    """Whether it is claimed by one that died."""
    own = held.document["wwwatch"]
    return bool(predecessor) and own["status"] == SENDING and own.get("holder") == predecessor


def _of(namespace: str, *filters: Document) -> Document:
    mine = [{"term": {"wwwatch.kind": KIND}}, {"term": {"wwwatch.namespace": namespace}}]
    return {"bool": {"filter": [*mine, *filters]}}


def _until(field: str, moment: datetime) -> Document:
    return {"range": {field: {"lte": iso(moment)}}}


def _changed(document: Document, **own: Any) -> Document:
    return document | {"wwwatch": document["wwwatch"] | own}


def _targets(own: Document) -> tuple[Target, ...]:
    return tuple(Target(**target) for target in own["targets"])


def _waiting(id_: str, document: Document) -> Waiting:
    own = document["wwwatch"]["outbox"]
    created = datetime.fromisoformat(document["@timestamp"])
    status, severity = document["wwwatch"]["status"], document["wwwatch"]["severity"]
    return Waiting(id_, own["purpose"], status, severity, created, tuple(own["lines"]), _targets(own))


def _letter(stored: Document) -> Letter:
    own = stored["outbox"]
    return Letter(
        purpose=own["purpose"],
        severity=stored["severity"],
        lines=tuple(own["lines"]),
        targets=_targets(own),
        due_at=datetime.fromisoformat(stored["due_at"]),
        mime=own["mime"],
        message=own["message"],
    )
