"""Background of gases: published courses, emission laws, lognormal statistics, stateless blocks."""

import math
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from envirosense.physics.gas import background as bg

PLACES = ("rural", "suburban")
HOURS = np.arange(0.0, 24.0, 0.05)


def levels_of(place: str) -> bg.BackgroundLevels:
    part = tomllib.loads(
        (files("envirosense") / f"parts/background/{place}.toml").read_text(encoding="utf-8")
    )
    species = tuple(part["levels"])
    level, share, gsd, loading = (
        np.array([part[group][s]["value"] for s in species], dtype=float)
        for group in ("levels", "local_share", "gsd", "loading")
    )
    patterns = tuple(part["patterns"][s]["value"] for s in species)
    return bg.background_levels(species, patterns, level, share, gsd, loading)


def summer_day(place: str, day: float = 200.0, wind_m_s: float = 3.0) -> dict[str, np.ndarray]:
    """Median course of a clear day: 20 to 30 degC, sun from 6 to 18 h."""
    levels = levels_of(place)
    air_k = 298.15 + 5.0 * bg.daily_swing(HOURS, 5.0, 15.0)
    ghi_w_m2 = 900.0 * np.maximum(np.sin(np.pi * (HOURS - 6.0) / 12.0), 0.0)
    still = np.zeros((HOURS.size, 1 + len(levels.species)))
    ppb = bg.background_ppb(HOURS, day, air_k, ghi_w_m2, np.full(HOURS.size, wind_m_s), levels, still)
    return dict(zip(levels.species, ppb.T, strict=True))


