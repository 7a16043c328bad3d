"""Watches a run through the progress it reports: logs, metrics, alerts, history.

A check runs in a thread of its own, so that a slow webhook never holds up the run; what goes wrong in it is
logged and harms nothing.
"""

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from pydantic import ValidationError

from envirosense.core.errors import EnviroSenseError
from envirosense.core.fingerprint import fingerprint
from envirosense.core.logs import get_logger
from envirosense.datasets.catalog import catalog_url
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.manifest import MANIFEST
from envirosense.datasets.quality import QualityReport
from envirosense.datasets.shard import ShardRecord, journal_path
from envirosense.factory.generator import GenerationFailed
from envirosense.factory.monitoring.alerts import AlertBook
from envirosense.factory.monitoring.config import MonitoringConfig
from envirosense.factory.monitoring.history import Outcome, Run, RunHistory
from envirosense.factory.monitoring.metrics import FactoryMetrics, MetricsServer
from envirosense.factory.monitoring.rules import RunState, free_bytes
from envirosense.factory.progress import ProgressReporter, SilentProgress, Standing
from envirosense.factory.request import GenerationRequest

_FINISHED: Final = ("ok", "failed")


class RunMonitor:
    """Context of one run, and the `progress` to hand to it.

    ```
    with RunMonitor.of_request(request, "poles", config) as monitor:
        dataset = generate(request, "poles", progress=monitor)
        monitor.quality(check_quality(dataset))
    ```

    Args:
        name: of the dataset; runs of one name are compared with one another.
        folder: where it is written.
        config: what is watched and who is told; by default history and logs only.
        command: what started the run.
        asked: fingerprint of what was asked.
        progress: hears everything that this one hears.
    """

    def __init__(
        self,
        name: str,
        folder: Path | str,
        config: MonitoringConfig | None = None,
        *,
        command: str = "generate",
        asked: str = "",
        progress: ProgressReporter | None = None,
    ) -> None:
        self.config = config or MonitoringConfig()
        self.metrics = FactoryMetrics(name)
        self.server: MetricsServer | None = None
        self._folder = Path(folder).expanduser().absolute()
        self._shards = self._folder  # where shards are stored now
        url = catalog_url(self._folder)
        self.history, self.alerts = RunHistory(url), AlertBook(url, self.config.sinks)
        self._command, self._asked, self._then = command, asked, progress or SilentProgress()
        self._state = RunState(name, self._folder, Standing(0, 0, 0, 0, 0.0))
        self._run_id = ""
        self._began_s = self._checked_s = time.monotonic()
        self._counted: set[Path] = set()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="monitoring")
        self._check: Future[None] | None = None
        self._is_incomplete = False
        self._failures: Mapping[str, tuple[int, int]] | None = None

    @classmethod
    def of_request(
        cls,
        request: GenerationRequest,
        folder: Path | str,
        config: MonitoringConfig | None = None,
        *,
        command: str = "generate",
        progress: ProgressReporter | None = None,
    ) -> Self:
        """Monitor of a request."""
        asked = fingerprint(request.model_dump(mode="json"))
        return cls(request.name, folder, config, command=command, asked=asked, progress=progress)

    def __enter__(self) -> Self:
        name = self._state.name
        earlier = [run for run in self.history.runs(name) if run.outcome in _FINISHED and run.counts]
        self._state = replace(
            self._state,
            earlier_rates=tuple(run.quality for run in earlier if run.quality),
            earlier_paces=tuple(float(run.counts["simulated_h_per_s"]) for run in earlier),
        )
        if self.config.port is not None:
            self.server = MetricsServer(self.metrics, self.config.port)
        self._run_id = self.history.begin(self._command, name, self._asked, self._folder)
        self._log("run started", folder=str(self._folder), command=self._command)
        return self

    def start(self, standing: Standing) -> None:
        """The run begins; what an earlier one stored is not counted again."""
        self.shards_in(self._shards)
        self._began_s = time.monotonic()
        self._note(standing)
        self._then.start(standing)
        self._look()

    def update(self, standing: Standing) -> None:
        """Some episodes are done; a check starts when it is time and none is under way."""
        self._note(standing)
        self._then.update(standing)
        is_time = time.monotonic() - self._checked_s >= self.config.check_every_s
        if is_time and (self._check is None or self._check.done()):
            self._look()

    def stop(self) -> None:
        """The run ended, well or not; everything it stored is counted, as its journal goes away next."""
        self._then.stop()
        self.count()

    def shards_in(self, folder: Path) -> None:
        """Count the shards stored in a folder from now on; those that are there already are not counted."""
        self._wait()
        self._shards = folder
        self._counted.update(self._journal())

    def count(self) -> None:
        """Count what is stored, as its journal goes away next."""
        self._look()
        self._wait()

    def quality(self, report: QualityReport) -> None:
        """Take over the outcome of the quality rules."""
        rates = {one.name: one.pass_rate for one in report.results if one.n_checked}
        self._state = replace(self._state, pass_rates=rates)
        for rule, rate in rates.items():
            self.metrics.quality(rule, rate)

    def failures(self, by_scenario: Mapping[str, tuple[int, int]]) -> None:
        """Take over failed episodes and all, by scenario, where the dataset does not hold the failed ones."""
        self._failures = by_scenario

    def incomplete(self) -> None:
        """Not everything that was asked for could be made: a run that comes to its end counts as failed."""
        self._is_incomplete = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        outcome = "failed" if error is None and self._is_incomplete else _outcome(error)
        try:
            self._wait()
            if outcome in _FINISHED and (self._folder / MANIFEST).exists():
                failed = self._failures
                if failed is None:
                    failed = _failed_by_scenario(Dataset.open(self._folder))
                self._state = replace(self._state, failed_by_scenario=failed)
            self._state = replace(self._state, is_over=True)
            self._look()
            self._wait()
            self.history.end(self._run_id, outcome, self._counts(), self._state.pass_rates)
            self._log("run ended", outcome=outcome, **self._counts())
        except EnviroSenseError as fault:
            if error is None:
                raise
            self._log("monitoring failed", reason=str(fault))  # the error of the run is the one to report
        finally:
            self._threads.shutdown()
            if self.server is not None:
                self.server.close()

    def _note(self, standing: Standing) -> None:
        elapsed_s = time.monotonic() - self._began_s
        self._state = replace(self._state, standing=standing, elapsed_s=elapsed_s)

    def _look(self) -> None:
        self._checked_s = time.monotonic()
        self._check = self._threads.submit(self._look_at, self._state)

    def _wait(self) -> None:
        if self._check is not None:
            self._check.result()

    def _look_at(self, state: RunState) -> None:
        """Metrics and alerts of a state; in the thread of the monitor."""
        try:
            self._count_shards()
            free = free_bytes(state.folder)
            self.metrics.standing(state.standing, state.elapsed_s, free, is_active=not state.is_over)
            findings = [one for rule in self.config.rules for one in rule.findings(state)]
            severities = {rule.name: rule.severity for rule in self.config.rules}
            self.alerts.update(findings, lambda rule: severities.get(rule, ""))
            self.metrics.alerts(len(self.alerts.open_alerts()))
            if self.config.textfile is not None:
                self.metrics.write(self.config.textfile)
            standing = state.standing
            self._log("run goes on", done=standing.done, total=standing.total, failed=standing.failed)
        except Exception as fault:  # whatever it is, the run must not end for it
            get_logger(__name__).warning("monitoring failed", run=self._run_id, reason=str(fault))

    def _count_shards(self) -> None:
        for path in self._journal():
            if path in self._counted:
                continue
            try:
                record = ShardRecord.model_validate_json(path.read_bytes())
            except (OSError, ValidationError):
                continue  # gone with the end of the run, or written again
            self.metrics.shard(record)
            self._counted.add(path)

    def _journal(self) -> list[Path]:
        return sorted(journal_path(self._shards, "any").parent.glob("*.json"))

    def _counts(self) -> dict[str, Any]:
        state, standing = self._state, self._state.standing
        if not standing.total:
            return {}  # everything was there already
        return {
            "episodes": standing.total,
            "done": standing.done,
            "resumed": standing.resumed,
            "failed": standing.failed,
            "seconds": round(state.elapsed_s, 3),
            "simulated_h_per_s": state.pace,
        }

    def _log(self, event: str, **facts: Any) -> None:
        get_logger(__name__).info(event, run=self._run_id, dataset=self._state.name, **facts)


def _outcome(error: BaseException | None) -> Outcome:
    if error is None:
        return "ok"
    if isinstance(error, GenerationFailed):
        return "failed"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "error"


def _failed_by_scenario(dataset: Dataset) -> Mapping[str, tuple[int, int]]:
    """Failed episodes and all, by scenario."""
    scenarios, outcomes = (dataset.short[name].to_pylist() for name in ("scenario", "outcome"))
    pairs = zip(scenarios, outcomes, strict=True)
    failed = Counter(scenario for scenario, outcome in pairs if outcome == "failed")
    return {scenario: (failed[scenario], of) for scenario, of in sorted(Counter(scenarios).items())}


__all__ = ["MonitoringConfig", "Run", "RunHistory", "RunMonitor"]
