"""A program as a detector: windows go out as files, scores come back as a file."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.files import storing
from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import check_channels, trainable
from envirosense.learning.foreign.command_job import (
    MODEL,
    CommandJob,
    read_members,
    read_scores,
    write_job,
)
from envirosense.learning.foreign.readings import View, require_classes, require_view
from envirosense.learning.program import ProgramFailed, run_program

type Floats = npt.NDArray[np.float64]


class CommandDetector:
    """Detector that runs `COMMAND JOB_FOLDER` once for each call; `job.json` in it says what to do.

    The folder of a job that went well is removed; that of a failed one stays, with what the program printed.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path | str,
        *,
        classes: Sequence[str] = (),
        is_trained: bool = False,
        view: View = "features",
        timeout_s: float = 600.0,
        name: str = "command",
        version: str = "1",
    ) -> None:
        """Around a program.

        Args:
            command: program and arguments; no shell is in between.
            folder: for jobs and for what the program learned (`model/`).
            classes: that it tells apart; those of the training windows where none are given.
            is_trained: whether the program is trained already and is not asked to fit.
            view: what it is shown: `features` or `raw`.
            timeout_s: after which it is killed with all that it started [s].
            name: of the detector.
            version: of the detector.
        """
        require_view(view)
        if not command:
            raise ConfigError("command", list(command), "is empty; give a program and its arguments")
        if not 0 < timeout_s < float("inf"):
            raise ConfigError("timeout_s", timeout_s, "must be finite and above zero")
        if classes or is_trained:
            require_classes(tuple(classes))
        self.name, self.version, self.view = name, version, view
        self.command, self.timeout_s = tuple(command), timeout_s
        self.folder = Path(folder).absolute()
        self.is_trained = is_trained
        self.channels: tuple[str, ...] = ()
        self._classes = tuple(classes)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class of each column of `score`.

        Raises:
            DatasetError: if they are not known before the detector is fitted.
        """
        if not self._classes:
            raise DatasetError(f"{self.name} is not fitted; call fit first")
        return self._classes

    def fit(self, train: Windows, rng: np.random.Generator) -> Self:
        """The detector, after the program has learned from the trainable windows.

        Raises:
            ProgramFailed: if it fails or does not end in time; what it learned before stays as it was.
        """
        if self.is_trained:
            return self
        chosen = trainable(train)
        classes = self._classes or tuple(sorted(set(chosen.y.tolist())))
        require_classes(classes)
        folder = self._new_job("fit-")
        job = CommandJob.of(chosen, "fit", self.view, classes, int(rng.integers(2**31)))
        write_job(folder, job, chosen)
        self._run(folder)
        model = self.folder / MODEL
        with storing(model):
            shutil.rmtree(model, ignore_errors=True)
            (folder / MODEL).rename(model)
        shutil.rmtree(folder, ignore_errors=True)
        self._classes, self.channels = classes, train.channels
        return self

    def score(self, windows: Windows) -> Floats:
        """Class probabilities, (window, class).

        Raises:
            ProgramFailed: if the program fails or does not end in time.
            DatasetError: if the channels are others, or what it wrote are no probabilities.
        """
        if not len(windows):
            return np.empty((0, len(self.classes)))
        folder = self._scored(windows)
        scores = read_scores(folder, len(windows), self.classes, self.name)
        shutil.rmtree(folder, ignore_errors=True)
        return scores

    def score_members(self, windows: Windows) -> Floats:
        """Class probabilities of each member, (member, window, class); of one where none are written."""
        if not len(windows):
            return self.score(windows)[None]
        folder = self._scored(windows)
        members = read_members(folder, len(windows), self.classes, self.name)
        shutil.rmtree(folder, ignore_errors=True)
        return members

    def _scored(self, windows: Windows) -> Path:
        if self.channels:
            check_channels(self.channels, windows.channels)
        folder = self._new_job("score-")
        job = CommandJob.of(windows, "score", self.view, self.classes, 0)
        write_job(folder, job, windows)
        learned = self.folder / MODEL
        if learned.is_dir():
            with storing(folder):
                (folder / MODEL).rmdir()
                (folder / MODEL).symlink_to(learned, target_is_directory=True)
        self._run(folder)
        return folder

    def _new_job(self, prefix: str) -> Path:
        with storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=prefix, dir=self.folder))

    def _run(self, folder: Path) -> None:
        try:
            run_program([*self.command, str(folder)], folder, self.timeout_s)
        except ProgramFailed as failed:
            raise ProgramFailed(
                f"{self.name}: {failed.reason}; its job is in {folder}", failed.tail
            ) from None
