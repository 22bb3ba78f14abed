"""`wwwatch forget`: erases an address or a user everywhere in the store."""

import click

from wwwatch.console import plain_markup, print_json, say
from wwwatch.errors import UsageError, WwwatchError
from wwwatch.housekeeping.forget import Found, forget, look
from wwwatch.housekeeping.subjects import Subject
from wwwatch.settings import load
from wwwatch.store import connect

NOT_REACHED = (
    "Not reached from here: log files and spools on the web servers, mails that were sent, backups of the store."
)


class MoreCameError(WwwatchError):
    """Something of a subject is in the store again."""


@click.command(name="forget")
@click.argument("address", required=False)
@click.option("--user", metavar="NAME", help="A user, as the log names them, instead of an address.")
@click.option("--dry-run", is_flag=True, help="Erase nothing; say what is there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.pass_context
def forget_command(
    ctx: click.Context, address: str | None, user: str | None, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Erase everything about ADDRESS, or about a user, in all namespaces. There is no way back.

    Says first what is there and asks. Events, roll-ups, labels and rejects go; of anomalies and incidents, those of
    the address itself; others lose it from their members, samples and texts; a mail in the outbox goes whole. Ends
    with a search that proves nothing is left. Where addresses are stored as pseudonyms, give the pseudonym: see
    `wwwatch pseudonym`.
    """
    subject = _subject(address, user)
    settings = load(ctx.obj)
    store = connect(settings)
    if not as_json or dry_run:
        there = look(store, settings, subject)
        if not as_json:
            _tell(f"In the store of {subject.kind} {subject.value}", there)
        elif dry_run:
            print_json([there.as_json()])
        if dry_run or not there:
            return
    if not yes:
        click.confirm("Erase it? There is no way back.", abort=True, err=True)
    done, left = forget(store, settings, subject)
    if as_json:
        print_json([done.as_json() | {"left": left.as_json()}])
    else:
        _tell("Erased", done)
        say(NOT_REACHED)
    if left:
        raise MoreCameError(
            f"More of {subject.kind} {subject.value} was stored meanwhile.",
            "Is a shipper at work? Filter them there first (docs/enrichment.md), then run this again.",
        )


def _subject(address: str | None, user: str | None) -> Subject:
    if (address is None) == (user is None):
        raise UsageError("Give an ADDRESS, or --user NAME.")
    return Subject.user(user) if user is not None else Subject.address(str(address))


def _tell(title: str, found: Found) -> None:
    told = [f"{count:,} {what}" for what, count in sorted(found.deleted.items())]
    told += [f"{count:,} {what} in part" for what, count in sorted(found.changed.items())]
    say(f"{plain_markup(title)}: {', '.join(told) or 'nothing'}.")
