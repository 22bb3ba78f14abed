"""`wwwatch dashboards`: the files of saved objects, built from the panel specifications."""

from pathlib import Path

import click

from dashboards import build as files
from wwwatch.console import say
from wwwatch.errors import WwwatchError

OWN_FOLDER = Path(files.__file__).parent


@click.group()
def dashboards() -> None:
    """The pages for Kibana and OpenSearch Dashboards; `wwwatch setup --kibana URL` installs them."""


@dashboards.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=OWN_FOLDER,
    help="Folder for the files; default: where wwwatch keeps them.",
)
def build(output: Path) -> None:
    """Write the NDJSON of both products; to import by hand, or after a change of panels."""
    try:
        counts = files.write(output)
    except OSError as error:
        raise WwwatchError(
            f"Cannot write to {output}: {error.strerror}.", "Name another folder with --output."
        ) from error
    for name, count in counts.items():
        say(f"{output / name}: {count} objects.")
