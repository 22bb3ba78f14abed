"""The common log format and its descendants: combined, with a virtual host in front, in quotes."""

from ingest.formats.log_format import LogFormat

# A token and a quoted value that need no escaping, then the same as servers escape them: `\"`, `\\`, `\xhh`.
_WORD = r'[^ "\\\x00-\x1f\x7f]+'
_QUOTED = r'[^"\\\x00-\x1f\x7f]*'
_ESCAPED = r'(?:[^"\\]|\\.)*'

_VHOST = r'(?<domain>[^ :"\\\x00-\x1f\x7f]+)(?::(?<port>[0-9]{1,5}))? '
_VHOST_TOLERANT = r'(?<domain>[^\s"]+?)(?::(?<port>\d{1,5}))? '
_CLIENT = rf"(?<address>{_WORD}) {_WORD} (?<user>{_WORD}) \[(?<time>[^\]\\\x00-\x1f]+)\] "
# A user name may hold spaces. It never starts with "- ": that is a line with a host in front of the client.
_CLIENT_TOLERANT = r'(?<address>[^\s",]+) \S+ (?<user>-|""|[^\s-].*?|-\S.*?) \[(?<time>[^\]]+)\] '
_CLIENT_AFTER_VHOST = _CLIENT_TOLERANT.replace(r'[^\s",]+', r'[^\s",-][^\s",]*')
_REQUEST = (
    r'"(?<method>[A-Z]+) (?<target>[^ "\\\x00-\x1f\x7f]+) HTTP/(?<version>[0-9](?:\.[0-9])?)" '
    r"(?<status>[0-9]{3}) (?<bytes>[0-9]+|-)"
)
_REQUEST_TOLERANT = rf'"(?<request>{_ESCAPED})" (?<status>\d{{3}}|-)(?: (?<bytes>\d+|-))?'
# Some loggers do not escape quotes. The request then ends at the first quote that a status follows.
_REQUEST_UNESCAPED = r'"(?<request>.*?)" (?<status>\d{3}|-)(?: (?<bytes>\d+|-))?'
_AGENT = rf' "(?<referrer>{_QUOTED})" "(?<agent>{_QUOTED})"'
_AGENT_TOLERANT = rf' "(?<referrer>{_ESCAPED})" "(?<agent>{_ESCAPED})"(?: .*?)?'
# The last quote may be missing: cut lines are frequent.
_AGENT_UNESCAPED = r' "(?<referrer>.*?)" "(?<agent>.*?)"?'
# At most one more quoted value, as nginx's own default writes the forwarded addresses; then blanks. Written so that the
# expression never has to look back (a blank leads to either), which makes it three times as fast.
_END_AFTER_AGENT = rf'(?: (?:"{_QUOTED}" ?)?)?$'


def _line(*parts: str) -> str:
    return "^" + "".join(parts)


def _tolerant_line(*parts: str) -> str:
    return "(?s)^" + "".join(parts) + r"\s*$"


def _quoted_line(*parts: str) -> str:
    """The whole line in one more pair of quotes."""
    return '^"' + "".join(parts) + r'" ?$'


_COMBINED_TOLERANT = (
    _tolerant_line(_CLIENT_TOLERANT, _REQUEST_TOLERANT, _AGENT_TOLERANT),
    _tolerant_line(_CLIENT_TOLERANT, _REQUEST_UNESCAPED, _AGENT_UNESCAPED),
)

FORMATS = (
    LogFormat("combined", _line(_CLIENT, _REQUEST, _AGENT, _END_AFTER_AGENT), _COMBINED_TOLERANT),
    LogFormat(
        "vhost-combined",
        _line(_VHOST, _CLIENT, _REQUEST, _AGENT, _END_AFTER_AGENT),
        (
            _tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, _REQUEST_TOLERANT, _AGENT_TOLERANT),
            _tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, _REQUEST_UNESCAPED, _AGENT_UNESCAPED),
        ),
        server="apache",
    ),
    LogFormat(
        "quoted-combined",
        _quoted_line(_CLIENT, _REQUEST, _AGENT),
        (
            '(?s)^"' + _CLIENT_TOLERANT + _REQUEST_TOLERANT + _AGENT_TOLERANT + r'"\s*$',
            '(?s)^"' + _CLIENT_TOLERANT + _REQUEST_UNESCAPED + _AGENT_UNESCAPED + r'"?\s*$',
        ),
    ),
    LogFormat(
        "common",
        _line(_CLIENT, _REQUEST, r" ?$"),
        (
            _tolerant_line(_CLIENT_TOLERANT, _REQUEST_TOLERANT),
            _tolerant_line(_CLIENT_TOLERANT, _REQUEST_UNESCAPED),
        ),
    ),
)
