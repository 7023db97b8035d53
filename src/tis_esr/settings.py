"""Every setting, from the environment (``TIS_ESR_...``) or from ``tis-esr.toml`` in the working folder."""

from pathlib import Path
from typing import Annotated

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

    state: Path = Path("tis-esr.sqlite")
    tcs_concurrency: Annotated[int, Field(ge=1, le=200)] = 16
    tcs_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0
    tcs_token: SecretStr | None = None
    tcs_token_url: str | None = None
    tcs_client_id: str | None = None
    tcs_client_secret: SecretStr | None = None
    patience_seconds: Annotated[float, Field(gt=0)] = 120.0
    window_opens_days: Annotated[int, Field(ge=0, le=60)] = 2
    window_closes_weeks: Annotated[int, Field(ge=1, le=52)] = 13

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
