"""A run under watch: its stages told to a monitor as one, so that alerts and history see the whole."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from envirosense.core.fingerprint import fingerprint
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.quality import read_quality
from envirosense.factory.monitoring.monitor import RunMonitor
from envirosense.factory.pipeline.assembly import DOUBLE, FAILED
from envirosense.factory.pipeline.manifest import PipelineManifest
from envirosense.factory.pipeline.reporting import StageReporter, Told
from envirosense.factory.pipeline.stage import DATASET, QUARANTINE_LIST, WORK
from envirosense.factory.progress import ProgressReporter, Standing


@contextmanager
def watched(
    manifest: PipelineManifest, folder: Path, reporter: StageReporter, episodes: Mapping[str, int]
) -> Iterator["WatchedStages"]:
    """Reporter that tells a monitor too; its history and alerts are in the catalogue beside the dataset.

    Args:
        manifest: what is asked for.
        folder: of the run.
        reporter: hears everything.
        episodes: about how many each stage simulates; the others are not watched.
    """
    with RunMonitor(
        manifest.name,
        folder / DATASET,
        manifest.alerts,
        command="generate run",
        asked=fingerprint(manifest.plain),
    ) as monitor:
        stages = WatchedStages(monitor, reporter, episodes, folder / WORK)
        try:
            yield stages
        finally:
            stages.finish()
        if (report := read_quality(folder / DATASET)) is not None:
            monitor.quality(report)
        if (folder / QUARANTINE_LIST).exists():
            monitor.failures(_failures(folder))


def _failures(folder: Path) -> dict[str, tuple[int, int]]:
    """Episodes of a run that failed, all of them in quarantine, and all episodes, by scenario."""
    aside = json.loads((folder / QUARANTINE_LIST).read_bytes())["episodes"]
    failed = Counter(one["scenario"] for one in aside if FAILED in one["rules"])
    every = Counter(Dataset.open(folder / DATASET).short["scenario"].to_pylist())
    every.update(one["scenario"] for one in aside if DOUBLE not in one["rules"])
    return {scenario: (failed[scenario], every[scenario]) for scenario in sorted(every)}


class WatchedStages:
    """Tells a reporter everything, and a monitor how far the episodes of all stages together are."""

    def __init__(
        self, monitor: RunMonitor, reporter: StageReporter, episodes: Mapping[str, int], work: Path
    ) -> None:
        self._monitor = monitor
        self._work = work
        self._reporter = reporter
        self._episodes = episodes
        self._before = Standing(sum(episodes.values()), 0, 0, 0, 0.0)
        self._present = self._before
        self._stage = ""
        self._is_started = False

    def begin(self, planned_s: Mapping[str, float], n_done: int = 0) -> None:
        """The run begins."""
        self._reporter.begin(planned_s, n_done)

    def stage(self, name: str, title: str) -> None:
        """A stage begins."""
        self._stage, self._before = name, self._present
        self._reporter.stage(name, title)

    def episodes(self, title: str) -> ProgressReporter:
        """Who hears how far the present stage is with its episodes."""
        inner = self._reporter.episodes(title)
        return _Both(self, inner) if self._stage in self._episodes else inner

    def counted(self, unit: str) -> Told:
        """What hears how much of the present stage is done."""
        return self._reporter.counted(unit)

    def end(self) -> None:
        """The run ended."""
        self._reporter.end()

    def begun(self, standing: Standing) -> None:
        """The present stage begins to make episodes."""
        self._monitor.shards_in(self._work / self._stage)
        self.note(standing)

    def ended(self) -> None:
        """The present stage has made its episodes."""
        self._monitor.count()

    def note(self, standing: Standing) -> None:
        """Take over how far the present stage is."""
        before = self._before
        self._present = Standing(
            max(before.total, before.done + standing.total),
            before.resumed + standing.resumed,
            before.done + standing.done,
            before.failed + standing.failed,
            _mean_hours(before, standing),
        )
        if self._is_started:
            self._monitor.update(self._present)
        else:
            self._is_started = True
            self._monitor.start(self._present)

    def incomplete(self) -> None:
        """Not everything that was asked for could be delivered."""
        self._monitor.incomplete()

    def finish(self) -> None:
        """No stage goes on."""
        if self._is_started:
            self._monitor.stop()


def _mean_hours(*standings: Standing) -> float:
    """Hours of an episode, over those that were simulated in this run: stages differ in length."""
    made = [one.done - one.resumed for one in standings]
    if not sum(made):
        return standings[-1].episode_hours
    return sum(n * one.episode_hours for n, one in zip(made, standings, strict=True)) / sum(made)


class _Both:
    """Two who hear of one stage."""

    def __init__(self, stages: WatchedStages, inner: ProgressReporter) -> None:
        self._stages, self._inner = stages, inner

    def start(self, standing: Standing) -> None:
        """The stage begins."""
        self._inner.start(standing)
        self._stages.begun(standing)

    def update(self, standing: Standing) -> None:
        """Some episodes are done."""
        self._inner.update(standing)
        self._stages.note(standing)

    def stop(self) -> None:
        """The stage ended."""
        self._inner.stop()
        self._stages.ended()
