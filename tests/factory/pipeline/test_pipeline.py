"""Runs of whole manifests: what they deliver, what they leave out, how they go on after a stop."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar

import pytest

from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.datasets import Dataset, verify
from envirosense.datasets.catalog import catalog_url
from envirosense.datasets.formats import Export
from envirosense.datasets.lock import FolderLock
from envirosense.datasets.remote import open_remote
from envirosense.factory.augmented import provenance
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.extend import extend
from envirosense.factory.lineage import LineageTracker
from envirosense.factory.monitoring import RunHistory
from envirosense.factory.pipeline import Delivery, DeliveryIncomplete, MLTrainingPipeline
from envirosense.factory.pipeline.reporting import ConsoleStages, Outlook, SilentStages
from envirosense.factory.pipeline.watching import _mean_hours
from envirosense.factory.progress import Standing

type Run = Callable[..., Delivery]
type Asked = Callable[..., Manifest]
type Manifest = dict[str, Any]


class Killed(BaseException):
    """What a test stops a run with."""


class StopAt(SilentStages):
    """Ends the run as a stage begins, or as it ends."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self.seen: list[str] = []

    def stage(self, name: str, title: str) -> None:
        self.seen.append(name)
        if name == self._stage:
            raise Killed


class Stages(SilentStages):
    """Remembers the stages."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def stage(self, name: str, title: str) -> None:
        self.seen.append(name)


def rejected(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "quarantine.json").read_bytes())["episodes"]
    return found


def test_everything_asked_for_is_there(whole: Delivery) -> None:
    assert whole.is_complete()
    assert verify(whole.dataset.folder).is_ok
    assert whole.dataset.manifest.counts == {"episodes": 9, "ok": 9, "failed": 0}
    assert set(whole.dataset.manifest.splits) <= {"train", "test"}
    classes = [
        one.summary["facts"]["balance"]["class"] for one in whole.dataset if "balance" in one.summary["facts"]
    ]
    assert sorted(classes) == ["head", "normal", "normal"]
    assert len({one.episode_id for one in whole.dataset}) == 9
    assert rejected(whole.folder) == []
    assert not (whole.folder / ".work").exists()
    assert (whole.dataset.folder / "README.md").exists()


def test_exports_are_of_the_delivered_dataset(whole: Delivery) -> None:
    arrow, lines = (Export.open(path) for path in whole.exports.values())
    assert arrow.recompute_logical_hash() == whole.dataset.logical_hash
    assert {one.split for one in lines} == {"test"}
    assert lines.streams == ("labels", "readings")
    assert set(whole.exports) == {"arrow", "jsonl-test"}


def test_batches_change_nothing_but_the_order(
    whole: Delivery, tmp_path: Path, run_into: Run, everything: Manifest
) -> None:
    once = run_into(tmp_path / "once", {**everything, "batches": 1, "formats": []})
    assert once.dataset.logical_hash == whole.dataset.logical_hash


def test_a_finished_run_is_left_as_it_is(whole: Delivery, run_into: Run, everything: Manifest) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.folder.rglob("*") if path.suffix != ".sqlite"}
    stages = Stages()
    again = run_into(whole.folder, everything, stages)
    assert again.dataset.logical_hash == whole.dataset.logical_hash
    assert stages.seen == []
    after = {path: path.stat().st_mtime_ns for path in before}
    assert {path for path in before if path.is_file() and before[path] != after[path]} == set()


def test_a_lost_export_is_written_again_and_nothing_else(
    whole: Delivery, tmp_path: Path, run_into: Run, everything: Manifest
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole.folder, folder)
    shutil.rmtree(folder / "exports" / "jsonl-test")
    stages = Stages()
    found = run_into(folder, everything, stages)
    assert stages.seen == ["export-jsonl-test"]
    assert Export.open(found.exports["jsonl-test"]).facts.dataset_hash == whole.dataset.logical_hash


def test_a_run_stopped_before_every_stage_ends_the_same(
    whole: Delivery, tmp_path: Path, run_into: Run, everything: Manifest
) -> None:
    folder, seen = tmp_path / "run", Stages()
    run_into(tmp_path / "names", {**everything, "formats": []}, seen)
    for stage in [*seen.seen, "export-arrow", "export-jsonl-test"]:
        stop = StopAt(stage)
        with pytest.raises(Killed):
            run_into(folder, everything, stop)
        assert len(stop.seen) == 2 or stage == seen.seen[0]  # what was done is not done again
    found = run_into(folder, everything)
    assert found.dataset.logical_hash == whole.dataset.logical_hash
    assert [p.name for p in folder.rglob(".*") if p.name != ".envirosense"] == []


def test_half_an_export_of_a_killed_run_is_written_anew(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    manifest = asked(formats=["arrow"])
    with pytest.raises(Killed):
        run_into(tmp_path / "run", manifest, StopAt("export-arrow"))
    half = tmp_path / "run" / "exports" / "arrow"
    half.mkdir(parents=True)
    (half / ".unfinished").touch()
    assert Export.open(run_into(tmp_path / "run", manifest).exports["arrow"]).facts.n_episodes == 6


_RUN = """
import sys
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.pipeline import MLTrainingPipeline
from envirosense.factory.twins import TWINS
from envirosense.testing.twins import CoinTwin
TWINS.register("coin")(CoinTwin)
print("go", flush=True)
MLTrainingPipeline(sys.argv[1]).run(sys.argv[2], 1, InlineExecutor())
print("done", flush=True)
"""


@pytest.mark.slow
def test_a_run_killed_again_and_again_ends_the_same(
    whole: Delivery, tmp_path: Path, everything: Manifest
) -> None:
    (tmp_path / "m.yaml").write_text(json.dumps(everything))
    wait_s, kills = 0.2, 0
    while True:
        run = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(tmp_path / "m.yaml"), str(tmp_path / "run")],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "ENVIROSENSE_HOME": str(tmp_path / "home")},
        )  # fmt: skip
        assert run.stdout is not None
        with run.stdout:
            assert run.stdout.readline() == "go\n"
            try:
                assert run.wait(wait_s) == 0
                break
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGKILL)
                run.wait()
                kills, wait_s = kills + 1, 1.6 * wait_s
    assert kills >= 3
    found = Dataset.open(tmp_path / "run" / "dataset")
    assert found.logical_hash == whole.dataset.logical_hash
    assert verify(found.folder).is_ok
    assert not list((tmp_path / "run").rglob("*.tmp"))


def test_spoilt_and_failed_episodes_go_into_quarantine(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    parts = [{"scenarios": "*", "episodes": 6, "duration": "1m", "options": {"fail": [1], "bent": [2, 4]}}]
    with pytest.raises(DeliveryIncomplete, match="3 of 6 episodes are in quarantine") as caught:
        run_into(tmp_path / "run", asked(twin="bent", parts=parts))
    found = caught.value.delivery
    assert found.dataset.manifest.counts == {"episodes": 3, "ok": 3, "failed": 0}
    assert verify(found.dataset.folder).is_ok
    listed = rejected(found.folder)
    assert sorted(one["rules"][0] for one in listed) == ["finite", "finite", "simulation"]
    assert any("coin landed on its edge" in one["reasons"][0] for one in listed)
    aside = Dataset.open(found.folder / "quarantine")
    assert {one.episode_id for one in aside} == {
        one["episode_id"] for one in listed if one["rules"] == ["finite"]
    }
    delivered = {one.episode_id for one in found.dataset}
    assert not delivered & {one["episode_id"] for one in listed}
    for one in found.dataset:
        assert one.table("readings")["near"].null_count == 0


def test_copies_are_delivered_with_their_parents_and_left_out_with_them(
    tmp_path: Path, run_into: Run, asked: Asked
) -> None:
    parts = [{"scenarios": "*", "episodes": 4, "duration": "1m", "options": {"bent": [1]}}]
    augment = {"recipe": [{"name": "noisier"}], "copies": 2}
    with pytest.raises(DeliveryIncomplete, match="3 of 12 episodes are in quarantine") as caught:
        run_into(tmp_path / "run", asked(twin="bent", parts=parts, augment=augment))
    rows = provenance(caught.value.delivery.dataset).to_pylist()
    split = {one.episode_id: one.split for one in caught.value.delivery.dataset}
    assert len(rows) == 6
    assert all(split[row["episode_id"]] == split[row["parent_episode_id"]] for row in rows)
    assert {one["source"] for one in rejected(tmp_path / "run")} == {"episodes-000", "augmented-000"}


def test_a_share_may_be_missing(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    parts = [{"scenarios": "*", "episodes": 4, "duration": "1m", "options": {"bent": [2]}}]
    manifest = asked(twin="bent", parts=parts, quality={"max_rejected": 0.25})
    assert run_into(tmp_path / "run", manifest).rejected == 1


def test_without_the_filter_the_spoilt_are_delivered_and_the_run_fails(
    tmp_path: Path, run_into: Run, asked: Asked
) -> None:
    parts = [{"scenarios": "*", "episodes": 3, "duration": "1m", "options": {"bent": [2]}}]
    with pytest.raises(DeliveryIncomplete, match="fails finite") as caught:
        run_into(tmp_path / "run", asked(twin="bent", parts=parts, quality={"filter": False}))
    assert len(caught.value.delivery.dataset) == 3


def test_rules_of_the_manifest_count_too(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    rule = {"name": "tiny", "kind": "range", "stream": "readings", "columns": ["near"], "bounds": [-0.1, 0.1]}
    with pytest.raises(DatasetError, match=r"no episode is good enough to deliver .*tiny"):
        run_into(tmp_path / "run", asked(quality={"rules": [rule]}))


def test_a_changed_manifest_is_refused_with_the_difference(
    whole: Delivery, run_into: Run, everything: Manifest
) -> None:
    changed = deepcopy(everything)
    changed["parts"][0]["episodes"] = 5
    with pytest.raises(ConfigError, match=r"parts\.0\.episodes is 3 there, 5 here.*dataset extend"):
        run_into(whole.folder, changed)


def test_a_run_that_wrote_nothing_may_be_asked_anew(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    with pytest.raises(Killed):
        run_into(tmp_path / "run", asked(), StopAt("episodes-000"))
    assert run_into(tmp_path / "run", asked(seed=6)).dataset.manifest.seed == 6


def test_the_delivered_dataset_can_be_extended(whole: Delivery, tmp_path: Path) -> None:
    folder = tmp_path / "grown"
    shutil.copytree(whole.dataset.folder, folder)
    grown = extend(folder, {"episodes": 2, "seed": 77}, workers=1)
    assert grown.manifest.counts["ok"] == 11


def test_a_second_run_on_the_folder_stops(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    lock = FolderLock(tmp_path / "run" / ".work" / "lock")
    lock.acquire()
    try:
        with pytest.raises(ConfigError, match="is writing here"):
            run_into(tmp_path / "run", asked())
    finally:
        lock.release()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ConfigError, match=r"holds other files \(letter\.txt\)"):
        run_into(tmp_path, asked())
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_target_gets_everything_below_its_url(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    manifest = asked(target=f"file://{tmp_path}/store", formats=["arrow"])
    found = run_into(tmp_path / "run", manifest)
    assert [url.rpartition("/store/")[2] for url in found.urls] == ["dataset", "exports/arrow"]
    remote = open_remote(f"file://{tmp_path}/store/dataset", cache=tmp_path / "cache")
    assert remote.logical_hash == found.dataset.logical_hash
    assert (tmp_path / "store" / "exports" / "arrow" / "export.json").exists()


def test_a_disk_too_small_for_all_stages_stops_the_run_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_into: Run, asked: Asked
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(StorageError, match="all stages together need about"):
        run_into(tmp_path / "run", asked(formats=["csv"]))
    assert not (tmp_path / "run" / ".work" / "episodes-000").exists()


def test_the_cost_names_every_stage_and_the_peak(everything: Manifest) -> None:
    manifest = everything
    cost = MLTrainingPipeline(manifest).cost(2)
    names = [stage.stage for stage in cost.stages]
    assert names[:4] == ["episodes-000", "episodes-001", "choose-balanced", "balanced"]
    assert names[-2:] == ["export-arrow", "export-jsonl-test"]
    assert cost.episodes == 9
    plain = MLTrainingPipeline({**manifest, "formats": []}).cost(2)
    assert cost.peak_gigabytes > plain.peak_gigabytes > 0
    assert plain.hours == pytest.approx(9 / 60 + 3 * 3 / 60)


def test_the_run_is_in_the_history(whole: Delivery) -> None:
    (run,) = RunHistory(catalog_url(whole.dataset.folder)).runs("coins")[-1:]
    assert run.command == "generate run"
    assert run.outcome == "ok"
    assert run.counts["done"] == 9
    assert run.quality["finite"] == 1.0


def test_a_run_that_could_not_deliver_everything_counts_as_failed(
    tmp_path: Path, run_into: Run, asked: Asked
) -> None:
    parts = [{"scenarios": "toss/heads", "episodes": 4, "duration": "1m", "options": {"fail": [1]}}]
    rule = {"kind": "failure_share", "name": "scenario_fails", "above": 0.2, "per_scenario": True}
    sink = {"kind": "file", "path": str(tmp_path / "told.jsonl")}
    alerts = {"rules": [rule], "sinks": [sink], "textfile": str(tmp_path / "told.prom")}
    with pytest.raises(DeliveryIncomplete):
        run_into(tmp_path / "run", asked(parts=parts, alerts=alerts))
    (run,) = RunHistory(catalog_url(tmp_path / "run" / "dataset")).runs("coins")[:1]
    assert run.outcome == "failed"
    told = [json.loads(line) for line in (tmp_path / "told.jsonl").read_text().splitlines()]
    assert [(one["rule"], one["text"]) for one in told] == [("scenario_fails", "1 of 4 episodes failed")]
    counted = (tmp_path / "told.prom").read_text()
    assert 'envirosense_episodes_total{dataset="coins",outcome="ok"} 3.0' in counted
    assert 'envirosense_episodes_total{dataset="coins",outcome="failed"} 1.0' in counted
    assert "told.jsonl" not in (tmp_path / "run" / "pipeline.json").read_text()


def test_a_batch_without_an_episode_to_copy_is_left_out(tmp_path: Path, run_into: Run, asked: Asked) -> None:
    augment = {"recipe": [{"name": "noisier"}], "splits": ["test"]}
    found = run_into(tmp_path / "run", asked(twin="bent", seed=7, batches=6, augment=augment)).dataset
    copies = provenance(found)
    of_test = [one for one in found["test"] if "augmentation" not in one.summary["facts"]]
    assert 0 < len(of_test) < 6
    assert set(copies["split"].to_pylist()) == {"test"}
    assert copies.num_rows == len(of_test)


def test_a_dataset_that_was_extended_is_not_assembled_again(
    tmp_path: Path, run_into: Run, asked: Asked
) -> None:
    manifest = asked(formats=["arrow"])
    folder = run_into(tmp_path / "run", manifest).dataset.folder
    grown = extend(folder, {"episodes": 2, "seed": 99}, workers=1, executor=InlineExecutor())
    shutil.rmtree(tmp_path / "run" / "exports")
    again = run_into(tmp_path / "run", manifest)
    assert again.dataset.logical_hash == grown.logical_hash
    assert Export.open(again.exports["arrow"]).facts.dataset_hash == grown.logical_hash


def test_the_pace_of_stages_of_unlike_length_is_their_mean() -> None:
    hours = _mean_hours(Standing(4, 1, 4, 0, 1.0), Standing(6, 0, 6, 0, 0.1))
    assert hours == pytest.approx((3 * 1.0 + 6 * 0.1) / 9)
    assert _mean_hours(Standing(4, 4, 4, 0, 1.0), Standing(6, 0, 0, 0, 0.1)) == 0.1


def test_a_console_says_stages_and_time(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, run_into: Run, asked: Asked
) -> None:
    run_into(tmp_path / "run", asked(), ConsoleStages())
    said = capsys.readouterr().err
    assert "1/4 episodes (about" in said
    assert "6/6 episodes" in said
    assert "4/4 verify and describe" in said


def test_the_outlook_shrinks_with_every_stage() -> None:
    planned: Mapping[str, float] = {"a": 30.0, "b": 60.0, "c": 10.0}
    outlook = Outlook(planned)
    left = [outlook.left_s]
    for name in planned:
        outlook.finish(name)
        left.append(outlook.left_s)
    assert left == [100.0, 70.0, 10.0, 0.0]


def test_one_short_stage_does_not_upset_the_outlook(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("envirosense.factory.pipeline.reporting.time.monotonic", lambda: clock[0])
    outlook = Outlook({"short": 6.0, "long": 600.0})
    clock[0] = 18.0  # three times as long as planned
    outlook.finish("short")
    assert outlook.left_s == pytest.approx(600.0 * 48.0 / 36.0)


def test_a_run_that_goes_on_counts_the_stages_that_are_done(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, run_into: Run, asked: Asked
) -> None:
    manifest = asked(formats=["arrow"])
    run_into(tmp_path / "run", manifest)
    shutil.rmtree(tmp_path / "run" / "exports")
    run_into(tmp_path / "run", manifest, ConsoleStages())
    assert capsys.readouterr().err.splitlines()[:2] == [
        "4 of 5 stages are done, by an earlier run",
        "5/5 export to arrow (about 2 s to the end of the run)",
    ]
    run_into(tmp_path / "run", manifest, ConsoleStages())
    assert capsys.readouterr().err == "all 5 stages are done, nothing is made again\n"


def test_a_counted_stage_says_how_long_it_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr("envirosense.factory.pipeline.reporting.time.monotonic", lambda: clock[0])
    told = ConsoleStages().counted("files")
    for clock[0], done in (
        (4.0, 1),
        (6.0, 3),
        (7.0, 4),
        (12.0, 9),
    ):  # 3 s before it begins, then one a second
        told(done, 60)
    assert capsys.readouterr().err.splitlines() == [
        "3/60 files, about 57 s left",
        "9/60 files, about 51 s left",
    ]


class Terminal(io.StringIO):
    """A terminal that keeps what it was sent."""

    def isatty(self) -> bool:
        return True


def test_every_stage_has_one_bar_on_a_terminal(
    tmp_path: Path, run_into: Run, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    run_into(tmp_path / "run", asked(formats=["arrow"]), ConsoleStages(terminal))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())
    lines = [line.rpartition("\r")[2].strip() for line in text.splitlines()]
    stages = re.split(r"\n(?=\d/5 )", "\n".join(line for line in lines if line))
    assert len(stages) == 5
    bars = [set(re.findall(r"^[^\W\d][\w ]*?(?= [━╸╺])", stage, re.MULTILINE)) for stage in stages]
    assert bars == [
        {"episodes"},
        {"episodes checked"},
        set(),
        {"episodes read back"},
        {"episodes written", "episodes read back"},
    ]
    assert "6/6" in stages[1]
    assert "6/6 episodes" not in text  # lines are for elsewhere


def test_long_stages_without_episodes_of_their_own_are_counted(
    tmp_path: Path, run_into: Run, everything: Manifest
) -> None:
    class Counted(SilentStages):
        told: ClassVar[dict[str, tuple[int, int]]] = {}

        def counted(self, unit: str) -> Callable[[int, int], None]:
            return lambda done, total: self.told.__setitem__(unit, (done, total))

    run_into(tmp_path / "run", everything, Counted())
    assert Counted.told["episodes found"] == (3, 3)
    assert Counted.told["episodes checked"] == (9, 9)  # of the delivered dataset, in the end
    assert Counted.told["episodes read back"][0] > 0


def test_lineage_names_what_the_run_made_on_the_way(whole: Delivery) -> None:
    tracker = LineageTracker.beside(whole.dataset.folder)
    told = [one for one in tracker.upstream(whole.dataset.folder).artifacts.values() if one.kind != "dataset"]
    assert {one.kind for one in told} == {"intermediate"}
    assert all("made by the run and removed after it" in one.name for one in told)
    assert any(one.name.startswith("episodes-000,") for one in told)
