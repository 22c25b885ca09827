from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.template.loader import render_to_string
from django.urls import set_urlconf

from cwf_portal.core import navigation
from cwf_portal.core.forms import CharField, GovForm
from cwf_portal.core.navigation import NavigationItem, register_navigation
from cwf_portal.core.templatetags import cwf


class NameForm(GovForm):
    name = CharField(label="Your name")


def shown(source, **context):
    return engines["django"].from_string("{% load cwf %}" + source).render(context)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ 123456|pence }}", "£1,234.56"),
        ("{{ none|pence }}{{ none|pounds_short }}{{ none|day }}{{ none|moment }}", ""),
        ("{{ 120000000|pounds_short }}", "£1.2m"),
        ("{{ d|day }}", '<time datetime="2027-05-03">3 May 2027</time>'),
        ("{{ m|moment }}", '<time datetime="2027-05-03T16:30:00+00:00">3 May 2027, 5:30pm</time>'),
    ],
)
def test_filter_writes_for_people(source, expected):
    assert shown(source, d=date(2027, 5, 3), m=datetime(2027, 5, 3, 16, 30, tzinfo=UTC)) == expected


def test_button_sends_or_leads_somewhere():
    assert 'type="submit" name="action" value="b">Save</button>' in shown('{% button "Save" name="action" value="b" %}')
    link = shown('{% button "Vote" href="/vote/" kind="start" %}')
    assert 'class="govuk-button govuk-button--start" href="/vote/"' in link


def test_summary_list_takes_pairs_and_rows_with_a_change_link():
    page = shown("{% summary_list rows %}", rows=[("Place", "<b>"), {"key": "Cost", "value": "£3", "href": "/c/"}])
    assert "&lt;b&gt;" in page
    assert 'href="/c/">Change<span class="govuk-visually-hidden"> Cost</span></a>' in page
    assert "govuk-summary-list__row--no-actions" in page


def test_blocks_keep_what_stands_in_them_and_escape_what_is_passed():
    page = shown(
        "{% details label %}<p>{{ text }}</p>{% enddetails %}{% inset %}{{ text }}{% endinset %}",
        label="<b>",
        text="<i>",
    )
    assert page.count("&lt;i&gt;") == 2
    assert "&lt;b&gt;" in page
    assert "Warning</span> x</strong>" in shown("{% warning %}x{% endwarning %}")


def test_error_summary_only_when_something_is_wrong():
    assert shown("{% form_errors form %}", form=NameForm()).strip() == ""
    assert 'href="#id_name">Enter your name</a>' in shown("{% form_errors form %}", form=NameForm({}))


@pytest.mark.parametrize(
    "source",
    [
        '{% svg_bars "Halls" rows %}',
        '{% svg_steps "Paid" points note="Source: us" %}',
        '{% svg_map places "Map" %}',
        '{% svg_tiles places "Tiles" %}',
        '{% svg_shape shape "Outline" %}',
    ],
)
def test_picture_has_a_name_and_no_inline_style(source):
    ring = [[0.0, 51.0], [0.2, 51.0], [0.2, 51.1], [0.0, 51.0]]
    page = shown(
        source,
        rows=[("A", 1)],
        points=[(date(2027, 1, 1), 1)],
        places=[{"name": "<A>", "lon": 0.0, "lat": 51.0, "region": "London"}],
        shape={"type": "Polygon", "coordinates": [ring]},
    )
    assert 'role="img" aria-labelledby="' in page
    assert "<title id=" in page
    assert "style=" not in page
    assert "<A>" not in page


def test_navigation_offers_rooms_links_in_order_and_marks_where_one_is(monkeypatch, rf, admin_like):
    monkeypatch.setattr(navigation, "_sources", [])
    register_navigation(
        lambda user: [NavigationItem("Second", "core:page-about", 40), NavigationItem("Gone", "no:page")]
    )
    links = navigation.navigation_for(admin_like, "/about/")
    assert [link["title"] for link in links][-2:] == ["Your home", "Second"]
    assert links[-1]["is_here"] is True
    assert "Gone" not in {link["title"] for link in links}


def test_navigation_asks_rooms_nothing_for_somebody_not_signed_in(monkeypatch):
    monkeypatch.setattr(navigation, "_sources", [lambda user: [NavigationItem("Secret", "core:home")]])
    titles = {link["title"] for link in navigation.navigation_for(AnonymousUser(), "/")}
    assert titles <= {"Find a place"}
    assert navigation.navigation_for(None, "/") == navigation.navigation_for(AnonymousUser(), "/")


@pytest.fixture
def admin_like():
    class Person:
        is_authenticated = True

    return Person()


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "409", "429", "500", "503"])
def test_error_page_says_what_happened_and_what_to_do(name):
    page = render_to_string(f"{name}.html", {"error": "No. Ask an officer."})
    assert page.count("<h1") == 1
    assert page.count('<p class="govuk-body">') >= 2
    assert "style=" not in page


def test_the_footer_is_written_once_for_each_list_of_addresses():
    written = cwf.footer()
    set_urlconf("cwf_portal.core.account_urls")
    try:
        other = cwf.footer()
    finally:
        set_urlconf(None)

    assert "About the fund" in written
    assert "About the fund" not in other
    assert cwf.footer() is written
