"""Reads settings from a file and the environment, and says all that is wrong with them at once, with its place."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails

PREFIX = "WWWATCH_"
# Ours, and no settings: the file's name, and what tests are told.
OTHERS = frozenset({"CONFIG", "TEST_URL", "TEST_HOME"})
ALIKE = 0.75
# A whole first word that is none of ours may be somebody else's name; one this like ours is a slip.
ALIKE_VARIABLE = 0.88
LONGEST_VALUE = 60
PASSWORD_IN_URL = re.compile(r"(://[^/@\s:]*):[^/@\s]*@")
SECRETLIKE = re.compile(r"pass|secret|key|token|webhook", re.IGNORECASE)

Model = type[BaseModel]
Keys = tuple[str, ...]


@dataclass
class Sources:
    """What was read. values: as nested tables. origin: which variable set what. problems: what could not be read."""

    values: dict[str, Any] = field(default_factory=dict)
    origin: dict[Keys, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(model: Model, path: Path | None, environ: Mapping[str, str]) -> Sources:
    """The file, with the environment laid over it."""
    sources = Sources()
    if path:
        _read_file(path, sources)
    known = set(model.model_fields) | {f"{name}_file" for name in model.model_fields}
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        keys = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
        # Empty is unset, as compose files leave it.
        if not environ[name] or name.removeprefix(PREFIX) in OTHERS:
            continue
        if keys[0] in known:
            _lay_over(model, name, keys, environ[name], sources)
        elif near := difflib.get_close_matches(name, [PREFIX + one.upper() for one in known], 1, ALIKE_VARIABLE):
            sources.problems.append(f"{name}: there is no such setting; do you mean {near[0]}?")
    return sources


def _read_file(path: Path, sources: Sources) -> None:
    try:
        sources.values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        sources.problems.append(f"Cannot read the settings file {path}: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        sources.problems.append(f"The settings file {path} is not TOML: {error}")


def _lay_over(model: Model, name: str, keys: Keys, text: str, sources: Sources) -> None:
    """One variable. Below a word of ours, a misspelt setting is an error like in the file."""
    secret = (*keys[:-1], keys[-1].removesuffix("_file"))
    if keys[-1].endswith("_file") and annotation(model, secret) is SecretStr:
        keys = secret
        try:
            text = Path(text).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            sources.problems.append(f"{name} names {text}, which cannot be read: {reason}")
            return
    target = sources.values
    for length, key in enumerate(keys[:-1], 1):
        if _is_single(model, keys[:length]) or not isinstance(target := target.setdefault(key, {}), dict):
            sources.problems.append(f"{name}: {key} is a single setting, not a group")
            return
    # A list in the environment is separated by commas.
    is_list = str(annotation(model, keys)).startswith("tuple")
    target[keys[-1]] = tuple(part.strip() for part in text.split(",") if part.strip()) if is_list else text
    sources.origin[keys] = name


def section(model: Model, keys: Keys) -> Model | None:
    """The group of settings at a place; None if there is none."""
    for key in keys:
        found = model.model_fields.get(key)
        if found is None or not (isinstance(found.annotation, type) and issubclass(found.annotation, BaseModel)):
            return None
        model = found.annotation
    return model


def annotation(model: Model, keys: Keys) -> Any:
    """The type of the setting at a place; None if there is none."""
    group = section(model, keys[:-1])
    found = group.model_fields.get(keys[-1]) if group else None
    return found.annotation if found else None


def _is_single(model: Model, keys: Keys) -> bool:
    """Whether a setting is there that is neither a group nor a table."""
    kind = annotation(model, keys)
    return kind is not None and section(model, keys) is None and get_origin(kind) is not dict


def wrong(model: Model, errors: list[ErrorDetails], sources: Sources, path: Path | None) -> list[str]:
    """What pydantic found, in words, each with its place."""
    return [f"{_place(item['loc'], sources.origin, path)}: {_told(model, item)}" for item in errors]


def _place(loc: tuple[int | str, ...], origin: Mapping[Keys, str], path: Path | None) -> str:
    keys = tuple(str(part) for part in loc)
    for length in range(len(keys), 0, -1):
        if keys[:length] in origin:
            return origin[keys[:length]]
    return f"{'.'.join(keys)} in {path}" if path else ".".join(keys)


def _told(model: Model, item: ErrorDetails) -> str:
    keys = tuple(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"there is no such setting{_suggestion(model, keys)}; see wwwatch config show"
    said = item["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    given = item["input"]
    if annotation(model, keys) is SecretStr or SECRETLIKE.search(keys[-1]) or not isinstance(given, str | int | float):
        return said
    told = masked(repr(given))
    return said if told in said or len(told) > LONGEST_VALUE else f"{said}, not {told}"


def _suggestion(model: Model, keys: Keys) -> str:
    """`; do you mean mail.host?`: a sibling spelt alike, or the same word in another group."""
    group = section(model, keys[:-1])
    near = difflib.get_close_matches(keys[-1], group.model_fields, 1, ALIKE) if group else []
    if near:
        return f"; do you mean {'.'.join((*keys[:-1], near[0]))}?"
    everywhere = [".".join(place) for place in places(model) if place[-1] == keys[-1]]
    return f"; do you mean {' or '.join(everywhere[:3])}?" if everywhere else ""


def places(model: Model, above: Keys = ()) -> Iterator[Keys]:
    """Every setting, by its place: of each group its own settings first, then the groups in it."""
    groups = {name: group for name in model.model_fields if (group := section(model, (name,)))}
    yield from ((*above, name) for name in model.model_fields if name not in groups)
    for name, group in groups.items():
        yield from places(group, (*above, name))


def masked(text: str) -> str:
    """Text with the passwords in its URLs taken out."""
    return PASSWORD_IN_URL.sub(r"\1:********@", text)
