"""What the commands that read log files share: arguments, options, and working on several files."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from ingest.servers import SERVERS
from wwwatch.console import plain_markup, print_json, say
from wwwatch.errors import InputError

if TYPE_CHECKING:
    from ingest.counts import Counts


class Dataset(click.Choice[str]):
    """A server by its name or by its dataset: `apache`, `apache.access`."""

    name = "SERVER"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(str(value).removesuffix(".access"), param, ctx)


paths_argument = click.argument("paths", nargs=-1, required=True, metavar="PATH...")
format_option = click.option(
    "--format", "format_name", default="auto", show_default=True,
    help="A name of `wwwatch formats`, or a quoted log_format or LogFormat directive; auto: by the first lines.",
)  # fmt: skip
dataset_option = click.option(
    "--dataset", "server", type=Dataset(SERVERS), default=None,
    help="Who wrote the log, also as nginx.access. Default: what the path or the format says, else nginx.",
)  # fmt: skip


def each_file(files: Sequence[str], work: Callable[[str], None]) -> list[InputError]:
    """Work on every file; one that fails does not keep the others from being worked on."""
    failures: list[InputError] = []
    for path in files:
        try:
            work(path)
        except InputError as error:
            failures.append(error)
            if len(files) > 1:
                tell(error.message)
    return failures


def tell(message: str) -> None:
    """A line for people, which may quote a log or a server."""
    say(plain_markup(message, limit=1000))


def print_counts(counts: "Counts", seconds: float, as_json: bool) -> None:
    """What became of the lines."""
    if as_json:
        print_json([counts.as_json(seconds)])
    else:
        click.echo(counts.as_text(seconds))


def raise_failures(failures: Sequence[InputError], files: int) -> None:
    if not failures:
        return
    if files == 1:
        raise failures[0]
    raise InputError(
        f"{len(failures)} of {files} files could not be read to their end; they are named above.",
        "Mend them and run the same command: what was delivered is not sent again.",
    )
