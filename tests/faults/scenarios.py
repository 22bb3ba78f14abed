"""The faults, each as a function of a world and a scale. They end with a comparison, line by line."""

import gzip
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from tests.faults.proxy import BUSY, CUT, DELAY, GARBAGE, PASS, SHORT, UNANSWERED, UNAVAILABLE, Proxy
from tests.faults.world import Found, Scale, World, own_engine, peak_bytes, summed, wait_for
from wwwatch import engine
from wwwatch.engine.process import birth_mark, kill_group
from wwwatch.settings import Settings

Scenario = Callable[[World, Scale], Found]
SLOW = {PASS: 1.0, DELAY: 1.0}


def killed_ship(world: World, scale: Scale) -> Found:
    """`ship` is killed at random moments, and run again."""
    return _killed(world, scale, rolls=False)


def killed_ship_and_rollover(world: World, scale: Scale) -> Found:
    """The same, and the stream rolls over before the next run, so that it has forgotten the ids."""
    return _killed(world, scale, rolls=True)


def _killed(world: World, scale: Scale, rolls: bool) -> Found:
    in_the_middle = stored_before = 0
    with Proxy(world.url, world.seed, SLOW) as proxy:
        for _ in range(scale.faults):
            world.write(scale.lines)
            with world.shipper(url=proxy.url) as process:
                _kill_at_a_random_moment(world, proxy, process)
            stored = world.stored()
            in_the_middle += stored_before < stored < world.lines
            stored_before = stored
            if rolls and stored:
                world.roll_over()
        world.ship(proxy.url)
    return world.compare(scale.faults, note=f"{in_the_middle} times in the middle of delivery")


def _kill_at_a_random_moment(world: World, proxy: Proxy, process: "subprocess.Popen[str]") -> None:
    """By requests met rather than by the clock, so that a busy machine does not make all moments early ones."""
    met = proxy.met.total() + world.random.randint(0, 4)
    # Where it ends before its moment comes, that is as good.
    wait_for(lambda: proxy.met.total() >= met or process.poll() is not None)
    time.sleep(world.random.uniform(0, proxy.delay_seconds))
    process.kill()


def killed_follow(world: World, scale: Scale) -> Found:
    """`ship --follow` is killed at random moments while the log grows, and started again."""
    with Proxy(world.url, world.seed, SLOW) as proxy, _growing(world, scale.lines):
        for _ in range(scale.faults):
            with world.shipper("--follow", url=proxy.url) as process:
                _kill_at_a_random_moment(world, proxy, process)
    with world.shipper("--follow") as process:
        world.wait_until_stored(world.lines)
        world.stop(process)
    return world.compare(scale.faults)


