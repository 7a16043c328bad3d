"""Prometheus metrics of a run, in a registry of their own."""

from pathlib import Path
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
    write_to_textfile,
)

from envirosense.core.errors import ConfigError, StorageError
from envirosense.datasets.shard import ShardRecord
from envirosense.factory.progress import Standing

_SHARD_S: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
_LOOPBACK: Final = "127.0.0.1"


class FactoryMetrics:
    """What the factory tells a monitoring system; every name begins with `envirosense_`.

    Args:
        dataset: name of the dataset, a label of every metric.
    """

    def __init__(self, dataset: str) -> None:
        self.registry = CollectorRegistry()
        self._dataset = dataset
        self._hours = 0.0
        self._episodes = self._counter("episodes", "episodes simulated in this run", "outcome")
        self._shards = self._counter("shards", "shards stored in this run")
        self._failures = self._counter("failures", "failed episodes of this run", "reason")
        self._bytes = self._counter("written_bytes", "bytes of the shards stored in this run")
        self._simulated = self._counter("simulated_hours", "simulated hours of the episodes done in this run")
        self._worker_s = self._counter("worker_seconds", "time of workers for the shards stored", "clock")
        self._shard_s = Histogram(
            "envirosense_shard_seconds", "wall time of a shard", ["dataset"], buckets=_SHARD_S,
            registry=self.registry,
        ).labels(dataset)  # fmt: skip
        self._total = self._gauge("run_episodes", "episodes of the plan")
        self._done = self._gauge("run_episodes_done", "episodes done, those of an earlier run included")
        self._elapsed = self._gauge("run_seconds", "time since the run began")
        self._active = self._gauge("run_active", "1 while the run goes on")
        self._free = self._gauge("disk_free_bytes", "free space where the dataset is written")
        self._open = self._gauge("alerts_open", "alerts that are open")
        self._pass_rate = self._gauge("quality_pass_rate", "pass rate of a quality rule", "rule")
        for outcome in ("ok", "failed"):
            self._episodes.labels(dataset, outcome)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"envirosense_{name}", text, ["dataset", *labels], registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"envirosense_{name}", text, ["dataset", *labels], registry=self.registry)

    def standing(self, standing: Standing, elapsed_s: float, free_bytes: int, is_active: bool) -> None:
        """Take over how far the run is."""
        name = self._dataset
        self._total.labels(name).set(standing.total)
        self._done.labels(name).set(standing.done)
        self._elapsed.labels(name).set(elapsed_s)
        self._active.labels(name).set(int(is_active))
        self._free.labels(name).set(free_bytes)
        hours = (standing.done - standing.resumed) * standing.episode_hours
        self._simulated.labels(name).inc(max(hours - self._hours, 0.0))
        self._hours = max(hours, self._hours)

    def shard(self, record: ShardRecord) -> None:
        """Count a stored shard and its episodes."""
        name = self._dataset
        self._shards.labels(name).inc()
        self._bytes.labels(name).inc(sum(file.bytes for file in record.files.values()))
        self._shard_s.observe(record.wall_s)
        self._worker_s.labels(name, "wall").inc(record.wall_s)
        self._worker_s.labels(name, "cpu").inc(record.cpu_s)
        for episode in record.episodes:
            self._episodes.labels(name, episode.summary.outcome).inc()
            if episode.summary.outcome == "failed":
                self._failures.labels(name, _kind(episode.summary.reason)).inc()

    def alerts(self, n_open: int) -> None:
        """Take over the number of open alerts."""
        self._open.labels(self._dataset).set(n_open)

    def quality(self, rule: str, pass_rate: float) -> None:
        """Take over the outcome of a quality rule."""
        self._pass_rate.labels(self._dataset, rule).set(pass_rate)

    def write(self, path: Path) -> None:
        """Write the text form whole, for the textfile collector of node_exporter.

        Raises:
            StorageError: if it cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_to_textfile(str(path), self.registry)
        except OSError as error:
            raise StorageError(f"{path}: metrics cannot be written ({error.strerror})") from None


def _kind(reason: str) -> str:
    """First word of a reason, the type of the error: a label must not take ever new values."""
    word = reason.partition(":")[0].strip()
    return word if word.isidentifier() else "other"


class MetricsServer:
    """Serves metrics at http://127.0.0.1:port/metrics until closed.

    Args:
        metrics: what is served.
        port: 0 takes a free one; `port` then says which.

    Raises:
        ConfigError: if the port is taken.
    """

    def __init__(self, metrics: FactoryMetrics, port: int) -> None:
        try:
            self._server, self._thread = start_http_server(port, _LOOPBACK, metrics.registry)
        except OSError as error:
            raise ConfigError("port", port, f"cannot be opened ({error.strerror}); choose another") from None
        self.port = int(self._server.server_port)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
