"""What a person waits for: `envirosense --help`, a new site's first view, and one live tick."""

import statistics
import subprocess
import sys
import time
from typing import Any

import workload
from figures import Figure, print_table

HELP_RUNS = 7
TICKS = 200
CLI = "import sys; from envirosense.cli.app import run; sys.exit(run(['--help']))"


def measure(quick: bool = False) -> list[Figure]:
    """Start of the command line, first view of a site, one tick at a time."""
    return [_help(), _first_view(), _live_tick()]


def _help() -> Figure:
    """Processor time of `--help` in a fresh process; the first, which compiles bytecode, is dropped."""
    times = [_child_cpu_s() for _ in range(HELP_RUNS + 1)][1:]
    note = f"median of {HELP_RUNS}, {min(times):.2f} to {max(times):.2f}"
    return Figure("envirosense --help, CPU", statistics.median(times), "s", 0.4, True, note)


def _child_cpu_s() -> float:
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", CLI], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _first_view() -> Figure:
    """Coverage of a site in its camera, once per site and process."""
    from envirosense.instruments.configuration import SensorConfiguration
    from envirosense.pole.guardian import VirtualGridGuardian
    from envirosense.pole.picture.scene import coverage
    from envirosense.pole.picture.view import build_scene
    from envirosense.pole.site import Site

    times = []
    for spec in workload.specs(18)[::3]:
        device = VirtualGridGuardian(SensorConfiguration.parse(spec.sensing, "sensing"))
        scene = build_scene(Site.parse(spec.site, "site"))
        start_s = time.process_time()
        coverage(scene, device.cameras["thermal_camera"].camera).sparse()
        times.append(time.process_time() - start_s)
    return Figure(
        "coverage of a new site, CPU", 1e3 * statistics.median(times), "ms", note="once per site and worker"
    )


def _live_tick() -> Figure:
    """One call of `sample_environment`, every sensor, as dicts."""
    run = _device_and_world()
    times = []
    for tick in range(TICKS):
        state = run.world.state(tick, tick + 1)
        start_s = time.process_time()
        run.device.sample_environment(state)
        times.append(time.process_time() - start_s)
    return Figure(
        "one live tick as dicts, CPU", 1e3 * statistics.median(times[10:]), "ms", note="sample_environment"
    )


def _device_and_world() -> Any:
    from envirosense.pole.run import EpisodeRun

    return EpisodeRun(workload.specs(2)[1])


if __name__ == "__main__":
    print_table(measure())
