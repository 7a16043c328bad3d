"""Alerts that the device raises itself, from its readings alone.

A small rule set, not a detector to be proud of: averages over a minute, judged against their own slow
baseline and usual swing by the thresholds of the firmware specification (5.1.1, 10.3) and of its arcing
patterns. It sees neither truth nor labels; a trained detector comes from `envirosense train`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from envirosense.pole.telemetry import AlertState, Evidence, Severity
from envirosense.scenarios.taxonomy import EventSubtype, EventType

AVERAGE_S: Final = 60.0  # assumed; the device reports gas once a minute
BASELINE_S: Final = 3600.0  # assumed
SETTLING_S: Final = 1800.0  # before an average is judged; assumed
SWING_S: Final = 6.0 * 3600.0  # over which the usual swing is learned; assumed
SIGMAS: Final = 3.0  # of the usual swing that a rise must pass besides its limit; assumed
ALERT_SLOWS: Final = 10.0  # times slower does a baseline follow while its alert stands; assumed
RELEASE: Final = 0.5  # share of a threshold below which an alert is over; assumed
SILENT_S: Final = 600.0  # without a value before a sensor is called silent; assumed

CELLULOSE_PPB: Final = {"CHEM_VOC_CH1": 25.0, "CHEM_VOC_CH2": 30.0, "CHEM_VOC_CH3": 5.0}  # firmware 5.1.1
LIGNIN_PPB: Final = {"CHEM_VOC_CH4": 20.0, "CHEM_VOC_CH5": 15.0, "CHEM_VOC_CH6": 10.0}  # firmware 5.1.1
COMBUSTION: Final = {"CHEM_CO": 5.0, "CHEM_NO2": 100.0}  # ppm and ppb; firmware 5.1.1
HOT_SPOT: Final = "HOT_SPOT"  # hottest lasting pixel over the device's own air temperature [K]
HOT_SPOT_K: Final = {Severity.ADVISORY: 15.0, Severity.WARNING: 30.0, Severity.CRITICAL: 50.0}
SILENT: Final = "silent "
BATTERY: Final = "SYS_BATT"
BATTERY_PCT: Final = {Severity.ADVISORY: 25.0, Severity.WARNING: 12.0}  # limits of economy and critical mode


@dataclass(slots=True)
class Course:
    """Average and baseline of one quantity, taken up value by value."""

    first_s: float = math.nan
    last_s: float = math.nan
    mean: float = math.nan
    baseline: float = math.nan
    swing2: float = 0.0  # mean square of average less baseline

    def add(self, t_s: float, value: float, slower: float) -> None:
        """Take up a value, the first of a tick.

        While the course is younger than the baseline's time, the baseline is the mean of all there was.
        """
        if math.isnan(self.mean):
            self.first_s = self.last_s = t_s
            self.mean = self.baseline = value
        if t_s == self.last_s:
            return
        step_s, age_s = t_s - self.last_s, t_s - self.first_s
        self.mean += -math.expm1(-step_s / AVERAGE_S) * (value - self.mean)
        share = max(-math.expm1(-step_s / BASELINE_S), step_s / (age_s + step_s)) / slower
        self.baseline += share * (value - self.baseline)
        share = max(-math.expm1(-step_s / SWING_S), step_s / (age_s + step_s)) / slower
        self.swing2 += share * ((self.mean - self.baseline) ** 2 - self.swing2)
        self.last_s = t_s

    @property
    def rise(self) -> float:
        """Average above the baseline; 0 while too young to be judged."""
        return self.mean - self.baseline if self.last_s - self.first_s >= SETTLING_S else 0.0

    @property
    def unusual(self) -> float:
        """Rise that is unusual here."""
        return SIGMAS * math.sqrt(self.swing2)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says now; severity 0 is nothing."""

    severity: int
    event_type: EventType
    event_subtype: EventSubtype | None
    title: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """A change of one alert, to be sent."""

    alert_id: str
    state: AlertState
    finding: Finding


type Courses = Mapping[str, Course]
type Rule = Callable[[Courses, float], Finding]


def _above(courses: Courses, limits: Mapping[str, float], share: float, unit: str) -> tuple[Evidence, ...]:
    """Quantities whose rise passes `share` of its limit, and of what is unusual for a gas."""
    return tuple(
        Evidence(parameter=name, value=c.mean, baseline=c.baseline, threshold=limit, unit=unit)
        for name, limit in limits.items()
        if (c := courses.get(name)) is not None
        and c.rise > share * (limit if name == HOT_SPOT else max(limit, c.unusual))
    )


def pyrolysis(courses: Courses, share: float) -> Finding:
    """Gas of charring cellulose or lignin, all three of a group: one group warns, both are critical."""
    cellulose = _above(courses, CELLULOSE_PPB, share, "ppb")
    lignin = _above(courses, LIGNIN_PPB, share, "ppb")
    n_whole = (len(cellulose) == len(CELLULOSE_PPB)) + (len(lignin) == len(LIGNIN_PPB))
    severity = (0, int(Severity.WARNING), int(Severity.CRITICAL))[n_whole]
    title = "gas of charring wood above its baseline"
    kind = EventType.FIRE_PRECURSOR, EventSubtype.PYROLYSIS
    return Finding(severity, *kind, title, (*cellulose, *lignin))


