"""kafka://HOST:PORT[,HOST:PORT...]/TOPIC."""

import re
from dataclasses import dataclass

from wwwatch.errors import UsageError

SCHEME = "kafka://"
EXAMPLE = "kafka://kafka1.example.org:9092/www-access"
_SERVER = re.compile(r"(\[[0-9A-Fa-f:]+\]|[^\s,:/@\[\]]+):(\d{1,5})")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True)
class TopicAddress:
    """servers: HOST:PORT, by comma; some of the cluster's brokers suffice."""

    servers: str
    topic: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.servers}/{self.topic}"


def address_of(url: str) -> TopicAddress:
    """Raise UsageError where it is none."""
    servers, _, topic = url.removeprefix(SCHEME).partition("/")
    if not url.startswith(SCHEME) or not topic:
        raise UsageError(f"{url!r} names no topic.", f"Write it like {EXAMPLE}")
    if "@" in servers:
        raise UsageError(
            "A user and password do not belong into the address of a topic, where every ps shows them.",
            "Set kafka.username, and WWWATCH_KAFKA__PASSWORD or WWWATCH_KAFKA__PASSWORD_FILE.",
        )
    for server in servers.split(","):
        match = _SERVER.fullmatch(server)
        if not match or not 0 < int(match[2]) < 1 << 16:
            raise UsageError(f"{server!r} in {url!r} is no HOST:PORT.", f"Write it like {EXAMPLE}")
    if not _TOPIC.fullmatch(topic) or topic in {".", ".."}:
        raise UsageError(
            f"{topic!r} cannot be a topic's name.", "Topics are named with letters, digits, dot, _ and -, up to 249."
        )
    return TopicAddress(servers, topic)
