from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.grid import TimeGrid
from envirosense.core.species import species
from envirosense.datasets import Column, stream_schema
from envirosense.datasets.schema import TICK
from envirosense.pole import streams as s
from envirosense.pole import world_streams as w
from envirosense.pole.columns import batch
from envirosense.pole.observability import Observability
from envirosense.scenarios import EventLabels, EventSubtype, EventType

GRID = TimeGrid(start_utc=datetime(2018, 7, 1, tzinfo=UTC), dt_s=2.0, n=6)
NAMES = ("RESPONSE", "EVENTS", "LABELS", "OBSERVABILITY", "MASKS", "REGIMES", "STAGES")
SCHEMAS = {name: getattr(s, name) for name in NAMES}
SCHEMAS |= {name: getattr(w, name) for name in ("TRUTH", "FIELDS", "STRIKES")}


@pytest.mark.parametrize("name", list(SCHEMAS))
def test_every_column_has_a_unit_and_a_description(name):
    for field in SCHEMAS[name]:
        assert b"unit" in field.metadata, field.name
        assert field.metadata[b"description"], field.name
    assert SCHEMAS[name].metadata[b"role"]


def test_field_columns_name_their_band_and_way():
    found = {field.name: field.metadata[b"description"].decode() for field in w.FIELDS}
    assert found["sound_63_hz_db"] == "sound level, octave around 63 Hz (45 to 89 Hz), re 20 uPa"
    assert found["sound_20_25_khz_db"] == "sound level, 20 to 25 kHz, re 20 uPa"
    assert found["radio_2_10_khz_t"] == "magnetic noise, 2 to 10 kHz, rms"
    assert found["acceleration_0.1_2_hz_along_m_s2"] == "shaking along the line, 0.1 to 2 Hz, rms"
    assert "all axes together" in found["magnetic_h3_t"]
    assert {f"current_phase_{phase}_a" for phase in "abc"} <= set(found)
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize("name", ["TRUTH", "FIELDS", "STRIKES"])
def test_streams_of_the_world_say_what_they_are(name):
    assert SCHEMAS[name].metadata[b"description"].endswith(b".")


def test_no_stream_is_wider_than_a_reader_likes():
    assert all(len(schema) <= 64 for schema in SCHEMAS.values())


def test_truth_gases_are_known_species():
    assert all(species(gas).name == gas for gas in w.TRUTH_GASES)
    assert len(set(w.TRUTH_GASES)) == len(w.TRUTH_GASES)


def test_nan_becomes_null_only_where_null_may_stand():
    missing, never = (Column(n, pa.float64(), "K", "made up", n == "a") for n in ("a", "b"))
    schema = stream_schema((TICK, missing, never), {"role": "truth"})
    values = np.array([1.0, np.nan])
    rows = batch(schema, {"tick": np.arange(2), "a": values, "b": values})
    assert rows["a"].to_pylist() == [1.0, None]
    assert rows["b"].null_count == 0


def labelled(ignited):
    active = np.array([False, True, True, True, True, False])
    return EventLabels(
        event_type=EventType.FIRE_PRECURSOR, event_subtype=EventSubtype.PYROLYSIS, component="crossarm_bolt",
        active=active, stage_names=("warm", "hot"), stage=np.array([0, 0, 0, 1, 1, 0], np.int8),
        severity=np.array([0.0, 0.1, 0.3, 0.5, 0.9, 0.1]), progress=np.linspace(0, 1, 6), ignited=ignited,
        source_strength=3.0, source_strength_unit="W",
    )  # fmt: skip


def test_labels_stand_at_the_active_ticks():
    rows = s.labels_batch(4, labelled(np.arange(6) >= 4), GRID).to_pydict()
    assert rows["tick"] == [1, 2, 3, 4]
    assert set(rows["event_id"]) == {4}
    assert rows["stage"] == ["warm", "warm", "hot", "hot"]
    assert rows["level"] == [1, 2, 3, 5]
    assert rows["time_to_ignition_s"] == [6.0, 4.0, 2.0, 0.0]
    censored = s.labels_batch(0, labelled(np.zeros(6, bool)), GRID)
    assert censored["time_to_ignition_s"].null_count == 4


def test_what_was_never_detected_has_no_time():
    rows = s.observability_batch(2, {"a": Observability(4.0, 10.0, 30.0), "b": Observability(0.5, None, 0.0)})
    assert rows["detectable"].to_pylist() == [True, False]
    assert rows["first_detectable_s"].to_pylist() == [10.0, None]


def test_components_have_a_column_each():
    assert w.components_schema(["tank_oil"]).names == ["tick", "tank_oil_k"]
