"""A set of time series as data: parameters, correlations, events."""

import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.grid import TimeGrid
from envirosense.datasets.files import write_whole
from envirosense.factory.time_series.mixing import Mixing, mixings
from envirosense.factory.time_series.patterns import NAME, Bursts, DrawnTime, Moment, Pattern, Shape

_OWN_COLUMNS = ("tick", "time_utc")


class Noise(FrozenModel):
    """First-order autoregression: standard deviation, and the time in which its correlation falls to 1/e."""

    sigma: PositiveFloat
    tau_s: NonNegativeFloat = 0.0  # 0: every tick by itself


class Parameter(FrozenModel):
    """One series: base + patterns + noise + what events add."""

    unit: str
    description: str = ""
    base: float = 0.0
    patterns: tuple[Pattern, ...] = ()
    noise: Noise | None = None


class Correlation(FrozenModel):
    """Correlation of the noise of two parameters at equal times."""

    between: tuple[str, str]
    value: Annotated[float, Field(gt=-1.0, lt=1.0)]


class Event(FrozenModel):
    """Something that happens at declared times or as a Poisson process, and moves parameters meanwhile."""

    name: str = Field(pattern=NAME)
    at: tuple[Moment, ...] = ()
    per_day: PositiveFloat | None = None
    lasts_s: DrawnTime
    effects: Annotated[dict[str, float], Field(min_length=1)]
    shape: Shape = "step"

    @model_validator(mode="after")
    def _has_times(self) -> Self:
        if bool(self.at) == (self.per_day is not None):
            raise ValueError(f"event {self.name}: give either times `at` or a rate `per_day`")
        return self


def _parameter_names(found: dict[str, Parameter]) -> dict[str, Parameter]:
    for name in found:
        if not (name.isidentifier() and name.islower() and name.isascii()) or name in _OWN_COLUMNS:
            raise ConfigError("parameter", name, "use lower-case letters, digits and underscores")
    return found


class SeriesSpec(FrozenModel):
    """Everything the series depend on; equal specs give equal bytes."""

    seed: NonNegativeInt = 0
    grid: TimeGrid
    parameters: Annotated[dict[str, Parameter], Field(min_length=1), AfterValidator(_parameter_names)]
    correlations: tuple[Correlation, ...] = ()
    events: tuple[Event, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for event in self.events:
            for name in event.effects:
                self._known(f"events.{event.name}.effects", name)
        self._check_event_names()
        self._check_correlations()
        self.mixings()
        return self

    def _known(self, field: str, name: str) -> Parameter:
        if name not in self.parameters:
            raise UnknownNameError(field, name, self.parameters)
        return self.parameters[name]

    def _check_event_names(self) -> None:
        bursts = [
            f"{name}.{pattern.name}"
            for name, parameter in self.parameters.items()
            for pattern in parameter.patterns
            if isinstance(pattern, Bursts)
        ]
        for one, count in Counter([*(event.name for event in self.events), *bursts]).items():
            if count > 1:
                raise ConfigError("events", one, "two are called so; rename one")

    def _check_correlations(self) -> None:
        for correlation in self.correlations:
            one, other = correlation.between
            if one == other:
                raise ConfigError("correlations", one, "a parameter correlates with itself by 1; name two")
            for name in (one, other):
                if self._known("correlations", name).noise is None:
                    fix = "has no noise that could be correlated; give it noise"
                    raise ConfigError("correlations", name, fix)
        pairs = sorted(tuple(sorted(correlation.between)) for correlation in self.correlations)
        for pair, again in pairwise(pairs):
            if pair == again:
                raise ConfigError("correlations", " and ".join(pair), "given twice; keep one")

    @property
    def noises(self) -> dict[str, Noise]:
        """Noise of the parameters that have some."""
        return {name: one.noise for name, one in self.parameters.items() if one.noise is not None}

    def mixings(self) -> tuple[Mixing, ...]:
        """How the noise of the parameters is made of independent draws.

        Raises:
            ConfigError: if the correlations cannot be had together.
        """
        coefficients = {
            name: math.exp(-self.grid.dt_s / noise.tau_s) if noise.tau_s else 0.0
            for name, noise in self.noises.items()
        }
        return mixings(coefficients, {one.between: one.value for one in self.correlations})

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Specification in a YAML or JSON file.

        Raises:
            ConfigError: for what does not fit, naming the field.
        """
        return cls.parse(load_yaml(Path(path).expanduser()))

    def save(self, path: Path | str) -> Path:
        """The YAML file, which `load` reads back to an equal specification."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude_defaults=True)
        _keep_kinds(plain, self)
        file = Path(path).expanduser()
        write_whole(file, yaml.safe_dump(plain, sort_keys=False, allow_unicode=True).encode())
        return file


def _keep_kinds(plain: dict[str, Any], spec: SeriesSpec) -> None:
    """Put back what names a pattern: it is a default of its class, and left out with the others."""
    for name, parameter in spec.parameters.items():
        for entry, pattern in zip(
            plain["parameters"][name].get("patterns", ()), parameter.patterns, strict=True
        ):
            entry["kind"] = pattern.kind
