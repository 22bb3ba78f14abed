"""The three made-up sites. A seed varies what does not make them a shop, a blog or a pile of files."""

from random import Random

from simulator import words
from simulator.layout import Layout, Page, conventional_login
from simulator.randomness import around, derive, letters
from simulator.request import Answer

# How popular the n-th most popular page is: 1/n, as on most sites.
ZIPF = 0.9


def _weights(count: int) -> list[float]:
    return [1 / (rank + 1) ** ZIPF for rank in range(count)]


def _links(rng: Random, count: int, start: int, total: int) -> tuple[int, ...]:
    return tuple(sorted(rng.sample(range(start, total), min(count, total - start))))


def _slugs(rng: Random, count: int) -> list[str]:
    """Distinct two-word names, numbered where the words run out."""
    found: dict[str, None] = {}
    while len(found) < count:
        slug = f"{rng.choice(words.ADJECTIVES)}-{rng.choice(words.NOUNS)}"
        found[slug if slug not in found else f"{slug}-{len(found)}"] = None
    return list(found)


def _missing(rng: Random, usual_bytes: int) -> tuple[Answer, bool]:
    """Most sites say 404 with a fixed page; some name the path in it."""
    return Answer(404, usual_bytes + rng.randrange(900), 6.0), rng.random() < 0.3


def shop(seed: int) -> Layout:
    """See Site.shop."""
    rng = derive("shop", seed)
    build = letters(rng, 8, "0123456789abcdef")
    common = [f"/static/app.{build}.css", f"/static/vendor.{build}.js", f"/static/app.{build}.js", "/static/logo.svg",
              "/static/fonts/inter-400.woff2", "/static/fonts/inter-700.woff2", "/static/sprite.svg"]  # fmt: skip
    assets = {path: round(around(rng, 30_000, 0.8)) for path in common} | {"/favicon.ico": 4286}
    slugs = _slugs(rng, 40 + rng.randrange(120))
    pictures = [f"/img/p/{slug}-{size}.jpg" for slug in slugs for size in ("400", "1200")]
    assets |= {path: round(around(rng, 22_000 if "-400" in path else 140_000, 0.4)) for path in pictures}
    first_product = 1 + len(words.CATEGORIES)
    total = first_product + len(slugs)
    thumbs = [f"/img/p/{slug}-400.jpg" for slug in slugs]
    pages = [Page("/", 31_000, 35, 14, tuple(range(1, first_product)), (*common, *thumbs[:8]))]
    for name, weight in zip(words.CATEGORIES, _weights(len(words.CATEGORIES)), strict=True):
        shown = _links(rng, 18, first_product, total)
        loads = (*common, *(thumbs[index - first_product] for index in shown[:12]))
        pages.append(Page(f"/c/{name}", 26_000 + rng.randrange(9000), 60, 6 * weight, shown, loads))
    for slug, weight in zip(slugs, _weights(len(slugs)), strict=True):
        loads = (*common, f"/img/p/{slug}-1200.jpg", *rng.sample(thumbs, 4))
        links = (rng.randrange(1, first_product), *_links(rng, 5, first_product, total))
        pages.append(Page(f"/p/{slug}", 17_000 + rng.randrange(7000), 40, 9 * weight, links, loads))
    pages += [Page(path, 9000 + rng.randrange(4000), 15, 0.4, (0, 1, 2), tuple(common)) for path in
              ("/about", "/shipping", "/returns", "/contact", "/imprint", "/cart")]  # fmt: skip
    pages += [Page(path, 12_000, 70, 0, (0, 1), tuple(common), "member") for path in
              ("/account", "/account/orders", "/account/addresses", "/checkout")]  # fmt: skip
    missing, echoes = _missing(rng, 5400)
    form = conventional_login("form", 6100 + rng.randrange(2000))
    failing = Answer(rng.choice((200, 200, 401, 422)), form.form_bytes + 210, 140)
    return Layout(
        host="shop.example.com",
        pages=tuple(pages),
        assets=assets,
        logins=(
            type(form)("/account/login", "form", failing, form.success, form.form_bytes, "/account"),
            conventional_login("json"),
        ),
        search="/search?q=",
        api=("/api/cart", "/api/stock", "/api/recommendations", "/api/account", "/robots.txt", "/sitemap.xml"),
        downloads={"/files/catalogue.pdf": 8_400_000, "/files/assembly.pdf": 1_900_000},
        gallery=tuple(path for path in pictures if "-1200" in path),
        admin=("/admin/", "/admin/orders", "/admin/products", "/admin/stock"),
        missing=missing,
        echoes_path=echoes,
        http_version="HTTP/2.0",
    )


