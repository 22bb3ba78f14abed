"""`wwwatch digest`, `alerts`."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from alerts import channels, posting, watch, wording
from alerts import digest as digests
from alerts import mail as mails
from alerts.channels import not_sent_error
from alerts.facts import gather
from alerts.figures import DigestFacts, Span
from alerts.outbox import SENT
from alerts.rendering import Site
from wwwatch.console import plain_markup, print_json, say
from wwwatch.errors import InputError, SettingsError
from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import namespace_option
from wwwatch.questions import default_span, newest_event
from wwwatch.settings import Settings, load
from wwwatch.store import Store, connect

COUNTS = ("noticed", "withheld", "sent", "pending", "failed", "merged")


@click.command()
@since_option
@until_option
@namespace_option
@click.option("--print", "as_text", is_flag=True, help="Print the text instead of mailing.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one self-contained page instead of mailing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the facts as one JSON object instead of mailing.")
@click.pass_obj
def digest(
    config: Path | None,
    since: datetime | None,
    until: datetime | None,
    namespace: str,
    as_text: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """What happened on a site and what to do, in a page: mailed, printed or saved.

    Without --since and --until: the 24 hours up to the newest event, however old it is. Run by a timer, give
    --until now, so that a site nothing arrives from any more is told.
    """
    if as_text and as_json:
        raise click.UsageError("--print and --json both print: choose one.")
    settings = load(config)
    wording.site_zone(settings.site.timezone)
    by_mail = not (as_text or html or as_json)
    if by_mail:
        mails.require_settings(settings.mail)
    now = datetime.now(UTC)
    store = connect(settings)
    facts = gather(store, namespace, _span(store, namespace, since, until, now))
    if as_json:
        print_json([asdict(facts)])
    if as_text or html or by_mail:
        composed = digests.compose(facts, Site(settings.site.name or namespace, settings.site.timezone))
        if as_text:
            click.echo(composed.text, nl=False)
        if html:
            _save(composed, html)
        if by_mail:
            _mail(composed, facts, settings, store)


def _span(store: Store, namespace: str, since: datetime | None, until: datetime | None, now: datetime) -> Span:
    newest = None if until else newest_event(store, namespace)
    return Span(*default_span(since, until, newest, now))


def _save(composed: digests.Digest, path: Path) -> None:
    try:
        path.write_text(composed.page(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}.", "Name a file in a folder that is there.") from error
    say(f"The digest is in {plain_markup(path)}.")


def _mail(composed: digests.Digest, facts: DigestFacts, settings: Settings, store: Store) -> None:
    recipients = settings.mail.recipients
    status, targets = posting.post(store, facts, composed, settings, watch.system_clock)
    if any(target.status != SENT for target in targets):
        raise not_sent_error(status, targets, settings.mail)
    say(f"The digest went to {plain_markup(', '.join(recipients))}.")


@click.command()
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="The counts as one JSON object on stdout.")
@click.pass_obj
def alerts(config: Path | None, namespace: str, as_json: bool) -> None:
    """Tell what is new of incidents, by mail, chat and command, within the budget; send what waits in the outbox.

    Safe to run as often as you like, from cron too, and beside `wwwatch run`.
    """
    settings = load(config)
    if not channels.open_channels(settings):
        raise SettingsError(
            "Nothing can be told: neither mail.host, alerts.webhook_url nor alerts.command is set.",
            "Set WWWATCH_MAIL__HOST and WWWATCH_MAIL__RECIPIENTS, or one of the others.",
        )
    if settings.mail.host:
        mails.require_settings(settings.mail, settings.alerts.recipients)
    counts = watch.alert_pass(connect(settings), namespace, settings)
    told = {name: counts[name] for name in COUNTS}
    if as_json:
        print_json([{"namespace": namespace, **told}])
    else:
        say(", ".join(f"{name} {count:,}" for name, count in told.items()) + ".")
