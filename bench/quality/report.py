"""The tables of docs/quality.md, from the results of the pieces. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.quality.named import FITS, Document
from bench.quality.statistics import Rate, upper_bound


@dataclass(frozen=True)
class Table:
    """title: what it shows. rows: cells as text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """As in docs/quality.md."""
        lines = ["| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return f"### {self.title}\n\n" + "\n".join(lines) + "\n"


BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def written(before: str, tables: Iterable[Table]) -> str:
    """A document with these tables in place of what stands between its marks; the tables alone if it has none."""
    told = "\n".join(table.markdown() for table in tables)
    if BEGIN not in before or END not in before:
        return told
    head, tail = before.split(BEGIN, 1)[0], before.split(END, 1)[1]
    return f"{head}{BEGIN}\n\n{told}\n{END}{tail}"


def by_class(title: str, parts: Sequence[Document]) -> Table:
    """Runs of attack styles by class, each run weighing the same however many clients it has."""
    runs = [run for part in parts for run in part["runs"]]
    false_clients: dict[str, int] = {}
    for part in parts:
        for name, count in part["false_clients"].items():
            false_clients[name] = false_clients.get(name, 0) + count
    rows = [_class_row(name, runs, false_clients.get(name, 0)) for name in FITS]
    found = Rate(sum(run["found"] for run in runs), len(runs))
    rows.append(("all", str(len(runs)), str(found), "", "", "", "", str(false_clients.get("unusual", 0))))
    columns = (
        "class", "runs", "clients found", "with the right class", "precision", "named within", "runs raised",
        "harmless clients named",
    )  # fmt: skip
    return Table(title, columns, rows)


def _class_row(name: str, runs: Sequence[Document], false_clients: int) -> tuple[str, ...]:
    mine = [run for run in runs if run["class"] == name]
    right = sum(run["named"].get(name, 0.0) for run in runs if run["class"] in FITS[name])
    wrong = sum(run["named"].get(name, 0.0) for run in runs if run["class"] not in FITS[name])
    raised = sum(run["incidents"] > 0 for run in mine)
    return (
        name,
        str(len(mine)),
        str(Rate(sum(run["found"] for run in mine), len(mine))),
        str(Rate(sum(run["right"] for run in mine), len(mine))),
        str(Rate(right, right + wrong + false_clients)),
        _within(run["within_seconds"] for run in mine),
        f"{raised}/{len(mine)}",
        str(false_clients),
    )


def _within(seconds: Iterable[float | None]) -> str:
    """The median of the steps within which runs were named; those never named count as for ever."""
    middle = median([math.inf if value is None else value for value in seconds] or [math.inf])
    return "-" if middle == math.inf else span(middle)


def span(seconds: float) -> str:
    """`15 s`, `2 min`, `1 h`; beyond a day: `over 24 h`."""
    if seconds > 86400:
        return "over 24 h"
    if seconds >= 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def styles(title: str, parts: Sequence[Document]) -> Table:
    """The same by style: which are found and which are not."""
    runs = [run for part in parts for run in part["runs"]]
    rows = []
    for name in dict.fromkeys(run["name"] for run in sorted(runs, key=lambda run: (run["class"], run["name"]))):
        mine = [run for run in runs if run["name"] == name]
        named: dict[str, float] = {}
        for run in mine:
            for label, share in run["named"].items():
                named[label] = named.get(label, 0.0) + share / len(mine)
        told = ", ".join(f"{label} {share:.2f}" for label, share in sorted(named.items(), key=lambda item: -item[1]))
        rows.append(
            (
                name,
                str(len(mine)),
                f"{sum(run['found'] for run in mine) / len(mine):.2f}",
                f"{sum(run['right'] for run in mine) / len(mine):.2f}",
                told or "-",
                _within(run["within_seconds"] for run in mine),
                " ".join(str(run["incidents"]) for run in mine),
            )
        )
    return Table(title, ("style", "runs", "found", "right", "named as", "named within", "incidents"), rows)


def sites(title: str, results: dict[str, Document]) -> Table:
    """One row a site, and the sum."""
    columns = (
        "site", "days", "model", "hostile found", "of high confidence", "loud, raised", "fitting class",
        "harmless, any anomaly", "false incidents", "not told, raised",
    )  # fmt: skip
    names = ("hostile", "found", "confident", "confident_found", "loud", "loud_raised", "fitting", "harmless",
             "harmless_named", "false_incidents", "not_told", "days")  # fmt: skip
    total: Document = {name: sum(result[name] for result in results.values()) for name in names}
    rows = [_site_row(site, result) for site, result in results.items()]
    return Table(title, columns, [*rows, _site_row("all", total | {"model": ""})])


def _site_row(site: str, result: Document) -> tuple[str, ...]:
    return (
        site,
        f"{result['days']:.2f}",
        result["model"],
        f"{result['found']}/{result['hostile']}",
        f"{result['confident_found']}/{result['confident']}",
        f"{result['loud_raised']}/{result['loud']}",
        f"{result['fitting']}/{result['found']}",
        f"{result['harmless_named']}/{result['harmless']}",
        str(result["false_incidents"]),
        str(result["not_told"]),
    )


def compared(title: str, results: dict[str, Document]) -> Table:
    """The detector beside the baselines, over all sites."""
    total = {name: sum(r[name] for r in results.values()) for name in ("confident", "harmless", "hostile")}
    rows = [
        _compared_row("wwwatch", list(results.values()), total),
        _compared_row("100 requests a minute", [r["baselines"]["threshold"] for r in results.values()], total),
        _compared_row("isolation forest alone", [r["baselines"]["forest"] for r in results.values()], total),
    ]
    columns = ("on all sites", "hostile found", "of high confidence", "harmless named", "precision of those told")
    return Table(title, columns, rows)


def _compared_row(name: str, parts: Sequence[Document], total: Document) -> tuple[str, ...]:
    found, confident, harmless = (
        sum(part[key] for part in parts) for key in ("found", "confident_found", "harmless_named")
    )
    return (
        name,
        str(Rate(found, total["hostile"])),
        str(Rate(confident, total["confident"])),
        f"{harmless}/{total['harmless']}",
        str(Rate(found, found + harmless)),
    )


def clean(title: str, weeks: dict[str, Document]) -> Table:
    """False incidents of medium severity or more in weeks without an attack."""
    rows = []
    for model, key in (("base", "weeks"), ("own", "own_weeks")):
        told = {name: week for name, week in weeks.items() if model in week}
        for name, week in told.items():
            simple = week["baselines"] if model == "base" else {}
            rows.append(_clean_row(f"{name}, {model} model", week[model], week[key], simple))
        if told:
            events = sum(week[model]["false_incidents"] for week in told.values())
            spent = sum(week[key] for week in told.values())
            bound = f"{events / spent:.2f} (below {upper_bound(events, spent):.2f})"
            rows.append((f"all, {model} model", f"{spent:.2f}", str(events), bound, "", ""))
    columns = ("site", "weeks", "false incidents", "a site-week", "harmless clients named", "by limit / forest")
    return Table(title, columns, rows)


def _clean_row(name: str, told: Document, weeks: float, baselines: Document) -> tuple[str, ...]:
    simple = " / ".join(str(baseline["harmless_named"]) for baseline in baselines.values())
    events = told["false_incidents"]
    return name, f"{weeks:.2f}", str(events), f"{events / weeks:.2f}", str(told["clients_named"]), simple


def cases(title: str, results: dict[str, Document]) -> Table:
    """The logs of other projects' tests: the sum, and those that fall short."""
    named, expected = (sum(case[key] for case in results.values()) for key in ("named", "expected"))
    whole = sum(not case["missed"] for case in results.values())
    rows = [("all", f"{whole}/{len(results)} logs", f"{named}/{expected}", "", "")]
    for name, case in results.items():
        if case["missed"] or not case["stored"]:
            rows.append(
                (
                    name,
                    f"{case['stored']} lines stored",
                    f"{case['named']}/{case['expected']}",
                    ", ".join(case["missed"]),
                    ", ".join(case["scenarios"]),
                )
            )
    return Table(title, ("log", "", "clients named", "missed", "scenarios"), rows)


def scenarios(title: str, result: Document) -> Table:
    """What the product promises by name."""
    rows = [
        (
            run["name"],
            f"{run['found']:.2f}",
            ", ".join(f"{name} {share:.2f}" for name, share in run["named"].items()) or "-",
            str(run["incidents"]),
            "-" if run["within_seconds"] is None else span(run["within_seconds"]),
            "-" if run["raised_within_seconds"] is None else span(run["raised_within_seconds"]),
        )
        for run in result["runs"]
    ]
    columns = ("situation", "clients found", "named as", "incidents, medium up", "named within", "raised within")
    return Table(title, columns, rows)
