"""Compile the numeric kernels into numba's cache, so that the first run does not wait for it."""

from concurrent.futures import ProcessPoolExecutor
from importlib import import_module

from envirosense.factory import simulate


def run_minute(scenario: str, sensors: str) -> None:
    """Simulate one minute, so that every kernel it needs is compiled."""
    simulate("pole", scenario, duration_s=60.0, options={sensors: ["thermal_camera"]})


def live_a_day() -> None:
    """Live a day in a home, so that every kernel of homes is compiled."""
    import_module("envirosense.home.preload")


def main() -> None:
    """Camera in one process, everything else in another; homes after whichever is done first."""
    with ProcessPoolExecutor(2) as pool:
        camera = pool.submit(run_minute, "normal/diurnal_cycle", "sensors")
        others = pool.submit(run_minute, "fire/cellulose_pyrolysis", "without")
        homes = pool.submit(live_a_day)
        camera.result()
        others.result()
        homes.result()


if __name__ == "__main__":
    main()
