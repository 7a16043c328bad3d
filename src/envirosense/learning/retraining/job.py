"""A training job on disk: all that a trainer in another process is given, and where its model goes.

JOB/job.json              task, seed, contract, names of the files
JOB/train.parquet         samples to fit on; every weight is above zero
JOB/validation.parquet    samples to choose the threshold on
JOB/result/               to be written: `model.json` and the model file beside it
"""

import json
from pathlib import Path
from typing import Any, Final, Literal

from envirosense.core.config import FrozenModel
from envirosense.core.errors import DatasetError, SchemaVersionError
from envirosense.datasets.files import storing, write_whole
from envirosense.learning.retraining.trainer import CONTRACT
from envirosense.learning.samples import Samples
from envirosense.learning.tasks import ModelTask

SCHEMA_VERSION: Final = 1
JOB: Final = "job.json"


class Job(FrozenModel):
    """What is to be trained.

    Attributes:
        contract: version of the `Trainer` contract that the caller speaks.
        trainer: name in the registry of trainers, empty for a command of the user's.
        seed: every draw of the trainer comes from it.
        train: file of the samples to fit on, in the folder of the job, as are the next two.
        validation: file of the samples to choose the threshold on.
        result: folder for the model.
    """

    schema_version: Literal[1] = 1
    contract: int = CONTRACT
    trainer: str = ""
    task: ModelTask
    seed: int
    train: str = "train.parquet"
    validation: str = "validation.parquet"
    result: str = "result"


def write_job(folder: Path, job: Job, train: Samples, validation: Samples) -> Path:
    """The folder, after writing the samples and then the job that names them."""
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    train.save(folder / job.train)
    validation.save(folder / job.validation)
    write_whole(folder / JOB, (json.dumps(job.model_dump(mode="json"), indent=1) + "\n").encode())
    return folder


def read_job(folder: Path | str) -> tuple[Job, Samples, Samples]:
    """Job of a folder with its training and validation samples.

    Raises:
        DatasetError: if there is no job, it is damaged, or of another contract.
        SchemaVersionError: if a newer version wrote it.
    """
    path = Path(folder) / JOB
    told = _plain(path)
    if int(told.get("schema_version", 0)) > SCHEMA_VERSION:
        raise SchemaVersionError(path, int(told["schema_version"]), SCHEMA_VERSION)
    job = Job.parse(told, str(path))
    if job.contract != CONTRACT:
        raise DatasetError(f"{path}: speaks contract {job.contract} of trainers, this one {CONTRACT}")
    return job, Samples.load(path.parent / job.train), Samples.load(path.parent / job.validation)


def _plain(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error.strerror}); give the folder of a job") from None
    except ValueError:
        raise DatasetError(f"{path}: not a training job") from None
    if not isinstance(told, dict) or not isinstance(told.get("schema_version"), int):
        raise DatasetError(f"{path}: not a training job")
    return told
