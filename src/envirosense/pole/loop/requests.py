"""What the pole's loop asks the factory for: even draws from its scenarios, or draws from a weak spot."""

import fnmatch
from collections.abc import Mapping
from typing import Any, Final

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.factory.request import GenerationRequest
from envirosense.factory.weak_spots import WeakSpot
from envirosense.pole.start_conditions import AGE, UNITS, hours_within
from envirosense.pole.weather_ref import weather_ref, weather_year
from envirosense.scenarios import SCENARIOS
from envirosense.scenarios.distributions import (
    Conditional,
    Distribution,
    Follows,
    LogUniform,
    Normal,
    Uniform,
    is_number,
)

SCENARIOS_OF_THE_LOOP: Final = (
    "normal/baseline_equipment_operation",
    "normal/diurnal_cycle",
    "normal/seasonal_variation",
    "lookalike/barbecue",
    "lookalike/diesel_truck",
    "lookalike/fireworks",
    "lookalike/fog_bank",
    "lookalike/insects",
    "lookalike/mowing",
    "lookalike/rain_noise",
    "lookalike/road_dust",
    "lookalike/wildfire_smoke",
    "electrical/arcing_event",
    "electrical/broken_neutral",
    "electrical/corona_discharge",
    "electrical/equipment_overheat",
    "electrical/insulation_breakdown",
    "electrical/tracking",
    "electrical/transformer_overload",
    "fire/cellulose_pyrolysis",
    "fire/early_combustion",
    "fire/pole_top_fire",
)
DURATION_S: Final = 600.0
TICK_S: Final = 1.0
OPTIONS: Final[Mapping[str, Any]] = {"without": ["thermal_camera"], "stages_stream": False}
CATEGORY: Final = "category"

type Span = tuple[float, float]


def even_request(episodes: int, seed: int) -> GenerationRequest:
    """Every scenario in turn, under any weather and with a device of any age; features only, no frames."""
    return GenerationRequest(
        twin="pole",
        scenarios=SCENARIOS_OF_THE_LOOP,
        episodes=episodes,
        duration_s=DURATION_S,
        dt_s=TICK_S,
        seed=seed,
        options=dict(OPTIONS),
        name="pole_loop",
    )


def spot_request(spot: WeakSpot, episodes: int, seed: int) -> GenerationRequest:
    """Draws from a weak spot: those of its scenarios that have all of its parameters, within its ranges.

    A range is cut to what a scenario allows; conditions at the start go to the twin's own option.

    Raises:
        UnknownNameError: if no scenario of the loop fits, or none of them has a parameter of that name.
        ConfigError: if no fitting scenario can give what the ranges ask for.
    """
    conditions = {name: _span(name, value) for name, value in spot.parameters.items() if name in UNITS}
    _require_weather(conditions)
    wanted = {n: value for n, value in spot.parameters.items() if n not in UNITS and n != CATEGORY}
    fitting = _fitting(spot)
    ranges = {one: spreads for one in fitting if (spreads := _spreads(one, wanted)) is not None}
    if not ranges:
        raise _undrawable(wanted, fitting)
    base = even_request(episodes, seed)
    options: dict[str, Any] = dict(base.options)
    if conditions:
        options["conditions"] = {name: list(span) for name, span in conditions.items()}
    if wanted:
        options["ranges"] = ranges
    return base.model_copy(update={"scenarios": tuple(ranges), "options": options})


def _require_weather(conditions: Mapping[str, Span]) -> None:
    """Refuse weather that never is, naming a condition without which there would be some."""
    year = weather_year(weather_ref(None))
    try:
        hours_within(year, conditions)
    except ConfigError as error:
        name = next(name for name in conditions if name != AGE)
        raise ConfigError(f"parameters.{name}", list(conditions[name]), error.fix) from None


def _fitting(spot: WeakSpot) -> list[str]:
    shelf = str(spot.parameters.get(CATEGORY, "*"))
    found = fnmatch.filter(SCENARIOS_OF_THE_LOOP, spot.scenario)
    found = fnmatch.filter(found, f"{shelf}/*")
    if not found:
        raise UnknownNameError("scenario", spot.scenario, SCENARIOS_OF_THE_LOOP)
    return sorted(found)


def _undrawable(wanted: Mapping[str, Any], fitting: list[str]) -> ConfigError:
    """Why no scenario can be drawn from, by the first parameter that none of them can give."""
    for name, value in wanted.items():
        if not any(name in SCENARIOS[scenario].space.parameters for scenario in fitting):
            known = {known for scenario in fitting for known in SCENARIOS[scenario].space.parameters}
            return UnknownNameError(f"parameters.{name}", name, {*known, *UNITS})
        if all(_spreads(scenario, {name: value}) is None for scenario in fitting):
            return ConfigError(
                f"parameters.{name}", value, f"none of {', '.join(fitting)} gives this; widen it"
            )
    name = list(wanted)[-1]
    return ConfigError(f"parameters.{name}", wanted[name], "no scenario has all of these; leave it out")


def _span(name: str, value: Any) -> Span:
    if is_number(value):
        return float(value), float(value)
    is_pair = isinstance(value, list | tuple) and len(value) == 2 and all(map(is_number, value))
    if not is_pair or not value[0] <= value[1]:
        raise ConfigError(f"parameters.{name}", value, "must be [low, high] or a number")
    return float(value[0]), float(value[1])


def _spreads(scenario: str, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """Spreads of the wanted parameters as the twin's `ranges` have them; None where it cannot give them."""
    space = SCENARIOS[scenario].space.parameters
    spreads: dict[str, Any] = {}
    for name, value in wanted.items():
        if name not in space:
            return None
        if isinstance(value, Mapping | str):
            spreads[name] = dict(value) if isinstance(value, Mapping) else {"value": value}
            continue
        bounds, (low, high) = bounds_of(space[name].distribution), _span(name, value)
        if bounds is None or max(low, bounds[0]) > min(high, bounds[1]):
            return None
        low, high = max(low, bounds[0]), min(high, bounds[1])
        spreads[name] = {"uniform": [low, high]} if low < high else {"value": low}
    return spreads


def bounds_of(spread: Distribution) -> Span | None:
    """Least and greatest number that it can give, whatever it depends on; None where it gives words.

    Of one that depends on another parameter: what every case allows.
    """
    if isinstance(spread, Uniform | LogUniform | Normal):
        return spread.low, spread.high
    if isinstance(spread, Follows):
        return bounds_of(spread.spread)
    if isinstance(spread, Conditional):
        cases = [bounds_of(case) for case in spread.cases.values()]
        known = [case for case in cases if case is not None]
        if len(known) < len(cases):
            return None
        low, high = max(case[0] for case in known), min(case[1] for case in known)
        return (low, high) if low <= high else None
    return None
