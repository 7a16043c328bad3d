import numpy as np
import pytest

from envirosense.cli.scenario_trial import trial_events
from envirosense.pole.scenarios.environmental.weather_grades import WATCHES
from envirosense.scenarios import SCENARIOS, Category, EventSubtype, EventType, Family, Level, level_of
from envirosense.scenarios.taxonomy import LEVEL_EDGES


def test_every_event_type_has_a_family_and_every_family_a_type():
    assert {event_type.family for event_type in EventType} == set(Family)


@pytest.mark.parametrize(
    ("event_type", "family"),
    [
        (EventType.FIRE_PRECURSOR, Family.FIRE),
        (EventType.OVERHEATING, Family.ELECTRICAL),
        (EventType.WILDLIFE, Family.ENVIRONMENTAL),
        (EventType.SENSOR_SYSTEM, Family.SYSTEM),
    ],
)
def test_families(event_type, family):
    assert event_type.family is family


def test_every_subtype_is_of_some_type():
    assert {subtype for event_type in EventType for subtype in event_type.subtypes} == set(EventSubtype)


def test_events_of_the_library_have_subtypes_of_their_types():
    assert set(WATCHES) <= set(EventType.SEVERE_WEATHER.subtypes)
    for name, scenario in SCENARIOS.items():
        for event_type, subtype in trial_events(scenario):
            assert subtype in EventType(event_type).subtypes, name


def test_a_level_starts_at_its_edge():
    edges = np.array(LEVEL_EDGES)
    np.testing.assert_array_equal(level_of(edges), [2, 3, 4, 5])
    np.testing.assert_array_equal(level_of(np.nextafter(edges, 0)), [1, 2, 3, 4])
    np.testing.assert_array_equal(level_of([[0.0, 1.0]]), [[Level.INFORMATION, Level.EMERGENCY]])
    assert level_of(0.5).dtype == np.int8
    assert [level.value for level in Level] == [1, 2, 3, 4, 5]


def test_names_are_one_snake_case_word():
    for enum in (Category, EventType, Family):
        assert all(member.value == member.name.lower() for member in enum)
