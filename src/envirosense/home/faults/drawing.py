"""Which failures a home meets, and when."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np

from envirosense.core.rng import derived_seed, stream
from envirosense.home.faults.fault import SHARES, FailureKind, Fault
from envirosense.home.model import Home
from envirosense.home.people.lives import DAY_US

MONTH_DAYS: Final = 30.0
MEDIAN_H: Final[Mapping[FailureKind, float]] = MappingProxyType(  # until it is repaired (assumed)
    {
        FailureKind.PROGRESSIVE: 96.0,
        FailureKind.SUDDEN: 20.0,
        FailureKind.INTERMITTENT: 14.0,
        FailureKind.BATTERY: 48.0,
        FailureKind.NETWORK: 0.6,
        FailureKind.INTEGRATION: 3.0,
        FailureKind.CONFIG_ERROR: 30.0,
        FailureKind.AUTOMATION_LOOP: 0.25,
        FailureKind.RESOURCE_EXHAUSTION: 1.5,
        FailureKind.API_RATE_LIMIT: 30.0,
    }
)
SIGMA: Final = 0.6  # of the logarithm of the time (assumed)
TRIES: Final = 12  # to find a time at which no other failure hits the same entities
MEASURED: Final = frozenset({"temperature", "humidity", "co2", "illuminance", "power"})
WITH_UNITS: Final = MEASURED - {"humidity"}  # that has but one
CONTACTS: Final = frozenset({"motion", "occupancy", "door", "window", "lid"})
TOGGLED: Final = frozenset({"light", "switch", "fan"})
CLOUD: Final = frozenset({"weather", "carbon_intensity", "electricity_price"})

type Hit = tuple[str | None, tuple[int, ...], str]  # device, entities, symptom
type Hits = Callable[[Home, int], Hit]


def draw_faults(
    home: Home, n_days: int, seed: int, rate: float, moved: Mapping[str, Collection[str]] | None = None
) -> tuple[Fault, ...]:
    """Failures of a home in order of time, `rate` a month on the average.

    One that would hit entities which another has in hand comes at another time, or not at all.

    Args:
        home: The home.
        n_days: Length of the episode.
        seed: Root of the random streams.
        rate: Failures a month.
        moved: Entities that each automation acts on: a loop is one of an automation and its own. Without it
            a loop may move whatever can be turned on and off.
    """
    count = int(stream(seed, "home", "faults", "count").poisson(rate * n_days / MONTH_DAYS))
    drawn: list[Fault] = []
    hits: dict[FailureKind, Hits] = {
        **_HITS,
        FailureKind.AUTOMATION_LOOP: partial(_automation_loop, moved=moved),
    }
    for number in range(count):
        fault = _fault(home, n_days, seed, number, drawn, hits)
        if fault is not None:
            drawn.append(fault)
    return tuple(sorted(drawn, key=lambda one: (one.start_us, one.kind)))


def _fault(
    home: Home, n_days: int, seed: int, number: int, others: Iterable[Fault], hits: Mapping[FailureKind, Hits]
) -> Fault | None:
    draw = stream(seed, "home", "faults", number)
    kinds = list(SHARES)
    kind = kinds[int(draw.choice(len(kinds), p=list(SHARES.values())))]
    hours = MEDIAN_H[kind] * np.exp(SIGMA * draw.standard_normal())
    device_id, entities, symptom = hits[kind](home, derived_seed(seed, "home", "faults", number, kind))
    if not entities:
        return None
    for _ in range(TRIES):
        start_us = int(draw.random() * n_days * DAY_US)
        end_us = min(start_us + int(hours / 24.0 * DAY_US), n_days * DAY_US)
        if not any(_meet(one, entities, start_us, end_us) for one in others):
            return Fault(kind, device_id, entities, start_us, end_us, symptom)
    return None


def _meet(one: Fault, entities: tuple[int, ...], start_us: int, end_us: int) -> bool:
    margin_us = DAY_US // 24
    apart = end_us + margin_us < one.start_us or one.end_us + margin_us < start_us
    return not apart and not set(entities).isdisjoint(one.entities)


def _of_device(home: Home, device_id: str) -> tuple[int, ...]:
    return tuple(number for number, one in enumerate(home.entities) if one.device_id == device_id)


def _chosen(seed: int, names: Iterable[str]) -> str | None:
    """One of the names, all with the same chance; another name changes nothing unless it wins."""
    return max(names, key=lambda name: derived_seed(seed, name), default=None)


def _devices_with(home: Home, roles: frozenset[str]) -> set[str]:
    return {one.device_id for one in home.entities if one.role in roles and one.device_id is not None}


def _one_device(roles: frozenset[str] | None, symptoms: Mapping[str, frozenset[str]]) -> Callable[..., Hit]:
    """A hit on one device that has such roles; the symptom is the first whose roles it has."""

    def hit(home: Home, seed: int) -> Hit:
        everything = frozenset(one.role for one in home.entities)
        device_id = _chosen(seed, _devices_with(home, roles or everything))
        if device_id is None:
            return None, (), ""
        mine = _of_device(home, device_id)
        for symptom, wanted in symptoms.items():
            shown = tuple(number for number in mine if not wanted or home.entities[number].role in wanted)
            if shown:
                return device_id, shown, symptom
        return None, (), ""

    return hit


def _sudden(home: Home, seed: int) -> Hit:
    symptom = "frozen" if derived_seed(seed, "frozen") % 4 == 0 else "unavailable"
    roles = MEASURED if symptom == "frozen" else None
    return _one_device(roles, {symptom: frozenset()})(home, seed)


def _network(home: Home, seed: int) -> Hit:
    """All that hangs on one radio, or on the wireless network."""
    hubs = {one.via_device_id or "" for one in home.devices}
    hub = _chosen(seed, hubs)
    ids = {one.device_id for one in home.devices if (one.via_device_id or "") == hub}
    return (
        hub or None,
        tuple(at for at, one in enumerate(home.entities) if one.device_id in ids),
        "unavailable",
    )


def _integration(home: Home, seed: int) -> Hit:
    """All devices of one maker."""
    makers = {one.manufacturer for one in home.devices if _of_device(home, one.device_id)}
    maker = _chosen(seed, makers)
    ids = {one.device_id for one in home.devices if one.manufacturer == maker}
    return None, tuple(at for at, one in enumerate(home.entities) if one.device_id in ids), "unavailable"


def _automation_loop(home: Home, seed: int, moved: Mapping[str, Collection[str]] | None = None) -> Hit:
    """An automation and what it turns on and off without end."""
    toggled = {one.entity_id for one in home.entities if one.role in TOGGLED}
    names = {home.entities[at].entity_id for at in home.with_role("automation")}
    targets = {one: toggled if moved is None else toggled & set(moved.get(one, ())) for one in names}
    automation = _chosen(seed, {one for one, its in targets.items() if its})
    target = _chosen(seed, targets.get(automation or "", ()))
    if automation is None or target is None:
        return None, (), ""
    return None, (home.entity_index[automation], home.entity_index[target]), "runaway automation"


def _whole_home(home: Home, seed: int) -> Hit:
    del seed
    return None, tuple(range(len(home.entities))), "late reports"


def _cloud(home: Home, seed: int) -> Hit:
    del seed
    return None, tuple(at for at, one in enumerate(home.entities) if one.role in CLOUD), "missing updates"


_HITS: Final[Mapping[FailureKind, Hits]] = MappingProxyType(
    {
        FailureKind.PROGRESSIVE: _one_device(
            MEASURED | CONTACTS, {"drift": MEASURED, "missed events": CONTACTS}
        ),
        FailureKind.SUDDEN: _sudden,
        FailureKind.INTERMITTENT: _one_device(None, {"flapping": frozenset()}),
        FailureKind.BATTERY: _one_device(frozenset({"battery"}), {"low battery": frozenset()}),
        FailureKind.NETWORK: _network,
        FailureKind.INTEGRATION: _integration,
        FailureKind.CONFIG_ERROR: _one_device(
            WITH_UNITS | CONTACTS, {"wrong unit": WITH_UNITS, "inverted": CONTACTS}
        ),
        FailureKind.RESOURCE_EXHAUSTION: _whole_home,
        FailureKind.API_RATE_LIMIT: _cloud,
    }
)
