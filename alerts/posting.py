"""A digest of a span on its way: composed, put into the outbox, sent at once if the mail server takes it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from alerts import digest as digests
from alerts import mail as mails
from alerts import smtp, watch
from alerts.facts import gather
from alerts.figures import DigestFacts, Span
from alerts.outbox import Target
from alerts.rendering import Site
from wwwatch.moments import iso
from wwwatch.settings import Settings
from wwwatch.store import Store


def compose(sites: Sequence[DigestFacts], settings: Settings) -> digests.Digest:
    """The digest of one site or several, called as the settings call them."""
    name = settings.site.name or ", ".join(facts.namespace for facts in sites)
    return digests.compose(sites, Site(name, settings.site.timezone))


def post(
    store: Store,
    sites: Sequence[DigestFacts],
    composed: digests.Digest,
    settings: Settings,
    clock: Callable[[], datetime],
) -> tuple[str, tuple[Target, ...]]:
    """Mail a digest. The same sites and span are one mail, however often they are posted.

    Return its status in the outbox, and what became of each recipient. Raise SettingsError if an address is none.
    """
    envelope = _envelope(sites, settings)
    mail = mails.build(composed, envelope, settings.mail, clock())
    return watch.post_mail(store, sites[0].namespace, mail, envelope.identity, envelope.recipients, settings, clock)


def send_directly(
    sites: Sequence[DigestFacts], composed: digests.Digest, settings: Settings, clock: Callable[[], datetime]
) -> list[smtp.Refusal]:
    """Mail a digest past the outbox, which is in the store: for when that is away. Return who was refused.

    Raise MailError if the mail server did not take it.
    """
    envelope = _envelope(sites, settings)
    mail = mails.build(composed, envelope, settings.mail, clock())
    sender = mails.parse_address("mail.sender", settings.mail.sender).addr_spec
    recipients = [mails.parse_address("mail.recipients", each).addr_spec for each in envelope.recipients]
    return smtp.hand_over(mail.as_bytes(), sender, recipients, settings.mail)


def post_span(
    store: Store, namespace: str, span: Span, settings: Settings, clock: Callable[[], datetime]
) -> tuple[str, tuple[Target, ...]]:
    """Compose and mail the digest of a span."""
    mails.require_settings(settings.mail)
    facts = gather(store, namespace, span)
    return post(store, [facts], compose([facts], settings), settings, clock)


def _envelope(sites: Sequence[DigestFacts], settings: Settings) -> mails.Envelope:
    namespaces = ",".join(facts.namespace for facts in sites)
    identity = (namespaces, iso(sites[0].span.since), iso(sites[0].span.until))
    return mails.Envelope("digest", identity, sites[0].namespace, settings.mail.recipients)
