"""Severe weather of one of eight kinds, labelled while it is as severe as weather services warn of."""

from typing import ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.pole.scenarios.environmental.weather_grades import SPELL_K, WATCHES, Watch
from envirosense.pole.scenarios.environmental.weather_kinds import CAUSES, EXCESS
from envirosense.pole.scenarios.environmental.weather_parameters import PER_YEAR, WEATHER_PARAMETERS
from envirosense.pole.scenarios.states import place_in, stated_place
from envirosense.scenarios import (
    BaseRate,
    BaseScenario,
    Category,
    Conditions,
    EventLabels,
    EventSubtype,
    EventType,
    Forcing,
    Labels,
    ParameterSpace,
    Response,
    active_only,
    graded_event,
)


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
        "in January, where it is a warm spell of level 1. Load does not answer to heat and cold. No hail, "
        "ice or snow. Severe weather that the year brings by itself is labelled only beside a cause of this "
        "scenario. Wind that a front or storm adds counts as if it blew along the wind of the hour."
    )
    rate: ClassVar[BaseRate] = BaseRate(
        sum(PER_YEAR.values()),
        7200.0,
        "assumed: 50 fronts and heavy rains each, 45 storms, 30 fogs",
    )
    tags: ClassVar[tuple[str, ...]] = ("weather",)
    space: ClassVar[ParameterSpace] = ParameterSpace(WEATHER_PARAMETERS)

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
