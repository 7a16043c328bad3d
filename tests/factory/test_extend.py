import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import Counter

import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets import Dataset, split_leaks, verify
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.stats import read_stats
from envirosense.datasets.versions import stored_versions
from envirosense.factory import extend as extending
from envirosense.factory import growth
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.extend import extend
from envirosense.factory.generator import GenerationFailed, generate, plan_of, run_plan
from envirosense.factory.growth import split_new_groups
from envirosense.factory.planning import draw_specs
from envirosense.factory.weak_spots import Extension, WeakSpot, deal_spots, episodes_of_spots
from envirosense.testing.twins import CoinTwin


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset of eight episodes, made once; tests copy it."""
    from envirosense.factory.request import GenerationRequest

    folder = tmp_path_factory.mktemp("made") / "coins"
    request = GenerationRequest.parse(
        {"twin": "coin", "episodes": 8, "duration_s": 30.0, "seed": 5, "n_groups": 4}
    )
    return generate(request, folder, workers=1, executor=InlineExecutor()).folder


@pytest.fixture
def coins(made, tmp_path):
    return shutil.copytree(made, tmp_path / "coins")


def grow(folder, **changes):
    return extend(folder, {"episodes": 4, **changes}, workers=1, executor=InlineExecutor())


def bytes_of(folder, places):
    return {place: hashlib.sha256((folder / place).read_bytes()).hexdigest() for place in places}


def column(dataset, name):
    return dataset.episodes[name].to_pylist()


def test_an_extension_is_a_new_version_beside_untouched_shards(coins):
    old = Dataset.open(coins)
    shards = [place for place in old.manifest.files if "/" in place]
    before = bytes_of(coins, shards)
    grown = grow(coins)
    assert bytes_of(coins, shards) == before
    assert (grown.manifest.version, grown.manifest.parent_hash) == (2, old.logical_hash)
    assert grown.manifest.counts == {"episodes": 12, "ok": 12, "failed": 0}
    assert column(grown, "episode_id")[:8] == column(old, "episode_id")
    assert column(grown, "index") == list(range(12))
    assert verify(coins).is_ok
    assert sum(len(episode.table("readings")) for episode in grown) == 12 * 30
    assert grown.manifest.streams["readings"].rows == 12 * 30


def test_groups_keep_their_split_and_ids_never_collide(coins):
    for _ in range(3):
        grown = grow(coins)
    assert split_leaks(column(grown, "group"), column(grown, "split")) == {}
    assert len(set(column(grown, "episode_id"))) == len(column(grown, "episode_id")) == 20
    assert grown.manifest.version == 4


def test_a_grown_dataset_equals_one_generated_at_once(coins, request_coin, tmp_path):
    grown = grow(coins)
    request = request_coin(duration_s=30.0, episodes=12)
    whole = generate(request, tmp_path / "whole", workers=1, executor=InlineExecutor())
    assert grown.logical_hash == whole.logical_hash


def test_every_version_can_be_opened_and_verified(coins):
    old_hash = Dataset.open(coins).logical_hash
    grow(coins)
    newest = grow(coins)
    assert stored_versions(coins) == (1, 2, 3)
    first = Dataset.open(coins, version=1)
    assert (first.logical_hash, len(first)) == (old_hash, 8)
    assert len(Dataset.open(coins, version=2)) == 12
    assert all(verify(coins, version=n).is_ok for n in (1, 2, 3))
    assert verify(coins, version=1).logical_hash == old_hash
    assert Dataset.open(coins).logical_hash == newest.logical_hash
    with pytest.raises(DatasetError, match="no version 7; it has 1, 2, 3"):
        Dataset.open(coins, version=7)


def test_documents_are_those_of_the_new_version(coins):
    grown = grow(coins)
    assert read_stats(grown)["coverage"]["episodes"]["episodes"] == 12
    assert grown.logical_hash in (coins / "README.md").read_text()
    assert json.loads((coins / "quality.json").read_text())["logical_hash"] == grown.logical_hash
    assert json.loads((coins / "croissant.json").read_text())["url"].endswith(grown.logical_hash)
    assert not (coins / ".extend").exists()
    import pyarrow.parquet as pq

    assert pq.read_table(coins / "episodes.parquet").num_rows == 12  # what other tools read


class Killed(BaseException):
    """Stands for the process being killed: nothing may catch it."""


@pytest.mark.parametrize(
    "step",
    ["_claim", "_keep_version", "_next_manifest", "place_files", "describe_dataset", "commit_all", "_settle"],
)
def test_a_killed_extension_leaves_the_old_version_whole_and_is_resumed(coins, step, monkeypatch):
    old = Dataset.open(coins)
    with monkeypatch.context() as patched:

        def die(*_, **__):
            raise Killed

        patched.setattr(extending, step, die)
        with pytest.raises(Killed):
            grow(coins)
    left = verify(coins)
    committed = step == "_settle"
    assert Dataset.open(coins).manifest.version == 1 + committed
    if not committed:
        assert left.is_ok, left.findings
        assert [e.episode_id for e in Dataset.open(coins)] == [e.episode_id for e in old]
    grown = grow(coins)
    assert (grown.manifest.version, len(grown)) == (2, 12)
    assert verify(coins).is_ok
    assert not (coins / ".extend").exists()


def test_a_kill_while_simulating_keeps_what_is_stored(coins, monkeypatch):
    simulate, done = CoinTwin.simulate, []

    def dying(self, spec, out):
        if len(done) == 3:
            raise Killed
        done.append(spec.episode_id)
        return simulate(self, spec, out)

    with monkeypatch.context() as patched:
        patched.setattr(CoinTwin, "simulate", dying)
        with pytest.raises(Killed):
            grow(coins)
    assert verify(coins).is_ok
    again = []
    monkeypatch.setattr(
        CoinTwin, "simulate", lambda self, spec, out: (again.append(spec), simulate(self, spec, out))[1]
    )
    assert len(grow(coins)) == 12
    assert 0 < len(again) < 4


def test_another_request_does_not_take_over_an_unfinished_one(coins, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(extending, "_commit", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            grow(coins)
    with pytest.raises(ConfigError, match=r"episodes=5: an extension with episodes=4 is unfinished"):
        grow(coins, episodes=5)
    assert len(grow(coins)) == 12


def test_two_extensions_at_once_the_second_stops(coins):
    lock = FolderLock(coins / ".extend" / "lock")
    lock.acquire()
    with pytest.raises(ConfigError, match="is writing here"):
        grow(coins)
    lock.release()
    assert len(grow(coins)) == 12


def test_a_killed_process_is_resumed_by_the_next(coins):
    """The real thing: the process dies between the linking of shards and the manifest."""
    code = f"""
