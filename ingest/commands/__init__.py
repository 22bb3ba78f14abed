"""The room's subcommands, one module each."""

import os

# The engine, on small machines beside the shipper, needs the cores. Set before polars starts its threads.
os.environ.setdefault("POLARS_MAX_THREADS", "1")
