"""One pass of alerts: look at the incidents, decide, put into the outbox, send what is due. Safe from cron.

Deciding is one compare-and-swap of the memory (`alerts/memory.py`): of two passes at once one decides. What is decided
and not in the outbox yet is found there by the next pass, whoever died in between.
"""

import os
import socket
import uuid
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from alerts import alert, alert_facts, cases, memory, outbox
from alerts import mail as mails
from alerts.channels import COMMAND, MAIL, WEBHOOK, open_channels
from alerts.delivery import Courier, deliver, send_one
from alerts.memory import Memory, Notice
from alerts.notices import OPENED, Budget, decide
from alerts.outbox import ALERT, SUMMARY, Letter, Target
from alerts.rendering import Site
from alerts.wording import site_zone
from wwwatch.alert_settings import parse_hours
from wwwatch.errors import StoreError
from wwwatch.questions import SEVERITIES, severity_name
from wwwatch.settings import Settings
from wwwatch.store import Store, names

Document = dict[str, Any]
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)


def alert_pass(
    store: Store, namespace: str, settings: Settings, clock: Clock = system_clock, courier: Courier | None = None
) -> Counter[str]:
    """Tell what is new of a site's incidents, and send what is due in its outbox.

    Return counts: `noticed` alerts decided on, `withheld` incidents the budget left to the digest, and letters `sent`,
    `failed`, put off (`pending`), `merged`. Where nothing is configured to be told by, nothing is decided. Raise
    StoreError, and SettingsError if an address or the time zone is none.
    """
    counts: Counter[str] = Counter()
    courier = courier or new_courier(settings, namespace, clock)
    if not courier.channels:
        return counts
    store.ensure_setup()
    decided = _decide(store, namespace, settings, clock(), counts)
    problems = _put_all(store, namespace, settings, decided.undone, clock)
    if decided.undone:
        store.refresh(names.CONTROL)
    counts += deliver(store, namespace, courier)
    if counts["sent"]:
        outbox.prune(store, namespace, clock())
    if problems:
        raise problems[0]
    return counts


def new_courier(
    settings: Settings, namespace: str, clock: Clock = system_clock, holder: str = "", predecessor: str = ""
) -> Courier:
    """Who sends letters of a site by what is configured.

    holder: a name no other process has; made up if empty. predecessor: of one that is known to have died.
    """
    holder = holder or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"

    def summarise(lines: Sequence[str], severity: int, targets: Sequence[Target], now: datetime) -> Letter:
        return _summary(lines, severity, targets, namespace, settings, now)

    return Courier(holder, predecessor, open_channels(settings), clock, summarise)


def post_mail(
    store: Store,
    namespace: str,
    mail: EmailMessage,
    identity: Sequence[str],
    recipients: Sequence[str],
    settings: Settings,
    clock: Clock = system_clock,
) -> tuple[str, tuple[Target, ...]]:
    """Put a finished mail, such as a digest, into the outbox and try to send it at once.

    identity: what makes it this mail; put twice, it is sent once. Return its status in the outbox (`sent`, `pending`:
    tried again by every pass, `failed`, `sending`: by somebody else now), and what became of each recipient.
    """
    store.ensure_setup()
    id_ = outbox.letter_id(namespace, outbox.DIGEST, *identity)
    targets = tuple(Target(MAIL, recipient) for recipient in recipients)
    now = clock()
    letter = Letter(outbox.DIGEST, 0, (str(mail["Subject"]),), targets, now, _encoded(mail))
    outbox.put(store, namespace, id_, letter, now)
    send_one(store, id_, new_courier(settings, namespace, clock), {})
    return outbox.standing(store, id_)


def budget_of(settings: Settings) -> Budget:
    """The budget the settings give. Raise SettingsError if the time zone is none."""
    chosen = settings.alerts
    return Budget(
        severity=SEVERITIES[chosen.severity],
        mails_an_hour=chosen.mails_an_hour,
        mails_an_attack=chosen.mails_an_attack,
        quiet=parse_hours(chosen.quiet_hours),
        quiet_severity=SEVERITIES[chosen.quiet_severity],
        zone=site_zone(settings.site.timezone),
    )


