"""Deeds of people at one entity, gathered with habits and delays of their own."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.household import Floats, Household, hand_or_app
from envirosense.home.behaviour.spans import Rows, Times
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.people.lives import SECOND_US

HABIT: Final = (0.6, 0.98)  # share of the occasions on which a household does what it usually does; assumed


class Deeds:
    """Deeds of people at one entity, gathered."""

    def __init__(self, household: Household, entity: int) -> None:
        self.household, self.entity = household, entity
        self.name = household.entity_id(entity)
        self.parts: list[Stimuli] = []

    def share(self, what: str) -> float:
        """How regularly this household does something."""
        low, high = HABIT
        return low + (high - low) * float(self.household.rng("habit", what, self.name).random())

    def draws(self, what: str, rows: Rows) -> Floats:
        """A number between 0 and 1 for each deed, that of the stay that goes with it."""
        return self.household.draws(rows, what, self.name)

    def add(self, what: str, t_us: Times, rows: Rows, state: str, spread_s: tuple[float, float]) -> None:
        """Deeds at some times, later by a random part of `spread_s`, by the residents of some stays."""
        low, high = spread_s
        late_s = low + (high - low) * self.draws(f"{what} delay", rows)
        code = self.household.home.entities[self.entity].code(state)
        origin = hand_or_app(self.draws(f"{what} by app", rows))
        person = self.household.resident[rows]
        self.parts.append(
            Stimuli.of(t_us + (late_s * SECOND_US).astype(np.int64), self.entity, code, origin, person)
        )

    def done(self) -> Stimuli:
        """All of them in order of time."""
        return Stimuli.merged(Stimuli.of(np.empty(0), 0, 0, 0), *self.parts)
