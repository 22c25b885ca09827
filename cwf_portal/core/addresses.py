"""Addresses of our pages as they stand in letters, on paper and in codes to scan."""

from django.conf import settings
from django.urls import reverse


def address_of(name: str, *arguments: object) -> str:
    """The whole public address of the page of this url name."""
    return address_of_path(reverse(name, args=arguments))


def address_of_path(path: str) -> str:
    """The whole public address of a path of ours."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}{path}"
