from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.electric.high_impedance import SURFACES, fault_current, wandering_path
from envirosense.physics.electric.line_fields import polarisation_ellipse, resultant
from envirosense.physics.electric.partial_discharge import list_pulses
from envirosense.pole.fields.electric import CONVERTER_NOISE, RADIO_BANDS_HZ, LineFields
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.site import Site
from envirosense.scenarios import Discharge, Forcing, Impact, LineChange, Structure, Tank, WeatherChange

WORKED = Site(crossarm_drop_m=1.55, insulator_height_m=0.25)  # wires of reference 2.3: 10.7 and 9.1 m
BRACKET = WORKED.place(0.3, 0.0, 8.0)


@pytest.fixture
def make_inputs(make_world):
    def inputs(*forcings, n=60, dt_s=10.0, site=WORKED, seed=7, **columns):
        world = make_world(n=n, dt_s=dt_s, site=site, seed=seed, **columns)
        return WorldInputs(site, world.atmosphere, world.current_a, forcings, seed)

    return inputs


@pytest.fixture
def make_fields(make_inputs):
    def fields(*forcings, **options):
        return LineFields(make_inputs(*forcings, **options))

    return fields


def line(**changes):
    return Forcing(line=(LineChange(**changes),))


def phases(a=1.0, b=1.0, c=1.0, n=60):
    return np.tile([a, b, c], (n, 1)).astype(float)


def share(field, order):
    sizes = resultant(field)
    return (sizes[:, HARMONICS.index(order)] / sizes[:, 0]).mean()


def test_answers_are_phasors_over_ticks_harmonics_and_axes(make_fields):
    fields = make_fields()
    for field in (fields.magnetic_t(BRACKET), fields.electric_v_m(BRACKET)):
        assert field.shape == (60, len(HARMONICS), 3)
        assert field.dtype == np.complex128
        assert np.all(np.isfinite(field))
    assert fields.radio_t(BRACKET).shape == (60, len(RADIO_BANDS_HZ))
    assert fields.harmonics == HARMONICS


def test_fields_have_the_size_of_the_worked_pole(make_fields):
    fields = make_fields()
    near = resultant(fields.magnetic_t(BRACKET))[:, 0] / fields.phase_current_a().mean(axis=1)
    assert near.mean() == pytest.approx(9.34e-6 / 200, rel=0.3)  # its unbalance is another
    assert resultant(fields.electric_v_m(BRACKET))[:, 0].mean() == pytest.approx(286.7, rel=0.1)


def test_fields_turn_with_the_line(make_fields):
    north = make_fields()
    turned_site = WORKED.model_copy(update={"line_azimuth_deg": 90.0})
    still = {"wind_m_s": 0.5}
    north, east = make_fields(**still), make_fields(site=turned_site, **still)
    for at in ((0.3, 0.0, 8.0), (12.0, 3.0, 1.0)):
        before = north.magnetic_t(WORKED.place(*at))
        after = east.magnetic_t(turned_site.place(*at))
        # a quarter turn clockwise: east becomes south, north becomes east
        np.testing.assert_allclose(after[..., 0], before[..., 1], atol=3e-4 * np.abs(before).max())
        np.testing.assert_allclose(after[..., 1], -before[..., 0], atol=3e-4 * np.abs(before).max())
        assert np.all(before[..., 1] == 0.0)  # nothing along the line


def test_mean_of_the_phases_is_the_line_current(make_inputs):
    inputs = make_inputs()
    fields = LineFields(inputs)
    over = np.mean(fields.phase_current_a(), axis=1) / inputs.current_a
    np.testing.assert_allclose(over, 1.0, atol=0.01)  # the rest is over-excitation
    assert fields.phase_current_a().std(axis=1).min() > 0.0


def test_voltage_and_frequency_stay_in_their_bands(make_fields):
    fields = make_fields(n=1440, dt_s=60.0)
    assert np.all(np.abs(fields.line_voltage_v() / 7200.0 - 1.0) < 0.05)
    assert np.all(np.abs(fields.mains_hz() - 60.0) < 6 * 0.02)
    assert fields.mains_hz().std() == pytest.approx(0.02, rel=0.5)


def test_a_lost_phase_stands_out_in_the_electric_field(make_fields):
    """Reference 2.3: 16.8 to 75.5 V/m under the line when phase a dies."""
    under = WORKED.place(0.2, 0.0, 1.0)
    sound, dead = make_fields(), make_fields(line(voltage_factor=phases(a=0.0), current_factor=phases(a=0.0)))
    before, after = (resultant(f.electric_v_m(under))[:, 0].mean() for f in (sound, dead))
    assert after / before == pytest.approx(75.5 / 16.8, rel=0.1)
    assert np.all(dead.line_voltage_v()[:, 0] == 0.0)
    assert np.all(dead.phase_current_a()[:, 0] == 0.0)
    far = WORKED.place(30.0, 0.0, 1.0)
    assert resultant(dead.magnetic_t(far))[:, 0].mean() > 3 * resultant(sound.magnetic_t(far))[:, 0].mean()


