"""Four small pictures of every channel: an hour, its errors, its noise over time, its step."""

import math

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.memory import SensorBlock
from envirosense.pole.page.charts import Line, TimeView, chart
from envirosense.pole.page.recording import Series
from envirosense.pole.page.scales import Axis
from envirosense.pole.page.wording import symbol
from envirosense.pole.sheet.errors import error_numbers, errors, periods, within_accuracy
from envirosense.pole.sheet.groups import COMPASS, error_text
from envirosense.pole.sheet.names import channel_title
from envirosense.pole.sheet.plane import Curve, around, plane, power_axis
from envirosense.pole.sheet.trial import StepResponse, Trial, allan_deviation, step_responses

_BINS = 48
_LARGE = 1e4  # errors whose labels take much room


def channel_rows(trial: Trial, hour: SensorBlock, view: TimeView) -> str:
    """Rows of pictures, one for each channel."""
    calm = trial.run(trial.still())
    error = errors(trial.sensor, hour.reading, hour.ideal)
    within = within_accuracy(trial.sensor, hour.reading, error)
    steps = step_responses(trial)
    rows = []
    for i, channel in enumerate(trial.sensor.channels):
        covered = None if within is None else within[:, i]
        found = error_numbers(error[:, i], covered)
        numbers = error_text(found.mean, found.sigma, found.within, symbol(channel.unit))
        pictures = (
            _hour(trial, hour, i, view),
            _histogram(trial, hour, error[:, i], i),
            _allan(trial, calm, i),
            _step(steps[i], trial, i),
        )
        rows.append(
            f"<h3>{channel_title(trial.sensor, i)} <small>{channel.description} \u00b7 {numbers}</small></h3>"
            f'<div class="grid4">{"".join(pictures)}</div>'
        )
    return "".join(rows)


def _hour(trial: Trial, hour: SensorBlock, i: int, view: TimeView) -> str:
    channel, t_s = trial.sensor.channels[i], trial.busy.grid.t_s
    is_angle = periods(trial.sensor)[i] == 360.0
    lines = [
        Line("reading", "reading band", Series(t_s, hour.reading[:, i], channel.unit), is_angle),
        Line("ideal", "truth", Series(t_s, hour.ideal[:, i], channel.unit), is_angle),
    ]
    return chart(
        "An hour", symbol(channel.unit), lines, view, height_px=104, columns=240,
        axis=COMPASS if is_angle else None, least_span=4.0 * channel.resolution,
    )  # fmt: skip


def _histogram(trial: Trial, hour: SensorBlock, error: Array, i: int) -> str:
    known, channel = error[np.isfinite(error)], trial.sensor.channels[i]
    if not known.size:
        return _nothing("Errors", "no reading")
    span = max(float(np.ptp(known)), channel.resolution)
    width = max(span / _BINS, channel.resolution)  # no bin is finer than a step of the output
    first = width * (math.floor(float(known.min()) / width) - 1)
    edges = first + width * (np.arange(math.ceil(span / width) + 4, dtype=np.float64) - 0.5)
    counts = np.asarray(np.histogram(known, edges)[0] / known.size, dtype=np.float64)
    steps = Curve("errors", "c1", np.repeat(edges, 2)[1:-1], np.repeat(counts, 2), is_bars=True)
    reading = hour.reading[:, i][np.isfinite(hour.reading[:, i])]
    limit = _accuracy(trial, float(np.median(np.abs(reading))), i)
    y = around([counts, np.zeros(1)], 3, 0.0)
    near = limit < 3.0 * float(np.abs(edges).max())
    x = around(
        [edges, np.array([-limit, limit]) if near else np.zeros(1)], 3 if np.abs(edges).max() > _LARGE else 4
    )
    note = "" if math.isnan(limit) else f"stated accuracy \u00b1{limit:.3g}" + (", dashed" if near else "")
    return plane("Errors", (symbol(channel.unit), ""), [steps], x, y, note=note, rules=(-limit, limit))


def _accuracy(trial: Trial, size: float, i: int) -> float:
    """Stated accuracy of one channel at a size of its reading; NaN where none is stated."""
    row = np.full((1, len(trial.sensor.channels)), size)
    found = trial.sensor.stated_accuracy(row)
    return math.nan if found is None else float(np.broadcast_to(found, row.shape)[0, i])


def _allan(trial: Trial, calm: SensorBlock, i: int) -> str:
    tau_s, sigma = allan_deviation(calm.reading[:, i], trial.dt_s)
    return allan_chart(tau_s, sigma, symbol(trial.sensor.channels[i].unit))


def allan_chart(tau_s: Array, sigma: Array, unit: str) -> str:
    """Allan deviation of a steady reading with slopes of white noise and of a random walk."""
    seen = sigma > 1e-12 * max(float(sigma.max(initial=0.0)), 1e-12)
    if seen.sum() < 2:
        return _nothing("Allan deviation", "a steady reading never leaves its step of the output")
    tau_s, sigma = tau_s[seen], sigma[seen]
    log_tau, log_sigma = np.log10(tau_s), np.log10(sigma)
    x, y = power_axis(tau_s[0], tau_s[-1]), power_axis(float(sigma.min()), float(sigma.max()))
    white = log_sigma[0] - 0.5 * (log_tau - log_tau[0])
    walk = log_sigma[-1] + 0.5 * (log_tau - log_tau[-1])
    curves = [
        Curve("white", "guide", log_tau, np.where(white >= y.low, white, np.nan)),
        Curve("walk", "guide", log_tau, np.where(walk >= y.low, walk, np.nan)),
        Curve("reading", "c1", log_tau, log_sigma),
    ]
    note = "guides: slopes \u22121/2 and +1/2"
    return plane("Allan deviation", ("s", unit), curves, x, y, note=note)


def _step(response: StepResponse | None, trial: Trial, i: int) -> str:
    if response is None:
        return _nothing("Step", "does not see this step")
    reach_s = max(1.8 * np.nan_to_num(response.settled_s, nan=300.0), 12.0 * trial.dt_s)
    shown = (response.since_s >= -0.15 * reach_s) & (response.since_s <= reach_s)
    x = around([response.since_s[shown]])
    share = response.share[shown]
    y = around([np.clip(share, -1.0, 3.0), np.array([0.0, 1.0])])
    ideal = (response.since_s[shown] >= 0.0).astype(np.float64)
    curves = [
        Curve("ideal", "truth", response.since_s[shown], ideal),
        Curve("reading", "c1", response.since_s[shown], np.clip(share, y.low, y.high)),
    ]
    return plane("Step", ("s", "share of the ideal"), curves, x, y, note=_times(response, trial.dt_s))


def _times(response: StepResponse, dt_s: float) -> str:
    if math.isnan(response.t63_s):
        return "no response"
    if response.settled_s <= dt_s:
        return "follows at once"
    return f"63 % in {response.t63_s:.3g} s, settled after {response.settled_s:.3g} s"


def _nothing(title: str, why: str) -> str:
    axis = Axis(0.0, 1.0, (), ())
    empty = plane(title, ("", ""), (), axis, axis)
    return empty.replace('<div class="field"', f'<p class="why">{why}</p><div class="field"', 1)
