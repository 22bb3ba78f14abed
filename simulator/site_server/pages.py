"""Bodies: pages that link to each other, forms, and files, each as long as the layout says."""

from html import escape

from simulator import credentials
from simulator.layout import Login
from simulator.site import Site

# What a log shows of a file is its size; beyond this, moving it only warms the machine.
LONGEST_FILE_BYTES = 1_048_576
FILLER = b"The quick brown fox jumps over the lazy dog. "


def page(site: Site, path: str, length: int) -> bytes:
    """A page of this many bytes, with the links and assets the layout gives it, as far as they fit."""
    shown = next((one for one in site.layout.pages if one.path == path), None)
    parts = [f"<!doctype html><title>{escape(site.host)}</title><h1>{escape(path)}</h1>"]
    if shown:
        parts += [f'<img src="{escape(asset)}">' for asset in shown.assets]
        linked = (site.layout.pages[index].path for index in shown.links)
        parts += [f'<a href="{escape(target)}">{escape(target)}</a>' for target in linked]
    return filled("\n".join(parts).encode("utf-8", "replace"), length)


def form(login: Login, length: int) -> bytes:
    """A login's form, of this many bytes where that is enough for it."""
    name, password = credentials.fields(login)
    text = (
        f'<!doctype html><title>Log in</title><form method="post" action="{escape(login.path)}">'
        f'<input name="{name}"><input type="password" name="{password}"><button>Log in</button></form>'
    )
    return filled(text.encode(), length)


def filled(start: bytes, length: int) -> bytes:
    """Exactly `length` bytes (at most LONGEST_FILE_BYTES) that begin with `start`, as far as it fits."""
    length = min(length, LONGEST_FILE_BYTES)
    missing = length - len(start)
    return start[:length] + (FILLER * (missing // len(FILLER) + 1))[:missing] if missing > 0 else start[:length]
