"""`wwwatch pseudonym`."""

from collections.abc import Sequence
from pathlib import Path

import click

from wwwatch import settings as wwwatch_settings
from wwwatch.console import plain
from wwwatch.errors import UsageError


@click.command()
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@click.option("--user", is_flag=True, help="TEXT is a user name.")
@click.option("--original", is_flag=True, help="TEXT is the pseudonym of an address: print the address behind it.")
@click.pass_obj
def pseudonym(config: Path | None, texts: Sequence[str], user: bool, original: bool) -> None:
    """What an address, host name or user is called in the store, or which address is behind a pseudonym.

    One line for each TEXT. Needs the key of [ingest.pseudonyms]. Names have no way back.
    """
    from ingest.enrichment.pseudonyms import Pseudonyms, key_of  # noqa: PLC0415 - the help needs no key

    settings = wwwatch_settings.load(config).ingest.pseudonyms
    pseudonyms = Pseudonyms(key_of(settings.key.get_secret_value()))
    if user and original:
        raise UsageError("Names have no way back.", "Try names with --user until one has this pseudonym.")
    for text in texts:
        if user:
            click.echo(pseudonyms.of_user(text))
        elif original:
            click.echo(_address_behind(pseudonyms.original(text), text))
        else:
            click.echo(pseudonyms.of_clients([text])[0])


def _address_behind(found: str | None, text: str) -> str:
    if found is None:
        raise UsageError(f"{plain(text)} is no address.", "Only pseudonyms of addresses have a way back.")
    return found
