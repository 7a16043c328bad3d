import numpy as np
import pytest

from envirosense.physics.sound import sound_machines as sm
from envirosense.physics.sound.acoustics import BANDS, a_weighted_db, energy_of_db

SPECTRA = [
    sm.DIESEL_DB, sm.MOWER_DB, sm.BURST_DB, sm.TYRES_DB, sm.CICADA_DB, sm.CRICKET_DB, sm.BUSH_CRICKET_DB,
]  # fmt: skip


@pytest.mark.parametrize("spectrum_db", SPECTRA)
def test_the_bands_add_up_to_the_power_asked_for(spectrum_db):
    levels_db = sm.power_levels_db(95.0, spectrum_db)
    assert a_weighted_db(energy_of_db(levels_db)) == pytest.approx(95.0)
    np.testing.assert_allclose(np.diff(levels_db), np.diff(spectrum_db))
    assert spectrum_db.max() == 0.0


def test_the_whole_of_a_bang_is_its_power():
    energy_pw = energy_of_db(sm.loud_levels_db(45.0, sm.BURST_DB))
    assert 1e-12 * energy_pw.sum() == pytest.approx(45.0)


def test_a_spectrum_of_other_bands_is_refused():
    with pytest.raises(ValueError, match="12 bands"):
        sm.power_levels_db(95.0, np.zeros(8))


def test_sound_for_half_of_a_tick_has_half_the_energy():
    levels_db = sm.power_levels_db(95.0, sm.MOWER_DB)
    heard_db = sm.sounding_db(levels_db, np.array([0.0, 0.5, 1.0, 2.0]))
    assert heard_db.shape == (4, len(BANDS))
    np.testing.assert_allclose(heard_db[0], sm.SILENT_DB)
    np.testing.assert_allclose(heard_db[1], levels_db - 10.0 * np.log10(2.0))
    np.testing.assert_allclose(heard_db[2], levels_db)
    np.testing.assert_allclose(heard_db[3], levels_db + 10.0 * np.log10(2.0))


def test_insects_sing_above_two_kilohertz_and_engines_below():
    low = BANDS.centre_hz < 1500.0

    def low_share(spectrum_db):
        energy = energy_of_db(spectrum_db)
        return energy[low].sum() / energy.sum()

    for spectrum_db in (sm.CICADA_DB, sm.CRICKET_DB, sm.BUSH_CRICKET_DB):
        assert low_share(spectrum_db) < 1e-3
    for spectrum_db in (sm.DIESEL_DB, sm.MOWER_DB, sm.BURST_DB, sm.TYRES_DB):
        assert low_share(spectrum_db) > 0.7
    ultrasound = BANDS.low_hz >= 20e3
    shares = [energy_of_db(s)[ultrasound].sum() / energy_of_db(s).sum() for s in SPECTRA]
    assert np.argmax(shares) == len(SPECTRA) - 1  # bush crickets
