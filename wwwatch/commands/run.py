"""`wwwatch run`: the service."""

import logging
import signal
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import FrameType

import click

from wwwatch.console import plain_markup, say
from wwwatch.errors import SettingsError, StoreUnreachable
from wwwatch.namespaces import Namespace
from wwwatch.service.leadership import new_holder
from wwwatch.service.service import Service
from wwwatch.service.serving import serve
from wwwatch.settings import Settings, load
from wwwatch.store import Store, StoreBusy, connect

AWAY_SECONDS = 5.0
LOOK_SECONDS = 0.2
# A signal that comes again later than this ends at once. Sooner, it is the same one: `timeout` and terminals send it
# to the process and to its group.
TWICE_SECONDS = 1.0


@click.command()
@click.option(
    "--namespace",
    "namespaces",
    type=Namespace(),
    multiple=True,
    help="A site; again for more. Default: service.namespaces.",
)
@click.pass_obj
def run(config: Path | None, namespaces: tuple[str, ...]) -> None:
    """Do every job at its time: judge, mail, digest, train, watch itself. Stays until SIGTERM or SIGINT.

    Several may run, on several machines: for each site one of them works, and another takes over within 30 seconds
    when it is gone. SIGHUP reads the settings again. A store that is away is waited for.
    """
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a call that is late is the schedule's own matter
    ending, reload = Event(), Event()
    current: list[Service] = []
    asked_at: list[float] = []
    settings = load(config)

    def leave(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            reload.set()
        elif asked_at and time.monotonic() - asked_at[0] > TWICE_SECONDS:
            raise KeyboardInterrupt
        else:
            asked_at.append(time.monotonic())
            ending.set()
        for service in current:
            service.stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)
    while not ending.is_set():
        reload.clear()
        store = _connected(settings, ending)
        if store is None:
            break
        service = Service(store, settings, new_holder(), _tell, namespaces)
        current[:] = [service]
        if ending.is_set() or reload.is_set():
            service.stopped.set()
        _tell(f"Watching {', '.join(namespaces or settings.service.namespaces)} in {store.description}.")
        address = settings.service.health_address
        unserve = serve(service, address) if address else lambda: None
        service.run()
        unserve()
        current.clear()
        store.close()
        if reload.is_set() and not ending.is_set():
            settings = _reloaded(config, settings)
    _tell("Ended.")


def _connected(settings: Settings, ending: Event) -> Store | None:
    """The store, its templates in place, as soon as it answers; None if we are to end before. Raise StoreError for
    what waiting does not mend.
    """
    answer: SimpleQueue[Store | Exception] = SimpleQueue()
    # In a thread that does not keep the process: a connection may take a minute to fail, an end must not.
    Thread(target=_connect, args=(settings, answer, ending), name="connect", daemon=True).start()
    while not ending.is_set():
        try:
            found = answer.get(timeout=LOOK_SECONDS)
        except Empty:
            continue
        if isinstance(found, Exception):
            raise found
        return found
    return None


def _connect(settings: Settings, answer: "SimpleQueue[Store | Exception]", ending: Event) -> None:
    told = False
    while not ending.is_set():
        try:
            store = connect(settings)
            store.ensure_setup()
        except (StoreUnreachable, StoreBusy) as error:
            if not told:
                _tell(f"Waiting for the store: {error.message}")
            told = True
            ending.wait(AWAY_SECONDS)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            answer.put(error)
            return
        else:
            answer.put(store)
            return


def _reloaded(config: Path | None, before: Settings) -> Settings:
    try:
        settings = load(config)
    except SettingsError as error:
        _tell(f"The settings before stay: {error.message}")
        return before
    _tell("The settings were read again.")
    return settings


def _tell(message: str) -> None:
    for line in message.splitlines():
        say(plain_markup(line, limit=2000))
