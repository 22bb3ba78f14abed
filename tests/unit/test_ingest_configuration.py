"""What configurations of nginx and Apache log, includes followed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingest import formats
from ingest.commands.formats import formats as command
from ingest.formats import configuration
from wwwatch.errors import InputError, UsageError

NGINX = r"""
user www-data; # a comment with 'a quote
events { worker_connections 10; }
http {
  log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                  '$status $body_bytes_sent "$http_referer" "$http_user_agent" $request_time';
  log_format tabbed escape=json "$remote_addr\t$request\t$time_iso8601";
  log_format bad '$request $http_user_agent';
  content_by_lua_block { local odd = "}'" }
  access_log logs/access.log main;
  access_log off;
  include conf.d/*.conf;
}
"""
NGINX_SITE = """
server {
  server_name shop.example www.shop.example;
  access_log logs/$host.log tabbed buffer=32k flush=5s;
  location /a { access_log syslog:server=127.0.0.1 main; }
  access_log logs/bad.log bad; access_log logs/plain.log; access_log logs/x.log gone;
  include conf.d/*.conf;
}
"""
APACHE = r"""
ServerRoot "{folder}"
Define NAME shop
LogFormat "%h %l %u %t \"%r\" \
%>s %b" common # not a comment to Apache, but three words more are no LogFormat either
LogFormat "%v:%p %h %t \"%r\" %>s" vhost
LogFormat "%h \"%{Referer}i\" %T"
TransferLog transfer.log
IncludeOptional sites/*.conf
Include missing/*.conf
"""
APACHE_SITE = """
<VirtualHost *:80>
  ServerName ${NAME}.example
  <IfModule log_config_module>
    CustomLog ${APACHE_LOG_DIR}/access.log vhost env=!dontlog
    CustomLog "|/usr/bin/rotatelogs a 86400" vhost
    CustomLog own.log "%h \\"%r\\" %D"
  </IfModule>
</VirtualHost>
CustomLog after.log gone
"""
LINE = '1.2.3.4 - - [24/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8" 0.004'


@pytest.fixture
def nginx(tmp_path: Path) -> Path:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "logs").mkdir()
    (tmp_path / "conf.d" / "shop.conf").write_text(NGINX_SITE)
    (tmp_path / "nginx.conf").write_text(NGINX)
    (tmp_path / "logs" / "access.log").write_text(f"{LINE}\nrubbish\n\n{LINE}\n")
    return tmp_path / "nginx.conf"


@pytest.fixture
def apache(tmp_path: Path) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "shop.conf").write_text(APACHE_SITE)
    (tmp_path / "envvars").write_text("export APACHE_LOG_DIR=/var/log/apache2$SUFFIX\n")
    (tmp_path / "apache2.conf").write_text(APACHE.replace("{folder}", str(tmp_path)))
    return tmp_path / "apache2.conf"


def test_logs_of_nginx(nginx: Path) -> None:
    found = configuration.read(nginx)
    folder = nginx.parent
    assert found.server == "nginx"
    assert [(log.path, log.nickname, log.site) for log in found.logs] == [
        (str(folder / "logs/access.log"), "main", ""),
        (str(folder / "logs/*.log"), "tabbed", "shop.example"),
        ("", "main", "shop.example"),
        (str(folder / "logs/bad.log"), "bad", "shop.example"),
        (str(folder / "logs/plain.log"), "combined", "shop.example"),
        (str(folder / "logs/x.log"), "gone", "shop.example"),
    ]
    assert found.logs[0].where == f"{nginx}:10"
    assert found.logs[4].log_format() is formats.FORMATS["combined"]
    for log, message in ((found.logs[3], "one way only"), (found.logs[5], "no log format 'gone'")):
        with pytest.raises(UsageError, match=message):
            log.log_format()


def test_a_directive_that_is_printed_gives_the_same_format(nginx: Path) -> None:
    found = configuration.read(nginx)
    for nickname in ("main", "tabbed"):
        direct = configuration.compiled("nginx", found.definitions[nickname])
        assert formats.named(found.definitions[nickname].directive) == direct
        assert formats.named(f"{nginx}:{nickname}") == direct
    with pytest.raises(UsageError, match="defines no log format 'other'"):
        formats.named(f"{nginx}:other")


def test_logs_of_apache(apache: Path) -> None:
    found = configuration.read(apache)
    folder = apache.parent
    assert found.server == "apache"
    assert [(log.path, log.nickname, log.site) for log in found.logs] == [
        (str(folder / "transfer.log"), "", ""),
        ("/var/log/apache2/access.log", "vhost", "shop.example"),
        ("", "vhost", "shop.example"),
        (str(folder / "own.log"), "", "shop.example"),
        (str(folder / "after.log"), "gone", ""),
    ]
    assert [sorted(log.log_format().values() - {"hit"}) for log in found.logs[:4]] == [
        ["address", "duration_s", "referrer"],
        ["address", "host", "method", "port", "request", "status", "target", "time", "version"],
        ["address", "host", "method", "port", "request", "status", "target", "time", "version"],
        ["address", "duration_us", "method", "request", "target", "version"],
    ]
    with pytest.raises(UsageError, match="gone"):
        found.logs[4].log_format()


def test_the_command_says_what_is_taken_and_what_is_missing(nginx: Path) -> None:
    result = CliRunner().invoke(command, ["--from", str(nginx), "--json"])
    assert isinstance(result.exception, InputError)
    reports = [_parsed(line) for line in result.stdout.splitlines()]
    main, _, syslog, bad, plain, gone = reports
    assert (main["taken"], main["refused"], main["sample"]) == (2, 1, "rubbish")
    assert list(main["missing"]) == ["virtual host"]
    assert syslog["note"] == "goes to no file"
    assert plain["note"] == "no such file"
    assert list(plain["missing"]) == ["duration"]
    assert "error" in bad
    assert "error" in gone


def _parsed(line: str) -> dict[str, Any]:
    return dict(json.loads(line))


def test_the_command_lists_formats_by_name() -> None:
    result = CliRunner().invoke(command, ["--json"], catch_exceptions=False)
    assert {str(_parsed(line)["name"]) for line in result.stdout.splitlines()} == set(formats.FORMATS)


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        configuration.read(tmp_path / "none.conf")
    (tmp_path / "broken.conf").write_text("http { log_format a 'x")
    with pytest.raises(UsageError, match="line 1: a quote is not closed"):
        configuration.read(tmp_path / "broken.conf")
