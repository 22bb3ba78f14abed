"""What `wwwatch run` has housekeeping do."""

from typing import Any

from wwwatch.errors import StoreError
from wwwatch.housekeeping.job import housekeeping_pass
from wwwatch.service.jobs import Turn


def housekeeping(turn: Turn) -> dict[str, Any]:
    """Remove what is too old, for every site of the store. Raise StoreError if some of it could not be done."""
    report = housekeeping_pass(turn.store, turn.settings, turn.clock())
    if report.failed:
        raise StoreError(f"Housekeeping left undone: {'; '.join(report.failed)}")
    return {
        "rolled_over": len(report.rolled_over),
        "indices": len(report.indices),
        "documents": report.documents.total(),
        "models": len(report.models),
    }
