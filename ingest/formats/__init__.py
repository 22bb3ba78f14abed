"""Log formats: what a line looks like, by name, by directive or by its first lines."""

from ingest.formats.detection import detect
from ingest.formats.log_format import LogFormat
from ingest.formats.names import AUTO, FORMATS, candidates, named

__all__ = ["AUTO", "FORMATS", "LogFormat", "candidates", "detect", "named"]
