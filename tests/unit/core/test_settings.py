"""What the environment makes of the settings."""

import os
import subprocess
import sys

import pytest
from allauth.core.internal.httpkit import get_client_ip
from django.test import RequestFactory

READ = "from cwf_portal import settings; print(settings.ALLAUTH_TRUSTED_PROXY_COUNT)"


@pytest.mark.parametrize(
    ("said", "count"),
    [({}, 0), ({"CWF_TLS_ELSEWHERE": "1"}, 1), ({"CWF_TLS_ELSEWHERE": "1", "CWF_PROXIES": "2"}, 2)],
)
def test_proxies_are_trusted_as_far_as_the_operator_says(said: dict[str, str], count: int) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CWF_")}
    read = subprocess.run([sys.executable, "-c", READ], env=kept | said, capture_output=True, text=True, check=True)
    assert read.stdout.strip() == str(count)


def test_visitor_behind_the_proxy_is_limited_as_themselves(settings, rf: RequestFactory) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    written = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7, 198.51.100.4"}
    assert get_client_ip(rf.get("/", **written)) == "198.51.100.4"
