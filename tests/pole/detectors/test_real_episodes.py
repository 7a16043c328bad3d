"""The detectors on short real episodes: each tells its own class and keeps quiet on normal days."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.datasets.windows import Windows
from envirosense.learning.detectors import alarm_score
from envirosense.learning.registry import DETECTORS
from envirosense.testing.detectors import check_detector

OWN = {  # episodes whose cause the detector is about
    "arcing_fusion": ("electrical/tracking", (1, 2)),
    "hot_spot": ("fire/cellulose_pyrolysis", (3, 4)),
    "chemical_signature": ("fire/lignin_decomposition", (25, 30)),
    "equipment_health": ("electrical/vehicle_strike", (1, 2)),
    "fire_danger": ("multi_factor/overheat_in_dry_wind", (1, 2)),
}


@pytest.fixture(scope="module")
def held_out(simulate):
    return Windows.concat([simulate("normal/diurnal_cycle", index) for index in (50, 51)])


@pytest.fixture(scope="module")
def own(simulate):
    return {name: Windows.concat([simulate(one, i) for i in places]) for name, (one, places) in OWN.items()}


@pytest.mark.parametrize("name", OWN)
def test_an_own_class_alarms_and_normal_days_do_not(normal_days, held_out, own, name):
    detector = DETECTORS[name]().fit(normal_days, np.random.default_rng(0))
    quiet, happening = alarm_score(detector, held_out), own[name]
    seen = happening.is_event & happening.detectable
    loud = alarm_score(detector, happening)[seen]
    assert (loud >= 0.5).any()
    assert np.quantile(loud, 0.95) > np.quantile(quiet, 0.99)
    assert (quiet >= 0.5).mean() <= 0.01


@pytest.mark.parametrize("name", [*OWN, "reference_rules"])
def test_every_detector_keeps_the_contract(normal_days, held_out, own, name):
    chosen = own.values() if name == "reference_rules" else [own[name]]
    check_detector(DETECTORS[name], normal_days, Windows.concat([held_out, *chosen]))


@pytest.mark.parametrize("name", ["hot_spot", "equipment_health"])
def test_readings_shuffled_over_the_episode_lose_the_event(normal_days, own, name):
    """Windows keep their baselines but get the samples of others: the order in time was the evidence."""
    detector = DETECTORS[name]().fit(normal_days, np.random.default_rng(0))
    happening = own[name]
    seen = happening.is_event & happening.detectable
    order = np.random.default_rng(4).permutation(len(happening))
    ordered = alarm_score(detector, happening)[seen] >= 0.5
    shuffled = alarm_score(detector, replace(happening, x=happening.x[order]))[seen] >= 0.5
    assert (ordered & shuffled).sum() < 0.7 * ordered.sum()
