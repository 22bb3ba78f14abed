"""Ready lines that keep a client out or slow it down, for nginx, Apache, nftables and fail2ban. Pure.

Only an address or a network that parses as one gets into a line; nothing else from a log ever does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wwwatch.deny import Network, apache, as_network, family, nginx, order, shown

# A botnet's members are not for a deny list by hand.
MOST_NETWORKS = 50
REQUESTS_A_SECOND = 1
BURST = 5


def networks_of(alert: Mapping[str, Any]) -> list[Network]:
    """What an anomaly or incident is about, as networks: its address, its network, or its members."""
    entity = alert["wwwatch"]["entity"]
    texts: Sequence[Any] = [entity["id"]]
    if entity["type"] not in {"ip", "net"}:
        members = alert.get("related", {}).get("ip", [])
        texts = members if isinstance(members, list) else [members]
    found = {network for text in texts if (network := as_network(text))}
    return sorted(found, key=order)


def remedies(alert: Mapping[str, Any]) -> dict[str, list[str]]:
    """Program -> lines for its configuration or the shell; {} where there is nobody, or too many, to keep out.

    Read them before you use them: an address can be an office or a phone network.
    """
    networks = networks_of(alert)
    if not networks or len(networks) > MOST_NETWORKS:
        return {}
    each_shown = [shown(network) for network in networks]
    return {
        "nginx": [nginx(network) for network in networks],
        "nginx_rate_limit": [
            "geo $wwwatch_limited { default 0; " + " ".join(f"{each} 1;" for each in each_shown) + " }",
            'map $wwwatch_limited $wwwatch_key { 0 ""; 1 $binary_remote_addr; }',
            f"limit_req_zone $wwwatch_key zone=wwwatch:1m rate={REQUESTS_A_SECOND}r/s;",
            f"limit_req zone=wwwatch burst={BURST} nodelay;",
        ],
        "apache": [
            "<RequireAll>",
            "  Require all granted",
            *(f"  {apache(network)}" for network in networks),
            "</RequireAll>",
        ],
        "nftables": [
            f"nft add rule inet filter input {family(network)} saddr {shown(network)} tcp dport '{{ 80, 443 }}' drop"
            for network in networks
        ],
        "fail2ban": [f"fail2ban-client set wwwatch banip {each}" for each in each_shown],
    }
