"""Every setting, from the environment (``TIS_ESR_...``) or from ``tis-esr.toml`` in the working folder."""

import os
import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import structlog
from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tis_esr.engine.production.url_options import amqp_problem, mongodb_problem
from tis_esr.services.cron import next_after

PREFIX: Final = "TIS_ESR_"
_MAY_BE_EMPTY: Final = {"inbound", "outbound"}
_log = structlog.get_logger()
_LINKS: Final = re.compile(r"TIS_ESR_(SERVICE_(HOST|PORT)|PORT)(_\w+)?")
"""What Kubernetes sets in every container for a service that is named tis-esr."""


class BadSettings(Exception):  # noqa: N818 - the name states the problem
    """One or more settings can't be used; the text names each and says what is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _cron(text: str) -> str:
    next_after(text, datetime.now(UTC))
    return text


def _mongodb_url(url: SecretStr) -> SecretStr:
    if problem := mongodb_problem(url.get_secret_value()):
        raise ValueError(problem)
    return url


def _amqp_url(url: SecretStr) -> SecretStr:
    if problem := amqp_problem(url.get_secret_value()):
        raise ValueError(problem)
    return url


Cron = Annotated[str, AfterValidator(_cron)]


class Settings(BaseSettings):
    """What may differ between one installation and another; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix="TIS_ESR_", toml_file="tis-esr.toml", frozen=True, extra="forbid"
    )

    engine: Literal["embedded", "production"] = "embedded"
    state: Path = Path("tis-esr.sqlite")
    amqp_url: Annotated[SecretStr, AfterValidator(_amqp_url)] | None = None
    mongodb_url: Annotated[SecretStr, AfterValidator(_mongodb_url)] | None = None
    mongodb_database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,38}$")] = "tis_esr"
    lease_seconds: Annotated[float, Field(ge=1, le=600)] = 30.0
    resend_seconds: Annotated[float, Field(ge=1)] = 60.0
    tcs_url: str | None = None
    tcs_concurrency: Annotated[int, Field(ge=1, le=200)] = 128
    tcs_concurrency_total: Annotated[int, Field(ge=1, le=1000)] = 128
    tcs_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0
    tcs_uncertain_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    tcs_token: SecretStr | None = None
    tcs_token_url: str | None = None
    tcs_client_id: str | None = None
    tcs_client_secret: SecretStr | None = None
    patience_seconds: Annotated[float, Field(gt=0)] = 120.0
    window_opens_days: Annotated[int, Field(ge=0, le=60)] = 2
    window_closes_weeks: Annotated[int, Field(ge=1, le=52)] = 13

    files_in: Literal["folder", "s3", "sftp"] = "folder"
    files_out: Literal["folder", "s3", "sftp"] = "folder"
    inbound: str = "in"
    outbound: str = "out"
    s3_bucket: str | None = None
    s3_region: str = "eu-west-2"
    s3_endpoint: str | None = None
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = None
    sftp_host: str | None = None
    sftp_port: Annotated[int, Field(ge=1, le=65535)] = 22
    sftp_user: str | None = None
    sftp_known_hosts: Path | None = None
    sftp_key_file: Path | None = None
    sftp_password: SecretStr | None = None
    store_timeout_seconds: Annotated[float, Field(gt=0)] = 30.0

    applicants_cron: Cron = "0 14 * * *"
    notifications_cron: Cron = "0 15 * * *"
    sweep_seconds: Annotated[float, Field(gt=0)] = 10.0
    drain_seconds: Annotated[float, Field(ge=0)] = 25.0
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    events_token: SecretStr | None = None
    sns_topics: tuple[str, ...] = ()
    log_format: Literal["text", "json"] = "text"
    traces: bool = False

    @field_validator("*", mode="before")
    @classmethod
    def _usable(cls, value: Any, info: ValidationInfo) -> Any:
        """Return a text without blanks and line ends around it; those within are refused."""
        if not isinstance(value, str):
            return value
        value = value.strip()
        if not value and info.field_name not in _MAY_BE_EMPTY:
            raise ValueError("is empty; give a value, or leave it out")
        if not value.isprintable():
            raise ValueError("holds a line end or another character that can't be printed")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the environment before the file; nothing else."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load() -> Settings:
    """Return the settings in force; raises BadSettings."""
    for sentence in unknown_variables():
        _log.warning("unknown_setting", problem=sentence)
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            f"setting {_name(e['loc'])}: {_problem(e['type'], e['msg'], e['loc'])}" for e in error.errors()
        ]
        raise BadSettings(problems) from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"tis-esr.toml can't be read: {error}"]) from error
    except ValueError as error:
        raise BadSettings([f"a setting can't be read: {error}"]) from error


def unknown_variables(names: Iterable[str] | None = None) -> list[str]:
    """Return a sentence for each variable of the environment that looks like a setting of ours and is none."""
    found = os.environ if names is None else names
    strange = sorted(n for n in found if n.upper().startswith(PREFIX) and not _LINKS.fullmatch(n.upper()))
    return [
        f"{name} is not a setting and is ignored{_nearest(name.upper().removeprefix(PREFIX).lower())}"
        for name in strange
        if name.upper().removeprefix(PREFIX).lower() not in Settings.model_fields
    ]


def _nearest(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
    return f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""


def _problem(kind: str, message: str, place: tuple[int | str, ...]) -> str:
    if kind == "extra_forbidden":
        return f"is not a setting{_nearest('.'.join(map(str, place)))}"
    return message.removeprefix("Value error, ")


def _name(place: tuple[int | str, ...]) -> str:
    key = ".".join(map(str, place))
    return f"{key} (TIS_ESR_{key.upper()} or {key} in tis-esr.toml)"
