"""Alert rules: what breaks them and what does not."""

from pathlib import Path

import pytest

from envirosense.core.errors import ConfigError
from envirosense.factory.monitoring import MonitoringConfig
from envirosense.factory.monitoring import rules as rules_module
from envirosense.factory.monitoring.rules import (
    DiskLow,
    FailureShare,
    PassRateDrop,
    RunState,
    ThroughputDrop,
)
from envirosense.factory.progress import Standing

HERE = Path("/")


def state(done=20, failed=0, resumed=0, elapsed_s=100.0, hours=1.0, **facts):
    return RunState("coins", HERE, Standing(40, resumed, done, failed, hours), elapsed_s, **facts)


def broken(rule, at):
    return [finding.subject for finding in rule.findings(at) if finding.is_broken]


def test_failures_count_once_enough_episodes_are_done():
    rule = FailureShare(name="failures", above=0.1, min_episodes=10)
    assert broken(rule, state(done=20, failed=3)) == ["/"]
    assert broken(rule, state(done=20, failed=2)) == []  # a tenth is not more than a tenth
    assert not list(rule.findings(state(done=9, failed=9)))
    assert broken(rule, state(done=9, failed=9, is_over=True)) == ["/"]
    assert not list(rule.findings(state(done=0, is_over=True)))


def test_failures_can_be_judged_scenario_by_scenario():
    rule = FailureShare(name="failures", above=0.1, per_scenario=True)
    counts = {"toss/heads": (3, 10), "normal/tails": (0, 90)}
    over = state(failed=3, is_over=True, failed_by_scenario=counts)
    assert broken(rule, over) == ["/ toss/heads"]
    assert [finding.subject for finding in rule.findings(over)] == ["/ toss/heads", "/ normal/tails"]


def test_a_pass_rate_is_compared_with_the_median_of_the_runs_before():
    rule = PassRateDrop(name="drop", drop=0.05, runs=3)
    earlier = ({"range": 1.0, "dew": 0.8}, {"range": 0.99}, {"range": 0.2}, {"range": 0.0})
    assert broken(rule, state(pass_rates={"range": 0.93, "dew": 0.8}, earlier_rates=earlier)) == [
        "coins range"
    ]
    assert broken(rule, state(pass_rates={"range": 0.941}, earlier_rates=earlier)) == []
    assert not list(rule.findings(state(pass_rates={"new": 0.1}, earlier_rates=earlier)))
    only_dew = PassRateDrop(name="drop", drop=0.05, quality_rule="d*")
    assert broken(only_dew, state(pass_rates={"range": 0.1, "dew": 0.8}, earlier_rates=earlier)) == []


def test_throughput_is_compared_once_the_workers_had_time_to_start():
    rule = ThroughputDrop(name="slow", drop=0.5, after_s=60.0)
    paces = (1.0, 0.5, 0.1, 0.0)  # the last one is of a run that resumed nothing but finished work
    assert broken(rule, state(done=20, elapsed_s=100.0, earlier_paces=paces)) == ["coins"]  # 0.2 h/s
    assert broken(rule, state(done=30, elapsed_s=100.0, earlier_paces=paces)) == []
    assert not list(rule.findings(state(elapsed_s=59.0, earlier_paces=paces)))
    assert not list(rule.findings(state(elapsed_s=100.0)))
    assert not list(rule.findings(state(done=20, resumed=20, earlier_paces=paces)))
    assert broken(rule, state(done=30, resumed=10, elapsed_s=100.0, earlier_paces=paces)) == ["coins"]


def test_free_space_is_that_of_the_disk_of_the_output(tmp_path, monkeypatch):
    at = RunState("coins", tmp_path / "not" / "yet", Standing(1, 0, 0, 0, 1.0))
    assert broken(DiskLow(name="disk", below_gb=1e9), at) == [str(tmp_path)]
    asked = []
    monkeypatch.setattr(rules_module, "free_bytes", lambda folder: asked.append(folder) or 2e9)
    assert broken(DiskLow(name="disk", below_gb=1.9), at) == []
    assert broken(DiskLow(name="disk", below_gb=2.1), at) == [str(tmp_path)]
    assert asked == [at.folder] * 2


YAML = """
textfile: metrics/envirosense.prom
port: 0
check_every_s: 2
rules:
  - {name: failures, kind: failure_share, above: 0.05, min_episodes: 20, severity: critical}
  - {name: quality, kind: pass_rate_drop, drop: 0.02}
  - {name: slow, kind: throughput_drop, drop: 0.5}
  - {name: disk, kind: disk_low, below_gb: 5}
sinks:
  - {kind: file, path: alerts.jsonl}
  - {kind: webhook, url: "http://127.0.0.1:9/hook?token=secret", retries: 1}
"""


def test_a_configuration_is_read_with_its_paths_beside_the_file(tmp_path):
    (tmp_path / "m.yaml").write_text(YAML)
    config = MonitoringConfig.load(tmp_path / "m.yaml")
    assert config.textfile == tmp_path / "metrics" / "envirosense.prom"
    assert [sink.key for sink in config.sinks] == [
        f"file {tmp_path / 'alerts.jsonl'}",
        "webhook http://127.0.0.1:9 8f7b2bb6",
    ]
    assert [type(rule).__name__ for rule in config.rules] == [
        "FailureShare", "PassRateDrop", "ThroughputDrop", "DiskLow",
    ]  # fmt: skip
    assert MonitoringConfig.parse(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("above: 0.05", "above: 5", "above"),
        ("kind: disk_low", "kind: disk_lo", "disk_lo"),
        ("name: slow", "name: disk", "two rules are called disk"),
        ("http://", "ftp://", "url"),
        ("port: 0", "port: 70000", "port=70000"),
        ("textfile:", "texfile:", "did you mean 'textfile'"),
        ("min_episodes", "min_episode", "unknown field"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_by_name(tmp_path, old, new, text):
    (tmp_path / "m.yaml").write_text(YAML.replace(old, new))
    with pytest.raises(ConfigError, match=text):
        MonitoringConfig.load(tmp_path / "m.yaml")
