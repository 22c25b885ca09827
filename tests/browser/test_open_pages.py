"""Pages that anyone may read, and pages that are not there."""

from tests.browser.visitor import Visitor, problems_of

BROKEN = {
    "2 first-level headings": "<title>T</title><main><h1>A</h1><h1>B</h1></main>",
    "no title": "<main><h1>A</h1></main>",
    "image-alt": "<title>T</title><main><h1>A</h1><img src='/static/icon.svg'></main>",
    "too wide": "<title>T</title><style>p{width:900px}</style><main><h1>A</h1><p>x</p></main>",
    "color-contrast": "<title>T</title><main><h1>A</h1><p>A</p><div style='background:#222'><p>no</p></div></main>",
    "link-in-text-block": "<title>T</title><style>a+a{text-decoration:none;color:#222}</style>"
    "<main><h1>A</h1><p>Some words <a href='/a'>one</a> and more of them <a href='/b'>two</a> at the end.</p></main>",
    "disagree": "<title>T</title><main><h1>A</h1><div id='error-summary'>x</div></main>",
}
PAGES = {
    "/": "Money your neighbourhood decides on",
    "/about/": "About the fund",
    "/accessibility/": "Accessibility",
    "/cookies/": "Cookies",
    "/licences/": "Sources and licences",
    "/open-data/": "Open data",
    "/beside/E05009086/": "Beside its region and England",
    "/money/E92000001/": "Money year by year",
    "/how-your-vote-stays-secret/": "How your vote stays secret",
    "/account/login/": "Sign in",
    "/account/signup/": "Make an account",
    "/account/inactive/": "This account is closed",
}


def test_open_pages_meet_the_standard(visitor: Visitor):
    for path, text in PAGES.items():
        visitor.goes_to(path)
        visitor.sees(text)


def test_open_pages_send_no_cookie_and_a_strict_policy(visitor: Visitor):
    for path in ("/about/", "/cookies/"):
        answer = visitor.goes_to(path)
        policy = answer.header_value("content-security-policy") or ""
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.header_value("set-cookie") is None


def test_address_with_nothing_behind_it_says_what_to_do(visitor: Visitor):
    visitor.goes_to("/nowhere/", status=404)
    visitor.sees("Page not found", "Find your place")


def test_the_standard_finds_a_page_that_breaks_it(browser):
    page = browser.new_page()
    for complaint, broken in BROKEN.items():
        page.set_content(f"<!doctype html><html lang='en'>{broken}</html>")
        assert any(complaint in problem for problem in problems_of(page)), complaint