import os
from envirosense.factory import extend as module
from envirosense.factory.extend import extend
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin
TWINS.register("coin")(CoinTwin)
module.describe_dataset = lambda _: os._exit(9)
extend({str(coins)!r}, {{"episodes": 4}}, workers=1, executor=InlineExecutor())
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=dict(os.environ), check=False
    )
    assert ended.returncode == 9, ended.stderr
    assert verify(coins).is_ok
    assert Dataset.open(coins).manifest.version == 1
    assert (grow(coins).manifest.version, verify(coins).is_ok) == (2, True)


def test_scenarios_can_change_and_weak_spots_are_dealt_by_weight(coins):
    only = grow(coins, scenarios=["toss/*"], duration_s=20.0)
    assert set(column(only, "scenario")[8:]) == {"toss/heads"}
    assert set(column(only, "n_ticks")) == {30, 20}
    spots = [{"scenario": "toss/heads", "weight": 3}, {"scenario": "normal/*", "reason": "false alarms"}]
    grown = grow(coins, weak_spots=spots, episodes=8)
    assert Counter(column(grown, "scenario")[12:]) == {"toss/heads": 6, "normal/tails": 2}
    told = grown.manifest.settings["extensions"]
    assert [entry["version"] for entry in told] == [2, 3]
    assert told[1]["asked"]["weak_spots"][1]["reason"] == "false alarms"


def test_a_range_that_the_twin_cannot_draw_is_refused(coins):
    spots = [{"scenario": "toss/heads", "parameters": {"height": [0.0, 1e-9]}}]
    with pytest.raises(ConfigError, match="cannot draw toss/heads from a range"):
        grow(coins, weak_spots=spots)
    assert Dataset.open(coins).manifest.version == 1
    assert verify(coins).is_ok


