"""Addresses, credentials and errors of the store, without a store."""

from typing import Any, cast

import pytest
from elastic_transport import ConnectionError as TransportConnectionError
from elastic_transport import ConnectionTimeout, TlsError
from urllib3.exceptions import NewConnectionError

from wwwatch.errors import SettingsError, StoreUnreachable
from wwwatch.settings import load
from wwwatch.store.connection import make_client, parse_addresses
from wwwatch.store.failures import StoreBusy, attempt, pause_seconds, translate, with_retries

SETTINGS = load(environ={})


def test_several_addresses_with_credentials() -> None:
    address = parse_addresses("https://user:p%40ss@one:9201, https://two", SETTINGS)
    assert [(node.host, node.port) for node in address.nodes] == [("one", 9201), ("two", 9200)]
    assert address.basic_auth == ("user", "p@ss")
    assert address.shown == "https://one:9201, https://two:9200"


def test_ipv6_address() -> None:
    assert parse_addresses("http://[::1]:9200", SETTINGS).shown == "http://[::1]:9200"


@pytest.mark.parametrize("url", ["localhost:9200", "ftp://x:1", "http://", "http://host:port", "   "])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(SettingsError, match="WWWATCH_URL"):
        parse_addresses(url, SETTINGS)


def test_a_bad_address_does_not_tell_its_password() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_addresses("http://user:secret@host:port", SETTINGS)
    assert "secret" not in caught.value.message + caught.value.hint


def test_password_and_key_contradict_each_other() -> None:
    settings = load(environ={"WWWATCH_API_KEY": "id:key"})
    with pytest.raises(SettingsError, match="Both a password"):
        make_client(parse_addresses("http://user:x@host:9200", settings), settings)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TransportConnectionError("refused"), "Cannot reach the store at http://s:9200: refused"),
        (ConnectionTimeout("slow"), "did not answer in time"),
        (TlsError("self-signed certificate"), "No trusted TLS connection"),
    ],
)
def test_transport_errors_name_the_host_and_what_next(error: Exception, told: str) -> None:
    ours = translate(error, "http://s:9200")
    assert isinstance(ours, StoreUnreachable)
    assert told in ours.message
    assert "http://s:9200" in ours.message
    assert "WWWATCH_" in ours.hint


def test_retries_pause_longer_each_time_and_end() -> None:
    pauses: list[float] = []

    def busy() -> None:
        raise StoreBusy("busy")

    with pytest.raises(StoreBusy):
        with_retries(busy, attempts=4, sleep=pauses.append)
    assert len(pauses) == 3
    assert [pause_seconds(number, jitter=lambda: 1.0) for number in range(6)] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    assert all(
        pause_seconds(n, lambda: 0.0) <= pause <= pause_seconds(n, lambda: 1.0) for n, pause in enumerate(pauses)
    )


def test_retries_stop_at_the_first_success() -> None:
    answers = iter(["busy", "done"])

    def call() -> str:
        answer = next(answers)
        if answer == "busy":
            raise StoreBusy(answer)
        return answer

    assert with_retries(call, sleep=lambda _: None) == "done"


@pytest.mark.parametrize(
    ("url", "variables", "compressed"),
    [
        ("http://127.0.0.1:9200,http://localhost,http://[::1]:1", {}, False),
        ("https://elastic.example.org", {}, True),
        ("http://10.0.0.1", {"WWWATCH_COMPRESS": "false"}, False),
        ("http://127.0.0.1", {"WWWATCH_COMPRESS": "true"}, True),
    ],
)
def test_requests_are_compressed_where_they_travel(url: str, variables: dict[str, str], compressed: bool) -> None:
    address = parse_addresses(url, load(environ=variables))
    assert {node.http_compress for node in address.nodes} == {compressed}


@pytest.mark.parametrize(
    ("cause", "setting"),
    [
        ("certificate verify failed: unable to get local issuer certificate", "WWWATCH_CA_FILE"),
        ("certificate verify failed: certificate has expired", "Renew"),
        ("certificate verify failed: Hostname mismatch, certificate is not valid for 'x'", "WWWATCH_URL"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "http://"),
    ],
)
def test_each_fault_of_tls_names_its_own_remedy(cause: str, setting: str) -> None:
    assert setting in translate(TlsError(cause), "https://s:9200").hint


def test_a_node_that_takes_no_connection_is_passed_over_but_one_that_broke_is_not() -> None:
    refused = TransportConnectionError("refused")
    refused.__cause__ = NewConnectionError(cast(Any, None), "refused")
    for error, calls in ((refused, 3), (TransportConnectionError("broken pipe"), 1)):
        made: list[int] = []

        def call(error: Exception = error, made: list[int] = made) -> None:
            made.append(1)
            raise error

        with pytest.raises(StoreUnreachable):
            attempt(call, "s", nodes=3)
        assert len(made) == calls
