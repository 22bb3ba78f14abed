"""The digest from a real engine to a real mail server."""

import socket
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from alerts import smtp
from alerts.facts import gather
from alerts.figures import Background, Change, Coverage, Lag, Newcomer, Newcomers, Span, VirtualHost
from tests.conftest import Run
from tests.integration.mailbox import Mailbox, Serve, free_port, parsed, part
from tests.integration.site_examples import (
    ATTACKER,
    HOSTILE_PATH,
    SINCE,
    UNTIL,
    VISITOR,
    alert,
    event,
    fill,
    fill_events,
)
from wwwatch.moments import iso
from wwwatch.settings import MailSettings
from wwwatch.store import Store, StoreBusy, names

SPAN = Span(SINCE, UNTIL)


def a_mail(settings: MailSettings) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.sender, list(settings.recipients), "digest"
    message.set_content("text")
    return message


def send(message: EmailMessage, settings: MailSettings) -> list[smtp.Refusal]:
    return smtp.hand_over(message.as_bytes(), "wwwatch@localhost", settings.recipients, settings)


# ---- facts


def test_the_facts_are_those_of_the_span(store: Store, namespace: str) -> None:
    fill(store, namespace)

    facts = gather(store, namespace, SPAN)

    assert (facts.traffic.requests, facts.traffic.clients, facts.traffic.body_bytes) == (600, 3, 600_000)
    assert facts.traffic.by_status == {"2xx": 121, "3xx": 360, "4xx": 118, "5xx": 1}
    assert (facts.traffic_before.requests, facts.traffic_before.clients) == (310, 1)
    assert [incident.severity for incident in facts.incidents.detailed] == ["critical"]
    assert facts.incidents.counts == {"brute_force": {"critical": 1}}
    assert facts.incidents.not_closed == 1
    assert facts.incidents.background == (Background("scan", clients=2, anomalies=3),)
    assert facts.coverage.minutes_with_events - facts.coverage.minutes_judged == 1
    assert facts.coverage.model_versions == ("base-1",)
    assert [(host.name, host.requests_before) for host in facts.silent_hosts] == [("web2", 10)]
    assert facts.silent_hosts[0].last_event == SINCE - timedelta(hours=2)
    assert Change("URL", "/wp-login.php", 118, 0) in facts.changes
    assert Change("client", ATTACKER, 119, 0) in facts.changes


def test_rejected_lines_belong_to_the_events_they_arrived_with(store: Store, namespace: str) -> None:
    fill(store, namespace)

    assert gather(store, namespace, SPAN).rejects == {"no_format": 1}


def test_the_timeline_holds_every_event_of_the_span_and_no_other(store: Store, namespace: str) -> None:
    fill(store, namespace)

    timeline = gather(store, namespace, SPAN).timeline

    assert timeline.step_seconds == 600
    assert (timeline.points[0].start, len(timeline.points)) == (SINCE, 144)
    assert sum(sum(point.by_status.values()) for point in timeline.points) == 600


def test_a_namespace_without_anything_has_empty_facts(store: Store, namespace: str) -> None:
    facts = gather(store, namespace, SPAN)

    assert (facts.traffic.requests, facts.incidents.total, facts.rejects) == (0, 0, {})
    assert facts.coverage == Coverage(0, 0, ())


def test_a_week_of_history_is_compared_with_the_same_day(store: Store, namespace: str) -> None:
    fill(store, namespace)
    fill_events(store, namespace, [event(SINCE - timedelta(days=7, hours=-1), VISITOR, "/", 200)])

    facts = gather(store, namespace, SPAN)

    assert facts.compared == SPAN.week_before
    assert facts.traffic_before.requests == 1
    assert gather(store, namespace, Span(SINCE - timedelta(days=6), UNTIL)).compared.until == SINCE - timedelta(days=6)


def test_scanners_are_new_unless_an_anomaly_or_the_memory_knows_them(store: Store, namespace: str) -> None:
    store.ensure_setup()
    within, before = SINCE + timedelta(hours=1), SINCE - timedelta(days=9)
    clients = ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
    found = {f"now{n}": alert(within, 10, 21, "scan", client, requests=n) for n, client in enumerate(clients)}
    found["earlier"] = alert(before, 10, 21, "injection", "192.0.2.2")
    found["guessing"] = alert(within, 10, 73, "brute_force", "192.0.2.9")
    store.write_documents(names.anomalies(namespace), found.items())
    hour = {"wwwatch": {"entity": {"type": "ip", "id": "192.0.2.3"}, "hostile": 1}}
    store.write_documents(names.rollup_index(namespace), [("one", {"@timestamp": iso(before), **hour})])

    newcomers = gather(store, namespace, SPAN).newcomers

    assert newcomers == Newcomers((Newcomer("192.0.2.4", "scan", 3), Newcomer("192.0.2.1", "scan", 0)), 2)


