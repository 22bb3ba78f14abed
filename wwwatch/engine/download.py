"""Fetch a pinned archive: resumed, verified, once for all processes."""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import requests
from filelock import FileLock

from wwwatch import console
from wwwatch.engine.distribution import Distribution
from wwwatch.engine.failure import as_engine_error
from wwwatch.errors import EngineError

CHUNK_BYTES = 1 << 14  # what is lost of a download that breaks off, at most
CONNECT_SECONDS, READ_SECONDS = 20, 60
ATTEMPTS = 5
PAUSE_SECONDS = 2.0


def fetch(
    distribution: Distribution, downloads: Path, base_url: str, pause: Callable[[float], None] = time.sleep
) -> Path:
    """Return the archive in `downloads`, downloading it from the Maven repository at `base_url` if it is not there.

    A download that was cut off goes on where it stopped, now or in the next call (file `.part`). What does not have
    the pinned SHA-256 is deleted. Raise EngineError if it cannot be had.
    """
    archive = downloads / distribution.archive_name
    with as_engine_error(f"Cannot download {distribution.description} to {downloads}", "WWWATCH_CACHE"):
        downloads.mkdir(parents=True, exist_ok=True)
        with FileLock(downloads / f"{archive.name}.lock"):
            if archive.exists():
                if _sha256(archive) == distribution.sha256:
                    return archive
                console.say(f"{console.plain_markup(archive)} is damaged; downloading it again.")
                archive.unlink()
            part = archive.with_name(f"{archive.name}.part")
            url = f"{base_url.rstrip('/')}/{distribution.path}"
            _download(url, part, distribution, pause)
            _verify(part, distribution, url)
            part.rename(archive)
    return archive


def _download(url: str, part: Path, distribution: Distribution, pause: Callable[[float], None]) -> None:
    total = distribution.size_bytes
    if part.exists() and part.stat().st_size > total:
        part.unlink()
    done = part.stat().st_size if part.exists() else 0
    if shutil.disk_usage(part.parent).free < total - done:
        raise OSError(errno.ENOSPC, "No space left on device", str(part))
    with console.progress(f"Downloading {distribution.description}, bytes", total) as advance:
        advance(done)
        failure = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(PAUSE_SECONDS * attempt)
            failure = _attempt(url, part, total, advance)
            if not failure:
                return
    raise EngineError(
        f"Cannot download {distribution.description} from {url}: {failure}",
        "Check the network and the proxy (HTTPS_PROXY) and run the command again: it goes on where it stopped.",
    )


def _attempt(url: str, part: Path, total: int, advance: console.Advance) -> str:
    """Fetch what is missing. Return why it is worth another try, or nothing when all is there."""
    done = part.stat().st_size if part.exists() else 0
    if done == total:
        return ""
    headers = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"} if done else {"Accept-Encoding": "identity"}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as answer:
            if answer.status_code == 416:  # what we have is no beginning of what is there
                part.unlink()
                return "the server refused to resume"
            if answer.status_code >= 500 or answer.status_code == 429:
                return f"the server answers {answer.status_code} {answer.reason}"
            if answer.status_code not in {200, 206}:
                raise EngineError(
                    f"Cannot download {url}: the server answers {answer.status_code} {answer.reason}.",
                    "Check whether a proxy or firewall stands between.",
                )
            resumed = answer.status_code == 206
            if not resumed:
                advance(-done)
                done = 0
            with part.open("ab" if resumed else "wb") as file:
                _receive(answer, file.write, total - done, advance)
    except requests.RequestException as error:
        return str(error)
    missing = total - part.stat().st_size
    return f"{missing:,} bytes are missing at the end" if missing else ""


def _receive(answer: requests.Response, write: Callable[[bytes], int], limit: int, advance: console.Advance) -> None:
    """Write the body as it comes, never more than `limit` bytes: a server gone mad must not fill the disk."""
    for chunk in answer.iter_content(CHUNK_BYTES):
        wanted = chunk[:limit]
        write(wanted)
        advance(len(wanted))
        limit -= len(wanted)
        if not limit:
            return


def _verify(part: Path, distribution: Distribution, url: str) -> None:
    found = _sha256(part)
    if found != distribution.sha256:
        part.unlink()
        raise EngineError(
            f"{url} is not the {distribution.description} we know: SHA-256 {found}, not {distribution.sha256}. "
            "It was deleted.",
            "Run the command again; if it stays so, a proxy changes what passes.",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
