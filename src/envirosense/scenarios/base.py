"""Contract of a scenario: a cause over time, and labels that follow it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.registry import Registry
from envirosense.scenarios.forcing import Conditions, Forcing, Response
from envirosense.scenarios.labels import Labels
from envirosense.scenarios.parameters import ParameterSpace, ParameterValue
from envirosense.scenarios.taxonomy import Category

SCENARIOS: Registry[type["BaseScenario"]] = Registry("scenario", "envirosense.scenarios")


class Orchestrator(Protocol):
    """A world that takes causes and gives noise-free answers."""

    @property
    def conditions(self) -> Conditions:
        """What a scenario starts from."""
        ...

    def add(self, forcing: Forcing) -> int:
        """Put a cause into the world; the answer is its id."""
        ...

    def response(self, forcing_id: int) -> Response:
        """The world's answer to one cause."""
        ...

    def scenario_rng(self, scenario_id: str) -> np.random.Generator:
        """Generator for the scenario's own draws."""
        ...


class BaseScenario(ABC):
    """One happening of the library. An author writes `forcing` and `labels`.

    `params` are plain values drawn from `space`; the scenario is a pure function of them.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    category: ClassVar[Category]
    difficulty_level: ClassVar[str]
    expected_duration: ClassVar[float]  # [s]
    space: ClassVar[ParameterSpace]
    phases: ClassVar[tuple[str, ...]]
    limits: ClassVar[str]  # what the model leaves out

    def __init__(self, params: Mapping[str, Any]) -> None:
        """Scenario with checked parameters.

        Raises:
            ConfigError: if a parameter is unknown, missing or out of range.
        """
        self.space.check(params)
        self.params: dict[str, ParameterValue] = dict(params)
        self._forcing: Forcing | None = None
        self._forcing_id: int | None = None
        self._labels: Labels | None = None

    @property
    def scenario_id(self) -> str:
        """Id `category/name`."""
        return f"{self.category.value}/{self.name}"

    def number(self, name: str) -> float:
        """Value of a numeric parameter."""
        return float(self.params[name])

    def text(self, name: str) -> str:
        """Value of a parameter that is a name."""
        return str(self.params[name])

    @abstractmethod
    def forcing(self, conditions: Conditions, rng: np.random.Generator) -> Forcing:
        """Cause over time."""

    @abstractmethod
    def labels(self, forcing: Forcing, response: Response | None, grid: TimeGrid) -> Labels:
        """Events and labels that follow from the cause and the world's answer, not from readings.

        `response` is None for a scenario without a cause.
        """

    def setup_environment(self, environment_3d_orchestrator: Orchestrator) -> None:
        """Put the scenario's cause into the world."""
        world = environment_3d_orchestrator
        self._forcing = self.forcing(world.conditions, world.scenario_rng(self.scenario_id))
        self._forcing_id = world.add(self._forcing)
        self._labels = None

    def update(self, time_step: int, environment_3d_orchestrator: Orchestrator) -> None:
        """Bring the labels up to date with the world; the cause itself is known for all ticks."""
        if self._forcing is None or self._forcing_id is None:
            self.setup_environment(environment_3d_orchestrator)
        if self._labels is None and self._forcing is not None and self._forcing_id is not None:
            world = environment_3d_orchestrator
            response = world.response(self._forcing_id) if self._forcing.component else None
            self._labels = self.labels(self._forcing, response, world.conditions.grid)

    def get_ground_truth_labels(self, current_time_step: int, environment_3d_state: object) -> dict[str, Any]:
        """Labels of the most severe active event at one tick; `event_type` is `normal` when none is.

        Raises:
            ValueError: before `update` has been called.
        """
        if self._labels is None:
            raise ValueError(
                "get_ground_truth_labels before update: call update(time_step, orchestrator) first"
            )
        active = [event for event in self._labels.events if event.active[current_time_step]]
        if not active:
            return {"event_type": "normal", "is_anomaly": False, "severity": 0.0}
        worst = max(active, key=lambda event: event.severity[current_time_step])
        return {
            "event_type": worst.event_type.value,
            "event_subtype": worst.event_subtype.value,
            "is_anomaly": True,
            "stage": worst.stage_names[worst.stage[current_time_step]],
            "severity": float(worst.severity[current_time_step]),
            "level": int(worst.level[current_time_step]),
            "progress": float(worst.progress[current_time_step]),
        }

    def is_completed(self, current_time_step: int, environment_3d_state: object) -> bool:
        """Whether the expected duration has passed."""
        grid: TimeGrid = environment_3d_state.grid  # type: ignore[attr-defined]
        return current_time_step * grid.dt_s >= self.expected_duration
