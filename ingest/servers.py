"""The servers whose logs are known: each has a dataset, `<server>.access`."""

SERVERS = (
    "nginx", "apache", "caddy", "traefik", "haproxy", "envoy", "litespeed", "iis", "aws_alb", "aws_s3",
    "aws_cloudfront", "nginx_proxy_manager", "bunkerweb",
)  # fmt: skip
# nginx and Apache write the same combined log: where nothing tells, it is taken for the more frequent one's.
DEFAULT_SERVER = "nginx"
# Words of a path that tell; the first one found counts.
_BY_WORD = {
    "bunkerweb": "bunkerweb", "nginx": "nginx", "apache": "apache", "httpd": "apache", "caddy": "caddy",
    "traefik": "traefik", "haproxy": "haproxy", "envoy": "envoy", "lsws": "litespeed", "litespeed": "litespeed",
    "inetpub": "iis", "w3svc": "iis",
}  # fmt: skip


def server_of(path: str) -> str:
    """What a path says about who wrote the log: one of SERVERS, or nothing."""
    lowered = path.lower()
    return next((server for word, server in _BY_WORD.items() if word in lowered), "")
