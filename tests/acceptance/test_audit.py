"""The scan for secrets finds one, and nothing in what is committed."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCAN = ROOT / ".ci" / "secrets"

pytestmark = pytest.mark.skipif(
    not (ROOT / ".venv" / "bin" / "detect-secrets-hook").exists(), reason="detect-secrets is not installed"
)


@pytest.mark.parametrize(
    "secret",
    [
        "aws = " + "AKIA" + "Q6F2XJ7TLWN4R5ZD",
        "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIEpAIBAAKCAQEA\n",
        "url = https://elastic:" + "x7Kq9vTz2LmB" + "@elastic.example.org:9200",
        "token = ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    ],
)
def test_a_secret_would_be_found(tmp_path: Path, secret: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(secret + "\n")
    done = subprocess.run([SCAN, file], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert str(file) in done.stdout


def test_an_example_is_none(tmp_path: Path) -> None:
    file = tmp_path / "example.toml"
    file.write_text('url = "https://user:password@elastic.example.org:9200"\n')
    assert subprocess.run([SCAN, file], capture_output=True, check=False).returncode == 0
