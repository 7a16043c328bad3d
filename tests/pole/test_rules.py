"""The pole's quality rules fit what the pole writes."""

from collections.abc import Mapping

import pyarrow as pa
import pytest

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.follow_checks import converter_of
from envirosense.datasets.structure_checks import is_number, role_of
from envirosense.factory.generator import simulate
from envirosense.pole.rules import pole_rules


@pytest.fixture(scope="module")
def episode():
    made = simulate("pole", "normal/diurnal_cycle", duration_s=60, dt_s=10, options={"frame_interval_s": 60})
    made.episode_id, made.split, made.group = "one", "train", "site"
    return EpisodeTables(made, {name: made.table(name) for name in made.streams})


@pytest.fixture(scope="module")
def schemas(episode) -> Mapping[str, pa.Schema]:
    return {name: table.schema for name, table in episode.tables.items()}


def test_every_rule_binds_columns_that_the_pole_writes(schemas: Mapping[str, pa.Schema]) -> None:
    idle = [
        rule.name
        for rule in pole_rules()
        if rule.columns != ("frame",) and not list(rule.bindings(schemas[rule.stream].names))
    ]
    assert not idle


def test_every_reference_names_columns_that_the_pole_writes(schemas: Mapping[str, pa.Schema]) -> None:
    wrong = [
        rule.name
        for rule in pole_rules()
        if rule.kind == "follows"
        and not set(rule.reference.columns) <= set(schemas[rule.reference.stream].names)
    ]
    assert not wrong


def test_every_reading_has_steps_and_ends_to_be_held_to(episode) -> None:
    lattice = {rule.stream: rule for rule in pole_rules() if rule.kind == "lattice"}
    readings = {name for name, table in episode.tables.items() if role_of(table.schema) == "reading"}
    assert set(lattice) == readings
    for stream in readings:
        numbers = [field.name for field in episode.tables[stream].schema if is_number(field)]
        assert [name for (name,) in lattice[stream].bindings(numbers)] == numbers
        without = [n for n in numbers if converter_of(lattice[stream].reference, episode, stream, n) is None]
        assert not without