def wordpress(seed: int) -> Layout:
    """See Site.wordpress."""
    rng = derive("wordpress", seed)
    version = f"6.{rng.randrange(3, 8)}.{rng.randrange(3)}"
    theme = rng.choice(("twentytwentyfour", "astra", "generatepress"))
    common = [
        "/wp-includes/js/jquery/jquery.min.js?ver=3.7.1", "/wp-includes/js/jquery/jquery-migrate.min.js?ver=3.4.1",
        f"/wp-content/themes/{theme}/style.css?ver={version}",
        f"/wp-includes/css/dist/block-library/style.min.css?ver={version}",
        f"/wp-content/themes/{theme}/assets/main.js?ver={version}",
        "/wp-content/plugins/contact-form-7/includes/js/index.js?ver=5.9",
        f"/wp-includes/js/wp-emoji-release.min.js?ver={version}",
    ]  # fmt: skip
    assets = {path: round(around(rng, 18_000, 0.9)) for path in common}
    slugs = _slugs(rng, 30 + rng.randrange(150))
    images = [f"/wp-content/uploads/20{rng.randrange(19, 25)}/{rng.randrange(1, 13):02d}/{slug}-{size}.jpg"
              for slug in slugs for size in ("300x200", "1024x683")]  # fmt: skip
    assets |= {path: round(around(rng, 60_000, 0.7)) for path in images}
    first_post = 1 + len(words.TOPICS)
    total = first_post + len(slugs)
    pages = [Page("/", 42_000, 160, 10, tuple(range(1, min(first_post + 10, total))), (*common, *images[:10]))]
    for topic, weight in zip(words.TOPICS, _weights(len(words.TOPICS)), strict=True):
        shown = _links(rng, 10, first_post, total)
        pages.append(Page(f"/category/{topic}/", 36_000, 140, 1.5 * weight, shown, tuple(common)))
    for number, (slug, weight) in enumerate(zip(slugs, _weights(len(slugs)), strict=True)):
        path = f"/20{rng.randrange(15, 25)}/{rng.randrange(1, 13):02d}/{slug}/"
        loads = (*common, *images[2 * number : 2 * number + 2])
        links = (0, rng.randrange(1, first_post), *_links(rng, 4, first_post, total))
        pages.append(Page(path, 28_000 + rng.randrange(20_000), 120, 9 * weight, links, loads))
    missing, echoes = _missing(rng, 30_000 if rng.random() < 0.5 else 12_000)
    kinds = ("wordpress", "xmlrpc")
    return Layout(
        host="blog.example.org",
        pages=tuple(pages),
        assets=assets,
        logins=tuple(conventional_login(kind, 4600 + rng.randrange(1500)) for kind in kinds),
        search="/?s=",
        api=("/wp-json/", "/wp-json/wp/v2/posts", "/wp-json/oembed/1.0/embed", "/robots.txt", "/wp-sitemap.xml"),
        feeds=("/feed/", "/comments/feed/"),
        downloads={"/wp-content/uploads/2023/03/trail-map.pdf": 3_100_000},
        gallery=tuple(path for path in images if "1024" in path),
        admin=(
            "/wp-admin/",
            "/wp-admin/admin-ajax.php",
            "/wp-admin/edit.php",
            "/wp-admin/post.php",
            "/wp-admin/upload.php",
        ),
        missing=Answer(missing.status, missing.response_bytes, 130.0),
        echoes_path=echoes,
        server=rng.choice(("nginx", "apache")),
        capacity_ms=2500.0,
    )


def static(seed: int) -> Layout:
    """See Site.static."""
    rng = derive("static", seed)
    common = ["/style.css", "/reset.css", "/js/site.js", "/images/banner.png"]
    assets = {path: round(around(rng, 12_000, 0.9)) for path in common} | {"/favicon.ico": 3638}
    photos = [
        f"/photos/{album}/IMG_{1000 + number}.jpg"
        for album in ("alps", "coast", "town")
        for number in range(40 + rng.randrange(60))
    ]
    previews = [path.replace("/IMG_", "/thumb/IMG_") for path in photos]
    assets |= {path: round(around(rng, 900_000, 0.3)) for path in photos} | {
        path: round(around(rng, 14_000, 0.2)) for path in previews
    }
    slugs = _slugs(rng, 25 + rng.randrange(60))
    total = 4 + len(slugs)
    pages = [Page("/", 8200, 0.5, 10, tuple(range(1, total)), tuple(common), dynamic=False)]
    for album in ("alps", "coast", "town"):
        loads = (*common, *(path for path in previews if f"/{album}/" in path))
        pages.append(Page(f"/photos/{album}/", 11_000, 0.5, 1.5, (0, 1, 2, 3), loads, dynamic=False))
    for slug, weight in zip(slugs, _weights(len(slugs)), strict=True):
        links = (0, *_links(rng, 4, 4, total))
        pages.append(
            Page(
                f"/articles/{slug}.html",
                7000 + rng.randrange(30_000),
                0.5,
                8 * weight,
                links,
                tuple(common),
                dynamic=False,
            )
        )
    papers = {f"/papers/{slug}.pdf": round(around(rng, 700_000, 0.6)) for slug in slugs[:20]}
    return Layout(
        host="www.example.net",
        pages=tuple(pages),
        assets=assets,
        logins=(conventional_login("basic"),),
        api=("/robots.txt",),
        feeds=("/feed.xml",),
        downloads=papers,
        gallery=tuple(photos),
        missing=Answer(404, 209, 0.3),
        echoes_path=True,
        server="apache",
        capacity_ms=2000.0,
    )
