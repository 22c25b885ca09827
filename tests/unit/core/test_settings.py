"""What the environment makes of the settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from allauth.core.internal.httpkit import get_client_ip
from django.test import RequestFactory

PRODUCTION = {"DATABASE_URL": "postgresql://cwf_app@db/cwf", "SECRET_KEY": "s", "PERSON_HMAC_KEY": "p"}


def settings_with(read: str, **said: str) -> subprocess.CompletedProcess[str]:
    """What a process of production would say that reads the settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CWF_", "DATABASE_"))}
    command = [sys.executable, "-c", f"from cwf_portal import settings; print({read})"]
    return subprocess.run(command, env=kept | said, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("said", "count"),
    [({}, 0), ({"CWF_TLS_ELSEWHERE": "1"}, 1), ({"CWF_TLS_ELSEWHERE": "1", "CWF_PROXIES": "2"}, 2)],
)
def test_proxies_are_trusted_as_far_as_the_operator_says(said: dict[str, str], count: int) -> None:
    read = settings_with("settings.ALLAUTH_TRUSTED_PROXY_COUNT", **PRODUCTION, **said)
    assert read.stdout.strip() == str(count)


@pytest.mark.parametrize("name", ["SECRET_KEY", "PERSON_HMAC_KEY"])
def test_secret_is_not_made_up_beside_a_database_of_somebody_else(name: str, tmp_path: Path) -> None:
    said = {key: value for key, value in PRODUCTION.items() if key != name}
    refused = settings_with("settings.BASE_DIR", **said, CWF_VAR=str(tmp_path))
    assert f"{name} is missing in the environment." in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "before"), [({}, "[]"), ({"SECRET_KEY_BEFORE": ""}, "[]"), ({"SECRET_KEY_BEFORE": "o"}, "['o']")]
)
def test_secret_before_stays_good_while_it_is_changed(said: dict[str, str], before: str) -> None:
    assert settings_with("settings.SECRET_KEY_FALLBACKS", **PRODUCTION, **said).stdout.strip() == before


def test_sandbox_bank_is_no_bank_of_production() -> None:
    """It says of every file that it is paid."""
    refused = settings_with("settings.BANK_ADDRESS", **PRODUCTION, BANK_ADDRESS="http://bank:8001")
    assert "BANK_ADDRESS is the sandbox bank’s" in refused.stderr
    for said in ({"BANK_ADDRESS": "file:///srv/bank"}, {"BANK_ADDRESS": "http://bank:8001", "DEMO": "1"}):
        assert settings_with("settings.BANK_ADDRESS", **PRODUCTION, **said).stdout.strip() == said["BANK_ADDRESS"]


def test_web_waits_shorter_than_jobs_and_commands() -> None:
    read = "settings.DATABASES['default']['OPTIONS']['options']"
    asked = [settings_with(read, **PRODUCTION, CWF_PATIENCE=who).stdout for who in ("web", "jobs", "")]
    assert [options.split()[1] for options in asked] == ["lock_timeout=5s", "lock_timeout=30s", "lock_timeout=2min"]
    assert ["statement_timeout" in options for options in asked] == [True, True, False]


@pytest.mark.parametrize("alias", ["default", "owner", "reader"])
def test_address_of_the_database_says_how_the_server_proves_itself(alias: str) -> None:
    said = PRODUCTION | {"DATABASE_URL": "postgresql://cwf_app@db:5433/cwf?sslmode=verify-full&sslrootcert=/ca.pem"}
    asked = f"[settings.DATABASES['{alias}']['OPTIONS'].get(name) for name in ('sslmode', 'sslrootcert')]"
    read = settings_with(asked, **said)
    assert read.stdout.strip() == "['verify-full', '/ca.pem']"


def test_options_in_the_address_stand_beside_our_patience() -> None:
    said = PRODUCTION | {"DATABASE_URL": "postgresql://db/cwf?options=-c%20work_mem%3D8MB&connect_timeout=9&port=5433"}
    asked = "settings.DATABASES['default']['PORT'], *settings.DATABASES['default']['OPTIONS'].values()"
    kept = settings_with(asked, **said).stdout
    assert kept.startswith("5433 9 ")
    assert kept.strip().endswith("-c lock_timeout=2min -c work_mem=8MB")


def test_names_of_hosts_may_stand_apart() -> None:
    read = settings_with("settings.ALLOWED_HOSTS", **PRODUCTION, ALLOWED_HOSTS="portal.example, www.portal.example")
    assert read.stdout.strip() == "['portal.example', 'www.portal.example']"


def test_http_is_sent_to_https_behind_a_proxy_too() -> None:
    read = "settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT"
    behind = settings_with(read, **PRODUCTION, SITE_ADDRESS="https://portal.example", CWF_TLS_ELSEWHERE="1")
    assert behind.stdout.strip() == "True ['^healthz$']"


def test_visitor_behind_the_proxy_is_limited_as_themselves(settings, rf: RequestFactory) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    written = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.7, 198.51.100.4"}
    assert get_client_ip(rf.get("/", **written)) == "198.51.100.4"
