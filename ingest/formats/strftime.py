"""`%{...}t` of Apache: a layout of strftime, or a word for a part of the moment, to an expression."""

from wwwatch.errors import UsageError

_NUMBER, _NAME = "[0-9]{2}", "[A-Za-z]+"
_WORDS = {
    "sec": "(?<epoch>[0-9]{1,11})",
    "msec": "(?<epoch>[0-9]{12,14})",
    "usec": "(?<epoch>[0-9]{15,17})",
    "msec_frac": "(?<time_milliseconds>[0-9]{3})",
    "usec_frac": "(?<time_microseconds>[0-9]{6})",
}
_WHOLES = {
    "T": "%H:%M:%S", "R": "%H:%M", "F": "%Y-%m-%d", "D": "%m/%d/%y", "c": "%a %b %e %H:%M:%S %Y", "r": "%I:%M:%S %p",
    "x": "%m/%d/%y", "X": "%H:%M:%S",
}  # fmt: skip
_SPECIFIERS = {
    "Y": "(?<time_year>[0-9]{4})",
    "y": f"(?<time_year_short>{_NUMBER})",
    "m": f"(?<time_month>{_NUMBER})",
    "b": f"(?<time_month_name>{_NAME})",
    "B": f"(?<time_month_name>{_NAME})",
    "h": f"(?<time_month_name>{_NAME})",
    "d": f"(?<time_day>{_NUMBER})",
    "e": "(?<time_day>[ 0-9][0-9])",
    "j": "(?<time_day_of_year>[0-9]{3})",
    "H": f"(?<time_hour>{_NUMBER})",
    "k": "(?<time_hour>[ 0-9][0-9])",
    "I": f"(?<time_hour_12>{_NUMBER})",
    "l": "(?<time_hour_12>[ 0-9][0-9])",
    "p": "(?<time_half>[AaPp][Mm])",
    "P": "(?<time_half>[AaPp][Mm])",
    "M": f"(?<time_minute>{_NUMBER})",
    "S": f"(?<time_second>{_NUMBER})",
    "z": "(?<time_zone>[+-][0-9]{4})",
    "Z": "(?:[A-Za-z]+|[+-][0-9]{2,4})",
    "s": "(?<epoch>[0-9]{1,11})",
    "a": _NAME, "A": _NAME, "C": _NUMBER, "g": _NUMBER, "G": "[0-9]{4}", "u": "[1-7]", "w": "[0-6]", "U": _NUMBER,
    "V": _NUMBER, "W": _NUMBER, "n": "\n", "t": "\t", "%": "%",
}  # fmt: skip
_META = frozenset(r"\.+*?()|[]{}^$#&~-")


def pattern(layout: str, source: str) -> str:
    """The expression of a layout, a group a piece. Raise UsageError for a specifier we do not know."""
    if layout in _WORDS:
        return _WORDS[layout]
    written, at = "", 0
    while at < len(layout):
        letter = layout[at]
        if letter != "%":
            written += f"\\{letter}" if letter in _META else letter
            at += 1
            continue
        specifier = layout[at + 1 : at + 2]
        at += 2
        if specifier in {"E", "O", "-", "_", "0"}:  # other alphabets and paddings
            specifier, at = layout[at : at + 1], at + 1
        if specifier in _WHOLES:
            written += pattern(_WHOLES[specifier], source)
        elif specifier in _SPECIFIERS:
            written += _SPECIFIERS[specifier]
        else:
            raise UsageError(f"In {source}, %{specifier} is no part of a time that is known.", "See man strftime.")
    return written
