"""The common log format and its descendants: combined, with a virtual host in front, in quotes."""

from ingest.formats.log_format import LineFormat

# A token and a quoted value that need no escaping, then the same as servers escape them: `\"`, `\\`, `\xhh`.
_WORD = r'[^ "\\\x00-\x1f\x7f]+'
_QUOTED = r'[^"\\\x00-\x1f\x7f]*'
ESCAPED = r'(?:[^"\\]|\\.)*'

_VHOST = r'(?<domain>[^ :",\\\x00-\x1f\x7f]+)(?::(?<port>[0-9]{1,5}))? '
_VHOST_TOLERANT = r'(?<domain>[^\s",]+?)(?::(?<port>\d{1,5}))? '
CLIENT = rf"(?<address>{_WORD}) {_WORD} (?<user>{_WORD}) \[(?<time>[^\]\\\x00-\x1f]+)\] "
# A user name may hold spaces. It never starts with "- ": that is a line with a host in front of the client.
CLIENT_TOLERANT = r'(?<address>[^\s",]+) [^\s,]+ (?<user>-|""|[^\s-].*?|-\S.*?) \[(?<time>[^\]]+)\] '
_CLIENT_AFTER_VHOST = CLIENT_TOLERANT.replace(r'[^\s",]+', r'[^\s",-][^\s",]*')
REQUEST = (
    r'"(?<method>[A-Z]+) (?<target>[^ "\\\x00-\x1f\x7f]+) HTTP/(?<version>[0-9](?:\.[0-9])?)" '
    r"(?<status>[0-9]{3}) (?<bytes>[0-9]+|-)"
)
REQUEST_TOLERANT = rf'"(?<request>{ESCAPED})" (?<status>\d{{3}}|-)(?: (?<bytes>\d+|-))?'
# Some loggers do not escape quotes. The request then ends at the first quote that a status follows.
REQUEST_UNESCAPED = r'"(?<request>.*?)" (?<status>\d{3}|-)(?: (?<bytes>\d+|-))?'
AGENT = rf' "(?<referrer>{_QUOTED})" "(?<agent>{_QUOTED})"'
_AGENT_TOLERANT = rf' "(?<referrer>{ESCAPED})" "(?<agent>{ESCAPED})"(?: .*?)?'
REFERRED = r' "(?<referrer>.*?)" "(?<agent>.*?)"'
REFERRED_ESCAPED = rf' "(?<referrer>{ESCAPED})" "(?<agent>{ESCAPED})"'
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


_LINE = '203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET /a HTTP/1.1" 200 2326'
_AGENT_EXAMPLE = ' "-" "curl/8"'

COMBINED = LineFormat(
    "combined",
    _line(CLIENT, REQUEST, AGENT, _END_AFTER_AGENT),
    (
        _tolerant_line(CLIENT_TOLERANT, REQUEST_TOLERANT, _AGENT_TOLERANT),
        _tolerant_line(CLIENT_TOLERANT, REQUEST_UNESCAPED, _AGENT_UNESCAPED),
    ),
    example=_LINE + _AGENT_EXAMPLE,
)
VHOST = LineFormat(
    "vhost-combined",
    _line(_VHOST, CLIENT, REQUEST, AGENT, _END_AFTER_AGENT),
    (
        _tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, REQUEST_TOLERANT, _AGENT_TOLERANT),
        _tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, REQUEST_UNESCAPED, _AGENT_UNESCAPED),
    ),
    usual_server="apache",
    example="shop.example:443 " + _LINE + _AGENT_EXAMPLE,
)
QUOTED = LineFormat(
    "quoted-combined",
    _quoted_line(CLIENT, REQUEST, AGENT),
    (
        '(?s)^"' + CLIENT_TOLERANT + REQUEST_TOLERANT + _AGENT_TOLERANT + r'"\s*$',
        '(?s)^"' + CLIENT_TOLERANT + REQUEST_UNESCAPED + _AGENT_UNESCAPED + r'"?\s*$',
    ),
    example=f'"{_LINE}{_AGENT_EXAMPLE}"',
)
COMMON = LineFormat(
    "common",
    _line(CLIENT, REQUEST, r" ?$"),
    (
        _tolerant_line(CLIENT_TOLERANT, REQUEST_TOLERANT),
        _tolerant_line(CLIENT_TOLERANT, REQUEST_UNESCAPED),
    ),
    example=_LINE,
)

