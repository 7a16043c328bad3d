import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError, UnknownNameError
from envirosense.learning.models.bundle import load_bundle
from envirosense.learning.retraining.job import read_job
from envirosense.learning.retraining.run import TrainingFailed, require_fit, run_trainer
from envirosense.learning.retraining.run_job import run_job


@pytest.fixture
def job(train, validation, task, trainers, tmp_path):
    return {"train": train, "validation": validation, "task": task, "seed": 4, "folder": tmp_path / "job"}


def test_a_trainer_of_the_registry_gives_a_model_with_its_past(job, held_out) -> None:
    bundle = run_trainer("forest", **job)
    assert bundle.card.trained_on == (job["train"].content_hash, job["validation"].content_hash)
    assert bundle.card.facts["groups"] == list(job["train"].groups)
    assert bundle.card.facts["seed"] == 4
    right = np.asarray(bundle.classes)[bundle.score(held_out).argmax(axis=1)] == held_out.y
    assert right.mean() > 0.85
    assert run_job(job["folder"]).is_dir()
    assert load_bundle(job["folder"] / "result").model_id == bundle.model_id


@pytest.mark.slow
def test_a_command_of_the_users_is_given_the_job_folder(job, tmp_path) -> None:
    script = tmp_path / "mine.py"
    script.write_text(
        "import sys\n"
        "import numpy as np\n"
        "from envirosense.learning.retraining.job import read_job\n"
        "from envirosense.learning.retraining.trainer import ForestTrainer\n"
        "job, train, validation = read_job(sys.argv[2])\n"
        "assert sys.argv[1] == '--mine'\n"
        "model = ForestTrainer().train(train, validation, job.task, np.random.default_rng(job.seed))\n"
        "model.save(sys.argv[2] + '/result')\n"
    )
    bundle = run_trainer([sys.executable, str(script), "--mine"], **job)
    assert bundle.card.facts["command"].endswith("mine.py --mine")
    assert bundle.card.trained_on[0] == job["train"].content_hash


@pytest.mark.parametrize(
    ("trainer", "reason"),
    [
        ("NotNumbers", "Input|NaN|not finite"),
        ("WrongTask", "task='another': must be toy"),
        ("WrongFeatures", "features='c_v, b_v, a_v': must be a_v, b_v, c_v"),
        ("OneClass", "classes='loud, quiet': must be loud, noisy, quiet"),
        ("Overconfident", "classes='loud, quiet, third': must be loud, quiet"),
        ("NotOne", "each row must be positive and sum to one"),
        ("Eager", "alarms on 40 of 40 negative validation units, 4 are allowed"),
    ],
)
def test_a_model_that_is_rubbish_is_refused_with_the_reason(
    odd, toy, task, train, validation, trainer, reason
) -> None:
    if trainer == "OneClass":
        train = toy(seed=1, classes=("loud", "quiet", "noisy"))
    bundle = getattr(odd, trainer)().train(train, validation, task, np.random.default_rng(1))
    with pytest.raises((ConfigError, DatasetError), match=reason):
        require_fit(bundle, train, validation, task)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trainer", "reason"),
    [
        ("failing", "exit code 1 \\(RuntimeError: the licence server is away\\)"),
        ("wrongtask", "no usable model: task='another'"),
        ("oldcontract", "trainer.contract=0: must be 1; update oldcontract"),
    ],
)
def test_a_trainer_of_another_package_that_fails_is_told_so(job, trainer, reason) -> None:
    with pytest.raises(TrainingFailed, match=reason):
        run_trainer(trainer, **job)


@pytest.mark.slow
def test_a_trainer_that_hangs_is_killed_with_all_it_started(job, task, tmp_path) -> None:
    told = tmp_path / "child"
    hanging = {**job, "task": task.model_copy(update={"slice_by": (str(told),)})}
    with pytest.raises(TrainingFailed, match=r"did not end within 10 s and was killed"):
        run_trainer("hanging", **hanging, timeout_s=10)
    pid = int(told.read_text())
    for _ in range(100):
        if not _runs(pid):
            break
        time.sleep(0.02)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_what_a_failing_command_said_is_kept(job) -> None:
    with pytest.raises(TrainingFailed) as caught:
        run_trainer(["sh", "-c", "echo first >&2; echo last >&2; kill -9 $$"], **job)
    assert caught.value.reason == "the trainer was killed by SIGKILL"
    assert caught.value.tail == "first\nlast"


def test_a_command_that_is_not_there_or_empty_is_said(job) -> None:
    with pytest.raises(TrainingFailed, match="no-such-program cannot be started"):
        run_trainer(["no-such-program"], **job)
    with pytest.raises(ConfigError, match="give a program"):
        run_trainer([], **job)
    with pytest.raises(UnknownNameError, match="did you mean 'forest'"):
        run_trainer("forrest", **job)


@pytest.mark.slow
def test_an_earlier_model_in_the_folder_is_not_taken_for_the_new_one(job) -> None:
    run_trainer("forest", **job)
    with pytest.raises(TrainingFailed, match=r"model\.json: cannot be read"):
        run_trainer("nothing", **job)


def test_samples_without_weight_are_not_handed_on(job, train) -> None:
    weight = np.where(np.arange(len(train)) < 200, 1.0, 0.0)
    with pytest.raises(TrainingFailed, match="cannot be read"):
        run_trainer(["true"], **{**job, "train": train.weighted(weight)})
    assert len(read_job(job["folder"])[1]) == 200
    with pytest.raises(ConfigError, match="not negative"):
        run_trainer("forest", **{**job, "train": train.weighted(weight - 0.5)})


def test_a_job_folder_of_a_newer_version_or_another_contract_is_refused(job) -> None:
    with pytest.raises(TrainingFailed):
        run_trainer(["false"], **job)
    path = job["folder"] / "job.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "schema_version": 2}))
    with pytest.raises(SchemaVersionError, match="newer than 1"):
        read_job(job["folder"])
    path.write_text(json.dumps({**told, "contract": 2}))
    with pytest.raises(DatasetError, match="speaks contract 2"):
        read_job(job["folder"])
    path.write_text("[1")
    with pytest.raises(DatasetError, match="not a training job"):
        read_job(job["folder"])


@pytest.mark.slow
def test_the_model_on_disk_is_the_model_returned(job, held_out) -> None:
    bundle = run_trainer("boosting", **job)
    stored = load_bundle(job["folder"] / "result")
    assert np.array_equal(stored.score(held_out), bundle.score(held_out))


def test_the_trainer_runs_with_one_thread(job) -> None:
    command = ["sh", "-c", "echo threads $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS >&2; exit 3"]
    with pytest.raises(TrainingFailed, match=r"exit code 3 \(threads 1 1\)"):
        run_trainer(command, **job)


@pytest.mark.slow
def test_the_job_runs_by_hand_too(job) -> None:
    run_trainer("forest", **job)
    command = [sys.executable, "-m", "envirosense.learning.retraining.run_job", str(job["folder"])]
    assert subprocess.run(command, check=False, env=os.environ).returncode == 0
