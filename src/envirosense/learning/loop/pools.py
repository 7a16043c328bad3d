"""Samples of a loop's arms so far, and what retraining looks at."""

from envirosense.core.errors import DatasetError
from envirosense.learning.loop.config import LoopConfig
from envirosense.learning.loop.folder import LoopFolder
from envirosense.learning.retraining.collection import Collection
from envirosense.learning.retraining.loop_collection import collection_of_loop, real_part
from envirosense.learning.samples import Samples


def real_samples(config: LoopConfig) -> Samples | None:
    """Samples of real origin to train on besides, each with its stated weight; None where none are given.

    Raises:
        DatasetError: if the file holds none.
    """
    if config.real_samples is None:
        return None
    return real_part(config.real_samples, config.real_weight)


def require_apart(real: Samples | None, held_out: Samples) -> None:
    """Refuse real samples of groups that thresholds or verdicts come from.

    Raises:
        DatasetError: naming the first such group.
    """
    shared = sorted(set(real.groups) & set(held_out.groups)) if real is not None else []
    if shared:
        raise DatasetError(
            f"real samples of group {shared[0]!r} are held out for validation or test; "
            "leave them out of the file"
        )


def pool(folder: LoopFolder, config: LoopConfig, cycle: int, arm: str = "samples") -> Samples:
    """What an arm trains on after a cycle: all it collected, and real samples; the first cycle is shared."""
    paths = [folder.cycle(1) / "samples.parquet"]
    paths += [folder.cycle(number) / f"{arm}.parquet" for number in range(2, cycle + 1)]
    real = real_samples(config)
    return Samples.concat([*(Samples.load(path) for path in paths), *([] if real is None else [real])])


def collection(
    folder: LoopFolder, config: LoopConfig, cycle: int, validation: Samples, test: Samples
) -> Collection:
    """What retraining looks at after a cycle, as its service does; drift is sought among even draws."""
    return collection_of_loop(folder.root, cycle, validation, test, real_samples(config))
