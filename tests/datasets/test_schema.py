import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import ConfigError, EpisodeError
from envirosense.datasets import TICK, Column, stream_schema
from envirosense.datasets.schema import Keys, describe_columns, keyed_schema


def test_unit_and_description_travel_with_the_column():
    schema = stream_schema(
        [TICK, Column("air_c", pa.float32(), "degC", "air", metadata={"part": "x"})], {"role": "r"}
    )
    assert describe_columns(schema)[1] == {
        "name": "air_c",
        "type": "float",
        "nullable": True,
        "unit": "degC",
        "description": "air",
        "part": "x",
    }
    assert schema.metadata == {b"role": b"r"}


def test_a_repeated_or_undescribed_column_is_refused():
    with pytest.raises(ConfigError, match="column='tick': given twice"):
        stream_schema([TICK, TICK])
    with pytest.raises(ConfigError, match="has no description"):
        stream_schema([Column("a", pa.int8(), "1", "")])


def test_keys_come_first_and_time_follows_the_tick():
    names = keyed_schema(pa.schema([("event_id", pa.int32()), ("tick", pa.int64()), ("x", pa.int8())])).names
    assert names == ["episode_id", "event_id", "tick", "time_utc", "x"]
    assert keyed_schema(pa.schema([("x", pa.int8())])).names == ["episode_id", "x"]


def test_the_twin_must_not_write_key_columns():
    with pytest.raises(EpisodeError, match="time_utc"):
        keyed_schema(pa.schema([("time_utc", pa.int64())]))


def test_times_are_rounded_as_on_the_grid(twin):
    spec = twin.make_spec(0, n=1000)
    spec = spec.model_copy(update={"grid": spec.grid.model_copy(update={"dt_s": 1 / 3})})
    table = Keys(spec, "id").added(pa.table({"tick": np.arange(1000)}))
    np.testing.assert_array_equal(table["time_utc"].to_numpy(), spec.grid.time_utc)


def test_an_episode_s_keys_suit_tables_of_any_length(twin):
    spec = twin.make_spec(0)
    keys = Keys(spec, "id")
    for n in (3, 0, 7, 5):
        table = pa.table({"x": np.zeros(n), "tick": np.arange(n)}, metadata={"role": "r"})
        keyed = keys.added(table)
        assert keyed.schema.equals(keyed_schema(table.schema), check_metadata=True)
        assert keyed["episode_id"].to_pylist() == ["id"] * n
        np.testing.assert_array_equal(keyed["time_utc"].to_numpy(), spec.grid.time_utc[:n])
        keyed.validate(full=True)
