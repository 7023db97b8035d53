"""compose.yaml and Dockerfile, as far as they can be looked at without Docker."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tis_esr.cli import app
from tis_esr.settings import Settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "tis-esr:local"]
SECRET = re.compile(r"PASS|SECRET|TOKEN|KEY_ID")
WITH_DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")


def _environments() -> list[tuple[str, str]]:
    return [
        (name, str(value))
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
    ]


def test_every_setting_in_it_is_one_of_ours() -> None:
    known = {f"TIS_ESR_{field.upper()}" for field in Settings.model_fields}
    used = {name for name, _ in _environments() if name.startswith("TIS_ESR_")}
    assert used
    assert used | set(re.findall(r"\bTIS_ESR_\w+", TEXT)) <= known


def test_its_settings_are_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in SERVICES["tis-esr"]["environment"].items():
        monkeypatch.setenv(name, WITH_DEFAULT.sub(r"\2", value))
    settings = Settings()
    assert settings.engine == "production"
    assert settings.amqp_url is not None
    assert settings.amqp_url.get_secret_value().endswith("@rabbitmq:5672/tis-esr")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_an_image_or_is_built(name: str) -> None:
    assert SERVICES[name].keys() & {"image", "build"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_names_only_what_there_is(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= SERVICES.keys()
    kept = {volume.split(":")[0] for volume in SERVICES[name].get("volumes", [])}
    assert kept <= COMPOSE["volumes"].keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_health_only_where_it_is_looked_at(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_published_to_this_machine_only(name: str) -> None:
    """Whoever knows the invented passwords must not come in from elsewhere."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", [name for name in OURS if "command" in SERVICES[name]])
def test_our_own_services_run_a_command_that_there_is(name: str) -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert SERVICES[name]["command"][0] in commands


def test_no_secret_is_a_real_one() -> None:
    secrets = [(name, value) for name, value in _environments() if SECRET.search(name)]
    assert secrets
    for name, value in secrets:
        given = WITH_DEFAULT.fullmatch(value)
        assert given, f"{name} is written out"
        assert "invented" in given[2], f"{name} has no plainly invented default"
    users = re.findall(r"://([^/\s@]+)@", WITH_DEFAULT.sub("GIVEN", TEXT))
    assert users
    assert set(users) == {"GIVEN:GIVEN"}
    assert not re.search(r"AKIA[0-9A-Z]{16}|BEGIN [A-Z ]*PRIVATE KEY|eyJ[\w-]{20,}", TEXT)


def test_the_same_variable_has_the_same_default_everywhere() -> None:
    defaults: dict[str, set[str]] = {}
    for name, default in WITH_DEFAULT.findall(TEXT):
        defaults.setdefault(name, set()).add(default)
    assert all(len(values) == 1 for values in defaults.values()), defaults


def test_the_image_is_not_run_by_root_and_takes_only_locked_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    installs = [line for line in lines if "pip install" in line]
    assert "USER tis-esr" in lines
    assert lines.index("USER tis-esr") > lines.index(installs[-1])
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert lines[-1] == 'ENTRYPOINT ["tis-esr"]'
