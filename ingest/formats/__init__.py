"""Log formats: what a line looks like, by name, by directive or by its first lines."""

from ingest.formats import w3c
from ingest.formats.detection import SAMPLE_LINES, detect
from ingest.formats.log_format import LogFormat
from ingest.formats.names import ALIASES, AUTO, FORMATS, candidates, described, named, remembered

__all__ = [
    "ALIASES",
    "AUTO",
    "FORMATS",
    "SAMPLE_LINES",
    "LogFormat",
    "candidates",
    "described",
    "detect",
    "named",
    "remembered",
    "w3c",
]
