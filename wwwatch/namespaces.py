"""The namespace: the name of a site, part of the names of its indices."""

import re
from typing import Any

import click

DEFAULT = "default"
# What the store allows in a data stream's name, without what would make names ambiguous.
VALID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class Namespace(click.ParamType[str]):
    """A click parameter type that takes valid namespaces only: they become part of index names."""

    name = "NS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if VALID.fullmatch(str(value)):
            return str(value)
        return self.fail(
            f"{value!r} is no namespace: lower-case letters, digits, '.', '_' and '-', at most 100.", param, ctx
        )


namespace_option = click.option(
    "--namespace", type=Namespace(), default=DEFAULT, show_default=True, help="The site: one model, one digest each."
)