def test_a_broken_neutral_shows_in_the_far_field_and_the_third_harmonic(make_fields):
    sound = make_fields(line(neutral_share=np.full(60, 0.3)))  # below what any neutral carries
    broken = make_fields(line(neutral_share=np.full(60, 0.3)), line(neutral_share=np.zeros(60)))
    assert np.all(broken.neutral_current_a() == 0.0)
    far = WORKED.place(30.0, 0.0, 1.0)
    third = [resultant(f.magnetic_t(far))[:, HARMONICS.index(3)].mean() for f in (sound, broken)]
    assert third[1] / third[0] == pytest.approx(1.0 / 0.7, rel=0.1)  # 70 % of the return was missing, now all
    shapes = [polarisation_ellipse(f.magnetic_t(BRACKET)[:, 0]) for f in (sound, broken)]
    assert abs(shapes[0].ellipticity.mean() - shapes[1].ellipticity.mean()) > 0.01


def test_triplens_add_in_the_neutral(make_fields):
    fields = make_fields(line(neutral_share=np.full(60, 0.3)))
    third = fields.neutral_current_a()[:, HARMONICS.index(3)] / fields.phase_current_a().mean(axis=1)
    assert third.mean() == pytest.approx(0.3 * 3 * 0.06, rel=0.5)  # its slow wander has a spread of 15 %


def test_harmonic_factor_scales_the_distortion_alone(make_fields):
    sound, dirty = make_fields(), make_fields(line(harmonic_factor=np.full(60, 3.0)))
    assert share(dirty.magnetic_t(BRACKET), 3) == pytest.approx(
        3 * share(sound.magnetic_t(BRACKET), 3), rel=0.05
    )
    assert share(dirty.electric_v_m(BRACKET), 5) > 2.5 * share(sound.electric_v_m(BRACKET), 5)
    np.testing.assert_allclose(dirty.phase_current_a(), sound.phase_current_a())


def test_fault_current_of_a_fallen_conductor_is_added(make_fields, make_inputs):
    path = wandering_path(SURFACES["wet_grass"], 7200.0 * np.sqrt(2), 60, 10.0, np.random.default_rng(1))
    phasors = fault_current(path, 7200.0 * np.sqrt(2)).phasors_a
    added = {h: phasors[:, [i]] * np.array([0.0, 1.0, 0.0]) for i, h in enumerate(HARMONICS)}
    faulty, open_b = (
        make_fields(line(current_factor=phases(b=0.0), fault_current_a=fault)) for fault in (added, {})
    )
    np.testing.assert_allclose(faulty.phase_current_a()[:, 1], np.abs(phasors[:, 0]))
    even = resultant(faulty.magnetic_t(BRACKET))[:, HARMONICS.index(2)]
    assert even.mean() > 0.0
    assert np.all(resultant(open_b.magnetic_t(BRACKET))[:, HARMONICS.index(2)] == 0.0)


def test_a_saturated_transformer_adds_even_harmonics(make_fields):
    sick = make_fields(Forcing(tanks=(Tank(saturation=np.full(60, 40.0)),)))
    field = resultant(sick.magnetic_t(BRACKET))
    assert np.all(field[:, HARMONICS.index(2)] > 0.0)
    bare = make_fields(
        Forcing(tanks=(Tank(saturation=np.full(60, 40.0)),)),
        site=WORKED.model_copy(update={"has_transformer": False}),
    )
    assert np.all(resultant(bare.magnetic_t(BRACKET))[:, HARMONICS.index(2)] == 0.0)


def test_transformer_current_comes_from_one_side(make_fields):
    """Half of it at the pole, all of it up the line, none of it down the line."""
    sound, sick = (
        make_fields(*causes, wind_m_s=0.5)
        for causes in ((), (Forcing(tanks=(Tank(load_factor=np.full(60, 5.0)),)),))
    )

    def excess(along_m):
        at = WORKED.place(0.3, along_m, 8.0)
        return np.linalg.norm(sick.magnetic_t(at)[0, 0] - sound.magnetic_t(at)[0, 0])

    assert excess(0.0) == pytest.approx(0.5 * excess(-1e4), rel=1e-6)
    assert excess(1e4) < 1e-6 * excess(0.0)


BESIDE_C = WORKED.place(2.5, 0.0, 10.7)  # level with the wires: their swing acts in full


