"""Settings: one declaration, several sources, every mistake told with its place."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from wwwatch.cli import wwwatch
from wwwatch.errors import SettingsError
from wwwatch.settings import load
from wwwatch.settings_reference import UNSAID, reference, sample, settings

DOCS = Path(__file__).parents[2] / "docs"


def test_defaults_need_nothing() -> None:
    found = load(environ={})
    assert found.url == ""
    assert found.engine.distribution == "opensearch"


def test_environment_reaches_every_level() -> None:
    found = load(environ={"WWWATCH_URL": "http://store:9200", "WWWATCH_MAIL__PORT": "587", "WWWATCH_HOME": "/srv/w"})
    assert (found.url, found.mail.port, found.home) == ("http://store:9200", 587, Path("/srv/w"))


def test_lists_in_the_environment_are_separated_by_commas() -> None:
    found = load(environ={"WWWATCH_MAIL__RECIPIENTS": "a@example.org, b@example.org"})
    assert found.mail.recipients == ("a@example.org", "b@example.org")


def test_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text('url = "http://one:9200"\n[mail]\nhost = "mail"\n')
    found = load(file, environ={"WWWATCH_URL": "http://two:9200"})
    assert (found.url, found.mail.host) == ("http://two:9200", "mail")


def test_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n")
    found = load(environ={"WWWATCH_MAIL__PASSWORD_FILE": str(tmp_path / "password")})
    assert found.mail.password.get_secret_value() == "correct horse"
    assert "correct" not in repr(found)


def test_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"WWWATCH_API_KEY_FILE names .*absent"):
        load(environ={"WWWATCH_API_KEY_FILE": str(tmp_path / "absent")})


def test_all_mistakes_are_told_at_once_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text("timeout_seconds = -1\n[mail]\nhosst = 'x'\n")
    with pytest.raises(SettingsError) as caught:
        load(file, environ={"WWWATCH_ENGINE__PORT": "http"})
    said = caught.value.message
    assert "WWWATCH_ENGINE__PORT" in said
    assert f"timeout_seconds in {file}" in said
    assert f"mail.hosst in {file}: there is no such setting; do you mean mail.host?" in said
    assert "it must be greater than 0, not -1" in said
    assert caught.value.exit_code == 2


def test_somebody_elses_variable_is_no_setting() -> None:
    assert load(environ={"WWWATCH_OF_ANOTHER_KIND": "1"}) == load(environ={})


def test_file_that_is_no_toml(tmp_path: Path) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text("url: http://x")
    with pytest.raises(SettingsError, match="is not TOML"):
        load(file, environ={})


def test_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Cannot read the settings file"):
        load(tmp_path / "absent.toml", environ={})


def told(tmp_path: Path, text: str = "", **environ: str) -> list[str]:
    """What is said of wrong settings, line by line."""
    file = tmp_path / "wwwatch.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(file, environ=environ)
    return [line.strip().replace(str(file), "FILE") for line in caught.value.message.splitlines()[1:]]


def test_what_cannot_be_read_is_told_together_with_what_is_wrong(tmp_path: Path) -> None:
    assert told(
        tmp_path,
        "timezone = 'UTC'",
        WWWATCH_API_KEY_FILE="/absent",
        WWWATCH_MAIL__PORT__X="1",
        WWWATCH_MAIL__SECURITY="ssl",
        WWWATCH_SITE__TIMEZONE="Mars",
        WWWATCH_SERVICE__TRAIN="weekly",
        WWWATCH_TIMEOUT_SECOND="3",
    ) == [
        "WWWATCH_API_KEY_FILE names /absent, which cannot be read: No such file or directory",
        "WWWATCH_MAIL__PORT__X: port is a single setting, not a group",
        "WWWATCH_TIMEOUT_SECOND: there is no such setting; do you mean WWWATCH_TIMEOUT_SECONDS?",
        "WWWATCH_MAIL__SECURITY: it must be 'none', 'starttls' or 'tls', not 'ssl'",
        "WWWATCH_SERVICE__TRAIN: 'weekly' has 1 fields; cron has five: minute hour day month weekday",
        "WWWATCH_SITE__TIMEZONE: it must be the IANA name of a time zone, such as Europe/Berlin or UTC, not 'Mars'",
        "timezone in FILE: there is no such setting; do you mean site.timezone?; see wwwatch config show",
    ]


def test_a_group_written_as_a_setting(tmp_path: Path) -> None:
    assert told(tmp_path, "mail = 'mail.example.org'", WWWATCH_MAIL__HOST="x")[0] == (
        "WWWATCH_MAIL__HOST: mail is a single setting, not a group"
    )


def test_secrets_are_neither_told_nor_shown(tmp_path: Path) -> None:
    url = "https://watch:correct-horse@store:9200"
    said = told(tmp_path, WWWATCH_KIBANA__TIMEOUT_SECONDS=url, WWWATCH_COMPRESS=url, WWWATCH_API_KEY="correct-horse")
    assert "correct-horse" not in " ".join(said)
    (tmp_path / "wwwatch.toml").write_text(
        f'url = "{url}"\napi_key = "correct-horse"\n[kibana]\nurl = "{url}"\n[mail]\npassword = "correct-horse"\n'
    )
    for options in ([], ["--json"]):
        shown = CliRunner().invoke(wwwatch, ["--config", str(tmp_path / "wwwatch.toml"), "config", "show", *options])
        assert shown.exit_code == 0
        assert "store:9200" in shown.output
        assert "correct-horse" not in shown.output


def test_every_setting_says_what_it_is_for() -> None:
    assert [setting.name for setting in settings() if not setting.help] == []
    assert len({setting.variable for setting in settings()}) == len(list(settings()))


def test_the_sample_changes_nothing_also_with_every_line_taken_in(tmp_path: Path) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text(sample())
    assert load(file, environ={}) == load(environ={})
    said = [line for line in sample().splitlines() if not line.endswith(f"= {UNSAID}")]
    file.write_text("\n".join(re.sub(r"^#(?=\w+ = )", "", line) for line in said))
    assert load(file, environ={}) == load(environ={})


def test_the_documents_of_the_settings_are_not_stale() -> None:
    """To mend it: make settings-docs."""
    assert (DOCS / "wwwatch.toml").read_text(encoding="utf-8") == sample()
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == reference()
