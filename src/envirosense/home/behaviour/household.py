"""Lives as what moves entities: stays in order, who is at home, who is up, and who crosses which door."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import philox_key, stream
from envirosense.home.behaviour.spans import Rows, Spans, Times
from envirosense.home.behaviour.ways import Ways
from envirosense.home.log import Origin
from envirosense.home.model import Home
from envirosense.home.people.lives import AWAY, DAY_US, SECOND_US, Lives
from envirosense.home.surroundings.context import STEP_S, Context

type Floats = npt.NDArray[np.float64]
type Bools = npt.NDArray[np.bool_]

STEP_US: Final = int(STEP_S) * SECOND_US
HOUR_S: Final = 3600.0
HOP_US: Final = 4 * SECOND_US  # to walk through a room on the way to another; assumed
NIGHT: Final = ("sleep", "night_toilet")  # the night goes on in these
ASLEEP: Final = "sleep"
TRAIT: Final = 2**32 - 1  # stands for the stay in the draws of what never changes
VISIT_S: Final = 240.0  # a shorter stay is something else on the side: a drink, a look at the post; assumed
ERRAND_US: Final = 300 * SECOND_US  # away for less, to the bin or the neighbour, is no leaving; assumed
APP_SHARE: Final = 0.15  # of what is done by voice or phone instead of by hand; assumed


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Steps from one area into the next, (crossing,); the area after the last one is outside.

    Attributes:
        row: Row of the stay that the step leads to.
        is_passing: Whether the target is left again at once.
    """

    t_us: Times
    origin: Rows
    target: Rows
    row: Rows
    is_passing: Bools


