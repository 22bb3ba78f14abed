"""The figures of shipping, each beside its ceiling, measured in the same run."""
