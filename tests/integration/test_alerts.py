"""Alerts from a real engine to a real mail server: what leaves, when, once, and what an outage or a kill does to it."""

import signal
import subprocess
import sys
import textwrap
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import orjson
import pytest

from alerts import alert as wording_of_alerts
from alerts import delivery, memory, outbox, watch
from alerts.outbox import FAILED, MERGED, MERGING, PENDING, SENT, Letter, Target
from tests.conftest import Run
from tests.integration.mailbox import Mailbox, Serve, free_port, parsed, part
from tests.integration.site_examples import ATTACKER, SINCE, UNTIL, alert, fill
from wwwatch.alert_settings import AlertSettings
from wwwatch.settings import MailSettings, Settings
from wwwatch.store import Store, names

RECIPIENTS = ("root@x.example", "night@x.example")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mailing(settings: Settings, serve: Serve) -> Settings:
    """Settings that mail to the test's mail server."""
    return mailing_to(settings, serve())


def mailing_to(settings: Settings, port: int, **alerts: Any) -> Settings:
    mail = MailSettings(host="127.0.0.1", port=port, recipients=RECIPIENTS, timeout_seconds=30)
    return settings.model_copy(update={"mail": mail, "alerts": AlertSettings(**alerts)})


def incidents(store: Store, namespace: str, *documents: dict[str, Any]) -> None:
    """Write incidents as the detector does, by their own ids."""
    pairs = [(document["wwwatch"]["incident_id"], document) for document in documents]
    store.write_documents(names.incidents(namespace), pairs)


def grave(id_: str, severity: int = 99, attack_class: str = "brute_force", **own: Any) -> dict[str, Any]:
    """An incident that may still go on: it ends half an hour before the newest event."""
    address = own.pop("address", ATTACKER)
    return alert(UNTIL - 90 * MINUTE, 60, severity, attack_class, address, incident_id=id_, **own)


def outbox_of(store: Store, namespace: str) -> list[dict[str, Any]]:
    store.refresh(names.CONTROL)
    query = {"bool": {"filter": [{"term": {"wwwatch.kind": "outbox"}}, {"term": {"wwwatch.namespace": namespace}}]}}
    return [document["wwwatch"] for _, document in store.documents(names.CONTROL, query)]


def subjects(mailbox: Mailbox) -> list[str]:
    return [str(parsed(mail)["Subject"]) for mail in mailbox.mails]


def letter(now: datetime, *targets: Target, purpose: str = outbox.ALERT, line: str = "a line") -> Letter:
    mail = EmailMessage()
    mail["Subject"], mail["Message-ID"] = line, f"<{line.replace(' ', '-')}@x.example>"
    mail.set_content(line)
    chosen = targets or (Target("mail", "root@x.example"),)
    return Letter(purpose, 99, (line,), chosen, now, b64encode(mail.as_bytes()).decode(), {"subject": line})


# ---- what leaves


def test_an_incident_is_mailed_with_its_facts_once(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)

    first = watch.alert_pass(store, namespace, mailing, clock)
    again = watch.alert_pass(store, namespace, mailing, clock)

    assert (first["noticed"], first["sent"], first["withheld"]) == (1, 1, 0)
    assert (again["noticed"], again["sent"]) == (0, 0)
    (mail,) = map(parsed, mailbox.mails)
    assert mail["Subject"] == f"[wwwatch] CRITICAL brute_force {ATTACKER} on {namespace}: 412 failed logins"
    assert mailbox.recipients == list(RECIPIENTS)
    text, page = part(mail, "plain"), part(mail, "html")
    assert "118        0  /wp-login.php" in text
    assert "2 requests a minute at most" in text
    assert "203.0.113.0/24" in text
    assert f"wwwatch verdict grave false --namespace {namespace}" in text
    assert "<script" not in page
    (picture,) = [found for found in mail.walk() if found.get_content_type() == "image/png"]
    assert f"cid:{picture['Content-ID'].strip('<>')}" in page


def test_an_incident_is_followed_in_one_thread(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)
    incidents(store, namespace, grave("grave", 73))
    watch.alert_pass(store, namespace, mailing, clock)
    incidents(store, namespace, grave("grave", 99))
    watch.alert_pass(store, namespace, mailing, clock)
    incidents(store, namespace, grave("grave", 99, status="closed"))
    watch.alert_pass(store, namespace, mailing, clock)

    opened, graver, closed = map(parsed, mailbox.mails)
    assert "HIGH brute_force" in opened["Subject"]
    assert "graver now" in graver["Subject"]
    assert "over after 1 h" in closed["Subject"]
    assert graver["References"] == closed["References"] == opened["Message-ID"]
    assert "deny" not in part(closed, "plain")


