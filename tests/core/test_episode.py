from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import fingerprint

DATA = {
    "twin": "pole",
    "scenario": "normal/diurnal_cycle",
    "params": {"a": 1.0, "b": "x"},
    "site": {"site_id": "site-0000"},
    "weather": {"file": "greensboro"},
    "sensing": {"sensors": []},
    "grid": {"start_utc": "1990-07-01T12:00:00Z", "dt_s": 1.0, "n": 3600},
    "world_seed": 1,
    "sensing_seed": 2,
    "group": "site-0000",
}
CHANGES = {
    "twin": "home", "scenario": "x/y", "params": {"a": 2.0}, "site": {}, "weather": {}, "sensing": {},
    "world_seed": 3, "sensing_seed": 4, "group": "site-0001", "schema_version": 2,
    "grid": {"start_utc": "1990-07-01T12:00:00Z", "dt_s": 1.0, "n": 3601}, "definition": {"name": "y"},
}  # fmt: skip


@pytest.mark.parametrize("field", CHANGES)
def test_everything_in_a_spec_is_in_its_fingerprint(field):
    spec, changed = EpisodeSpec.parse(DATA), EpisodeSpec.parse(DATA | {field: CHANGES[field]})
    assert spec.fingerprint != changed.fingerprint
    same_world = field in ("sensing", "sensing_seed")
    assert (spec.world_fingerprint == changed.world_fingerprint) == same_world


def test_a_weather_file_counts_by_its_content_and_not_by_its_place():
    here, moved, other = (
        EpisodeSpec.parse(DATA | {"weather": {"name": "x", "path": path, "digest": digest}})
        for path, digest in (("/a/x.epw", "1"), ("/b c/x.epw", "1"), ("/a/x.epw", "2"))
    )
    assert here.fingerprint == moved.fingerprint != other.fingerprint
    assert here.world_fingerprint == moved.world_fingerprint != other.world_fingerprint
    assert here.weather["path"] == "/a/x.epw"


def test_how_a_draw_is_counted_is_no_part_of_its_identity():
    spec, rare = EpisodeSpec.parse(DATA), EpisodeSpec.parse(DATA | {"importance_weight": 0.1})
    assert spec.fingerprint == rare.fingerprint
    assert spec.world_fingerprint == rare.world_fingerprint


def test_every_field_is_covered_above():
    assert CHANGES.keys() | {"importance_weight"} == EpisodeSpec.model_fields.keys()


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.permutations(sorted(DATA)), st.integers(-12, 12))
def test_order_number_types_and_time_zone_do_not_matter(order, hours):
    start = datetime(1990, 7, 1, 12, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    data = {name: DATA[name] for name in order}
    data |= {"params": {"b": "x", "a": 1}, "grid": {"n": 3600, "dt_s": 1, "start_utc": start}}
    assert EpisodeSpec.parse(data).fingerprint == EpisodeSpec.parse(DATA).fingerprint


def test_a_spec_survives_json():
    spec = EpisodeSpec.parse(DATA)
    again = EpisodeSpec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert again.fingerprint == spec.fingerprint
    assert spec.episode_id == spec.fingerprint[:16]
    assert spec.fingerprint == fingerprint(spec.model_dump(mode="json", exclude={"importance_weight"}))


@pytest.mark.parametrize(
    ("change", "field"),
    [({"world_seed": -1}, "world_seed"), ({"colour": "red"}, "colour"), ({"params": [1]}, "params")],
)
def test_bad_specs_name_their_field(change, field):
    with pytest.raises(ConfigError) as caught:
        EpisodeSpec.parse(DATA | change)
    assert caught.value.field == field


def test_an_unknown_field_of_the_grid_suggests_one_of_the_grid():
    with pytest.raises(ConfigError, match=r"grid\.dt=1: unknown field; did you mean 'dt_s'"):
        EpisodeSpec.parse(DATA | {"grid": {**DATA["grid"], "dt": 1}})


def test_a_summary_is_ok_unless_it_says_otherwise():
    summary = EpisodeSummary(episode_id="0" * 16)
    assert (summary.outcome, summary.reason, summary.rows) == ("ok", "", {})
    with pytest.raises(ConfigError, match="outcome='lost'"):
        EpisodeSummary.parse({"episode_id": "0", "outcome": "lost"})
