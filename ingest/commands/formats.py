"""`wwwatch formats`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wwwatch.console import plain, plain_markup, print_json, print_table, say
from wwwatch.errors import InputError, UsageError, WwwatchError

if TYPE_CHECKING:
    from ingest.formats.configuration import Configuration, Log

CHECKED_LINES = 10_000


@click.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), metavar="FILE",
    help="A configuration, such as /etc/nginx/nginx.conf or /etc/apache2/apache2.conf; its includes are followed.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object a format or log.")
def formats(source: Path | None, as_json: bool) -> None:
    """List the log formats that have a name; or, of a server's configuration, what it logs and how that is read.

    With --from, each log that is there and readable is tried on its format, and what detection would miss is said.
    """
    if source is None:
        _list_known(as_json)
        return
    from ingest.formats import configuration  # noqa: PLC0415 - the help needs no polars

    found = configuration.read(source)
    reports = [report for log in found.logs for report in _reports(log)]
    if as_json:
        print_json(reports)
    else:
        _show(found, reports)
    broken = sum("error" in report for report in reports)
    if broken:
        raise InputError(
            f"{broken} of {len(reports)} logs of {source} are in a format that cannot be read.",
            "What stands in the way is said beside each.",
        )


def _list_known(as_json: bool) -> None:
    from ingest.formats import FORMATS  # noqa: PLC0415 - the help needs no polars

    known = [
        {"name": item.name, "server": item.server or item.usual_server or "nginx, apache", "example": item.example}
        for item in FORMATS.values()
    ]
    if as_json:
        print_json(known)
        return
    print_table("Formats", ("name", "server", "example"), [tuple(item.values()) for item in known])
    say("Any other: --format with the server's own log_format or LogFormat, in single quotes.")


def _reports(log: "Log") -> Iterator[dict[str, Any]]:
    """What is known of a log, by dotted name; of each file where a glob says which there are."""
    from ingest.formats.report import HOST, missing  # noqa: PLC0415 - the help needs no polars

    said: dict[str, Any] = {
        "log": log.target, "where": log.where, "site": log.site, "server": log.server, "format": log.nickname,
        "directive": log.definition.directive if log.definition else "",
    }  # fmt: skip
    try:
        log_format = log.log_format()
    except UsageError as error:
        yield said | {"error": error.message}
        return
    said["missing"] = dict(missing(log_format))
    if log.site:
        said["missing"].pop(HOST, None)  # the log is of this site only
    paths = _files(log.path)
    if not paths:
        yield said | {"note": "no such file" if log.path else "goes to no file"}
    for path in paths:
        yield said | {"log": path} | _tried(path, log_format)


def _files(path: str) -> list[str]:
    from ingest.reader import expand  # noqa: PLC0415 - the help needs no polars

    if not path:
        return []
    try:
        return [item for item in expand([path]) if Path(item).is_file()]
    except UsageError:
        return []


def _tried(path: str, log_format: Any) -> dict[str, Any]:
    from ingest.formats.report import check  # noqa: PLC0415 - the help needs no polars
    from ingest.parse import LINE, frame_of  # noqa: PLC0415
    from ingest.reader import chunks, opened  # noqa: PLC0415

    try:
        with opened(path) as stream:
            first = next(chunks(stream, path, 0), None)
    except WwwatchError as error:
        return {"note": error.message}
    if first is None:
        return {"note": "empty"}
    return check(frame_of(first)[LINE].head(CHECKED_LINES), log_format).as_json()


def _show(found: "Configuration", reports: list[dict[str, Any]]) -> None:
    def cells(report: dict[str, Any]) -> tuple[object, ...]:
        counts = f"{report['taken']:,} / {report['refused']:,}" if "taken" in report else report.get("note", "")
        state = report.get("error") or ", ".join(report["missing"]) or "nothing"
        return report["log"], report["site"], report["format"], counts, state

    print_table(
        f"Access logs of this {found.server} configuration",
        ("log", "site", "format", "lines taken / not", "missing for detection"),
        [cells(report) for report in reports],
    )
    for report in reports:
        if report.get("sample"):
            say(f"Not taken in {plain_markup(report['log'])}: {plain_markup(report['sample'])}")
    if not reports:
        say("It writes no access log that it names. The default may lie in the server's own folder.")
    directives = dict.fromkeys(report["directive"] for report in reports if report["directive"])
    for directive in directives:
        click.echo(f"--format {_shell_quoted(directive)}")


def _shell_quoted(directive: str) -> str:
    return "'" + plain(directive, limit=4000).replace("'", "'\\''") + "'"
