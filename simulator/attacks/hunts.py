"""What scanners look for: paths that matter only to somebody who should not have them."""

from collections.abc import Iterator
from random import Random

SECRETS = (
    "/.env", "/.git/config", "/.git/HEAD", "/.env.production", "/.env.local", "/.env.bak", "/.aws/credentials",
    "/.svn/entries", "/.DS_Store", "/.htpasswd", "/.vscode/sftp.json", "/.npmrc", "/.ssh/id_rsa", "/config.json",
    "/config.php.bak", "/wp-config.php~", "/wp-config.php.bak", "/.gitlab-ci.yml", "/docker-compose.yml",
    "/web.config", "/application.properties", "/phpinfo.php", "/info.php",
)  # fmt: skip
SECRET_FOLDERS = (
    "",
    "/api",
    "/app",
    "/backend",
    "/admin",
    "/dev",
    "/laravel",
    "/public",
    "/old",
    "/staging",
    "/core",
    "/src",
    "/web",
    "/www",
    "/test",
)
PRODUCTS = (
    "/actuator/health", "/actuator/env", "/actuator/gateway/routes", "/manager/html", "/solr/admin/info/system",
    "/jenkins/script", "/owa/auth/logon.aspx",
    "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application", "/HNAP1/",
    "/boaform/admin/formLogin", "/GponForm/diag_Form?images/", "/cgi-bin/luci", "/remote/login",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/_ignition/execute-solution", "/telescope/requests",
    "/console/", "/server-status", "/nginx_status", "/geoserver/web/", "/druid/index.html", "/nacos/v1/auth/users",
    "/wls-wsat/CoordinatorPortType", "/struts2-showcase/", "/axis2/axis2-admin/", "/invoker/readonly",
    "/jmx-console/", "/hudson", "/api/v1/pods", "/v2/_catalog", "/_cat/indices", "/_all_dbs", "/setup.php",
    "/install.php", "/administrator/index.php", "/user/login", "/CFIDE/administrator/", "/sdk", "/evox/about",
    "/nmaplowercheck1618912425", "/system_api.php", "/streaming/clients_live.php", "/c/version.js", "/ab2g",
    "/ab2h", "/login.action", "/secure/Dashboard.jspa", "/index.php?lang=../../../../../tmp/x",
    "/stalker_portal/c/version.js", "/Autodiscover/Autodiscover.xml",
)  # fmt: skip
DATABASE_ADMINS = (
    "phpmyadmin", "phpMyAdmin", "pma", "PMA", "myadmin", "mysql", "dbadmin", "sqladmin", "adminer", "db",
    "mysqladmin", "phpmyadmin2", "phpMyAdmin-4.9.0", "phpMyAdmin-5.1.1", "phpMyAdmin-3", "admin/pma",
    "admin/phpmyadmin", "tools/phpmyadmin", "web/phpmyadmin", "xampp/phpmyadmin", "mysql/admin", "sql/phpmanager",
    "websql", "webdb", "_phpmyadmin", "phpma", "phppma", "myadmin2", "pma2005", "typo3/phpmyadmin",
)  # fmt: skip
DATABASE_FILES = ("/index.php?lang=en", "/scripts/setup.php", "/index.php", "/")
WORDPRESS_FOLDERS = (
    "",
    "/blog",
    "/web",
    "/wordpress",
    "/website",
    "/wp",
    "/news",
    "/2018",
    "/2019",
    "/2020",
    "/shop",
    "/wp1",
    "/test",
    "/media",
    "/wp2",
    "/site",
    "/cms",
    "/sito",
    "/old",
    "/new",
)
WORDPRESS_FILES = (
    "/wp-includes/wlwmanifest.xml",
    "/wp-login.php",
    "/xmlrpc.php?rsd",
    "/wp-admin/setup-config.php",
    "/wp-admin/",
    "/wp-admin/install.php",
)
PLUGINS = (
    "revslider", "wp-file-manager", "duplicator", "elementor", "contact-form-7", "woocommerce",
    "wp-gdpr-compliance", "easy-wp-smtp", "loginizer", "ultimate-member", "mail-masta", "wp-symposium",
    "gravityforms", "formcraft", "wpdatatables", "backupbuddy", "nextgen-gallery",
)  # fmt: skip
SHELLS = (
    "alfa", "wso", "c99", "r57", "b374k", "shell", "cmd", "up", "upload", "mini", "leaf", "marijuana", "xleet",
    "fox", "radio", "wp-info", "about", "chosen", "content", "themes", "admin", "doc", "x", "1", "ss", "gel4y",
    "lock360", "autoload_classmap", "function", "simple", "moon", "byp", "click", "cong", "defaults",
)  # fmt: skip
SHELL_FOLDERS = (
    "",
    "/wp-content",
    "/wp-includes",
    "/wp-admin",
    "/uploads",
    "/images",
    "/wp-content/plugins",
    "/.well-known",
    "/cgi-bin",
    "/css",
    "/js",
    "/tmp",  # noqa: S108
)
ARCHIVE_NAMES = (
    "backup",
    "www",
    "site",
    "website",
    "dump",
    "database",
    "db",
    "public_html",
    "archive",
    "old",
    "htdocs",
    "web",
    "sql",
    "data",
    "wwwroot",
    "full",
    "latest",
)
ARCHIVE_ENDINGS = (".zip", ".tar.gz", ".sql", ".gz", ".rar", ".bak", ".7z", ".sql.gz", ".tgz", ".tar")
ARCHIVE_FOLDERS = ("", "/backup", "/backups", "/bak", "/back", "/old", "/restore", "/temp", "/db")
WORDS = [
    "admin", "administrator", "api", "app", "archive", "assets", "auth", "backup", "bin", "blog", "cache",
    "cgi-bin", "cms", "conf", "config", "console", "content", "cron", "css", "dashboard", "data", "database", "db",
    "debug", "default", "demo", "dev", "doc", "docs", "download", "downloads", "editor", "email", "error", "etc",
    "export", "files", "forum", "ftp", "help", "hidden", "home", "html", "images", "img", "import", "include",
    "includes", "index", "install", "internal", "java", "js", "json", "kunden", "lib", "library", "log", "login",
    "logs", "mail", "main", "manager", "media", "member", "members", "mobile", "modules", "monitor", "mysql",
    "new", "news", "old", "oracle", "order", "orders", "panel", "partner", "php", "phpinfo", "pics", "portal",
    "private", "profile", "public", "register", "report", "reports", "root", "rss", "scripts", "search", "secret",
    "secure", "server", "service", "services", "setup", "shop", "site", "sitemap", "sql", "src", "staff", "stage",
    "staging", "static", "stats", "status", "store", "support", "svn", "swagger", "sys", "system", "temp",
    "template", "templates", "test", "tests", "themes", "tmp", "tools", "update", "upload", "uploads", "user",
    "users", "util", "v1", "v2", "vendor", "web", "webadmin", "webmail", "wiki", "work", "wp", "www", "xml",
]  # fmt: skip
WORD_ENDINGS = (
    "",
    "/",
    ".php",
    ".html",
    ".txt",
    ".bak",
    ".old",
    ".zip",
    ".asp",
    ".aspx",
    ".jsp",
    ".json",
    ".xml",
    ".inc",
    ".sql",
    ".log",
    "~",
)
NIKTO_LIKE = (
    "/cgi-bin/test.cgi", "/cgi-bin/printenv", "/cgi-bin/status", "/icons/README", "/manual/", "/server-info",
    "/test/", "/.bash_history", "/crossdomain.xml", "/phpmyadmin/", "/wp-login.php", "/axis2/",
    "/_vti_bin/shtml.exe", "/iisadmin/", "/scripts/root.exe", "/msadc/", "/examples/servlets/", "/tomcat-docs/",
    "/shell.php", "/perl/-e%20print", "/cfdocs/", "/bin/", "/includes/", "/webalizer/", "/awstats/awstats.pl",
    "/trace.axd", "/elmah.axd", "/admin.php",
)  # fmt: skip