def test_very_many_addresses_make_three_mails_and_the_rest_is_counted(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)
    incidents(store, namespace, grave("grave", 21))  # nothing but this attack
    everyone = [grave(f"i{n:04}", (47, 73)[n % 2], address=f"10.0.{n // 250}.{n % 250}") for n in range(300)]
    for part_of in (everyone[:1], everyone[:50], everyone):
        incidents(store, namespace, *part_of)
        watch.alert_pass(store, namespace, mailing, clock)
        clock.now += MINUTE
    incidents(store, namespace, *(grave(f"i{n:04}", 73, status="closed") for n in range(300)))
    watch.alert_pass(store, namespace, mailing, clock)

    assert len(mailbox.mails) <= 3
    kept, _ = memory.read(store, namespace)
    named = sum(told.mailed for told in kept.told.values())
    withheld = sum(kept.withheld(SINCE, SINCE + timedelta(days=2)).values())
    assert named + withheld == 300
    assert any("more)" in subject for subject in subjects(mailbox))


def test_self_incidents_take_the_same_road(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)
    incidents(store, namespace, grave("grave", 21))
    broken = grave("self1", 73, "silent_host", address="web2", related=[])
    del broken["source"]
    broken["rule"] = {"id": "wwwatch.self.silent_host", "name": "A host went silent", "version": "1"}
    broken["wwwatch"]["entity"] = {"type": "host", "id": "web2"}
    broken["event"]["reason"] = "web2 sent nothing for 3 h"
    store.write_documents(names.selfwatch(namespace), [("self1", broken)])

    watch.alert_pass(store, namespace, mailing, clock)

    assert subjects(mailbox) == [f"[wwwatch] HIGH on {namespace}: web2 sent nothing for 3 h"]


def test_a_severity_has_its_own_recipients(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)
    chosen = mailing_to(settings, serve(), recipients={"critical": ("pager@x.example",)})
    incidents(store, namespace, grave("scan", 73, "scan", address="192.0.2.1"))

    watch.alert_pass(store, namespace, chosen, clock)

    assert sorted(mailbox.recipients) == ["night@x.example", "pager@x.example", "root@x.example"]


def test_what_waited_through_quiet_hours_comes_as_one(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)
    quiet = mailing_to(settings, serve(), quiet_hours="10:00-14:00")
    incidents(store, namespace, grave("grave", 73), grave("scan", 47, "scan"), grave("load", 99, "dos"))

    watch.alert_pass(store, namespace, quiet, clock)
    assert [subject.split()[2] for subject in subjects(mailbox)] == ["dos"]

    clock.now += 2 * HOUR
    counts = watch.alert_pass(store, namespace, quiet, clock)

    assert counts["merged"] == 2
    (_, summary) = map(parsed, mailbox.mails)
    assert summary["Subject"].endswith("2 alerts that could not be given in time")
    assert "HIGH brute_force" in part(summary, "plain")
    assert "MEDIUM scan" in part(summary, "plain")


