"""A job for a program, on disk: windows and what is wanted of them; scores come back beside them.

JOB/job.json                 what to do, names of channels, features, units, classes
JOB/windows.parquet          view `features`: one column a feature, one row a window; null where unknown
JOB/windows.npz              view `raw`: `x` (window, time, channel), `baseline` (window, channel), with NaN
JOB/labels.csv               task `fit` only: `class` and `group` of each window
JOB/model/                   what the program learned: written in `fit`, read in `score`
JOB/scores.csv or .parquet   written in `score`: one column a class, one row a window, in order
JOB/members.csv or .parquet  may be written in `score`: the same for each member, its name under `member`
"""

import io
import json
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from envirosense.core.config import FrozenModel
from envirosense.core.errors import DatasetError
from envirosense.datasets.files import storing, write_whole
from envirosense.datasets.windows import Windows
from envirosense.learning.foreign.readings import View, checked_members, checked_scores

type Floats = npt.NDArray[np.float64]

JOB: Final = "job.json"
MODEL: Final = "model"
LABELS: Final = "labels.csv"
SCORES, MEMBERS = "scores", "members"
_MEMBER: Final = "member"


class CommandJob(FrozenModel):
    """What a program is asked to do.

    Attributes:
        task: `fit`: learn and write into `model`; `score`: write `scores.csv` or `scores.parquet`.
        windows: file of the windows.
        seed: every draw of a fit should come from it.
        classes: columns that are wanted of a score.
        units: unit of each channel.
        features: columns of the view `features`, `channel.feature`.
        ticks: readings in a window, `dt_s` apart [s].
    """

    schema_version: Literal[1] = 1
    task: Literal["fit", "score"]
    view: View
    windows: str
    model: str = MODEL
    seed: int
    classes: tuple[str, ...]
    channels: tuple[str, ...]
    units: tuple[str, ...]
    features: tuple[str, ...]
    n_windows: int
    ticks: int
    dt_s: float

    @classmethod
    def of(
        cls, windows: Windows, task: Literal["fit", "score"], view: View, classes: tuple[str, ...], seed: int
    ) -> Self:
        """Job about some windows."""
        return cls(
            task=task,
            view=view,
            windows="windows.parquet" if view == "features" else "windows.npz",
            seed=seed,
            classes=classes,
            channels=windows.channels,
            units=windows.units,
            features=windows.feature_names(),
            n_windows=len(windows),
            ticks=windows.x.shape[1],
            dt_s=windows.dt_s,
        )


def write_job(folder: Path, job: CommandJob, windows: Windows) -> None:
    """Write windows and labels, and then the job that names them; a score job holds nothing but readings."""
    with storing(folder):
        (folder / job.model).mkdir(parents=True, exist_ok=True)
    if job.view == "features":
        write_whole(folder / job.windows, _feature_table(windows))
    else:
        packed = io.BytesIO()
        np.savez(packed, x=windows.x, baseline=windows.baseline)
        write_whole(folder / job.windows, packed.getvalue())
    if job.task == "fit":
        labels = {"class": windows.y.tolist(), "group": windows.group.tolist()}
        sink = pa.BufferOutputStream()
        pa_csv.write_csv(pa.table(labels), sink)
        write_whole(folder / LABELS, sink.getvalue().to_pybytes())
    write_whole(folder / JOB, (json.dumps(job.model_dump(mode="json"), indent=1) + "\n").encode())


def _feature_table(windows: Windows) -> bytes:
    values = windows.features()
    columns = {
        name: pa.array(values[:, at], from_pandas=True)  # NaN becomes null
        for at, name in enumerate(windows.feature_names())
    }
    return _parquet(pa.table(columns))


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def read_scores(folder: Path, n_windows: int, classes: tuple[str, ...], who: str) -> Floats:
    """Scores (window, class) that a program wrote.

    Raises:
        DatasetError: if there are none, or they are no probabilities.
    """
    table = _table(folder, SCORES, who)
    if table is None:
        raise DatasetError(f"{who}: wrote neither scores.csv nor scores.parquet; its job is in {folder}")
    return checked_scores(_columns(table, classes, who), n_windows, classes, who)


def read_members(folder: Path, n_windows: int, classes: tuple[str, ...], who: str) -> Floats:
    """Scores (member, window, class) that a program wrote; of one member where it wrote only scores.

    Raises:
        DatasetError: if there are none, or they are no probabilities.
    """
    table = _table(folder, MEMBERS, who)
    if table is None:
        return read_scores(folder, n_windows, classes, who)[None]
    if _MEMBER not in table.column_names:
        raise DatasetError(f"{who}: {MEMBERS} have no column {_MEMBER!r}")
    order = np.argsort(np.asarray(table[_MEMBER].to_pylist(), dtype=np.str_), kind="stable")
    n_members = len(set(table[_MEMBER].to_pylist()))
    scores = _columns(table, classes, who)[order]
    if len(scores) != n_members * n_windows:
        raise DatasetError(f"{who}: {len(scores)} rows for {n_members} members and {n_windows} windows")
    return checked_members(scores.reshape(n_members, n_windows, -1), n_windows, classes, who)


def _table(folder: Path, stem: str, who: str) -> pa.Table | None:
    comma, parquet = folder / f"{stem}.csv", folder / f"{stem}.parquet"
    try:
        if parquet.is_file():
            return pq.read_table(parquet, partitioning=None)
        return pa_csv.read_csv(comma) if comma.is_file() else None
    except (OSError, pa.ArrowException) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{who}: its {stem} cannot be read ({reason}); its job is in {folder}") from None


def _columns(table: pa.Table, classes: tuple[str, ...], who: str) -> Floats:
    lacking = [name for name in classes if name not in table.column_names]
    unknown = sorted(set(table.column_names) - set(classes) - {_MEMBER})
    if lacking or unknown:
        raise DatasetError(
            f"{who}: scores need one column for each class (missing {lacking[:3]}, unknown {unknown[:3]})"
        )
    try:
        columns = [table[name].cast(pa.float64()).fill_null(float("nan")).to_numpy() for name in classes]
    except pa.ArrowException:
        raise DatasetError(f"{who}: scores are not all numbers") from None
    return np.stack(columns, axis=1)
