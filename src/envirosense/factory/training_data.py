"""Training data by the number of samples, as the plans ask for it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from envirosense.core.episode import EpisodeSpec, JsonObject
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Twin
from envirosense.factory.executors import worker_count
from envirosense.factory.generator import plan_of, run_plan
from envirosense.factory.planning import draw_spec, match_scenarios
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS

FORMATS: Final = ("parquet",)


class MLDataGenerator:
    """Training datasets of one twin.

    A sample is one labelled tick: every tick of an episode, normal or with an active event.
    """

    def __init__(
        self,
        twin: str,
        out: Path | str,
        *,
        seed: int = 0,
        duration_s: float = 3600.0,
        dt_s: float = 1.0,
        workers: int | None = None,
        progress: ProgressReporter | None = None,
    ) -> None:
        self._request = GenerationRequest.parse({
            "twin": twin, "episodes": 1, "seed": seed, "duration_s": duration_s, "dt_s": dt_s,
        })  # fmt: skip
        self._out = Path(out)
        self._workers = workers
        self._progress = progress

    def generate_training_dataset(
        self,
        list_of_scenarios: Sequence[str],
        num_samples_per_scenario: int,
        output_format: str = "parquet",
        imperfection_settings: JsonObject | None = None,
    ) -> Path:
        """Folder of a dataset with exactly the asked number of samples of each scenario.

        Args:
            list_of_scenarios: ids or patterns such as `category/*`.
            num_samples_per_scenario: labelled ticks of each scenario that matches.
            output_format: `parquet`.
            imperfection_settings: the twin's own `sensing` option.

        Raises:
            ConfigError: for another format or a count below one.
        """
        if output_format not in FORMATS:
            raise ConfigError("output_format", output_format, f"supported: {', '.join(FORMATS)}")
        if num_samples_per_scenario < 1:
            raise ConfigError("num_samples_per_scenario", num_samples_per_scenario, "ask for at least one")
        make_twin = TWINS[self._request.twin]
        twin, workers = make_twin(), worker_count(self._workers)
        ids = match_scenarios(list_of_scenarios, twin.scenarios())
        lengths = episode_lengths(num_samples_per_scenario, self._request)
        request = self._request.model_copy(update={
            "scenarios": ids,
            "episodes": len(ids) * len(lengths),
            "options": {} if imperfection_settings is None else {"sensing": imperfection_settings},
        })  # fmt: skip
        specs = [
            _spec_of_length(request, twin, scenario, n_ticks, turn * len(ids) + place)
            for turn, n_ticks in enumerate(lengths)
            for place, scenario in enumerate(ids)
        ]
        plan = plan_of(request, twin, specs, workers)
        return run_plan(plan, make_twin, self._out, workers, progress=self._progress).folder


def episode_lengths(n_samples: int, request: GenerationRequest) -> tuple[int, ...]:
    """Ticks of the episodes that hold exactly `n_samples`, none longer than the request's duration."""
    longest = max(round(request.duration_s / request.dt_s), 1)
    n_episodes = -(-n_samples // longest)
    shortest, longer = divmod(n_samples, n_episodes)
    return (shortest + 1,) * longer + (shortest,) * (n_episodes - longer)


def _spec_of_length(
    request: GenerationRequest, twin: Twin, scenario: str, n_ticks: int, index: int
) -> EpisodeSpec:
    sized = request.model_copy(update={"duration_s": n_ticks * request.dt_s})
    return draw_spec(sized, twin, scenario, index)
