"""The scalar sensors' compiled recurrences again, in NumPy and SciPy, for the baseline."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import numpy as np

from envirosense.core.protocols import Array

STAGES = "envirosense.instruments.stages"
POLE = "envirosense.pole.sensors"


@contextmanager
def plain_recurrences() -> Iterator[None]:
    """Inside, every stage runs without compiled code."""
    plain = {
        lag: (f"{STAGES}.response", f"{STAGES}.environment", f"{POLE}.shield"),
        autoregression: (f"{STAGES}.noise", f"{STAGES}.drift"),
        autoregression_sum: (f"{STAGES}.noise",),
        shared_walk: (f"{STAGES}.drift",),
        two_state: (f"{STAGES}.faults",),
        hold: (f"{STAGES}.faults", f"{POLE}.wind_stages"),
        play: (f"{STAGES}.response",),
        mix: (f"{POLE}.voc",),
    }
    with ExitStack() as stack:
        for function, modules in plain.items():
            for module in modules:
                stack.enter_context(patch(f"{module}.{function.__name__}", function))
        yield


def lag(x: Array, state: Array, gain_rise: Array, gain_fall: Array) -> Array:
    """First-order response, (time, channel)."""
    from scipy.signal import lfilter

    settled = np.where(np.isnan(state), x[0], state)
    if np.array_equal(gain_rise, gain_fall):
        y = np.empty_like(x)
        for c, gain in enumerate(gain_rise):
            y[:, c], _ = lfilter([gain], [1.0, gain - 1.0], x[:, c], zi=[(1.0 - gain) * settled[c]])
    else:
        y = _lag_up_and_down(x, settled, gain_rise, gain_fall)
    state[:] = y[-1]
    return y


def _lag_up_and_down(x: Array, state: Array, gain_rise: Array, gain_fall: Array) -> Array:
    y = np.empty_like(x)
    for t in range(len(x)):
        gap = x[t] - state
        state = state + gap * np.where(gap > 0.0, gain_rise, gain_fall)
        y[t] = state
    return y


def autoregression(noise: Array, state: Array, keep: Array, kick: Array) -> Array:
    """Recurrence s <- keep s + kick noise, (time, channel)."""
    from scipy.signal import lfilter

    if np.all(keep == 1.0):
        y = state + np.cumsum(kick * noise, axis=0)
    else:
        y = np.empty_like(noise)
        for c in range(noise.shape[1]):
            y[:, c], _ = lfilter([kick[c]], [1.0, -keep[c]], noise[:, c], zi=[keep[c] * state[c]])
    state[:] = y[-1]
    return y


def autoregression_sum(noise: Array, state: Array, keep: Array, kick: Array, weight: Array) -> Array:
    """Weighted sum of autoregressions, (time, channel)."""
    from scipy.signal import lfilter

    n_channels = state.shape[1]
    total = np.zeros((noise.shape[0], n_channels))
    for j in range(len(keep)):
        driven = noise[:, j * n_channels : (j + 1) * n_channels] * kick[j]
        y, _ = lfilter([1.0], [1.0, -keep[j]], driven, axis=0, zi=(keep[j] * state[j])[None, :])
        state[j] = y[-1]
        total += weight[j] * y
    return total


def shared_walk(noise: Array, state: Array, group: Array, weight: Array, scale: Array) -> Array:
    """Random walks with common, group and own parts, (time, channel)."""
    walks = state + np.cumsum(noise, axis=0)
    state[:] = walks[-1]
    own = walks[:, -len(group) :]
    return scale * (weight[0] * walks[:, :1] + weight[1] * walks[:, 1 + group] + weight[2] * own)


def two_state(uniform: Array, down: Array, p_fail: Array, p_recover: Array) -> Array:
    """Two-state chain, (time, line), 1.0 while down; only ticks at which it could change are looked at."""
    changes = np.zeros_like(uniform)
    for c in range(uniform.shape[1]):
        state = start = down[c]
        for t in np.flatnonzero(uniform[:, c] < np.maximum(p_fail, p_recover)):
            if uniform[t, c] < (p_recover[t] if state > 0.0 else p_fail[t]):
                changes[t, c] = 1.0 - 2.0 * state
                state = 1.0 - state
        down[c] = state
        changes[0, c] += start
    return np.cumsum(changes, axis=0)


def hold(x: Array, held: Array, frozen: Array) -> Array:
    """`x` where `frozen` is 0, else the last value before, (time, channel)."""
    rows = np.arange(len(x))[:, None]
    last = np.maximum.accumulate(np.where(frozen == 0.0, rows, -1), axis=0)
    first = np.where(np.isnan(held), x[0], held)
    y = np.where(last >= 0, np.take_along_axis(x, np.maximum(last, 0), axis=0), first)
    held[:] = y[-1]
    return y


def play(x: Array, state: Array, reach: Array) -> Array:
    """Play operator, (time, channel)."""
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        place = float(x[0, c]) if np.isnan(state[c]) else float(state[c])
        for t, value in enumerate(x[:, c].tolist()):
            place = min(max(place, value - reach[c]), value + reach[c])
            y[t, c] = place
        state[c] = place
    return y


def mix(x: Array, matrix: Array) -> Array:
    """Product x @ matrix."""
    return x @ matrix