def test_virtual_hosts_are_told_where_there_are_several(store: Store, namespace: str) -> None:
    store.ensure_setup()
    one, other = (event(SINCE, VISITOR, "/", status) for status in (200, 404))
    one["url"]["domain"], other["url"]["domain"] = "a.example", "b.example"
    fill_events(store, namespace, [one, one, other])

    hosts = gather(store, namespace, SPAN).virtual_hosts

    assert hosts == (VirtualHost("a.example", 2, 1, {"2xx": 2}), VirtualHost("b.example", 1, 1, {"4xx": 1}))


def test_the_watch_itself_is_in_the_facts(store: Store, namespace: str) -> None:
    store.ensure_setup()
    trouble = alert(SINCE + timedelta(hours=1), 10, 47, "rejects", namespace, background=True, incident_id="own")
    store.write_documents(names.selfwatch(namespace), [("own", trouble)])

    def beat(host: str, lag_seconds: float, bytes_behind: int) -> bytes:
        own = {"component": "ship", "lag_seconds": lag_seconds, "bytes_behind": bytes_behind}
        document = {"@timestamp": iso(SINCE + timedelta(hours=2)), "host": {"name": host}, "wwwatch": own}
        return b'{"create":{}}\n' + orjson.dumps(document) + b"\n"

    stream = names.pipeline_stream(namespace)
    assert set(store.bulk(stream, beat("web1", 42, 9) + beat("web2", 9000, 0)).statuses) == {201}
    store.refresh(stream)

    facts = gather(store, namespace, SPAN)

    assert [incident.attack_class for incident in facts.own] == ["rejects"]
    assert facts.lag == Lag(2, 42.0, "web1")
    assert (facts.model, facts.withheld, facts.unknown) == (None, {}, {})


def test_a_part_the_store_refuses_is_said_and_the_rest_is_told(
    store: Store, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, namespace)
    search = store.search

    def refused(index: str, *arguments: Any, **options: Any) -> Any:
        if index == names.incidents(namespace):
            raise StoreBusy("The store could only answer in part (1 shards failed).")
        return search(index, *arguments, **options)

    monkeypatch.setattr(store, "search", refused)
    facts = gather(store, namespace, SPAN)

    assert facts.unknown == {"incidents": "The store could only answer in part (1 shards failed)."}
    assert (facts.incidents.total, facts.traffic.requests) == (0, 600)


# ---- the command


def test_a_digest_comes_when_the_store_is_away(run: Run, serve: Serve, mailbox: Mailbox) -> None:
    port = str(serve())
    settings = {"WWWATCH_MAIL__HOST": "127.0.0.1", "WWWATCH_MAIL__PORT": port, "WWWATCH_URL": "http://127.0.0.1:1"}

    done = run("digest", "--until", "now", WWWATCH_MAIL__RECIPIENTS="a@x.example", **settings)

    assert done.returncode == 1
    assert mailbox.recipients == ["a@x.example"]
    message = parsed(mailbox.mails[0])
    assert str(message["Subject"]).endswith(": the store did not answer")
    assert part(message, "plain").startswith("The store did not answer, so nothing is known of this span")


def test_several_sites_in_one_digest(store: Store, namespace: str, run: Run, tmp_path: Path) -> None:
    fill(store, namespace)
    page = tmp_path / "digest.html"

    done = run("digest", "--namespace", f"{namespace}-empty", "--namespace", namespace, "--print", "--html", page)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 sites: 1 critical, 1 site not clear.\n")
    assert f"\n{namespace.upper()}  1 incident: 1 critical." in done.stdout
    assert f"\n{namespace.upper()}-EMPTY  No events arrived" in done.stdout
    assert len(done.stdout.splitlines()) <= 60
    assert f"<b>{namespace}-empty</b>" in page.read_text(encoding="utf-8")


