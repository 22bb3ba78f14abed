"""Names and passwords as each kind of login takes them: written by visitors, read by the site's server."""

import base64
import binascii
import re
from urllib.parse import parse_qs, urlencode

import orjson

from simulator.layout import Login

# What a form calls them.
WORDPRESS_FIELDS = ("log", "pwd")
USUAL_FIELDS = ("user", "password")
STRING = re.compile(r"<string>([^<]*)</string>")


def fields(login: Login) -> tuple[str, str]:
    """What a login's form calls user and password."""
    return WORDPRESS_FIELDS if login.kind == "wordpress" else USUAL_FIELDS


def written(login: Login, name: str, password: str) -> tuple[dict[str, str], bytes]:
    """Headers and body that carry them to this login."""
    if login.kind == "basic":
        return basic(name, password), b""
    if login.kind == "json":
        return {"Content-Type": "application/json"}, orjson.dumps({"user": name, "password": password})
    if login.kind == "xmlrpc":
        values = "".join(f"<param><value><string>{text}</string></value></param>" for text in (name, password))
        call = f"<methodCall><methodName>wp.getUsersBlogs</methodName><params>{values}</params></methodCall>"
        return {"Content-Type": "text/xml"}, call.encode()
    body = urlencode(dict(zip(fields(login), (name, password), strict=True)))
    return {"Content-Type": "application/x-www-form-urlencoded"}, body.encode()


def basic(name: str, password: str) -> dict[str, str]:
    """The header of HTTP basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def read(login: Login, headers: dict[str, str], body: bytes) -> tuple[str, str] | None:
    """The name and password of a request, headers by lower-case name; None where it has none."""
    if login.kind == "basic":
        return read_basic(headers)
    text = body.decode("utf-8", "replace")
    if login.kind == "xmlrpc":
        found = STRING.findall(text)
        return (found[0], found[1]) if len(found) >= 2 else None
    names = fields(login)
    if login.kind == "json":
        try:
            values = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(values, dict) or not all(isinstance(values.get(name), str) for name in names):
            return None
        return values[names[0]], values[names[1]]
    values = parse_qs(text)
    return (values[names[0]][0], values[names[1]][0]) if all(name in values for name in names) else None


def read_basic(headers: dict[str, str]) -> tuple[str, str] | None:
    """The same of HTTP basic."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, found, password = base64.b64decode(encoded, validate=True).decode("utf-8", "replace").partition(":")
    except binascii.Error:
        return None
    return (name, password) if found else None
