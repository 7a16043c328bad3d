"""Datasets on disk: plan, shards, manifest, hashes, readers, checks."""

from envirosense.datasets.dataset import Dataset, DatasetView
from envirosense.datasets.episode import Episode
from envirosense.datasets.finish import finish
from envirosense.datasets.frames import (
    EntropyLimit,
    FrameLayout,
    entropy_limit,
    frame_columns,
    join_planes,
    split_planes,
)
from envirosense.datasets.manifest import Manifest
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.output import Output, prepare_output
from envirosense.datasets.plan import Plan, PlannedEpisode, Shard
from envirosense.datasets.schema import EPISODE_ID, TICK, TIME_UTC, Column, stream_schema
from envirosense.datasets.shard import ShardRecord, write_shard
from envirosense.datasets.splits import assign_splits, check_no_leak, split_leaks
from envirosense.datasets.store import EpisodeSink
from envirosense.datasets.verify import VerifyReport, recompute_logical_hash, verify

__all__ = [
    "EPISODE_ID",
    "TICK",
    "TIME_UTC",
    "Column",
    "Dataset",
    "DatasetView",
    "EntropyLimit",
    "Episode",
    "EpisodeSink",
    "FrameLayout",
    "Manifest",
    "MemorySink",
    "Output",
    "Plan",
    "PlannedEpisode",
    "Shard",
    "ShardRecord",
    "VerifyReport",
    "assign_splits",
    "check_no_leak",
    "entropy_limit",
    "finish",
    "frame_columns",
    "join_planes",
    "prepare_output",
    "recompute_logical_hash",
    "split_leaks",
    "split_planes",
    "stream_schema",
    "verify",
    "write_shard",
]
