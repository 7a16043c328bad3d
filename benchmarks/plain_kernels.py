"""The compiled loops of the scalar sensors taken out, for the baseline that has NumPy and SciPy alone."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

import plain_counts
import plain_motion
import plain_recurrences
import plain_waves
from numba.core.dispatcher import Dispatcher

SENSORS = "envirosense.pole.sensors."
PLAIN: dict[str, ModuleType] = {
    "envirosense.instruments.stages.kernels": plain_recurrences,
    f"{SENSORS}voc_kernels": plain_recurrences,
    f"{SENSORS}blockage_kernels": plain_recurrences,
    f"{SENSORS}wind_kernels": plain_recurrences,
    f"{SENSORS}energy_kernels": plain_recurrences,
    f"{SENSORS}counting_kernels": plain_counts,
    f"{SENSORS}lightning_kernels": plain_counts,
    f"{SENSORS}emf_kernels": plain_waves,
    f"{SENSORS}acoustic_kernels": plain_waves,
    f"{SENSORS}vibration_kernels": plain_motion,
}  # module of kernels -> module that holds the same functions, plain
WITH_KERNELS = ("envirosense.instruments.", SENSORS)  # modules that call them
OF_THE_CAMERA = ("noise_kernels", "thermal_kernels", "thermal_slow_kernels", "shutter_kernels")
NOT_IN_A_CHAIN = ("resonance",)


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Inside, every scalar sensor runs without compiled code.

    A loop without a plain counterpart stays compiled, in the baseline's favour; a test finds it.
    """
    with ExitStack() as stack:
        for module, name, kernel in list(compiled_loops()):
            stack.enter_context(patch.object(module, name, plain(kernel) or kernel))
        yield


def compiled_loops() -> Iterator[tuple[ModuleType, str, Any]]:
    """Every place where a scalar sensor calls a compiled function: module, name there, function."""
    for name, module in list(sys.modules.items()):
        if not name.startswith(WITH_KERNELS) or name.endswith("kernels"):
            continue
        for member, value in vars(module).items():
            if not isinstance(value, Dispatcher) or member in NOT_IN_A_CHAIN:
                continue
            if not value.py_func.__module__.endswith(OF_THE_CAMERA):
                yield module, member, value


def plain(kernel: Any) -> Callable[..., Any] | None:
    """The plain counterpart of a compiled function; None if there is none."""
    return getattr(PLAIN.get(kernel.py_func.__module__), kernel.py_func.__name__, None)
