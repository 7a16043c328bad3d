"""A monitored run: the generator as it is, watched through the progress it reports."""

import json
import time
import urllib.request
from dataclasses import replace

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from envirosense.core.errors import ConfigError
from envirosense.core.settings import settings
from envirosense.datasets.catalog import catalog_url
from envirosense.datasets.finish import RUN
from envirosense.datasets.quality import QualityReport, RuleResult
from envirosense.factory import GenerationFailed, GenerationInterrupted, generate
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.monitoring import (
    FactoryMetrics,
    MetricsServer,
    MonitoringConfig,
    RunHistory,
    RunMonitor,
)
from envirosense.factory.progress import SilentProgress, Standing


def watched(request, out, config=None, quality=None, **facts):
    """Dataset of a monitored run, and its monitor."""
    with RunMonitor.of_request(request, out, config, **facts) as monitor:
        made = generate(request, out, executor=InlineExecutor(), progress=monitor)
        if quality is not None:
            monitor.quality(report(made, quality))
    return made, monitor


def report(dataset, rates):
    results = tuple(
        RuleResult(name, "error", "", 1000, round(1000 * (1 - rate)), {}, ()) for name, rate in rates.items()
    )
    return QualityReport(dataset.manifest.name, dataset.logical_hash, len(dataset), results)


def told_of(sample):
    return tuple(value for key, value in sorted(sample.labels.items()) if key != "dataset")


