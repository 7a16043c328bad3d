"""A pole dataset in one call."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envirosense.core.units import duration_s

if TYPE_CHECKING:
    from envirosense.datasets import Dataset
    from envirosense.factory.progress import ProgressReporter


def generate(
    scenarios: str | Sequence[str] = "*",
    *,
    episodes: int,
    out: str | Path,
    seed: int = 0,
    duration: str = "1h",
    dt: str = "1s",
    workers: int | None = None,
    progress: "ProgressReporter | None" = None,
    allow_failures: bool = False,
    **options: Any,
) -> "Dataset":
    """Dataset of labelled pole episodes in the folder `out`; the same call resumes a stopped run.

    Args:
        scenarios: ids or patterns such as `"fire/*, normal/*"`.
        episodes: how many in all, dealt round-robin over the matching scenarios.
        out: folder of the dataset.
        seed: same seed, same bytes, for any number of workers.
        duration: length of an episode, for example `1h` or `90m`.
        dt: tick.
        workers: processes; one per core by default.
        progress: hears how far the run is.
        allow_failures: whether a dataset with failed episodes is good enough.
        options: what the pole understands, see `envirosense.pole.twin.PoleOptions`.

    Raises:
        EnviroSenseError: naming field, value and fix.
    """
    from envirosense.factory import generate as run
    from envirosense.factory.request import GenerationRequest

    request = GenerationRequest.parse(
        {
            "twin": "pole",
            "scenarios": scenarios if isinstance(scenarios, str) else tuple(scenarios),
            "episodes": episodes,
            "duration_s": duration_s(duration),
            "dt_s": duration_s(dt),
            "seed": seed,
            "options": options,
        }
    )
    return run(request, out, workers, progress=progress, allow_failures=allow_failures)
