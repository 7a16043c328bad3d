"""The learned fire alarm: what its lessons keep, what a half learns, and what raises an alarm."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.datasets.windows import Windows
from envirosense.learning.metrics import average_precision
from envirosense.pole.detectors.fire_alarm import FireAlarm, Lesson, Looks, lesson_of, seen_windows
from envirosense.pole.detectors.fire_alarm.alarm import MEMORY
from envirosense.pole.detectors.fire_alarm.head import SURE, Head
from envirosense.pole.detectors.fire_alarm.lessons import MOST_FIRE, MOST_QUIET, SENSORS

NAMES = ("thermal.max.mean", "smoke.fine.mean1", "temperature_humidity.temperature_c.mean")
COURSE = ("normal", "severe_weather", "sensor_system", "arcing", "fire_precursor")  # ten windows each
FIRE_EVENT = 7
N_EPISODES, N_WINDOWS = 10, 40


@pytest.fixture
def day(plant: Callable[..., Windows]) -> Windows:
    """Fifty windows: an ordinary hour, weather, a fault of the device, arcing and a fire."""
    y = np.repeat(COURSE, 10)
    event_id = np.where(y == "fire_precursor", FIRE_EVENT, np.where(y == "normal", -1, 3))
    windows = plant(50)
    return replace(windows, y=y, event_id=event_id.astype(np.int32), detectable=y != "normal")


def numbered(n: int) -> Looks:
    """Looks whose first one is the window's number."""
    return Looks(np.tile(np.arange(n, dtype=np.float32)[:, None], (1, 3)), NAMES)


def seen(n: int, **halves: slice) -> dict[str, np.ndarray]:
    """Windows in which each half's sensors could see the fire."""
    masks = {half: np.zeros(n, dtype=bool) for half in SENSORS}
    for half, span in halves.items():
        masks[half][span] = True
    return masks


def rows(lesson: Lesson, mask: np.ndarray) -> list[int]:
    """Numbers of the windows under a mask."""
    return lesson.looks.values[mask, 0].astype(int).tolist()


def test_quiet_windows_include_weather_and_device_trouble_but_not_trouble_of_the_line(day: Windows) -> None:
    lesson = lesson_of(day, numbered(50), seen(50, smoke=slice(40, 50)))
    assert rows(lesson, lesson.is_quiet) == list(range(30))
    assert not set(range(30, 40)) & set(rows(lesson, np.ones(len(lesson.is_quiet), dtype=bool)))


def test_a_fire_belongs_to_the_half_whose_sensors_saw_it(day: Windows) -> None:
    smoke = lesson_of(day, numbered(50), seen(50, smoke=slice(40, 50)))
    assert rows(smoke, smoke.is_seen["smoke"]) == list(range(40, 50))
    assert not smoke.is_seen["heat"].any()


def test_a_window_in_which_no_sensor_could_see_the_fire_is_left_out(day: Windows) -> None:
    lesson = lesson_of(day, numbered(50), seen(50, smoke=slice(46, 50), heat=slice(48, 49)))
    assert rows(lesson, lesson.is_seen["smoke"]) == [46, 47, 48, 49]
    assert rows(lesson, lesson.is_seen["heat"]) == [48]
    assert rows(lesson, ~lesson.is_quiet) == [46, 47, 48, 49]


def test_what_was_seen_without_a_fire_is_no_fire(day: Windows) -> None:
    lesson = lesson_of(day, numbered(50), seen(50, heat=slice(30, 40)))  # arcing
    assert not any(mask.any() for mask in lesson.is_seen.values())
    assert len(lesson.is_quiet) == 30


def test_a_window_is_seen_if_a_sensor_of_the_half_saw_some_event_in_one_of_its_ticks() -> None:
    ticks = {name: np.zeros(40, dtype=bool) for name in ("voc_array", "thermal_camera", "barometer")}
    ticks["voc_array"][7] = ticks["thermal_camera"][[0, 38]] = True
    ticks["barometer"][:] = True  # of no half
    other = {"particulate_matter": np.arange(40) == 20}
    found = seen_windows([ticks, other], 40, 10.0)
    assert {half: np.flatnonzero(mask).tolist() for half, mask in found.items()} == {
        "smoke": [1, 3], "heat": [0],
    }  # fmt: skip
    assert [len(mask) for mask in found.values()] == [6, 6]  # the last four ticks are no whole window
    assert not any(mask.any() for mask in seen_windows([], 40, 10.0).values())


