"""What each sensor of a number would see: rooms, devices, meters and the world outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.rng import stream
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US, SECOND_US, Lives
from envirosense.home.sensing.device_power import (
    PowerCourse,
    StateRows,
    power_course,
    summed,
    switching_entity,
)
from envirosense.home.sensing.meter_truth import home_kwh, plug_kwh, water_l
from envirosense.home.sensing.numeric_sensors import KINDS
from envirosense.home.sensing.report_kernels import Float32s, Levels
from envirosense.home.sensing.rooms import RoomSeries
from envirosense.home.sensing.upkeep_truth import battery_pct, link_quality, robot_pct
from envirosense.home.surroundings.context import STEP_S, Context
from envirosense.physics.rooms.daylight import lamp_lux

type Floats = npt.NDArray[np.float64]
type Times = npt.NDArray[np.int64]

BLIND_SHARE: Final = 0.06  # of the daylight that passes a closed blind (assumed)
SOLAR_M2: Final = (12.0, 40.0)  # modules of a home (assumed)
SOLAR_YIELD: Final = 0.17  # what they make of the light with all losses (assumed)
DELAY_S: Final = (0.2, 1.8)  # from a switch to the report (assumed)
OF_CONTEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "outdoor_temperature": "air_c",
        "outdoor_humidity": "humidity_pct",
        "wind_speed": "wind_m_s",
        "carbon_intensity": "carbon_g_kwh",
        "electricity_price": "price_per_kwh",
        "solar_power": "ghi_w_m2",
    }
)
OF_ROOMS: Final[Mapping[str, str]] = MappingProxyType(
    {"temperature": "air_c", "humidity": "humidity_pct", "co2": "co2_ppm"}
)


@dataclass(frozen=True, eq=False)
class HomeTruth:
    """All that the sensors of one home may ask for; courses of power are made once."""

    home: Home
    rooms: RoomSeries
    lives: Lives
    rows: StateRows
    context: Context
    n_days: int
    seed: int
    _courses: dict[str, PowerCourse | None] = field(default_factory=dict)

    def slow(self, entity: int) -> Float32s:
        """Truth that changes slowly, at the ticks of the entity's kind, (tick,)."""
        one = self.home.entities[entity]
        tick_s = KINDS[one.role].tick_s
        n = round(self.n_days * DAY_US / SECOND_US / tick_s)
        if one.role in OF_ROOMS:
            of_rooms: Float32s = getattr(self.rooms, OF_ROOMS[one.role])
            return of_rooms[self._area(entity), :n]
        if one.role == "illuminance":
            return self._daylight(self._area(entity), n, tick_s)
        if one.role in OF_CONTEXT:
            return self._of_context(entity, n, tick_s)
        draw = stream(self.seed, "home", "numbers", "truth", one.entity_id)
        if one.role == "battery":
            robots = [at for at in self._siblings(entity) if self.home.entities[at].role == "vacuum"]
            if robots:
                return robot_pct(self.state_at(robots[0], self._tick_us(n, tick_s)) == 0, tick_s)
            return battery_pct(n, tick_s, draw)
        if one.role == "link_quality":
            return link_quality(n, tick_s, draw)
        return self._counted(entity, n, tick_s, draw).astype(np.float32)

    def levels(self, entity: int) -> Levels | None:
        """What switches and lamps add at once; None for a sensor that sees none."""
        one = self.home.entities[entity]
        course = None
        if one.role == "power" and one.device_id is not None:
            course = self.course(one.device_id)
        elif one.role == "illuminance":
            course = self._lamps(self.home.areas[self._area(entity)].area_id)
        if course is None:
            return None
        draw = stream(self.seed, "home", "numbers", "delay", one.entity_id)
        delay_us = (SECOND_US * draw.uniform(*DELAY_S, course.t_us.size)).astype(np.int64)
        return Levels(course.t_us, course.power_w, course.row, delay_us)

    def course(self, device_id: str) -> PowerCourse | None:
        """Power of a device; None where no state tells it."""
        if device_id not in self._courses:
            device = self.home.device_by_id[device_id]
            entity = switching_entity(self.home, self._of_device.get(device_id, ()))
            is_known = entity is not None and device.active_w > 0.0
            self._courses[device_id] = (
                power_course(self.home, device, entity, self.rows, self.seed)
                if is_known and entity is not None
                else None
            )
        return self._courses[device_id]

    def state_at(self, entity: int, at_us: Times) -> npt.NDArray[np.int16]:
        """State of an entity at moments, shape of `at_us`; its first one before it said anything."""
        mine = self.rows[entity]
        codes = np.append(0, self.rows.log.code[mine])
        return codes[np.searchsorted(self.rows.log.t_us[mine], at_us, side="right")].astype(np.int16)

    @cached_property
    def _of_device(self) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for number, one in enumerate(self.home.entities):
            if one.device_id is not None:
                found[one.device_id] = (*found.get(one.device_id, ()), number)
        return found

    def _siblings(self, entity: int) -> tuple[int, ...]:
        return self._of_device.get(self.home.entities[entity].device_id or "", ())

    def _area(self, entity: int) -> int:
        one = self.home.entities[entity]
        area_id = one.area_id
        if area_id is None and one.device_id is not None:
            area_id = self.home.device_by_id[one.device_id].area_id
        return self.home.area_index[area_id] if area_id is not None else 0

    @staticmethod
    def _tick_us(n: int, tick_s: float) -> Times:
        return np.arange(n) * round(tick_s * SECOND_US)

    def _counted(self, entity: int, n: int, tick_s: float, draw: np.random.Generator) -> Floats:
        """What a meter counts, (tick,); nothing for a sensor of levels."""
        one = self.home.entities[entity]
        if one.role == "energy":
            course = self.course(one.device_id) if one.device_id else None
            return plug_kwh(course, self._tick_us(n, tick_s), draw)
        if one.role == "home_energy":
            courses = [self.course(device.device_id) for device in self.home.devices]
            known = [course for course in courses if course is not None]
            return home_kwh(known, self.rooms, self._tick_us(n, tick_s), draw)
        return water_l(self.lives, n, draw) if one.role == "water" else np.zeros(n)

    def _of_context(self, entity: int, n: int, tick_s: float) -> Float32s:
        one = self.home.entities[entity]
        values = np.asarray(getattr(self.context, OF_CONTEXT[one.role]), dtype=np.float64)
        if tick_s != STEP_S:
            values = np.interp(np.arange(n) * (tick_s / STEP_S), np.arange(values.size), values)
        if one.role == "solar_power":
            draw = stream(self.seed, "home", "numbers", "solar", one.entity_id)
            values = values * (SOLAR_YIELD * draw.uniform(*SOLAR_M2))
        return values.astype(np.float32)

    def _daylight(self, area: int, n: int, tick_s: float) -> Float32s:
        """Daylight of a room behind its blinds, (tick,) [lx]."""
        quarters = np.arange(n) * (tick_s / STEP_S)
        lux = np.interp(quarters, np.arange(self.context.n), self.rooms.daylight_lux[area])
        blinds = self.home.with_role("cover", self.home.areas[area].area_id)
        share = np.ones(n)
        for entity in blinds:
            is_closed = self.state_at(entity, self._tick_us(n, tick_s)) == 0
            share -= (1.0 - BLIND_SHARE) / len(blinds) * is_closed
        seen: Float32s = (lux * share).astype(np.float32)
        return seen

    def _lamps(self, area_id: str) -> PowerCourse | None:
        """Illuminance by the lamps of a room, as if it were power [lx]."""
        ids = (self.home.entities[at].device_id for at in self.home.with_role("light", area_id))
        courses = [course for one in ids if one is not None and (course := self.course(one)) is not None]
        if not courses:
            return None
        whole = summed(courses)
        floor_m2 = self.home.areas[self.home.area_index[area_id]].floor_m2
        return PowerCourse(whole.t_us, lamp_lux(whole.power_w, floor_m2), whole.row)