@pytest.fixture
def sway(make_fields):
    """Magnetic field beside phase c over that in a calm, less one, (time,)."""

    def ratio(*causes, wind_m_s, n=60, dt_s=1.0):
        strengths = [
            resultant(make_fields(*cause, n=n, dt_s=dt_s, wind_m_s=wind).magnetic_t(BESIDE_C)[:, 0])
            for cause, wind in ((causes, wind_m_s), ((), 0.5))
        ]
        return strengths[0] / strengths[1] - 1.0

    return ratio


def test_wind_makes_the_magnetic_field_sway_by_percents(sway):
    breeze, storm = (sway(wind_m_s=wind, n=600) for wind in (2.0, 18.0))
    assert np.abs(breeze).max() < 0.003
    assert 0.01 < np.abs(storm - storm.mean()).max() < 0.05
    assert np.diff(storm).std() > 10 * np.diff(breeze).std()


@pytest.mark.parametrize("dt_s", [0.5, 1.0, 10.0])
def test_the_tick_leaves_the_sway_alone(sway, dt_s):
    """Spread of an hour's sway at 15 m/s: 120 independent gusts of 30 s, 5 standard errors."""
    assert np.std(sway(wind_m_s=15.0, n=int(3600 / dt_s), dt_s=dt_s)) == pytest.approx(
        0.0106, rel=5 / np.sqrt(240)
    )


def test_a_slack_line_sways_more_and_a_blow_sets_it_swinging(sway):
    slack = Forcing(structures=(Structure(tension_factor=np.full(60, 0.4)),))
    usual, loose = (sway(*causes, wind_m_s=10.0) for causes in ((), (slack,)))
    assert np.abs(loose).mean() > 1.5 * np.abs(usual).mean()
    blow = Forcing(
        impacts=(Impact(at_s=20.5, impulse_n_s=3000.0, duration_s=0.1, height_m=9.0, azimuth_deg=90.0),)
    )
    struck = sway(blow, wind_m_s=0.5)
    assert np.all(np.abs(struck[:21]) < 1e-12)
    assert np.abs(struck[21:30]).max() > 0.01


def test_nothing_before_a_cause_tells_of_it_in_the_sway(make_fields, make_world):
    late = np.r_[np.zeros(30), np.ones(30)]
    slack = Forcing(structures=(Structure(tension_factor=1.0 - 0.6 * late),))
    sound, loose = (
        make_fields(*causes, dt_s=1.0, wind_m_s=10.0).magnetic_t(BESIDE_C) for causes in ((), (slack,))
    )
    np.testing.assert_array_equal(loose[:30], sound[:30])
    assert np.abs(loose[30:] - sound[30:]).max() > 0.0
    worlds = [make_world(site=WORKED, dt_s=1.0) for _ in range(2)]
    worlds[1].add(Forcing(weather=(WeatherChange(wind_m_s=12.0 * late),)))
    calm, gusty = (world.state(0, 60).magnetic_t(BESIDE_C) for world in worlds)
    np.testing.assert_array_equal(gusty[:30], calm[:30])
    assert np.abs(gusty[30:] - calm[30:]).max() > 0.0


