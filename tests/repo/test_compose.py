"""What production starts, read from docker-compose.yml and Dockerfile, and tried where that needs no Docker."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from cwf_portal.embedded.postgres import LOCALE, LOG_SETTINGS
from tests.support import cluster

COMPOSE = yaml.safe_load((cluster.CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (cluster.CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
ENVIRONMENT_READ = re.compile(r"""(?:environ(?:\.get\(|\[)|flag\(|secret\("\w+",)\s*["']([A-Z_]+)["']""")
MAIL = {"EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_TIMEOUT"}
ASKED_FOR = re.compile(r"\$\{([A-Z_]+)(:\?[^}]*)?")
FILLED_IN = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
NOT_IN_PRODUCTION = {
    "DEMO",
    "CWF_SCRATCH",
    "CWF_CRASH_POINTS",
    "CWF_TESTING",
    "CWF_VAR",
    "CWF_KEYS",
    "DATABASE_OWNER_URL",
    "CWF_PATIENCE",
}


def test_postgres_logs_as_little_as_the_embedded_one():
    command = SERVICES["postgres"]["command"]
    settings = dict(part.split("=", 1) for part in command if "=" in part)
    assert settings == LOG_SETTINGS


def test_postgres_sorts_as_the_embedded_one():
    assert SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"].split() == list(LOCALE)


def test_database_and_queue_outlive_their_containers():
    assert "database:/var/lib/postgresql" in SERVICES["postgres"]["volumes"]
    assert {"--appendonly", "noeviction"} <= set(SERVICES["redis"]["command"])


@pytest.mark.parametrize("service", ["migrate", "web", "worker", "beat"])
def test_service_is_given_every_setting_that_is_read(service):
    read = set(ENVIRONMENT_READ.findall((cluster.CHECKOUT / "cwf_portal" / "settings.py").read_text(encoding="utf-8")))
    assert read - NOT_IN_PRODUCTION - SERVICES[service]["environment"].keys() == set()


def test_settings_read_where_the_mail_server_is():
    """Without these Django would talk to port 25 of the container itself, and no sign-in code would arrive."""
    read = set(ENVIRONMENT_READ.findall((cluster.CHECKOUT / "cwf_portal" / "settings.py").read_text(encoding="utf-8")))
    assert read >= MAIL


def test_example_names_what_compose_asks_for_and_readme_says_what_it_is():
    asked = ASKED_FOR.findall((cluster.CHECKOUT / "docker-compose.yml").read_text(encoding="utf-8"))
    example = FILLED_IN.findall((cluster.CHECKOUT / ".env.example").read_text(encoding="utf-8"))
    readme = (cluster.CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert set(example) == {name for name, _ in asked}
    assert [name for name in example if f"`{name}`" not in readme] == []
    assert [name for name, words in asked if words == ":?"] == []


def test_only_migrate_holds_the_owners_password():
    holders = {name for name, service in SERVICES.items() if "DATABASE_OWNER_URL" in service.get("environment", {})}
    assert holders == {"migrate"}


def command_of(service: str) -> list[str]:
    """What compose says, else the image's own."""
    return SERVICES[service].get("command") or json.loads(DOCKERFILE.rsplit("CMD ", 1)[1])


@pytest.mark.parametrize("service", ["web", "worker", "beat", "migrate"])
def test_command_exists(service):
    program = command_of(service)[0]
    found = cluster.CHECKOUT / ".venv" / "bin" / program
    done = subprocess.run([found, "--help"], capture_output=True, check=False)
    assert done.returncode == 0


def test_web_keeps_no_access_log():
    assert command_of("web")[0] == "gunicorn"
    assert not [part for part in command_of("web") if "access" in part]


@pytest.mark.parametrize(("service", "of"), [("web", "web"), ("worker", "jobs"), ("beat", "jobs")])
def test_health_of_every_service_of_ours_is_asked_for(service, of):
    check = SERVICES[service]["healthcheck"]
    assert check["test"] == ["CMD", "python", "-m", "cwf_portal.healthcheck", of]
    assert int(check["start_period"].rstrip("s")) >= 60


def test_postgres_is_asked_over_tcp_where_its_image_sets_itself_up_on_the_socket():
    assert "--host=127.0.0.1" in SERVICES["postgres"]["healthcheck"]["test"]


def test_logs_of_no_container_fill_the_disk():
    sizes = {name: service.get("logging", {}).get("options", {}).get("max-size") for name, service in SERVICES.items()}
    assert [name for name, size in sizes.items() if not size] == []


def test_user_of_the_image_has_the_number_that_readme_names():
    number = re.search(r"useradd .*--uid (\d+)", DOCKERFILE)[1]
    assert f"`{number}`" in (cluster.CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["keys", "bank"])
def test_folder_is_shared_by_every_service_and_belongs_to_its_user(folder):
    mounts = {f"{folder}:/srv/portal/var/{folder}" in SERVICES[name]["volumes"] for name in ("web", "worker", "beat")}
    assert mounts == {True}
    assert folder in COMPOSE["volumes"]
    assert f"var/{folder}" in DOCKERFILE


def test_services_start_after_the_migration():
    waits = {name: SERVICES[name]["depends_on"]["migrate"]["condition"] for name in ("web", "worker", "beat")}
    assert set(waits.values()) == {"service_completed_successfully"}


def test_files_the_containers_take_exist():
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    copied = [line.split()[1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ") and "--from" not in line]
    paths = [path for path in mounted if path.startswith("./")] + copied
    assert [path for path in paths if not (cluster.CHECKOUT / path).exists()] == []


def test_first_start_makes_roles_that_sign_in_with_their_passwords(postgres_server):
    psql = cluster.postgres().program() / "psql"
    script = cluster.CHECKOUT / "cwf_portal" / "core" / "sql" / "first_start.sh"
    environment = {
        "PATH": f"{psql.parent}:{Path(shutil.which('bash') or '/bin/bash').parent}",
        "PGHOST": str(cluster.home() / "run"),
        "ROLES_SQL": str(script.with_name("roles.sql")),
        **{f"CWF_{role}_PASSWORD": f"{role.lower()}-pass'word" for role in ("OWNER", "APP", "READER")},
    }
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with cluster.postgres().connect("template1") as connection:
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'cwf_%'").fetchall()
    assert [kind for (kind,) in stored if not (kind or "").startswith("SCRAM-SHA-256$")] == []
