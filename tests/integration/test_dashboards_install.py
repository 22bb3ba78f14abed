"""Installing the pages: the right file, only our objects, and no error that is not told."""

import base64
from pathlib import Path
from typing import Any

import orjson
import pytest
import trustme

from dashboards import build
from dashboards.install import Installed, install
from tests.conftest import Run
from tests.integration.kibana_stand_in import StandIn, serving
from wwwatch.errors import DashboardsError, SettingsError
from wwwatch.settings import load

UNSUPPORTED = {"type": "unsupported_type"}


def objects(name: str) -> int:
    return build.shipped(name).count(b"\n")


def installed(stand_in: StandIn, scheme: str = "http", **settings: str) -> Installed:
    environment = {f"WWWATCH_{name.upper()}": value for name, value in settings.items()}
    address = {"WWWATCH_KIBANA__URL": f"{scheme}://127.0.0.1:{stand_in.port}"}
    return install(load(environ=address | environment))


def refused(stand_in: StandIn, scheme: str = "http", **settings: str) -> DashboardsError:
    with pytest.raises(DashboardsError) as told:
        installed(stand_in, scheme, **settings)
    return told.value


@pytest.mark.parametrize(
    ("product", "version", "name"),
    [
        ("kbn", "9.4.0", build.KIBANA),
        ("kbn", "8.19.3", build.KIBANA),
        ("kbn", "8.9.0", build.KIBANA),
        ("kbn", "8.8.2", build.OPENSEARCH),
        ("kbn", "7.10.2", build.OPENSEARCH),
        ("osd", "2.19.4", build.OPENSEARCH),
        ("osd", "3.6.0-SNAPSHOT", build.OPENSEARCH),
    ],
)
def test_a_server_gets_the_file_it_takes_and_again_only_replaces(product: str, version: str, name: str) -> None:
    with serving(StandIn(product, version)) as stand_in:
        first = installed(stand_in)
        assert (first.objects, first.replaced) == (objects(name), 0)
        assert len(stand_in.objects) == objects(name)
        assert stand_in.objects["dashboard", "wwwatch-traffic"]["attributes"]["title"] == "[wwwatch] Traffic overview"
        again = installed(stand_in)
        assert (again.objects, again.replaced, again.notes) == (objects(name), objects(name), ())


def test_a_kibana_too_old_for_both_files_is_told() -> None:
    with serving(StandIn(version="6.8.23")) as stand_in:
        assert "too old" in refused(stand_in).message
        assert stand_in.objects == {}


def test_http_200_is_not_believed_when_objects_were_refused() -> None:
    """OpenSearch Dashboards 3.7.0: every object an `unsupported_type`, and HTTP 200."""
    types = ("index-pattern", "visualization", "search", "dashboard")
    with serving(StandIn("osd", "3.7.0", refuse=dict.fromkeys(types, UNSUPPORTED))) as stand_in:
        error = refused(stand_in)
    count = objects(build.OPENSEARCH)
    assert f"imported 0 of {count} objects" in error.message
    assert "index-pattern wwwatch-access: unsupported_type" in error.message
    assert f"and {count - 10} more" in error.message
    assert "12201" in error.hint


def test_every_refused_object_is_named() -> None:
    reason = {"type": "missing_references", "references": []}
    with serving(StandIn(refuse={"tag": reason})) as stand_in:
        error = refused(stand_in)
    assert f"imported {objects(build.KIBANA) - 1} of {objects(build.KIBANA)}" in error.message
    assert "tag wwwatch-tag: missing_references" in error.message


def test_fewer_than_sent_is_no_success_even_if_the_server_says_so() -> None:
    with serving(StandIn(loses=3)) as stand_in:
        assert f"imported {objects(build.KIBANA) - 3} of" in refused(stand_in).message


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((422, b'{"statusCode":422,"message":"belongs to a more recent version"}'), "belongs to a more recent version"),
        ((413, b'{"statusCode":413,"message":"Payload content length greater"}'), "Payload content length greater"),
        ((500, b"<html>proxy</html>"), "HTTP 500"),
        ((200, b"[]"), "did not import"),
    ],
)
def test_an_import_that_fails_as_a_whole_tells_the_servers_reason(answer: tuple[int, bytes], words: str) -> None:
    with serving(StandIn(import_answer=answer)) as stand_in:
        assert words in refused(stand_in).message


def test_somebody_elses_object_under_our_id_is_left_alone_and_nothing_is_written() -> None:
    theirs = {"type": "dashboard", "id": "wwwatch-traffic", "attributes": {"title": "Rush hour"}, "references": []}
    with serving(StandIn(objects={("dashboard", "wwwatch-traffic"): theirs})) as stand_in:
        error = refused(stand_in)
        assert "dashboard wwwatch-traffic: Rush hour" in error.message
        assert stand_in.objects == {("dashboard", "wwwatch-traffic"): theirs}


