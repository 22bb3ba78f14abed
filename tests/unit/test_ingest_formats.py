"""Formats by name, by directive and by what the file says; how files change them midway."""

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

import index_templates
from ingest import formats
from ingest.convert import Converter
from ingest.formats import escapes, nginx
from ingest.servers import SERVERS
from ingest.times import fields as times_of
from tests.unit.test_ingest_parse import INGESTED, TAIL, chunk_of, field, parse
from wwwatch.errors import UsageError

NAMED = [name for name in formats.FORMATS if name != "w3c"]


@pytest.mark.parametrize("name", NAMED)
def test_the_example_of_a_format_is_read_by_it(name: str) -> None:
    log_format = formats.FORMATS[name]
    [document] = parse(log_format.example, format_name=name)
    assert document["event"]["kind"] == "event"
    assert document["source"]["ip"] == "203.0.113.7"
    assert document["url"]["path"].startswith("/")
    assert document["http"]["request"]["method"] in {"GET", "POST"}
    assert document["@timestamp"].startswith("20")
    assert document["event"]["dataset"] == f"{log_format.server or log_format.usual_server or 'nginx'}.access"
    if "agent" in log_format.values():
        assert document["user_agent"]["original"] == "curl/8"


@pytest.mark.parametrize("name", [name for name in NAMED if name not in {"litespeed", "nginx-json", "apache-json"}])
def test_the_example_of_a_format_is_detected(name: str) -> None:
    found = formats.detect(pl.Series([formats.FORMATS[name].example]))
    assert found is not None
    assert found.name == name


def test_every_server_of_a_format_has_a_dataset() -> None:
    told = {item.server or item.usual_server for item in formats.FORMATS.values()} - {""}
    assert told <= set(SERVERS)


NGINX = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
)
LINE = '1.2.3.4 - - [10/Oct/2000:13:55:36 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"'


@pytest.mark.parametrize(
    ("directive", "line", "expected"),
    [
        (
            f"{NGINX} $request_time $upstream_response_time $upstream_addr $request_id",
            f"{LINE} 0.123 0.100, 0.020 10.0.0.1:80, 10.0.0.2:80 77aa",
            {
                "event.duration": 123_000_000, "wwwatch.upstream.duration": 120_000_000,
                "wwwatch.upstream.address": "10.0.0.1:80, 10.0.0.2:80", "http.request.id": "77aa",
            },
        ),
        (f"{NGINX} $upstream_response_time", f"{LINE} -", {"wwwatch.upstream": None, "source.ip": "1.2.3.4"}),
        (
            f"log_format t '{NGINX} $ssl_protocol $ssl_cipher $scheme $host $server_port $request_length $bytes_sent';",
            f"{LINE} TLSv1.3 AES256 https w.example 443 99 300",
            {
                "tls.version": "1.3", "tls.version_protocol": "tls", "tls.cipher": "AES256", "url.scheme": "https",
                "url.domain": "w.example", "url.port": 443, "http.request.bytes": 99, "http.response.bytes": 300,
                "http.response.body.bytes": 5,
            },
        ),
        (
            '$msec $remote_addr $request_method $uri$is_args$args $server_protocol $status',
            "1700000000.123 ::1 GET /a b?c=1 HTTP/2.0 404",
            {
                "@timestamp": "2023-11-14T22:13:20.123Z", "url.original": "/a b?c=1", "url.path": "/a b",
                "url.query": "c=1", "http.version": "2.0", "source.ip": "::1", "http.response.status_code": 404,
            },
        ),
        (
            "$time_iso8601\t$remote_addr\t$request\t$http_user_agent\t$http_referer",
            "2024-02-29T23:59:60+01:00\t1.2.3.4\tGET /x y HTTP/1.0\ta b c\thttp://r/ s",
            {
                "@timestamp": "2024-02-29T22:59:59.000Z", "url.original": "/x y", "user_agent.original": "a b c",
                "http.request.referrer": "http://r/ s",
            },
        ),
        ('"$http_user_agent" ${remote_addr}', '"a\\x22\\xC3\\xA9\\x5C" 1.2.3.4', {"user_agent.original": 'a"é\\'}),
        ("$host: $remote_addr [$time_local]", f"w: 1.2.3.4 {TAIL[:28]}", {"url.domain": "w"}),
        ("$proxy_add_x_forwarded_for $status", "9.9.9.9, 8.8.8.8 200", {"source.ip": "8.8.8.8"}),
        (
            """log_format j escape=json '{"t":"$time_iso8601","a":"$remote_addr","r":"$request","u":"$remote_user",'
            '"d":$request_time,"s":$status,"g":"$http_user_agent","up":"$upstream_addr"}';""",
            (
                '{"t":"2024-01-01T00:00:00+00:00","a":"1.2.3.4","r":"GET /\\"\\u0001\\\\ HTTP/1.1","u":"","d":0.5,'
                '"s":200,"g":"é\\n","up":""}'
            ),
            {
                "url.original": '/"\x01\\', "user": None, "event.duration": 500_000_000, "user_agent.original": "é\n",
                "wwwatch.upstream": None,
            },
        ),
        (
            "log_format n escape=none '$remote_addr \"$http_user_agent\" $status';",
            '1.2.3.4 "a "b" c" 200',
            {"user_agent.original": 'a "b" c', "http.response.status_code": 200},
        ),
    ],
)  # fmt: skip
def test_nginx_directives(directive: str, line: str, expected: dict[str, Any]) -> None:
    [document] = parse(line, format_name=directive)
    assert document["event"]["kind"] == "event"
    assert {name: field(document, name) for name in expected} == expected
    assert document["event"]["dataset"] == "nginx.access"


