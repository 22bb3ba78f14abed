"""`python -m detector.make_base_rows`: simulate made-up sites and attackers, count them, write the base model's rows.

Sites of several kinds and sizes, each with days of ordinary traffic and runs of every attack style; everything is
seeded. Needs a store (the embedded engine will do). Run it again when the features or the simulator changed.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from detector.attack_rows import attacks, count, labelled, usual_traffic
from detector.base_rows import FILE_NAME, save
from detector.model import NORMAL, SEED
from detector.training import Rows, joined, label_counts
from detector.windows import DAY_SECONDS
from simulator.machines import MACHINES
from simulator.site import Site
from simulator.traffic import generate
from wwwatch.console import progress, say
from wwwatch.settings import load
from wwwatch.store import Store, connect

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
# A flood or a scraper fills few windows where a guesser fills many: more runs make up for it.
STRENGTHS = dict.fromkeys(("dos", "scraping"), (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95))


def sites() -> list[tuple[str, Site, int, int, bool]]:
    """(name, site, visitors a day, days, timed). Small sites get more days, so that each has about as much to tell.

    timed: its log says how long requests took. Half of them do, so that the model can do with and without.
    """
    return [
        ("shop", Site.shop(1), 600, 3, True),
        ("wordpress", Site.wordpress(2), 250, 4, False),
        ("static", Site.static(3), 120, 5, True),
        ("busy shop", Site.shop(4), 4000, 1, False),
        ("soft 404", Site.wordpress(5).answering_missing_with(301, 169), 200, 3, True),
        ("port 80", Site.static(6).redirecting_all(), 150, 3, False),
    ]


def rows_of(store: Store, name: str, site: Site, visitors_per_day: int, days: int, timed: bool, seed: int) -> Rows:
    """Ordinary traffic and attacks of one site, each row labelled."""
    start = START.timestamp()
    end = start + days * DAY_SECONDS
    requests = generate(site, start, end, seed, visitors_per_day, harmless=tuple(MACHINES))
    with progress(f"{name}: counting") as advance:
        normal = labelled(count(store, requests, advance, timed), requests)
        background = usual_traffic(normal.counts[normal.labels == NORMAL])
        hostile = attacks(store, site, background, seed, advance, strengths=STRENGTHS, timed=timed)
    rows = joined([normal, hostile])
    say(f"{name}: {len(requests):,} requests; rows {label_counts(rows.labels)}")
    return Rows(rows.counts, rows.labels, f"{name}/" + rows.groups)


def main(path: str) -> None:
    """Write the rows of all sites."""
    store = connect(load())
    store.ensure_setup()
    parts = [rows_of(store, *site, seed=SEED + number) for number, site in enumerate(sites())]
    rows = joined(parts)
    save(rows, path)
    say(f"{path}: {len(rows):,} rows, {Path(path).stat().st_size:,} bytes; {label_counts(rows.labels)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(Path(__file__).parent / FILE_NAME))
