"""What was found is kept in `wwwatch-control` under `logins:NS`, and looked for again once a day of event time.

Pages named in the settings come first: what they say of a path replaces what was found of it.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from detector.logins.judging import Found, judge
from detector.logins.reading import endpoints
from detector.vocabulary import signs_of
from detector.windows import Span
from wwwatch.moments import iso
from wwwatch.settings import LoginSettings
from wwwatch.signs import Login, Signs
from wwwatch.store import Store, names

# Found in the newest week of events, anew when the newest event is a day younger.
LEARNED_FROM = timedelta(days=7)
AGAIN_AFTER = timedelta(days=1)
MOST_KEPT = 30


def find(store: Store, namespace: str, now: datetime) -> list[Found]:
    """Look for the login pages in the newest events, keep and return them. now: the clock, for the record."""
    held = store.time_span(store.access_index(namespace))
    if held is None:
        return []
    since = max(held[0], held[1] - LEARNED_FROM)
    span = Span(int(since.timestamp()), int(held[1].timestamp()) + 1)
    signs = signs_of(store, namespace, Signs())(span)
    judged = (judge(endpoint) for endpoint in endpoints(store, store.access_index(namespace), span, signs))
    found = [one for one in judged if one][:MOST_KEPT]
    kept = {"namespace": namespace, "kind": "logins", "until": iso(held[1]), "logins": [asdict(one) for one in found]}
    store.write_documents(names.CONTROL, [(_id(namespace), {"@timestamp": iso(now), "wwwatch": kept})])
    return found


def kept(store: Store, namespace: str) -> list[Found]:
    """What was found last."""
    document = store.get_document(names.CONTROL, _id(namespace))
    return [_found(one) for one in document["wwwatch"]["logins"]] if document else []


def refresh(store: Store, namespace: str, now: datetime) -> None:
    """Look again if nobody looked yet, or that was a day of events ago."""
    held = store.time_span(store.access_index(namespace))
    document = store.get_document(names.CONTROL, _id(namespace))
    until = datetime.fromisoformat(document["wwwatch"]["until"]) if document else None
    if held and (until is None or held[1] - until >= AGAIN_AFTER):
        find(store, namespace, now)


def known(store: Store, namespace: str, pinned: Mapping[str, LoginSettings]) -> Signs:
    """The signs of a site: its pinned login pages, and those that were found."""
    logins = {one.path: Login(one.path, one.failed, one.passed, one.failed_bytes) for one in kept(store, namespace)}
    logins |= {path: Login(path, codes.failed, codes.passed) for path, codes in pinned.items()}
    return Signs(tuple(logins[path] for path in sorted(logins)))


def _found(stored: Mapping[str, Any]) -> Found:
    sizes = stored["failed_bytes"]
    return Found(
        path=stored["path"],
        failed=tuple(stored["failed"]),
        passed=tuple(stored["passed"]),
        failed_bytes=(sizes[0], sizes[1]) if sizes else None,
        evidence=tuple(stored["evidence"]),
        tries=stored["tries"],
    )


def _id(namespace: str) -> str:
    return f"logins:{namespace}"
