"""Detectors on streams made by hand: what was put in is found, and told as it was."""

from collections.abc import Sequence

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.home.detectors.candidate import Candidate, DetectorKind
from envirosense.home.detectors.config import DetectorConfig
from envirosense.home.detectors.detect import detect
from envirosense.home.patterns.extractor import shuffled
from envirosense.home.patterns.observed import ObservedEvents
from envirosense.home.people.lives import DAY_US
from tests.home.detectors.stream_cases import (
    FOUNTAIN,
    HALL,
    HOME,
    KITCHEN,
    MINUTE_US,
    MOTION,
    N_DAYS,
    SUN,
    at_random,
    on,
    pulses,
    stream_of,
)

HOUR_US = 60 * MINUTE_US
SUN_ROWS = [
    row
    for day in range(N_DAYS)
    for row in ((day * DAY_US + 6 * HOUR_US, SUN, 0), (day * DAY_US + 18 * HOUR_US, SUN, 1))
]


def evening_chain() -> ObservedEvents:
    """Motion; in the dark the hall light 10 s later; 40 s after that the kitchen light."""
    rng = stream(1, "test", "chain")
    motion = at_random(600, rng)
    second = motion // 1_000_000 % 86_400
    dark = motion[(second < 6 * 3600) | (second >= 18 * 3600)]
    hall = dark + 10_000_000 + rng.integers(0, 2_000_000, dark.size)
    kitchen = hall + 40_000_000 + rng.integers(0, 4_000_000, hall.size)
    return stream_of(pulses(MOTION, motion), pulses(HALL, hall), pulses(KITCHEN, kitchen), SUN_ROWS)


def of(found: Sequence[Candidate], kind: DetectorKind, *entities: int) -> list[Candidate]:
    return [one for one in found if one.kind is kind and one.changes == tuple(on(each) for each in entities)]


def test_a_pair_is_found_with_its_delay() -> None:
    found = detect(evening_chain(), HOME)
    (pair,) = of(found, DetectorKind.CO_OCCURRENCE, MOTION, HALL)
    (synergy,) = of(found, DetectorKind.SYNERGY, MOTION, HALL)
    assert pair.confidence > 0.95
    assert pair.delay_s == pytest.approx(11.0, abs=1.0)
    assert pair.lift > 3.0
    assert pair.hour_lift > 3.0
    assert synergy.confidence > 0.95


def test_a_chain_is_found() -> None:
    (chain,) = of(detect(evening_chain(), HOME), DetectorKind.SEQUENCE, MOTION, HALL, KITCHEN)
    assert chain.confidence > 0.9


def test_its_condition_is_found_and_the_other_state_is_not() -> None:
    found = of(detect(evening_chain(), HOME), DetectorKind.CONTEXTUAL, MOTION, HALL)
    assert [one.name(HOME).partition("?")[2] for one in found] == ["sun.sun=below_horizon"]
    assert found[0].condition_contrast == pytest.approx(2.0, abs=0.2)
    assert found[0].open_share > 0.9


def test_a_neighbour_of_the_cause_is_reported_too() -> None:
    """Permissive like the tools that homes run: the kitchen follows motion as surely as the hall light."""
    assert of(detect(evening_chain(), HOME), DetectorKind.CO_OCCURRENCE, MOTION, KITCHEN)


@pytest.mark.parametrize("hour", [19.0, 0.0])
def test_a_time_of_the_day_is_found_across_midnight_too(hour: float) -> None:
    rng = stream(2, "test", "clock")
    day = np.arange(1, N_DAYS) * DAY_US
    t_us = np.sort(day + (hour * HOUR_US + rng.normal(0.0, 6.0, day.size) * MINUTE_US).astype(np.int64))
    (found,) = detect(stream_of(pulses(FOUNTAIN, t_us)), HOME)
    away_s = (found.at_s - hour * 3600.0 + 43_200.0) % 86_400.0 - 43_200.0
    assert found.kind is DetectorKind.TIME_OF_DAY
    assert abs(away_s) < 300.0
    assert found.clock_spread_s == pytest.approx(360.0, rel=0.35)
    assert found.confidence == pytest.approx(27 / 28, abs=0.05)


def test_what_comes_at_any_time_is_no_time_of_the_day() -> None:
    t_us = at_random(2 * N_DAYS, stream(3, "test", "any"))
    assert not detect(stream_of(pulses(FOUNTAIN, t_us)), HOME)


def test_of_shuffled_times_next_to_nothing_is_left() -> None:
    events = evening_chain()
    mixed = shuffled(events, stream(4, "test", "mixed"))
    kinds = {one.kind for one in detect(mixed, HOME)}
    assert not kinds & {DetectorKind.SYNERGY, DetectorKind.SEQUENCE}


def test_the_same_events_give_the_same_candidates() -> None:
    one, other = (detect(evening_chain(), HOME) for _ in range(2))
    assert [(each.name(HOME), each.confidence) for each in one] == [
        (each.name(HOME), each.confidence) for each in other
    ]


def test_names_are_unique() -> None:
    names = [one.name(HOME) for one in detect(evening_chain(), HOME)]
    assert len(set(names)) == len(names)


def test_a_home_in_which_nothing_happened_has_no_candidate() -> None:
    nothing = ObservedEvents(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int16))
    assert detect(nothing, HOME) == ()


def test_thresholds_bind() -> None:
    events = evening_chain()
    strict = DetectorConfig(least_lift=1e6, least_confidence=1.0)
    assert len(detect(events, HOME, strict)) < len(detect(events, HOME))
    with pytest.raises(ConfigError, match="least_confidence"):
        DetectorConfig.parse({"least_confidence": 1.2})
