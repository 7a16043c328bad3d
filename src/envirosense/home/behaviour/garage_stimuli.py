"""What a car brings with it: the garage door and the charger. Figures are assumed."""

from typing import Final

import numpy as np

from envirosense.home.behaviour.deeds import Deeds
from envirosense.home.behaviour.household import HOUR_S, Bools, Household
from envirosense.home.behaviour.spans import Rows, Spans
from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.behaviour.ways import GARAGE
from envirosense.home.log import Origin
from envirosense.home.people.lives import DAY_US, SECOND_US

CAR_SHARE: Final = 0.2  # of the journeys of drivers who walk out of the front door, by car from the garage
DRIVES: Final = ("adult", "senior")
JOURNEY_S: Final = 900.0  # nobody takes the car for less
CHARGED: Final = 0.45  # share of the arrivals by car after which it is plugged in
CHARGE_H: Final = (1.0, 7.0)  # how long it charges then


def garage_stimuli(household: Household) -> list[Stimuli]:
    """Garage doors and chargers that are free, one part each."""
    parts = [_door(household, entity) for entity in household.free("garage")]
    chargers = [
        entity
        for entity in household.free("appliance")
        if household.home.entities[entity].capabilities.get("appliance") == "ev_charger"
    ]
    return parts + [_charger(household, entity) for entity in chargers]


def _journeys(household: Household) -> tuple[Rows, Bools]:
    """Crossings of the threshold by car, and which of them lead away."""
    steps, outside = household.crossings, len(household.home.areas)
    drives = np.zeros(household.n_people, dtype=np.bool_)
    for person, one in enumerate(household.home.residents):
        drives[person : person + 1] = one.kind in DRIVES
    gone = np.flatnonzero((steps.target == outside) | (steps.origin == outside))
    leaves = steps.target[gone] == outside
    away = np.where(leaves, steps.row[gone], steps.row[gone] - 1)  # the stay outside
    by_car = drives[household.resident[away]] & (household.draws(away, "car") < CAR_SHARE)
    garages = [number for number, area in enumerate(household.home.areas) if area.kind == GARAGE]
    door = np.where(leaves, steps.origin[gone], steps.target[gone])
    by_car = (by_car | np.isin(door, garages)) & (household.seconds[away] > JOURNEY_S)
    return gone[by_car], leaves[by_car]


def _door(household: Household, entity: int) -> Stimuli:
    """Open for the car of somebody who leaves or comes, closed behind it."""
    deeds, steps = Deeds(household, entity), household.crossings
    gone, leaves = _journeys(household)
    for what, mask, opens, closes in (
        ("drive off", leaves, (20.0, 60.0), (80.0, 150.0)),
        ("drive in", ~leaves, (-150.0, -80.0), (-60.0, -10.0)),
    ):
        times, rows = steps.t_us[gone][mask], steps.row[gone][mask]
        deeds.add(f"{what} open", times, rows, "open", opens)
        deeds.add(f"{what} close", times, rows, "closed", closes)
    return deeds.done()


def _charger(household: Household, entity: int) -> Stimuli:
    """On when the car is plugged in after coming home, off when it is full or drives off."""
    steps, name = household.crossings, household.entity_id(entity)
    gone, leaves = _journeys(household)
    rows, t_us = steps.row[gone][~leaves], steps.t_us[gone][~leaves]
    kept = household.draws(rows, "charged", name) < CHARGED
    rows, t_us = rows[kept], t_us[kept] + 90 * SECOND_US
    low, high = CHARGE_H
    hours = low + (high - low) * household.draws(rows, "charge time", name)
    end_us = t_us + (hours * HOUR_S * SECOND_US).astype(np.int64)
    off_us = np.append(steps.t_us[gone][leaves], household.end_of_time_us + DAY_US)
    end_us = np.minimum(end_us, off_us[np.searchsorted(off_us[:-1], t_us)])
    spans = Spans.union(t_us, end_us, rows)
    n = len(spans)
    return Stimuli.of(
        np.concatenate([spans.start_us, spans.end_us]),
        entity,
        np.repeat([1, 0], n),
        np.repeat([Origin.PERSON, Origin.DEVICE], n),
        np.concatenate([household.resident[spans.first], np.full(n, -1)]),
    )
