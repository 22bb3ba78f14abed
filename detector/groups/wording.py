"""What is told of a group: a sentence, and the figures that carried the decision."""

from collections.abc import Callable

from detector.groups.candidates import AGENT, ASN, LOGIN, NET, SITE, Candidate
from detector.groups.rules import Figures, Verdict

WINDOW_WORDS = {60: "a minute", 600: "10 minutes", 3600: "an hour", 86400: "a day"}
LONGEST_NAME = 120
WHO = {
    SITE: "",
    NET: " of the network {}",
    ASN: " of the autonomous system {}",
    AGENT: " that call themselves {}",
    LOGIN: "",
}
# Class -> its own figure: (name in figures, name to tell).
OWN = {
    "brute_force": ("failures", "login_failures"),
    "credential_stuffing": ("failures", "login_failures"),
    "dos": ("events", "requests"),
    "scan": ("events", "probes"),
    "injection": ("injections", "injections"),
    "scraping": ("paths", "distinct_paths"),
}


def reason(candidate: Candidate, verdict: Verdict, usual: float | None) -> str:
    """One sentence: how many did what, where, and what is usual on this site."""
    what = DID[verdict.attack_class](candidate.figures, candidate.top_path[:LONGEST_NAME])
    who = WHO[candidate.entity_type].format(candidate.entity_id[:LONGEST_NAME])
    sentence = f"{candidate.figures['clients']:,.0f} addresses{who}: {what} in {WINDOW_WORDS[candidate.window_seconds]}"
    return sentence + ("" if usual is None else f"; usual here: {usual:,.0f}")


def _guessed(figures: Figures, path: str) -> str:
    passed = f" and {_plural(figures['hits'], 'successful login')}" if figures["hits"] else ""
    each = figures["events"] / max(figures["clients"], 1)
    return f"{_plural(figures['failures'], 'failed login')}{passed} on {path}, about {each:.1f} tries each,"


def _flooded(figures: Figures, path: str) -> str:
    share = 100 * figures["top_path"] / max(figures["events"], 1)
    return (
        f"{figures['events']:,.0f} requests, no one more than {figures['top_client']:,.0f}, {share:.0f} % for {path},"
    )


def _hunted(figures: Figures, path: str) -> str:
    return f"{figures['events']:,.0f} probes for {_plural(figures['paths'], 'path')}, such as {path},"


def _injected(figures: Figures, path: str) -> str:
    return f"{figures['injections']:,.0f} payloads for {_plural(figures['paths'], 'path')}, such as {path},"


def _carried(figures: Figures, _path: str) -> str:
    pages = max(figures["paths"], figures["queries"])
    return f"{figures['events']:,.0f} requests, {pages:,.0f} distinct pages, no assets,"


DID: dict[str, Callable[[Figures, str], str]] = {
    "brute_force": _guessed,
    "credential_stuffing": _guessed,
    "dos": _flooded,
    "scan": _hunted,
    "injection": _injected,
    "scraping": _carried,
}


def _plural(count: float, word: str) -> str:
    return f"{count:,.0f} {word}{'' if count == 1 else 's'}"


def figures_told(candidate: Candidate, verdict: Verdict, usual: float | None) -> list[dict[str, float | str]]:
    """Up to three of {name, observed, expected, contribution}. expected: 0 where nothing is known of it."""
    figures = candidate.figures
    own, name = OWN[verdict.attack_class]
    rows = [
        (name, figures[own], usual or 0.0, 1.0 - 1.0 / max(verdict.excess, 1.0)),
        ("clients", figures["clients"], 0.0, 0.0),
        ("requests_of_one_client", figures["top_client"], 0.0, 0.0),
    ]
    return [
        {
            "name": name,
            "observed": round(observed, 3),
            "expected": round(expected, 3),
            "contribution": round(contribution, 4),
        }
        for name, observed, expected, contribution in rows
    ]