def test_ranges_reach_the_twin_as_its_option(coins, monkeypatch):
    draw = CoinTwin.draw

    def narrowed(self, scenario, request):
        spec = draw(self, scenario, request)
        for name, spread in request.options.get("ranges", {}).get(scenario, {}).items():
            low, high = spread["uniform"]
            spec = spec.model_copy(update={"params": {**spec.params, name: (low + high) / 2}})
        return spec

    monkeypatch.setattr(CoinTwin, "draw", narrowed)
    grown = grow(coins, weak_spots=[{"scenario": "toss/heads", "parameters": {"height": [9, 11]}}])
    assert [json.loads(one)["height"] for one in column(grown, "params")[8:]] == [10.0] * 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"episodes": 0}, "episodes=0"),
        ({"scenarios": ["toss/tails"]}, "unknown scenario"),
        ({"scenarios": []}, "scenarios names nothing"),
        ({"weak_spots": []}, "nothing to fill"),
        ({"weak_spots": [{"scenario": "toss/*"}], "scenarios": ["*"]}, "not both"),
        ({"weak_spots": [{"scenario": "fire/*"}]}, "unknown scenario"),
        ({"weak_spots": [{"scenario": "toss/*", "weight": 0}]}, "weight"),
        ({"weak_spots": [{"scenario": "toss/*", "parameters": {"width": [1, 2]}}]}, "no such parameter"),
        ({"dt_s": 2.0}, "unknown field"),
        ({"duration": 3}, "did you mean 'duration_s'"),
        ({"schema_version": 2}, "schema_version"),
    ],
)  # fmt: skip
def test_bad_requests_name_the_field_and_leave_nothing(coins, changes, message):
    with pytest.raises(ConfigError, match=message):
        grow(coins, **changes)
    assert not (coins / ".extend").exists()
    assert verify(coins).is_ok


def test_a_file_says_what_to_add(coins, tmp_path):
    (tmp_path / "more.yaml").write_text("episodes: 2\nscenarios: normal/*\n")
    grown = extend(coins, tmp_path / "more.yaml", workers=1, executor=InlineExecutor())
    assert column(grown, "scenario")[8:] == ["normal/tails"] * 2
    (tmp_path / "bad.yaml").write_text("episodes: [\n")
    with pytest.raises(ConfigError, match="not valid YAML"):
        extend(coins, tmp_path / "bad.yaml")


def test_episodes_that_are_there_already_are_refused(coins, monkeypatch):
    stored = next(iter(Dataset.open(coins))).spec
    monkeypatch.setattr(growth, "draw_spec", lambda *_: stored)
    with pytest.raises(ConfigError, match="draws are used up; take another seed"):
        grow(coins, episodes=1)


def test_other_columns_are_refused_before_anything_is_simulated(coins):
    path = coins / "manifest.json"
    told = json.loads(path.read_text())
    told["streams"]["readings"]["columns"][3]["unit"] = "mV"
    path.write_text(json.dumps(told))
    with pytest.raises(DatasetError, match="stream 'readings' has other columns \\(column 'near'\\)"):
        grow(coins)
    assert not (coins / ".extend").exists()


def test_another_physics_is_refused(coins, monkeypatch):
    monkeypatch.setattr(CoinTwin, "describe", lambda _: {"physics_version": "2"})
    with pytest.raises(DatasetError, match="a dataset has one physics"):
        grow(coins)


def test_failed_episodes_are_told_and_kept_apart(coins):
    with pytest.raises(GenerationFailed) as found:
        grow(coins, options={"fail": [9]})
    assert found.value.dataset.manifest.counts == {"episodes": 12, "ok": 11, "failed": 1}
    assert verify(coins).is_ok
    assert len(extend(coins, {"episodes": 2, "options": {"fail": [12]}}, 1, InlineExecutor(),
                      allow_failures=True)) == 12  # fmt: skip


def test_nothing_is_added_when_every_episode_fails(coins):
    with pytest.raises(DatasetError, match=r"every new episode failed .*landed on its edge"):
        grow(coins, episodes=2, options={"fail": [8, 9]})
    assert Dataset.open(coins).manifest.version == 1
    assert not (coins / ".extend").exists()


