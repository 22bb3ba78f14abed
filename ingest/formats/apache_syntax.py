"""How Apache reads its configuration: a directive a line, words, quotes, continued lines."""

import re
from collections.abc import Iterator

from wwwatch.errors import UsageError

_WORD = re.compile(r'"(?P<double>(?:[^"\\]|\\.)*)"|\'(?P<single>(?:[^\'\\]|\\.)*)\'|(?P<plain>[^\s]+)', re.DOTALL)


def words(line: str, where: str) -> list[str]:
    """The words of a directive, quotes undone. where: for the error. Raise UsageError where a quote is not closed."""
    found = []
    at = 0
    line = line.strip()
    while at < len(line):
        match = _WORD.match(line, at)
        assert match  # noqa: S101 - at stands on something that is no blank
        if match["plain"] and match["plain"][0] in "\"'":
            raise UsageError(f"{where}: a quote is not closed: {line[at : at + 60]}", "Check it with apachectl -t.")
        kind = match.lastgroup or "plain"
        text = match[kind]
        quote = {"double": '"', "single": "'"}.get(kind)
        found.append(re.sub(rf"\\([\\{quote}])", r"\1", text) if quote else text)
        at = match.end()
        while at < len(line) and line[at].isspace():
            at += 1
    return found


def lines(text: str) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of a configuration, continued lines joined, comments and empty lines left out."""
    start, whole = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        start = start or number
        if line.endswith("\\"):
            whole += line[:-1]
            continue
        whole += line
        if whole.strip() and not whole.lstrip().startswith("#"):
            yield start, whole.strip()
        start, whole = 0, ""
    if whole.strip() and not whole.lstrip().startswith("#"):
        yield start, whole.strip()
