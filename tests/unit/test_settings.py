"""Settings: one declaration, several sources, every mistake told with its place."""

from pathlib import Path

import pytest

from wwwatch.errors import SettingsError
from wwwatch.settings import load


def test_defaults_need_nothing() -> None:
    settings = load(environ={})
    assert settings.url == ""
    assert settings.engine.distribution == "opensearch"


def test_environment_reaches_every_level() -> None:
    settings = load(environ={"WWWATCH_URL": "http://store:9200", "WWWATCH_MAIL__PORT": "587", "WWWATCH_HOME": "/srv/w"})
    assert (settings.url, settings.mail.port, settings.home) == ("http://store:9200", 587, Path("/srv/w"))


def test_lists_in_the_environment_are_separated_by_commas() -> None:
    settings = load(environ={"WWWATCH_MAIL__RECIPIENTS": "a@example.org, b@example.org"})
    assert settings.mail.recipients == ("a@example.org", "b@example.org")


def test_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text('url = "http://one:9200"\n[mail]\nhost = "mail"\n')
    settings = load(file, environ={"WWWATCH_URL": "http://two:9200"})
    assert (settings.url, settings.mail.host) == ("http://two:9200", "mail")


def test_secret_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("correct horse\n")
    settings = load(environ={"WWWATCH_MAIL__PASSWORD_FILE": str(tmp_path / "password")})
    assert settings.mail.password.get_secret_value() == "correct horse"
    assert "correct" not in repr(settings)


def test_missing_secret_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"WWWATCH_API_KEY_FILE names .*absent"):
        load(environ={"WWWATCH_API_KEY_FILE": str(tmp_path / "absent")})


def test_all_mistakes_are_told_at_once_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "wwwatch.toml"
    file.write_text("timeout_seconds = -1\n[mail]\nhosst = 'x'\n")
    with pytest.raises(SettingsError) as caught:
        load(file, environ={"WWWATCH_ENGINE__PORT": "http"})
    told = caught.value.message
    assert "WWWATCH_ENGINE__PORT" in told
    assert f"timeout_seconds in {file}" in told
    assert f"mail.hosst in {file}: there is no such setting" in told
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