@pytest.mark.parametrize(
    ("directive", "line", "expected"),
    [
        (
            '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
            '1.2.3.4 - a b [10/Oct/2000:13:55:36 -0700] "GET /\\"q HTTP/1.1" 200 - "-" "t\\tx"',
            {
                "user.name": "a b", "url.original": '/"q', "user_agent.original": "t\tx", "http.response.body": None,
                "@timestamp": "2000-10-10T20:55:36.000Z",
            },
        ),
        (
            'LogFormat "%v:%p %a %t \\"%r\\" %>s %O %I %D %{ms}T %X %{UNIQUE_ID}e" timed',
            'w.example:443 1.2.3.4 [10/Oct/2000:13:55:36 +0000] "GET / HTTP/1.1" 200 539 77 1042 1 + abc',
            {
                "url.domain": "w.example", "url.port": 443, "http.response.bytes": 539, "http.response.body.bytes": 539,
                "http.request.bytes": 77, "event.duration": 1_042_000, "http.request.id": "abc",
            },
        ),
        ('CustomLog logs/a "%h %>s"', "1.2.3.4 301", {"http.response.status_code": 301, "source.ip": "1.2.3.4"}),
        ("%<s %s %>s", "201 202 203", {"http.response.status_code": 203}),
        ("%T %{ms}T", "1 1042", {"event.duration": 1_042_000_000}),
        (
            '%{%Y-%m-%d %H:%M:%S %z}t [%{msec_frac}t] %s %a:%{remote}p <-> %A:%p "%m" "%U%q" "%f" %P:%{tid}P "%R"',
            (
                '2019-05-05 20:49:14 +0000 [690] 403 172.21.0.1:44782 <-> 172.21.0.2:80 "GET" "/wsgi/test?q=foo" '
                '"/usr/local/app/run.wsgi" 16:140168282543872 "wsgi-script"'
            ),
            {
                "@timestamp": "2019-05-05T20:49:14.690Z", "source.ip": "172.21.0.1", "url.path": "/wsgi/test",
                "url.query": "q=foo", "http.request.method": "GET", "http.response.status_code": 403, "url.port": 80,
            },
        ),
        (
            "%>{%Y-%m-%dT%H:%M:%S}t.%>{usec_frac}t%>{%z}t",
            "2019-05-06T12:09:43.123456-0400",
            {"@timestamp": "2019-05-06T16:09:43.123Z"},
        ),
        ("%{%d/%b/%y %I:%M:%S %p}t %h", "01/Feb/99 12:30:00 AM 1.2.3.4", {"@timestamp": "1999-02-01T00:30:00.000Z"}),
        ("%{%Y %j}t %h", "2024 060 1.2.3.4", {"@timestamp": "2024-02-29T00:00:00.000Z"}),
        ("%{sec}t %{usec}t %h", "1700000000 1700000000123456 1.2.3.4", {"@timestamp": "2023-11-14T22:13:20.123Z"}),
        ("%t %{msec_frac}t %h", "[14/Nov/2023:22:13:20 +0100] 077 1.2.3.4", {"@timestamp": "2023-11-14T21:13:20.077Z"}),
        ("%{c}a %a %h", "10.0.0.1 1.2.3.4 w.example", {"source.ip": "1.2.3.4", "network.peer.address": "10.0.0.1"}),
        ("%{c}a %a", "10.0.0.1 10.0.0.1", {"source.ip": "10.0.0.1", "network.peer.address": None}),
        ("%{c}a", "10.0.0.1", {"source.ip": "10.0.0.1", "network.peer.address": None}),
        ('%h "%!200,304{Referer}i" "%400{User-Agent}i"', '1.2.3.4 "-" "x"', {"user_agent.original": "x", "http": None}),
        ("%h %%%s%%", "1.2.3.4 %200%", {"http.response.status_code": 200}),
        ("%h %{SSL_PROTOCOL}x %{SSL_CIPHER}x", "1.2.3.4 TLSv1.2 AES", {"tls.version": "1.2", "tls.cipher": "AES"}),
        ("%200t %h", "- 1.2.3.4", {"@timestamp": INGESTED}),
    ],
)  # fmt: skip
def test_apache_directives(directive: str, line: str, expected: dict[str, Any]) -> None:
    [document] = parse(line, format_name=directive)
    assert document["event"]["kind"] == "event", document
    assert {name: field(document, name) for name in expected} == expected
    assert document["event"]["dataset"] == "apache.access"


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("$request $http_user_agent", r"character 10, \$http_user_agent cannot be told from \$request at 1"),
        ("$remote_addr$status", r"character 13, \$status cannot be told from \$remote_addr at 1"),
        ("%h %{User-Agent}i %r", r"character 19, %r cannot be told from %\{User-Agent\}i at 4"),
        ("%h %J", "character 4: %J is not known"),
        ("%h %{Referer", "character 4: '%{Referer' is no directive"),
        ("%h %{%Q}t", r"%Q is no part of a time"),
        ("log_format a escape=xml '$status';", "escape=xml"),
        ("log_format a 'text';", "has no variable"),
        ("$connection $pid", "logs nothing that is known"),
        ("#Fields: x-a x-b", "No column"),
        ("log_format a '$status", "quote is not closed"),
    ],
)
def test_directives_that_make_no_sense_say_where(directive: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        formats.named(directive)
    assert caught.value.hint


def test_a_format_is_remembered_by_its_name_alone() -> None:
    for name in (*formats.FORMATS, NGINX, '%h "%r" %>s', "#Fields: date time c-ip"):
        found = formats.named(name)
        assert found is not None
        assert formats.remembered(found.name) == found
    assert formats.remembered("") is None
    assert formats.remembered("gone") is None


FIELDS_1 = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query sc-status time-taken cs(User-Agent)"
FIELDS_2 = "#Fields: date time cs-method c-ip cs-uri-stem cs-uri-query sc-status time-taken cs(User-Agent)"
W3C_1 = "2024-01-01 00:00:01 1.2.3.4 GET /a b=1 200 15 Mozilla/5.0+(X11)"
W3C_2 = "2024-01-01 00:00:02 POST 5.6.7.8 /c - 404 15 curl/8"


def test_w3c_columns_may_change_midway() -> None:
    documents = parse("#Software: IIS", FIELDS_1, W3C_1, FIELDS_2, W3C_2)
    assert [document["event"]["kind"] for document in documents] == [
        "pipeline_error", "pipeline_error", "event", "pipeline_error", "event",
    ]  # fmt: skip
    assert {document["error"]["type"] for document in documents if "error" in document} == {"directive"}
    first, second = documents[2], documents[4]
    assert (first["source"]["ip"], second["source"]["ip"]) == ("1.2.3.4", "5.6.7.8")
    assert (first["url"]["original"], first["url"]["query"], second["url"]["original"]) == ("/a?b=1", "b=1", "/c")
    assert first["user_agent"]["original"] == "Mozilla/5.0 (X11)"
    assert first["event"]["duration"] == 15_000_000
    assert first["event"]["dataset"] == "iis.access"


def converter(name: str = "auto", path: str = "/var/log/x.log") -> Converter:
    wished = formats.named(name)
    return Converter("id", path, "default", "host", "", wished, only=wished is not None, with_actions=False)


def test_w3c_columns_hold_for_the_next_chunk_and_after_a_restart() -> None:
    first = converter()
    first.convert(chunk_of(FIELDS_1, W3C_1, FIELDS_2), INGESTED)
    assert first.log_format is not None
    assert len(first.convert(chunk_of(W3C_2), INGESTED).events) == 1
    again = Converter(
        "id", "p", "default", "host", "iis", formats.remembered(first.log_format.name), only=False, with_actions=False
    )
    assert len(again.convert(chunk_of(W3C_2), INGESTED).events) == 1


def test_hostile_columns_are_no_error() -> None:
    for header in ("#Fields:", "#Fields: " + "c-ip " * 5000, "#Fields: (?<a> [", "#Fields: c-ip c-ip c-ip"):
        documents = parse(header, f'1.2.3.4 - - {TAIL} "-" "x"')
        assert len(documents) == 2


def test_a_file_that_goes_on_in_another_format_is_followed() -> None:
    following = converter()
    combined, caddy = f'1.2.3.4 - - {TAIL} "-" "x"', formats.FORMATS["caddy-json"].example
    following.convert(chunk_of(*[combined] * 10), INGESTED)
    assert following.log_format is formats.FORMATS["combined"]
    mixed = following.convert(chunk_of(combined, *[caddy] * 10), INGESTED)
    assert len(mixed.events) == 11
    assert following.log_format is formats.FORMATS["caddy-json"]
    assert following.dataset == "nginx.access", "the dataset of a file never flips"


@pytest.mark.parametrize(
    ("path", "line", "dataset"),
    [
        ("/var/log/nginx/access.log", f'w:80 1.2.3.4 - - {TAIL} "-" "x"', "nginx.access"),
        ("/var/log/apache2/access.log", f'1.2.3.4 - - {TAIL} "-" "x"', "apache.access"),
        ("/usr/local/lsws/logs/access.log", f'1.2.3.4 - - {TAIL} "-" "x"', "litespeed.access"),
        ("/var/log/nginx/access.log", formats.FORMATS["traefik-json"].example, "traefik.access"),
        ("/x.log", f'1.2.3.4 - - {TAIL} "-" "x"', "nginx.access"),
    ],
)
def test_the_dataset_is_what_the_format_or_else_the_path_says(path: str, line: str, dataset: str) -> None:
    one = converter(path=path)
    one.convert(chunk_of(line), INGESTED)
    assert one.dataset == dataset


START = b'{"remote_addr":"1.2.3.4","time_iso8601":"2024-01-01T00:00:00Z",'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # nginx without escape=json, and with it for a client that sends Latin-1.
        (
            START + b'"request":"GET /\\x22\\xC3\\xA9 HTTP/1.1","status":-}',
            {"url.original": '/"é', "http.response": None},
        ),
        (
            START + b'"request":"GET /\xe9 HTTP/1.1","status":200}',
            {"url.original": "/\\xe9", "http.response.status_code": 200},
        ),
        (
            b'{"remote_addr":"1.2.3.4","msec":1700000000.5,"status":"200","user_agent":"\\ud800x"}',
            {"user_agent.original": "\ufffdx", "@timestamp": "2023-11-14T22:13:20.500Z"},
        ),
        (
            b'{"source":{"ip":"::1"},"@timestamp":"2024-01-01 00:00:00","http":{"request":{"method":"GET"}}}',
            {"source.ip": "::1", "http.request.method": "GET"},
        ),
        (
            b'{"source.ip":"::1","@timestamp":"2024-01-01T00:00:00Z","http.response.status_code":204,"event.duration":7}',
            {"http.response.status_code": 204, "event.duration": 7},
        ),
    ],
)
def test_odd_json(line: bytes, expected: dict[str, Any]) -> None:
    [document] = parse(line)
    assert document["event"]["kind"] == "event"
    assert {name: field(document, name) for name in expected} == expected


