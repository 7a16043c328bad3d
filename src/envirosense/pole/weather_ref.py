"""Which weather year an episode runs in: by name or file, and the hash that holds it to that file."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from envirosense.climate.files import greensboro, read_weather, sand_point
from envirosense.climate.morph import wildfire_year
from envirosense.climate.year import WeatherYear
from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError

DEFAULT = "greensboro"


class WeatherRef(FrozenModel):
    """Weather year of an episode: a name, or a file; `digest` is the SHA-256 of the file and any change.

    `turned_deg` is how much further clockwise all its wind comes from; 0 is not written.
    """

    name: str
    path: str | None = None
    digest: str
    turned_deg: float = Field(0.0, ge=0, lt=360)

    @model_serializer(mode="wrap")
    def _plain(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if not self.turned_deg:
            data.pop("turned_deg", None)
        return data


@cache
def _greensboro_wildfire() -> WeatherYear:
    return wildfire_year(greensboro())


NAMED: Mapping[str, Callable[[], WeatherYear]] = MappingProxyType(
    {DEFAULT: greensboro, "greensboro-wildfire": _greensboro_wildfire, "sand-point": sand_point}
)


def weather_ref(name_or_path: str | None) -> WeatherRef:
    """Reference to a year by name, or to a TMY3 or EPW file; None is the year that ships with pvlib.

    Raises:
        ConfigError: if it is neither a name nor a file that can be read.
    """
    name = DEFAULT if name_or_path is None else name_or_path
    if name in NAMED:
        return WeatherRef(name=name, digest=NAMED[name]().digest)
    path = Path(name)
    if not path.suffix and not path.exists():
        raise ConfigError("weather", name, f"choose {', '.join(NAMED)}, or give a TMY3 .csv or an .epw file")
    year = _from_file(str(path.resolve()))
    return WeatherRef(name=year.name, path=str(path.resolve()), digest=year.digest)


def weather_year(ref: WeatherRef) -> WeatherYear:
    """The year referred to.

    Raises:
        ConfigError: if it is not the one the reference was made from, or no longer known.
    """
    if ref.path is None and ref.name not in NAMED:
        raise ConfigError("weather", ref.name, f"choose {', '.join(NAMED)}, or a file")
    year = NAMED[ref.name]() if ref.path is None else _from_file(ref.path)
    if year.digest != ref.digest:
        raise ConfigError("weather", ref.path or ref.name, "the file has changed since the plan; restore it")
    return _turned(year, ref.turned_deg) if ref.turned_deg else year


def _turned(year: WeatherYear, degrees: float) -> WeatherYear:
    """The year with all its wind from `degrees` further clockwise."""
    return replace(
        year,
        wind_from_deg=np.mod(year.wind_from_deg + degrees, 360.0),
        digest=hashlib.sha256(f"{year.digest} turned {degrees!r}".encode()).hexdigest(),
        repairs=MappingProxyType({**year.repairs, "wind_from_deg": f"turned by {degrees:g} deg"}),
    )


@cache
def _from_file(path: str) -> WeatherYear:
    return read_weather(path)
