"""Recurrences over (time, channel); time-major so that channels vectorise."""

import numpy as np
from numba import njit

from envirosense.core.protocols import Array


@njit(cache=True, nogil=True, error_model="numpy")
def lag(x: Array, state: Array, gain_rise: Array, gain_fall: Array) -> Array:
    """First-order response, (time, channel); `state` (channel,) is advanced in place, NaN means settled."""
    n_time, n_channels = x.shape
    y = np.empty_like(x)
    for c in range(n_channels):
        if np.isnan(state[c]):
            state[c] = x[0, c]
    for t in range(n_time):
        for c in range(n_channels):
            gap = x[t, c] - state[c]
            state[c] += gap * (gain_rise[c] if gap > 0.0 else gain_fall[c])
            y[t, c] = state[c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def autoregression(noise: Array, state: Array, keep: Array, kick: Array) -> Array:
    """Recurrence s <- keep s + kick noise, (time, channel); `state` (channel,) is advanced in place."""
    n_time, n_channels = noise.shape
    y = np.empty_like(noise)
    for t in range(n_time):
        for c in range(n_channels):
            state[c] = keep[c] * state[c] + kick[c] * noise[t, c]
            y[t, c] = state[c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def autoregression_sum(noise: Array, state: Array, keep: Array, kick: Array, weight: Array) -> Array:
    """Weighted sum of autoregressions, (time, channel), of noise (time, component * channel).

    `state` (component, channel) is advanced in place; `keep` and `weight` are (component,),
    `kick` is (component, channel).
    """
    n_time = noise.shape[0]
    n_components, n_channels = state.shape
    y = np.zeros((n_time, n_channels))
    for t in range(n_time):
        for k in range(n_components):
            for c in range(n_channels):
                state[k, c] = keep[k] * state[k, c] + kick[k, c] * noise[t, k * n_channels + c]
                y[t, c] += weight[k] * state[k, c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def shared_walk(noise: Array, state: Array, group: Array, weight: Array, scale: Array) -> Array:
    """Random walks with common, group and own parts, (time, channel), of noise (time, 1 + groups + channels).

    `state` (1 + groups + channels,) holds the unit walks and is advanced in place; `weight` (3,)
    are the amplitudes of the three parts and `scale` (channel,) the step of each channel.
    """
    n_time, n_walks = noise.shape
    n_channels = group.shape[0]
    first_own = n_walks - n_channels
    y = np.empty((n_time, n_channels))
    for t in range(n_time):
        for k in range(n_walks):
            state[k] += noise[t, k]
        for c in range(n_channels):
            shared = weight[0] * state[0] + weight[1] * state[1 + group[c]]
            y[t, c] = scale[c] * (shared + weight[2] * state[first_own + c])
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def two_state(uniform: Array, down: Array, p_fail: Array, p_recover: Array) -> Array:
    """Two-state chain, (time, line), 1.0 while down; `down` (line,) is advanced in place.

    `p_fail` and `p_recover` (time,) are the chances of a change within one tick.
    """
    n_time, n_lines = uniform.shape
    y = np.empty_like(uniform)
    for t in range(n_time):
        for c in range(n_lines):
            chance = p_recover[t] if down[c] > 0.0 else p_fail[t]
            if uniform[t, c] < chance:
                down[c] = 1.0 - down[c]
            y[t, c] = down[c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def hold(x: Array, held: Array, frozen: Array) -> Array:
    """`x` where `frozen` is 0, else the last value before, (time, channel); `held` is advanced in place."""
    n_time, n_channels = x.shape
    y = np.empty_like(x)
    for t in range(n_time):
        for c in range(n_channels):
            if frozen[t, c] == 0.0 or np.isnan(held[c]):
                held[c] = x[t, c]
            y[t, c] = held[c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def play(x: Array, state: Array, reach: Array) -> Array:
    """Play operator, (time, channel): follows `x` from `reach` behind; `state` is advanced in place."""
    n_time, n_channels = x.shape
    y = np.empty_like(x)
    for t in range(n_time):
        for c in range(n_channels):
            if np.isnan(state[c]):
                state[c] = x[t, c]
            state[c] = min(max(state[c], x[t, c] - reach[c]), x[t, c] + reach[c])
            y[t, c] = state[c]
    return y


@njit(cache=True, nogil=True, error_model="numpy")
def mix(x: Array, matrix: Array) -> Array:
    """Product x @ matrix, (time, channel), of x (time, input) and matrix (input, channel).

    BLAS orders its additions by the shape; this does not, so a block has the bits of its ticks.
    """
    n_time, n_inputs = x.shape
    n_channels = matrix.shape[1]
    y = np.zeros((n_time, n_channels))
    for t in range(n_time):
        for i in range(n_inputs):
            for c in range(n_channels):
                y[t, c] += x[t, i] * matrix[i, c]
    return y