@pytest.mark.parametrize(
    "line", ['{"a":1}', "{}", '{"remote_addr":"1.2.3.4"', "[" * 2000, '{"x":' * 2000 + "1" + "}" * 2000]
)
def test_json_that_is_no_access_log_is_rejected(line: str) -> None:
    [document] = parse(line)
    assert document["error"]["type"] == "format"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a\\x41\\"\\\\\\n\\q', 'aA"\\\n\\q'),
        ("\\xff\\xC3\\xA9", "\\xffé"),
        ("plain", "plain"),
    ],
)
def test_escapes_of_apache_and_nginx(text: str, expected: str) -> None:
    assert escapes.undo_backslash(text) == expected


def test_escapes_of_haproxy() -> None:
    [document] = parse(
        "lb haproxy[1]: 1.2.3.4:5 [14/Nov/2015:22:45:25.439] f b/s 0/0/0/0/7 200 9 - - ---- 1/1/1/1/0 0/0 {a|b} "
        '"GET /#22#C3#A9 HTTP/1.1"'
    )
    assert document["url"]["original"] == '/"é'


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("14/Jan/2015:12:48:57.127", "2015-01-14T11:48:57.127Z"),
        ("2012-07-01 00:00:13", "2012-06-30T22:00:13.000Z"),
        ("2023-03-26T02:30:00", "2023-03-26T01:30:00.000Z"),  # does not exist: as if the clock had not been moved
        ("2023-10-29T02:30:00", "2023-10-29T00:30:00.000Z"),  # twice: the first
        ("2026-01-14T10:45:33.759014877+01:00", "2026-01-14T09:45:33.759Z"),
        ("2026-01-14T10:45:33-03", "2026-01-14T13:45:33.000Z"),
        ("1711741798.0391326", "2024-03-29T19:49:58.039Z"),
        ("1711741798039", "2024-03-29T19:49:58.039Z"),
        ("1711741798039132", "2024-03-29T19:49:58.039Z"),
        ("99999999999999999999", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("31/Dec/9999:23:59:59 -1400", None),
        ("2023-02-30T00:00:00Z", None),
    ],
)
def test_times_of_all_servers(time: str, expected: str | None) -> None:
    assert times_of(pl.Series([time]), "Europe/Berlin")["@timestamp"][0] == expected


DOCS = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_the_docs_name_every_format_variable_and_dataset() -> None:
    for name in (*formats.FORMATS, *(f"{server}.access" for server in SERVERS if server != "apache")):
        assert f"`{name}`" in DOCS, name
    kept = [f"${name}" for name, (value, _, _) in nginx.VARIABLES.items() if value]
    rare = {"$document_uri", "$query_string", "$realip_remote_addr"}  # other names of one thing
    assert not [name for name in kept if f"`{name}" not in DOCS and name not in rare]


def test_every_dataset_has_its_template() -> None:
    template = Path(index_templates.__file__).parent / "index" / "wwwatch-access-events.json"
    patterns = orjson.loads(template.read_bytes())["index_patterns"]
    assert patterns == [f"logs-{server}.access-*" for server in SERVERS]


def test_a_text_longer_than_a_file_name_may_be_is_no_file() -> None:
    with pytest.raises(UsageError, match="no log format"):
        formats.named("a:" + "b" * 300 + ":c")
    assert formats.named('%h %l %u %t "%r" %>s %b "' + "a:" * 300 + '"') is not None
