"""Training data as the plans ask for it: by samples, edge cases, balanced, in sequences."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import product
from pathlib import Path

from pydantic import JsonValue

from envirosense.core.episode import JsonObject
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.packed_specs import PackedSpecs
from envirosense.factory.amounts import Amounts, amounts_of
from envirosense.factory.balance import Search, default_candidates, look_at, require_reachable
from envirosense.factory.balance_note import BalanceNote
from envirosense.factory.classes import ClassDefinitions
from envirosense.factory.delivery import STORE, export_folder, require_format
from envirosense.factory.edge_cases import MEANINGS, EdgeNote, draw_edge_cases
from envirosense.factory.executors import worker_count
from envirosense.factory.job import Job
from envirosense.factory.progress import ProgressReporter
from envirosense.factory.quotas import Unit, episode_lengths, quotas, require_count
from envirosense.factory.request import GenerationRequest
from envirosense.factory.retrying import results_of
from envirosense.factory.sequences import cut_once, require_enough, sequence_count, stride_of
from envirosense.factory.twins import TWINS


class MLDataGenerator:
    """Training datasets of one twin, each with its card in the folder `out`.

    A sample is one labelled tick: every tick of an episode, normal or with an active event. The same call
    resumes what was stopped and leaves as it is what is finished.
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
        executor: Executor | None = None,
        progress: ProgressReporter | None = None,
        options: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Generator of datasets in `out`.

        Args:
            twin: name of a registered twin.
            out: folder of the dataset.
            seed: of every draw.
            duration_s: length of an episode, the longest where samples are counted [s].
            dt_s: tick [s].
            workers: worker processes; one per core by default.
            executor: runs the episodes instead of worker processes of ours.
            progress: hears how far the run is.
            options: what only the twin understands.
        """
        request = GenerationRequest.parse({
            "twin": twin, "episodes": 1, "seed": seed, "duration_s": duration_s, "dt_s": dt_s,
            "options": dict(options or {}),
        })  # fmt: skip
        folder = Path(out).expanduser().absolute()
        count = worker_count(workers, executor)
        self._job = Job(TWINS[twin], request, folder, count, executor, progress)

    def generate_training_dataset(
        self,
        list_of_scenarios: Sequence[str],
        num_samples_per_scenario: int,
        output_format: str = STORE,
        imperfection_settings: JsonObject | None = None,
    ) -> Path:
        """Folder of a dataset with exactly the asked number of samples of each scenario.

        Args:
            list_of_scenarios: ids or patterns such as `category/*`.
            num_samples_per_scenario: labelled ticks of each scenario that matches.
            output_format: a format on disk of `FORMATS`. `parquet` is the dataset itself, in `out`; of
                another the export is returned, which lies beside the dataset as `out-FORMAT`.
            imperfection_settings: the twin's own `sensing` option, or `changes` of the sensors drawn. Worlds,
                truth and labels stay as they are without.

        Raises:
            ConfigError: for another format, no scenario, or a count below one; nothing is simulated then.
        """
        require_format(output_format, self._job.out)
        require_count("num_samples_per_scenario", num_samples_per_scenario)
        lengths = episode_lengths(num_samples_per_scenario, self._job.request)
        draws = self._job.draws(list_of_scenarios, len(lengths), imperfection_settings)
        draws = self._job.draws(draws.ids, len(draws.ids) * len(lengths), imperfection_settings)
        turns = enumerate(lengths)
        specs = PackedSpecs(draws.spec(one, turn, n) for turn, n in turns for one in draws.ids)
        return self._job.deliver(draws, specs, specs.categories, {}, output_format=output_format)

    def generate_edge_cases(
        self,
        base_scenarios: Sequence[str],
        modification_strategies: Sequence[str],
        target_count: int,
        output_format: str = STORE,
        imperfection_settings: JsonObject | None = None,
    ) -> Path:
        """Folder of a dataset with exactly `target_count` edge cases, dealt over scenarios x strategies.

        Each is the draw of a base scenario, its parent, with some parameters set by a strategy. Where it
        comes from is in the episode table, at `summary.facts.edge_case`, and in `edge_case_table(dataset)`.

        Args:
            base_scenarios: ids or patterns.
            modification_strategies: of `boundary`, `pairwise`, `extreme`.
            target_count: how many.
            output_format: as for `generate_training_dataset`.
            imperfection_settings: as for `generate_training_dataset`.

        Raises:
            ConfigError: if nothing can be modified so; nothing is simulated then.
        """
        require_format(output_format, self._job.out)
        require_count("target_count", target_count)
        draws = self._job.draws(base_scenarios, target_count, imperfection_settings)
        found = draw_edge_cases(draws, modification_strategies, target_count)
        asked: JsonObject = {
            "modification_strategies": list(modification_strategies),
            "target_count": target_count,
            "edge_cases": MEANINGS,
        }
        note = EdgeNote(found.origins)
        return self._job.deliver(draws, found.specs, found.strategies, asked, note, output_format)

    def generate_balanced_dataset(
        self,
        scenarios: Sequence[str],
        class_label_definitions: Mapping[str, str | Sequence[str]],
        target_distribution: Mapping[str, float],
        total: int | None = None,
        unit: Unit = "episodes",
        max_candidates: int | None = None,
        output_format: str = STORE,
        imperfection_settings: JsonObject | None = None,
    ) -> Path:
        """Folder of a dataset with exactly so many episodes or samples of each class.

        Candidates are drawn and labelled until every class has its number, then the chosen ones are
        simulated. The class of an episode is at `summary.facts.balance` of the episode table. Of samples, the
        stream `samples` names the ticks that make up the set; a class takes at most a sixth from one episode.

        Args:
            scenarios: ids or patterns to draw from.
            class_label_definitions: what belongs to each class: event types, `normal` (no event active), and
                scenario patterns for what neither of these claims. The class `normal` needs no definition.
            target_distribution: how many of each class; shares that sum to 1 with a `total`.
            total: how many in all.
            unit: whether `episodes` or `samples` are counted.
            max_candidates: draws after which a class counts as impossible.
            output_format: as for `generate_training_dataset`.
            imperfection_settings: as for `generate_training_dataset`.

        Raises:
            ConfigError: naming the class that cannot be met, and why.
        """
        require_format(output_format, self._job.out)
        wanted = quotas(target_distribution, total)
        definitions = ClassDefinitions.of(class_label_definitions, wanted)
        draws = self._job.draws(scenarios, sum(wanted.values()), imperfection_settings)
        require_reachable(definitions, wanted, draws.ids)
        if max_candidates is None:
            max_candidates = default_candidates(wanted, unit, len(draws.ids))
        require_count("max_candidates", max_candidates)
        search = Search(draws.ids, definitions, wanted, unit, max_candidates)
        with self._job.at_work() as executor:
            look = partial(look_at, self._job.make_twin, definitions)
            chosen = search.run(draws.spec, lambda specs: results_of(executor, look, specs))
        asked: JsonObject = {
            "class_label_definitions": {
                name: list(definitions.claims_of(name)) for name in definitions.names
            },
            "target_distribution": dict(wanted),
            "unit": unit,
            "candidates": search.n_candidates,
        }
        note = BalanceNote(definitions, chosen.facts, unit)
        return self._job.deliver(draws, chosen.specs, chosen.kinds, asked, note, output_format)

    def generate_temporal_sequences(
        self,
        scenario: str,
        sequence_length: int,
        overlap: int,
        num_sequences: int | None = None,
        num_episodes: int = 1,
    ) -> Path:
        """Folder of windows of equal length, `out-sequences`, cut from a dataset in `out`.

        No window spans two episodes, so none spans two splits; `TemporalSequences.open(path)` reads them.

        Args:
            scenario: id or pattern.
            sequence_length: ticks of a window.
            overlap: ticks that a window shares with the one before it.
            num_sequences: exactly how many; all that fit for None.
            num_episodes: episodes to cut from, of each scenario that matches.

        Raises:
            ConfigError: if more windows are asked for than the episodes hold; nothing is simulated then.
        """
        require_count("num_episodes", num_episodes)
        stride = stride_of(sequence_length, overlap)
        draws = self._job.draws((scenario,), num_episodes, None)
        specs, ticks = PackedSpecs(), []
        for turn, one in product(range(num_episodes), draws.ids):
            spec = draws.spec(one, turn)
            specs.append(spec)
            ticks.append(spec.grid.n)
        held = sum(sequence_count(n, sequence_length, stride) for n in ticks)
        require_enough(held, ticks, sequence_length, num_sequences)
        dataset = self._job.run(draws, specs, specs.scenarios, {})
        target = export_folder(self._job.out, "sequences")
        return cut_once(dataset, target, sequence_length, overlap, num_sequences).folder

    def statistics(self) -> Amounts:
        """Episodes and samples per class, scenario and strategy of the dataset in `out`."""
        return amounts_of(Dataset.open(self._job.out))
