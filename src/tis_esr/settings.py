"""Every setting, from the environment (``TIS_ESR_...``) or from ``tis-esr.toml`` in the working folder."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class BadSettings(Exception):  # noqa: N818 - says what the matter is
    """One or more settings can't be used; the text names each and says what is wrong with it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """What may differ between one installation and another; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix="TIS_ESR_", toml_file="tis-esr.toml", frozen=True, extra="forbid"
    )

    engine: Literal["embedded", "production"] = "embedded"
    state: Path = Path("tis-esr.sqlite")
    amqp_url: SecretStr | None = None
    mongodb_url: SecretStr | None = None
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

    applicants_cron: str = "0 14 * * *"
    notifications_cron: str = "0 15 * * *"
    sweep_seconds: Annotated[float, Field(gt=0)] = 10.0
    drain_seconds: Annotated[float, Field(ge=0)] = 25.0
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    events_token: SecretStr | None = None
    sns_topics: tuple[str, ...] = ()
    log_format: Literal["text", "json"] = "text"
    traces: bool = False

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
    try:
        return Settings()
    except ValidationError as error:
        raise BadSettings([f"setting {_name(e['loc'])}: {e['msg']}" for e in error.errors()]) from error
    except ValueError as error:
        raise BadSettings([f"tis-esr.toml can't be read: {error}"]) from error


def _name(place: tuple[int | str, ...]) -> str:
    key = ".".join(map(str, place))
    return f"{key} (TIS_ESR_{key.upper()} or {key} in tis-esr.toml)"