def combustion(courses: Courses, share: float) -> Finding:
    """Carbon monoxide and nitrogen dioxide together; needs the optional gas sensor."""
    found = tuple(
        e.model_copy(update={"unit": "ppm" if e.parameter == "CHEM_CO" else "ppb"})
        for e in _above(courses, COMBUSTION, share, "")
    )
    title = "combustion gases above their baseline"
    kind = EventType.FIRE_PRECURSOR, EventSubtype.COMBUSTION_PRODUCTS
    return Finding(5 if len(found) == len(COMBUSTION) else 0, *kind, title, found)


def hot_spot(courses: Courses, share: float) -> Finding:
    """Hottest place that stays hot, over the air, risen over its own baseline: not sun or slow warming."""
    severity = 0
    found: tuple[Evidence, ...] = ()
    for level, limit_k in HOT_SPOT_K.items():
        if above := _above(courses, {HOT_SPOT: limit_k}, share, "K"):
            severity, found = int(level), above
    title = "a spot in the thermal image grows hotter than the air"
    return Finding(severity, EventType.OVERHEATING, None, title, found)


def battery(courses: Courses, share: float) -> Finding:
    """Charge below the limits of the power modes; the alert ends a twentieth above."""
    severity = 0
    found: tuple[Evidence, ...] = ()
    course = courses.get(BATTERY)
    margin_pct = 0.0 if share == 1.0 else 5.0  # firmware gives none; that of the power modes
    for level, limit_pct in BATTERY_PCT.items():
        if course is not None and course.mean < limit_pct + margin_pct:
            value = Evidence(
                parameter=BATTERY, value=course.mean, baseline=None, threshold=limit_pct, unit="%"
            )
            severity, found = int(level), (value,)
    return Finding(severity, EventType.POWER_SYSTEM, None, "the battery runs low", found)


RULES: Final[Mapping[str, tuple[Rule, frozenset[str]]]] = {
    "pyrolysis": (pyrolysis, frozenset((*CELLULOSE_PPB, *LIGNIN_PPB))),
    "combustion": (combustion, frozenset(COMBUSTION)),
    "hot_spot": (hot_spot, frozenset((HOT_SPOT,))),
    "battery": (battery, frozenset((BATTERY,))),
}


WATCHED: Final[frozenset[str]] = frozenset().union(*(inputs for _, inputs in RULES.values()))


def silent(sensor_id: str, silent_s: float, share: float = 1.0) -> Finding:
    """A sensor that is on, was due and has given no value for some time; its next value ends that."""
    value = Evidence(parameter=sensor_id, value=silent_s, baseline=None, threshold=SILENT_S, unit="s")
    severity = int(Severity.ADVISORY) if silent_s >= SILENT_S else 0
    return Finding(severity, EventType.SENSOR_SYSTEM, None, f"{sensor_id} gives no readings", (value,))


class Watch:
    """The rules at work: values in, changes of alerts out. Nothing depends on how ticks come in blocks."""

    def __init__(self) -> None:
        self._courses: dict[str, Course] = {}
        self._standing: dict[str, tuple[str, int]] = {}  # rule -> alert and its severity
        self._heard_s: dict[str, float] = {}  # sensor -> last value, or first time it was due
        self._due_s: dict[str, float] = {}
        self._raised = 0

    def add(self, t_s: float, name: str, value: float) -> None:
        """Take up a value of a parameter, if a rule is about it."""
        if name not in WATCHED:
            return
        watching = any(name in inputs and rule in self._standing for rule, (_, inputs) in RULES.items())
        course = self._courses.setdefault(name, Course())
        course.add(t_s, value, ALERT_SLOWS if watching else 1.0)

    def hear(self, t_s: float, sensor_id: str, has_value: bool) -> None:
        """Note that a sensor was due, and whether it gave a value."""
        self._due_s[sensor_id] = t_s
        if has_value or sensor_id not in self._heard_s:
            self._heard_s[sensor_id] = t_s

    def forget(self, sensor_id: str) -> None:
        """A sensor that is switched off is not silent."""
        self._heard_s.pop(sensor_id, None)

    def judge(self) -> list[Alert]:
        """Alerts that begin, get worse or end now."""
        changes = []
        for name, (rule, _) in RULES.items():
            changes += self._change(name, partial(rule, self._courses))
        switched_off = {name[len(SILENT) :] for name in self._standing if name.startswith(SILENT)}
        for sensor_id in sorted(switched_off | self._heard_s.keys()):
            heard_s = self._heard_s.get(sensor_id)
            silent_s = 0.0 if heard_s is None else self._due_s[sensor_id] - heard_s
            changes += self._change(SILENT + sensor_id, partial(silent, sensor_id, silent_s))
        return changes

    def _change(self, name: str, found: Callable[[float], Finding]) -> list[Alert]:
        now = found(1.0)
        if name not in self._standing:
            if now.severity == 0:
                return []
            self._raised += 1
            self._standing[name] = f"alert-{self._raised}", now.severity
            return [Alert(self._standing[name][0], AlertState.NEW, now)]
        alert_id, severity = self._standing[name]
        if now.severity > severity:
            self._standing[name] = alert_id, now.severity
            return [Alert(alert_id, AlertState.NEW, now)]
        if (released := found(RELEASE)).severity == 0:
            del self._standing[name]
            return [Alert(alert_id, AlertState.RESOLVED, released)]
        return []