def unit_ou(tau_s: float, dt_s: float, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    from scipy.signal import lfilter

    phi = math.exp(-dt_s / tau_s)
    shocks = rng.standard_normal(shape)
    shocks[1:] *= math.sqrt(1.0 - phi * phi)
    return lfilter([1.0], [1.0, -phi], shocks, axis=0)


@pytest.mark.parametrize("profile", [bg.TRAFFIC_CO, bg.TRAFFIC_BENZENE])
def test_traffic_passes_through_the_table_with_mean_one(profile):
    np.testing.assert_allclose(bg.traffic_factor(np.arange(24) + 0.5, profile), profile)
    assert bg.traffic_factor(HOURS, profile).mean() == pytest.approx(1.0, abs=0.01)
    assert bg.traffic_factor(np.array([24.25]), profile) == pytest.approx(
        bg.traffic_factor(np.array([0.25]), profile)
    )
    assert bg.traffic_factor(np.array([0.0]), profile)[0] == pytest.approx((profile[0] + profile[-1]) / 2)


def test_nitrogen_dioxide_has_mean_one_and_runs_against_ozone():
    factor = bg.nitrogen_dioxide_factor(HOURS)
    assert factor.mean() == pytest.approx(1.0, abs=1e-3)
    assert 7.0 < HOURS[factor.argmax()] < 10.0
    assert 13.0 < HOURS[factor.argmin()] < 16.0


def test_daily_swing_touches_its_trough_and_crest_with_mean_zero():
    swing = bg.daily_swing(HOURS, 6.0, 15.0)
    assert HOURS[swing.argmin()] == pytest.approx(6.0)
    assert HOURS[swing.argmax()] == pytest.approx(15.0)
    assert swing.mean() == pytest.approx(0.0, abs=1e-12)
    assert np.abs(np.diff(swing)).max() < math.pi / 9.0 * 0.05
    assert HOURS[bg.daily_swing(HOURS, 15.0, 5.0).argmax()] == pytest.approx(5.0)


def test_isoprene_law_at_its_reference_and_limits():
    at_reference = bg.guenther_isoprene_factor(np.array([1000.0]), np.array([303.0]))
    expected = 1.0 / (1.0 + math.exp(-230e3 * 11.0 / (8.314462618 * 303.0**2)))
    assert at_reference[0] == pytest.approx(expected, rel=1e-3)
    assert bg.guenther_isoprene_factor(np.array([0.0]), np.array([303.0]))[0] == 0.0
    light = bg.guenther_isoprene_factor(np.linspace(0, 2500, 50), np.full(50, 303.0))
    assert np.all(np.diff(light) > 0)
    assert light[-1] < 1.066
    temperature_k = np.arange(280.0, 330.0, 0.1)
    warm = bg.guenther_isoprene_factor(np.full(temperature_k.size, 1000.0), temperature_k)
    assert 311.0 < temperature_k[warm.argmax()] < 314.0


def test_terpenes_grow_nine_percent_a_kelvin():
    np.testing.assert_allclose(bg.terpene_factor(np.array([293.0, 303.0, 313.0])), np.exp([-0.9, 0.0, 0.9]))


def test_no_balances_photolysis_and_titration():
    no_ppb = bg.photostationary_no_ppb(np.array([10.0, 10.0]), np.array([40.0, 0.0]), np.array([1000.0, 0.0]))
    assert no_ppb[0] * bg.TITRATION_PER_PPB_S * 40.0 == pytest.approx(8e-3 * 10.0)
    assert no_ppb[1] == 0.0


@pytest.mark.parametrize(
    ("species", "low", "high", "place"),
    [
        ("carbon_monoxide", 100, 260, "rural"),
        ("carbon_monoxide", 120, 600, "suburban"),
        ("methane", 1800, 2150, "rural"),
        ("hydrogen", 480, 600, "rural"),
        ("ozone", 15, 70, "rural"),
        ("nitrogen_dioxide", 0.8, 6, "rural"),
        ("nitrogen_dioxide", 4, 40, "suburban"),
        ("isoprene", 0.0, 5, "rural"),
        ("alpha_pinene", 0.1, 1, "rural"),
        ("formaldehyde", 0.8, 5, "suburban"),
        ("benzene", 0.04, 0.7, "suburban"),
        ("toluene", 0.05, 2, "suburban"),
    ],
)
def test_median_summer_day_stays_in_the_published_range(species, low, high, place):
    ppb = summer_day(place)[species]
    assert low <= ppb.min() <= ppb.max() <= high


def test_courses_peak_when_they_should():
    day = summer_day("rural")
    assert HOURS[day["ozone"].argmax()] == pytest.approx(15.0)
    assert HOURS[day["ozone"].argmin()] == pytest.approx(6.0)
    assert 10.0 < HOURS[day["isoprene"].argmax()] < 16.0
    assert day["isoprene"].max() > 0.3
    assert day["isoprene"][HOURS < 5.0].max() < 0.05
    assert HOURS[day["carbon_monoxide"].argmax()] == pytest.approx(19.5)
    assert np.corrcoef(day["nitrogen_dioxide"], day["ozone"])[0, 1] < -0.2
    pinene = day["alpha_pinene"]
    assert pinene[(HOURS < 4) | (HOURS > 20)].mean() > pinene[(HOURS > 10) & (HOURS < 16)].mean()
    assert summer_day("rural", day=20.0)["isoprene"].max() < 0.05


def test_calm_air_holds_more_of_near_sources_and_no_more_ozone():
    calm, windy = summer_day("suburban", wind_m_s=0.0), summer_day("suburban", wind_m_s=8.0)
    assert np.all(calm["benzene"] > windy["benzene"])
    np.testing.assert_array_equal(calm["ozone"], windy["ozone"])
    assert float(bg.ventilation_factor(np.array(3.0))) == 1.0


def test_build_up_of_methane_is_five_to_twenty_percent_in_a_calm_night():
    methane_ppb = summer_day("rural", wind_m_s=0.5)["methane"]
    assert 1.05 < methane_ppb.max() / methane_ppb.min() < 1.20


def test_wander_has_the_published_spread_and_memory():
    """Hourly ln CO at a roadside over n = 400 independent paths of 60 days."""
    n_path, n_hour = 400, 24 * 60
    rng = np.random.default_rng(11)
    paths = bg.blend_paths(
        unit_ou(bg.LN_TAU_S, 3600.0, (n_hour, n_path + 1), rng),
        unit_ou(bg.SYNOPTIC_TAU_S, 3600.0, (n_hour, n_path + 1), rng),
    )
    one = np.ones(n_path)
    levels = bg.background_levels(
        ("carbon_monoxide",) * n_path, ("traffic_co",) * n_path, one, one, 2.08 * one, 0.0 * one
    )
    hour = np.arange(n_hour) % 24 + 0.5
    steady = np.full(n_hour, 3.0)
    ln_c = np.log(bg.background_ppb(hour, 200.0, steady + 295.0, 0.0 * steady, steady, levels, paths))
    ln_c -= ln_c.mean()
    variance = float((ln_c**2).mean())
    # independent samples of the wander: each path gives its length over twice its mean memory (39 h)
    n_independent = n_path * n_hour / (2 * (0.5 * 72.0 + 0.5 * 6.2))
    tolerance = 5 * math.sqrt(2 / n_independent)
    assert variance == pytest.approx(math.log(2.08) ** 2, rel=tolerance)
    lag_1 = float((ln_c[1:] * ln_c[:-1]).mean()) / variance
    lag_24 = float((ln_c[24:] * ln_c[:-24]).mean()) / variance
    assert 0.86 - 0.1 < lag_1 < 0.91 + 0.1
    assert 0.64 - 0.1 < lag_24 < 0.75 + 0.1


def test_lognormal_factor_has_median_one_and_shared_part():
    n = 40_000
    normals = np.random.default_rng(2).standard_normal((n, 3))
    ln_sigma, loading = np.array([0.7, 0.3]), np.array([0.8, -0.6])
    ln_factor = np.log(bg.lognormal_factor(normals, ln_sigma, loading))
    np.testing.assert_allclose(ln_factor.mean(axis=0), 0.0, atol=5 * 0.7 / math.sqrt(n))
    np.testing.assert_allclose(ln_factor.std(axis=0), ln_sigma, rtol=5 / math.sqrt(2 * n))
    correlation = np.corrcoef(ln_factor.T)[0, 1]
    assert correlation == pytest.approx(-0.48, abs=5 * (1 - 0.48**2) / math.sqrt(n))


def test_hourly_memory_is_085():
    assert math.exp(-3600.0 / bg.LN_TAU_S) == pytest.approx(0.85)


@pytest.mark.parametrize("place", PLACES)
def test_blocks_give_the_bits_of_one_call(place):
    n = 301
    levels = levels_of(place)
    rng = np.random.default_rng(4)
    series = (
        np.linspace(3.0, 8.0, n),
        np.linspace(130.0, 130.2, n),
        rng.uniform(280, 305, n),
        rng.uniform(0, 900, n),
        rng.uniform(0, 8, n),
        rng.standard_normal((n, 1 + len(levels.species))),
    )

    def run(part: slice) -> np.ndarray:
        hour, day, air_k, ghi, wind, normals = (x[part] for x in series)
        return bg.background_ppb(hour, day, air_k, ghi, wind, levels, normals)

    whole = run(slice(None))
    assert np.isfinite(whole).all()
    assert whole.min() >= 0.0
    pieces = [run(slice(a, b)) for a, b in ((0, 1), (1, 8), (8, 68), (68, n))]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


def test_southern_season_is_half_a_year_later():
    north = levels_of("rural")
    south = bg.BackgroundLevels(
        *(
            getattr(north, f)
            for f in ("species", "pattern", "level_ppb", "local_share", "ln_sigma", "loading")
        ),
        season_shift_days=182.625,
    )
    ones, still = np.ones(1), np.zeros((1, 1 + len(north.species)))
    july_n, january_s = (
        bg.background_ppb(12.0 * ones, day, 300.0 * ones, 800.0 * ones, 2.0 * ones, levels, still)
        for day, levels in ((200.0, north), (200.0 + 182.625, south))
    )
    np.testing.assert_allclose(july_n, january_s)


def test_flat_species_keep_their_level():
    one = np.ones(1)
    levels = bg.background_levels(("ethanol",), ("flat",), 4.0 * one, one, 1.5 * one, 0.0 * one)
    ppb = bg.background_ppb(HOURS, 1.0, HOURS + 280, 0 * HOURS, HOURS, levels, np.zeros((HOURS.size, 2)))
    np.testing.assert_array_equal(ppb, 4.0)


def test_unfit_levels_are_refused():
    one = np.ones(1)
    with pytest.raises(ValueError, match="one value per species"):
        bg.background_levels(("ozone",), ("ozone",), np.ones(2), one, one, one)
    with pytest.raises(ValueError, match="loading"):
        bg.background_levels(("ozone",), ("ozone",), one, one, one, 2 * one)
    with pytest.raises(ValueError, match="needs ozone"):
        bg.background_levels(("nitric_oxide",), ("photostationary",), one, one, one, one)