def dictionary(rng: Random, count: int) -> Iterator[str]:
    """A word list as directory tools bring them: word by word, each with some endings, then numbered variants."""
    endings = ["", *rng.sample(WORD_ENDINGS[1:], rng.choice((1, 3, 6)))]
    made = 0
    turn = 0
    while made < count:
        for word in WORDS:
            for ending in endings:
                yield f"/{word}{turn or ''}{ending}"
                made += 1
                if made >= count:
                    return
        turn += 1


def databases(rng: Random) -> list[str]:
    """A hunt for database administration: over a hundred paths, in the list's own order."""
    return [f"/{name}{file}" for file in DATABASE_FILES[: rng.choice((2, 3, 4))] for name in DATABASE_ADMINS]


def wordpress(rng: Random) -> list[str]:
    """A hunt for a WordPress in any folder."""
    files = rng.sample(WORDPRESS_FILES, rng.choice((2, 3, 6)))
    double_slash = "/" if rng.random() < 0.5 else ""
    return [double_slash + folder + file for file in files for folder in WORDPRESS_FOLDERS]


def plugins(rng: Random) -> list[str]:
    """A hunt for plugins with known holes."""
    names = rng.sample(PLUGINS, len(PLUGINS))
    return [f"/wp-content/plugins/{name}/{rng.choice(('readme.txt', 'index.php', 'changelog.txt'))}" for name in names]


def shells(rng: Random) -> list[str]:
    """A hunt for back doors of other attackers."""
    found = [f"{folder}/{name}.php" for folder in SHELL_FOLDERS for name in SHELLS]
    return rng.sample(found, len(found))


def archives(rng: Random, host: str) -> list[str]:
    """A hunt for backups, also ones named after the site."""
    names = (*ARCHIVE_NAMES, host, host.split(".")[-2] if "." in host else host)
    found = [f"{folder}/{name}{ending}" for folder in ARCHIVE_FOLDERS for name in names for ending in ARCHIVE_ENDINGS]
    return rng.sample(found, len(found))


def secrets(rng: Random) -> list[str]:
    """A hunt for files with passwords."""
    found = [folder + name for folder in SECRET_FOLDERS for name in SECRETS[: rng.choice((3, 8, len(SECRETS)))]]
    return rng.sample(found, len(found))


def anything(rng: Random) -> str:
    """One probe of the internet's background."""
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(SECRETS)
    if kind < 0.7:
        return rng.choice(PRODUCTS)
    if kind < 0.85:
        return rng.choice(WORDPRESS_FOLDERS) + rng.choice(WORDPRESS_FILES)
    if kind < 0.93:
        return f"/{rng.choice(DATABASE_ADMINS)}/index.php"
    return f"{rng.choice(SHELL_FOLDERS)}/{rng.choice(SHELLS)}.php"
