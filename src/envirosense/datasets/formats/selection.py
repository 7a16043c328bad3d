"""Part of a dataset by split and by pattern."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.datasets.dataset import DatasetView


def select(view: DatasetView, split: str | None = None, patterns: Sequence[str] = ()) -> DatasetView:
    """Episodes of a split whose id or scenario fits one of the patterns; none given, all.

    Raises:
        UnknownNameError: for a split that the dataset does not have.
        ConfigError: if no episode fits.
    """
    found = view
    if split is not None:
        if split not in view.manifest.splits:
            raise UnknownNameError("split", split, view.manifest.splits)
        found = found.where(split=split)
    if patterns:
        ids, scenarios = (found.short[name].to_pylist() for name in ("episode_id", "scenario"))
        fits = [
            any(fnmatchcase(name, pattern) for name in pair for pattern in patterns)
            for pair in zip(ids, scenarios, strict=True)
        ]
        found = DatasetView(found.files, found.table.part(np.flatnonzero(fits)))
        if not len(found.table):
            known = ", ".join(sorted(set(scenarios))[:4])
            raise ConfigError(
                "episodes", ",".join(patterns), f"fits no episode id and no scenario; scenarios: {known}"
            )
    return found
