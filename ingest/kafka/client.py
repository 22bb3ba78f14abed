"""What a client of Kafka is told by the settings, and what Kafka says, as our own errors."""

import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]

from ingest.kafka.address import TopicAddress
from wwwatch.errors import StoreError, StoreRefused, StoreUnreachable
from wwwatch.kafka_settings import KafkaSettings

ANSWER_SECONDS = 10.0
USUAL_LARGEST_BYTES = 1_048_588  # a broker's max.message.bytes, unless somebody changed it
LIBRARY_LOG = logging.getLogger("wwwatch.kafka")  # the library's own; what matters of it comes as errors too
LIBRARY_LOG.addHandler(logging.NullHandler())
LIBRARY_LOG.propagate = False
_TLS_HINT = (
    "Name the certificate authority in kafka.ca_file; the broker's certificate must name the host you connect to."
)
_REFUSED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "Allow it by kafka-acls.sh --add --topic {topic}: Describe, Read or Write.",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "Allow it: kafka-acls.sh --add --group ... --operation Read.",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "Allow it: kafka-acls.sh --add --cluster --operation IdempotentWrite.",
    KafkaError.SASL_AUTHENTICATION_FAILED: "Correct kafka.username and kafka.password.",
    KafkaError._AUTHENTICATION: "Correct kafka.username, kafka.password and kafka.sasl_mechanism.",
    KafkaError.UNSUPPORTED_SASL_MECHANISM: "Set kafka.sasl_mechanism to one the broker offers.",
}
# What waiting mends, beyond what the library calls retriable.
_AWAY = {
    KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE,
    KafkaError._MSG_TIMED_OUT, KafkaError._WAIT_COORD, KafkaError._WAIT_CACHE,
}  # fmt: skip
_CONSEQUENCES = {KafkaError._ALL_BROKERS_DOWN, KafkaError._TRANSPORT}


def configuration(address: TopicAddress, settings: KafkaSettings) -> dict[str, Any]:
    """What every client is told."""
    told: dict[str, Any] = {
        "bootstrap.servers": address.servers,
        "client.id": "wwwatch",
        "security.protocol": settings.security_protocol,
        "logger": LIBRARY_LOG,
    }
    files = {
        "ssl.ca.location": settings.ca_file,
        "ssl.certificate.location": settings.certificate_file,
        "ssl.key.location": settings.key_file,
    }
    told |= {name: str(path) for name, path in files.items() if path}
    if settings.key_password.get_secret_value():
        told["ssl.key.password"] = settings.key_password.get_secret_value()
    if settings.security_protocol.startswith("sasl"):
        told["sasl.mechanism"] = settings.sasl_mechanism
        told["sasl.username"] = settings.username
        told["sasl.password"] = settings.password.get_secret_value()
    return told


class LastError:
    """What the library last complained of: an `error_cb`, which says more than the timeout that follows."""

    def __init__(self) -> None:
        self.error: KafkaError | None = None
        self.count = 0

    def __call__(self, error: KafkaError) -> None:
        """Called by the library. A connection that is gone is a consequence; the cause came before it."""
        self.count += 1
        if self.error is None or error.code() not in _CONSEQUENCES:
            self.error = error


def look_up(address: TopicAddress, settings: KafkaSettings) -> tuple[str, int]:
    """(id of the cluster, largest message in bytes) of a topic that is there.

    Raise StoreUnreachable where no broker answers, StoreRefused where one says no, StoreError without such a topic.
    """
    last = LastError()
    told: dict[str, Any] = {**configuration(address, settings), "error_cb": last}
    client = AdminClient(told)
    try:
        metadata = client.list_topics(timeout=ANSWER_SECONDS)  # of all: asking for one may create it
    except KafkaException as error:
        client.poll(0)  # what went wrong is told only when asked
        raise translated(last.error or error.args[0], address) from error
    if address.topic not in metadata.topics:
        raise StoreError(
            f"There is no topic {address.topic} at {address.servers}, or it may not be seen.",
            f"Create it: kafka-topics.sh --create --topic {address.topic} --partitions 12 --bootstrap-server ...",
        )
    return str(metadata.cluster_id), _largest_bytes(client, address.topic)


def _largest_bytes(client: AdminClient, topic: str) -> int:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    try:
        told = client.describe_configs([resource])[resource].result(timeout=ANSWER_SECONDS)
    except KafkaException:
        return USUAL_LARGEST_BYTES  # who may write need not be allowed to look
    return int(told["max.message.bytes"].value)


def translated(error: KafkaError, address: TopicAddress) -> StoreError:
    """Kafka's complaint as ours."""
    code, said = error.code(), error.str()
    if code in _REFUSED:
        return StoreRefused(f"Kafka at {address.servers} refuses: {said}", _REFUSED[code].format(topic=address.topic))
    if code == KafkaError._SSL:
        return StoreUnreachable(f"No trusted TLS connection to Kafka at {address.servers}: {said}", _TLS_HINT)
    if code in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}:
        return StoreError(f"The topic {address.topic} is gone: {said}", "Create it again; nothing unread can be had.")
    if error.retriable() or code in _AWAY:
        return StoreUnreachable(
            f"Cannot reach Kafka at {address.servers}: {said}",
            "Is it running, does it advertise an address this machine can reach, and is kafka.security_protocol right?",
        )
    return StoreError(f"Kafka at {address.servers}: {said}")
