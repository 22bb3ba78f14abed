"""`wwwatch simulate` and the pacing of lines."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from simulator.attacks import ATTACKS
from simulator.commands import simulate
from simulator.machines import MACHINES
from simulator.pace import LONGEST_WAIT_SECONDS, paced
from simulator.request import Answer, Client
from wwwatch.errors import InputError, UsageError

Simulate = Callable[..., Result]
SMALL = ("--start", "2026-03-02", "--days", "0.1", "--visitors", "100", "--attacks", "scan_users,brute_force_json")


@pytest.fixture
def run() -> Simulate:
    def invoke(*arguments: str | Path) -> Result:
        return CliRunner().invoke(simulate, list(map(str, arguments)), catch_exceptions=False, standalone_mode=False)

    return invoke


def test_log_labels_and_counts_agree(run: Simulate, tmp_path: Path) -> None:
    log, labels = tmp_path / "access.log", tmp_path / "labels.jsonl"

    counts = json.loads(run("--output", log, "--labels", labels, *SMALL, "--json").stdout)

    written = log.read_text(encoding="ascii").splitlines()
    truths = [json.loads(line) for line in labels.read_text().splitlines()]
    assert counts["lines"] == len(written) == sum(counts["by_class"].values())
    assert {truth["class"] for truth in truths} == {"scan", "brute_force"}
    assert counts["runs"] == counts["addresses"] == len(truths) == 2
    for truth in truths:
        assert sum(line.startswith(truth["address"] + " ") for line in written) == truth["requests"]


def test_same_seed_same_file(run: Simulate, tmp_path: Path) -> None:
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        run("--output", tmp_path / name, *SMALL, "--seed", str(seed))

    first, second, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert first == second != other


def test_no_attacks_no_labels(run: Simulate, tmp_path: Path) -> None:
    labels = tmp_path / "labels.jsonl"

    run("--output", tmp_path / "a", "--labels", labels, *SMALL, "--attacks", "none")

    assert labels.read_text() == ""


def test_dash_is_stdout(run: Simulate) -> None:
    result = run("--output", "-", *SMALL, "--vhost", "shop.example.com:443")

    assert result.stdout.count("\n") > 50
    assert all(line.startswith("shop.example.com:443 ") for line in result.stdout.splitlines())


def test_list_names_everything(run: Simulate) -> None:
    listed = [json.loads(line) for line in run("--list", "--json").stdout.splitlines()]

    assert [entry["name"] for entry in listed] == [*ATTACKS, *MACHINES]
    assert "scan_dictionary" in run("--list").stdout


def test_a_log_with_lines_is_not_overwritten_unless_forced(run: Simulate, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("a real line\n")

    with pytest.raises(UsageError, match="not empty"):
        run("--output", log, "--labels", tmp_path / "labels.jsonl", *SMALL)
    assert log.read_text() == "a real line\n"
    assert not (tmp_path / "labels.jsonl").exists()
    run("--output", log, *SMALL, "--force")
    assert "a real line" not in log.read_text()


def test_paced_lines_are_appended(run: Simulate, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("before\n")

    run("--output", log, *SMALL, "--speed", "100000000")

    assert log.read_text().startswith("before\n")
    assert len(log.read_text().splitlines()) > 50


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Where to"),
        (("--output", "-", "--json"), "both write to stdout"),
        (("--output", "x", "--attacks", "nonsense"), "No attack style is called 'nonsense'"),
        (("--output", "x", "--harmless", "nobody"), "No machine is called 'nobody'"),
    ],
)
def test_wrong_usage_is_told(run: Simulate, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(*arguments)


def test_a_folder_that_is_not_there_is_told(run: Simulate, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write"):
        run("--output", tmp_path / "absent" / "access.log", *SMALL)


def test_pace_waits_until_each_request_is_due() -> None:
    client = Client("198.51.100.7", "x", "a", "person")
    requests = [client.request(1000 + offset, "GET", "/", Answer(200, 1)) for offset in (0, 5, 5, 25)]
    now = [50.0]
    sleeps: list[float] = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        now[0] += seconds

    at = [now[0] for _ in paced(requests, 1000, 10, lambda: now[0], sleep)]

    assert at == pytest.approx([50, 50.5, 50.5, 52.5])
    assert max(sleeps) <= LONGEST_WAIT_SECONDS


def test_ctrl_c_ends_with_what_was_written(run: Simulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, labels = tmp_path / "access.log", tmp_path / "labels.jsonl"

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.commands.time.sleep", interrupted)
    counts = json.loads(run("--output", log, "--labels", labels, *SMALL, "--speed", "1", "--json").stdout)

    assert counts["lines"] == len(log.read_text().splitlines())
    assert labels.exists()
