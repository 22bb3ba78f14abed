"""Alerts through a real Postfix, which relays to the test's mailbox: what aiosmtpd lets pass, Postfix may not.

Needs root and Postfix (`apt-get install postfix`), as CI has; skips otherwise. The instance is the test's own: its
configuration, queue and port.
"""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts import smtp, watch
from alerts.outbox import FAILED, PENDING, SENT
from tests.integration.conftest import certificate, mailbox, serve
from tests.integration.mailbox import Mailbox, Serve, free_port, parsed, part
from tests.integration.site_examples import ATTACKER, fill
from tests.integration.test_alerts import Clock, outbox_of
from wwwatch.settings import MailSettings, Settings
from wwwatch.store import Store

__all__ = ["certificate", "mailbox", "serve"]  # fixtures

ARRIVES_SECONDS = 60.0
MAIN = """
compatibility_level = 3.6
myhostname = mx.x.example
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
relayhost = [127.0.0.1]:{relay}
smtp_tls_security_level = none
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {key}, {public}
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{ nobody@x.example = REJECT no such user }},
        {{ later@x.example = DEFER_IF_PERMIT come back }} }},
    permit_mynetworks, reject
header_checks =
smtpd_forbid_bare_newline = yes
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


@pytest.fixture
def postfix(tmp_path: Path, serve: Serve, certificate: tuple[Path, ssl.SSLContext]) -> Iterator[MailSettings]:
    """A Postfix of the test's own, and the settings to mail by it."""
    if not shutil.which("postfix") or os.geteuid() != 0:
        pytest.skip("no Postfix, or not root")
    folder, port = tmp_path / "postfix", free_port()
    for name in ("queue", "data", "log"):
        (folder / name).mkdir(parents=True)
    shutil.chown(folder / "data", "postfix")
    for parent in (tmp_path, *tmp_path.parents):  # its daemons are not root
        if parent.stat().st_uid == 0 and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    public = certificate[0]
    relay = serve()
    files = {"folder": folder, "relay": relay, "key": public.with_name("key.pem"), "public": public, "port": port}
    (folder / "main.cf").write_text(MAIN.format_map(files))
    (folder / "master.cf").write_text(SERVICES.format_map(files))
    control = ["postfix", "-c", str(folder)]
    subprocess.run([*control, "start"], check=True, capture_output=True, timeout=60)
    try:
        yield MailSettings(
            host="localhost", port=port, security="starttls", ca_file=public, sender="wwwatch@x.example",
            recipients=("root@x.example", "nobody@x.example", "later@x.example"),
        )  # fmt: skip
    finally:
        subprocess.run([*control, "stop"], check=True, capture_output=True, timeout=60)


def arrived(mailbox: Mailbox, count: int) -> list[bytes]:
    """The mails that came through, once there are so many."""
    end = time.monotonic() + ARRIVES_SECONDS
    while len(mailbox.mails) < count:
        assert time.monotonic() < end, f"{len(mailbox.mails)} of {count} mails came"
        time.sleep(0.05)
    return mailbox.mails


def test_postfix_takes_an_alert_by_starttls_and_says_who_does_not_get_it(
    store: Store, namespace: str, settings: Settings, postfix: MailSettings, mailbox: Mailbox
) -> None:
    fill(store, namespace)
    chosen = settings.model_copy(update={"mail": postfix})

    counts = watch.alert_pass(store, namespace, chosen, Clock())

    assert counts["pending"] == 1, "one is to come back for"
    (document,) = outbox_of(store, namespace)
    states = {target["address"]: target["status"] for target in document["outbox"]["targets"]}
    assert states == {"root@x.example": SENT, "nobody@x.example": FAILED, "later@x.example": PENDING}
    (content,) = arrived(mailbox, 1)
    mail = parsed(content)
    assert mail["Subject"] == f"[wwwatch] CRITICAL brute_force {ATTACKER} on {namespace}: 412 failed logins"
    assert mail["List-Id"] == f"wwwatch alert <{namespace}.alert.wwwatch.x.example>"
    assert "118        0  /wp-login.php" in part(mail, "plain")
    assert not mail.defects
    assert mailbox.recipients == ["root@x.example"]
    assert "no such user" in document["outbox"]["targets"][1]["error"] + document["outbox"]["targets"][0]["error"]


def test_postfix_is_not_talked_to_in_the_clear(postfix: MailSettings, mailbox: Mailbox) -> None:
    """It asks for STARTTLS; a mail that does not is refused, and kept to be tried again."""
    clear = postfix.model_copy(update={"security": "none"})

    with pytest.raises(smtp.MailError, match="STARTTLS"):
        smtp.hand_over(b"Subject: x\r\n\r\nx\r\n", "wwwatch@x.example", ["root@x.example"], clear)

    assert mailbox.mails == []
