"""Which weather year an episode runs in: by name or file, and the hash that holds it to that file."""

from functools import cache
from pathlib import Path

from envirosense.climate.files import greensboro, read_weather
from envirosense.climate.year import WeatherYear
from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError

DEFAULT = "greensboro"


class WeatherRef(FrozenModel):
    """Weather year of an episode: a name that ships, or a file; `digest` is the file's SHA-256."""

    name: str
    path: str | None = None
    digest: str


def weather_ref(path: str | None) -> WeatherRef:
    """Reference to a TMY3 or EPW file, or to the year that ships with pvlib."""
    if path is None:
        return WeatherRef(name=DEFAULT, digest=greensboro().digest)
    year = _from_file(str(Path(path).resolve()))
    return WeatherRef(name=year.name, path=str(Path(path).resolve()), digest=year.digest)


def weather_year(ref: WeatherRef) -> WeatherYear:
    """The year referred to.

    Raises:
        ConfigError: if the file is not the one the reference was made from.
    """
    year = greensboro() if ref.path is None else _from_file(ref.path)
    if year.digest != ref.digest:
        raise ConfigError("weather", ref.path or ref.name, "the file has changed since the plan; restore it")
    return year


@cache
def _from_file(path: str) -> WeatherYear:
    return read_weather(path)