def test_a_weekly_digest_is_of_seven_days(store: Store, namespace: str, run: Run) -> None:
    fill(store, namespace)

    (facts,) = [
        orjson.loads(line) for line in run("digest", "--weekly", "--json", "--namespace", namespace).stdout.splitlines()
    ]

    since, until = (datetime.fromisoformat(facts["span"][name]) for name in ("since", "until"))
    assert until - since == timedelta(days=7)
    assert facts["traffic"]["requests"] == 910


def test_the_command_mails_the_last_day_of_an_old_log(
    store: Store, namespace: str, run: Run, serve: Serve, mailbox: Mailbox
) -> None:
    fill(store, namespace)
    port = str(serve())
    mail_settings = {"WWWATCH_MAIL__HOST": "127.0.0.1", "WWWATCH_MAIL__PORT": port}
    own = {"WWWATCH_MAIL__RECIPIENTS": "a@x.example,b@x.example", "WWWATCH_SITE__NAME": "Shöp"}

    done = run("digest", "--namespace", namespace, **mail_settings, **own)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert mailbox.recipients == ["a@x.example", "b@x.example"]
    message = parsed(mailbox.mails[0])
    assert message["Subject"] == "[wwwatch] digest Shöp 2026-03-02: 1 critical, 0.2 % not judged, 1 host silent"
    text, page = part(message, "plain"), part(message, "html")
    assert text.startswith("1 incident: 1 critical. 1 not closed. Not judged yet: 0.2 % of the minutes with events.")
    assert "2026-03-01 12:00 to 2026-03-02 12:00 UTC" in text
    assert "hxxp://evil[.]example/" in text
    assert f"wwwatch ip {ATTACKER} --namespace {namespace}" in text
    assert "<script" not in page
    assert "&lt;b&gt;now&lt;/b&gt;" in page
    assert "http://" not in page + text
    pictures = [found for found in message.walk() if found.get_content_type() == "image/png"]
    assert len(pictures) == 2
    assert all(f"cid:{found['Content-ID'].strip('<>')}" in page for found in pictures)


def test_the_command_prints_and_saves(store: Store, namespace: str, run: Run, tmp_path: Path) -> None:
    fill(store, namespace)
    page = tmp_path / "digest.html"

    done = run("digest", "--namespace", namespace, "--print", "--html", page)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 incident: 1 critical.")
    assert len(done.stdout.splitlines()) <= 60
    assert str(page) in done.stderr.replace("\n", "")
    assert page.read_text(encoding="utf-8").count("data:image/png;base64,") == 2


def test_json_is_one_object_with_the_facts_as_stored(store: Store, namespace: str, run: Run) -> None:
    fill(store, namespace)

    done = run("digest", "--namespace", namespace, "--json")

    facts = orjson.loads(done.stdout)
    assert facts["traffic"]["requests"] == 600
    assert facts["incidents"]["detailed"][0]["reason"].endswith("<b>now</b>")
    assert not [change for change in facts["changes"] if change["name"] == HOSTILE_PATH]


def test_a_span_can_be_chosen(store: Store, namespace: str, run: Run) -> None:
    fill(store, namespace)

    done = run(
        "digest", "--namespace", namespace, "--json", "--since", "2026-02-28T12:00:00Z", "--until", "2026-03-01T12:00"
    )

    facts = orjson.loads(done.stdout)
    assert (facts["traffic"]["requests"], facts["traffic"]["clients"], facts["incidents"]["detailed"]) == (310, 1, [])
    assert VISITOR not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "says"),
    [
        ((), {}, 2, "mail.host (WWWATCH_MAIL__HOST) and mail.recipients"),
        ((), {"WWWATCH_MAIL__HOST": "127.0.0.1"}, 2, "mail.recipients (WWWATCH_MAIL__RECIPIENTS) is not set"),
        (("--print",), {"WWWATCH_SITE__TIMEZONE": "Mars"}, 2, "WWWATCH_SITE__TIMEZONE"),
        (("--html", "/nowhere/at/all.html"), {}, 1, "Cannot write /nowhere/at/all.html"),
        (("--print", "--since", "2026-01-02", "--until", "2026-01-01"), {}, 2, "is not before --until"),
        (("--print", "--json"), {}, 2, "choose one"),
    ],
)
def test_what_cannot_work_is_said(
    namespace: str, run: Run, arguments: tuple[str, ...], environment: dict[str, str], code: int, says: str
) -> None:
    done = run("digest", "--namespace", namespace, *arguments, **environment)

    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


