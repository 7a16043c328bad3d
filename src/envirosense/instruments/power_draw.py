"""What a sensor takes from the battery."""

from envirosense.instruments.part_values import PartValues


def on_share(values: PartValues, interval_s: float) -> float:
    """Share of the time a sensor is on, 0..1: always, unless its part states how long one reading takes."""
    measuring_s = values.number("power.measuring", "s") if "power.measuring" in values else 0.0
    return min(1.0, measuring_s / interval_s) if measuring_s > 0.0 else 1.0


def mean_power_w(values: PartValues, interval_s: float) -> float:
    """Mean draw of a sensor that reports every `interval_s` [W]."""
    on_w, standby_w = values.number("power.on", "W"), values.number("power.standby", "W")
    return standby_w + (on_w - standby_w) * on_share(values, interval_s)