def bad_network(world: World, scale: Scale) -> Found:
    """A proxy delays, cuts, answers 429 and 503, answers garbage or half, or stores and then hangs up."""
    faults = {PASS: 12, DELAY: 2, CUT: 1, UNANSWERED: 1, SHORT: 1, GARBAGE: 1, BUSY: 1, UNAVAILABLE: 1}
    with Proxy(world.url, world.seed, faults) as proxy:
        for _ in range(max(1, scale.faults // 3)):
            world.write(scale.lines * 3)
            world.ship(proxy.url)
    return world.compare(proxy.met.total() - proxy.met[PASS], note=summed(proxy.met))


def unanswered_and_rollover(world: World, scale: Scale) -> Found:
    """The store stores and the answer is lost; the stream rolls over before the request is sent again."""
    with Proxy(world.url, world.seed, {UNANSWERED: 1, PASS: 2}) as proxy, ThreadPoolExecutor(1) as pool:
        world.write(scale.lines)
        world.ship()
        for _ in range(max(1, scale.faults // 3)):
            world.write(scale.lines)
            met = proxy.met[UNANSWERED]
            shipping = pool.submit(world.ship, proxy.url)
            wait_for(partial(_met_or_done, proxy, met, shipping))
            world.roll_over()
            shipping.result()
    return world.compare(proxy.met[UNANSWERED])


def _met_or_done(proxy: Proxy, met: int, shipping: Future[None]) -> bool:
    return proxy.met[UNANSWERED] > met or shipping.done()


def small_requests_only(world: World, scale: Scale) -> Found:
    """A proxy answers 413 to all but small requests, as nginx does with its client_max_body_size."""
    with Proxy(world.url, world.seed, limit_bytes=100_000) as proxy:
        world.write(scale.lines)
        world.ship(proxy.url)
    return world.compare(proxy.met["413"])


def store_away(world: World, scale: Scale) -> Found:
    """The store is away while a shipper follows a log that grows: it stops reading, and loses nothing."""
    with Proxy(world.url, world.seed) as proxy, world.shipper("--follow", url=proxy.url) as process:
        world.write(scale.lines)
        world.wait_until_stored(1)
        proxy.away = True
        world.write(scale.memory_lines)
        time.sleep(scale.away_seconds)
        assert world.stored() < world.lines
        proxy.away = False
        world.wait_until_stored(world.lines)
        peak = peak_bytes(process.pid)
        world.stop(process)
    return world.compare(1, peak_bytes=peak, note=f"away {scale.away_seconds:.0f} s")


def engine_killed(world: World, scale: Scale) -> Found:
    """The engine is killed in the middle of bulk requests and started again."""
    own = own_engine(world.folder / "engine-home")
    try:
        other, turns = World(engine.ensure_running(own), world.folder, world.seed), max(1, scale.faults // 10)
        with Proxy(other.url, world.seed) as proxy:
            for _ in range(turns):
                _kill_engine(own, other, proxy, scale.lines * 4)
        return other.compare(turns)
    finally:
        engine.wipe(own)


def _kill_engine(own: Settings, world: World, proxy: Proxy, lines: int) -> None:
    """Kill it when some of the lines are stored, start it, and see the shipper through. It may get another port."""
    before = world.stored()
    world.write(lines)
    with world.shipper(url=proxy.url) as process:
        wait_for(lambda: world.stored() > before)
        pid = engine.status(own).pid
        assert pid
        kill_group(pid)
        wait_for(lambda: birth_mark(pid) is None)
        proxy.target = engine.ensure_running(own)
        world.connect(proxy.target)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0 or "not delivered" in out, out + err
    world.ship()  # what it left, if the engine took longer to come back than it waits


def full_disk(world: World, scale: Scale) -> Found:
    """Positions cannot be written: at the start, then while a shipper follows; then there is room again."""
    world.write(scale.lines)
    with world.shipper(full_disk=True) as process:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1, err
        assert "Cannot keep positions" in err
    assert world.stored() == 0, "nothing is sent that is not noted before"
    with world.shipper("--follow") as process:
        world.wait_until_stored(1)
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
        world.write(scale.lines)
        time.sleep(1.5)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        world.write(10)
        world.wait_until_stored(world.lines)
        world.stop(process)
    world.ship()
    return world.compare(2)


def two_shippers(world: World, scale: Scale) -> Found:
    """Two at one file at once: with one home one of them is refused, with two homes both deliver."""
    world.write(scale.lines)
    with Proxy(world.url, world.seed, SLOW) as proxy:
        with world.shipper(url=proxy.url) as one, world.shipper(url=proxy.url) as other:
            ends = [process.communicate(timeout=60)[1] for process in (one, other)]
        told = [err for err in ends if "Another wwwatch ship is delivering" in err]
        assert sorted([one.returncode, other.returncode]) == ([0, 1] if told else [0, 0]), ends
        world.write(scale.lines)
        with (
            world.shipper(url=proxy.url, home=world.folder / "one") as one,
            world.shipper(url=proxy.url, home=world.folder / "other") as other,
        ):
            for process in (one, other):
                _, err = process.communicate(timeout=60)
                assert process.returncode == 0, err
    return world.compare(2, note=f"{len(told)} refused")


def rotated_by_name(world: World, scale: Scale) -> Found:
    """logrotate's default: the log is renamed to .1, .1 to .2, a new one begins."""
    return _rotated(world, scale, _shift)


def rotated_by_date(world: World, scale: Scale) -> Found:
    """logrotate's dateext: the log is renamed to a name of its own."""
    return _rotated(world, scale, lambda world, turn: _renamed(world, f"access.log-202611{turn:02}"))


def rotated_and_compressed(world: World, scale: Scale) -> Found:
    """Renamed, and compressed one rotation later (delaycompress)."""

    def rotate(world: World, turn: int) -> None:
        before = world.folder / f"access.log-{turn - 1}"
        _renamed(world, f"access.log-{turn}")
        if before.exists():
            with before.open("rb") as source, gzip.open(f"{before}.gz", "wb") as target:
                shutil.copyfileobj(source, target)
            before.unlink()

    return _rotated(world, scale, rotate)


def copied_and_truncated(world: World, scale: Scale) -> Found:
    """logrotate's copytruncate. What is written between the copy and the truncation is in neither file: the bound."""
    between = 3

    def rotate(world: World, turn: int) -> None:
        shutil.copy(world.log, world.folder / f"access.log-{turn}")
        world.write(between)
        with world.log.open("r+") as file:
            file.truncate(0)

    return _rotated(world, scale, rotate, bound=between * scale.faults)


def _shift(world: World, turn: int) -> None:
    for number in range(turn, 0, -1):
        older = world.folder / f"access.log.{number}"
        if older.exists():
            older.rename(world.folder / f"access.log.{number + 1}")
    _renamed(world, "access.log.1")


def _renamed(world: World, name: str) -> None:
    world.log.rename(world.folder / name)
    world.log.touch()


def _rotated(world: World, scale: Scale, rotate: Callable[[World, int], None], bound: int = 0) -> Found:
    with world.shipper("--follow", pattern=f"{world.folder}/access.log*") as process:
        for turn in range(1, scale.faults + 1):
            for _ in range(4):
                world.write(scale.lines // 16)
                time.sleep(world.random.uniform(0, 0.1))
            rotate(world, turn)
        world.write(10)
        world.wait_until_stored(world.lines - bound)
        world.stop(process)
    return world.compare(scale.faults, bound=bound)


@contextmanager
def _growing(world: World, lines: int) -> Iterator[None]:
    """The log grows by about `lines` a second while the context is open."""
    going = True

    def grow() -> None:
        while going:
            world.write(lines // 20)
            time.sleep(0.05)

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(grow)
        try:
            yield
        finally:
            going = False
    writing.result()


SCENARIOS: dict[str, Scenario] = {
    "kill -9 of ship": killed_ship,
    "kill -9 of ship, then rollover": killed_ship_and_rollover,
    "kill -9 of ship --follow": killed_follow,
    "network: delays, cuts, 429, 503, garbage": bad_network,
    "stored but unanswered, then rollover": unanswered_and_rollover,
    "413 to all but small requests": small_requests_only,
    "store away": store_away,
    "engine killed and restarted": engine_killed,
    "no room for positions": full_disk,
    "two shippers at one file": two_shippers,
    "rotation by rename": rotated_by_name,
    "rotation by date": rotated_by_date,
    "rotation, compressed later": rotated_and_compressed,
    "rotation by copytruncate": copied_and_truncated,
}
