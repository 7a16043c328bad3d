"""One person's activities in the making: one after the other, without a gap."""

from bisect import bisect_left
from math import exp

import numpy as np

from envirosense.home.people.lives_clock import DAY_S, HOUR_S
from envirosense.home.people.lives_habits import Habits
from envirosense.home.people.lives_household import HouseDays
from envirosense.home.people.lives_table import PART_START_H, activities, activity_names, number_of

SHORT_S = (
    420.0  # what is left of free time and is shorter than this goes to the activity before it  # assumed
)
LEAST_OUT_S = 1500.0  # nobody leaves for less  # assumed
TOILET_LATE_S = 900.0  # spread of when one must  # assumed
OUTGOING, DRAWN_OUT = 0.8, 0.2  # days above it, and the share of what would be done at home  # assumed
HOMELY, KEPT_IN = 0.35, 0.7  # days below it, and the share of what would be done out  # assumed
AFTER_S = 900.0  # home again, or out of bed, the toilet waits so long  # assumed


class Course:
    """Activities so far; grows at the end alone. Times in seconds since the episode's start."""

    def __init__(self, habits: Habits, house: HouseDays, at_s: float, rng: np.random.Generator) -> None:
        self.habits, self.house, self.at_s = habits, house, at_s
        self.number: list[int] = []
        self.end_s: list[float] = []
        self.start_s = at_s
        self.outgoing = 0.5  # of the day: 0 keeps at home, 1 draws out
        self._rng = rng
        self._toilet_s = at_s
        self._names = activity_names()
        self._is_out = [name.startswith("away_") for name in self._names]
        self._minutes = [one.minutes for one in activities().values()]
        self._sigma = [one.sigma for one in activities().values()]
        self._sleep, self._toilet = number_of("sleep"), number_of("toilet")
        self._leisure = number_of("away_leisure")
        self._relax, self._garden = number_of("relax"), number_of("garden")

    def chance(self, probability: float) -> bool:
        """Whether something of that probability happens now."""
        return bool(self._rng.random() < probability)

    def usual_s(self, name: str) -> float:
        """How long an activity takes this time [s]."""
        return self._length_s(number_of(name))

    def do(self, name: str, length_s: float) -> None:
        """An activity of that length, broken off by the toilet where it is due."""
        self._do(number_of(name), length_s)

    def do_usual(self, *names: str) -> None:
        """Activities one after the other, each as long as it usually takes."""
        for name in names:
            self._do(number_of(name), self._length_s(number_of(name)))

    def until(self, name: str, end_s: float) -> None:
        """An activity up to a time, if that is still to come."""
        if end_s > self.at_s:
            self._do(number_of(name), end_s - self.at_s)

    def free_until(self, end_s: float) -> None:
        """Whatever comes to mind, up to a time."""
        while end_s - self.at_s > SHORT_S:
            number = self._choice(end_s)
            self._do(number, min(self._length_s(number), end_s - self.at_s))
        if end_s > self.at_s:
            self._go_on(end_s)

    def _length_s(self, number: int) -> float:
        spread = self._sigma[number] * float(self._rng.standard_normal())
        return max(60.0, 60.0 * self._minutes[number] * self.habits.tempo * exp(spread))

    def _choice(self, end_s: float) -> int:
        hour = (self.at_s % DAY_S) / HOUR_S
        part = sum(hour >= start for start in PART_START_H) - 1
        last = self.number[-1] if self.number else self._relax
        sums = self.habits.weights[part][last]
        number = min(bisect_left(sums, self._rng.random() * sums[-1]), len(sums) - 1)
        if not self._is_out[number] and self.outgoing > OUTGOING and self.chance(DRAWN_OUT):
            number = self._leisure
        elif self._is_out[number] and self.outgoing < HOMELY and self.chance(KEPT_IN):
            return self._relax
        if self._is_out[number] and (end_s - self.at_s < LEAST_OUT_S or not 7.0 < hour < 21.5):
            return self._relax
        place = min(max(int(self.at_s // HOUR_S), 0), len(self.house.is_mild) - 1)
        if number == self._garden and not self.house.is_mild[place]:
            return self._relax
        if self._is_out[number] and self.house.is_wet[place] and self.chance(0.5):
            return self._relax
        return number

    def _go_on(self, end_s: float) -> None:
        """The last activity at home goes on; after one elsewhere there is a rest."""
        if self.number and not self._is_out[self.number[-1]] and self.number[-1] != self._sleep:
            self.at_s = self.end_s[-1] = end_s
        else:
            self._do(self._relax, end_s - self.at_s)

    def _do(self, number: int, length_s: float) -> None:
        end_s = self.at_s + length_s
        if self._is_out[number] or number == self._sleep:
            self._toilet_s = max(self._toilet_s, end_s + AFTER_S)
        while length_s > SHORT_S and self._toilet_s + SHORT_S < end_s:
            self._add(number, max(self._toilet_s, self.at_s + 60.0))
            self._add(self._toilet, self.at_s + self._length_s(self._toilet))
        if end_s > self.at_s:
            self._add(number, end_s)

    def _add(self, number: int, end_s: float) -> None:
        if self.number and self.number[-1] == number:
            self.end_s[-1] = end_s
        else:
            self.number.append(number)
            self.end_s.append(end_s)
        self.at_s = end_s
        if number == self._toilet:
            wait_s = self.habits.toilet_h * HOUR_S + TOILET_LATE_S * float(self._rng.standard_normal())
            self._toilet_s = end_s + max(wait_s, 0.5 * HOUR_S)
