"""The loop over the coin twin: it turns, goes on where it was stopped, and can be traced and undone."""

import json

import pytest

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.lineage import LineageTracker
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.registry import ModelRegistry
from envirosense.learning.loop import cycle as cycles_of
from envirosense.learning.loop.asking import Plan
from envirosense.learning.loop.engine import loop_config, run_loop
from envirosense.learning.loop.folder import LoopFolder, read_config

pytestmark = pytest.mark.slow  # each cycle trains two models in processes of their own


def run(coin, out, cycles, **said):
    config = loop_config(coin, seed=1, **said)
    return run_loop(config, out, cycles, executor=InlineExecutor(), subject=coin)


def test_what_was_said_in_the_field_is_asked_for(coin, tmp_path):
    out = tmp_path / "loop"
    run(coin, out, 1)
    said = [
        {"episode_id": f"e{at}", "event_type": kind, "verdict": verdict, "start_s": 0.0, "end_s": 60.0}
        for kind, verdict in (("heads", "false"), ("tails", "confirmed"))
        for at in range(30)
    ]
    said = [{**one, "episode_id": one["episode_id"] + one["event_type"]} for one in said]
    (out / "feedback").mkdir()
    (out / "feedback" / "yard.jsonl").write_text("".join(json.dumps(one) + "\n" for one in said))
    report = run(coin, out, 2)
    spots = report.cycles[1]["asked"]["weak_spots"]
    assert spots[0]["words"].startswith("heads: error 1 against ")
    assert "by 30 reports" in spots[0]["words"]
    assert spots[0]["origin"] == "feedback"
    assert all(one["origin"] == "held out" for one in spots[1:] + report.cycles[0]["asked"]["weak_spots"])
    asked = Plan.model_validate(report.cycles[1]["asked"]["plan"])
    told = [one.spot for one in asked.asked if one.spot is not None and one.spot.origin == "feedback"]
    assert told[0].reason == spots[0]["words"]
    assert f"({len(told)} of them from feedback)" in asked.said
    assert '<td data-head="seen in">from feedback</td>' in (out / "report.html").read_text()


def test_two_cycles_leave_a_model_a_report_and_a_way_back(coin, tmp_path):
    out = tmp_path / "loop"
    report = run(coin, out, 2)
    assert report.serving == "coin-window@1"
    first, second = report.cycles
    assert first["trained"]["version"] == "coin-window@1"
    assert first["judged"]["verdict"]["promote"] is True
    assert second["plan"]["asked"][0]["episodes"] <= 24
    asked, even = (report.curve(arm, "pr_auc") for arm in ("asked", "even"))
    assert [one.episodes for one in asked] == [24, 48] == [one.episodes for one in even]
    assert asked[0].found == even[0].found  # the arms share the first cycle
    assert asked[0].found.value > 0.8
    page = (out / "report.html").read_text()
    assert "coin-window@1 serves after 2 cycles" in page
    assert "Learning curve" in page
    assert json.loads((out / "report.json").read_text())["serving"] == "coin-window@1"

    graph = LineageTracker.beside(out).upstream("model:coin-window@1")
    kinds = [one.kind for one in graph.activities.values()]
    assert sorted(kinds) == ["collect", "generate", "generate", "hold_out", "train"]
    assert "*; seed" in str(graph)
    assert "samples coin-validation" in str(graph)
    assert "not in this catalogue" not in str(graph)


def test_a_finished_loop_is_not_done_again_and_grows(coin, tmp_path):
    out = tmp_path / "loop"
    run(coin, out, 1, compare_uniform=False)
    before = {path: path.stat().st_mtime_ns for path in (out / "cycle_1").rglob("*.json")}
    report = run(coin, out, 2, compare_uniform=False)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(report.cycles) == 2
    assert LoopFolder(out).cycles_done() == 2


