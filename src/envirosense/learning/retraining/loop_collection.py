"""What a loop's folder holds to train on and judge by: the same for the loop, a command and the service.

cycle_N/samples.parquet      collected in cycle N
cycle_N/even_part.parquet    those of them that were drawn evenly; in cycle 1 all are
cycle_N/collected.json       written when cycle N has collected all, with the share that was accepted
validation.parquet, test.parquet
loop.json                    of a loop: names samples of real origin, and what one counts
feedback/NAME.json           what people said of alarms on the recorded dataset NAME
"""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from envirosense.core.errors import DatasetError
from envirosense.learning.feedback.field_log import field_logs, log_files
from envirosense.learning.retraining.collection import Collection
from envirosense.learning.samples import Samples

LOOP: Final = "loop.json"
SAMPLES: Final = "samples.parquet"
EVEN: Final = "even_part.parquet"
COLLECTED: Final = "collected.json"
_FROZEN: Final = ("validation.parquet", "test.parquet")
_CYCLE: Final = re.compile(r"cycle_([1-9][0-9]*)")


def cycles_in(folder: Path) -> list[int]:
    """Numbers of the cycles that have collected samples, in order.

    A cycle of a loop counts once all of it was collected; without a loop its samples are enough.
    """
    last = COLLECTED if _is_loop(folder) else SAMPLES
    named = (_CYCLE.fullmatch(path.parent.name) for path in folder.glob(f"cycle_*/{last}"))
    return sorted(int(found[1]) for found in named if found)


def collection_in(folder: Path, until: int | None = None) -> Collection:
    """Collection of the last cycle in a folder, or of cycle `until`.

    Without a `loop.json` all collected samples are taken for even draws.

    Raises:
        DatasetError: if a file is missing or damaged.
    """
    cycles = [number for number in cycles_in(folder) if until is None or number <= until]
    if not cycles:
        raise DatasetError(f"{folder}: no collected samples (cycle_1/{SAMPLES}); run the loop first")
    validation, test = (Samples.load(folder / name) for name in _FROZEN)
    if _is_loop(folder):
        path, weight = _real_file(folder)
        real = None if path is None else real_part(path, weight)
        return collection_of_loop(folder, cycles[-1], validation, test, real)
    pieces = [Samples.load(_cycle(folder, number) / SAMPLES) for number in cycles]
    return Collection(f"cycle_{cycles[-1]}", Samples.concat(pieces), validation, test)


def collection_of_loop(
    folder: Path,
    number: int,
    validation: Samples,
    test: Samples,
    real: Samples | None = None,
) -> Collection:
    """Collection of a loop after cycle `number` has collected.

    Args:
        folder: of the loop.
        number: of the cycle, counted from 1; all before it count too.
        validation: to choose the threshold on.
        test: frozen.
        real: samples of real origin to train on besides; see `real_part`.

    Raises:
        DatasetError: if a file is missing or damaged.
    """
    cycles = [_cycle(folder, one) for one in range(1, number + 1)]
    pieces = [Samples.load(one / SAMPLES) for one in cycles]
    even = [pieces[0], *(Samples.load(one / EVEN) for one in cycles[1:] if (one / EVEN).exists())]
    return Collection(
        name=f"cycle_{number}",
        samples=Samples.concat([*pieces, *([] if real is None else [real])]),
        validation=validation,
        test=test,
        watched=Samples.concat(even),
        accepted_share=_accepted_share(cycles[-1]),
        field=field_logs(folder),
    )


def real_part(path: Path, weight: float) -> Samples:
    """Samples of real origin in a file (Parquet), each with its own weight times `weight`.

    Raises:
        DatasetError: if the file holds none.
    """
    real = Samples.load(path).of_origin("real")
    if not len(real):
        raise DatasetError(f"{path}: holds no samples of real origin")
    return real.weighted(real.weight * weight)


def changed_at(folder: Path, number: int) -> float:
    """Latest change of any file that a look at a cycle reads [s]."""
    paths = [folder / name for name in (LOOP, *_FROZEN)]
    for one in range(1, number + 1):
        paths += [_cycle(folder, one) / name for name in (SAMPLES, EVEN, COLLECTED)]
    with suppress(DatasetError):
        real, _ = _real_file(folder)
        paths += [] if real is None else [real]
    return max((path.stat().st_mtime for path in paths if path.exists()), default=0.0)


def fed_at(folder: Path) -> float:
    """When feedback was last taken in a folder [s]; 0 where there is none."""
    return max((path.stat().st_mtime for path in log_files(folder)), default=0.0)


def _is_loop(folder: Path) -> bool:
    return (folder / LOOP).exists()


def _cycle(folder: Path, number: int) -> Path:
    return folder / f"cycle_{number}"


def _real_file(folder: Path) -> tuple[Path | None, float]:
    """File of the real samples that a loop trains on besides, and what one of them counts."""
    told = _plain(folder / LOOP) if _is_loop(folder) else {}
    path, weight = told.get("real_samples"), told.get("real_weight", 1.0)
    if not isinstance(path, str | None) or not isinstance(weight, int | float):
        raise DatasetError(f"{folder / LOOP}: real_samples is no path, or real_weight is no number")
    return (None if path is None else Path(path)), float(weight)


def _accepted_share(cycle: Path) -> float | None:
    share = _plain(cycle / COLLECTED).get("accepted_share")
    if not isinstance(share, int | float | None):
        raise DatasetError(f"{cycle / COLLECTED}: accepted_share is no number")
    return share


def _plain(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from None
    if not isinstance(told, dict):
        raise DatasetError(f"{path}: is no table of names and values")
    return told
