from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, PositiveFloat, model_validator

from envirosense.core.config import FrozenModel, load_yaml
from envirosense.core.errors import ConfigError


class Wheel(FrozenModel):
    diameter_m: PositiveFloat = 0.7
    spokes: int = 32


class Rider(FrozenModel):
    mass_kg: PositiveFloat = 70.0


class Bicycle(FrozenModel):
    name: str
    front: Wheel = Wheel()
    spare: Wheel | None = None
    wheels: tuple[Wheel, ...] = ()
    load: Wheel | Rider = Rider()
    owner: str = Field("nobody", min_length=1)

    @model_validator(mode="after")
    def _not_a_car(self):
        if self.name == "car":
            raise ConfigError("name", "car", "is not a bicycle; choose another")
        return self


def fault(data, where=""):
    with pytest.raises(ConfigError) as caught:
        Bicycle.parse(data, where)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    return caught.value


def test_good_data_gives_a_frozen_model():
    bicycle = Bicycle.parse({"name": "a", "front": {"spokes": 28}})
    assert bicycle.front == Wheel(spokes=28)
    with pytest.raises(ValueError, match="frozen"):
        bicycle.name = "b"


@pytest.mark.parametrize(
    ("data", "field", "near"),
    [
        ({"name": "a", "ownr": "me"}, "ownr", "owner"),
        ({"name": "a", "front": {"diametr_m": 1}}, "front.diametr_m", "diameter_m"),
        ({"name": "a", "spare": {"spoke": 1}}, "spare.spoke", "spokes"),
        ({"name": "a", "wheels": [{}, {"spoke": 1}]}, "wheels.1.spoke", "spokes"),
        ({"name": "a", "load": {"mass": 1}}, "load.Wheel.mass", "mass_kg"),
    ],
)
def test_an_unknown_field_suggests_the_nearest_of_its_own_level(data, field, near):
    error = fault(data)
    assert error.field == field
    assert error.fix == f"unknown field; did you mean {near!r}?"


def test_an_unknown_field_near_to_nothing_is_to_be_removed():
    assert fault({"name": "a", "front": {"owner": 3}}).fix == "unknown field; remove it"


def test_a_missing_field_is_to_be_added():
    error = fault({}, "bike")
    assert (error.field, error.value, error.fix) == ("bike.name", None, "required field is missing; add it")


@pytest.mark.parametrize(
    ("data", "field", "value", "words"),
    [
        ({"name": 5}, "name", 5, "should be a valid string"),
        ({"name": "a", "front": {"spokes": 1.5}}, "front.spokes", 1.5, "valid integer"),
        ({"name": "a", "front": {"diameter_m": -1}}, "front.diameter_m", -1, "greater than 0"),
        (
            {"name": "a", "front": {"diameter_m": float("inf")}},
            "front.diameter_m",
            float("inf"),
            "finite number",
        ),
        ({"name": "a", "front": 3}, "front", 3, "valid dictionary"),
        ({"name": "a", "owner": ""}, "owner", "", "at least 1 character"),
    ],
)
def test_a_wrong_value_names_field_value_and_what_fits(data, field, value, words):
    error = fault(data)
    assert (error.field, error.value) == (field, value)
    assert words in error.fix
    assert error.fix[0].islower()


def test_something_that_is_no_mapping():
    assert fault(["a"]).field == "value"
    assert fault(None, "bike").field == "bike"


def test_an_error_raised_by_a_validator_comes_through_as_it_is():
    assert str(fault({"name": "car"})) == "name='car': is not a bicycle; choose another"


@settings(derandomize=True, max_examples=30, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["name", "front", "spare", "wheels", "load", "owner", "x"]),
        st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    )
)
def test_any_data_gives_a_model_or_one_line(data):
    message = ""
    try:
        Bicycle.parse(data)
    except ConfigError as error:
        message = str(error)
    assert len(message.splitlines()) <= 1


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "config.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_yaml_and_json_files_load(tmp_path):
    assert load_yaml(written(tmp_path, "a: 1\nb: {c: [1, 2.5]}\n")) == {"a": 1, "b": {"c": [1, 2.5]}}
    assert load_yaml(written(tmp_path, '{"a": {"b": null}}')) == {"a": {"b": None}}
    merged = "base: &base {x: 1, y: 2}\nmine:\n  <<: *base\n  y: 3\n"
    assert load_yaml(written(tmp_path, merged))["mine"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", r"a='line 3': key given twice; keep one"),
        ("a:\n  b: 1\n  c: [{d: 1,\n    d: 2}]\n", r"d='line 4': key given twice"),
        ("a: 1\nb: [1, 2\nc: 3\n", r"config.yaml='line 3': not valid YAML"),
        ("a: 1\n\tb: 2\n", r"config.yaml='line 2': not valid YAML"),
        ("a: !!python/object:os.system {}\n", r"config.yaml='line 1': not valid YAML"),
        ("[1, 2]: 3\n", r"config.yaml='line 1': not valid YAML: found unhashable key"),
        ("a: &a {b: *a}\n", r"config.yaml='line 1': not valid YAML"),
        ("a: 'one \x01 two'", r"config.yaml='character 8': not text"),
        (b"a: \xff\xfe\n", r"is not text in UTF-8"),
        ("- 1\n- 2\n", r"config.yaml='list': must hold a mapping"),
        ("", r"config.yaml='NoneType': must hold a mapping"),
    ],
)
def test_bad_files_say_where_in_one_line(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words.replace("config.yaml", ".*config.yaml'?")) as caught:
        load_yaml(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "absent.yaml"):
        with pytest.raises(ConfigError, match=r"file=.*cannot be read: "):
            load_yaml(path)