def test_what_is_no_generated_dataset_cannot_be_extended(coins, tmp_path):
    with pytest.raises(DatasetError, match="no dataset here"):
        grow(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    path = coins / "manifest.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "settings": {**told["settings"], "resensed_from": "ab"}}))
    with pytest.raises(ConfigError, match="made from another dataset"):
        grow(coins)
    path.write_text(json.dumps({**told, "origin": "real"}))
    with pytest.raises(ConfigError, match="import the new logs and merge"):
        grow(coins)


def test_new_groups_go_where_they_are_needed(coins):
    old = Dataset.open(coins)
    known = dict(zip(column(old, "group"), column(old, "split"), strict=True))
    fresh = [f"new-{n}" for n in range(40)]
    found = split_new_groups(old, [*known, *fresh], seed=1)
    assert {group: found[group] for group in known} == known
    held = Counter(found[group] for group in fresh) + Counter(column(old, "split")) + Counter(known.values())
    total = held.total()
    assert {name: round(n / total, 1) for name, n in held.items()} == {
        "train": 0.7, "validation": pytest.approx(0.15, abs=0.06), "test": pytest.approx(0.15, abs=0.06),
    }  # fmt: skip
    assert split_new_groups(old, [*known, *fresh], seed=1) == found


@pytest.mark.parametrize(
    ("weights", "episodes", "counts"),
    [((1, 1, 1), 10, [4, 3, 3]), ((3, 1), 8, [6, 2]), ((1, 999), 3, [0, 3]), ((0.2, 0.2), 1, [1, 0])],
)
def test_weights_become_exact_counts(weights, episodes, counts):
    assert episodes_of_spots(weights, episodes) == counts


def test_the_deal_hides_the_scenario_in_no_place():
    spots = (WeakSpot(scenario="a/*", weight=1), WeakSpot(scenario="b/x", weight=1))
    deal = [name for name, _ in deal_spots(spots, ["a/1", "a/2", "b/x"], 40, 1, 8)]
    assert Counter(deal) == {"a/1": 10, "a/2": 10, "b/x": 20}
    assert deal != sorted(deal)


def test_a_spread_of_a_weak_spot_is_a_range_a_value_or_as_in_scenario_files():
    spot = WeakSpot(scenario="a/b", parameters={"p": [1, 2], "q": "wet", "r": {"choice": ["x", "y"]}})
    assert spot.spreads() == {"p": {"uniform": [1, 2]}, "q": {"value": "wet"}, "r": {"choice": ["x", "y"]}}


def test_the_request_of_an_extension_keeps_the_sites_of_the_dataset(request_coin):
    base = request_coin(n_groups=None, episodes=40)
    assert Extension(episodes=4).request(base).group_count == base.group_count


def test_an_extension_passes_over_draws_that_are_used_up(tmp_path, request_coin):
    """A balanced set holds some draws out of many: the indices after its length are among them."""
    twin = CoinTwin()
    request = request_coin(n_groups=4, episodes=4)
    drawn = draw_specs(request.model_copy(update={"episodes": 12}), twin)
    plan = plan_of(request, twin, [drawn[n] for n in (0, 5, 6, 11)])
    old = run_plan(plan, CoinTwin, tmp_path / "some", 1, InlineExecutor())
    grown = grow(old.folder, episodes=5)
    assert set(column(grown, "world_seed")[4:]) == {drawn[n].world_seed for n in (4, 7, 8, 9, 10)}
    assert split_leaks(column(grown, "group"), column(grown, "split")) == {}


@pytest.mark.parametrize(
    ("settings", "shares"),
    [
        ({"pipeline": {"splits": {"shares": {"train": 1.0, "test": 1.0}}}}, {"train": 0.5, "test": 0.5}),
        (
            {"merged": [{"settings": {"pipeline": {"splits": {"shares": {"train": 3, "test": 1}}}}}]},
            {"train": 0.75, "test": 0.25},
        ),
        ({"pipeline": {}}, {"train": 0.7, "validation": 0.15, "test": 0.15}),
    ],
)
def test_new_groups_follow_the_shares_that_the_dataset_was_asked_for(coins, settings, shares):
    path = coins / "manifest.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "settings": {**told["settings"], **settings}}))
    old = Dataset.open(coins)
    fresh = [f"new-{n}" for n in range(192)]
    held = Counter(split_new_groups(old, fresh, seed=1).values()) + Counter(column(old, "split"))
    for split, share in shares.items():
        assert held[split] / 200 == pytest.approx(share, abs=0.02)


def test_a_damaged_manifest_of_an_old_version_is_a_finding(coins):
    grow(coins)
    grow(coins)
    (coins / "versions" / "manifest-00001.json").write_text("{")
    (finding,) = verify(coins).findings
    assert finding.file == "versions/manifest-00001.json"
    assert "delete it" in str(finding)
    (coins / "versions" / "manifest-00001.json").unlink()
    assert verify(coins).is_ok