@dataclass(frozen=True, eq=False)
class Household:
    """A home with its lives; stays are in order of resident and start, (stay,).

    Attributes:
        reserved: Entities that everyday life leaves alone.
    """

    home: Home
    lives: Lives
    context: Context
    reserved: frozenset[int]
    n_days: int
    seed: int

    @cached_property
    def _order(self) -> Rows:
        return np.lexsort((self.lives.stay_start_us, self.lives.stay_resident))

    @cached_property
    def resident(self) -> Rows:
        """Number of the resident, (stay,)."""
        return self.lives.stay_resident[self._order].astype(np.int64)

    @cached_property
    def area(self) -> Rows:
        """Number of the area, `AWAY` outside, (stay,)."""
        return self.lives.stay_area[self._order].astype(np.int64)

    @cached_property
    def start_us(self) -> Times:
        """Beginning, (stay,)."""
        return self.lives.stay_start_us[self._order]

    @cached_property
    def end_us(self) -> Times:
        """End, (stay,)."""
        return self.lives.stay_end_us[self._order]

    @cached_property
    def errand(self) -> Rows:
        """Row of the activity that a stay belongs to, (stay,)."""
        return self.lives.stay_activity[self._order].astype(np.int64)

    @cached_property
    def activity(self) -> Rows:
        """Code of the activity, `lives.activity_names` says which, (stay,)."""
        return self.lives.activity[self.errand].astype(np.int64)

    @cached_property
    def is_home(self) -> Bools:
        """Whether it is spent at home, (stay,)."""
        at_home: Bools = self.area != AWAY
        return at_home

    @cached_property
    def is_awake(self) -> Bools:
        """Whether it is spent at home and awake, (stay,)."""
        return self.is_home & ~self.does(ASLEEP)

    @cached_property
    def seconds(self) -> Floats:
        """Length, (stay,) [s]."""
        return (self.end_us - self.start_us) / SECOND_US

    @cached_property
    def present(self) -> Spans:
        """When somebody is at home, or all are away for a moment."""
        return self.spans_of(self.is_home, ERRAND_US)

    @cached_property
    def awake(self) -> Spans:
        """When somebody is at home and up; a walk in the night does not count."""
        return self.spans_of(self.is_home & ~self.does(*NIGHT))

    @cached_property
    def ways(self) -> Ways:
        """Which area leads to which."""
        return Ways.of(self.home)

    @cached_property
    def in_area(self) -> tuple[Rows, ...]:
        """Rows of the stays in each area, in order of resident and start."""
        return tuple(np.flatnonzero(self.area == number) for number in range(len(self.home.areas)))

    @cached_property
    def crossings(self) -> Crossings:
        """Every step of every resident from one area into the next."""
        return _crossings(self)

    @property
    def end_of_time_us(self) -> int:
        """End of the episode."""
        return self.n_days * DAY_US

    @property
    def n_people(self) -> int:
        """Residents and guests."""
        return int(self.resident.max(initial=-1)) + 1

    def does(self, *names: str) -> Bools:
        """Whether the activity of a stay is one of these, (stay,)."""
        is_one = np.array([name in names for name in self.lives.activity_names], dtype=np.bool_)
        return is_one[self.activity]

    def by_activity(self, table: Mapping[str, float], default: float) -> Floats:
        """A figure of each stay's activity, (stay,)."""
        values = np.array([table.get(name, default) for name in self.lives.activity_names])
        return values[self.activity]

    def spans_of(self, mask: Bools, gap_us: int = 0) -> Spans:
        """Union of some stays; `first` and `last` are their rows."""
        rows = np.flatnonzero(mask)
        return Spans.union(self.start_us[rows], self.end_us[rows], rows, gap_us)

    def step(self, t_us: Times) -> Rows:
        """Step of the context series, (time,)."""
        return np.clip(t_us // STEP_US, 0, self.context.n - 1)

    def free(self, role: str, area_id: str | None = None) -> tuple[int, ...]:
        """Numbers of the entities of a role that everyday life may move."""
        return tuple(one for one in self.home.with_role(role, area_id) if one not in self.reserved)

    def entity_id(self, entity: int) -> str:
        """Id of an entity."""
        return self.home.entities[entity].entity_id

    def device_type(self, entity: int) -> str:
        """Type of the device that an entity belongs to, empty for none."""
        device = self.home.device_by_id.get(self.home.entities[entity].device_id or "")
        return device.device_type if device else ""

    def area_of(self, entity: int) -> int | None:
        """Number of the area that an entity stands in."""
        area_id = self.home.entities[entity].area_id
        return None if area_id is None else self.home.area_index[area_id]

    def rng(self, *names: str | int) -> np.random.Generator:
        """Generator of one kind of draw."""
        return stream(self.seed, "home", self.home.home_id, "stimuli", *names)

    @cached_property
    def _stay(self) -> Rows:
        """Which of its resident's stays it is, (stay,)."""
        first = np.searchsorted(self.resident, self.resident)
        return np.arange(self.resident.size) - first

    def _key(self, *names: str | int) -> npt.NDArray[np.uint64]:
        return philox_key(self.seed, "home", self.home.home_id, "stimuli", *names).astype(np.uint64)

    def draws(self, rows: Rows, *names: str | int) -> Floats:
        """A number between 0 and 1 for some stays; that of a resident's stay is his alone, (row,)."""
        from envirosense.home.behaviour.draw_kernels import uniforms

        found: Floats = uniforms(self._key(*names), self.resident[rows], self._stay[rows])
        return found

    def traits(self, rows: Rows, *names: str | int) -> Floats:
        """A number between 0 and 1 that stays with its resident, for some of his stays, (row,)."""
        from envirosense.home.behaviour.draw_kernels import uniforms

        people = np.arange(self.n_people)
        each: Floats = uniforms(self._key(*names), people, np.full(people.size, TRAIT))
        return each[self.resident[rows]]


def hand_or_app(draw: Floats) -> npt.NDArray[np.int8]:
    """Whether a hand did it or a person through Home Assistant, from a number between 0 and 1 each."""
    return np.where(draw < APP_SHARE, Origin.APP, Origin.PERSON).astype(np.int8)


def _crossings(household: Household) -> Crossings:
    """Steps between the stays of a resident, and those through the areas in between."""
    is_next = household.resident[1:] == household.resident[:-1]
    rows = 1 + np.flatnonzero(is_next & (household.area[1:] != household.area[:-1]))
    ways, outside = household.ways, len(household.home.areas)
    place = np.where(household.area == AWAY, outside, household.area)
    here, target, t_us = place[rows - 1], place[rows], household.start_us[rows]
    parts = [(rows[:0], rows[:0], rows[:0], rows[:0], is_next[:0])]
    while rows.size:
        following = ways.next_area[here, target]
        is_passing = following != target
        parts.append((t_us, here, following, rows, is_passing))
        here, target, rows = following[is_passing], target[is_passing], rows[is_passing]
        t_us = t_us[is_passing] + HOP_US
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return Crossings(*(column[order] for column in columns))
