"""compose.yaml and Dockerfile, as far as they can be looked at without Docker."""

import json
import os
import re
import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
import yaml
from compose_spec import PyOptions

from tis_esr.cli import app
from tis_esr.operations.access.claims import ClaimMapping
from tis_esr.settings import Settings
from tis_esr.web.console.sign_in.oidc import OidcSignIn

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service.get("image") == "tis-esr:local"]
SECRET = re.compile(r"PASS|SECRET|TOKEN|KEY_ID")
WITH_DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")


def test_compose_accepts_it() -> None:
    """As a Compose Specification file, with merge keys; durations, conditions and restart policies included."""
    _accept(TEXT)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("stop_grace_period: 60s", "stop_grace_perod: 60s"),
        ("stop_grace_period: 60s", "stop_grace_period: 60 parsecs"),
        ("restart: unless-stopped", "restart: perhaps"),
        ("condition: service_healthy", "condition: service_hearty"),
    ],
)
def test_compose_would_refuse_a_mistake(right: str, wrong: str) -> None:
    assert right in TEXT
    with pytest.raises(ValueError, match=r"\S"):
        _accept(TEXT.replace(right, wrong))


def _settings_of(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Settings:
    monkeypatch.chdir(folder)
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, WITH_DEFAULT.sub(r"\2", value))
    return Settings()


def _accept(text: str) -> None:
    PyOptions(apply_merge=True).from_yaml(text).validate()


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
    settings = _settings_of("tis-esr", monkeypatch, tmp_path)
    assert settings.engine == "production"
    assert settings.amqp_url is not None
    assert settings.amqp_url.get_secret_value().endswith("@rabbitmq:5672/tis-esr")


def test_people_sign_in_to_the_console_at_the_provider_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The console shares Keycloak's network, so that localhost is Keycloak for it as it is for the browser."""
    settings = _settings_of("console", monkeypatch, tmp_path)
    assert SERVICES["console"]["network_mode"] == "service:keycloak"
    assert SERVICES["keycloak"]["ports"] == ["127.0.0.1:8081:8081", "127.0.0.1:8090:8090"]
    assert (settings.console_url, settings.console_port) == ("http://localhost:8090", 8090)
    assert settings.console_oidc_issuer == "http://localhost:8081/realms/tis"
    realm = json.loads((ROOT / "deploy" / "compose" / "realm.json").read_text())
    assert realm["realm"] == "tis"
    [client] = realm["clients"]
    assert client["clientId"] == settings.console_oidc_client_id
    assert settings.console_oidc_client_secret is not None
    assert client["secret"] == settings.console_oidc_client_secret.get_secret_value()
    sign_in = OidcSignIn("http://localhost", "", "", settings.console_url or "", ClaimMapping())
    paths = {route.path for route in sign_in.routes()}
    assert client["redirectUris"] == ["http://localhost:8090/sign-in/callback"]
    assert {"/sign-in/callback", "/signed-out"} <= paths
    roles = {name for names in settings.console_roles.values() for name in names}
    assert {role["name"] for role in realm["roles"]["realm"]} == roles
    [mapper] = client["protocolMappers"]
    assert mapper["config"]["claim.name"] == settings.console_roles_claim
    assert mapper["config"]["id.token.claim"] == "true"


def test_the_files_of_a_first_day_are_put_into_the_bucket_once(
    s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "DE_EOE_RMC_20261124_00000101.DAT").write_text("invented")
    _settings_of("first-files", monkeypatch, tmp_path)
    bucket = f"first-{uuid4().hex[:12]}"
    boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name="eu-west-2",
        aws_access_key_id="invented-key",
        aws_secret_access_key="invented-secret",  # noqa: S106 - nobody checks it
    ).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    monkeypatch.setenv("TIS_ESR_S3_ENDPOINT", s3_endpoint)
    monkeypatch.setenv("TIS_ESR_S3_BUCKET", bucket)
    program, folder = SERVICES["first-files"]["entrypoint"][1:]
    assert (program, folder) == ("/first/put_first_files.py", "/data/in")
    put = runpy.run_path(str(ROOT / "deploy" / "compose" / "put_first_files.py"))["put"]
    assert put(tmp_path / "in") == ["DE_EOE_RMC_20261124_00000101.DAT"]
    assert put(tmp_path / "in") == []


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_an_image_or_is_built(name: str) -> None:
    assert SERVICES[name].keys() & {"image", "build"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_names_only_what_there_is(name: str) -> None:
    assert set(SERVICES[name].get("depends_on", {})) <= SERVICES.keys()
    kept = {volume.split(":")[0] for volume in SERVICES[name].get("volumes", [])}
    ours = {volume for volume in kept if volume.startswith("./")}
    assert all((ROOT / volume).is_file() for volume in ours)
    assert kept - ours <= COMPOSE["volumes"].keys()


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


def _python_of_the_image() -> str:
    [found] = re.findall(
        r"^ARG PYTHON_IMAGE=python:(\S+)-slim", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    return str(found)


def test_the_image_has_the_oldest_python_that_the_package_allows() -> None:
    allowed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert allowed == f">={_python_of_the_image()}"


@pytest.mark.skipif(
    "CI" not in os.environ, reason="elsewhere the tests may run on any Python that is allowed"
)
def test_ci_runs_the_tests_on_the_python_of_the_image() -> None:
    assert ".".join(map(str, sys.version_info[:2])) == _python_of_the_image()


def test_the_image_is_not_run_by_root_and_takes_only_locked_packages() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    installs = [line for line in lines if "pip install" in line]
    assert "USER tis-esr" in lines
    assert lines.index("USER tis-esr") > lines.index(installs[-1])
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert lines[-1] == 'ENTRYPOINT ["tis-esr"]'
