"""Compile the numeric kernels into numba's cache, so that the first run does not wait for it."""

from concurrent.futures import ProcessPoolExecutor

from envirosense.factory import simulate


def run_minute(scenario: str, sensors: str) -> None:
    """Simulate one minute, so that every kernel it needs is compiled."""
    simulate("pole", scenario, duration_s=60.0, options={sensors: ["thermal_camera"]})


def main() -> None:
    """Camera in one process, everything else in another; they share few kernels."""
    with ProcessPoolExecutor(2) as pool:
        camera = pool.submit(run_minute, "normal/diurnal_cycle", "sensors")
        others = pool.submit(run_minute, "fire/cellulose_pyrolysis", "without")
        camera.result()
        others.result()


if __name__ == "__main__":
    main()
