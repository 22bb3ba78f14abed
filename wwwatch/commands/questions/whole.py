"""One incident, whole: evidence, members, what keeps them out, and how to say what it was."""

from typing import Any

from rich.markup import escape
from rich.text import Text

from wwwatch import control
from wwwatch.addresses import as_address
from wwwatch.commands.questions import cells
from wwwatch.console import plain, print_json, print_table, stdout
from wwwatch.namespaces import DEFAULT
from wwwatch.questions import alert_query, newest_alerts, severity_name
from wwwatch.remedies import remedies
from wwwatch.store import Store, names

Document = dict[str, Any]

MEMBERS_SHOWN = 24
WINDOWS_SHOWN = 10


def tell(store: Store, namespace: str, beginning: str, own: bool, as_json: bool) -> None:
    """Print an incident. Raise ControlError if its id does not begin so, or that of more than one."""
    index = names.selfwatch(namespace) if own else names.incidents(namespace)
    id_, incident = control.incident(store, namespace, beginning, index)
    if as_json:
        print_json([incident])
        return
    windows, total = newest_alerts(
        store,
        names.anomalies(namespace),
        alert_query(None, None, None, None, {"term": {"wwwatch.incident_id": id_}}),
        WINDOWS_SHOWN,
        "severity",
    )
    rule = incident.get("rule", {}).get("name", incident["wwwatch"]["class"])
    level = severity_name(incident["event"]["severity"])
    stdout.print(f"[bold]{escape(plain(f'{level.upper()}  {rule}  {cells.who(incident)}'))}[/]", soft_wrap=True)
    stdout.print(Text(plain(incident["event"].get("reason", ""), cells.LONGEST_REASON)))
    stdout.print()
    _pairs(incident)
    _evidence(incident)
    _members(incident)
    if windows:
        more = f", the gravest {len(windows)}" if total > len(windows) else ""
        cells.show(f"Its windows: {total:,}{more}", ("end", "severity", "who", "requests", "reason"), windows)
    cells.keep_out(incident["wwwatch"].get("remedies") or remedies(incident))
    if not own:
        _next(incident, id_, namespace)


def _pairs(incident: Document) -> None:
    event, own = incident["event"], incident["wwwatch"]
    technique = incident.get("threat", {}).get("technique", {})
    pairs: list[tuple[str, object]] = [
        ("id", own["incident_id"]),
        ("status", cells.CELLS["status"](incident)),
        ("from", event["start"]),
        ("to", event["end"]),
        ("requests", f"{own.get('requests', 0):,}"),
        ("clients", f"{own.get('members', 1):,}"),
        ("technique", " ".join([*technique.get("id", []), *technique.get("name", [])])),
        ("score", f"{own['score']:.3f}" if "score" in own else ""),
        ("model", own.get("model_version", "")),
        ("told of it", own.get("verdict", {}).get("note", "")),
    ]
    width = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        if value:
            stdout.print(Text(f"{name:<{width}}{plain(value)}"), soft_wrap=True)


def _evidence(incident: Document) -> None:
    features = incident["wwwatch"].get("features", [])
    rows = [
        (str(feature["name"]).replace("_", " "), f"{feature['observed']:,g}", f"{feature['expected']:,g}")
        for feature in features
    ]
    if rows:
        stdout.print()
        print_table("Evidence", ("figure", "observed", "usual at most"), rows, ("observed", "usual at most"))
    samples = incident["event"].get("original", [])
    cells.listed("Lines of the log", [samples] if isinstance(samples, str) else samples)


def _members(incident: Document) -> None:
    members = incident.get("related", {}).get("ip", [])
    if incident["wwwatch"]["entity"]["type"] == "ip" or not members:
        return
    total = max(len(members), int(incident["wwwatch"].get("members", 0)))
    rest = total - min(len(members), MEMBERS_SHOWN)
    more = [f"and {rest:,} more (--json)"] if rest > 0 else []
    stdout.print(f"\n[italic]Clients[/]\n{cells.INDENT // 5 * ' '}", end="")
    stdout.print(Text(", ".join([*map(str, members[:MEMBERS_SHOWN]), *more])))


def _next(incident: Document, id_: str, namespace: str) -> None:
    part = "" if namespace == DEFAULT else f" --namespace {namespace}"
    short = id_[: cells.SHOWN_OF_AN_ID]
    asked: list[str] = []
    entity = incident["wwwatch"]["entity"]
    if entity["type"] == "ip" and as_address(str(entity["id"])):
        asked.append(f"wwwatch ip {entity['id']}{part}")
    asked.append(f"wwwatch anomalies --incident {short}{part}")
    if "verdict" not in incident["wwwatch"]:
        asked.append(f"wwwatch verdict {short} true{part}     # it was an attack")
        asked.append(f"wwwatch verdict {short} false{part}    # it was none: its like is not raised again")
    cells.listed("Next", asked)
