"""The facts of a digest, read from the store and nowhere else."""

from alerts import traffic
from alerts.figures import DigestFacts, Span
from alerts.incidents import incidents
from wwwatch.store import Store


def gather(store: Store, namespace: str, span: Span) -> DigestFacts:
    """Everything the digest of a span tells. What is not there reads as nothing; raise StoreError otherwise."""
    return DigestFacts(
        namespace=namespace,
        span=span,
        incidents=incidents(store, namespace, span),
        traffic=traffic.traffic(store, namespace, span),
        traffic_before=traffic.traffic(store, namespace, span.before),
        timeline=traffic.timeline(store, namespace, span),
        changes=traffic.changes(store, namespace, span),
        rejects=traffic.rejects(store, namespace, span),
        coverage=traffic.coverage(store, namespace, span),
        silent_hosts=traffic.silent_hosts(store, namespace, span),
    )
