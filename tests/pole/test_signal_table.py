"""Scenario x sensor table: who is moved by what, and what makes it fail."""

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.pole.signal_table import SEEN_SNR, SignalRow, SignalTable, signal_table

SENSORS = ("camera", "microphone", "gas")
FEW = ("electrical/vehicle_strike", "lookalike/wildfire_smoke", "normal/diurnal_cycle", "system/link_lost")


def planted(*rows: tuple[float, float, float]) -> SignalTable:
    none = np.zeros(len(SENSORS), np.int64)
    found = (SignalRow(f"fire/s{i}", np.array(row), 0, none, 0) for i, row in enumerate(rows))
    return SignalTable(SENSORS, tuple(found))


@pytest.fixture(scope="module")
def table() -> SignalTable:
    told: list[str] = []
    made = signal_table(FEW, n_draws=1, seed=3, told=told.append)
    assert told == list(FEW)
    return made


def test_a_blow_shakes_and_smoke_is_smelt(table: SignalTable) -> None:
    strike, smoke, healthy, silent = (
        dict(zip(table.sensors, row.greatest_snr, strict=True)) for row in table.rows
    )
    assert strike["vibration_sensor"] > 100.0
    assert strike["voc_array"] < 0.1
    assert smoke["particulate_matter"] > SEEN_SNR
    assert smoke["vibration_sensor"] < 0.1
    assert not any(healthy.values())
    assert not any(silent.values())


def test_events_that_no_sensor_could_see_are_counted(table: SignalTable) -> None:
    strike, smoke, healthy, silent = table.rows
    assert (strike.n_events, strike.n_unseen) == (1, 0)
    assert strike.n_seen[table.sensors.index("vibration_sensor")] == 1
    assert smoke.n_unseen == 0
    assert healthy.n_events == 0
    assert (silent.n_events, silent.n_unseen) == (1, 0)  # no ideal reading moves, and readings are lost
    assert silent.n_seen.any()


def test_a_library_that_leaves_a_sensor_still_is_told(table: SignalTable) -> None:
    found = table.problems()
    assert any(problem.startswith("rain_gauge: no scenario moves it") for problem in found)
    assert not any(problem.startswith(("vibration_sensor", "particulate_matter")) for problem in found)


def test_a_planted_constant_column_is_a_problem() -> None:
    assert planted((100.0, 5.0, 0.0), (0.0, 5.0, 30.0)).problems() == (
        "microphone: every scenario moves it alike (5 sigma)",
    )


def test_a_column_below_three_sigmas_is_a_problem_and_a_sound_table_has_none() -> None:
    (problem,) = planted((100.0, 2.9, 0.0), (0.0, 0.0, 30.0)).problems()
    assert problem == "microphone: no scenario moves it (greatest departure 2.9 sigma)"
    assert planted((100.0, 0.0, 4.0), (0.0, 5.0, 30.0)).problems() == ()


@pytest.mark.parametrize(("scenarios", "n_draws"), [((), 1), (FEW, 0)])
def test_nothing_to_tabulate_is_refused(scenarios: tuple[str, ...], n_draws: int) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        signal_table(scenarios, n_draws)
