"""Planting of one known defect in a copy of a dataset, so that what finds defects can be put to the proof.

`plant(dataset, out, kind, seed)` copies a finished dataset, damages one seeded place, and writes the files,
content hashes and manifest anew: `dataset verify` finds nothing, only the content tells. A truncated shard is
the exception. Every defect is large enough to matter: a swap or a wrong unit moves a channel by more than a
half, a stuck channel is one that otherwise changes all the time.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from envirosense.core.rng import stream as random_stream
from envirosense.datasets.rules import Rule
from envirosense.testing import structure_defects, value_defects
from envirosense.testing.dataset_editing import DatasetEditor
from envirosense.testing.defect_places import NoPlaceError, Planted, Plot

__all__ = ["KINDS", "NoPlaceError", "Planted", "plant"]

KINDS: Final[Mapping[str, Callable[[Plot], Planted]]] = {
    "swapped_columns": value_defects.swapped_columns,
    "shifted_clock": structure_defects.shifted_clock,
    "nan_run": value_defects.nan_run,
    "stuck_channel": value_defects.stuck_channel,
    "duplicated_block": structure_defects.duplicated_block,
    "label_off_by_one": structure_defects.label_off_by_one,
    "leaked_truth": value_defects.leaked_truth,
    "truncated_shard": structure_defects.truncated_shard,
    "wrong_unit": value_defects.wrong_unit,
    "out_of_range": value_defects.out_of_range,
    "split_overlap": structure_defects.split_overlap,
    "empty_episode": structure_defects.empty_episode,
    "sensed_again": structure_defects.sensed_again,
}


def plant(
    dataset: Path | str, out: Path | str, kind: str, seed: int, rules: tuple[Rule, ...] = ()
) -> Planted:
    """Defect of one kind, planted in a copy of a dataset in the new folder `out`.

    Args:
        dataset: folder of a finished dataset; it stays as it is.
        out: folder that does not exist yet.
        kind: one of `KINDS`.
        seed: of the place.
        rules: the twin's rules, which say what is out of range.

    Raises:
        NoPlaceError: if the dataset has no place for it.
    """
    shutil.copytree(dataset, out)
    plot = Plot(DatasetEditor(Path(out)), random_stream(seed, "defect", kind), tuple(rules))
    planted = KINDS[kind](plot)
    plot.editor.save()
    return planted
