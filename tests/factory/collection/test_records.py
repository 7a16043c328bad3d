from datetime import UTC, datetime
from enum import IntEnum, StrEnum

import numpy as np
import pytest

from envirosense.factory import collection
from envirosense.factory.collection.records import data_id, plain
from envirosense.factory.collection.report import PointReport
from tests.factory.collection.toy_points import OTHER, SOURCE, ToyRecord


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    BIG = 2


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (np.float64(0.5), 0.5),
        (np.array([[1, 2]]), [[1, 2]]),
        (Colour.RED, "red"),
        (Size.BIG, 2),
        (np.str_("a"), "a"),
        ("half a pair \ud800, ü", "half a pair \\ud800, ü"),
        ({"b", "a"}, ["a", "b"]),
        ((1, None), [1, None]),
        ({1: (True,)}, {"1": [True]}),
        (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-05T00:00:00+00:00"),
        (b"bytes", "b'bytes'"),
        (ToyRecord(name="x").parts, []),
    ],
)
def test_values_are_taken_apart_for_json(value: object, wanted: object) -> None:
    found = plain(value)
    assert found == wanted
    assert type(found) is type(wanted)


def test_a_name_depends_on_content_and_source_and_not_on_order_or_opinions() -> None:
    name = data_id("twin", "point", SOURCE, {"a": 1, "b": {"c": float("inf"), "d": 2}})
    assert name == data_id("twin", "point", SOURCE, {"b": {"d": 2, "c": float("inf")}, "a": 1})
    assert (
        len({name, data_id("twin", "point", OTHER, {"a": 1}), data_id("twin", "other", OTHER, {"a": 1})}) == 3
    )
    opinions = ("b.c", "e", "a.no")
    assert data_id("t", "p", SOURCE, {"a": 1, "b": {"c": 1, "d": 2}, "e": 3}, opinions) == data_id(
        "t", "p", SOURCE, {"a": 1, "b": {"c": 9, "d": 2}}, opinions
    )
    assert data_id("t", "p", SOURCE, {"b": {"d": 2}}, opinions) != data_id(
        "t", "p", SOURCE, {"b": {"d": 3}}, opinions
    )


def test_a_report_says_what_came_in() -> None:
    report = PointReport("toys", True, 9, 1, 2, {"score_low": 1}, 1, 1)
    assert str(report) == "toys: fed, 9 accepted, 1 rejected (score_low 1), 2 duplicates"
    assert report.accepted_share == 0.9
    assert PointReport("toys").accepted_share is None


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(collection, name) is not None for name in collection.__all__)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = collection.Nothing
