"""Parameters of one episode: from the scenario's own spread, a design, or a proposal with its weight."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from envirosense.core.errors import UnknownNameError
from envirosense.core.rng import derived_seed
from envirosense.scenarios import SCENARIOS, BaseScenario, ParameterSpace, ParameterValue
from envirosense.scenarios.definition import scenario_id
from envirosense.scenarios.definition_spaces import distribution
from envirosense.scenarios.document import SpreadDefinition
from envirosense.scenarios.sampling import designed_draw, evened, importance_weight, narrowed

type Ranges = Mapping[str, Mapping[str, Any]]  # scenario -> parameter -> spread as scenario files write it
type PoleDesign = Literal["covering", "random", "sobol"]  # covering: sobol, rare options drawn more often
type Stream = Callable[[str], np.random.Generator]


@dataclass(frozen=True, slots=True)
class DrawnParameters:
    """Values of one episode, and how it is to be counted."""

    values: dict[str, ParameterValue]
    importance_weight: float


def proposal_of(scenario: type[BaseScenario], ranges: Ranges) -> ParameterSpace:
    """Space to draw a scenario from: its own, with the ranges asked for.

    Raises:
        UnknownNameError: if the scenario has no such parameter.
        ConfigError: if a range is none or leaves what the scenario allows.
    """
    asked = ranges.get(scenario_id(scenario), {})
    spreads = {
        name: distribution(SpreadDefinition.parse(written, f"ranges.{name}"))
        for name, written in asked.items()
    }
    return narrowed(scenario.space, spreads) if spreads else scenario.space


def require_known(ranges: Ranges, others: Collection[str]) -> None:
    """Refuse ranges of a scenario or parameter that does not exist, whatever is being drawn.

    Args:
        ranges: what a request asks for.
        others: ids that no package registers, of the request's own definitions; their parameters are
            checked when they are drawn.

    Raises:
        UnknownNameError: naming the nearest id or parameter.
    """
    for scenario, asked in ranges.items():
        if scenario in others:
            continue
        if scenario not in SCENARIOS:
            raise UnknownNameError("ranges", scenario, (*SCENARIOS, *others))
        known = SCENARIOS[scenario].space.parameters
        for name in asked:
            if name not in known:
                raise UnknownNameError(f"ranges.{scenario}", name, known)


def draw_parameters(
    scenario: type[BaseScenario],
    ranges: Ranges,
    design: PoleDesign,
    place: tuple[int, int],
    stream: Stream,
    ranks: Mapping[str, float],
) -> DrawnParameters:
    """Parameters of draw `place` = (seed of the dataset, number of the scenario's episode).

    A random design draws each parameter from the stream of its own name. The covering one lets two hundred
    episodes meet nearly every pair of options; weights give the real odds back.
    """
    proposal = proposal_of(scenario, ranges)
    if design == "covering":
        proposal = evened(proposal)
    if design == "random":
        values = proposal.draw(lambda name: stream(f"param {name}"), ranks)
    else:
        seed = derived_seed(place[0], "design", scenario_id(scenario))
        values = designed_draw("sobol", proposal, seed, place[1], ranks=ranks).values
    weight = 1.0
    if proposal is not scenario.space:
        weight = importance_weight(scenario.space, proposal, values)
    return DrawnParameters(values, weight)
