"""Line formats of proxies, load balancers and other servers, by name."""

from ingest.formats import apache, combined, nginx
from ingest.formats.combined import AGENT, CLIENT, CLIENT_TOLERANT, ESCAPED, REFERRED, REQUEST, REQUEST_UNESCAPED
from ingest.formats.escapes import HAPROXY
from ingest.formats.log_format import LineFormat, UnionFormat

_WORD = r'[^\s"\\]+'
_TEXT = r'[^"\\\x00-\x1f\x7f]*'
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"

_HAPROXY_HEAD = (
    r'^(?:[^"\[]*haproxy(?:\[[0-9]+\]:| [0-9-]+ - -) )?(?<address>[^\s"\\#]+):[0-9]+ '
    r"\[(?<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:.]{8,12})\] [^\s]+ [^\s]+ "
    r"(?:-?[0-9]+/){4}\+?(?<duration_ms>-?[0-9]+) (?:(?<status>[0-9]{3})|-1) \+?(?<whole_bytes>[0-9]+) "
    r"[^\s]+ [^\s]+ [^\s]{4} [0-9/+-]+ [0-9/]+ (?:\{[^}]*\} ){0,2}"
)
_HAPROXY_TAIL = r'(?:" [^\s]+ (?<domain>[^\s/]+)/(?<tls>[^\s/]+)/(?<cipher>[^\s/]+)|"?)\s*$'
HAPROXY_HTTP = LineFormat(
    "haproxy-http",
    _HAPROXY_HEAD
    + r'"(?<method>[A-Z]+) (?<target>[^\s"\\#\x00-\x1f\x7f]+) HTTP/(?<version>[0-9](?:\.[0-9])?)'
    + _HAPROXY_TAIL,
    (_HAPROXY_HEAD + r'"(?<request>[^"]*)' + _HAPROXY_TAIL,),
    undo=HAPROXY,
    clean=None,
    server="haproxy",
    example=(
        "Nov 14 22:45:27 lb haproxy[760]: 203.0.113.7:58444 [14/Nov/2026:22:45:25.439] main app/app1 1/0/1/0/2 200 "
        '5168 - - ---- 3/3/0/0/0 0/0 "GET / HTTP/1.1"'
    ),
)

_ENVOY_HEAD = r"^\[(?<time>[^\]]+)\] "
_ENVOY_TAIL = (
    rf'" (?<status>[0-9]+) {_WORD}(?: {_WORD} {_WORD} "[^"]*")? [0-9-]+ (?<bytes>[0-9]+|-) (?<duration_ms>{_NUMBER}|-) '
    rf'{_WORD} "(?<addresses>[^"]*)" "(?<agent>[^"]*)" "(?<request_id>[^"]*)" "(?<host>[^"]*)" '
    r'"(?<upstream_address>[^"]*)"'
)
ENVOY = LineFormat(
    "envoy-default",
    _ENVOY_HEAD
    + rf'"(?<method>[A-Z]+) (?<target>{_WORD}) HTTP/(?<version>[0-9](?:\.[0-9])?)'
    + _ENVOY_TAIL.replace('[^"]*', _TEXT) + "$",
    (_ENVOY_HEAD + r'"(?<request>[^"]*)' + _ENVOY_TAIL + r".*$",),
    "time",
    None,
    None,
    server="envoy",
    example=(
        '[2026-04-15T20:17:00.310Z] "POST /api HTTP/2" 204 - 154 0 226 100 "203.0.113.7" "curl/8" "cc21d9b0" '
        '"shop.example" "10.0.2.1:80"'
    ),
)  # fmt: skip

_TRAEFIK_TAIL = r' [0-9]+ "[^"]*" "[^"]*" (?<duration_ms>[0-9]+)ms ?$'
TRAEFIK_CLF = LineFormat(
    "traefik-clf",
    "^" + CLIENT + REQUEST + AGENT + _TRAEFIK_TAIL,
    ("(?s)^" + CLIENT_TOLERANT + REQUEST_UNESCAPED + REFERRED + _TRAEFIK_TAIL.replace("$", r"\s*$"),),
    undo=None,
    clean=None,
    server="traefik",
    example=(
        '203.0.113.7 - - [24/Nov/2026:13:38:04 +0000] "GET /a HTTP/2.0" 200 352 "-" "curl/8" 244 "web@docker" '
        '"http://172.17.0.3:80" 42ms'
    ),
)

_ALB_HEAD = (
    rf"^(?:https?|h2|grpcs|wss?) (?<time>[0-9-]{{10}}T[0-9:.]+Z) {_WORD} (?<peer>{_WORD}) (?<upstream_address>{_WORD}) "
    rf"(?<stages_s>{_NUMBER} {_NUMBER} {_NUMBER}) (?<status>[0-9]{{3}}|-) (?<upstream_status>[0-9]{{3}}|-) "
    r"(?<request_bytes>[0-9]+) (?<whole_bytes>[0-9]+) "
)
_ALB_TAIL = rf' "(?<agent>[^"]*)" (?<cipher>{_WORD}) (?<tls>{_WORD}) {_WORD} "(?<request_id>[^"]*)" "[^"]*" "[^"]*" .*$'
AWS_ALB = LineFormat(
    "aws-alb",
    _ALB_HEAD
    + r'"(?<method>[A-Z]+) (?<scheme>[a-z]+)://(?<host>[^\s"\\/?]+)(?<target>/[^\s"\\\x00-\x1f\x7f]*) '
    + r'HTTP/(?<version>[0-9](?:\.[0-9])?)"' + _ALB_TAIL.replace('[^"]*', _TEXT),
    (_ALB_HEAD + rf'"(?<request>{ESCAPED})"' + _ALB_TAIL.replace('[^"]*', ESCAPED),),
    "time",
    clean=None,
    server="aws_alb",
    example=(
        'https 2026-07-02T22:23:00.186641Z app/web/50dc6c495c0c9188 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 200 '
        '200 0 57 "GET https://shop.example:443/ HTTP/1.1" "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 - "Root=1-58" '
        '"shop.example" "-" 1 2026-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
    ),
)  # fmt: skip


