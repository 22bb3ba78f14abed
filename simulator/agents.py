"""What clients call themselves: browsers of people, robots, scripts, and the tools of attackers."""

from random import Random

CHROME = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
CHROME_MOBILE = (
    "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Mobile Safari/537.36"
)
EDGE = CHROME + " Edg/{version}.0.0.0"
SAFARI = "Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15"
SAFARI_MOBILE = (
    "Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"

WINDOWS = "Windows NT 10.0; Win64; x64"
MAC = "Macintosh; Intel Mac OS X 10_15_7"
CHROME_VERSIONS = (109, 120, 122, 124, 126, 127, 128, 129, 130, 131)
FIREFOX_VERSIONS = (115, 128, 130, 131, 132)
SAFARI_VERSIONS = ("16.6", "17.2", "17.4", "17.6", "18.0", "18.1")
ANDROIDS = (
    "Linux; Android 10; K",
    "Linux; Android 12; SM-G991B",
    "Linux; Android 13; Pixel 7",
    "Linux; Android 14; SM-A546B",
)
IPHONES = ("iPhone; CPU iPhone OS 16_6 like Mac OS X", "iPhone; CPU iPhone OS 17_6_1 like Mac OS X",
           "iPhone; CPU iPhone OS 18_1 like Mac OS X", "iPad; CPU OS 17_5 like Mac OS X")  # fmt: skip


def desktop(rng: Random) -> str:
    """A browser on a desk, in about the shares of the day."""
    kind = rng.random()
    if kind < 0.55:
        system = rng.choice((WINDOWS, WINDOWS, WINDOWS, MAC, "X11; Linux x86_64"))
        return CHROME.format(system=system, version=rng.choice(CHROME_VERSIONS))
    if kind < 0.70:
        return EDGE.format(system=WINDOWS, version=rng.choice(CHROME_VERSIONS))
    if kind < 0.85:
        return SAFARI.format(system=MAC, version=rng.choice(SAFARI_VERSIONS))
    system = rng.choice((WINDOWS, "Macintosh; Intel Mac OS X 10.15", "X11; Ubuntu; Linux x86_64"))
    return FIREFOX.format(system=system, version=rng.choice(FIREFOX_VERSIONS))


def mobile(rng: Random) -> str:
    """A browser on a phone or tablet."""
    if rng.random() < 0.45:
        return SAFARI_MOBILE.format(system=rng.choice(IPHONES), version=rng.choice(SAFARI_VERSIONS))
    return CHROME_MOBILE.format(system=rng.choice(ANDROIDS), version=rng.choice(CHROME_VERSIONS))


def browser(rng: Random) -> str:
    """Any browser of a person: more than half are mobile."""
    return mobile(rng) if rng.random() < 0.55 else desktop(rng)


# Browsers that nobody uses any more, and what bad generators make of them.
STALE = (
    "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:40.0) Gecko/20100101 Firefox/40.1",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/41.0.2228.0 Safari/537.36",
    CHROME.format(system="Windows NT 10.0; Win64; x64", version=78),
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Safari/537.36",
    "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
    "Mozilla/5.0 (Windows; U; Windows NT 5.1; en-US; rv:1.9.2.13) Gecko/20101203 Firefox/3.6.13",
    "Mozilla/5.0",
)
SCRIPTS = (
    "python-requests/2.31.0",
    "python-requests/2.28.1",
    "Go-http-client/1.1",
    "Go-http-client/2.0",
    "curl/7.88.1",
    "curl/8.5.0",
    "Wget/1.21.3",
    "libwww-perl/6.67",
    "Python-urllib/3.10",
    "aiohttp/3.9.1",
    "axios/1.6.2",
    "okhttp/4.12.0",
    "Java/17.0.9",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "Scrapy/2.11.0 (+https://scrapy.org)",
    "HTTrack/3.49",
)


def disguised(rng: Random) -> str:
    """What an attacker's program pretends to be: a current browser, a stale one, nothing, or itself."""
    kind = rng.random()
    if kind < 0.5:
        return desktop(rng)
    if kind < 0.75:
        return rng.choice(STALE)
    return "" if kind < 0.85 else rng.choice(SCRIPTS[:10])


DIRECTORY_TOOLS = (
    "gobuster/3.6", "DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)",
    "feroxbuster/2.10.1", "Fuzz Faster U Fool v2.1.0-dev", "Wfuzz/3.1.0",
)  # fmt: skip
VULNERABILITY_TOOLS = (
    "Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)",
    CHROME.format(system=WINDOWS, version=73) + " - Nuclei",
    "Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.21 (KHTML, like Gecko) Chrome/41.0.2228.0 Safari/537.21",
    "Wapiti/3.1.7", "Arachni/v1.6.1",
)  # fmt: skip
INJECTION_TOOLS = (
    "sqlmap/1.7.11#stable (https://sqlmap.org)",
    "sqlmap/1.8.2#pip (https://sqlmap.org)",
    "Havij",
    "commix/3.9",
)
LOGIN_TOOLS = (
    "Mozilla/5.0 (Hydra)", "Mozilla/4.0 (Hydra)", "WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)",
    "python-requests/2.31.0", "Medusa/2.2",
)  # fmt: skip
LOAD_TOOLS = ("ApacheBench/2.3", "Mozilla/5.0 (unknown-x86_64-linux-gnu) Siege/4.1.6", "hey/0.0.1", "Vegeta 12.11.0")
RESEARCH = (
    "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
    "Mozilla/5.0 zgrab/0.x",
    "Expanse, a Palo Alto Networks company, searches across the global IPv4 space multiple times per day",
    "Mozilla/5.0 (compatible; InternetMeasurement/1.0; +https://internet-measurement.com/)",
    "Mozilla/5.0 (compatible; NetcraftSurveyAgent/1.0; +info@netcraft.com)",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "Mozilla/5.0 (compatible; ModatScanner/1.0; +https://modat.io/)",
    "Mozilla/5.0 (compatible; Odin; https://docs.getodin.com/)",
)

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
GOOGLEBOT_MOBILE = (
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.6723.91 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
)
BINGBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) "
    "Chrome/116.0.1938.76 Safari/537.36"
)
APPLEBOT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 "
    "Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"
)
SEARCH_CRAWLERS = {
    "google": (GOOGLEBOT, GOOGLEBOT_MOBILE, GOOGLEBOT_MOBILE),
    "bing": (BINGBOT,),
    "yandex": ("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",),
    "apple": (APPLEBOT,),
    "baidu": ("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",),
}
OTHER_CRAWLERS = {
    "ahrefs": "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "semrush": "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "majestic": "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
    "moz": "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
    "openai": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "anthropic": "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "bytedance": "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
    "archive": "CCBot/2.0 (https://commoncrawl.org/faq/)",
}
PREVIEWS = (
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "Twitterbot/1.0",
    "WhatsApp/2.23.20.0", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
)  # fmt: skip
FEED_READERS = (
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)",
    "Tiny Tiny RSS/23.04 (https://tt-rss.org/)",
    "FreshRSS/1.24.0 (Linux; https://freshrss.org)",
    "NetNewsWire (RSS Reader; https://netnewswire.com/)",
    "Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 3 subscribers; )",
    "UniversalFeedParser/6.0.10 +https://github.com/kurtmckee/feedparser/",
)
MONITORS = (
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "Uptime-Kuma/1.23.11",
    "check_http/v2.3.3 (nagios-plugins 2.3.3)", "StatusCake",
)  # fmt: skip
LINK_CHECKERS = (
    "W3C-checklink/5.0.0 libwww-perl/6.67", "LinkChecker/10.2 (+https://linkchecker.github.io/linkchecker/)",
    "Xenu Link Sleuth/1.3.8", "Screaming Frog SEO Spider/19.2",
)  # fmt: skip
