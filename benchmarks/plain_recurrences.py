"""The scalar sensors' compiled recurrences again, in NumPy and SciPy, for the baseline."""

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.sensors.voc_kernels import QUICK_FROM


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


def varying_lag(x: Array, state: Array, gain: Array) -> Array:
    """First-order response, (time, channel), closing a share `gain` (time, channel) of each gap."""
    y = np.empty_like(x)
    now = np.where(np.isnan(state), x[0], state)
    for t in range(len(x)):
        now = now + gain[t] * (x[t] - now)
        y[t] = now
    state[:] = now
    return y


def layer_lag(
    x: Array,
    state: Array,
    dt_over_rise: Array,
    dt_over_fall: Array,
    quicker: Array,
    slower: Array,
    last: Array,
) -> Array:
    """First-order response, (time, channel), quicker in much gas and slower where poisoned."""
    hurry = np.where((quicker > 0.0) & (x > QUICK_FROM), np.exp(quicker * x), 1.0) / slower[:, None]
    rise, fall = (-np.expm1(-speed * hurry) for speed in (dt_over_rise, dt_over_fall))
    y = np.empty_like(x)
    now = np.where(np.isnan(state), x[0], state)
    for t in range(len(x)):
        gap = x[t] - now
        now = now + gap * np.where(gap > 0.0, rise[t], fall[t])
        y[t] = now
    state[:], last[0] = now, slower[-1]
    return y


def gathered(
    wind: Array, components: Array, reports: Array, gust_ticks: int, state: Array, recent: Array
) -> Array:
    """Mean speed, mean components and greatest gust since the report before, (time, 4)."""
    known = np.concatenate([recent, wind])
    recent[:] = known[-gust_ticks:]
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(known))])
    count = np.concatenate([[0.0], np.cumsum(~np.isnan(known))])
    end = np.arange(gust_ticks, known.size) + 1
    gust = (total[end] - total[end - gust_ticks]) / (count[end] - count[end - gust_ticks])
    added = np.column_stack([np.ones(wind.size), wind, components])
    begins = np.concatenate([[0], np.flatnonzero(reports[:-1] > 0.0) + 1])
    y = np.empty((wind.size, 4))
    if begins.size == wind.size:  # every tick reports
        added[0] += state[:4]
        y[:, :3], y[:, 3] = added[:, 1:] / added[:, :1], gust
        y[0, 3] = max(gust[0], state[4])
    else:
        for first, stop in zip(begins, [*begins[1:], wind.size], strict=True):
            part = slice(first, stop)
            sums = state[:4] + np.cumsum(added[part], axis=0)
            y[part, :3] = sums[:, 1:] / sums[:, :1]
            y[part, 3] = np.maximum(np.maximum.accumulate(gust[part]), state[4])
            state[:4], state[4] = sums[-1], y[stop - 1, 3]
            state *= 1.0 - reports[stop - 1]
    if reports[-1] > 0.0:
        state[:] = 0.0
    return y


def turning(wind_deg: Array, turn: Array, decay: Array, dt_s: float, state: Array) -> Array:
    """Angle of a damped vane, (time,) [deg]."""
    y, left = np.empty_like(wind_deg), np.exp(-decay * dt_s)
    cosine, sine = np.cos(turn * dt_s), np.sin(turn * dt_s)
    angle, speed = (wind_deg[0], 0.0) if np.isnan(state[0]) else state.tolist()
    for t, wind in enumerate(wind_deg.tolist()):
        if turn[t] > 0.0:
            away = (angle - wind + 180.0) % 360.0 - 180.0
            swing = (speed + decay[t] * away) / turn[t]
            angle = wind + left[t] * (away * cosine[t] + swing * sine[t])
            speed = left[t] * (speed * cosine[t] - (decay[t] * swing + turn[t] * away) * sine[t])
        else:
            speed = 0.0
        y[t] = angle
    state[:] = angle, speed
    return y


def count_charge(
    current_a: Array,
    is_full: Array,
    state: Array,
    per_a: float,
    efficiency: float,
    drain_a: float,
    full_ticks: float,
    out: Array,
) -> None:
    """Charge [%] of a fuel gauge into `out`, (time,)."""
    moved = per_a * (np.where(current_a > 0.0, current_a, efficiency * current_a) + drain_a)
    charge, seen = state.tolist()
    for i, (change, full) in enumerate(zip(moved.tolist(), is_full.tolist(), strict=True)):
        charge = min(max(charge - change, 0.0), 100.0)
        seen = seen + 1.0 if full > 0.0 else 0.0
        if seen >= full_ticks:
            charge = 100.0
        out[i] = charge
    state[:] = charge, seen


def tracker_gain(information: Array, variance: Array, wander: float) -> Array:
    """Share of each tick in a tracked estimate, (time, n)."""
    y = np.empty_like(information)
    for c in range(information.shape[1]):
        uncertain, gains = float(variance[c]), []
        for told in information[:, c].tolist():
            told *= uncertain
            gains.append(told / (1.0 + told))
            uncertain = uncertain / (1.0 + told) + wander
        y[:, c], variance[c] = gains, uncertain
    return y


def follow(x: Array, gain: Array, state: Array) -> Array:
    """Estimate that closes a share `gain` of its gap each tick, (time, n)."""
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        now, course = float(x[0, c] if np.isnan(state[c]) else state[c]), []
        for value, share in zip(x[:, c].tolist(), gain[:, c].tolist(), strict=True):
            now += share * (value - now)
            course.append(now)
        y[:, c], state[c] = course, now
    return y


def rises_db(level_db: Array, slow_db: Array, gain: float) -> Array:
    """Height of levels above their slow course before the tick, (time, level) [dB]."""
    rise = np.zeros_like(level_db)
    for t, level in enumerate(level_db):
        known = ~np.isnan(level)
        slow_db[:] = np.where(np.isnan(slow_db), level, slow_db)
        rise[t, known] = (level - slow_db)[known]
        slow_db += gain * rise[t]
    return rise
