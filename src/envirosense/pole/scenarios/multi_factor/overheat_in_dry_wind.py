"""An overheating clamp in fire weather: the wind cools what the camera should see, and carries any spark."""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from envirosense.core.grid import TimeGrid
from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.scenarios.multi_factor.dry_wind import DryWindScenario
from envirosense.scenarios import (
    Category,
    EventLabels,
    EventSubtype,
    EventType,
    Forcing,
    Labels,
    Response,
)
from envirosense.scenarios.acts import ActOf
from envirosense.scenarios.compose import CompositeScenario


class OverheatInDryWindScenario(CompositeScenario):
    """Hot metal over dry grass in a strong wind."""

    name: ClassVar[str] = "overheat_in_dry_wind"
    description: ClassVar[str] = "A clamp overheats in a dry, strong wind over cured fuel"
    category: ClassVar[Category] = Category.MULTI_FACTOR
    limits: ClassVar[str] = (
        "Nothing falls from the clamp and nothing burns; the joint risk is a label. " + DryWindScenario.limits
    )
    tags: ClassVar[tuple[str, ...]] = ("fire", "weather_dependent")
    acts: ClassVar[tuple[ActOf, ...]] = (
        ActOf("wind", DryWindScenario),
        ActOf("clamp", EquipmentOverheatScenario),
    )

    def all_labels(
        self, forcings: Sequence[Forcing], responses: Sequence[Response], grid: TimeGrid
    ) -> Labels:
        """Events of wind and clamp, and the risk of both while they hold together."""
        events = super().all_labels(forcings, responses, grid).events
        risk = _first(events, EventType.FIRE_RISK)
        hot = _first(events, EventType.OVERHEATING)
        if risk is None or hot is None:
            return Labels(events)
        both = events[risk].active & events[hot].active
        if not both.any():
            return Labels(events)
        severity = 1.0 - (1.0 - events[risk].severity) * (1.0 - events[hot].severity)
        joint = replace(
            events[risk],
            event_subtype=EventSubtype.COMBINED,
            component=events[hot].component,
            at=events[hot].at,
            active=both,
            severity=severity,
            parent=hot,
            cause=events[hot].cause,  # to see the wind is not to see the risk of both
        )
        return Labels((*events, joint))


def _first(events: Sequence[EventLabels], event_type: EventType) -> int | None:
    return next((i for i, event in enumerate(events) if event.event_type is event_type), None)
