"""Addresses of our pages as they stand in letters, on paper and in codes to scan."""

from django.conf import settings
from django.urls import reverse


def address_of(name: str, *arguments: object) -> str:
    """The whole public address of the page of this url name."""
    return f"{settings.SITE_ADDRESS.rstrip('/')}{reverse(name, args=arguments)}"
