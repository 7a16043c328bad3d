"""A scenario that stands in a file alone: causes with shapes, and events that follow them."""

from typing import Any, ClassVar

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.scenarios.base import BaseScenario
from envirosense.scenarios.conditions import Conditions, Response
from envirosense.scenarios.declared_causes import CauseDefinition, build_causes
from envirosense.scenarios.declared_events import ANSWERS, EventDefinition, build_labels
from envirosense.scenarios.declared_values import Scope
from envirosense.scenarios.forcing import Forcing
from envirosense.scenarios.labels import Labels
from envirosense.scenarios.quantities import unit_of


class DeclaredScenario(BaseScenario):
    """Base of the classes that `definition` makes of files with causes of their own."""

    declared_causes: ClassVar[list[CauseDefinition]]
    declared_courses: ClassVar[dict[str, Any]]
    declared_events: ClassVar[list[EventDefinition]]
    acts_on: ClassVar[str | None] = None

    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """The file's causes; the courses that events follow are kept as states."""
        scope = self._scope(conditions.grid, rng)
        scope.draw_courses()
        followed = dict.fromkeys(e.follows for e in self.declared_events if e.follows not in ANSWERS)
        return Forcing(
            **build_causes(self.declared_causes, scope, conditions),
            acts_on=None if self.acts_on is None else scope.text(self.acts_on),
            states={name: scope.drawn[name] for name in followed},
        )

    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """The file's events."""
        return build_labels(self.declared_events, response, self._scope())

    def _scope(self, grid: TimeGrid | None = None, rng: np.random.Generator | None = None) -> Scope:
        units = {name: unit_of(parameter.unit) for name, parameter in self.space.parameters.items()}
        return Scope(self.params, units, self.declared_courses, grid, rng)
