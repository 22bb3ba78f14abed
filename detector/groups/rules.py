"""What a group is, from its figures: pure. Chosen from what attacks and crowds are, not fitted to any log.

A crowd of people has successes, assets, referrers and many pages; a group of attackers has failures, one target or
one list of targets, and members that all do little and the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from detector.classes import Severity
from detector.groups.candidates import SITE, Candidate
from detector.groups.evidence import HUNTS, LOGINS, PAGES
from detector.groups.screen import Screened
from detector.windows import DAY_SECONDS, HOUR_SECONDS

Figures = Mapping[str, float]

# One member with more of the evidence than this explains it alone: then it is a client's finding, not a group's.
MOST_OF_ONE = 0.34
# So many times what is usual, and where nothing is known of that, so many times the least.
ABOVE_USUAL = 4.0
WITHOUT_HISTORY = 2.0
# Tries a member from which on it guesses passwords rather than trying stolen ones.
GUESSING_TRIES = 6.0
LEAST_FAILURES = {600: 25, HOUR_SECONDS: 30, DAY_SECONDS: 60}
LEAST_FLOOD = {60: 240, 600: 1500}
FLOOD_A_SECOND = 10.0
ONE_TARGET = 0.8
WORK_A_SECOND = 2.0
LEAST_UNREAD = {60: 300, 600: 600, HOUR_SECONDS: 300}
LEAST_CARRIED = {600: 150, HOUR_SECONDS: 300}
LEAST_SITE_HUNTS = {600: 150, HOUR_SECONDS: 300, DAY_SECONDS: 1000}


@dataclass(frozen=True)
class Verdict:
    """attack_class: a class of `classes`. excess: how many times the usual, at least 1."""

    attack_class: str
    severity: Severity
    excess: float


def judge(
    candidate: Candidate, usual: float | None, carried: bool = False, with_people: bool = False
) -> Verdict | None:
    """What a candidate is; None if it is nothing. usual: events of this evidence in such a window of the site.

    carried: these are the pages of clients that ask for many each. with_people: its members may hold people yet.
    """
    figures, seconds = candidate.figures, candidate.window_seconds
    if figures["clients"] < 5 or figures["top_client"] > MOST_OF_ONE * figures["events"]:
        return None
    if candidate.evidence == LOGINS.name:
        return _logins(figures, seconds, usual, with_people)
    if candidate.evidence == HUNTS.name:
        return _hunts(figures, seconds, usual, candidate.entity_type == SITE)
    if carried:
        return _carried(figures, seconds, usual)
    if candidate.evidence == PAGES.name:
        return _unread(figures, seconds, usual)
    return _flood(figures, seconds, usual) if seconds in LEAST_FLOOD else None


def worth_a_look(found: Screened, usual: float | None) -> bool:
    """Whether to ask on: everybody's pages are much, and nothing unless they are far more than usual."""
    return found.evidence != PAGES.name or (usual is not None and found.events >= ABOVE_USUAL * usual)


def _lasted(figures: Figures) -> float:
    """Seconds from the first event to the last."""
    return max(figures["last"] - figures["first"], 1.0)


def _excess(count: float, usual: float | None) -> float:
    return max(1.0, count / max(usual, 1.0)) if usual is not None else 1.0


def _is_excess(count: float, least: float, usual: float | None) -> bool:
    return count >= max(least, ABOVE_USUAL * usual) if usual is not None else count >= WITHOUT_HISTORY * least


def _logins(figures: Figures, seconds: int, usual: float | None, with_people: bool) -> Verdict | None:
    """Many clients fail at one login. A launch has as many, and they succeed; a forgetful few are usual."""
    failures, told = figures["failures"], figures["failures"] + figures["successes"]
    if figures["clients"] < 10 or (failures < 0.8 * told and not with_people):
        return None
    least = LEAST_FAILURES[seconds]
    if usual is None and seconds == DAY_SECONDS:
        least *= int(WITHOUT_HISTORY)
    if failures < (max(least, ABOVE_USUAL * usual) if usual is not None else least):
        return None
    names_tried = figures["users"] >= 0.5 * figures["events"]
    guessing = figures["events"] / figures["clients"] >= GUESSING_TRIES and not names_tried
    severity = Severity.HIGH if failures >= 100 else Severity.MEDIUM
    if figures["hits"] >= 1 and failures >= 10 * figures["hits"]:
        severity = Severity.CRITICAL
    return Verdict("brute_force" if guessing else "credential_stuffing", severity, _excess(failures, usual))


