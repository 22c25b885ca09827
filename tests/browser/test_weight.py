"""A first visit on a poor signal: what a resident's page weighs, with everything it needs."""

import re
import urllib.request

import brotli

from tests.support.portal import Portal

COLD_BYTES = 14 * 1024
WARM_BYTES = 5 * 1024
PAGES = ("/account/login/", "/about/", "/how-your-vote-stays-secret/")


def fetched(url):
    """The body as it travels, and the encoding it travels in."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "br"})) as answer:
        return answer.read(), answer.headers.get("Content-Encoding")


def test_first_visit_is_light_and_the_next_lighter(portal: Portal):
    for path in PAGES:
        body, encoding = fetched(portal.url + path)
        page = body if encoding == "br" else brotli.compress(body)  # the server in front compresses pages
        text = (brotli.decompress(body) if encoding == "br" else body).decode()
        parts = re.findall(r'<(?:link|script)[^>]*(?:href|src)="(/static/[^"]+)"', text)
        assert parts, "the page names no style sheet"
        sizes = {part: len(fetched(portal.url + part)[0]) for part in parts}
        assert len(page) <= WARM_BYTES, f"{path}: {len(page)} bytes"
        assert len(page) + sum(sizes.values()) <= COLD_BYTES, f"{path}: {len(page)} bytes and {sizes}"
