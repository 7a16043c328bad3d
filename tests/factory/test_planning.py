"""Requests, scenario patterns, specs and estimates."""

import shutil

import pytest

from envirosense.core.errors import ConfigError, StorageError, UnknownNameError
from envirosense.factory import GenerationRequest, draw_specs, estimate, match_scenarios
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.generator import generate, make_plan
from envirosense.testing.twins import CoinTwin

IDS = ("a/one", "a/two", "b/one")


def test_patterns_and_ids_are_matched_once_each_in_sorted_order():
    assert match_scenarios(("b/*", "a/one", "a/*"), IDS) == IDS


def test_a_pattern_that_matches_nothing_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'a/two'"):
        match_scenarios(("a/tow",), IDS)


def test_a_comma_separated_text_is_a_list_of_patterns():
    request = GenerationRequest.parse({"twin": "coin", "episodes": 2, "scenarios": "a/*, b/one"})
    assert request.scenarios == ("a/*", "b/one")


@pytest.mark.parametrize(
    ("field", "value"),
    [("episodes", 0), ("duration_s", -1.0), ("dt_s", 0.0), ("seed", -1), ("scenarios", []), ("episods", 3)],
)
def test_a_bad_request_names_the_field(field, value):
    with pytest.raises(ConfigError, match=field):
        GenerationRequest.parse({"twin": "coin", "episodes": 2, field: value})


@pytest.mark.parametrize(("episodes", "groups"), [(1, 1), (4, 4), (12, 6), (40, 10)])
def test_groups_follow_the_number_of_episodes(episodes, groups):
    assert GenerationRequest(twin="coin", episodes=episodes).group_count == groups


def test_every_round_deals_each_scenario_once_in_an_order_of_its_own(request_coin):
    names = [spec.scenario for spec in draw_specs(request_coin(episodes=41), CoinTwin())]
    rounds = [tuple(names[i : i + 2]) for i in range(0, 40, 2)]
    assert {frozenset(one) for one in rounds} == {frozenset(("normal/tails", "toss/heads"))}
    assert len(set(rounds)) == 2


def test_more_episodes_leave_the_first_ones_as_they_were(request_coin):
    few, many = (draw_specs(request_coin(episodes=n), CoinTwin()) for n in (4, 8))
    assert list(few) == many[:4]


def test_a_group_is_in_one_split_only(request_coin):
    plan = make_plan(request_coin(episodes=24), CoinTwin())
    splits = {}
    for episode in plan.episodes:
        splits.setdefault(episode.spec.group, set()).add(episode.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {split for found in splits.values() for split in found} == {"train", "validation", "test"}


def test_an_estimate_scales_with_hours_and_workers(request_coin):
    request = request_coin(episodes=40, duration_s=1800.0)
    cost = CoinTwin().cost_per_hour({}, request.dt_s)
    found = estimate(request, workers=2)
    assert found.simulated_hours == 20.0
    assert found.gigabytes == pytest.approx(20 * cost.n_bytes / 1e9)
    assert found.minutes == pytest.approx(20 * cost.seconds / 60 / 2)
    assert found.scenarios == ("normal/tails", "toss/heads")


def test_more_than_the_disk_holds_is_refused_before_a_spec_is_drawn(request_coin, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(CoinTwin, "draw", lambda *_: pytest.fail("drew a spec"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(StorageError, match=r"8 episodes of 0\.0333333 h need about 107 kB but 10 B are free"):
        generate(request_coin(), tmp_path / "not" / "there", executor=InlineExecutor())
    assert not (tmp_path / "not").exists()


def test_a_finished_dataset_is_opened_on_a_full_disk(request_coin, tmp_path, monkeypatch):
    made = generate(request_coin(), tmp_path / "out", executor=InlineExecutor())
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    again = generate(request_coin(), tmp_path / "out", executor=InlineExecutor())
    assert again.logical_hash == made.logical_hash