def test_what_is_old_is_not_told(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    """The example's incident of three days ago is in the store, too: a backfill is no news."""
    fill(store, namespace)

    watch.alert_pass(store, namespace, mailing, clock)

    assert len(mailbox.mails) == 1
    assert "old" not in memory.read(store, namespace)[0].told


def test_an_alert_that_cannot_be_worded_keeps_no_other_back_and_is_not_forgotten(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, namespace)
    incidents(store, namespace, grave("scan", 47, "scan"))
    compose = wording_of_alerts.compose

    def fails(facts: Any, site: Any) -> Any:
        if facts.incident.attack_class == "brute_force":
            raise ZeroDivisionError
        return compose(facts, site)

    monkeypatch.setattr(wording_of_alerts, "compose", fails)
    with pytest.raises(ZeroDivisionError):
        watch.alert_pass(store, namespace, mailing, clock)
    assert [subject.split()[2] for subject in subjects(mailbox)] == ["scan"]

    monkeypatch.setattr(wording_of_alerts, "compose", compose)
    watch.alert_pass(store, namespace, mailing, clock)
    assert [subject.split()[2] for subject in subjects(mailbox)] == ["scan", "brute_force"]


# ---- outages


def test_a_day_without_mail_server_loses_nothing_and_floods_nobody(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock
) -> None:
    fill(store, namespace)
    port = free_port()
    away = mailing_to(settings, port)
    kinds = ("dos", "scan", "scraping")
    for hour in range(24):
        if hour % 8 == 0:
            incidents(store, namespace, grave(f"h{hour}", 73, kinds[hour // 8], address=f"192.0.2.{hour}"))
        counts = watch.alert_pass(store, namespace, away, clock)
        assert counts["sent"] == 0
        clock.now += HOUR
        store.refresh(names.CONTROL)  # hours pass within a second, in which the store shows nothing new

    watch.alert_pass(store, namespace, mailing_to(settings, serve(port=port)), clock)

    (mail,) = map(parsed, mailbox.mails)
    told = part(mail, "plain")
    assert all(address in told for address in (ATTACKER, "192.0.2.0", "192.0.2.8", "192.0.2.16"))
    states = [document["status"] for document in outbox_of(store, namespace)]
    assert states.count(SENT) == 1
    assert set(states) == {SENT, MERGED}


def test_a_refused_recipient_stops_nobody_else(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock
) -> None:
    courier = watch.new_courier(mailing_to(settings, serve()), namespace, clock)
    targets = [Target("mail", address) for address in ("nobody@x.example", "root@x.example", "later@x.example")]
    id_ = outbox.letter_id(namespace, "refused")
    outbox.put(store, namespace, id_, letter(NOW, *targets), NOW)

    assert delivery.send_one(store, id_, courier, {}) == PENDING
    assert mailbox.recipients == ["root@x.example"]
    _, after = outbox.standing(store, id_)
    assert {target.address: target.status for target in after} == {
        "nobody@x.example": FAILED,
        "root@x.example": SENT,
        "later@x.example": PENDING,
    }
    assert "550 5.1.1" in next(target.error for target in after if target.status == FAILED)

    mailbox.greylisted.clear()
    assert delivery.send_one(store, id_, courier, {}) == "", "not before its time"
    clock.now += 2 * MINUTE
    assert delivery.send_one(store, id_, courier, {}) == SENT
    assert mailbox.recipients == ["root@x.example", "later@x.example"], "each once"


def test_a_content_refused_for_ever_is_not_tried_again(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock
) -> None:
    mailbox.answer = "554 5.6.0 no"
    id_ = outbox.letter_id(namespace, "refused")
    outbox.put(store, namespace, id_, letter(NOW), NOW)
    courier = watch.new_courier(mailing_to(settings, serve()), namespace, clock)

    assert delivery.send_one(store, id_, courier, {}) == FAILED
    clock.now += 24 * HOUR
    assert delivery.send_one(store, id_, courier, {}) == ""
    assert len(mailbox.mails) == 1


def test_pauses_grow_and_hopeless_letters_are_given_up(
    store: Store, namespace: str, settings: Settings, clock: Clock
) -> None:
    id_ = outbox.letter_id(namespace, "away")
    outbox.put(store, namespace, id_, letter(NOW), NOW)
    courier = watch.new_courier(mailing_to(settings, free_port()), namespace, clock)

    pauses = []
    for _ in range(7):
        assert delivery.send_one(store, id_, courier, {}) == PENDING
        document = store.get_document(names.CONTROL, id_)
        assert document is not None
        due = datetime.fromisoformat(document["wwwatch"]["due_at"])
        pauses.append((due - clock.now) / MINUTE)
        clock.now = due
    clock.now = NOW + timedelta(days=6)
    assert delivery.send_one(store, id_, courier, {}) == FAILED

    assert pauses == [1, 2, 4, 8, 15, 15, 15]


# ---- once


def test_what_was_sent_a_month_ago_goes(
    store: Store, namespace: str, mailing: Settings, mailbox: Mailbox, clock: Clock
) -> None:
    id_ = outbox.letter_id(namespace, "old")
    outbox.put(store, namespace, id_, letter(NOW), NOW)
    assert delivery.send_one(store, id_, watch.new_courier(mailing, namespace, clock), {}) == SENT
    store.refresh(names.CONTROL)

    assert outbox.prune(store, namespace, NOW + outbox.KEPT - MINUTE) == 0
    assert outbox.prune(store, namespace, NOW + outbox.KEPT + MINUTE) == 1


def test_of_many_passes_at_once_one_tells(store: Store, namespace: str, mailing: Settings, mailbox: Mailbox) -> None:
    fill(store, namespace)

    with ThreadPoolExecutor(8) as pool:
        passes = [pool.submit(watch.alert_pass, store, namespace, mailing) for _ in range(8)]
    for done in passes:
        done.result()
    store.refresh(names.CONTROL)
    watch.alert_pass(store, namespace, mailing)

    assert len(mailbox.mails) == 1
    assert len(outbox_of(store, namespace)) == 1


def test_a_claim_keeps_others_away_until_it_runs_out_or_its_holder_is_known_to_be_dead(
    store: Store, namespace: str
) -> None:
    id_ = outbox.letter_id(namespace, "one")
    outbox.put(store, namespace, id_, letter(NOW), NOW)

    assert outbox.claim(store, id_, "a", NOW) is not None
    assert outbox.claim(store, id_, "b", NOW + MINUTE) is None
    assert outbox.claim(store, id_, "c", NOW + MINUTE, predecessor="a") is not None
    assert outbox.claim(store, id_, "d", NOW + MINUTE + outbox.CLAIM) is not None


def test_who_took_too_long_writes_nothing(store: Store, namespace: str) -> None:
    id_ = outbox.letter_id(namespace, "one")
    outbox.put(store, namespace, id_, letter(NOW), NOW)
    slow = outbox.claim(store, id_, "slow", NOW)
    assert slow is not None
    assert outbox.claim(store, id_, "quick", NOW + outbox.CLAIM) is not None

    outbox.finish(store, slow, [replace(slow.letter.targets[0], status=SENT)], NOW + outbox.CLAIM)

    assert outbox.standing(store, id_)[1][0].status == PENDING


def test_a_summary_whose_writer_died_gives_its_alerts_back(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock
) -> None:
    ids = [outbox.letter_id(namespace, str(number)) for number in range(3)]
    for number, id_ in enumerate(ids):
        outbox.put(store, namespace, id_, letter(NOW, line=f"alert {number}"), NOW)
    clock.now += 2 * HOUR
    assert outbox.take_into(store, ids[0], "outbox:summary-never-put", clock.now)
    store.refresh(names.CONTROL)
    courier = watch.new_courier(mailing_to(settings, serve()), namespace, clock)

    delivery.deliver(store, namespace, courier)
    assert "alert 0" not in part(parsed(mailbox.mails[0]), "plain")
    assert outbox.standing(store, ids[0])[0] == MERGING
    clock.now += outbox.CLAIM + MINUTE
    for _ in range(2):
        store.refresh(names.CONTROL)
        delivery.deliver(store, namespace, courier)

    assert len(mailbox.mails) == 2
    assert "alert 0" in mailbox.mails[1].decode()


KILLED = """
    import os, signal, sys
    from alerts import memory, outbox, smtp, watch
    from wwwatch.settings import load
    from wwwatch.store import Store

    settings, namespace, moment = load(), sys.argv[1], sys.argv[2]

    def die_at(module, name, before):
        was = getattr(module, name)
        def dies(*given, **named):
            if before:
                os.kill(os.getpid(), signal.SIGKILL)
            was(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)
        setattr(module, name, dies)

    where, name = moment.rsplit(" ", 1)
    module, function = name.split(".")
    die_at({"memory": memory, "outbox": outbox, "smtp": smtp}[module], function, where == "before")
    watch.alert_pass(Store.from_settings(settings, settings.url), namespace, settings)
"""
MOMENTS = [
    "before memory.write",
    "after memory.write",
    "after outbox.put",
    "after outbox.claim",
    "after smtp.hand_over",
    "after outbox.finish",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_no_alert_is_lost_and_only_one_in_doubt_is_repeated(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, moment: str
) -> None:
    fill(store, namespace)
    port = serve()
    mailing = mailing_to(settings, port)
    environment = {
        "WWWATCH_URL": settings.url,
        "WWWATCH_HOME": str(settings.home),
        "WWWATCH_MAIL__HOST": "127.0.0.1",
        "WWWATCH_MAIL__PORT": str(port),
        "WWWATCH_MAIL__RECIPIENTS": ",".join(RECIPIENTS),
    }
    script = textwrap.dedent(KILLED)
    done = subprocess.run(
        [sys.executable, "-c", script, namespace, moment],
        env=environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()

    clock = Clock(datetime.now(UTC) + MINUTE)
    for _ in range(3):  # the claim of the dead runs out
        store.refresh(names.CONTROL)
        watch.alert_pass(store, namespace, mailing, clock)
        clock.now += outbox.CLAIM

    assert len(mailbox.mails) == (2 if moment == "after smtp.hand_over" else 1), "sent, and not noted: in doubt"
    assert len({parsed(mail)["Message-ID"] for mail in mailbox.mails}) == 1, "whoever gets it twice can tell"
    assert [document["status"] for document in outbox_of(store, namespace)] == [SENT]


# ---- other ways out


class Chat:
    """Keeps what is posted to it, and answers as told."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.status = 200
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                chat.posts.append(orjson.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(chat.status)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/secret"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def chat() -> Any:
    made = Chat()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_chat_and_command_get_the_alert_within_the_same_budget(
    store: Store, namespace: str, settings: Settings, chat: Chat, tmp_path: Path, clock: Clock
) -> None:
    fill(store, namespace)
    kept = tmp_path / "alerts.jsonl"
    program = f"import sys; open({str(kept)!r}, 'a').write(sys.stdin.read() + chr(10)); assert sys.argv[1:] == ['$(x)']"
    alerts = AlertSettings(webhook_url=chat.url, command=(sys.executable, "-c", program, "$(x)"))
    chosen = settings.model_copy(update={"alerts": alerts})

    counts = watch.alert_pass(store, namespace, chosen, clock)

    assert counts["sent"] == 1
    assert "CRITICAL brute_force 203.0.113.7" in chat.posts[0]["text"]
    (told,) = map(orjson.loads, kept.read_text().splitlines())
    assert (told["severity"], told["who"], told["incident_id"]) == ("critical", ATTACKER, "grave")


@pytest.mark.parametrize(("answer", "becomes"), [(500, PENDING), (429, PENDING), (404, FAILED), (302, FAILED)])
def test_a_chats_answer_says_whether_to_try_again(
    store: Store, namespace: str, settings: Settings, chat: Chat, clock: Clock, answer: int, becomes: str
) -> None:
    chat.status = answer
    chosen = settings.model_copy(update={"alerts": AlertSettings(webhook_url=chat.url)})
    id_ = outbox.letter_id(namespace, "chat")
    put = replace(
        letter(NOW, Target("webhook")), message={"event": "summary", "severity": "high", "subject": "s", "text": "t"}
    )
    outbox.put(store, namespace, id_, put, NOW)

    assert delivery.send_one(store, id_, watch.new_courier(chosen, namespace, clock), {}) == becomes

    error = outbox.standing(store, id_)[1][0].error
    assert str(answer) in error
    assert "secret" not in error


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("import time; time.sleep(60)", "no end in 0.5 s"),
        ("import sys; sys.exit('\\x1b[31mno pager')", "exit code 1: \\x1b[31mno pager"),
        (None, "cannot be run"),
    ],
)
def test_a_command_that_fails_is_tried_again_and_holds_up_nobody(
    store: Store, namespace: str, settings: Settings, serve: Serve, mailbox: Mailbox, clock: Clock,
    program: str | None, says: str,
) -> None:  # fmt: skip
    command = (sys.executable, "-c", program) if program else ("/nowhere/at/all",)
    chosen = mailing_to(settings, serve(), command=command, timeout_seconds=0.5)
    id_ = outbox.letter_id(namespace, "command")
    outbox.put(store, namespace, id_, letter(NOW, Target("command"), Target("mail", "root@x.example")), NOW)

    assert delivery.send_one(store, id_, watch.new_courier(chosen, namespace, clock), {}) == PENDING

    by_channel = {target.channel: target for target in outbox.standing(store, id_)[1]}
    assert by_channel["mail"].status == SENT
    assert says in by_channel["command"].error


# ---- the command


def test_the_command_is_cron_safe_and_counts(
    store: Store, namespace: str, run: Run, serve: Serve, mailbox: Mailbox
) -> None:
    fill(store, namespace)
    own = {
        "WWWATCH_MAIL__HOST": "127.0.0.1",
        "WWWATCH_MAIL__PORT": str(serve()),
        "WWWATCH_MAIL__RECIPIENTS": "root@x.example",
    }

    told = [orjson.loads(run("alerts", "--namespace", namespace, "--json", **own).stdout) for _ in range(2)]

    assert [(one["noticed"], one["sent"]) for one in told] == [(1, 1), (0, 0)]
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "neither mail.host, alerts.webhook_url nor alerts.command is set"),
        ({"WWWATCH_MAIL__HOST": "127.0.0.1"}, "mail.recipients (WWWATCH_MAIL__RECIPIENTS) is not set"),
        ({"WWWATCH_ALERTS__QUIET_HOURS": "22-7"}, "write 22:00-07:00"),
        ({"WWWATCH_ALERTS__WEBHOOK_URL": "chat.example/secret"}, "write https://"),
    ],
)
def test_settings_that_cannot_work_are_named(namespace: str, run: Run, environment: dict[str, str], says: str) -> None:
    done = run("alerts", "--namespace", namespace, **environment)

    assert done.returncode == 2
    assert says in done.stderr
    assert "secret" not in done.stderr
