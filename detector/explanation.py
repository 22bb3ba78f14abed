"""Why: the features that carried a decision, and a sentence a sysadmin understands.

A feature's contribution is by how much the probability of being hostile falls when the feature takes its typical
value (occlusion; Zeiler and Fergus, 2014, applied to one column at a time). It holds for any model.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from detector.classes import told_apart
from detector.features import FEATURES, RAW, vectors
from detector.model import UNUSUAL, Floats, Model
from detector.scoring import Finding

TOLD_FEATURES = 5
OCCLUSION_BATCH = 500
WINDOW_WORDS = {60: "a minute", 600: "10 minutes", 3600: "an hour", 86400: "a day"}
WORDS = {
    "requests": "requests",
    "login_failures": "failed logins",
    "distinct_paths": "distinct paths",
    "distinct_pages": "distinct pages",
    "distinct_missing_paths": "distinct missing paths",
    "sqli": "SQL injections",
    "xss": "script injections",
    "traversal": "path traversals",
    "rce": "code injections",
}
# Derived features and the raw count a person should be shown for them.
RAW_OF = {
    "requests_per_active_second": "requests", "share_of_site": "requests", "window_seconds": "requests",
    "missing_with_referrer_share": "missing_with_referrer", "missing_assets_share": "missing_assets",
    "bytes_per_request": "bytes", "active_slots_share": "active_slots", "slot_variation": "busiest_slot_requests",
    "pages_per_active_minute": "pages", "fresh_pages_share": "distinct_pages", "milliseconds_per_request": "average_ms",
}  # fmt: skip


def raw_name(feature: str) -> str:
    """The raw count behind a feature: `login_failures_log` -> `login_failures`."""
    return RAW_OF.get(feature) or feature.removesuffix("_log").removesuffix("_share")


# Contributions of features are summed by their raw count: shape (features, raw names), of ones and zeros.
_RAW_NAMES = tuple(sorted({raw_name(feature) for feature in FEATURES} & set(RAW)))
_SUMS = np.array([[float(raw_name(feature) == name) for name in _RAW_NAMES] for feature in FEATURES])


def explain(model: Model, findings: Sequence[Finding]) -> list[list[dict[str, float | str]]]:
    """For each finding up to TOLD_FEATURES of {name, observed, expected, contribution}, strongest first.

    observed and expected are counts in the finding's window; expected is what 99 of 100 normal clients stay below.
    """
    if not findings:
        return []
    counts = pd.DataFrame([{**finding.counts, "window_seconds": finding.window_seconds} for finding in findings])
    features = vectors(counts)
    contributions = _contributions(model, features, findings)
    by_raw = contributions @ _SUMS
    return [_told(model, finding, by_raw[row]) for row, finding in enumerate(findings)]


def _contributions(model: Model, features: pd.DataFrame, findings: Sequence[Finding]) -> Floats:
    """Shape (rows, features). Equal rows are computed once: thousands of clients often do the very same thing."""
    measure: Callable[[pd.DataFrame], Floats] = model.hostility
    result = np.zeros(features.shape)
    unusual = np.array([finding.attack_class == UNUSUAL for finding in findings])
    for chosen, measure in ((~unusual, model.hostility), (unusual, model.unusualness)):
        if chosen.any():
            unique, inverse = np.unique(features.to_numpy()[chosen], axis=0, return_inverse=True)
            result[chosen] = _occlusion(model, unique, measure)[inverse.ravel()]
    return result


def _occlusion(model: Model, rows: Floats, measure: Callable[[pd.DataFrame], Floats]) -> Floats:
    """All changed rows of a batch are judged in one call: calls cost more than rows.

    A feature that has its typical value anyway carries nothing: about half of all, not asked for.
    """
    drops = np.zeros(rows.shape)
    typical = np.array([model.typical[name] for name in FEATURES])
    for start in range(0, len(rows), OCCLUSION_BATCH):
        batch = rows[start : start + OCCLUSION_BATCH]
        at, columns = np.nonzero(batch != typical)
        changed = batch[at]
        changed[np.arange(len(at)), columns] = typical[columns]
        judged = measure(pd.DataFrame(np.concatenate([batch, changed]), columns=list(FEATURES)))
        drops[start + at, columns] = judged[at] - judged[len(batch) :]
    return drops


def _told(model: Model, finding: Finding, contributions: Floats) -> list[dict[str, float | str]]:
    """Keep the strongest that were seen at all. contributions: of each of _RAW_NAMES."""
    total = dict(zip(_RAW_NAMES, contributions.tolist(), strict=True))
    expected = model.expected.get(finding.window_seconds, {})
    seen = [name for name in _RAW_NAMES if finding.counts.get(name, 0) > 0]
    told = sorted(seen, key=lambda name: (-round(total[name], 6), -_excess(finding, expected, name), name))
    return [
        {
            "name": name,
            "observed": round(finding.counts[name], 3),
            "expected": round(expected.get(name, 0.0), 3),
            "contribution": round(total[name], 4),
        }
        for name in told[:TOLD_FEATURES]
    ]


def _excess(finding: Finding, expected: Mapping[str, float], name: str) -> float:
    """How far above the usual, on a logarithmic scale: breaks ties where no single feature carries the decision."""
    return math.log1p(finding.counts.get(name, 0.0)) - math.log1p(expected.get(name, 0.0))


def reason(model: Model, finding: Finding, path: str | None) -> str:
    """One sentence: what was seen, where, and what is usual. `path` is the most telling URL path, if there is one."""
    counts, window = finding.counts, WINDOW_WORDS[finding.window_seconds]
    on = f" on {path[:120]}" if path else ""
    sentences: dict[str, Callable[[], str]] = {
        "dos": lambda: f"{counts['requests']:,.0f} requests in {window}, {_share(finding)} of the site's traffic",
        "brute_force": lambda: f"{_logins(counts)} in {window}{on}",
        "credential_stuffing": lambda: (
            f"{_logins(counts)} with {counts['distinct_users']:,.0f} user names in {window}{on}"
        ),
        "scan": lambda: _scan(counts, window, path),
        "injection": lambda: f"{_payloads(counts)} in {window}{on}",
        "scraping": lambda: f"{_carried(counts):,.0f} distinct pages in {window}, {counts['requests']:,.0f} requests",
        "unusual": lambda: f"{counts['requests']:,.0f} requests in {window} unlike this site's history",
    }
    return sentences[finding.attack_class]() + _usual(model, finding)


def _carried(counts: Mapping[str, float]) -> float:
    """Pages told apart by path, or by query where one path shows them all."""
    return max(counts["distinct_pages"], counts["distinct_queries"])


def _share(finding: Finding) -> str:
    return f"{100 * finding.counts['requests'] / max(finding.counts['site_requests'], 1):.0f} %"


def _plural(count: float, word: str) -> str:
    return f"{count:,.0f} {word[:-1] if count == 1 and word.endswith('s') else word}"


def _logins(counts: Mapping[str, float]) -> str:
    if not told_apart(counts):
        return f"{_plural(counts['login_attempts'], 'login attempts')}, successes and failures answered alike,"
    told = _plural(counts["login_failures"], "failed logins")
    successes = counts["login_successes"]
    return told + (f" and {_plural(successes, 'successful logins')}" if successes else "")


def _payloads(counts: Mapping[str, float]) -> str:
    seen = [_plural(counts[tag], WORDS[tag]) for tag in ("sqli", "xss", "traversal", "rce") if counts[tag]]
    return ", ".join(seen) or _plural(counts["hostile"], "hostile requests")


def _scan(counts: Mapping[str, float], window: str, path: str | None) -> str:
    parts = []
    if counts["hostile"]:
        parts.append(_plural(counts["hostile"], "probes"))
    if counts["distinct_missing_paths"] > 1:
        parts.append(_plural(counts["distinct_missing_paths"], "distinct missing paths"))
    such = f", such as {path[:120]}" if path else ""
    return f"{' and '.join(parts) or _plural(counts['requests'], 'requests')} in {window}{such}"


USUAL_FIGURE = {
    "dos": "requests", "brute_force": "login_failures", "credential_stuffing": "login_failures",
    "scan": "distinct_missing_paths", "scraping": "distinct_pages", "unusual": "requests",
}  # fmt: skip


def _usual(model: Model, finding: Finding) -> str:
    name = USUAL_FIGURE.get(finding.attack_class)
    expected = model.expected.get(finding.window_seconds, {}).get(name or "")
    if name is None or expected is None:
        return ""
    who = "a client of this site" if model.card.get("history") else "an ordinary client"
    return f"; {who} has at most {_plural(expected, WORDS[name])}"
