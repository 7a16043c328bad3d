import pytest

from envirosense.core.errors import ConfigError
from envirosense.factory.collection import FilterRule, read_filters


def rule(test, *fields, **more):
    return FilterRule(code="wrong", test=test, fields=fields, **more)


@pytest.mark.parametrize(
    ("value", "says_something"),
    [
        (None, False),
        ("", False),
        ("  ", False),
        ([], False),
        ({}, False),
        (0.0, True),
        (False, True),
        ("x", True),
    ],
)
def test_filled_means_that_something_is_said(value: object, says_something: bool) -> None:
    assert rule("filled", "a.b").holds({"a": {"b": value}}) is says_something


def test_a_path_that_leads_nowhere_is_not_filled() -> None:
    assert not rule("filled", "a.b").holds({})
    assert not rule("filled", "a.*.b").holds({"a": []})
    assert not rule("filled", "a.*.b").holds({"a": [{"b": "x"}, {"b": ""}]})


def test_one_filled_field_is_enough_for_any() -> None:
    any_of = rule("any_filled", "a", "b.*.c")
    assert any_of.holds({"a": "", "b": [{"c": ""}, {"c": "x"}]})
    assert not any_of.holds({"a": "", "b": [{"c": ""}]})


@pytest.mark.parametrize(
    ("test", "value", "given", "holds"),
    [
        ("at_least", 0.5, 0.5, True),
        ("at_least", 0.5, 0.4999, False),
        ("at_least", 0.5, "0.9", False),
        ("at_least", 0.5, True, False),
        ("at_most", 2, 2, True),
        ("at_most", 2, 3, False),
        ("longer", 5, "abcde", True),
        ("longer", 5, "  ab  ", False),
        ("is", True, True, True),
        ("is", True, 1, False),
        ("is", "a", "b", False),
    ],
)
def test_values_are_judged(test: str, value: object, given: object, holds: bool) -> None:
    assert rule(test, "a", value=value).holds({"a": given}) is holds


@pytest.mark.parametrize("test", ["at_least", "at_most", "longer", "is"])
def test_a_missing_value_is_no_bad_value_and_no_good_one(test: str) -> None:
    value = True if test == "is" else 0.7
    assert rule(test, "a", value=value).holds({"a": None})
    assert not rule("filled", "a").holds({"a": None})


def test_fields_must_differ() -> None:
    differ = rule("differ", "a", "b")
    assert differ.holds({"a": "x", "b": "y"})
    assert differ.holds({"a": "x"})
    assert not differ.holds({"a": "x", "b": "x"})


def test_a_rule_is_asked_only_when_it_applies() -> None:
    only_right = rule("filled", "expected", when={"is_right": True})
    assert only_right.holds({"is_right": False})
    assert not only_right.holds({"is_right": True})


def test_a_rule_without_its_number_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs a number"):
        FilterRule.parse({"code": "low", "test": "at_least", "fields": ["a"]})


def test_filters_are_read_from_a_file(tmp_path) -> None:
    path = tmp_path / "filters.yaml"
    path.write_text("toys:\n  - {code: low, test: at_least, fields: [score], value: 0.8}\n")
    assert read_filters(path) == {
        "toys": (rule("at_least", "score", value=0.8).model_copy(update={"code": "low"}),)
    }
    path.write_text("toys:\n  - {code: low, tset: at_least, fields: [score]}\n")
    with pytest.raises(ConfigError, match=r"toys\.0"):
        read_filters(path)
