import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.fingerprint import canonical_json, fingerprint

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def reversed_keys(value):
    if isinstance(value, dict):
        return {key: reversed_keys(value[key]) for key in reversed(value)}
    return [reversed_keys(item) for item in value] if isinstance(value, list) else value


@settings(derandomize=True, max_examples=100, deadline=None)
@given(JSON)
def test_key_order_and_a_json_round_trip_do_not_matter(value):
    assert canonical_json(reversed_keys(value)) == canonical_json(value)
    assert canonical_json(json.loads(canonical_json(value))) == canonical_json(value)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_whole_floats_are_written_as_integers(value):
    assert canonical_json(float(value)) == canonical_json(value) == str(value)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_keep_every_bit(value):
    assert float(json.loads(canonical_json(value))) == value


def test_canonical_text():
    assert canonical_json({"b": (1.0, 2.5), "a": {"y": None, "x": True}}) == (
        '{"a":{"x":true,"y":null},"b":[1,2.5]}'
    )
    assert canonical_json(-0.0) == "0"
    assert canonical_json("å") == '"å"'
    assert canonical_json(1e300) == "1e+300"


def test_different_data_differ():
    values = [1, True, "1", [1], None, "", [], {}, 0.1, [[1]], {"1": 1}]
    assert len({fingerprint(value) for value in values}) == len(values)


def test_known_digest():
    # sha256 of {"a":1}, as `printf '{"a":1}' | sha256sum` prints it
    expected = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert fingerprint({"a": 1.0}) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), {"a": [float("nan")]}])
def test_numbers_that_are_not_finite_are_refused(value):
    with pytest.raises(ValueError, match="finite"):
        fingerprint(value)


@pytest.mark.parametrize("value", [object(), {1, 2}, 1j])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError, match="no canonical form"):
        fingerprint(value)
