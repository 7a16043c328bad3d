"""Importing this module readies a process: weather year read, kernels loaded.

Worker processes are forked from one that has imported it, so what takes two seconds (and half a
minute where kernels must be compiled first) happens once a run.
"""

from envirosense.climate.files import greensboro
from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.twin import PoleTwin

GLANCE_S = 60.0  # long enough to pass through every kernel


def glance(scenario: str) -> EpisodeSpec:
    """Spec of a minute of a scenario."""
    return PoleTwin().draw(scenario, EpisodeRequest(0, 0, 1, GLANCE_S, 1.0))


greensboro()
for _scenario in PoleTwin().scenarios():
    _spec = glance(_scenario)
    PoleTwin().simulate(_spec, MemorySink(_spec))
