"""Addresses in letters."""

import pytest

from cwf_portal.core.addresses import address_of


@pytest.mark.parametrize("site", ["https://portal.example", "https://portal.example/"])
def test_address_in_a_letter_is_whole_however_the_site_is_written(settings, site: str) -> None:
    settings.SITE_ADDRESS = site
    assert address_of("core:role-confirm", 7) == "https://portal.example/people/roles/7/confirm/"
