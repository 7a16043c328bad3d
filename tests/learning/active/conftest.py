"""Units under made-up conditions, with errors where a test plants them."""

import numpy as np
import pytest

from envirosense.learning.samples import Samples

UNITS = {"wind_m_s": "m/s", "array_age_d": "d", "humidity_pct": "%"}


def planted_samples(rng, n=1200, sites=60, rows=1):
    """Samples of `n` units of four scenarios; `gap_mm` is known for one of them only."""
    scenario = rng.choice(["hot/arc", "hot/fire", "cold/leak", "cold/calm"], n)
    conditions = {
        "scenario": scenario,
        "wind_m_s": rng.uniform(0, 15, n),
        "array_age_d": rng.uniform(0, 600, n),
        "humidity_pct": rng.uniform(20, 100, n),
        "gap_mm": np.where(scenario == "hot/arc", rng.uniform(0.5, 8, n), np.nan),
    }
    unit = np.array([f"u{at}" for at in range(n)])
    site = rng.integers(sites, size=n)
    samples = Samples(
        x=rng.normal(size=(n, 3)),
        features=("a", "b", "c"),
        y=np.where(scenario == "cold/calm", "normal", np.char.partition(scenario, "/")[:, 2]),
        group=np.char.add("s", site.astype(str)),
        unit=unit,
        sample_id=np.char.add(unit, "@0"),
        origin=np.full(n, "simulated"),
        weight=np.ones(n),
        slices=conditions,
        slice_units=UNITS,
    )
    if rows == 1:
        return samples
    many = samples.select(np.repeat(np.arange(n), rows))
    ids = np.array([f"{one}@{at % rows}" for at, one in enumerate(many.unit)])
    return Samples(**{name: getattr(many, name) for name in many.__slots__} | {"sample_id": ids})


def errors(rng, samples, base, *planted):
    """Errors with probability `base`, and within each (mask, probability) with that one."""
    share = np.full(len(samples), base)
    for inside, probability in planted:
        share[inside] = probability
    return rng.random(len(samples)) < share


def old_in_wind(samples):
    s = samples.slices
    return (s["scenario"] == "hot/arc") & (s["wind_m_s"] > 9) & (s["array_age_d"] > 400)


def damp_fire(samples):
    s = samples.slices
    return (s["scenario"] == "hot/fire") & (s["humidity_pct"] > 80)


@pytest.fixture
def rng():
    return np.random.default_rng(8)