def _hunts(figures: Figures, seconds: int, usual: float | None, whole: bool) -> Verdict | None:
    """Many clients work through one list, or all ask for the same few things. Background has no common hand."""
    events, clients = figures["events"], figures["clients"]
    if clients < (12 if seconds == DAY_SECONDS else 8):
        return None
    marked = figures["hostile"] + figures["login_pages"] >= 0.3 * events
    same_few = figures["paths"] <= max(4.0, 0.1 * events)
    # A list split among members is asked for once; members of nothing ask for the same famous holes again and again.
    one_list = events >= 40 and figures["paths"] >= 0.8 * events and figures["missing"] >= 0.8 * events
    if not marked and not one_list:
        return None
    if whole and not (clients >= 20 and _is_excess(events, LEAST_SITE_HUNTS[seconds], usual)):
        return None
    attack_class = "injection" if figures["injections"] >= 0.5 * events else "scan"
    severity = Severity.LOW
    if (same_few or one_list) and (clients >= 20 or events >= 60):
        severity = Severity.HIGH if events >= 1000 else Severity.MEDIUM
    return Verdict(attack_class, severity, _excess(events, usual))


def _flood(figures: Figures, seconds: int, usual: float | None) -> Verdict | None:
    """Many clients ask out of the blue for one thing, or for what no cache has. A crowd comes from somewhere."""
    events = figures["events"]
    fast = events >= FLOOD_A_SECOND * _lasted(figures)
    # A few that are fast together are a flood as well; a few that are slow poll.
    if (figures["clients"] < 30 and not fast) or not _is_excess(events, LEAST_FLOOD[seconds], usual):
        return None
    few_targets = figures["top_path"] >= 0.3 * events or figures["paths"] <= max(3.0, 0.03 * events)
    # A word list that is worked through holds probes, and is slower.
    made_up = fast and figures["missing"] >= 0.5 * events and figures["hostile"] < 0.02 * events
    uncached = figures["queries"] >= 0.5 * events or made_up
    if not few_targets and not uncached:
        return None
    severity = Severity.HIGH if fast else Severity.MEDIUM
    if figures["server_errors"] >= 0.2 * events:
        severity = Severity.CRITICAL
    return Verdict("dos", severity, _excess(events, usual))


def _unread(figures: Figures, seconds: int, usual: float | None) -> Verdict | None:
    """Many clients take pages and nothing that belongs to them, far above all that people read here."""
    events = figures["events"]
    if figures["clients"] < 30 or usual is None or events < max(LEAST_UNREAD[seconds], ABOVE_USUAL * usual):
        return None
    if events >= FLOOD_A_SECOND * _lasted(figures) and seconds in LEAST_FLOOD:
        suffers = figures["server_errors"] >= 0.2 * events
        return Verdict("dos", Severity.CRITICAL if suffers else Severity.HIGH, _excess(events, usual))
    many_pages = figures["paths"] >= 25 and figures["top_path"] <= 0.3 * events
    return Verdict("scraping", Severity.MEDIUM, _excess(events, usual)) if many_pages else None


def _carried(figures: Figures, seconds: int, usual: float | None) -> Verdict | None:
    """Many clients take page after page, each another one."""
    events = figures["events"]
    # One page with ever new queries, faster than anybody reads the answers, is a flood; if very fast `_flood` tells it.
    if figures["top_path"] >= ONE_TARGET * events and events >= WORK_A_SECOND * _lasted(figures):
        flood = events >= FLOOD_A_SECOND * _lasted(figures) or not _is_excess(events, LEAST_CARRIED[seconds], usual)
        return None if flood else Verdict("dos", Severity.MEDIUM, _excess(events, usual))
    many_pages = figures["paths"] >= 40 and figures["top_path"] <= 0.2 * events
    many_queries = figures["queries"] >= max(100.0, 0.3 * events)
    if not (many_pages or many_queries) or figures["missing"] >= 0.3 * events:
        return None
    if not _is_excess(events, LEAST_CARRIED[seconds], usual):
        return None
    return Verdict("scraping", Severity.MEDIUM, _excess(events, usual))
