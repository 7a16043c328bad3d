import numpy as np
import pytest
from scipy.special import erf

from envirosense.physics.gas.enclosures import Room, diffused_g_m3, well_mixed_g_m3

ROOM = Room((4.0, 3.0, 2.5), (16, 12, 10))


def puff(room, at=(1.3, 1.1, 0.9), mass_g=2.0):
    c = np.zeros(room.voxels)
    c[room.voxel_of(at)] = mass_g / room.voxel_m3
    return c


def test_a_well_mixed_box_reaches_emission_over_airflow():
    c = well_mixed_g_m3(np.full(5000, 2e-3), 0.01, 30.0, 0.05, 10.0)
    assert c[-1] == pytest.approx(2e-3 / 0.05 + 0.01, rel=1e-9)


@pytest.mark.parametrize("dt_s", [1.0, 60.0, 600.0])
def test_a_well_mixed_box_decays_exactly_whatever_the_step(dt_s):
    n = round(3600 / dt_s)
    c = well_mixed_g_m3(np.zeros(n), 0.0, 25.0, 0.02, dt_s, start_g_m3=1.0, loss_per_s=1e-4)
    assert c[-1] == pytest.approx(np.exp(-(0.02 / 25.0 + 1e-4) * 3600.0), rel=1e-12)


def test_a_sealed_box_keeps_all_that_is_emitted():
    c = well_mixed_g_m3(np.linspace(0.0, 1e-3, 100), 0.0, 20.0, 0.0, 2.0)
    assert c[-1] * 20.0 == pytest.approx(np.linspace(0.0, 1e-3, 100).sum() * 2.0, rel=1e-12)


@pytest.mark.parametrize("bad", [{"volume_m3": 0.0}, {"airflow_m3_s": -1.0}, {"loss_per_s": -1.0}])
def test_a_box_that_cannot_be_is_refused(bad):
    good = {"volume_m3": 20.0, "airflow_m3_s": 0.1, "dt_s": 1.0} | bad
    with pytest.raises(ValueError, match="volume_m3"):
        well_mixed_g_m3(np.zeros(3), 0.0, **good)


@pytest.mark.parametrize("dt_s", [0.1, 10.0, 1e4])
def test_diffusion_conserves_mass_and_never_goes_negative(dt_s):
    c = puff(ROOM)
    for _ in range(5):
        c = diffused_g_m3(ROOM, c, 0.02, dt_s)
    assert c.sum() * ROOM.voxel_m3 == pytest.approx(2.0, rel=1e-12)
    assert c.min() > -1e-12 * c.max()


def test_one_long_step_is_many_short_ones():
    source = np.zeros(ROOM.voxels)
    source[2, 3, 4] = 1e-3
    short = puff(ROOM)
    for _ in range(50):
        short = diffused_g_m3(ROOM, short, (0.01, 0.02, 0.005), 2.0, source, 2e-4, 0.003)
    long = diffused_g_m3(ROOM, puff(ROOM), (0.01, 0.02, 0.005), 100.0, source, 2e-4, 0.003)
    assert short == pytest.approx(long, rel=1e-10)


def test_the_mean_of_the_room_is_the_well_mixed_box():
    source = np.zeros(ROOM.voxels)
    source[0, 0, 0] = 1e-3
    volume_m3 = float(np.prod(ROOM.size_m))
    c = diffused_g_m3(ROOM, np.zeros(ROOM.voxels), 0.01, 900.0, source, 3e-4, 0.002)
    box = well_mixed_g_m3(np.array([1e-3]), 0.002, volume_m3, 3e-4 * volume_m3, 900.0)
    assert c.mean() == pytest.approx(box[0], rel=1e-12)


def sealed_line(x_m, length_m, edge_m, spread_m):
    """Cell-free solution of a slab that filled [0, edge] and spread between no-flux walls."""
    total = np.zeros_like(x_m)
    for n in range(-4, 5):
        for sign in (1.0, -1.0):
            y = sign * x_m + 2 * n * length_m
            total += 0.5 * (
                erf((y + edge_m) / (np.sqrt(2) * spread_m)) - erf((y - edge_m) / (np.sqrt(2) * spread_m))
            )
    return 0.5 * total


def test_voxels_converge_at_second_order_to_the_closed_form():
    errors = []
    for n in (16, 32, 64):
        room = Room((4.0, 1.0, 1.0), (n, 1, 1))
        x = room.centres_m()[0]
        start = (x < 1.0).astype(float).reshape(-1, 1, 1)
        c = diffused_g_m3(room, start, 0.05, 10.0)[:, 0, 0]
        exact = sealed_line(x, 4.0, 1.0, np.sqrt(2 * 0.05 * 10.0))
        errors.append(np.sqrt(np.mean((c - exact) ** 2)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx([2.0, 2.0], abs=0.15)


def test_diffusion_is_the_same_in_every_direction_of_a_cube():
    cube = Room((2.0, 2.0, 2.0), (9, 9, 9))
    c = diffused_g_m3(cube, puff(cube, (1.0, 1.0, 1.0)), 0.01, 30.0)
    assert c == pytest.approx(c.transpose(1, 2, 0), rel=1e-10)
    assert c == pytest.approx(c[::-1], rel=1e-10)


def test_a_point_outside_the_room_is_refused():
    assert ROOM.voxel_of((4.0, 0.0, 2.5)) == (15, 0, 9)
    with pytest.raises(ValueError, match="outside a room"):
        ROOM.voxel_of((4.1, 0.0, 0.0))


def test_rooms_and_rates_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="size_m"):
        Room((0.0, 1.0, 1.0), (2, 2, 2))
    with pytest.raises(ValueError, match="diffusivity_m2_s"):
        diffused_g_m3(ROOM, puff(ROOM), -0.1, 1.0)
