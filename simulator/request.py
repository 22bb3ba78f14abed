"""One request as it happened, with what only the simulator knows: who sent it, and why."""

from dataclasses import dataclass

NORMAL = "normal"
CLASSES = ("dos", "brute_force", "credential_stuffing", "scan", "injection", "scraping")


@dataclass(frozen=True, slots=True)
class Request:
    """time: seconds since the epoch, UTC, whole milliseconds. address: IPv4 or IPv6 of the client.

    method is empty where the request line is not HTTP; target then holds the whole line. Bytes that are no UTF-8
    are kept as surrogate escapes. user, referrer, user_agent: empty where the client sent none.
    actor: who did it; one attack run is one actor, however many addresses it uses. label: NORMAL or one of CLASSES.
    style: the name in `people`, `machines.MACHINES` or `attacks.ATTACKS`.
    """

    time: float
    address: str
    user: str
    method: str
    target: str
    http_version: str
    status: int
    response_bytes: int
    referrer: str
    user_agent: str
    duration_ms: float
    actor: str
    label: str
    style: str

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says: status code, body size, and how long it worked on it."""

    status: int
    response_bytes: int
    duration_ms: float = 1.0


@dataclass(frozen=True, slots=True)
class Client:
    """Someone at an address: what all requests of one visit share."""

    address: str
    user_agent: str
    actor: str
    style: str
    label: str = NORMAL
    http_version: str = "HTTP/1.1"

    def request(
        self, time: float, method: str, target: str, answer: Answer, referrer: str = "", user: str = ""
    ) -> Request:
        """The request this client sends, with the answer it gets."""
        return Request(
            round(time, 3),
            self.address,
            user,
            method,
            target,
            self.http_version,
            answer.status,
            answer.response_bytes,
            referrer,
            self.user_agent,
            answer.duration_ms,
            self.actor,
            self.label,
            self.style,
        )
