"""`make bench-detect` asks about fires alone, on sites never seen, in days as they come."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from envirosense.pole.detectors.fire_alarm import FireAlarm, Lesson, Looks

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


def test_a_job_is_one_scenario_or_several_on_one_day() -> None:
    one = sets.Job(PLACE, ("fire/lignin_decomposition",), 3, 1800.0)
    assert one.has_fire
    assert (one.spec().scenario, one.spec().grid.duration_s) == ("fire/lignin_decomposition", 1800.0)
    several = sets.Job(PLACE, ("normal/diurnal_cycle", "lookalike/barbecue", "lookalike/barbecue"), 0)
    spec = several.spec()
    assert not several.has_fire
    assert (spec.scenario, spec.grid.duration_s) == (sets.DAY, sets.DAY_S)
    assert [act["scenario"] for act in spec.definition["overlay"]] == list(several.acts)
    assert spec == several.spec()
    assert spec != sets.Job(PLACE, several.acts, 1).spec()


def test_library_jobs_are_every_scenario_of_a_category() -> None:
    jobs = sets.library_jobs(PLACE, {"fire": 2, "lookalike": 1}, 1800.0)
    fires_of = [job for job in jobs if job.has_fire]
    names = {name for name in sets.SCENARIOS if name.startswith("fire/")}
    assert len(fires_of) == 2 * len(names)
    assert {job.acts[0] for job in fires_of} == names
    assert {job.acts[0].split("/")[0] for job in jobs} == {"fire", "lookalike"}
    assert {job.duration_s for job in jobs} == {1800.0}
    assert len({(job.acts, job.index) for job in jobs}) == len(jobs)


def test_days_hold_all_else_at_its_base_rate_and_no_fire() -> None:
    n_days = 3000
    days = [job.acts for job in sets.day_jobs(PLACE, n_days)]
    shares = sets.shares(days)
    assert days == sets.negative_days(PLACE, n_days)
    assert not any(job.has_fire for job in sets.day_jobs(PLACE, 50))
    assert {name.split("/")[0] for name in shares} <= {
        "normal", "lookalike", "environmental", "electrical", "system",
    }  # fmt: skip
    assert all(acts[0].startswith("normal/") and acts.count(sets.WEATHER) <= 1 for acts in days)
    for name in ("lookalike/barbecue", sets.WEATHER):
        rate = sets.SCENARIOS[name].rate.per_pole_year / sets.DAYS_PER_YEAR
        met = 1.0 - np.exp(-rate)
        assert shares[name] == pytest.approx(met, abs=5.0 * np.sqrt(met * (1.0 - met) / n_days))
    assert sets.months(round(20 * sets.DAYS_PER_MONTH)) == pytest.approx(20.0, abs=0.02)


def test_training_tuning_and_test_stand_on_different_sites() -> None:
    run = imported("run")
    sites = [
        {repr(sets.spec_of(place, "normal/diurnal_cycle", i, 600.0).site) for i in range(5)}
        for place in (run.TRAINING, run.TUNING, run.TEST)
    ]
    assert len(set.union(*sites)) == sum(len(one) for one in sites)
    assert {job.place for job in run.training_jobs(0.02)} == {run.TRAINING}


@pytest.fixture(scope="module")
def half_hour() -> Any:
    """Half an hour of a strong fire."""
    return sets.Job(PLACE, ("fire/lignin_decomposition",), 0, 1800.0)


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
    windows, found = work.evidence(half_hour, (alarm, alarm))
    assert found.shape == (2, 2, len(windows)) == (2, 2, 30)
    np.testing.assert_array_equal(found[0], found[1])
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
