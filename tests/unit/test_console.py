"""Text of a log must not reach the terminal as commands."""

import pytest
from rich.console import Console

from wwwatch.console import plain, plain_markup, progress


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "a\r\nb", "\u202eexe.txt", "\x9b31m", "\x00"])
def test_control_characters_are_spelled_out(hostile: str) -> None:
    assert not set(plain(hostile)) & set("\x1b\x07\r\n\u202e\x9b\x00")


def test_long_text_is_cut() -> None:
    assert len(plain("x" * 10_000)) == 200


def test_markup_of_a_log_is_text() -> None:
    assert plain_markup("[red]x[/]") == r"\[red]x\[/]"


def test_without_a_terminal_progress_is_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([0.0, 1.0, 6.0, 6.0, 7.0])
    monkeypatch.setattr("wwwatch.console.time.monotonic", lambda: next(seconds))
    monkeypatch.setattr("wwwatch.console.stderr", Console(stderr=True, force_terminal=False))
    with progress("Lines [x]", total=3000) as advance:
        advance(1000)
        advance(1000)
        advance(1000)
    assert capsys.readouterr().err.splitlines() == ["Lines [x]: 2,000 of 3,000"]
