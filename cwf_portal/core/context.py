from django.conf import settings
from django.http import HttpRequest

from cwf_portal.core.languages import choices_on, language_now


def site(request: HttpRequest) -> dict[str, object]:
    """What every page needs to know of the site."""
    named = {"demo": settings.DEMO, "site_name": "Community Wealth Fund", "language": language_now()}
    return named | choices_on(request)
