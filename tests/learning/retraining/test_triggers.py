from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.learning.retraining.config import (
    DegradationSettings,
    DriftSettings,
    RetrainingConfig,
    ScheduleSettings,
    TriggerSettings,
    VolumeSettings,
)
from envirosense.learning.retraining.degradation import degradation
from envirosense.learning.retraining.triggers import RetrainingState, decide

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OFF = {"volume": None, "degradation": None, "drift": None}


@pytest.fixture
def state(toy):
    old, new = toy(200, 20, seed=1), toy(40, 20, seed=2, name="n")
    return RetrainingState(now=NOW, new=new, watched=new, trained=old, trained_at=NOW - timedelta(days=3))


def settings(**on) -> TriggerSettings:
    return TriggerSettings(**{**OFF, **on})


def test_nothing_fires_where_nothing_is_new(state, toy) -> None:
    nothing = state.new.select(np.zeros(len(state.new), dtype=bool))
    decision = decide(replace(state, new=nothing, watched=nothing), TriggerSettings())
    assert not decision.fire
    assert decision.reasons == ("no trigger fires",)
    assert [one.trigger for one in decision.findings] == ["volume", "degradation", "drift", "manual"]


@pytest.mark.parametrize(("asked", "fires"), [(40, True), (41, False)])
def test_volume_counts_new_units(state, asked, fires) -> None:
    decision = decide(state, settings(volume=VolumeSettings(new_units=asked)))
    assert decision.fire is fires
    assert f"40 new units, {asked} are asked for" in str(decision)


def test_the_more_was_trained_on_the_more_must_be_new(state) -> None:
    assert not decide(state, settings(volume=VolumeSettings(new_units=10, share=0.25))).fire
    assert decide(
        replace(state, trained=None), settings(volume=VolumeSettings(new_units=10, share=0.25))
    ).fire


@pytest.mark.parametrize(("days", "fires"), [(3.0, True), (3.1, False)])
def test_the_schedule_counts_days(state, days, fires) -> None:
    assert decide(state, settings(schedule=ScheduleSettings(every_days=days))).fire is fires


def test_a_schedule_asks_for_something_new(state) -> None:
    nothing = state.new.select(np.zeros(len(state.new), dtype=bool))
    decision = decide(replace(state, new=nothing), settings(schedule=ScheduleSettings(every_days=1)))
    assert not decision.fire
    assert "nothing new" in str(decision)


def test_drift_names_the_feature_and_its_budget(state) -> None:
    moved = replace(state.new, x=state.new.x + np.array([0.0, 3.0, 0.0]))
    decision = decide(replace(state, watched=moved), settings(drift=DriftSettings()))
    assert decision.fire
    assert "foremost b_v" in str(decision)
    assert "1.00% of the collections of a stable stream" in str(decision)
    assert not decide(state, settings(drift=DriftSettings())).fire


def test_a_fired_drift_is_quiet_until_all_features_are_calm(state) -> None:
    moved = replace(state.new, x=state.new.x + np.array([0.0, 3.0, 0.0]))
    answered = replace(state, watched=moved, disarmed=frozenset({"drift"}))
    decision = decide(answered, settings(drift=DriftSettings()))
    assert not decision.fire
    assert decision.reasons == ("drift fires still and was answered",)
    assert decision.disarmed == {"drift"}
    assert not decide(replace(answered, watched=state.new), settings(drift=DriftSettings())).disarmed


def test_no_trigger_but_the_manual_one_breaks_the_cooldown(state) -> None:
    chosen = settings(volume=VolumeSettings(new_units=1), cooldown_h=5.0)
    tried = replace(state, attempted_at=NOW - timedelta(hours=2))
    assert decide(tried, chosen).reasons == ("cool-down for 3.0 more hours",)
    assert not decide(tried, chosen).fire
    assert decide(replace(tried, manual="new camera"), chosen).fire
    assert decide(replace(tried, attempted_at=NOW - timedelta(hours=5)), chosen).fire


def test_degradation_is_a_budget_over_all_looks() -> None:
    """A model exactly as right as it is held to, looked at after each of 300 answers, in 2,000 lives."""
    rng, held, alpha, lives = stream(1, "triggers", "lives"), 0.9, 0.05, 2000
    fired = sum(
        degradation((rng.random(300) < held).astype(float), held).evidence >= 1 / alpha for _ in range(lives)
    )
    assert fired / lives <= alpha + 5 * np.sqrt(alpha * (1 - alpha) / lives)


def test_a_model_that_falls_is_found_out(state) -> None:
    rng = stream(2, "triggers", "fall")
    answers = (rng.random(150) < 0.7).astype(float)
    chosen = settings(degradation=DegradationSettings())
    assert decide(replace(state, judged=0.95, answers=answers), chosen).fire
    assert not decide(replace(state, judged=0.6, answers=answers), chosen).fire
    assert "no model was judged yet" in str(decide(state, chosen))
    assert "no group to judge it by" in str(decide(replace(state, judged=0.9), chosen))


def test_a_bet_against_what_is_never_wrong_is_won_by_one_mistake() -> None:
    assert degradation(np.ones(50), 1.0).evidence == pytest.approx(1.0)
    assert degradation(np.array([1.0, 0.0]), 1.0).evidence > 1e6
    assert degradation(np.array([]), 0.9).evidence == 1.0


def test_settings_are_read_strictly(tmp_path) -> None:
    path = tmp_path / "retraining.yaml"
    path.write_text("triggers: {volume: {new_units: 7}, drift: null, cooldown_h: 2}\nneeds: {target: 0.8}\n")
    config = RetrainingConfig.read(path)
    assert config.triggers.volume == VolumeSettings(new_units=7)
    assert config.triggers.drift is None
    assert config.needs.target == 0.8
    path.write_text("triggers: {volum: {new_units: 7}}\n")
    with pytest.raises(ConfigError, match="did you mean 'volume'"):
        RetrainingConfig.read(path)
