"""What went wrong with the engine, in words a person can act on."""

import errno
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from filelock import Timeout

from wwwatch.errors import EngineError

SHOWN_LINES = 3
# What the engine or Java writes before it dies, the setting behind it, and what to do. The first match wins.
CAUSES = (
    (
        r"BindHttpException|Failed to bind to|Address already in use",
        "its port is in use",
        "Free the port, or set WWWATCH_ENGINE__PORT to another one (0 takes the first free port).",
    ),
    (
        r"Could not reserve enough space|insufficient memory|native thread|OutOfMemoryError|Invalid maximum heap size",
        "there is not enough memory for it",
        "Free memory, or set WWWATCH_ENGINE__HEAP_MB to a smaller heap (512 is enough to try things).",
    ),
    (
        r"No space left on device|Disk quota exceeded",
        "the disk is full",
        "Free disk space, or set WWWATCH_HOME to a folder on another disk.",
    ),
    (
        r"failed to obtain node lock",
        "another engine process uses its data folder",
        "Find it with `ps ax` (its command line names the folder) and end it, or set WWWATCH_HOME to another folder.",
    ),
    (
        r"ClassNotFoundException|NoClassDefFoundError|Could not find or load main class|NoSuchFileException.*\.jar",
        "its program files are damaged",
        "Delete the folder of the unpacked engine (named above) and run the command again.",
    ),
    (
        r"IndexFormatTooNew|CorruptIndex|CorruptState|cannot downgrade a node",
        "its data cannot be read",
        "Restore the data folder from a copy, or give it up with `wwwatch engine wipe`.",
    ),
)
TELLING = re.compile(r"ERROR|FATAL|Exception|Caused by|^Error|uncaught|refus|[Ff]ailed|Unrecognized")
# Stack frames, Java's warnings about itself, and what the engine says while all is well (its options name errors too).
NOISE = re.compile(r"^\s*at |^WARNING: |^\s*\.\.\. \d+ more|^\[[^]]*\]\[(INFO|WARN|DEBUG) *\]")


def explain_death(log_lines: Sequence[str], exit_code: int | None) -> tuple[str, str]:
    """Say why the engine died, and what to do, from the end of its log and its exit code (None: unknown).

    Return (reason with the lines that tell it, hint).
    """
    told = list(dict.fromkeys(line.strip() for line in log_lines if line.strip() and not NOISE.search(line)))
    reason, hint, shown = "it ended by itself", "Read its logs for the cause.", []
    for pattern, known_reason, known_hint in CAUSES:
        if shown := [line for line in told if re.search(pattern, line)]:
            reason, hint = known_reason, known_hint
            break
    else:
        if exit_code in {-9, 137}:
            reason = "it was killed, most likely by the system for want of memory"
            hint = "Free memory, or set WWWATCH_ENGINE__HEAP_MB to a smaller heap."
    shown = (shown or [line for line in told if TELLING.search(line)] or told)[-SHOWN_LINES:]
    code = f" (exit code {exit_code})" if exit_code is not None else ""
    return "\n".join([reason + code, *(f"    {line[:200]}" for line in shown)]), hint


@contextmanager
def as_engine_error(doing: str, setting: str) -> Iterator[None]:
    """Turn an error of the file system into an EngineError that names what was done and the setting of the folder."""
    try:
        yield
    except Timeout as error:
        raise EngineError(
            f"{doing}: another wwwatch process has held {error.lock_file} for too long.",
            "See what it does (`ps`), or end it, and run the command again.",
        ) from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            hint = f"Free disk space, or set {setting} to a folder on another disk."
            raise EngineError(f"{doing}: the disk is full.", hint) from error
        where = f" ({error.filename})" if error.filename else ""
        hint = f"Mend the permission or set {setting} to a folder you can write to."
        raise EngineError(f"{doing}: {error.strerror or error}{where}.", hint) from error
