"""Program settings from `ENVIROSENSE_*` environment variables."""

from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from envirosense.core.config import config_error
from envirosense.core.errors import ConfigError


class Settings(BaseSettings):
    """What a machine or a person sets once; nothing here may change a simulated number."""

    model_config = SettingsConfigDict(
        env_prefix="ENVIROSENSE_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    home: Path | None = Field(
        None, description="folder of the catalogue; default: .envirosense beside the output"
    )
    workers: int | None = Field(None, ge=1, description="worker processes; default: one per core")
    log_level: str = Field(
        "WARNING", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level logged"
    )
    log_json: bool | None = Field(None, description="log as JSON lines; default: when not a terminal")
    catalog_url: str | None = Field(None, description="SQLAlchemy URL of a shared catalogue")


@cache
def settings() -> Settings:
    """Settings of this process, read once.

    Raises:
        ConfigError: naming the environment variable that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        fault = config_error(error)
        raise ConfigError(f"ENVIROSENSE_{fault.field.upper()}", fault.value, fault.fix) from None
