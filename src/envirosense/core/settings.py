"""Program settings from `ENVIROSENSE_*` environment variables."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What a machine or a person sets once; nothing here may change a simulated number."""

    model_config = SettingsConfigDict(env_prefix="ENVIROSENSE_", frozen=True, extra="ignore")

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
    """Settings of this process, read once."""
    return Settings()
