"""The list in the words of the program that reads it. Pure; every format begins with what it is and who it is for."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from wwwatch import deny
from wwwatch.blocklist.entries import Blocklist, Entry
from wwwatch.moments import iso
from wwwatch.questions import severity_name

# What a comment may hold in all of these programs: no quote, no backslash (a line ending in one goes on in the next),
# no brace or semicolon, nothing a shell or a parser could take for more than text.
UNSAFE_IN_COMMENT = re.compile(r"[^A-Za-z0-9 .,:/_()+%=<>@-]")
LONGEST_REASON = 72
SHOWN_OF_AN_ID = 8
# nftables takes 128 bytes of comment, ipset 255.
LONGEST_COMMENT = 120
IPSET_MOST = 1_048_576
# The longest timeout ipset takes, seconds.
IPSET_LONGEST_SECONDS = 2_147_483


@dataclass(frozen=True)
class Head:
    """Of which site, and as of when."""

    namespace: str
    now: datetime


def comment(entry: Entry) -> str:
    """`4f3a9c1d high brute_force until 2026-11-23T10:00Z: 412 failed logins ...`, of harmless characters only."""
    more = f" +{len(entry.incident_ids) - 1}" if len(entry.incident_ids) > 1 else ""
    text = (
        f"{entry.incident_ids[0][:SHOWN_OF_AN_ID]}{more} {severity_name(entry.severity)} {entry.attack_class} "
        f"until {iso(entry.expires_at)[:16]}Z: {entry.reason[: 4 * LONGEST_REASON]}"
    )
    return UNSAFE_IN_COMMENT.sub("?", text)[:LONGEST_COMMENT].rstrip()


def _head(head: Head, found: Blocklist) -> list[str]:
    left_out = f", {len(found.spared):,} left out" if found.spared else ""
    return [
        f"# wwwatch blocklist of {head.namespace}, as of {iso(head.now)}: {len(found.entries):,} entries{left_out}.",
        "# Written by: wwwatch blocklist. It is applied by nobody but whoever includes or loads it.",
    ]


def plain(head: Head, found: Blocklist) -> str:
    """One address or network a line, the comment on the line above it."""
    return _text([*_head(head, found), *_commented(found.entries, deny.shown)])


def nginx(head: Head, found: Blocklist) -> str:
    """To be included in `http`, `server` or `location`; empty it keeps nobody out."""
    return _text([*_head(head, found), *_commented(found.entries, deny.nginx)])


def apache(head: Head, found: Blocklist) -> str:
    """To be included in <Location>, <Directory> or .htaccess, 2.4."""
    inner = _commented(found.entries, deny.apache)
    lines = ["<RequireAll>", "  Require all granted", *(f"  {line}" for line in inner), "</RequireAll>"]
    return _text([*_head(head, found), *lines])


def nftables(head: Head, found: Blocklist) -> str:
    """A file for `nft -f`: a table of its own, replaced in one transaction; its elements expire by themselves."""
    lines = ["table inet wwwatch", "delete table inet wwwatch", "table inet wwwatch {"]
    for version, kind in ((4, "ipv4_addr"), (6, "ipv6_addr")):
        theirs = [entry for entry in found.entries if entry.network.version == version]
        lines += [f"  set blocked{version} {{", f"    type {kind}", "    flags interval, timeout"]
        if theirs:
            elements = (
                f'      {deny.shown(entry.network)} timeout {_seconds(entry, head)}s comment "{comment(entry)}",'
                for entry in theirs
            )
            lines += ["    elements = {", *elements, "    }"]
        lines.append("  }")
    lines += ["  chain input {", "    type filter hook input priority -10; policy accept;"]
    for version, family in ((4, "ip"), (6, "ip6")):
        for protocol in ("tcp", "udp"):
            lines.append(f"    {family} saddr @blocked{version} {protocol} dport {deny.WEB_PORTS} drop")
    return _text([*_head(head, found), *lines, "  }", "}"])


def ipset(head: Head, found: Blocklist) -> str:
    """A file for `ipset restore`: filled beside the old sets, then swapped in; its entries expire by themselves."""
    lines = _head(head, found)
    for version, family in ((4, "inet"), (6, "inet6")):
        name, new = f"wwwatch{version}", f"wwwatch{version}-new"
        kind = f"hash:net family {family} timeout 0 maxelem {IPSET_MOST} comment -exist"
        lines += [f"create {name} {kind}", f"create {new} {kind}", f"flush {new}"]
        for entry in found.entries:
            if entry.network.version == version:
                seconds = min(_seconds(entry, head), IPSET_LONGEST_SECONDS)
                lines.append(f'add {new} {deny.shown(entry.network)} timeout {seconds} comment "{comment(entry)}"')
        lines += [f"swap {new} {name}", f"destroy {new}"]
    return _text(lines)


FORMATS: dict[str, Callable[[Head, Blocklist], str]] = {
    "plain": plain, "nginx": nginx, "apache": apache, "nftables": nftables, "ipset": ipset,
}  # fmt: skip


def _commented(entries: Sequence[Entry], line: Callable[[deny.Network], str]) -> Iterable[str]:
    """A comment on a line of its own: not every program takes one after an entry."""
    return (text for entry in entries for text in (f"# {comment(entry)}", line(entry.network)))


def _seconds(entry: Entry, head: Head) -> int:
    return max(1, math.ceil((entry.expires_at - head.now).total_seconds()))


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