# ---- the mail server


def test_starttls_with_a_password_delivers(
    serve: Serve, mailbox: Mailbox, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        known = isinstance(given, LoginPassword) and (given.login, given.password) == (b"me", b"secret")
        return AuthResult(success=known, handled=False)

    port = serve(tls_context=certificate[1], require_starttls=True, auth_required=True, authenticator=check)
    settings = MailSettings(
        host="localhost",
        port=port,
        security="starttls",
        ca_file=certificate[0],
        username="me",
        password="secret",
        recipients=("a@x.example",),
    )

    assert send(a_mail(settings), settings) == []
    assert len(mailbox.mails) == 1

    wrong = settings.model_copy(update={"password": MailSettings(password="no").password})
    with pytest.raises(smtp.MailError, match="535") as caught:
        send(a_mail(wrong), wrong)
    assert "mail.password" in caught.value.hint
    assert "secret" not in caught.value.message


def test_tls_from_the_start_delivers(serve: Serve, mailbox: Mailbox, certificate: tuple[Path, ssl.SSLContext]) -> None:
    port = serve(ssl_context=certificate[1])
    settings = MailSettings(
        host="localhost", port=port, security="tls", ca_file=certificate[0], recipients=("a@x.example",)
    )

    assert send(a_mail(settings), settings) == []
    assert len(mailbox.mails) == 1


def test_an_untrusted_certificate_is_refused(
    serve: Serve, mailbox: Mailbox, certificate: tuple[Path, ssl.SSLContext]
) -> None:
    settings = MailSettings(
        host="localhost", port=serve(tls_context=certificate[1]), security="starttls", recipients=("a@x.example",)
    )

    with pytest.raises(smtp.MailError, match="certificate is not trusted") as caught:
        send(a_mail(settings), settings)

    assert "mail.ca_file" in caught.value.hint
    assert mailbox.mails == []


def test_a_refused_recipient_is_reported_and_the_others_get_the_mail(serve: Serve, mailbox: Mailbox) -> None:
    recipients = ("nobody@x.example", "a@x.example")
    settings = MailSettings(host="127.0.0.1", port=serve(), recipients=recipients)

    refused = send(a_mail(settings), settings)

    assert mailbox.recipients == ["a@x.example"]
    assert [(one.recipient, one.reason[:3], one.lasting) for one in refused] == [("nobody@x.example", "550", True)]
    assert "\x1b" not in refused[0].reason


def test_when_all_are_refused_no_mail_is_begun(serve: Serve, mailbox: Mailbox) -> None:
    settings = MailSettings(host="127.0.0.1", port=serve(), recipients=("nobody@x.example",))

    assert [one.recipient for one in send(a_mail(settings), settings)] == ["nobody@x.example"]
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("changed", "hint"),
    [
        ({"host": "127.0.0.1"}, "mail.host"),
        ({"host": "no-such-host.invalid"}, "mail.host"),
        ({"host": "127.0.0.1", "security": "starttls", "ca_file": "/nowhere.pem"}, "mail."),
    ],
)
def test_a_server_that_is_not_there_is_named_with_the_setting(changed: dict[str, Any], hint: str) -> None:
    settings = MailSettings(port=free_port(), recipients=("a@x.example",), **changed)

    with pytest.raises(smtp.MailError) as caught:
        send(a_mail(settings), settings)

    assert f"{settings.host}:{settings.port}" in caught.value.message
    assert hint in caught.value.hint


def test_a_server_without_tls_is_not_talked_to_in_the_clear(serve: Serve, mailbox: Mailbox) -> None:
    settings = MailSettings(host="127.0.0.1", port=serve(), security="starttls", recipients=("a@x.example",))

    with pytest.raises(smtp.MailError) as caught:
        send(a_mail(settings), settings)

    assert "mail.security" in caught.value.hint
    assert mailbox.mails == []


def test_a_silent_server_ends_in_a_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = MailSettings(
            host="127.0.0.1", port=listener.getsockname()[1], timeout_seconds=0.2, recipients=("a@x.example",)
        )

        with pytest.raises(smtp.MailError, match=r"no answer in 0\.2 s") as caught:
            send(a_mail(settings), settings)

    assert "mail.timeout_seconds" in caught.value.hint
