"""Contract of a scenario: a cause over time, and labels that follow it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from envirosense.core.grid import TimeGrid
from envirosense.core.registry import Registry
from envirosense.scenarios.conditions import Conditions, Response
from envirosense.scenarios.distributions import ParameterValue
from envirosense.scenarios.forcing import Forcing
from envirosense.scenarios.labels import Labels
from envirosense.scenarios.parameters import ParameterSpace
from envirosense.scenarios.taxonomy import Category, EventType

SCENARIOS: Registry[type["BaseScenario"]] = Registry("scenario", "envirosense.scenarios")

type RngOf = Callable[[str], np.random.Generator]


@dataclass(frozen=True, slots=True)
class BaseRate:
    """How often the happening is met at one pole, and for how long, so that evaluation can restore it."""

    per_pole_year: float
    duration_s: float  # of one real happening, from its first physical sign to its end
    source: str


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
    rate: ClassVar[BaseRate]
    version: ClassVar[int] = 1  # raised when the same parameters mean another happening
    tags: ClassVar[tuple[str, ...]] = ()
    needs_transformer: ClassVar[bool] = False  # only a pole with one can have it

    def __init__(self, params: Mapping[str, Any]) -> None:
        """Scenario with checked parameters.

        Raises:
            ConfigError: if a parameter is unknown, missing or out of range.
        """
        self.space.check(params)
        self.params: dict[str, ParameterValue] = dict(params)
        self._forcings: tuple[Forcing, ...] = ()
        self._forcing_ids: tuple[int, ...] = ()
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
    def labels(self, forcing: Forcing, response: Response, grid: TimeGrid) -> Labels:
        """Events and labels that follow from the world's answer and the stored states, not from readings.

        `forcing` is empty when labels are made again from a stored episode: use what `response` says.
        """

    @property
    def n_causes(self) -> int:
        """How many causes `causes` gives."""
        return 1

    def causes(self, conditions: Conditions, rng_of: RngOf) -> tuple[Forcing, ...]:
        """Every cause that the world answers on its own; one, unless the scenario is composed."""
        return (self.forcing(conditions, rng_of(self.scenario_id)),)

    def all_labels(
        self, forcings: Sequence[Forcing], responses: Sequence[Response], grid: TimeGrid
    ) -> Labels:
        """Labels of all causes in their order."""
        return self.labels(forcings[0], responses[0], grid)

    def setup_environment(self, environment_3d_orchestrator: Orchestrator) -> None:
        """Put the scenario's causes into the world."""
        world = environment_3d_orchestrator
        self._forcings = self.causes(world.conditions, world.scenario_rng)
        self._forcing_ids = tuple(world.add(forcing) for forcing in self._forcings)
        self._labels = None

    def update(self, time_step: int, environment_3d_orchestrator: Orchestrator) -> None:
        """Bring the labels up to date with the world; the cause itself is known for all ticks."""
        world = environment_3d_orchestrator
        if not self._forcings:
            self.setup_environment(world)
        if self._labels is None:
            responses = [world.response(forcing_id) for forcing_id in self._forcing_ids]
            self._labels = self.all_labels(self._forcings, responses, world.conditions.grid)

    def get_ground_truth_labels(self, current_time_step: int, environment_3d_state: object) -> dict[str, Any]:
        """Labels of the most severe active event at one tick; `event_type` is `normal` when none is.

        What is benign is named only while nothing else goes on, however faint that is.

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
        alarming = [event for event in active if event.event_type is not EventType.BENIGN_SOURCE]
        worst = max(alarming or active, key=lambda event: event.severity[current_time_step])
        return {
            "event_type": worst.event_type.value,
            "event_subtype": worst.event_subtype.value,
            "is_anomaly": worst.event_type is not EventType.BENIGN_SOURCE,
            "stage": worst.stage_names[worst.stage[current_time_step]],
            "severity": float(worst.severity[current_time_step]),
            "level": int(worst.level[current_time_step]),
            "progress": float(worst.progress[current_time_step]),
        }

    def is_completed(self, current_time_step: int, environment_3d_state: object) -> bool:
        """Whether the expected duration has passed."""
        grid: TimeGrid = environment_3d_state.grid  # type: ignore[attr-defined]
        return current_time_step * grid.dt_s >= self.expected_duration
