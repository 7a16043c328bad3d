"""A program as a detector, and a program that is none."""

import json
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.foreign import CommandDetector
from envirosense.learning.program import ProgramFailed
from envirosense.testing.detectors import check_detector

CLASSES = ("heads", "normal")


def test_a_program_keeps_the_contract(program, tmp_path, train_windows, test_windows):
    made = iter(range(10))
    few = train_windows.select(np.arange(0, len(train_windows), 3))
    check_detector(
        lambda: CommandDetector(program, tmp_path / str(next(made)), view="raw"), few, test_windows
    )
    assert [path.name for path in (tmp_path / "0").iterdir()] == ["model"]  # jobs that went well are gone


def shell(tmp_path, script, **options):
    options = {"classes": CLASSES, "is_trained": True, "timeout_s": 20.0, **options}
    return CommandDetector(["sh", "-c", script, "program"], tmp_path / "jobs", **options)


def test_a_score_job_holds_readings_and_nothing_else(tmp_path, test_windows):
    with pytest.raises(ProgramFailed):
        shell(tmp_path, "exit 3").score(test_windows)
    (job,) = (tmp_path / "jobs").iterdir()
    names = {path.name for path in job.iterdir()}
    assert names == {"job.json", "windows.parquet", "model", "stdout.txt", "stderr.txt"}
    told = json.loads((job / "job.json").read_text())
    assert told["units"] == list(test_windows.units)
    table = pq.read_table(job / "windows.parquet")
    assert table.column_names == told["features"] == list(test_windows.feature_names())
    unknown = np.isnan(test_windows.features()).sum()
    assert sum(column.null_count for column in table.columns) == unknown > 0


def test_raw_windows_go_out_as_arrays(tmp_path, test_windows):
    with pytest.raises(ProgramFailed):
        shell(tmp_path, "exit 3", view="raw").score(test_windows)
    (job,) = (tmp_path / "jobs").iterdir()
    packed = np.load(job / "windows.npz")
    assert np.array_equal(packed["x"], test_windows.x, equal_nan=True)
    assert np.array_equal(packed["baseline"], test_windows.baseline, equal_nan=True)


ANSWERS = {
    "nothing": ("true", "wrote neither scores.csv nor scores.parquet"),
    "columns": ('printf "heads\\n1\\n" > $1/scores.csv', "one column for each class"),
    "rows": ('printf "heads,normal\\n1,0\\n" > $1/scores.csv', "scores are"),
    "words": ('printf "heads,normal\\na,b\\n" > $1/scores.csv', "not all numbers"),
    "empty": (": > $1/scores.csv", "cannot be read"),
    "parquet": ("echo no > $1/scores.parquet", "cannot be read"),
    "members": ('printf "heads,normal\\n1,0\\n" > $1/members.csv', "no column 'member'"),
    "member rows": ('printf "member,heads,normal\\na,1,0\\nb,1,0\\n" > $1/members.csv', "2 rows for 2"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_rubbish_is_refused_with_the_reason(name, tmp_path, test_windows):
    script, match = ANSWERS[name]
    detector = shell(tmp_path, script)
    ask = detector.score_members if "member" in name else detector.score
    with pytest.raises(DatasetError, match=match):
        ask(test_windows.select(np.arange(3)))
    assert len(list((tmp_path / "jobs").iterdir())) == 1  # stays for a look


def test_scores_and_members_are_read_as_written(tmp_path, test_windows):
    two = test_windows.select(np.arange(2))
    script = (
        'printf "normal,heads\\n0.25,0.75\\n1,0\\n" > $1/scores.csv; '
        'printf "member,heads,normal\\na,1,0\\nb,0.5,0.5\\na,0,1\\nb,0,1\\n" > $1/members.csv'
    )
    detector = shell(tmp_path, script)
    assert detector.score(two).tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert detector.score_members(two).tolist() == [[[1, 0], [0, 1]], [[0.5, 0.5], [0, 1]]]
    alone = shell(tmp_path, script.split(";")[0])
    assert alone.score_members(two).tolist() == [alone.score(two).tolist()]
    assert detector.score(test_windows.select(np.arange(0))).shape == (0, 2)


@pytest.mark.parametrize(
    ("script", "match"),
    [
        ("echo out of memory >&2; exit 3", r"sh ended with exit code 3; its job is in .*\(out of memory\)"),
        ("kill -9 $$", "was killed by SIGKILL"),
    ],
    ids=["exit", "killed"],
)
def test_a_program_that_fails_says_why(script, match, tmp_path, test_windows):
    with pytest.raises(ProgramFailed, match=match):
        shell(tmp_path, script).score(test_windows)


def test_a_program_that_hangs_is_killed_with_all_that_it_started(tmp_path, test_windows):
    script = f"(sleep 2; touch {tmp_path}/alive) & sleep 60"
    with pytest.raises(ProgramFailed, match=r"did not end within 0\.5 s and was killed"):
        shell(tmp_path, script, timeout_s=0.5).score(test_windows)
    time.sleep(2)
    assert not (tmp_path / "alive").exists()


def test_a_program_that_is_not_there_is_named(tmp_path, test_windows):
    detector = CommandDetector(["/no/such/program"], tmp_path, classes=CLASSES, is_trained=True)
    with pytest.raises(ProgramFailed, match="/no/such/program cannot be started: No such file"):
        detector.score(test_windows)


def test_a_fit_that_fails_leaves_what_was_learned_before(program, tmp_path, train_windows, test_windows):
    few = train_windows.select(np.arange(0, len(train_windows), 4))
    fitted = CommandDetector(program, tmp_path, view="raw").fit(few, np.random.default_rng(0))
    before = fitted.score(test_windows)
    fitted.command = (sys.executable, "-c", "raise SystemExit(1)")
    with pytest.raises(ProgramFailed):
        fitted.fit(few, np.random.default_rng(1))
    fitted.command = tuple(program)
    assert np.array_equal(fitted.score(test_windows), before)
    with pytest.raises(DatasetError, match="channels differ"):
        fitted.score(test_windows.without_readings())


def test_settings_that_cannot_be_used_are_refused(tmp_path, test_windows):
    with pytest.raises(ConfigError, match="is empty"):
        CommandDetector([], tmp_path)
    with pytest.raises(ConfigError, match="above zero"):
        CommandDetector(["true"], tmp_path, timeout_s=0.0)
    with pytest.raises(ConfigError, match="'normal'"):
        CommandDetector(["true"], tmp_path, is_trained=True)
    with pytest.raises(DatasetError, match="call fit first"):
        CommandDetector(["true"], tmp_path).score(test_windows)
