"""Checks that every dataset is put to, in the order of the report."""

from typing import Final

from envirosense.datasets.rules import Severity

CHECKS: Final[tuple[tuple[str, Severity, str], ...]] = (
    ("files", "error", "every file can be read and holds the rows that the manifest says"),
    (
        "schema",
        "error",
        "columns are those of the manifest, with unit and description; units match the names",
    ),
    ("keys", "error", "no null in a key column, no key twice"),
    ("ticks", "error", "ticks inside the episode and rising, times on the grid"),
    ("gaps", "error", "one row a tick in streams of readings"),
    ("finite", "error", "no NaN or infinity; unknown is null"),
    ("empty_episode", "error", "every usable episode has readings"),
    ("duplicate_episode", "error", "no two episodes with equal readings"),
    ("duplicate_block", "error", "no block of readings twice, even with a column replaced"),
    ("near_duplicate", "error", "no episode of one split that tells the world of an episode of another"),
    ("split_overlap", "error", "no group and no world in two splits"),
    ("label_columns", "error", "no label or truth column among readings"),
    ("label_leak", "error", "no reading is a function of a truth or label"),
    ("label_events", "error", "every label belongs to an event and lies between its onset and clearance"),
    ("label_truth", "error", "labels equal those computed again from the stored truth"),
    ("swapped_columns", "error", "no two channels stand in each other's place in an episode"),
    ("stuck_channel", "error", "no lively channel repeats one value for longer than chance allows"),
    ("shard_drift", "warning", "no shard's readings lie apart from the others' beyond chance"),
    ("constant_column", "warning", "every channel of readings varies over the dataset"),
)
