"""The detectors on planted windows: each tells its own and only that, and nothing of noise."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.learning.detectors import Detector, alarm_score
from envirosense.learning.registry import DETECTORS
from envirosense.pole.detectors.chemical_signature import ChemicalSignatureDetector
from envirosense.pole.detectors.readings import Readings
from envirosense.pole.detectors.reference import PARTS, ReferenceDetector

NAMES = ("arcing_fusion", "chemical_signature", "equipment_health", "fire_danger", "hot_spot")
REFERENCE = "reference_rules"
MICROPHONES = ("microphone", "microphone_2")
AXES = ("along", "across", "up")
GUSTS = np.array([0.0, 250.0, 30.0, 140.0, 0.0, 180.0])
PLANTED = {  # rises that each kind of trouble makes, and who must tell it
    "cellulose": (
        {
            "voc_array.ch1_formaldehyde_ppb": 60.0,
            "voc_array.ch2_acetaldehyde_ppb": 60.0,
            "voc_array.ch3_acrolein_ppb": 40.0,
        },
        {"chemical_signature"},
    ),
    "lignin": (
        {
            "voc_array.ch4_phenol_ppb": 60.0,
            "voc_array.ch5_cresol_ppb": 60.0,
            "voc_array.ch6_guaiacol_ppb": 60.0,
        },
        {"chemical_signature"},
    ),
    "combustion": ({"gas_sensor.co_ppm": 5.0, "gas_sensor.no2_ppb": 60.0}, {"chemical_signature"}),
    "smoke": (
        {"gas_sensor.co_ppm": 5.0, "particulate_matter.pm2_5_ug_m3": GUSTS},
        {"chemical_signature"},
    ),
    "arc": ({f"{one}.modulation_ultrasonic": 0.3 for one in MICROPHONES}, {"arcing_fusion"}),
    "half-waves": ({"emf_sensor.h2_ut": 0.4}, {"arcing_fusion"}),
    "hot spot": (
        {"thermal.max": 12.0, "thermal.hot_spot": 12.0, "thermal.local_rise": 8.0},
        {"hot_spot"},
    ),
    "hotter spot": (
        {"thermal.max": 40.0, "thermal.hot_spot": 40.0, "thermal.local_rise": 30.0},
        {"hot_spot", "arcing_fusion", "equipment_health"},
    ),
    "decay": ({"vibration_sensor.natural_along_hz": -0.12}, {"equipment_health"}),
    "lean": ({"vibration_sensor.tilt_east_east": 0.04}, {"equipment_health"}),
    "blow": ({"vibration_sensor.rms_up_20_110_hz_mg": np.array([0, 0, 60.0, 0, 0, 0])}, {"equipment_health"}),
    "hum": ({f"vibration_sensor.rms_{axis}_110_130_hz_mg": 1.0 for axis in AXES}, {"equipment_health"}),
    "turned field": ({"emf_sensor.x_ut": 30.0}, {"equipment_health"}),
    "dry wind": (
        {
            "wind_sensor.speed_m_s": 10.0,
            "temperature_humidity.humidity_pct": -35.0,
            "temperature_humidity.temperature_c": 12.0,
        },
        {"fire_danger"},
    ),
}
HARMLESS = {  # what looks like trouble in one channel
    "car": {"gas_sensor.co_ppm": 8.0},
    "one gas": {"voc_array.ch1_formaldehyde_ppb": 300.0},
    "haze": {"particulate_matter.pm2_5_ug_m3": 80.0, "gas_sensor.co_ppm": 0.2},
    "sun in the picture": {
        "thermal.max": 140.0, "thermal.hot_spot": 140.0, "thermal.local_rise": 120.0,
        "thermal.max_step": 160.0,
    },
    "drifting cloud": {"thermal.local_rise": 20.0, "thermal.max_step": 15.0},
    "insects": {f"{one}.level_4000_hz_db": 20.0 for one in MICROPHONES},
    "evening load": {f"emf_sensor.{axis}_ut": 15.0 for axis in "xyz"} | {"emf_sensor.fundamental_ut": 25.0},
    "wind alone": {"wind_sensor.speed_m_s": 8.0},
}  # fmt: skip


@pytest.fixture(scope="module")
def fitted(normal):
    return {name: DETECTORS[name]().fit(normal, np.random.default_rng(0)) for name in (*NAMES, REFERENCE)}


def alarms(fitted, windows):
    return {name for name in NAMES if np.median(alarm_score(fitted[name], windows)) >= 0.5}


@pytest.mark.parametrize("what", PLANTED)
def test_trouble_is_told_by_its_own_detector_alone(plant, fitted, what):
    rises, tellers = PLANTED[what]
    assert alarms(fitted, plant(60, rises, seed=1, y="event")) == tellers


@pytest.mark.parametrize("what", HARMLESS)
def test_what_looks_like_trouble_in_one_channel_is_none(plant, fitted, what):
    assert alarms(fitted, plant(60, HARMLESS[what], seed=2)) == set()


def test_noise_is_not_trouble(plant, fitted):
    quiet = plant(4000, seed=3)
    for name in (*NAMES, REFERENCE):
        share = float((alarm_score(fitted[name], quiet) >= 0.5).mean())
        assert share <= 1e-3, name  # the rarest thousandth of normal windows sets a level


def test_clean_air_scores_nothing(plant, fitted):
    detector = fitted["chemical_signature"]
    assert isinstance(detector, ChemicalSignatureDetector)
    assert detector.signature(Readings(plant(2000, seed=4))).score.max() == 0.0


@pytest.mark.parametrize("what", ["cellulose", "hotter spot", "decay"])
def test_a_baseline_taken_after_the_rise_hides_it(plant, fitted, what):
    """What is told is a change: windows shuffled against their baselines tell nothing."""
    rises, _ = PLANTED[what]
    windows = plant(60, rises, seed=1, y="event")
    late = replace(windows, baseline=windows.x.mean(axis=1))
    assert alarms(fitted, late) == set()


def test_weaker_causes_score_less(plant, fitted):
    rises, _ = PLANTED["lignin"]
    detector = fitted["chemical_signature"]
    weakened = [{name: share * rise for name, rise in rises.items()} for share in (0.1, 0.4, 1.0, 2.0)]
    scores = [float(np.median(alarm_score(detector, plant(60, one)))) for one in weakened]
    assert scores == sorted(scores)
    assert scores[0] < 0.5 < scores[-1]


def test_humid_warm_air_that_lifts_every_gas_is_taken_off(plant):
    swing = np.random.default_rng(8).normal(0.0, 5.0, (800, 1))
    lifted = {f"voc_array.ch{i}_{gas}_ppb": 12.0 * swing for i, gas in enumerate(
        ("formaldehyde", "acetaldehyde", "acrolein", "phenol", "cresol", "guaiacol"), 1
    )}  # fmt: skip
    normal = plant(800, lifted | {"temperature_humidity.humidity_pct": swing}, seed=9)
    detector = ChemicalSignatureDetector().fit(normal, np.random.default_rng(0))
    _, damp = detector.slopes["ch3_acrolein"]
    assert damp == pytest.approx(12.0, rel=0.05)
    assert detector.limits.cellulose_ppb[0] < 60.0  # without compensation the swing alone would need 180 ppb


def test_a_device_without_a_sensor_still_judges_by_the_others(plant):
    drop = ("gas_sensor.co_ppm", "gas_sensor.no2_ppb", "thermal.max", "thermal.hot_spot")
    detector = ReferenceDetector().fit(plant(400, seed=5, drop=drop), np.random.default_rng(0))
    rises, _ = PLANTED["arc"]
    scores = detector.score(plant(30, rises, seed=6, y="event", drop=drop))
    assert np.isfinite(scores).all()
    assert detector.classes[int(np.median(scores.argmax(axis=1)))] == "arcing"


def test_gaps_are_no_evidence(plant, fitted):
    gappy = plant(20, seed=7)
    gappy.x[:10] = np.nan
    gappy.baseline[5:15] = np.nan
    for detector in fitted.values():
        scores = detector.score(gappy)
        assert np.isfinite(scores).all()
        assert (scores[:10, 0] > 0.5).all()


def test_the_reference_is_the_greatest_of_all_by_event_type(plant, fitted):
    rises = PLANTED["arc"][0] | PLANTED["decay"][0]
    windows = plant(20, rises, seed=8, y="event")
    reference = fitted[REFERENCE]
    assert isinstance(reference, ReferenceDetector)
    strengths = reference.strengths(windows)
    for part in reference.parts:
        own = part.strengths(windows)
        for column, kind in enumerate(part.kinds):
            assert (strengths[:, reference.kinds.index(kind)] >= own[:, column]).all()
    assert {part.name for part in reference.parts} == set(NAMES)
    assert len(PARTS) == len(NAMES)


@pytest.mark.parametrize("name", [*NAMES, REFERENCE])
def test_misuse_is_refused(plant, normal, name):
    detector = DETECTORS[name]()
    assert isinstance(detector, Detector)
    with pytest.raises(DatasetError, match="not fitted"):
        detector.score(normal)
    with pytest.raises(DatasetError, match="no normal windows"):
        detector.fit(plant(5, y="event"), np.random.default_rng(0))
    detector.fit(normal, np.random.default_rng(0))
    with pytest.raises(DatasetError, match="channels differ"):
        detector.score(plant(5, drop=("thermal.max",)))
