"""Public pages through the whole stack of middleware, beside the lightest page there is."""

from django.conf import settings
from django.test import Client
from django.urls import reverse

from bench.measure import Row, Work, against
from neighbourhoods.models import Neighbourhood

PAGES = 20


def measure() -> list[Row]:
    """Pages per second of one process."""
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
    place = reverse(
        "neighbourhoods:place-detail", args=[Neighbourhood.objects.order_by("code").values_list("code", flat=True)[0]]
    )
    floor = Work("cookies page (no query)", _fetch(client, reverse("core:page-cookies")), PAGES)
    return [
        against(Work("place page", _fetch(client, place), PAGES), floor, "pages"),
        against(Work("list of places", _fetch(client, reverse("neighbourhoods:place-list")), PAGES), floor, "pages"),
    ]


def _fetch(client: Client, url: str):
    def run() -> None:
        for _ in range(PAGES):
            response = client.get(url)
            if response.status_code != 200:
                raise RuntimeError(f"{url} answered {response.status_code}")

    return run
