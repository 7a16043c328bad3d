"""Discharge heard, felt and seen at once: `arcing`.

Each sense gives a strength, 1 at its limit: sound by the mains-locked modulation of the ultrasonic band or by
a louder and modulated audible crackle, the magnetic field by high-frequency noise, even harmonics or a
flickering fundamental, the picture by a hot spot. They are averaged by the firmware's weights, each times
the confidence in that sense: a sense that stays in its noise has little say against one that is sure.
Corona, surface discharge and arcs sound alike to it: it tells a discharge, not which.
"""

from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from envirosense.pole.detectors.hot_spot import spot_rise_k
from envirosense.pole.detectors.readings import Floats, Readings, greatest, known, noise_level, reduced
from envirosense.pole.detectors.rule_detector import RuleDetector
from envirosense.scenarios.taxonomy import EventType

WEIGHTS: Final = (0.5, 0.3, 0.2)  # field, picture, sound; firmware's pattern generator
MODULATION: Final = 0.02  # of the ultrasonic envelope at twice mains; four times the noise; assumed
AUDIBLE: Final = 0.05  # of the audible envelope; insects and rotors reach a few hundredths; assumed
LOUDER_DB: Final = 6.0  # rise of 2 to 8 kHz that must go with the audible modulation; assumed
HF_GROWTH: Final = 0.5  # of the noise bands over their baseline; the generator's fluctuation of 0.5
H2_GROWTH: Final = 1.0  # of the second harmonic: half-waves that differ; assumed
FLICKER: Final = 0.5  # std over mean of the fundamental in a window; the generator's fluctuation of 0.5
HOT_K: Final = 15.0  # of a spot; firmware's pattern generator
MOST: Final = 10.0  # strength beyond which a sense is no surer; assumed
NOISE_MARGIN: Final = 1.2  # over the level of normal windows; assumed
MICROPHONES: Final = ("microphone", "microphone_2")
HF_BANDS: Final = ("hf_2_10khz_nt", "hf_10_40khz_nt", "hf_40_100khz_nt")


def fused(strengths: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """Mean of strengths (..., sense) by weight times confidence s / (1 + s), (...); 0 without any."""
    s = np.clip(np.asarray(strengths, dtype=np.float64), 0.0, MOST)
    say = np.asarray(weights, dtype=np.float64) * s / (1.0 + s)
    total = say.sum(axis=-1)
    return np.asarray((say * s).sum(axis=-1) / np.where(total > 0.0, total, 1.0))


def sound_strength(
    ultrasonic: npt.ArrayLike, audible: npt.ArrayLike, louder_db: npt.ArrayLike, limit: float = MODULATION
) -> Floats:
    """Strength of modulated sound, shape of the inputs: ultrasound, or a crackle that is louder too."""
    crackle = np.minimum(np.asarray(audible) / AUDIBLE, np.maximum(np.asarray(louder_db) / LOUDER_DB, 0.0))
    return np.maximum(np.asarray(ultrasonic, dtype=np.float64) / limit, crackle)


class ArcingFusionDetector(RuleDetector):
    """Electrical discharge by field, picture and sound."""

    name = "arcing_fusion"
    kinds: ClassVar[tuple[str, ...]] = (EventType.ARCING.value,)

    def __init__(self) -> None:
        super().__init__()
        self.modulation, self.hf_growth, self.flicker = MODULATION, HF_GROWTH, FLICKER

    def learn(self, normal: Readings) -> None:
        """Limits no lower than what normal windows reach."""
        self.modulation = max(MODULATION, NOISE_MARGIN * noise_level(_modulation(normal, "ultrasonic")))
        self.hf_growth = max(HF_GROWTH, NOISE_MARGIN * noise_level(_hf_growth(normal)))
        self.flicker = max(FLICKER, NOISE_MARGIN * noise_level(_flicker(normal)))

    def senses(self, readings: Readings) -> Floats:
        """Strength of field, picture and sound, (window, 3)."""
        field = greatest(
            [
                _hf_growth(readings) / self.hf_growth,
                (readings.growth("emf_sensor.h2_ut") - 1.0) / H2_GROWTH,
                _flicker(readings) / self.flicker,
            ]
        )
        louder_db = greatest([readings.rise(f"{one}.level_4000_hz_db") for one in MICROPHONES])
        sound = sound_strength(
            known(_modulation(readings, "ultrasonic")),
            known(_modulation(readings, "audible")),
            known(louder_db),
            self.modulation,
        )
        picture = spot_rise_k(readings) / HOT_K
        return np.stack([known(field), known(picture), sound], axis=1)

    def evidence(self, readings: Readings) -> tuple[Floats, ...]:
        """The senses fused."""
        return (fused(self.senses(readings), WEIGHTS),)


def _modulation(readings: Readings, band: str) -> Floats:
    return greatest([readings.mean(f"{one}.modulation_{band}") for one in MICROPHONES])


def _hf_growth(readings: Readings) -> Floats:
    return greatest([readings.growth(f"emf_sensor.{band}") - 1.0 for band in HF_BANDS])


def _flicker(readings: Readings) -> Floats:
    samples = readings.values("emf_sensor.fundamental_ut")
    mean = reduced(np.mean, samples)
    return np.asarray(reduced(np.std, samples) / np.where(mean > 0.0, mean, np.nan))