def gap(charge_c=1e-7, n=60, at=None, **changes):
    pulses = np.zeros(n)
    pulses[n // 2 :] = 240.0
    place = at or WORKED.place(-1.12, 0.0, 10.6)
    discharge = Discharge("gap", place, "gap", 10.0 * np.sign(pulses), pulses, charge_c)
    return Forcing(discharges=(replace(discharge, **changes),))


def test_discharges_raise_the_radio_noise_while_they_burn(make_fields):
    quiet, noisy = make_fields(), make_fields(gap(charge_c=1e-6))
    before, after = quiet.radio_t(BRACKET), noisy.radio_t(BRACKET)
    np.testing.assert_array_equal(after[:30], before[:30])
    assert np.all(after[30:] > before[30:])
    assert np.all(after[30:, 3] > 10 * before[30:, 3])


def test_radio_noise_is_that_of_the_mean_square_charge(make_fields):
    """Campbell's theorem, against single pulses of the pattern, whose charges scatter."""
    charge_c, pulse_s = 1e-6, 1e-6
    at = WORKED.place(-1.12, 500.0, 10.0)  # 0.7 m under phase a; only the guided half is left
    noisy, quiet = (
        make_fields(*causes).radio_t(at)[-1, 3] for causes in ((gap(charge_c=charge_c, kind="arc"),), ())
    )
    listed = np.abs(list_pulses("arc", 100_000, np.random.default_rng(2)).charge_c)
    scatter = np.mean(listed**2) / np.mean(listed) ** 2  # 2 for an exponential law
    edges = np.arctan(2.0 * np.pi * pulse_s * np.array(RADIO_BANDS_HZ[3]))
    current_a2 = 2.0 * scatter * charge_c**2 * 240.0 * np.diff(edges)[0] / (2.0 * np.pi * pulse_s)
    assert (noisy**2 - quiet**2) / current_a2 / (0.5 * 2e-7 / 0.7) ** 2 == pytest.approx(1.0, rel=0.03)


def test_radio_noise_falls_with_distance_and_follows_its_phase(make_fields):
    loud = make_fields(gap(charge_c=1e-4))
    sizes = [loud.radio_t(WORKED.place(-1.12, 0.0, up))[-1, 3] for up in (10.0, 8.0, 1.0)]
    assert sizes == sorted(sizes, reverse=True)
    beside_c = WORKED.place(1.3, 500.0, 10.7)  # far along the line only the guided part is left
    on_a, on_c = (make_fields(gap(charge_c=1e-4, phase=phase)).radio_t(beside_c)[-1, 3] for phase in "ac")
    assert on_c > 5 * on_a


def test_converter_noise_follows_the_load(make_fields):
    fields = make_fields()
    radio = fields.radio_t(BRACKET)
    np.testing.assert_allclose(radio / radio[:, :1], np.tile(CONVERTER_NOISE / CONVERTER_NOISE[0], (60, 1)))
    dead = make_fields(line(current_factor=phases(0.0, 0.0, 0.0)))
    assert np.all(dead.radio_t(BRACKET) == 0.0)


def test_asking_changes_nothing_and_the_seed_decides(make_fields):
    one, two, other = make_fields(), make_fields(), make_fields(seed=8)
    one.electric_v_m((5.0, 5.0, 1.0))
    one.radio_t(BRACKET)
    np.testing.assert_array_equal(one.magnetic_t(BRACKET), two.magnetic_t(BRACKET))
    np.testing.assert_array_equal(one.magnetic_t(BRACKET), one.magnetic_t(BRACKET))
    assert not np.array_equal(one.magnetic_t(BRACKET), other.magnetic_t(BRACKET))


def test_a_cause_moves_no_other_draw(make_fields):
    sound, noisy = make_fields(), make_fields(gap(), line(harmonic_factor=np.ones(60)))
    np.testing.assert_array_equal(noisy.magnetic_t(BRACKET), sound.magnetic_t(BRACKET))
    np.testing.assert_array_equal(noisy.electric_v_m(BRACKET), sound.electric_v_m(BRACKET))


@pytest.mark.parametrize("dt_s", [1.0, 30.0])
def test_the_tick_leaves_the_unbalance_alone(make_inputs, dt_s):
    """Spread of a phase over the mean, (shares' 0.105), over 40 seeds of half an hour."""
    spreads = []
    for seed in range(40):
        inputs = make_inputs(n=int(1800 / dt_s), dt_s=dt_s, seed=seed)
        current_a = LineFields(inputs).phase_current_a()
        spreads.append((current_a[-1] / current_a[-1].mean() - 1.0) ** 2)
    expected = 3.0 * np.sqrt(2.0 / 9.0 / 181.0)
    assert np.sqrt(np.mean(spreads)) == pytest.approx(expected, rel=5 / np.sqrt(2 * 80))


@pytest.mark.parametrize(
    ("cause", "field"),
    [
        (line(current_factor=np.ones(60)), "line.current_factor"),
        (line(voltage_factor=np.full((60, 3), np.nan)), "line.voltage_factor"),
        (line(harmonic_factor=np.full(60, -1.0)), "line.harmonic_factor"),
        (line(neutral_share=np.full(60, 1.5)), "line.neutral_share"),
        (line(fault_current_a={4: np.zeros((60, 3), complex)}), "line.fault_current_a[4]"),
        (line(fault_current_a={3: np.zeros((59, 3), complex)}), "line.fault_current_a[3]"),
        (Forcing(tanks=(Tank(saturation=np.ones(3)),)), "tank.saturation"),
        (gap(n=59), "gap.pulses_per_s"),
        (gap(charge_c=-1.0), "gap.charge_c"),
    ],
)
def test_causes_that_do_not_fit_are_refused(make_fields, cause, field):
    with pytest.raises(ConfigError) as refused:
        make_fields(cause)
    assert refused.value.field == field
    assert refused.value.fix


def test_a_wrong_tension_is_refused(make_fields):
    fields = make_fields(Forcing(structures=(Structure(tension_factor=np.ones(3)),)))
    with pytest.raises(ConfigError, match="tension_factor"):
        fields.magnetic_t(BRACKET)
