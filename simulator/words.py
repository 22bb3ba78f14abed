"""Words of the made-up sites, and what people look for: ordinary words that look like attacks are among them."""

CATEGORIES = ("chairs", "tables", "lamps", "shelves", "garden", "kitchen", "textiles", "office", "kids", "sale")
ADJECTIVES = (
    "oak",
    "walnut",
    "blue",
    "small",
    "round",
    "folding",
    "linen",
    "classic",
    "nordic",
    "outdoor",
    "stackable",
    "green",
)
NOUNS = (
    "chair",
    "stool",
    "bench",
    "lamp",
    "shelf",
    "desk",
    "rug",
    "bowl",
    "cushion",
    "table",
    "hook",
    "tray",
    "clock",
    "frame",
)
TOPICS = (
    "travel",
    "bread",
    "garden",
    "photography",
    "cycling",
    "books",
    "linux",
    "music",
    "winter",
    "repair",
    "coffee",
    "birds",
)

SEARCHES = (
    "oak chair", "lamp", "desk 120 cm", "rug blue", "outdoor bench", "gift", "kids shelf", "return policy", "shipping",
    "sourdough", "how to fix a flat tyre", "spring", "gift card", "black friday", "opening hours",
)  # fmt: skip
# What a rule for attacks stumbles over, in searches of people who mean no harm. Percent-encoded as browsers do.
INNOCENT_LOOKALIKES = (
    "select+fabric", "credit+union+tour", "table+drop+leaf", "o%27reilly", "drop+leaf+table", "union+jack+cushion",
    "script+fonts+poster", "update+delivery+address", "insert+for+drawer", "order+by+phone", "sleep+better+pillow",
    "%22oak+and+walnut%22", "chair+%3C+100", "50%25+off", "bed+%26+bath", "rock+%27n%27+roll+poster",
    "etc", "admin+desk", "where+is+my+order+or+refund", "cast+iron+%28large%29", "c%2B%2B+book", "select+a+union",
    "benchmark+running+shoes", "exec+chair", "concat+tiles", "alert+light", "image+onload+error+fix", "char+grill",
)  # fmt: skip

EXTERNAL_REFERRERS = (
    ("https://www.google.com/", 52), ("https://www.bing.com/", 9), ("https://duckduckgo.com/", 7),
    ("https://l.facebook.com/", 6), ("https://t.co/", 3), ("https://www.reddit.com/", 4),
    ("https://www.pinterest.com/", 4), ("android-app://com.google.android.gm/", 2),
    ("https://news.example.org/today", 2), ("https://en.wikipedia.org/", 3), ("https://www.ecosia.org/", 2),
)  # fmt: skip
REFERRERS = tuple(name for name, _ in EXTERNAL_REFERRERS)
REFERRER_WEIGHTS = tuple(weight for _, weight in EXTERNAL_REFERRERS)

CAMPAIGNS = (
    "utm_source=newsletter&utm_medium=email&utm_campaign=spring",
    "gclid=EAIaIQobChMI8rSx",
    "fbclid=IwAR0x7",
    "utm_source=instagram&utm_medium=social",
)
# Harmless paths that browsers, phones and password managers ask for, and most sites do not have.
HARMLESS_MISSING = (
    "/favicon.ico", "/apple-touch-icon.png", "/apple-touch-icon-precomposed.png", "/apple-touch-icon-120x120.png",
    "/apple-touch-icon-152x152-precomposed.png", "/.well-known/change-password",
    "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200",
    "/.well-known/traffic-advice", "/.well-known/assetlinks.json", "/.well-known/apple-app-site-association",
    "/.well-known/security.txt", "/browserconfig.xml", "/humans.txt", "/ads.txt", "/manifest.json", "/sw.js",
)  # fmt: skip
