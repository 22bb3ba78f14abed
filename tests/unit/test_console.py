"""Text of a log must not reach the terminal as commands."""

import pytest

from wwwatch.console import plain, plain_markup


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x07", "a\r\nb", "\u202eexe.txt", "\x9b31m", "\x00"])
def test_control_characters_are_spelled_out(hostile: str) -> None:
    assert not set(plain(hostile)) & set("\x1b\x07\r\n\u202e\x9b\x00")


def test_long_text_is_cut() -> None:
    assert len(plain("x" * 10_000)) == 200


def test_markup_of_a_log_is_text() -> None:
    assert plain_markup("[red]x[/]") == r"\[red]x\[/]"
