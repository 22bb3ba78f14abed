"""Text from a log, made safe to show in a mail, a page or a terminal. Everything from a log is hostile."""

import re
import shlex
import unicodedata

from wwwatch.addresses import as_address
from wwwatch.console import plain
from wwwatch.namespaces import DEFAULT

LONGEST_TOLD = 200
# Controls, formatting (direction, zero width, tags), line and paragraph separators, lone surrogates, private use.
INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co"})

SCHEME_WITH_HOST = re.compile(r"\b([a-z][a-z0-9+.-]{0,20}):(?=//)", re.IGNORECASE)
BARE_SCHEME = re.compile(r"\b(javascript|vbscript|data|mailto|tel|sms|callto|skype|file|blob):", re.IGNORECASE)
HOST_NAME = re.compile(r"(?:[\w-]{1,63}\.)+[^\W\d_]{2,63}")
WWW = re.compile(r"\bwww\.", re.IGNORECASE)
AT_SIGN = re.compile(r"(?<=[\w.+-])@(?=\w)")
# Endings of files on web servers that are no top-level domains: `wp-login.php` is not taken for a host.
FILE_ENDINGS = frozenset({
    "asp", "aspx", "atom", "avif", "axd", "bak", "bat", "cfg", "cgi", "conf", "config", "css", "csv", "dat", "dll",
    "doc", "docx", "env", "exe", "gif", "git", "gz", "htaccess", "htm", "html", "htpasswd", "ico", "ini", "jar",
    "jpeg", "jpg", "js", "json", "jsp", "jspx", "key", "lock", "log", "map", "mjs", "mp3", "old", "pdf", "pem", "php",
    "phtml", "png", "rar", "rss", "shtml", "sql", "sqlite", "svg", "svn", "swp", "tar", "tgz", "txt", "war", "webm",
    "webp", "woff", "xhtml", "xls", "xlsx", "xml", "yaml", "yml",
})  # fmt: skip


def clean(text: object, limit: int | None = None) -> str:
    """Nothing invisible: such characters become `\\xhh` or `\\uhhhh`. Cut at `limit` with an ellipsis."""
    shown = "".join(_escaped(character) for character in str(text))
    return plain(shown, limit if limit is not None else max(len(shown), 1))


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in INVISIBLE:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def defang(text: str) -> str:
    """Write addresses so that no mail client makes a link of them, and people still read them.

    `http://evil.example/x` becomes `hxxp://evil[.]example/x`, `www.evil.example` `www[.]evil[.]example`,
    `a@b.example` `a[@]b[.]example`, `javascript:` `javascript[:]`.
    """
    text = SCHEME_WITH_HOST.sub(lambda match: _without_scheme(match[1]), text)
    text = BARE_SCHEME.sub(r"\1[:]", text)
    text = AT_SIGN.sub("[@]", text)
    return WWW.sub("www[.]", HOST_NAME.sub(_without_dots, text))


def _without_scheme(scheme: str) -> str:
    if scheme.lower() in {"http", "https"}:
        return f"hxxp{scheme[4:]}:"
    return f"{scheme}[:]"


def _without_dots(match: re.Match[str]) -> str:
    is_file = match[0].rpartition(".")[2].lower() in FILE_ENDINGS
    return match[0] if is_file else match[0].replace(".", "[.]")


def told(text: object, limit: int = LONGEST_TOLD) -> str:
    """Text from a log, for people: nothing invisible, no links, at most `limit` characters."""
    # Long lines are cut first, so that a line of a megabyte costs no more than a short one.
    return clean(defang(clean(str(text)[: 2 * limit], 2 * limit)), limit)


def header(text: object, limit: int = 200) -> str:
    """One line for a mail header: white space becomes a blank, nothing invisible, and no encoded words (RFC 2047).

    Python's mail package decodes those in what it is given, and what comes out may break the line: a forged header.
    """
    return clean(" ".join(str(text)[: 8 * limit].split()), limit).replace("=?", "=\\?")


def address_command(address: str, namespace: str) -> str | None:
    """`wwwatch ip 203.0.113.7`, to be typed. None for anything but an address.

    A host name comes from its owner's DNS: it must neither reach a shell nor become a link.
    """
    known = as_address(address)
    return None if known is None else f"wwwatch ip {shlex.quote(known)}{namespace_part(namespace)}"


def namespace_part(namespace: str) -> str:
    """The option that names the namespace, where it needs naming."""
    return "" if namespace == DEFAULT else f" --namespace {shlex.quote(namespace)}"
