"""The written truth: complete, checked when read, borne out by the stream and by nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, SchemaVersionError
from envirosense.core.rng import stream
from envirosense.home.patterns.agreement import agreement
from envirosense.home.patterns.extractor import shuffled
from envirosense.home.patterns.ground_truth import GroundTruthGenerator
from envirosense.home.patterns.measured import followed, likeliest_share
from envirosense.home.patterns.observed import Change, ObservedEvents
from envirosense.home.patterns.stream_checks import Trouble, untriggered
from envirosense.home.patterns.truth_records import GroundTruth, LinkRecord, PatternRecord, truth_text


def generator(lived: Any) -> GroundTruthGenerator:
    return GroundTruthGenerator.of(lived.home, lived.n_days, lived.context)


def truth_of(lived: Any) -> GroundTruth:
    return generator(lived).extract(lived.planted, lived.log, lived.occurrences)


def test_truth_and_stream_agree_and_shuffled_times_do_not(lived_in: Callable[..., Any]) -> None:
    shares, chance = [], []
    for seed in range(6):
        lived = lived_in(seed=seed)
        truth = truth_of(lived)
        shares.append(generator(lived).agreement(truth, lived.log))
        events = shuffled(ObservedEvents.of(lived.log, lived.home), np.random.default_rng(seed))
        chance.append(agreement(truth, events, lived.home).share)
    n = sum(one.n for one in shares)
    assert sum(one.share * one.n for one in shares) / n > 0.95
    assert max(chance) == 0.0


def changed(truth: GroundTruth, pattern: dict[str, Any], link: dict[str, Any]) -> GroundTruth:
    """The truth with one false statement about every pattern."""

    def lie(one: PatternRecord) -> PatternRecord:
        links: tuple[LinkRecord, ...] = tuple(each.model_copy(update=link) for each in one.links)
        return one.model_copy(update={"links": links} | pattern)

    return truth.model_copy(update={"patterns": tuple(lie(one) for one in truth.patterns)})


@pytest.mark.parametrize(
    ("link", "part"),
    [
        ({"confidence": 0.3}, "probability"),
        ({"delay_s": 90.0, "at_s": 3.0 * 3600}, "delay"),
    ],
)
def test_a_false_statement_is_noticed(lived_in: Callable[..., Any], link: dict[str, Any], part: str) -> None:
    lived = lived_in()
    found = generator(lived).agreement(changed(truth_of(lived), {}, link), lived.log)
    assert not any(getattr(one, part) for one in found.patterns)


def test_a_pattern_of_another_device_does_not_agree(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    found = generator(lived).agreement(
        changed(truth_of(lived), {"devices": ("light.nowhere",)}, {}), lived.log
    )
    assert found.share == 0.0


def test_triggers_of_a_failing_sensor_are_left_out(lived_in: Callable[..., Any]) -> None:
    # A flapping trigger that nobody follows halves the measured share; known as a failure it does no harm.
    lived = lived_in()
    one = next(each for each in lived.planted.patterns if not each.is_by_clock)
    link, events = one.links[0], ObservedEvents.of(lived.log, lived.home)
    start_us, end_us = 20 * 86_400_000_000, 24 * 86_400_000_000
    extra_us = np.arange(start_us, end_us, 300_000_000)
    t_us = np.concatenate([events.t_us, extra_us, extra_us + 1_000_000])
    code = np.concatenate([events.code, np.full(extra_us.size, link.trigger_code), np.zeros(extra_us.size)])
    entity = np.concatenate([events.entity, np.full(2 * extra_us.size, link.trigger_entity)])
    order = np.argsort(t_us, kind="stable")
    flapping = ObservedEvents(t_us[order], entity[order], code[order].astype(np.int16))
    truth = truth_of(lived)
    trouble = Trouble(link.trigger_entity, start_us - 1, end_us + 2_000_000)
    found, mended = (agreement(truth, flapping, lived.home, each) for each in ((), (trouble,)))
    assert not found.patterns[one.number].agrees
    assert mended.patterns[one.number].agrees


def test_a_pattern_with_too_few_triggers_is_not_judged(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    few = changed(truth_of(lived), {}, {"n_triggers": 3})
    found = generator(lived).agreement(few, lived.log)
    assert found.n == 0
    assert found.share == 1.0
    assert not any(one.is_judged for one in found.patterns)


def test_annotated_lift_is_the_followed_share_over_chance(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    truth = generator(lived).annotate(truth_of(lived), lived.log)
    links = [link for one in truth.patterns for link in one.links]
    assert links
    for link in links:
        assert link.chance is not None
        assert link.chance < 0.2
        assert link.lift is None or link.lift > 2.0


def test_counts_are_those_of_the_occurrences(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    for one in truth_of(lived).patterns:
        for link in one.links:
            assert link.n_events <= link.n_followed <= link.n_triggers
            assert link.confidence == pytest.approx(link.probability, abs=2.5 / np.sqrt(link.n_triggers))


def test_what_is_written_is_read_back(lived_in: Callable[..., Any], tmp_path: Path) -> None:
    lived = lived_in()
    truth = generator(lived).annotate(truth_of(lived), lived.log)
    path = tmp_path / "truth.json"
    GroundTruthGenerator.write(truth, path)
    assert GroundTruthGenerator.read(path) == truth
    assert path.read_text(encoding="utf-8") == truth_text(truth)


def test_a_file_that_is_no_truth_is_refused(lived_in: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    data = json.loads(truth_text(truth_of(lived_in())))
    for text, error in (
        ("{", ConfigError),
        ("[]", ConfigError),
        (json.dumps(data | {"schema_version": 2}), SchemaVersionError),
        (json.dumps(data | {"n_days": 0}), ConfigError),
        (json.dumps(data | {"surprise": 1}), ConfigError),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(error):
            GroundTruthGenerator.read(path)
    with pytest.raises(ConfigError, match="not a readable JSON file"):
        GroundTruthGenerator.read(tmp_path / "missing.json")


def test_a_day_before_a_trigger_by_the_clock_is_no_moment_without_one() -> None:
    day_us, hour_us = 86_400_000_000, 3_600_000_000
    daily = np.arange(1, 5) * day_us + 17 * hour_us
    by_hand = np.array([2 * day_us + 9 * hour_us])
    triggers_us = np.sort(np.concatenate([daily, by_hand]))
    earlier = untriggered(triggers_us - day_us, triggers_us, reach_s=60.0)
    assert earlier.tolist() == [17 * hour_us, day_us + 9 * hour_us]  # before the first day, and by hand


@pytest.mark.parametrize("every_s", [20.0, 120.0, 3600.0])
def test_the_share_is_found_where_triggers_come_faster_than_the_action(every_s: float) -> None:
    """A rule of probability 0.55 and a median delay of 40 s; 20,000 triggers, 5 standard errors."""
    rng, n, probability = stream(1, "test", "share", int(every_s)), 20_000, 0.55
    t_us = np.cumsum(rng.exponential(every_s, n) * 1e6).astype(np.int64)
    due_us = t_us + (40e6 * np.exp(0.6 * rng.standard_normal(n))).astype(np.int64)
    wanted = np.sort(due_us[rng.random(n) < probability])
    rows, free_us = [], 0
    for at in wanted.tolist():  # an action that finds it done makes no event; it is undone after 10 minutes
        if at > free_us:
            free_us = at + 600_000_000
            rows += [(at, 1), (free_us, 0)]
    times, codes = (np.array(column) for column in zip(*rows, strict=True))
    zeros = np.zeros(times.size, dtype=np.int32)
    events = ObservedEvents(times, zeros, codes.astype(np.int16))
    share, counted = likeliest_share(events, t_us, Change(0, 1), 40.0, 0.6)
    assert counted > 300
    assert share == pytest.approx(probability, abs=5 * np.sqrt(0.25 / counted) + 0.02)
    if every_s < 60.0:
        assert followed(events, t_us, Change(0, 1), 40.0 * np.exp(4 * 0.6)).share > 0.9
