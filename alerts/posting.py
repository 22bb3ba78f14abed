"""A digest of a span on its way: composed, put into the outbox, sent at once if the mail server takes it."""

from collections.abc import Callable
from datetime import datetime

from alerts import digest as digests
from alerts import mail as mails
from alerts import watch
from alerts.facts import gather
from alerts.figures import DigestFacts, Span
from alerts.outbox import Target
from alerts.rendering import Site
from wwwatch.moments import iso
from wwwatch.settings import Settings
from wwwatch.store import Store


def post(
    store: Store, facts: DigestFacts, composed: digests.Digest, settings: Settings, clock: Callable[[], datetime]
) -> tuple[str, tuple[Target, ...]]:
    """Mail a digest. The same site and span are one mail, however often they are posted.

    Return its status in the outbox, and what became of each recipient. Raise SettingsError if an address is none.
    """
    identity = (facts.namespace, iso(facts.span.since), iso(facts.span.until))
    recipients = settings.mail.recipients
    envelope = mails.Envelope("digest", identity, facts.namespace, recipients)
    mail = mails.build(composed, envelope, settings.mail, clock())
    return watch.post_mail(store, facts.namespace, mail, identity, recipients, settings, clock)


def post_span(
    store: Store, namespace: str, span: Span, settings: Settings, clock: Callable[[], datetime]
) -> tuple[str, tuple[Target, ...]]:
    """Compose and mail the digest of a span."""
    mails.require_settings(settings.mail)
    facts = gather(store, namespace, span)
    composed = digests.compose(facts, Site(settings.site.name or namespace, settings.site.timezone))
    return post(store, facts, composed, settings, clock)
