"""A pole dataset in one call."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envirosense.core.errors import ConfigError
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
    card: bool = True,
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
        card: check the quality rules and write card and statistics beside the data.
        options: what the pole understands, see `envirosense.pole.twin.PoleOptions`; `sensing={...}`
            is a guardian of your own, as `SensorConfiguration` describes it.

    Raises:
        EnviroSenseError: naming field, value and fix.
    """
    from envirosense.factory import GenerationRequest, describe_dataset
    from envirosense.factory import generate as run

    request = GenerationRequest.parse(
        {
            "twin": "pole",
            "scenarios": scenarios if isinstance(scenarios, str) else tuple(scenarios),
            "episodes": episodes,
            "duration_s": _seconds("duration", duration),
            "dt_s": _seconds("dt", dt),
            "seed": seed,
            "options": options,
        }
    )
    dataset = run(request, out, workers, progress=progress, allow_failures=allow_failures)
    if card:
        describe_dataset(dataset)
    return dataset


def _seconds(field: str, text: object) -> float:
    if not isinstance(text, str):
        raise ConfigError(field, text, f"write it as text with a unit, for example {field}='300s'")
    try:
        return duration_s(text)
    except ValueError as error:
        raise ConfigError(field, text, str(error)) from None
