"""The errors wwwatch raises on purpose. The command turns each into one message and an exit code.

Everything else that reaches the top is a bug and keeps its traceback.
"""


class WwwatchError(Exception):
    """Something went wrong that a person can mend.

    message: what failed and where. hint: what to do next. exit_code: 1 failure, 2 wrong usage.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(WwwatchError):
    """The command line or a value in it makes no sense."""

    exit_code = 2


class SettingsError(WwwatchError):
    """A setting is unknown, malformed or contradicts another. Exit code 2: nothing was tried."""

    exit_code = 2


class InputError(WwwatchError):
    """A file or stream could not be read."""


class EngineError(WwwatchError):
    """The embedded engine could not be fetched, started or stopped."""


class StoreError(WwwatchError):
    """The store answered with an error, or with something that is not an answer."""


class StoreUnreachable(StoreError):  # noqa: N818 - reads as the condition it names
    """No node of the store answered. Trying again later may help."""


class StoreRefused(StoreError):  # noqa: N818
    """The store knows us and says no: wrong password or key, missing privilege. Trying again does not help."""


class DashboardsError(WwwatchError):
    """Kibana or OpenSearch Dashboards did not answer, or not as it should."""
