"""The API hands out pages of a bounded size."""

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.utils.module_loading import import_string
from rest_framework.request import Request


@pytest.mark.parametrize(("asked", "given"), [({}, 50), ({"limit": "225"}, 225), ({"limit": "1000000"}, 250)])
def test_page_is_as_long_as_asked_up_to_a_bound(rf: RequestFactory, asked: dict[str, str], given: int) -> None:
    paginator = import_string(settings.REST_FRAMEWORK["DEFAULT_PAGINATION_CLASS"])()
    assert paginator.get_limit(Request(rf.get("/api/v1/", asked))) == given
