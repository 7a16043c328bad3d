"""Speed of the thermal camera's pieces: coverage, render, imperfection chain, inverse, noise.

Prints CPU milliseconds per 3600 frames of 80x60 and frames per second, median of five passes on one core.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import time
from collections.abc import Callable

import numpy as np

from envirosense.core.parts import load_part
from envirosense.instruments.noise_kernels import philox_normal_block
from envirosense.instruments.radiance_conversion import fit_converter
from envirosense.instruments.thermal_kernels import mix_radiance, radiance_to_kelvin
from envirosense.physics.light.radiation import band_radiance_w_m2_sr
from envirosense.pole.picture.scene import Coverage, Scene, coverage
from envirosense.pole.picture.scene_geometry import Box, Cylinder, Ellipsoid, Ground, PinholeCamera
from envirosense.pole.picture.thermal_imperfections import ThermalImperfections, draw_unit
from envirosense.pole.picture.thermal_recording import (
    CameraConditions,
    record_frames,
    render_radiance,
    start_camera,
)

N_FRAMES = 3600
PASSES = 5


def pole_scene() -> Scene:
    """Pole, crossarm, three phases, tank, tree, ground: about 90 components."""
    phases = [
        Cylinder(f"phase_{name}", (x, -12.0, 11.95), (x, 12.0, 11.95), 0.009, segments=4)
        for name, x in zip("abc", (-1.1, 0.3, 1.1), strict=True)
    ]
    insulators = [
        Ellipsoid(f"insulator_{n}", (x, 0.0, 11.8), (0.08, 0.08, 0.15))
        for n, x in enumerate((-1.1, 0.3, 1.1))
    ]
    return Scene(
        (
            Cylinder("pole", (0.0, 0.0, 0.0), (0.0, 0.0, 12.0), 0.13, segments=12, facets=4),
            Cylinder("arm", (-1.22, 0.0, 11.7), (1.22, 0.0, 11.7), 0.06, segments=4),
            *phases,
            *insulators,
            Box("tank", (0.0, -0.4, 8.5), (0.25, 0.25, 0.45), bands=4),
            Ellipsoid("tree", (4.0, -6.0, 8.0), (2.0, 2.0, 3.0)),
            Ground(),
        )
    )


def report(label: str, work: Callable[[], object], frames: int = N_FRAMES) -> None:
    """Print the median CPU time of one piece."""
    work()
    times_s = []
    for _ in range(PASSES):
        start_s = time.process_time()
        work()
        times_s.append(time.process_time() - start_s)
    time_s = statistics.median(times_s)
    hour_ms = time_s / frames * N_FRAMES * 1e3
    print(f"{label:34s} {hour_ms:8.1f} ms per 3600 frames {frames / time_s:12,.0f} frames/s")


def drive(cover: Coverage) -> np.ndarray:
    """Component radiances with a slow swing, (frame, component) [W/m2/sr]."""
    rng = np.random.default_rng(1)
    base_k = rng.uniform(270.0, 320.0, len(cover.components))
    swing_k = 2.0 * np.sin(np.arange(N_FRAMES) / 500.0)[:, None]
    return band_radiance_w_m2_sr(base_k + swing_k).astype(np.float32)


def main() -> None:
    """Measure every piece."""
    camera = PinholeCamera((0.6, 1.2, 9.7), 207.0, 10.0)
    scene = pole_scene()
    start_s = time.perf_counter()
    cover = coverage(scene, camera)
    build_s = time.perf_counter() - start_s
    print(f"coverage of {len(cover.components)} components: {build_s:.2f} s, once per scene")
    weights = cover.sparse()
    filled = np.count_nonzero(weights.weights) / weights.weights.shape[0]
    print(f"components per pixel: mean {filled:.2f}, most {weights.weights.shape[1]}")
    radiance = drive(cover)
    dense, rows = np.ascontiguousarray(cover.weights.T), np.empty((64, 4800), np.float32)
    pixels = render_radiance(radiance[:64], weights)
    converter = fit_converter(233.15, 443.15)
    kelvin = np.empty_like(pixels)
    normals = np.empty((64, 4800), np.float32)
    lanes = np.ascontiguousarray(radiance[:64].T)
    report(
        "render, ordered sparse sum",
        lambda: [mix_radiance(weights.indices, weights.weights, lanes, pixels) for _ in range(56)],
        3584,
    )
    report(
        "render, dense sgemm in 64 rows",
        lambda: [np.matmul(radiance[:64], dense, out=rows) for _ in range(56)],
        3584,
    )
    report(
        "normals (Philox, Box-Muller)",
        lambda: philox_normal_block(normals, np.arange(4, dtype=np.uint32), 0),
        64,
    )
    args = (converter.limits_w_m2_sr, converter.coefficients_k, converter.centre_scale, kelvin.reshape(-1))
    report("inverse, polynomial", lambda: radiance_to_kelvin(pixels.reshape(-1), *args), 64)
    table_k = np.linspace(200.0, 700.0, 4096)
    table = band_radiance_w_m2_sr(table_k)
    report("inverse, table of 4096 (np.interp)", lambda: np.interp(pixels, table, table_k), 64)
    calm = np.full(N_FRAMES, 295.0)
    nothing = np.full(N_FRAMES, np.nan)
    conditions = CameraConditions(calm, np.zeros(N_FRAMES), calm, nothing, nothing)
    lepton = ThermalImperfections.of(load_part("thermal_camera/lepton_2_5").group("imperfections"))
    for label, settings in (
        ("no imperfection", lepton.none()),
        ("all imperfections", lepton),
    ):
        unit = draw_unit(settings, converter, 1.0, 7, "bench", "camera")
        carry = start_camera(unit, 295.0)
        report(
            f"whole camera, {label}",
            lambda u=unit, c=carry: record_frames(radiance, weights, u, conditions, c),
        )  # type: ignore[misc]


if __name__ == "__main__":
    main()