def _s3(request: str, text: str) -> str:
    return (
        rf"^{_WORD} (?<domain>{_WORD}) \[(?<time>[^\]]+)\] (?<address>{_WORD}) (?<user>{_WORD}) (?<request_id>{_WORD}) "
        rf'{_WORD} [^\s]+ (?:"{request}"|-) (?<status>[0-9]{{3}}|-) {_WORD} (?<bytes>[0-9]+|-) [0-9-]+ '
        rf'(?<duration_ms>[0-9]+|-) [0-9-]+ "(?<referrer>{text})" "(?<agent>{text})"(?: .*)?$'
    )


AWS_S3 = LineFormat(
    "aws-s3",
    _s3(r'(?<method>[A-Z]+) (?<target>[^\s"\\\x00-\x1f\x7f]+) HTTP/(?<version>[0-9](?:\.[0-9])?)', _TEXT),
    (_s3(rf"(?<request>{ESCAPED})", ESCAPED),),
    clean=None,
    server="aws_s3",
    example=(
        "79a5 bucket [06/Feb/2026:00:00:38 +0000] 203.0.113.7 arn:aws:iam::1:user/a 3E57427F REST.GET.OBJECT a.jpg "
        '"GET /photos/a.jpg HTTP/1.1" 200 - 2662 3462 70 10 "-" "curl/8" - hostid SigV4 ECDHE AuthHeader b.s3 TLSv1.2'
    ),
)

_PROXY_MANAGER_TAIL = ' - $request_method $scheme $host "$request_uri" [Client $remote_addr] [Length $body_bytes_sent] '
_PROXY_MANAGER = tuple(
    nginx.of_body("nginx-proxy-manager", body)
    for body in (
        "[$time_local] $upstream_cache_status $upstream_status $status" + _PROXY_MANAGER_TAIL
        + '[Gzip $gzip_ratio] [Sent-to $server] "$http_user_agent" "$http_referer"',
        "[$time_local] $status" + _PROXY_MANAGER_TAIL + '[Gzip $gzip_ratio] "$http_user_agent" "$http_referer"',
        "[$time_local] $status" + _PROXY_MANAGER_TAIL
        + '[Gzip $gzip_ratio] [Sent-to $server] "$http_user_agent" "$http_referer"',
        "[$time_local] $upstream_cache_status $upstream_status $status" + _PROXY_MANAGER_TAIL
        + '[Gzip $gzip_ratio] "$http_user_agent" "$http_referer"',
        (
            '[$time_local] $host $remote_addr $request_time "$request" $status $body_bytes_sent $request_length '
            "$http_referer $http_user_agent"
        ),
    )
)  # fmt: skip
NGINX_PROXY_MANAGER = UnionFormat(
    "nginx-proxy-manager",
    _PROXY_MANAGER,
    server="nginx_proxy_manager",
    example=(
        '[24/Jan/2026:16:51:02 +0000] - 200 200 - GET https shop.example "/a" [Client 203.0.113.7] [Length 192] '
        '[Gzip 3.10] [Sent-to 10.0.0.2] "curl/8" "-"'
    ),
)
_BUNKERWEB = nginx.of_body(
    "bunkerweb",
    '$host $remote_addr - $request_id $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent"',
)
BUNKERWEB = UnionFormat(
    "bunkerweb",
    (_BUNKERWEB,),
    server="bunkerweb",
    example=(
        'shop.example 203.0.113.7 - a430e8da0018d750473c0464b73edd05 - [22/Oct/2026:14:31:08 +0000] "GET / HTTP/2.0" '
        '200 25553 "-" "curl/8"'
    ),
)
_SSL_REQUEST = apache.of_body("ssl-request", '%t %h %{SSL_PROTOCOL}x %{SSL_CIPHER}x "%r" %b')
SSL_REQUEST = UnionFormat(
    "ssl-request",
    (_SSL_REQUEST,),
    server="apache",
    example=(
        '[10/Aug/2026:09:45:56 +0200] 203.0.113.7 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /a HTTP/1.1" 1375'
    ),
)  # fmt: skip
LITESPEED = UnionFormat(
    "litespeed",
    (combined.COMBINED, combined.QUOTED, combined.VHOST, combined.COMMON),
    server="litespeed",
    example='"203.0.113.7 - - [24/Nov/2026:13:38:04 +0000] "GET /a HTTP/2" 200 352 "-" "curl/8""',
)

FORMATS = (HAPROXY_HTTP, ENVOY, TRAEFIK_CLF, AWS_ALB, AWS_S3, NGINX_PROXY_MANAGER, BUNKERWEB, SSL_REQUEST)
NAMED_ONLY = (LITESPEED,)