def test_killed_at_every_step_it_goes_on_and_what_served_serves(coin, tmp_path, monkeypatch):
    whole = run(coin, tmp_path / "whole" / "loop", 2, compare_uniform=False)
    out = tmp_path / "killed" / "loop"
    deployment = ModelDeployment(ModelRegistry(LoopFolder(out).url), "coin-window")

    class Killed(BaseException):
        pass

    def die(self, *_):
        raise Killed

    run(coin, out, 1, compare_uniform=False)
    served = deployment.serving().label
    for step in ("_plan", "_collect", "_train", "_judge", "_ask"):
        with monkeypatch.context() as patch:
            patch.setattr(cycles_of.Cycle, step, die)
            with pytest.raises(Killed):
                run(coin, out, 2, compare_uniform=False)
        assert deployment.serving().label == served
    found = run(coin, out, 2, compare_uniform=False)
    assert [strip(one) for one in found.cycles] == [strip(one) for one in whole.cycles]


def strip(cycle):
    """A cycle without what a clock measured."""
    told = json.loads(json.dumps(cycle))
    told["judged"]["evaluation"].pop("latency_ms")
    told["trained"]["run"].pop("at_utc")
    return told


def test_another_loop_or_a_strangers_folder_is_refused(coin, tmp_path):
    out = tmp_path / "loop"
    LoopFolder(out).claim(loop_config(coin, seed=1))
    with pytest.raises(ConfigError, match="was begun with 24"):
        run(coin, out, 1, episodes=30)
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds no loop"):
        run(coin, tmp_path / "strange", 1)
    with pytest.raises(ConfigError, match="cycles=0"):
        run(coin, out, 0)


def test_a_trainer_that_fails_leaves_a_reason_and_no_model(coin, tmp_path):
    report = run(coin, tmp_path / "loop", 1, trainer=("false",), compare_uniform=False)
    assert report.serving is None
    (only,) = report.cycles
    assert only["trained"]["version"] is None
    assert "exit code 1" in only["trained"]["run"]["reasons"][0]
    assert "exit code 1" in (tmp_path / "loop" / "report.html").read_text()


def test_a_trainer_or_a_real_file_that_is_not_there_is_refused_before_anything_is_made(coin, tmp_path):
    out = tmp_path / "loop"
    for said, match in [
        ({"trainer": "forrest"}, "forest"),
        ({"trainer": ("./nowhere.sh", "x")}, "no program"),
        ({"real_samples": tmp_path / "none.parquet"}, "no samples can be read"),
    ]:
        with pytest.raises(EnviroSenseError, match=match):
            run(coin, out, 1, **said)
        assert not out.exists()


def test_a_trainer_that_failed_may_be_mended(coin, tmp_path):
    folder = LoopFolder(tmp_path / "loop")
    folder.claim(loop_config(coin, seed=1, trainer=("false",)))
    folder.claim(loop_config(coin, seed=1, trainer="forest"))
    assert read_config(folder.root).trainer == "forest"
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / ".loop.json.17.tmp").write_text("{")  # killed while it was written
    LoopFolder(tmp_path / "new").claim(loop_config(coin, seed=1))


def test_a_champion_that_does_not_load_stops_no_loop(coin, tmp_path):
    out, told = tmp_path / "loop", []
    run(coin, out, 1, compare_uniform=False)
    version = ModelRegistry(LoopFolder(out).url).version("coin-window@1")
    (version.path / "model.skops").write_bytes(b"rubbish")
    config = loop_config(coin, seed=1, compare_uniform=False)
    report = run_loop(config, out, 2, executor=InlineExecutor(), subject=coin, tell=told.append)
    second = report.cycles[1]
    assert any("does not load" in text for text in told)
    assert second["judged"]["verdict"]["promote"] is False
    assert "damaged" in second["judged"]["verdict"]["reasons"][0]
    assert second["judged"]["evaluation"] is not None
    assert report.serving == "coin-window@1"


def test_the_trainer_of_the_examples_takes_part(coin, tmp_path):
    import sys
    from pathlib import Path

    ours = Path(__file__).parents[3] / "examples" / "my_trainer.py"
    report = run(coin, tmp_path / "loop", 1, trainer=(sys.executable, str(ours)), compare_uniform=False)
    assert report.serving == "coin-window@1"
    assert report.cycles[0]["trained"]["run"]["status"] == "trained"
