"""The pictures of mails and pages, as PNG: mail programs show no SVG. Light ground, colours of Okabe and Ito.

Drawn without pyplot, which keeps global state and wants one thread.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from alerts.figures import NO_STATUS, Incident, Span, Timeline
from alerts.safe import told
from alerts.wording import length_words

DOTS_PER_INCH = 160
WIDTH_INCHES = 8.0
LONGEST_LABEL = 24
DAY_SECONDS = 86400
GROUND, INK, FAINT = "#ffffff", "#24292f", "#d0d7de"
STATUS_COLOURS = {
    "2xx": "#0072b2",
    "3xx": "#8fc8ec",
    "4xx": "#e69f00",
    "5xx": "#b03a00",
    "1xx": "#999999",
    NO_STATUS: "#555555",
}
STATUS_WORDS = {
    "1xx": "1xx",
    "2xx": "2xx success",
    "3xx": "3xx redirect",
    "4xx": "4xx client error",
    "5xx": "5xx server error",
    NO_STATUS: "no status",
}
INCIDENT_COLOUR = "#cc79a7"
THEIRS_COLOUR, OTHERS_COLOUR = "#b03a00", "#b8c4ce"
# Dark is grave, so that the order also shows without colour.
SEVERITY_COLOURS = {"critical": "#5c0a2e", "high": "#c2477f", "medium": "#f0b8d2"}
# Below this share of the span an incident would be a hair nobody sees.
LEAST_SHADE = 0.004


def _figure(height_inches: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=DOTS_PER_INCH, facecolor=GROUND, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor(GROUND)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=9, length=0)
    axes.tick_params(axis="x", pad=6)
    axes.set_axisbelow(True)
    return figure, axes


def _png(figure: Figure) -> bytes:
    stream = BytesIO()
    # No version and no time in the file: the same facts give the same bytes.
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _label(text: str) -> str:
    """A name as a label: short, of letters the font has; a dollar sign would begin a formula."""
    return told(text, LONGEST_LABEL).encode("ascii", "replace").decode().replace("_", " ").replace("$", r"\$")


def traffic(timeline: Timeline, span: Span, incidents: Sequence[Incident], zone: ZoneInfo) -> bytes:
    """Requests by status class over time, stacked; spans with incidents are shaded."""
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        figure, axes = _figure(2.9)
        handles = _stacks(axes, timeline)
        if _shade(axes, span, incidents):
            handles.append(Patch(color=INCIDENT_COLOUR, alpha=0.35, label="incident"))
        _time_axis(axes, span, zone)
        _requests_axis(axes, timeline)
        _legend(figure, handles)
        return _png(figure)


def _requests_axis(axes: Axes, timeline: Timeline) -> None:
    axes.set_ylabel(f"requests per {length_words(timedelta(seconds=timeline.step_seconds))}", fontsize=9, color=INK)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="y", color=FAINT, linewidth=0.6)


def _legend(figure: Figure, handles: Sequence[Patch]) -> None:
    if handles:
        figure.legend(
            handles=list(handles),
            loc="outside upper left",
            ncols=len(handles),
            frameon=False,
            fontsize=8.5,
            labelcolor=INK,
        )


def _stacks(axes: Axes, timeline: Timeline) -> list[Patch]:
    """Stairs as wide as a step, successes at the bottom. One shape a class, so that it is drawn at once."""
    edges = [_number(point.start) for point in timeline.points]
    edges.append(edges[-1] + timeline.step_seconds / DAY_SECONDS)
    base, handles = [0] * len(timeline.points), []
    for name, colour in STATUS_COLOURS.items():
        heights = [point.by_status.get(name, 0) for point in timeline.points]
        if not any(heights):
            continue
        top = [low + high for low, high in zip(base, heights, strict=True)]
        axes.stairs(top, edges, baseline=base, fill=True, color=colour, linewidth=0)
        base = top
        handles.append(Patch(color=colour, label=STATUS_WORDS[name]))
    axes.set_ylim(0, max([*base, 1]) * 1.08)
    return handles


def _shade(axes: Axes, span: Span, incidents: Sequence[Incident]) -> bool:
    """Shade the union of the incidents' spans, so that many at once do not add up to a wall."""
    first, last = _number(span.since), _number(span.until)
    least = (last - first) * LEAST_SHADE
    joined: list[list[float]] = []
    for start, end in sorted((_number(item.start), _number(item.end)) for item in incidents):
        low, high = max(start, first), min(max(end, start + least), last)
        if joined and low <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], high)
        elif low < high:
            joined.append([low, high])
    for low, high in joined:
        axes.axvspan(low, high, color=INCIDENT_COLOUR, alpha=0.25, linewidth=0, zorder=0)
        axes.plot([low, high], [1, 1], color=INCIDENT_COLOUR, linewidth=5, transform=axes.get_xaxis_transform())
    return bool(joined)


