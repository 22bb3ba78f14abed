"""`wwwatch digest`, `alerts`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from alerts import channels, posting, watch, wording
from alerts import digest as digests
from alerts import mail as mails
from alerts.channels import not_sent_error
from alerts.facts import gather, nothing_known
from alerts.figures import WEEK, DigestFacts, Span
from alerts.outbox import SENT
from wwwatch.console import plain_markup, print_json, say
from wwwatch.errors import SettingsError
from wwwatch.files import write_atomically
from wwwatch.moments import since_option, until_option
from wwwatch.namespaces import DEFAULT, Namespace, namespace_option
from wwwatch.questions import default_span, newest_event
from wwwatch.questions.query import DAY
from wwwatch.settings import Settings, load
from wwwatch.store import Store, StoreUnreachable, connect

COUNTS = ("noticed", "withheld", "sent", "pending", "failed", "merged")


@click.command()
@since_option
@until_option
@click.option("--weekly", is_flag=True, help="Of 7 days instead of 24 hours, where --since is not given.")
@click.option(
    "--namespace",
    "namespaces",
    type=Namespace(),
    multiple=True,
    default=(DEFAULT,),
    show_default=True,
    help="The site; given more than once, one digest of all of them.",
)
@click.option("--print", "as_text", is_flag=True, help="Print the text instead of mailing.")
@click.option(
    "--html",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one self-contained page instead of mailing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the facts, one JSON object a site, instead of mailing.")
@click.pass_obj
def digest(
    config: Path | None,
    since: datetime | None,
    until: datetime | None,
    weekly: bool,
    namespaces: tuple[str, ...],
    as_text: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """What happened on a site and what to do, in a page: mailed, printed or saved.

    Without --since and --until: the 24 hours up to the newest event, however old it is. Run by a timer, give
    --until now, so that a site nothing arrives from any more is told. What the store does not tell is said in it.
    """
    if as_text and as_json:
        raise click.UsageError("--print and --json both print: choose one.")
    settings = load(config)
    wording.site_zone(settings.site.timezone)
    by_mail = not (as_text or html or as_json)
    if by_mail:
        mails.require_settings(settings.mail)
    length = WEEK if weekly else DAY
    namespaces = tuple(dict.fromkeys(namespaces))
    try:
        store = connect(settings)
        span = _span(store, namespaces, since, until, length)
    except StoreUnreachable as error:
        if by_mail:
            _mail_without_store(namespaces, since, until, length, settings, error)
        raise
    sites = [gather(store, namespace, span) for namespace in namespaces]
    if as_json:
        print_json(asdict(facts) for facts in sites)
    if as_text or html or by_mail:
        composed = posting.compose(sites, settings)
        if as_text:
            click.echo(composed.text, nl=False)
        if html:
            write_atomically(html, composed.page())
            say(f"The digest is in {plain_markup(html)}.")
        if by_mail:
            _mail(composed, sites, settings, store)


def _span(
    store: Store, namespaces: Sequence[str], since: datetime | None, until: datetime | None, length: timedelta
) -> Span:
    """Up to the newest event of any of the sites, so that all sections are of one span."""
    found = [] if until else [newest_event(store, namespace) for namespace in namespaces]
    newest = max((moment for moment in found if moment), default=None)
    return Span(*default_span(since, until, newest, datetime.now(UTC), length))


def _mail(composed: digests.Digest, sites: Sequence[DigestFacts], settings: Settings, store: Store) -> None:
    recipients = settings.mail.recipients
    status, targets = posting.post(store, sites, composed, settings, watch.system_clock)
    if any(target.status != SENT for target in targets):
        raise not_sent_error(status, targets, settings.mail)
    say(f"The digest went to {plain_markup(', '.join(recipients))}.")


def _mail_without_store(
    namespaces: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    length: timedelta,
    settings: Settings,
    error: StoreUnreachable,
) -> None:
    """A digest comes even when the store is away: it says so. There is no outbox then, so it is tried once."""
    span = Span(*default_span(since, until, None, datetime.now(UTC), length))
    sites = [nothing_known(namespace, span, error.message) for namespace in namespaces]
    refused = posting.send_directly(sites, posting.compose(sites, settings), settings, watch.system_clock)
    if len(refused) < len(settings.mail.recipients):
        say("A digest that says so was mailed.")


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
