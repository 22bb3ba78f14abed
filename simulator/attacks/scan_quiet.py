"""The internet's background: clients with one to three hostile requests, by the thousands."""

from collections.abc import Iterator

from simulator import addresses, agents
from simulator.attacks import hunts
from simulator.attacks.style import Run, style
from simulator.request import Answer, Request
from simulator.site import BAD_REQUEST

# Other protocols at a web server's door: TLS, RDP, SSH, SOCKS, SMB, DNS, a scanner's mark.
GARBAGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x99\x85\x08\xc3{\x9d\xc8'QV\x83\xa4v\xe7",
    b"\x16\x03\x01",
    b"\x03\x00\x00/*\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr",
    b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
    b"SSH-2.0-Go",
    b"\x05\x01\x00",
    b"\x04\x01\x00P\x05\xbc\xd2\xe3\x00",
    b"\x00\x00\x00\xa4\xffSMB r\x00\x00",
    b"\x00\x1e\x00\x06\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind",
    b"MGLNDD_203.0.113.9_443",
    b"t3 12.1.2",
    b"\x01",
    b"\n",
    b"PRI * HTTP/2.0\\r\\n",
    b"GET /\xf0\x9f\x92\xa9\xff\xfe",
    b'{"id":0,"method":"mining.subscribe"}',
)  # fmt: skip
FOREIGN = (
    "http://azenv.example.net/",
    "http://check.example.org/ip.php?Z73864500670Q1",
    "http://example.com/",
    "http://www.example.net/echo.php",
)
TUNNELS = ("www.example.com:443", "api.example.net:443", "mail.example.org:25", "198.51.100.7:80")


@style(
    "scan_background",
    "scan",
    "what every server sees: one to three probes a client, each from somewhere else, all day",
    clients=(10, 600),
    seconds=(86_400, 86_400),
)
def background(run: Run) -> Iterator[Request]:
    rng = run.rng
    for address in addresses.several(rng, run.count("clients")):
        client = run.client(address, agents.disguised(rng))
        time = run.start + rng.random() * run.figure("seconds")
        if rng.random() < 0.12:
            garbage = rng.choice(GARBAGE).decode("utf-8", "surrogateescape")
            yield client.request(time, "", garbage, BAD_REQUEST)
            continue
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            yield run.send(client, time, "POST" if rng.random() < 0.15 else "GET", hunts.anything(rng))
            time += rng.expovariate(0.4)


@style(
    "scan_login_botnet",
    "scan",
    "hundreds of addresses ask for /wp-login.php and / once each, all with the same old agent",
    addresses=(15, 1500),
    seconds=(86_400, 43_200),
)
def login_botnet(run: Run) -> Iterator[Request]:
    agent = run.rng.choice(agents.STALE)
    for address in addresses.several(run.rng, run.count("addresses")):
        client = run.client(address, agent)
        time = run.start + run.rng.random() * run.figure("seconds")
        yield run.send(client, time, "GET", "/wp-login.php")
        yield run.send(client, time + 1 + run.rng.random(), "GET", run.site.home_page.path)


@style(
    "scan_research",
    "scan",
    "scanners that name themselves: the start page, robots.txt, a few products, TLS at port 80",
    clients=(3, 60),
    seconds=(86_400, 86_400),
)
def research(run: Run) -> Iterator[Request]:
    rng = run.rng
    for address in addresses.several(rng, run.count("clients")):
        client = run.client(address, rng.choice(agents.RESEARCH))
        time = run.start + rng.random() * run.figure("seconds")
        for target in ("/", "/robots.txt", "/favicon.ico", rng.choice(hunts.PRODUCTS))[: rng.choice((1, 1, 2, 4))]:
            yield run.send(client, time, "GET", target)
            time += rng.random() * 4
        if rng.random() < 0.4:
            garbage = GARBAGE[0].decode("utf-8", "surrogateescape")
            yield run.client(address, "").request(time, "", garbage, BAD_REQUEST)


@style(
    "scan_proxy_abuse",
    "scan",
    "is this an open proxy? CONNECT and foreign addresses in the request line",
    requests=(2, 300),
    requests_per_second=(0.02, 5),
)
def proxy_abuse(run: Run) -> Iterator[Request]:
    rng = run.rng
    client = run.client(addresses.ipv4(rng), agents.disguised(rng))
    for time in run.times(run.count("requests"), run.figure("requests_per_second"), 0.8):
        if rng.random() < 0.45:
            yield client.request(time, "CONNECT", rng.choice(TUNNELS), rng.choice((BAD_REQUEST, Answer(405, 157, 0.2))))
        else:
            home = run.site.answer(rng, "GET", run.site.home_page.path)
            yield client.request(
                time, "GET", rng.choice(FOREIGN), rng.choice((home, Answer(404, 162, 0.3), Answer(403, 199, 0.3)))
            )


@style(
    "scan_garbage",
    "scan",
    "bytes that are no HTTP: other protocols tried on the port, by one stubborn client",
    requests=(2, 200),
    requests_per_second=(0.02, 5),
)
def garbage(run: Run) -> Iterator[Request]:
    client = run.client(addresses.ipv4(run.rng), "")
    for time in run.times(run.count("requests"), run.figure("requests_per_second"), 0.8):
        line = run.rng.choice(GARBAGE).decode("utf-8", "surrogateescape")
        yield client.request(time, "", line, BAD_REQUEST)