def test_objects_that_got_other_ids_are_told() -> None:
    with serving(StandIn(moves=True)) as stand_in:
        (note,) = installed(stand_in).notes
    assert "another space" in note


def test_a_space_of_kibana_is_a_path_and_a_tenant_of_opensearch_dashboards_is_a_header() -> None:
    with serving(StandIn(spaces=("", "/s/web%20team"))) as kibana:
        installed(kibana, kibana__space="web team")
        assert {path.split("/api")[0] for method, path, _ in kibana.requests if method == "POST"} == {"/s/web%20team"}
    with serving(StandIn("osd", "2.19.4")) as opensearch:
        installed(opensearch, kibana__space="web")
        assert all(h["securitytenant"] == "web" for method, _, h in opensearch.requests if method == "POST")


def test_a_space_that_is_not_there_is_told() -> None:
    with serving(StandIn()) as stand_in:
        assert "kibana.space" in refused(stand_in, kibana__space="nowhere").hint


def test_credentials_of_kibana_come_before_those_of_the_store() -> None:
    basic = "Basic " + base64.b64encode(b"kibana:secret").decode()
    with serving(StandIn(authorization=basic)) as stand_in:
        store = "http://elastic:other@127.0.0.1:9"
        installed(stand_in, url=store, kibana__username="kibana", kibana__password="secret")
        assert "does not accept our credentials" in refused(stand_in, url=store).message
        assert "does not accept our credentials" in refused(stand_in).message
    with serving(StandIn(authorization="ApiKey " + base64.b64encode(b"id:key").decode())) as stand_in:
        installed(stand_in, kibana__api_key="id:key")
        installed(stand_in, api_key="id:key")
    both = {"kibana__url": "http://u:p@127.0.0.1:9", "kibana__api_key": "k"}
    with pytest.raises(SettingsError, match="Both a user and an API key"):
        install(load(environ={f"WWWATCH_{name.upper()}": value for name, value in both.items()}))


def test_a_missing_privilege_is_told_with_what_to_give() -> None:
    with serving(StandIn(forbidden=("/api/saved_objects/_import?overwrite=true",))) as stand_in:
        error = refused(stand_in)
    assert "Unable to bulk_create dashboard" in error.message
    assert "Dashboard" in error.hint


def test_a_certificate_of_an_unknown_authority_is_refused_and_of_a_named_one_believed(tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with serving(StandIn(), authority.issue_cert("127.0.0.1")) as stand_in:
        error = refused(stand_in, "https")
        assert "No trusted TLS connection" in error.message
        assert "kibana.ca_file" in error.hint
        assert stand_in.requests == []
        assert installed(stand_in, "https", kibana__ca_file=str(ca_file)).replaced == 0
        assert installed(stand_in, "https", ca_file=str(ca_file)).replaced > 0


@pytest.mark.parametrize(
    ("stand_in", "words"),
    [
        (StandIn(product="other", version="1", status=404), "is not Kibana"),
        (StandIn(tells_version=False), "tells its version only"),
        (StandIn(status=503), "not ready"),
    ],
)
def test_a_server_that_is_another_or_not_ready(stand_in: StandIn, words: str) -> None:
    if stand_in.product == "other":
        stand_in.answer = lambda *_: (404, b'{"error": "no handler"}')  # type: ignore[method-assign]
    with serving(stand_in) as running:
        assert words in refused(running).message


def test_nobody_there() -> None:
    error = refused(StandIn(port=9))
    assert "Cannot reach http://127.0.0.1:9" in error.message


@pytest.mark.parametrize("url", ["kibana.example.org", "http://", "http://h:port"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(SettingsError, match=r"kibana\.url"):
        install(load(environ={"WWWATCH_KIBANA__URL": url}))


def test_setup_installs_them_and_says_so(run: Run) -> None:
    with serving(StandIn("osd", "2.19.4")) as stand_in:
        done = run("setup", "--kibana", f"http://127.0.0.1:{stand_in.port}")
        assert done.returncode == 0
        assert f"OpenSearch Dashboards 2.19.4 at http://127.0.0.1:{stand_in.port}" in done.stderr
        told = run("setup", "--json", WWWATCH_KIBANA__URL=f"http://user:swordfish@127.0.0.1:{stand_in.port}")
    pages: dict[str, Any] = orjson.loads(told.stdout)["dashboards"]
    assert pages["objects"] == pages["replaced"] == objects(build.OPENSEARCH)
    assert "swordfish" not in told.stdout + told.stderr
