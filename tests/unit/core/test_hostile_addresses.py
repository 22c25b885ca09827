"""Addresses that somebody made up to do harm: no fault, and never a way out of the portal."""

from urllib.parse import urlsplit

import pytest

from cwf_portal.core.permissions import Role
from tests.support.sessions import sign_in
from tests.unit.grants.conftest import make_person

pytestmark = pytest.mark.django_db

RETURNS = (
    "//evil.example", "///evil.example", "////evil.example", "https:evil.example", "https:/evil.example",
    "https:///evil.example", "https://evil.example", "HTTPS://EVIL.example", "ftp://evil.example", "\\\\evil.example",
    "/\\evil.example", "\\/evil.example", "/\\/evil.example", "//evil.example\\@testserver",
    "https://testserver@evil.example",
    "https://testserver.evil.example", "https://evil.example#@testserver", "https://evil.example:443",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "\tjavascript:alert(1)", "\t//evil.example",
    " //evil.example",
    "\x01//evil.example", "\n//evil.example", "/\n/evil.example", "/\t/evil.example", "http:\\\\evil.example",
    "//\u202eevil.example", "\x00//evil.example", "//[2001:db8::1]", "https://[", "https://[evil", "//evil。example",
)  # fmt: skip


def assert_stays(response):
    assert response.status_code < 500
    where = urlsplit(response.get("Location", "").replace("\\", "/").strip())
    assert (where.scheme, where.netloc) == ("", "")


WAYS_IN = ("/account/login/", "/account/signup/", "/account/login/code/", "/account/inactive/")


@pytest.mark.parametrize("address", WAYS_IN)
def test_no_return_address_breaks_a_way_in(client, address):
    for wanted in RETURNS:
        assert_stays(client.get(address, {"next": wanted}))
        assert_stays(client.post(address, {"next": wanted}))


@pytest.mark.parametrize("address", WAYS_IN)
def test_whoever_is_signed_in_is_led_to_no_return_address_outside(client, address):
    sign_in(client, make_person("resident", Role.RESIDENT))
    for wanted in RETURNS:
        assert_stays(client.get(address, {"next": wanted}))


def test_an_address_with_a_nul_leads_nowhere_for_whoever_may_see_what_it_asks_for(client):
    sign_in(client, make_person("officer", Role.GRANTS_OFFICER))
    for address in ("/agreements/%00/", "/agreements/CWF-%00/hold/", "/your-agreements/%00/", "/%00"):
        assert client.get(address).status_code in {403, 404}, address