def test_a_long_episode_teaches_evenly_over_its_time(plant: Callable[..., Windows]) -> None:
    windows = plant(1000)
    y = np.where(np.arange(1000) < 500, "normal", "fire_active")
    event_id = np.where(y == "normal", -1, FIRE_EVENT).astype(np.int32)
    long = replace(windows, y=y, event_id=event_id, detectable=y != "normal")
    lesson = lesson_of(long, numbered(1000), seen(1000, smoke=slice(500, 1000)))
    quiet, fire = rows(lesson, lesson.is_quiet), rows(lesson, lesson.is_seen["smoke"])
    assert (len(quiet), len(fire)) == (MOST_QUIET, MOST_FIRE)
    assert (quiet[0], quiet[-1], fire[0], fire[-1]) == (0, 499, 500, 999)
    assert np.ptp(np.diff(quiet)) <= 1


def test_lessons_join(day: Windows) -> None:
    one = lesson_of(day, numbered(50), seen(50, smoke=slice(40, 50)))
    both = Lesson.concat([one, lesson_of(day, numbered(50), seen(50))])
    assert len(both.is_quiet) == len(both.episode_id) == len(both.looks.values) == 70
    assert both.is_seen["smoke"].sum() == 10
    assert both.looks.names == NAMES


def windows_of_fires(seed: int, n_episodes: int = N_EPISODES) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Looks with a rise in the first two of them in every second window, answers, episodes."""
    rng = np.random.default_rng(seed)
    n = n_episodes * N_WINDOWS
    is_fire = np.arange(n) % 2 == 0
    looks = rng.standard_normal((n, 3))
    looks[:, :2] += 4.0 * is_fire[:, None]
    episode_id = np.repeat([f"e{i:02d}" for i in range(n_episodes)], N_WINDOWS)
    return looks.astype(np.float32), is_fire, episode_id


@pytest.fixture(scope="module")
def head() -> Head:
    """A half without memory that has learned the rise."""
    one = Head(1)
    looks, is_fire, _ = windows_of_fires(1)
    one.fit(looks, is_fire, seed=3)
    return one


def test_a_half_learns_what_can_be_told_apart(head: Head) -> None:
    looks, is_fire, _ = windows_of_fires(2)
    evidence = head.evidence(looks)
    assert average_precision(evidence, is_fire) > 0.98
    assert np.median(evidence[is_fire]) > 0.0 > np.median(evidence[~is_fire])


def test_shuffled_answers_teach_nothing() -> None:
    looks, is_fire, _ = windows_of_fires(1, n_episodes=50)
    guess = Head(1)
    guess.fit(looks, np.random.default_rng(5).permutation(is_fire), seed=3)
    asked, truth, _ = windows_of_fires(2)
    evidence = guess.evidence(asked)
    n = truth.sum()
    above = (evidence[truth][:, None] > evidence[~truth]).mean()
    tied = (evidence[truth][:, None] == evidence[~truth]).mean()
    # standard error of the rank statistic under the null; what was learned by chance adds to it
    assert abs(above + 0.5 * tied - 0.5) < 5.0 * np.sqrt((2 * n + 1) / (12.0 * n * n))


def test_evidence_is_the_mean_of_log_odds_and_a_short_history_is_weak(head: Head) -> None:
    looks, _, _ = windows_of_fires(2)
    long = Head(4)
    long._members = head._members
    one, mean = head.evidence(looks[:30]), long.evidence(looks[:30])
    expected = [one[max(row - 3, 0) : row + 1].sum() / 4.0 for row in range(30)]
    np.testing.assert_allclose(mean, expected, atol=1e-9)
    assert abs(mean[0]) == pytest.approx(abs(one[0]) / 4.0)
    assert head.evidence(looks[:0]).shape == (0,)


def test_evidence_of_a_window_knows_nothing_of_later_ones(head: Head) -> None:
    looks, _, _ = windows_of_fires(2)
    np.testing.assert_array_equal(head.evidence(looks[:20]), head.evidence(looks)[:20])


class Certain:
    """An estimator that has no doubt."""

    def decision_function(self, looks: np.ndarray) -> np.ndarray:
        """Log odds of fifty."""
        return np.full(len(looks), 50.0)


def test_one_window_can_say_no_more_than_a_chance_of_a_millionth() -> None:
    sure = Head(2)
    sure._members = (Certain(),)
    np.testing.assert_allclose(sure.evidence(np.zeros((3, 1), dtype=np.float32)), [SURE / 2, SURE, SURE])
    assert np.exp(-SURE) == pytest.approx(1e-6, rel=0.05)


@pytest.mark.parametrize("answer", [False, True])
def test_one_class_alone_is_refused(answer: bool) -> None:
    looks, is_fire, _ = windows_of_fires(1)
    with pytest.raises(DatasetError, match="add episodes"):
        Head(1).fit(looks, np.full_like(is_fire, answer), seed=3)


def test_fires_that_look_like_nothing_leave_the_odds_even() -> None:
    looks, is_fire, _ = windows_of_fires(1)
    blind = Head(1)
    blind.fit(np.zeros_like(looks), is_fire, seed=3)
    np.testing.assert_allclose(blind.evidence(looks), 0.0, atol=1e-9)


def test_a_half_that_is_not_fitted_says_so() -> None:
    with pytest.raises(DatasetError, match="call fit"):
        Head(1).evidence(np.zeros((2, 3), dtype=np.float32))


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """Fires of which every second one is seen by its smoke alone, the others by their heat alone."""
    values, is_fire, episode_id = windows_of_fires(1)
    by_smoke = np.arange(len(is_fire)) // 2 % 2 == 0
    values = values.copy()
    values[is_fire & by_smoke, 0] -= 4.0
    values[is_fire & ~by_smoke, 1] -= 4.0
    seen = {"smoke": is_fire & by_smoke, "heat": is_fire & ~by_smoke}
    return Lesson(Looks(values, NAMES), ~is_fire, seen, episode_id)


@pytest.fixture(scope="module")
def alarm(lesson: Lesson) -> FireAlarm:
    """The alarm fitted on that lesson."""
    return FireAlarm().fit(lesson, np.random.default_rng(0))


def steady(heat: float, smoke: float, n: int = 40) -> Looks:
    """Windows of one and the same look."""
    return Looks(np.tile(np.array([heat, smoke, 0.0], dtype=np.float32), (n, 1)), NAMES)


def test_either_half_may_raise_the_alarm(alarm: FireAlarm) -> None:
    by_heat, by_smoke, calm = (alarm.evidence(steady(*levels)) for levels in ((4, 0), (0, 4), (0, 0)))
    order = list(alarm.heads)
    heat, smoke = order.index("heat"), order.index("smoke")
    assert by_heat[heat, -1] > 0.0 > by_heat[smoke, -1]
    assert by_smoke[smoke, -1] > 0.0 > by_smoke[heat, -1]
    assert alarm.score(by_heat)[-1] > 0.0
    assert alarm.score(by_smoke)[-1] > 0.0
    assert (alarm.score(calm)[-1]) < 0.0


def test_a_half_learns_nothing_from_fires_that_the_other_half_alone_has_seen(
    alarm: FireAlarm, lesson: Lesson
) -> None:
    values = lesson.looks.values.copy()
    values[lesson.is_seen["heat"], NAMES.index("smoke.fine.mean1")] += 7.0
    other = FireAlarm().fit(replace(lesson, looks=Looks(values, NAMES)), np.random.default_rng(0))
    smoke = list(alarm.heads).index("smoke")
    asked = lesson.looks
    np.testing.assert_array_equal(other.evidence(asked)[smoke], alarm.evidence(asked)[smoke])


def test_a_half_needs_its_memory_to_be_sure(alarm: FireAlarm) -> None:
    evidence = np.abs(alarm.evidence(steady(4.0, 4.0)))
    for half, course in zip(alarm.heads, evidence, strict=True):
        n = MEMORY[half]
        np.testing.assert_allclose(course[:n], course[-1] * np.arange(1, n + 1) / n, rtol=1e-9)


def test_a_margin_is_what_evidence_must_pass(alarm: FireAlarm) -> None:
    evidence = np.array([[1.0, -1.0, 3.0], [2.0, 0.5, -4.0]])
    strict = FireAlarm()
    assert list(strict.heads) == ["smoke", "heat"]
    np.testing.assert_array_equal(strict.score(evidence), [2.0, 0.5, 3.0])
    strict.margins = {"smoke": 2.5, "heat": 1.0}
    np.testing.assert_array_equal(strict.score(evidence), [1.0, -0.5, 0.5])


def test_other_looks_than_it_was_fitted_on_are_refused(alarm: FireAlarm) -> None:
    looks = steady(0.0, 0.0)
    for names in (NAMES[::-1], (*NAMES[:2], "smoke.coarse.mean1")):
        with pytest.raises(DatasetError, match="other looks"):
            alarm.evidence(replace(looks, names=names))


def test_the_same_generator_gives_the_same_evidence(alarm: FireAlarm, lesson: Lesson) -> None:
    again = FireAlarm().fit(lesson, np.random.default_rng(0))
    np.testing.assert_array_equal(again.evidence(lesson.looks), alarm.evidence(lesson.looks))


def test_a_half_without_a_margin_is_named() -> None:
    alarm = FireAlarm()
    alarm.margins = {"smoke": 1.0}
    with pytest.raises(ConfigError, match="give one for heat"):
        alarm.score(np.zeros((2, 3)))
