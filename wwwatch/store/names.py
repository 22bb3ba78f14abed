"""Names of the indices and data streams. NS is the namespace, the site; see the table in the design."""

MODELS = "wwwatch-models"
CONTROL = "wwwatch-control"
POSITIONS = "wwwatch-positions"
SCRATCH_PREFIX = "wwwatch-scratch-"


def access_stream(dataset: str, namespace: str) -> str:
    """The data stream access events of a dataset (`nginx.access`) are written to."""
    return f"logs-{dataset}-{namespace}"


def access_index(namespace: str) -> str:
    """The pattern all access events of a namespace are read by."""
    return f"logs-*.access-{namespace}"


def rejects_stream(namespace: str) -> str:
    """The data stream of lines that no format took."""
    return f"logs-wwwatch.rejects-{namespace}"


def pipeline_stream(namespace: str) -> str:
    """The data stream of self-watch figures."""
    return f"metrics-wwwatch.pipeline-{namespace}"


def rollup_index(namespace: str) -> str:
    """The slow memory: one document an entity and hour."""
    return f"metrics-wwwatch.rollup-{namespace}"


def anomalies(namespace: str) -> str:
    """The index of scored windows that were out of the ordinary."""
    return f"wwwatch-anomalies-{namespace}"


def incidents(namespace: str) -> str:
    """The index of episodes."""
    return f"wwwatch-incidents-{namespace}"


def selfwatch(namespace: str) -> str:
    """The index of the watch's own incidents: what is wrong with it, not with the site."""
    return f"wwwatch-selfwatch-{namespace}"


def windows(namespace: str) -> str:
    """The ledger: per minute of event time, how many documents were judged."""
    return f"wwwatch-windows-{namespace}"


def labels(namespace: str) -> str:
    """The simulator's ground truth."""
    return f"wwwatch-labels-{namespace}"
