"""The settings in words, from their one declaration: the sample file, and docs/settings.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from wwwatch.settings import Settings
from wwwatch.settings_reading import PREFIX, Keys, places, section

UNSAID = "..."  # a default that hangs on the machine, or none at all

SAMPLE_HEAD = """\
# Every setting of wwwatch with its default. Take the # off a line that starts with one and change it.
# wwwatch looks for ./wwwatch.toml, the user's folder of settings, and /etc/wwwatch/wwwatch.toml, and takes the first.
# Written by: wwwatch config sample
"""
REFERENCE_HEAD = """\
# Settings

Made by `wwwatch config reference`; a test tells when it is stale. [wwwatch.toml](wwwatch.toml) has the same as a file
to start from.

Strongest first: arguments of the command, environment, `wwwatch.toml` (the first of `--config` or `WWWATCH_CONFIG`, the
working directory, the user's folder of settings, `/etc/wwwatch`), default. In the environment a list is separated by
commas. A secret is also read from a file: `WWWATCH_MAIL__PASSWORD_FILE=/run/secrets/smtp`. `wwwatch config check` names
everything that is wrong at once, each with its place; `wwwatch config show` prints what holds, secrets masked.
"""


@dataclass(frozen=True)
class Setting:
    """One setting. allowed: what it may be, in words. default: as TOML, or UNSAID."""

    keys: Keys
    help: str
    allowed: str
    default: str

    @property
    def name(self) -> str:
        """As files and messages call it."""
        return ".".join(self.keys)

    @property
    def variable(self) -> str:
        """Of the environment."""
        return PREFIX + "__".join(self.keys).upper()


def settings() -> Iterator[Setting]:
    """Every setting, in the order of `places`."""
    for keys in places(Settings):
        group = section(Settings, keys[:-1])
        assert group is not None  # noqa: S101 - places come from groups
        field = group.model_fields[keys[-1]]
        yield Setting(keys, field.description or "", _allowed(field), _default(field))


def sample() -> str:
    """A wwwatch.toml that changes nothing."""
    lines = [SAMPLE_HEAD.rstrip("\n")]
    table: Keys = ()
    for setting in settings():
        if setting.keys[:-1] != table:
            table = setting.keys[:-1]
            lines += ["", f"# {_says(table)}", f"[{'.'.join(table)}]"]
        allowed = f" ({setting.allowed})" if setting.allowed else ""
        lines += ["", f"# {setting.help}{allowed}", f"#{setting.keys[-1]} = {setting.default}"]
    return "\n".join(lines) + "\n"


def reference() -> str:
    """docs/settings.md."""
    lines = [REFERENCE_HEAD.rstrip("\n")]
    table: Keys | None = None
    for setting in settings():
        if setting.keys[:-1] != table:
            table = setting.keys[:-1]
            title, says = ".".join(table) or "The store", _says(table) if table else "And the folders of this machine."
            lines += ["", f"## {title}", "", says, ""]
            lines += ["| setting | allowed | default | meaning |", "|---|---|---|---|"]
        cells = (f"`{setting.name}`<br>`{setting.variable}`", setting.allowed, f"`{setting.default}`", setting.help)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _says(table: Keys) -> str:
    """The first line of a group's docstring."""
    group = section(Settings, table)
    return (group.__doc__ or "").strip().splitlines()[0] if group else ""


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True, validated_data={})
    # What a function makes of the machine, a host's name or a user's folder, is no text for a file.
    return UNSAID if field.default_factory and isinstance(default, str | Path) else _toml(default)


def _toml(value: Any) -> str:
    if value is None:
        return UNSAID
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, dict):
        return "{}"
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _allowed(field: FieldInfo) -> str:
    """`starttls, tls or none`, `true or false`, `1 to 65535`, `a list`."""
    kind: Any = field.annotation
    if get_origin(kind) is Literal:
        *others, last = map(str, get_args(kind))
        return f"{', '.join(others)} or {last}" if others else last
    if kind is bool or kind == bool | None:
        return "true or false"
    if kind in {int, float}:
        return _bounds(field)
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is dict:
        return "a table"
    if kind is Path or kind == Path | None:
        return "a path"
    return "a secret" if kind is SecretStr else ""


def _bounds(field: FieldInfo) -> str:
    said = {
        name: getattr(item, name) for item in field.metadata for name in ("ge", "gt", "le", "lt") if hasattr(item, name)
    }
    low, above, high = said.get("ge"), said.get("gt"), said.get("le")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    words = [
        f"{word} {value:g}"
        for word, value in (("at least", low), ("above", above), ("at most", high))
        if value is not None
    ]
    return ", ".join(words)
