"""`make bench-detect` asks about fires alone, on sites never seen, in days as they come."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envirosense.pole.detectors.fire_alarm import FireAlarm, Lesson, Looks
from envirosense.pole.detectors.reference import ReferenceDetector

DETECT = Path(__file__).parents[2] / "benchmarks" / "detect"


def imported(name: str) -> Any:
    """A module of the benchmark."""
    sys.path.insert(0, str(DETECT))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(DETECT))


sets, task, work = (imported(name) for name in ("sets", "task", "work"))
PLACE = sets.Place("try", 9, 4)
HALF_HOUR_INDEX = 0  # a draw in which the camera sees the fire


def test_a_job_is_ordinary_life_with_all_its_acts() -> None:
    life = sets.Job(PLACE, ("normal/diurnal_cycle", "lookalike/barbecue", "lookalike/barbecue"), 0)
    spec = life.spec()
    assert life.fire is None
    assert (spec.scenario, spec.grid.duration_s) == (sets.LIFE, sets.DAY_S)
    assert [act["scenario"] for act in spec.definition["overlay"]] == list(life.acts)
    assert spec == life.spec()
    assert spec.world_seed != sets.Job(PLACE, life.acts, 1).spec().world_seed


def test_a_short_fire_is_no_piece_of_a_long_one() -> None:
    acts = ("fire/lignin_decomposition", "normal/diurnal_cycle")
    long, short = sets.Job(PLACE, acts, 3), sets.Job(PLACE, acts, 3, 1800.0)
    assert long.fire == short.fire == "fire/lignin_decomposition"
    assert long.spec().world_seed != short.spec().world_seed
    assert long.spec().params != short.spec().params


def test_library_jobs_are_every_scenario_of_a_category_in_ordinary_life() -> None:
    jobs = sets.library_jobs(PLACE, {"fire": 2, "lookalike": 1}, 1800.0)
    fires_of = [job for job in jobs if job.fire]
    names = {name for name in sets.SCENARIOS if name.startswith("fire/")}
    assert len(fires_of) == 2 * len(names)
    assert {job.fire for job in fires_of} == {job.acts[0] for job in fires_of} == names
    assert all(job.acts[1].startswith("normal/") for job in jobs)
    assert not any(name.startswith("electrical/") for job in fires_of for name in job.acts)
    assert {job.acts[0].split("/")[0] for job in jobs} == {"fire", "lookalike"}
    assert {job.duration_s for job in jobs} == {1800.0}


def test_days_hold_all_else_as_often_as_it_is_under_way_and_no_fire() -> None:
    n_days = 4000
    days = [job.acts for job in sets.life_jobs(PLACE, n_days)]
    shares = sets.shares(days)
    assert days == [job.acts for job in sets.life_jobs(PLACE, n_days)]
    assert {name.split("/")[0] for name in shares} <= {
        "normal", "lookalike", "environmental", "electrical", "system",
    }  # fmt: skip
    assert all(acts[0].startswith("normal/") and acts.count(sets.WEATHER) <= 1 for acts in days)
    assert all(sum(name.startswith("electrical/") for name in acts) <= 1 for acts in days)
    for name in ("lookalike/barbecue", sets.WEATHER, "electrical/pole_decay", "lookalike/wildfire_smoke"):
        rate = sets.SCENARIOS[name].rate
        under_way = rate.per_pole_year / sets.DAYS_PER_YEAR * (1.0 + rate.duration_s / sets.DAY_S)
        met = 1.0 - np.exp(-under_way)
        assert shares[name] == pytest.approx(met, abs=5.0 * np.sqrt(met * (1.0 - met) / n_days))
    assert sets.months(round(20 * sets.DAYS_PER_MONTH)) == pytest.approx(20.0, abs=0.02)


def test_training_tuning_and_test_stand_on_different_sites() -> None:
    run = imported("run")
    sites = [
        {repr(sets.Job(place, ("normal/diurnal_cycle",), i, 600.0).spec().site) for i in range(5)}
        for place in (run.TRAINING, run.TUNING, run.TEST)
    ]
    assert len(set.union(*sites)) == sum(len(one) for one in sites)
    assert {job.place for job in run.training_jobs(0.02)} == {run.TRAINING}
    assert {place.design for place in (run.TUNING, run.TEST)} == {"random"}  # as often as it is met


def test_a_lesson_is_read_as_it_was_saved(learned: Lesson, tmp_path: Path) -> None:
    run = imported("run")
    run.save_lesson(tmp_path / "lesson.npz", learned)
    again = run.read_lesson(tmp_path / "lesson.npz")
    assert again.looks.names == learned.looks.names
    np.testing.assert_array_equal(again.looks.values, learned.looks.values)
    np.testing.assert_array_equal(again.is_quiet, learned.is_quiet)
    np.testing.assert_array_equal(again.episode_id, learned.episode_id)
    for half, seen in learned.is_seen.items():
        np.testing.assert_array_equal(again.is_seen[half], seen)


@pytest.fixture(scope="module")
def half_hour() -> Any:
    """Half an hour of a strong fire."""
    return sets.Job(PLACE, ("fire/lignin_decomposition", "normal/diurnal_cycle"), HALF_HOUR_INDEX, 1800.0)


@pytest.fixture(scope="module")
def learned(half_hour: Any) -> Lesson:
    """What it teaches."""
    lesson: Lesson = work.lesson(half_hour)
    return lesson


def test_a_lesson_of_an_episode_has_looks_and_answers(learned: Lesson) -> None:
    assert learned.looks.values.shape == (len(learned.is_quiet), len(learned.looks.names))
    assert 0 < len(learned.is_quiet) <= 30
    assert np.isfinite(learned.looks.values[:, learned.looks.names.index("thermal.max.mean")]).all()
    assert any(seen.any() for seen in learned.is_seen.values())
    assert not any((seen & learned.is_quiet).any() for seen in learned.is_seen.values())


def test_evidence_of_an_episode_is_asked_about_fire_alone(half_hour: Any, learned: Lesson) -> None:
    names = learned.looks.names
    rng, is_fire = np.random.default_rng(0), np.arange(120) % 2 == 0
    values = np.zeros((120, len(names)), dtype=np.float32)
    for name in ("thermal.max.mean", "smoke.fine.mean1"):
        values[:, names.index(name)] = 3.0 * is_fire + rng.standard_normal(120)
    episodes = np.repeat(["a", "b", "c", "d"], 30)
    lesson = Lesson(Looks(values, names), ~is_fire, {"smoke": is_fire, "heat": is_fire}, episodes)
    alarm = FireAlarm().fit(lesson, np.random.default_rng(0))
    rules = imported("rules").RulesAlarm(ReferenceDetector())
    windows, found = work.evidence(half_hour, (alarm, rules, alarm))
    assert [one.shape for one in found] == [(2, 30), (1, 30), (2, 30)]
    np.testing.assert_array_equal(found[0], found[2])
    assert (rules.score(found[1]) == found[1][0] - 1.0).all()
    assert set(windows.scenario.tolist()) == {half_hour.fire}
    assert windows.channels == ()
    assert set(windows.y.tolist()) == {"normal", task.FIRE}
    assert set(windows.events.event_type.tolist()) <= set(task.FIRE_TYPES)


def test_shuffled_answers_move_together_and_away_from_their_windows() -> None:
    quiet = np.arange(200) < 120
    seen = {"smoke": np.arange(200) >= 150, "heat": np.arange(200) >= 170}
    looks = Looks(np.arange(200.0, dtype=np.float32)[:, None], ("a.mean",))
    one = Lesson(looks, quiet, seen, np.repeat(["a", "b"], 100))
    other = task.shuffled(one, np.random.default_rng(1))
    assert (other.looks.values == looks.values).all()
    assert (other.episode_id == one.episode_id).all()
    assert [other.is_quiet.sum(), *(m.sum() for m in other.is_seen.values())] == [120, 50, 30]
    assert not (other.is_quiet & other.is_seen["smoke"]).any()
    assert (other.is_seen["smoke"] | ~other.is_seen["heat"]).all()
    assert abs((other.is_quiet & quiet).mean() - 0.36) < 0.1
