"""Turns a request into a dataset, whatever the twin."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, EnviroSenseError
from envirosense.core.protocols import Twin
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.output import Output, prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.splits import assign_splits
from envirosense.datasets.store import MemorySink
from envirosense.factory.executors import WorkerPool, machine_workers
from envirosense.factory.planning import draw_spec, draw_specs, match_scenarios
from envirosense.factory.progress import ProgressReporter, SilentProgress, Standing
from envirosense.factory.request import GenerationRequest
from envirosense.factory.shards import ShardRun
from envirosense.factory.twins import TWINS, TwinFactory
