"""`python -m envirosense.learning.retraining.run_job JOB`: run a job with a trainer of the registry."""

import sys
from pathlib import Path

from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.core.rng import stream
from envirosense.learning.retraining.job import read_job
from envirosense.learning.retraining.trainer import CONTRACT, TRAINERS


def run_job(folder: Path | str) -> Path:
    """Folder of the model, after training it as the job says.

    Raises:
        ConfigError: if the trainer speaks another contract.
    """
    job, train, validation = read_job(folder)
    trainer = TRAINERS[job.trainer]()
    if trainer.contract != CONTRACT:
        raise ConfigError("trainer.contract", trainer.contract, f"must be {CONTRACT}; update {job.trainer}")
    rng = stream(job.seed, "learning", "trainer", job.task.name, job.trainer)
    bundle = trainer.train(train, validation, job.task, rng)
    return bundle.save(Path(folder) / job.result)


def main(args: list[str]) -> int:
    """Exit code."""
    try:
        run_job(args[0])
    except EnviroSenseError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
