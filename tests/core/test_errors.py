import copy
import pickle

import pytest

from envirosense.core.errors import (
    ConfigError,
    DatasetError,
    EnviroSenseError,
    EpisodeError,
    MissingExtraError,
    SchemaVersionError,
    StorageError,
    UnknownNameError,
)

ERRORS = [
    ConfigError("dt_s", -1, "must be positive"),
    UnknownNameError("scenario", "fire/celulose", ["fire/cellulose_pyrolysis", "normal/diurnal_cycle"]),
    SchemaVersionError("out/manifest.json", 9, 1),
    DatasetError("shard 3 is damaged"),
    StorageError("disk full"),
    EpisodeError("episode 4: no convergence"),
    MissingExtraError("duckdb", "dev"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "again", [lambda e: pickle.loads(pickle.dumps(e)), copy.deepcopy], ids=["pickle", "copy"]
)
def test_errors_cross_process_borders(error, again):
    copied = again(error)
    assert type(copied) is type(error)
    assert str(copied) == str(error)
    assert vars(copied) == vars(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_are_one_line_and_ours(error):
    assert isinstance(error, EnviroSenseError)
    assert "\n" not in str(error)


def test_a_config_error_names_field_value_and_fix():
    assert str(ConfigError("dt_s", "-1\n", "must be positive")) == r"dt_s='-1\n': must be positive"
    assert isinstance(ConfigError("a", 1, "b"), ValueError)


def test_the_nearest_name_is_suggested():
    error = UnknownNameError("sensor", "wind_senser", {"wind_sensor", "barometer"})
    assert str(error) == "sensor='wind_senser': unknown sensor; did you mean 'wind_sensor'?"
    assert error.known == ("barometer", "wind_sensor")


def test_the_only_name_that_begins_so_is_suggested():
    assert str(UnknownNameError("s", "voc", ["voc_array", "wind"])).endswith("did you mean 'voc_array'?")
    assert "known: voc_array, voc_index" in str(UnknownNameError("s", "voc", ["voc_array", "voc_index"]))


def test_a_far_name_is_not_suggested():
    error = UnknownNameError("home_type", "castle", {"cottage", "apartment"})
    assert str(error).endswith("unknown home_type; known: apartment, cottage")


def test_without_a_near_name_the_known_ones_are_listed():
    assert str(UnknownNameError("x", "qqq", ["a", "b"])).endswith("unknown x; known: a, b")
    many = UnknownNameError("x", "qqq", [f"name{i:02d}" for i in range(20)])
    assert str(many).endswith("name11, ...")


def test_a_missing_extra_says_what_to_run():
    error = MissingExtraError("duckdb", "dev")
    assert "pip install 'envirosense[dev]'" in str(error)
    assert isinstance(error, ImportError)
