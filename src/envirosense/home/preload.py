"""Importing this module readies a process: catalogue and weather read, kernels loaded."""

from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.home.engine.rules import DAY_S
from envirosense.home.surroundings.context import STEP_S
from envirosense.home.twin import HomeTwin

_spec = HomeTwin().draw("home/standard", EpisodeRequest(0, 0, 1, DAY_S, STEP_S))
HomeTwin().simulate(_spec, MemorySink(_spec))