def _decide(store: Store, namespace: str, settings: Settings, now: datetime, counts: Counter[str]) -> Memory:
    """The memory after this pass; without notices where another pass decided meanwhile."""
    budget = budget_of(settings)
    before, held = memory.read(store, namespace)
    open_ids = [id_ for id_, told in before.told.items() if told.mailed and not told.closed]
    found = cases.cases(store, namespace, budget.severity, open_ids, now)
    # What an earlier pass decided is in the outbox by now, or is put there with what is new: it died in between.
    left = tuple(n for n in before.undone if store.get_document(names.CONTROL, _letter_id(namespace, n)) is None)
    after = decide(found, replace(before, undone=left), budget, now)
    if after == before:
        return after
    if not memory.write(store, namespace, after, held, now):
        return Memory()
    counts["noticed"] = len(after.undone) - len(left)
    counts["withheld"] = sum(told.at == now and bool(told.withheld) for told in after.told.values())
    return after


def _put_all(
    store: Store, namespace: str, settings: Settings, notices: Sequence[Notice], clock: Clock
) -> list[Exception]:
    """Put each into the outbox. Return what went wrong with any: one that cannot be worded keeps no other back."""
    problems: list[Exception] = []
    for notice in notices:
        try:
            _put(store, namespace, settings, notice, clock())
        except StoreError:
            raise
        except Exception as problem:  # noqa: BLE001 - raised by the pass, when the others are sent
            problems.append(problem)
    return problems


def _letter_id(namespace: str, notice: Notice) -> str:
    return outbox.letter_id(namespace, ALERT, notice.id)


def _put(store: Store, namespace: str, settings: Settings, notice: Notice, now: datetime) -> None:
    """Word an alert and put it into the outbox, unless it is there."""
    id_ = _letter_id(namespace, notice)
    if store.get_document(names.CONTROL, id_) is not None:
        return
    found = cases.documents(store, namespace, notice.items)
    if notice.lead not in found:
        return  # retention took the incident meanwhile: there is nothing left to tell
    facts = alert_facts.gather(store, namespace, notice, found, settings.kibana)
    message = alert.compose(facts, _site(settings, namespace))
    targets = _targets(settings, severity_name(notice.severity))
    thread = (namespace, f"{OPENED}:{notice.lead}")
    identity = thread if notice.event == OPENED else (namespace, notice.id)
    mail = _mail(message, targets, settings, namespace, identity, thread, now)
    letter = Letter(ALERT, notice.severity, message.lines, targets, notice.due_at, mail, message.document)
    outbox.put(store, namespace, id_, letter, now)


def _mail(
    message: alert.Message,
    targets: Sequence[Target],
    settings: Settings,
    namespace: str,
    identity: Sequence[str],
    thread: Sequence[str] | None,
    now: datetime,
) -> str:
    recipients = [target.address for target in targets if target.channel == MAIL]
    if not recipients:
        return ""
    envelope = mails.Envelope("alert", identity, namespace, recipients, thread)
    return _encoded(mails.build(message, envelope, settings.mail, now))


def _encoded(mail: EmailMessage) -> str:
    return b64encode(mail.as_bytes()).decode()


def _targets(settings: Settings, severity: str) -> tuple[Target, ...]:
    """Everybody an alert of this severity goes to."""
    chosen = getattr(settings.alerts.recipients, severity) or settings.mail.recipients
    mailed = dict.fromkeys(chosen) if settings.mail.host else ()
    others = [name for name in open_channels(settings) if name in {WEBHOOK, COMMAND}]
    return (*(Target(MAIL, address) for address in mailed), *(Target(name) for name in others))


def _summary(
    lines: Sequence[str], severity: int, targets: Sequence[Target], namespace: str, settings: Settings, now: datetime
) -> Letter:
    message = alert.summary(lines, severity_name(severity), _site(settings, namespace), namespace)
    mail = _mail(message, targets, settings, namespace, (namespace, SUMMARY, *lines), None, now)
    return Letter(SUMMARY, severity, tuple(lines), tuple(targets), now, mail, message.document)


def _site(settings: Settings, namespace: str) -> Site:
    return Site(settings.site.name or namespace, settings.site.timezone)
