"""What `/metrics` tells, read from the service's memory at each scrape: no request to the store is made for it."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from wwwatch import __version__
from wwwatch.selfwatch.facts import Facts
from wwwatch.service.service import Service
from wwwatch.service.site import Site

SITE = ["namespace"]
JOB = ["namespace", "job"]


class ServiceMetrics(Collector):
    """The metrics of a service. Standing by, it tells of its jobs and hosts only what it did itself."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """All metrics, by sites."""
        info = InfoMetricFamily("wwwatch_build", "The version that runs.")
        info.add_metric([], {"version": __version__})
        yield info
        available = GaugeMetricFamily("wwwatch_store_available", "1 if the store answered the last renewal of a lease.")
        available.add_metric([], float(not self._service.away))
        yield available
        yield from _jobs(self._service.sites)
        yield from _watched(self._service.sites)


def _jobs(sites: Iterable[Site]) -> Iterator[Metric]:
    leader = GaugeMetricFamily("wwwatch_leader", "1 if this instance works for the site.", labels=SITE)
    runs = CounterMetricFamily("wwwatch_job_runs", "Jobs that ended, by how.", labels=[*JOB, "result"])
    did = CounterMetricFamily(
        "wwwatch_job_work", "What jobs did: events and minutes judged, mails sent, ...", labels=[*JOB, "what"]
    )
    took = GaugeMetricFamily("wwwatch_job_last_duration_seconds", "How long a job took last.", labels=JOB)
    ended = GaugeMetricFamily("wwwatch_job_last_end_timestamp_seconds", "When a job ended last.", labels=JOB)
    failures = GaugeMetricFamily("wwwatch_job_failures_in_a_row", "Failures since a job last did well.", labels=JOB)
    for site in sites:
        leader.add_metric([site.namespace], float(site.leadership.held))
        for (job, result), count in sorted(site.runs.items()):
            runs.add_metric([site.namespace, job, result], count)
        for (job, what), amount in sorted(site.work.items()):
            did.add_metric([site.namespace, job, what], amount)
        for job, state in sorted(site.states().items()):
            failures.add_metric([site.namespace, job], state.failures)
            if state.ended_at and state.took_seconds is not None:
                took.add_metric([site.namespace, job], state.took_seconds)
                ended.add_metric([site.namespace, job], state.ended_at.timestamp())
    yield from (leader, runs, did, took, ended, failures)


def _watched(sites: Iterable[Site]) -> Iterator[Metric]:
    beat = GaugeMetricFamily(
        "wwwatch_shipper_heartbeat_timestamp_seconds", "Last heartbeat of a host's shipper.", labels=[*SITE, "host"]
    )
    behind = GaugeMetricFamily(
        "wwwatch_shipper_behind_bytes", "Least a shipper was behind its logs in ten minutes.", labels=[*SITE, "host"]
    )
    newest = GaugeMetricFamily("wwwatch_host_newest_event_timestamp_seconds", "Event time.", labels=[*SITE, "host"])
    waiting = GaugeMetricFamily("wwwatch_minutes_unjudged", "Minutes with events not judged yet.", labels=SITE)
    trained = GaugeMetricFamily("wwwatch_model_trained_timestamp_seconds", "Of the active model.", labels=SITE)
    disk = GaugeMetricFamily("wwwatch_store_disk_used_ratio", "Of a node of the store.", labels=[*SITE, "node"])
    mails = GaugeMetricFamily("wwwatch_mails_failing", "Mails that failed to leave and wait.", labels=SITE)
    wrong = GaugeMetricFamily(
        "wwwatch_selfwatch_wrong", "1 for each thing wrong with the watch.", labels=[*SITE, "kind"]
    )
    for site in sites:
        for kind in site.outcome("selfwatch").get("wrong", ()):
            wrong.add_metric([site.namespace, kind], 1)
        facts: Facts = site.facts
        for shipper in facts.shippers or ():
            beat.add_metric([site.namespace, shipper.host], shipper.seen_at.timestamp())
            if shipper.behind_bytes is not None:
                behind.add_metric([site.namespace, shipper.host], shipper.behind_bytes)
        for host in facts.hosts or ():
            newest.add_metric([site.namespace, host.name], host.newest_event.timestamp())
        for node in facts.disks or ():
            disk.add_metric([site.namespace, node.node], node.used_share)
        if facts.unjudged is not None:
            waiting.add_metric([site.namespace], len(facts.unjudged.since))
        if facts.model:
            trained.add_metric([site.namespace], facts.model.trained_at.timestamp())
        if facts.outbox:
            mails.add_metric([site.namespace], facts.outbox.waiting)
    yield from (beat, behind, newest, waiting, trained, disk, mails, wrong)


def exposition(service: Service) -> bytes:
    """All metrics in the text format of Prometheus, those of the process included."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ServiceMetrics(service))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
