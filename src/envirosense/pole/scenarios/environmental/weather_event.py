"""Severe weather of one of eight kinds, labelled while it is as severe as weather services warn of."""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.pole.scenarios.environmental.weather_grades import SPELL_K, WATCHES, Watch
from envirosense.pole.scenarios.environmental.weather_kinds import CAUSES, EXCESS
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
    Conditions,
    EventLabels,
    EventSubtype,
    EventType,
    Follows,
    Forcing,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    active_only,
    graded_event,
)

HOUR_S, DAY_S = 3600.0, 86_400.0
LENGTHS = {
    "wind": LogUniform(0.5 * HOUR_S, 8.0 * HOUR_S),
    "rain": LogUniform(600.0, 1.5 * HOUR_S),
    "heat_wave": LogUniform(2.0 * DAY_S, 7.0 * DAY_S),
    "cold_snap": LogUniform(2.0 * DAY_S, 5.0 * DAY_S),
    "front": LogUniform(HOUR_S, 3.0 * HOUR_S),
    "thunderstorm": LogUniform(0.5 * HOUR_S, HOUR_S),
    "fog": LogUniform(0.5 * HOUR_S, 6.0 * HOUR_S),
    "dust": LogUniform(600.0, 3.0 * HOUR_S),
}


class WeatherEventScenario(BaseScenario):
    """Wind, rain, heat, cold, a front, a thunderstorm, fog or dust over a sound pole."""

    name: ClassVar[str] = "weather_event"
    description: ClassVar[str] = "Severe weather: wind, rain, heat, cold, front, thunderstorm, fog or dust"
    category: ClassVar[Category] = Category.ENVIRONMENTAL
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 3600.0
    phases: ClassVar[tuple[str, ...]] = tuple(
        name for watch in WATCHES.values() for name in watch.grading.stage_names
    )
    limits: ClassVar[str] = (
        "The kind is drawn without regard to season and hour, so fog may come at a July noon and a heat wave "
        "in January, where it is a warm spell of level 1. A spell that began before the episode finds metal "
        "and wood as the ordinary weather left them. Load does not answer to heat and cold. No hail, ice or "
        "snow. Severe weather that the year brings by itself is labelled only beside a cause of this "
        "scenario. Wind that a front or storm adds counts as if it blew along the wind of the hour."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        190.0,
        2.0 * HOUR_S,
        "assumed, inland south-east of the US: 50 fronts, 50 hours of heavy rain, 45 thunderstorms, 30 fogs, "
        "5 winds, 5 heat waves, 5 cold snaps, at most one dust; the kinds are drawn evenly",
    )
    tags: ClassVar[tuple[str, ...]] = ("weather",)
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "kind": Parameter(Choice(tuple(CAUSES)), "1", "what comes", "assumed: evenly, to learn each"),
            "onset_fraction": Parameter(
                Uniform(0.03, 0.5),
                "1",
                "when it sets in, or a front passes or a storm is nearest, as a fraction of the episode",
                "assumed",
            ),
            "length_s": Parameter(
                Conditional("kind", LENGTHS),
                "s",
                "from its first sign to its end; of a front the cooling, of a storm its cell's life",
                "assumed; cells last 30 to 60 min (from memory)",
            ),
            "since_fraction": Parameter(
                Uniform(0.15, 0.8), "1", "share of a heat wave or cold snap that has passed before", "assumed"
            ),
            "wind_m_s": Parameter(
                Follows(LogUniform(12.0, 30.0), "wind_m_s", 0.4),
                "m/s",
                "mean wind at 10 m, if wind or dust",
                "assumed: about the warnings' thresholds, 14 to 25 m/s",
            ),
            "rain_mm_h": Parameter(
                Follows(LogUniform(6.0, 60.0), "relative_humidity", 0.4),
                "mm/h",
                "mean rate of the rain, if rain",
                "assumed: about the threshold of heavy rain, 7.6 mm/h",
            ),
            "warming_k": Parameter(
                Follows(Uniform(4.0, 12.0), "air_k", 0.4),
                "K",
                "over the ordinary air, if a heat wave",
                "assumed: about the 5 K of a warm spell",
            ),
            "cooling_k": Parameter(
                Conditional("kind", {k: Uniform(4.0, 18.0 if k == "cold_snap" else 12.0) for k in CAUSES}),
                "K",
                "fall of the air's temperature, if a cold snap or a front",
                "assumed: fronts 5 to 12 K",
            ),
            "flashes_per_min": Parameter(
                LogUniform(0.5, 10.0), "1/min", "at the cell's peak, if a thunderstorm", "assumed"
            ),
            "closest_m": Parameter(
                Uniform(0.0, 20_000.0), "m", "distance at which the cell passes, likewise", "assumed"
            ),
            "bearing_deg": Parameter(
                Uniform(0.0, 360.0), "deg", "of that point, clockwise from north", "assumed: any"
            ),
            "speed_m_s": Parameter(Uniform(5.0, 20.0), "m/s", "of the cell", "assumed"),
            "fog_g_m3": Parameter(
                LogUniform(0.008, 0.3), "g/m3", "liquid water at the thickest, if fog", "assumed: 0.01 to 0.4"
            ),
            "dust_ug_m3": Parameter(
                LogUniform(100.0, 8000.0), "ug/m3", "PM10 at the thickest, if dust", "assumed"
            ),
        }
    )

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Change of the weather, with dust, fog or a storm's cell where the kind has them."""
        cause = CAUSES[self.text("kind")](self, conditions, rng)
        place = stated_place(conditions.place.device_m, conditions.grid)
        return Forcing(
            weather=cause.weather,
            air_masses=cause.air_masses,
            storms=cause.storms,
            states={**cause.states, **place},
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The weather's own event, and the wind or rain that it brings as events that it causes."""
        kind = EventSubtype(self.text("kind"))
        brought = [subtype for subtype in (EventSubtype.WIND, EventSubtype.RAIN) if subtype is not kind]
        present = [subtype for subtype in brought if WATCHES[subtype].state in response.states]
        events = [self._event(subtype, response) for subtype in (kind, *present)]
        return Labels(active_only([events[0], *(event.with_parent(0) for event in events[1:])]))

    def _event(self, subtype: EventSubtype, response: Response) -> EventLabels:
        watch: Watch = WATCHES[subtype]
        own = WATCHES[EventSubtype(self.text("kind"))]
        course = response.states[watch.state]
        excess_k = response.states.get(EXCESS)
        return graded_event(
            course,
            watch.grading,
            EventType.SEVERE_WEATHER,
            subtype,
            "air",
            self.number(own.strength[0]),
            own.strength[1],
            at=place_in(response.states),
            active=None if excess_k is None else np.abs(excess_k) >= SPELL_K,
        )