def values(text):
    """Value by metric and labels other than the dataset's."""
    return {
        (
            sample.name,
            *(value for key, value in sorted(sample.labels.items()) if key != "dataset"),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_metrics_of_a_run_are_those_of_its_dataset(request_coin, tmp_path):
    config = MonitoringConfig(textfile=tmp_path / "m" / "run.prom", check_every_s=0.001)
    made, _ = watched(request_coin(episodes=12), tmp_path / "coins", config)
    found = values((tmp_path / "m" / "run.prom").read_text())
    files = [file for place, file in made.manifest.files.items() if "/" in place]
    run = json.loads((made.folder / RUN).read_text())
    shards = {place.rpartition("/")[2] for place in made.manifest.files if "/" in place}
    assert found["envirosense_episodes_total", "ok"] == 12
    assert found["envirosense_episodes_total", "failed"] == 0
    assert found["envirosense_shards_total",] == len(shards) > 1
    assert found["envirosense_written_bytes_total",] == sum(file.bytes for file in files)
    assert found["envirosense_simulated_hours_total",] == pytest.approx(made.duration_s / 3600.0)
    assert found["envirosense_worker_seconds_total", "wall"] == pytest.approx(run["shard_wall_s"])
    assert found["envirosense_shard_seconds_count",] == len(shards)
    assert found["envirosense_run_active",] == 0
    assert found["envirosense_run_episodes_done",] == found["envirosense_run_episodes",] == 12
    assert list((tmp_path / "m").iterdir()) == [tmp_path / "m" / "run.prom"]


def test_failures_are_counted_by_kind_and_fire_one_alert(request_coin, tmp_path):
    config = MonitoringConfig.parse({
        "check_every_s": 0.001,
        "rules": [
            {"name": "failures", "kind": "failure_share", "above": 0.2, "min_episodes": 4},
            {"name": "by_scenario", "kind": "failure_share", "above": 0.2, "per_scenario": True},
        ],
        "sinks": [{"kind": "file", "path": tmp_path / "alerts.jsonl"}],
    })  # fmt: skip
    request = request_coin(options={"fail": [0, 1, 2, 3]})
    monitor = RunMonitor.of_request(request, tmp_path / "coins", config)
    with pytest.raises(GenerationFailed), monitor:
        generate(request, tmp_path / "coins", executor=InlineExecutor(), progress=monitor)
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    folder = str(tmp_path / "coins")
    assert [one["subject"] for one in told if one["rule"] == "failures"] == [folder]
    assert {one["subject"] for one in told if one["rule"] == "by_scenario"} == {
        f"{folder} toss/heads", f"{folder} normal/tails",
    }  # fmt: skip
    assert all(one["state"] == "firing" for one in told)
    assert monitor.metrics.registry.get_sample_value(
        "envirosense_failures_total", {"dataset": "dataset", "reason": "EpisodeError"}
    ) == 4  # fmt: skip
    (run,) = monitor.history.runs()
    assert (run.outcome, run.counts["failed"], run.counts["done"]) == ("failed", 4, 8)


def test_an_alert_is_out_within_seconds_of_the_burst(request_coin, tmp_path):
    """The burst is planted; the file has the alert while the run still goes on."""
    path, seen = tmp_path / "alerts.jsonl", []

    class Watch(SilentProgress):
        def update(self, standing):
            began_s = time.monotonic()  # a check may still be under way: the next update starts another
            while standing.failed and not path.exists() and time.monotonic() - began_s < 2.0:
                time.sleep(0.01)
            if standing.failed and path.exists() and standing.done < standing.total:
                seen.append(standing.done)

    config = MonitoringConfig.parse({
        "check_every_s": 0.001,
        "rules": [{"name": "failures", "kind": "failure_share", "above": 0.0, "min_episodes": 1}],
        "sinks": [{"kind": "file", "path": path}],
    })  # fmt: skip
    request = request_coin(options={"fail": [0, 1, 2, 3, 4, 5, 6, 7]})
    with RunMonitor.of_request(request, tmp_path / "coins", config) as monitor:

        class Both(Watch):
            def start(self, standing):
                monitor.start(standing)

            def update(self, standing):
                monitor.update(standing)
                super().update(standing)

            def stop(self):
                monitor.stop()

        generate(
            request, tmp_path / "coins", executor=InlineExecutor(), progress=Both(), allow_failures=True,
        )  # fmt: skip
    assert seen, "no alert before the last episode"


def test_quality_and_pace_are_held_against_the_history(request_coin, tmp_path):
    config = MonitoringConfig.parse({
        "rules": [
            {"name": "quality", "kind": "pass_rate_drop", "drop": 0.02},
            {"name": "slow", "kind": "throughput_drop", "drop": 0.5, "after_s": 0.0},
        ],
        "sinks": [{"kind": "file", "path": tmp_path / "alerts.jsonl"}],
    })  # fmt: skip
    for n, rate in enumerate((1.0, 0.99, 0.95, 0.94, 1.0)):
        watched(request_coin(seed=n), tmp_path / f"coins{n}", config, {"range": rate, "null": 1.0})
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    quality = [(one["state"], one["subject"]) for one in told if one["rule"] == "quality"]
    assert quality == [("firing", "dataset range"), ("resolved", "dataset range")]
    runs = RunHistory(catalog_url(tmp_path / "coins0")).runs("dataset")
    assert [run.quality["range"] for run in runs] == [1.0, 0.94, 0.95, 0.99, 1.0]
    assert len({run.fingerprint for run in runs}) == 5
    history = RunMonitor("dataset", tmp_path / "coins9", config)
    with history:
        history.start(Standing(8, 0, 0, 0, 1e-9))
        history.update(Standing(8, 0, 8, 0, 1e-9))  # a pace of next to nothing
        history.stop()
    told = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    assert [one["state"] for one in told if one["rule"] == "slow"][-1] == "firing"


def test_the_history_knows_how_each_run_ended(request_coin, tmp_path):
    request = request_coin()

    class Stop(SilentProgress):
        def update(self, standing):
            if standing.done >= 2:
                raise KeyboardInterrupt

    monitor = RunMonitor.of_request(request, tmp_path / "coins", progress=Stop(), command="generate coin")
    with pytest.raises(GenerationInterrupted), monitor:
        generate(request, tmp_path / "coins", executor=InlineExecutor(), progress=monitor)
    killed = RunMonitor.of_request(request, tmp_path / "coins")
    killed.__enter__()  # and never comes back
    watched(request, tmp_path / "coins")
    with pytest.raises(ConfigError):
        watched(request_coin(seed=9), tmp_path / "coins")
    runs = monitor.history.runs()
    assert [run.outcome for run in runs] == ["error", "ok", "lost", "interrupted"]
    interrupted, finished = runs[3], runs[1]
    assert interrupted.command == "generate coin"
    assert interrupted.fingerprint == finished.fingerprint != runs[0].fingerprint
    assert finished.counts["resumed"] == interrupted.counts["done"]
    assert finished.started_utc < finished.finished_utc


def test_a_resumed_run_counts_only_what_it_did_itself(request_coin, tmp_path):
    request = request_coin(episodes=12)

    class Stop(SilentProgress):
        def update(self, standing):
            if standing.done >= 4:
                raise KeyboardInterrupt

    with pytest.raises(GenerationInterrupted):
        generate(request, tmp_path / "coins", executor=InlineExecutor(), progress=Stop())
    _, monitor = watched(request, tmp_path / "coins")
    resumed = monitor.history.runs()[0].counts["resumed"]
    assert resumed >= 4
    sample = monitor.metrics.registry.get_sample_value
    assert sample("envirosense_episodes_total", {"dataset": "dataset", "outcome": "ok"}) == 12 - resumed
    assert sample("envirosense_run_episodes_done", {"dataset": "dataset"}) == 12


def test_monitoring_changes_no_byte_and_a_fault_in_it_ends_no_run(request_coin, tmp_path, monkeypatch):
    monkeypatch.setenv("ENVIROSENSE_LOG_LEVEL", "INFO")
    settings.cache_clear()
    plain = generate(request_coin(), tmp_path / "plain", executor=InlineExecutor())
    (tmp_path / "file").write_text("")
    config = MonitoringConfig.parse({
        "textfile": tmp_path / "file" / "run.prom",
        "check_every_s": 0.001,
        "rules": [{"name": "disk", "kind": "disk_low", "below_gb": 1e9}],
        "sinks": [{"kind": "webhook", "url": "http://127.0.0.1:9/x", "retries": 0, "timeout_s": 0.2}],
    })  # fmt: skip
    with structlog.testing.capture_logs() as logs:
        made, monitor = watched(request_coin(), tmp_path / "watched", config)
    settings.cache_clear()
    assert made.logical_hash == plain.logical_hash
    said = [one["event"] for one in logs]
    wanted = {"run started", "alert fired", "alert not delivered", "monitoring failed", "run ended"}
    assert wanted <= set(said)
    assert said.count("alert fired") == 1
    assert monitor.history.runs()[0].outcome == "ok"


def test_every_report_goes_on_to_the_next_reporter(request_coin, tmp_path):
    heard = []

    class Listen(SilentProgress):
        def start(self, standing):
            heard.append("start")

        def update(self, standing):
            heard.append("update")

        def stop(self):
            heard.append("stop")

    watched(request_coin(), tmp_path / "coins", progress=Listen())
    assert heard[0] == "start"
    assert heard[-1] == "stop"
    assert "update" in heard


def test_metrics_are_served_on_loopback_while_the_run_goes_on(tmp_path):
    with RunMonitor("coins", tmp_path / "coins", MonitoringConfig(port=0)) as monitor:
        monitor.start(Standing(10, 0, 0, 0, 2.0))
        monitor.update(Standing(10, 0, 4, 1, 2.0))
        monitor.stop()
        with urllib.request.urlopen(f"http://127.0.0.1:{monitor.server.port}/metrics", timeout=5) as answer:
            found = values(answer.read().decode())
        assert found["envirosense_simulated_hours_total",] == 8.0
        assert found["envirosense_run_active",] == 1
        with pytest.raises(ConfigError, match="choose another"):
            MetricsServer(FactoryMetrics("other"), monitor.server.port)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{monitor.server.port}/metrics", timeout=5)


def test_a_reason_becomes_a_label_of_few_values(tmp_path):
    metrics = FactoryMetrics("coins")
    from envirosense.core.episode import EpisodeSummary
    from envirosense.datasets.shard import EpisodeRecord, ShardRecord

    reasons = ("ValueError: 1.25", "ValueError: 7", "no idea what happened at 12:00")
    episodes = tuple(
        EpisodeRecord(summary=EpisodeSummary(episode_id=f"{n:016x}", outcome="failed", reason=reason))
        for n, reason in enumerate(reasons)
    )
    record = ShardRecord(name="train-00000", files={}, episodes=episodes, wall_s=2.0, cpu_s=1.0)
    metrics.shard(record)
    metrics.shard(record.model_copy(update={"episodes": ()}))
    metrics.standing(replace(Standing(4, 0, 3, 3, 1.0)), 1.0, 10, is_active=True)
    metrics.write(tmp_path / "m.prom")
    found = values((tmp_path / "m.prom").read_text())
    assert found["envirosense_failures_total", "ValueError"] == 2
    assert found["envirosense_failures_total", "other"] == 1
    assert found["envirosense_worker_seconds_total", "cpu"] == 2.0
