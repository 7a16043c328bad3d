"""Sound of engines, fireworks and insects: their spectra, and band levels for a given A-weighted power.

Spectra are band levels over the loudest band, in the order of BANDS.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.sound.acoustics import BANDS, REFERENCE_W, a_weighted_db, db_of_energy, energy_of_db

type Floats = npt.NDArray[np.float64]

SILENT_DB: Final = -100.0  # power level of what does not sound: nobody hears it
# 63 Hz to 8 kHz, then 20-25, 25-35, 35-45 and 45-60 kHz; all assumed
DIESEL_DB: Final = np.array([0.0, -2.0, -4.0, -6.0, -6.0, -9.0, -15.0, -22.0, -45.0, -50.0, -56.0, -62.0])
MOWER_DB: Final = np.array([-8.0, -2.0, 0.0, -3.0, -4.0, -6.0, -9.0, -14.0, -36.0, -42.0, -49.0, -56.0])
BURST_DB: Final = np.array([0.0, -1.0, -2.0, -4.0, -7.0, -11.0, -15.0, -20.0, -32.0, -38.0, -44.0, -50.0])
TYRES_DB: Final = np.array([-9.0, -7.0, -5.0, -3.0, 0.0, -3.0, -9.0, -16.0, -42.0, -48.0, -54.0, -60.0])
CICADA_DB: Final = np.array([-60.0, -60.0, -60.0, -55.0, -45.0, -14.0, 0.0, -3.0, -26.0, -33.0, -41.0, -50.0])
CRICKET_DB: Final = np.array(
    [-60.0, -60.0, -60.0, -60.0, -50.0, -8.0, 0.0, -17.0, -40.0, -46.0, -52.0, -58.0]
)
BUSH_CRICKET_DB: Final = np.array(
    [-60.0, -60.0, -60.0, -60.0, -55.0, -35.0, -15.0, 0.0, -3.0, -5.0, -11.0, -18.0]
)


def power_levels_db(power_dba: float, spectrum_db: Floats) -> Floats:
    """Power level of every band of a source whose A-weighted whole is `power_dba`, (band,) [dB re 1 pW]."""
    if spectrum_db.shape != (len(BANDS),):
        raise ValueError(f"spectrum_db needs {len(BANDS)} bands, not {spectrum_db.shape}")
    return np.asarray(spectrum_db + power_dba - a_weighted_db(energy_of_db(spectrum_db)))


def loud_levels_db(power_w: float, spectrum_db: Floats) -> Floats:
    """Power level of every band of a source of `power_w` of sound in all, (band,) [dB re 1 pW]."""
    whole = float(energy_of_db(spectrum_db).sum())
    return np.asarray(spectrum_db + db_of_energy(power_w / (REFERENCE_W * whole)))


def sounding_db(levels_db: Floats, share: Floats) -> Floats:
    """Power levels of a source that sounds for a share of each tick, (time, band) [dB re 1 pW].

    `levels_db` (band,) are those of share 1; shares may exceed it where several sound at once.
    """
    floor = energy_of_db(SILENT_DB)
    return db_of_energy(np.maximum(np.outer(share, energy_of_db(levels_db)), floor))