# The addresses a request came through, in quotes behind the agent: the `main` format of nginx's own packages.
_BEHIND = r' "(?<forwarded_for>-|[0-9A-Fa-f.:, unkow]*)" ?$'
FORWARDED_BEHIND = LineFormat(
    "nginx-main",
    _line(CLIENT, REQUEST, AGENT, _BEHIND),
    (_tolerant_line(CLIENT_TOLERANT, REQUEST_TOLERANT, REFERRED_ESCAPED, _BEHIND[:-1]),),
    usual_server="nginx",
    example=_LINE + _AGENT_EXAMPLE + ' "198.51.100.9"',
)
# The same before the client, in quotes, or as one list with the peer at its end ($proxy_add_x_forwarded_for).
_ADDRESS = r'[^ ",\\\x00-\x1f\x7f]+'
_LIST = rf"(?<addresses>{_ADDRESS}(?:, ?{_ADDRESS})+)"
_AFTER_LIST = CLIENT_TOLERANT.partition(") ")[2]
_BEFORE = r'"(?<forwarded_for>[^"]*)" '
FORWARDED_BEFORE = LineFormat(
    "forwarded-combined",
    _line(_LIST, " ", CLIENT.partition(") ")[2], REQUEST, AGENT, _END_AFTER_AGENT),
    (
        _tolerant_line(_LIST, " ", _AFTER_LIST, REQUEST_TOLERANT, _AGENT_TOLERANT),
        _tolerant_line(_BEFORE, CLIENT_TOLERANT, REQUEST_TOLERANT, _AGENT_TOLERANT),
        _tolerant_line(_VHOST_TOLERANT, _LIST, " ", _AFTER_LIST, REQUEST_TOLERANT, _AGENT_TOLERANT),
    ),
    "time",
    example="198.51.100.9, " + _LINE + _AGENT_EXAMPLE,
)
# The time a request took, between time and request, as hosters write it.
_TOOK = r"\((?<duration_s>[0-9]+) s\) "
TIMED = LineFormat(
    "vhost-combined-timed",
    _line(_VHOST, CLIENT, _TOOK, REQUEST, AGENT, _END_AFTER_AGENT),
    (_tolerant_line(_VHOST_TOLERANT, _CLIENT_AFTER_VHOST, _TOOK, REQUEST_TOLERANT, _AGENT_TOLERANT),),
    example="shop.example " + _LINE.replace('"GET', '(0 s) "GET') + _AGENT_EXAMPLE,
)
# What is left of the kind: an address first, a time in brackets, perhaps a host, a request.
_IP = r"(?<address>[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+)"
_ANYTHING = r'[^"\[]*\[(?<time>[^\]]+)\] (?:(?<domain>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+) )?'
LOOSE = LineFormat(
    "loose",
    _line(_IP, " ", _ANYTHING, REQUEST, AGENT, r"(?: [^\x00-\x1f\x7f\\]*)?$"),
    (_tolerant_line(_IP, " ", _ANYTHING, REQUEST_TOLERANT, _AGENT_TOLERANT),),
    clean=None,
    example=_LINE.replace('"GET', 'shop.example "GET') + _AGENT_EXAMPLE + " 0.012",
)

FORMATS = (FORWARDED_BEHIND, COMBINED, VHOST, QUOTED, COMMON, FORWARDED_BEFORE, TIMED, LOOSE)
