import math

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.instruments.status import Status
from envirosense.pole.mock_fields import MockFieldSettings
from envirosense.pole.sensors.line_current import LineCurrentConfig, LineCurrentSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.sensors import check_sensor
from envirosense.testing.worlds import UniformWorld, busy_world


def config(**changed: object) -> LineCurrentConfig:
    return LineCurrentConfig.parse(
        {"sensor_id": "clamp", "sensor_type": "line_current", "part": "line_current/cr4100", **changed}
    )


def clamp(keep: tuple[str, ...] | None = None, **changed: object) -> LineCurrentSensor:
    whole = LineCurrentSensor(config(**changed))
    if keep is None:
        return whole
    off = tuple(stage.name for stage in whole.stages() if stage.name not in keep)
    return LineCurrentSensor(whole.config.model_copy(update={"stages_off": off}))


def line(amperes: float, n: int = 1) -> UniformWorld:
    return UniformWorld(n=n, fields=MockFieldSettings(phase_current_a=(amperes, 2.0 * amperes, 0.0)))


def test_the_sensor_keeps_the_contract() -> None:
    check_sensor(LineCurrentSensor, config(phases=("a", "c"), age_days=100.0), busy_world())


def test_it_reads_the_phases_it_is_clamped_on_behind_its_transformer() -> None:
    both = clamp(phases=("b", "a"))
    assert [channel.name for channel in both.channels] == ["phase_b_current_a", "phase_a_current_a"]
    assert both.respond(line(40.0))[0] == pytest.approx([20.0, 10.0])
    assert both.truth(line(40.0))[0] == pytest.approx([80.0, 40.0])
    assert clamp(ratio=1.0).respond(line(40.0))[0] == pytest.approx([40.0])


@pytest.mark.parametrize("phases", [(), ("d",)])
def test_a_phase_that_is_none_is_refused(phases: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="phases"):
        clamp(phases=phases)


def test_small_currents_lose_the_larger_share() -> None:
    core = clamp(("magnetising",), ratio=1.0, overrides={"magnetising.spread": 0.0})
    full, small, none = (readings(core, [line(amperes)]).reading[0, 0] for amperes in (100.0, 1.0, 0.0))
    assert full == pytest.approx(100.0 - 0.4)
    assert 1.0 - small == pytest.approx(0.4 * 0.01**0.6)
    assert (1.0 - small) / 1.0 > 5.0 * (100.0 - full) / 100.0
    assert none == 0.0


def test_units_are_as_accurate_as_the_sheet_says() -> None:
    kept = clamp(("calibration",), ratio=1.0)
    errors = [readings(kept, [line(80.0)], seed).reading[0, 0] - 80.0 for seed in range(800)]
    assert np.std(errors) == pytest.approx(math.hypot(0.005 * 80.0, 0.1), rel=5 / math.sqrt(1600))


def test_a_fault_current_saturates_the_clamp_and_is_flagged() -> None:
    block = readings(clamp(ratio=1.0), [line(5000.0, 3)])
    assert block.reading[:, 0] == pytest.approx(100.0)
    assert (block.status & Status.AT_LIMIT).all()


def test_noise_and_steps_are_those_of_the_part() -> None:
    n = 3000
    y = readings(clamp(("white",)), [line(200.0, n)]).reading
    assert y.std() == pytest.approx(0.05 / math.sqrt(2.0), rel=5 / math.sqrt(2 * n))
    steps = readings(clamp(), [line(200.0, 50)]).reading / 0.1
    assert np.abs(steps - np.rint(steps)).max() < 1e-6


def test_faults_show() -> None:
    open_clamp = clamp(faults=[{"kind": "disconnected", "begin_s": 5.0}])
    assert np.isnan(readings(open_clamp, [line(200.0, 9)]).reading[5:]).all()


def test_it_reaches_ninety_percent_in_a_quarter_of_a_second() -> None:
    class Switched(UniformWorld):
        def phase_current_a(self) -> np.ndarray:
            return np.repeat(np.where(np.arange(self.n) > 0, 200.0, 0.0)[:, None], 3, axis=1)

    kept = clamp(("response",), interval_s=0.01)
    risen = readings(kept, [Switched(n=200, dt_s=0.01)]).reading[:, 0] / 50.0
    assert risen[0] == 0.0
    assert risen[25] == pytest.approx(0.9, abs=0.02)


def test_warmth_and_age_move_the_zero_as_stated() -> None:
    warm = UniformWorld(n=1, air=298.15 + 20.0, fields=MockFieldSettings(phase_current_a=(200.0, 0.0, 0.0)))
    for stage, expected, world, age in (
        ("temperature", 0.01 * 20.0, warm, 0.0),
        ("drift", 0.0014 * 365.0, line(200.0), 365.0),
    ):
        kept = clamp((stage,), age_days=age)
        errors = [readings(kept, [world], seed).reading[0, 0] - 50.0 for seed in range(400)]
        assert np.std(errors) == pytest.approx(expected, rel=5 / math.sqrt(800)), stage


def test_halves_of_cores_fit_each_a_little_differently() -> None:
    kept = clamp(("magnetising",), ratio=1.0)
    ln_lost = np.log([100.0 - readings(kept, [line(100.0)], seed).reading[0, 0] for seed in range(400)])
    assert ln_lost.mean() == pytest.approx(math.log(0.4), abs=5 * 0.4 / math.sqrt(400))
    assert ln_lost.std() == pytest.approx(0.4, rel=5 / math.sqrt(800))


def test_the_core_holds_no_more_than_its_limit() -> None:
    core = clamp(("saturation",), ratio=1.0)
    below, far = (readings(core, [line(amperes)]).reading[0, 0] for amperes in (109.0, 5000.0))
    assert below == pytest.approx(109.0)
    assert far == pytest.approx(130.0, abs=0.5)