def _time_axis(axes: Axes, span: Span, zone: ZoneInfo) -> None:
    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=zone, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlim(_number(span.since), _number(span.until))
    axes.set_xlabel(f"time, {zone.key}", fontsize=9, color=INK)


def _number(moment: datetime) -> float:
    return float(date2num(moment))  # type: ignore[no-untyped-call]


def incidents_by_class(counts: Mapping[str, Mapping[str, int]]) -> bytes:
    """Incidents by class, horizontal bars stacked by severity. counts: class -> severity -> incidents."""
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        classes = sorted(counts, key=lambda name: (sum(counts[name].values()), name))
        figure, axes = _figure(0.9 + 0.32 * max(len(classes), 1))
        left, handles = [0] * len(classes), []
        for severity, colour in SEVERITY_COLOURS.items():
            widths = [counts[name].get(severity, 0) for name in classes]
            if not any(widths):
                continue
            axes.barh(range(len(classes)), widths, 0.62, left, color=colour, linewidth=0)
            left = [low + width for low, width in zip(left, widths, strict=True)]
            handles.append(Patch(color=colour, label=severity))
        for row, total in enumerate(left):
            axes.annotate(
                f"{total:,}", (total, row), (5, 0), textcoords="offset points", va="center", fontsize=9, color=INK
            )
        axes.set_yticks(range(len(classes)), [_label(name) for name in classes])
        axes.set_xlim(0, max([*left, 5]) * 1.12)
        axes.set_ylim(-0.6, max(len(classes), 1) - 0.4)
        axes.set_xlabel("incidents", fontsize=9, color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.grid(axis="x", color=FAINT, linewidth=0.6)
        _legend(figure, handles)
        return _png(figure)


def alert(theirs: Timeline, everybody: Timeline, span: Span, incident: Incident, zone: ZoneInfo) -> bytes:
    """Requests over time of an incident's clients on those of all others; the span of the incident is shaded."""
    with mpl.rc_context({"font.family": "DejaVu Sans"}):
        figure, axes = _figure(2.2)
        own = [sum(point.by_status.values()) for point in theirs.points]
        total = [max(sum(p.by_status.values()), mine) for p, mine in zip(everybody.points, own, strict=True)]
        others = [all_of_it - mine for all_of_it, mine in zip(total, own, strict=True)]
        edges = [_number(point.start) for point in theirs.points]
        edges.append(edges[-1] + theirs.step_seconds / DAY_SECONDS)
        axes.stairs(others, edges, fill=True, color=OTHERS_COLOUR, linewidth=0)
        axes.stairs(total, edges, baseline=others, fill=True, color=THEIRS_COLOUR, linewidth=0)
        axes.set_ylim(0, max([*total, 1]) * 1.1)
        handles = [
            Patch(color=THEIRS_COLOUR, label="this incident"),
            Patch(color=OTHERS_COLOUR, label="everybody else"),
        ]
        if _shade(axes, span, [incident]):
            handles.append(Patch(color=INCIDENT_COLOUR, alpha=0.35, label="its span"))
        _requests_axis(axes, theirs)
        _time_axis(axes, span, zone)
        _legend(figure, handles)
        return _png(figure)
