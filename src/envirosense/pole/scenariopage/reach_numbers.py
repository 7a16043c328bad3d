"""The device's reach as rows for a terminal and as plain data."""

from typing import Any, Final

from envirosense.learning.intervals import Estimate
from envirosense.pole.reach import WINDS, Reach
from envirosense.pole.steady_plume import (
    WINDS_M_S,
    Forbidden,
    farthest_m,
    forbidden_ozone,
    smoke_traces,
    smoulder_in_litter,
)

_RATES_G_S: Final = (0.02, 0.2, 2.0)  # from end to end of a smoulder in `fire/early_combustion`


def reach_rows(reach: Reach) -> list[dict[str, object]]:
    """A row for each strength: shares at both ends, detection distance, median lead at both ends."""
    plan = reach.plan
    rows: list[dict[str, object]] = []
    near, far = plan.distances_m[0], plan.distances_m[-1]
    for i, strength in enumerate(plan.strengths):
        shares, leads = reach.shares(i), reach.leads_s(i)
        rows.append(
            {
                f"{plan.strength} [{plan.unit}]": strength,
                f"seen at {near:g} m": shares[0].value,
                f"seen at {far:g} m": shares[-1].value,
                "half seen at": distance_text(reach.detection_distance(i), plan.distances_m),
                f"median lead at {near:g} m": _lead_text(leads[0][1]),
                f"at {far:g} m": _lead_text(leads[-1][1]),
            }
        )
    return rows


def forbidden_rows() -> list[dict[str, object]]:
    """A row for each discharge, ozone yield and distance that physics was asked about."""
    return [
        {
            "ozone of": f"{row.discharge}, {row.power_w:g} W",
            "yield": f"{row.ozone_scale:g} x median",
            "distance_m": row.distance_m,
            "ozone_ppb": float(f"{row.ozone_ppb:.3g}"),
            "sigma": float(f"{row.snr:.2g}"),
            "label": verdict(row),
        }
        for row in forbidden_ozone()
    ]


def reach_data(reach: Reach) -> dict[str, Any]:
    """Every number as plain data; shares and distances with their 95 % intervals."""
    plan = reach.plan
    thirds = [reach.of_wind(k) for k in range(len(WINDS))]
    return {
        "scenario": plan.scenario,
        "strength": {"parameter": plan.strength, "unit": plan.unit, "held": dict(plan.held)},
        "draws": plan.n_draws,
        "seed": plan.seed,
        "wind_edges_m_s": list(reach.wind_edges_m_s),
        "seen_by": {name: list(counts) for name, counts in reach.seen_by().items()},
        "strengths": [
            {
                "value": strength,
                "detection_distance_m": _plain(reach.detection_distance(i)),
                "detection_distance_by_wind_m": {
                    name: _plain(third.detection_distance(i))
                    for name, third in zip(WINDS, thirds, strict=True)
                },
                "places": [
                    {"distance_m": distance_m, "seen": _plain(seen), "lead_quartiles_s": list(leads),
                     "seen_before_ignition": _plain(before)}
                    for distance_m, seen, leads, before in zip(
                        plan.distances_m, reach.shares(i), reach.leads_s(i), reach.seen_before_ignition(i),
                        strict=True,
                    )
                ],
            }
            for i, strength in enumerate(plan.strengths)
        ],
        "steady": _steady_rows() if plan.scenario.startswith("fire/") else [],
        "forbidden": [
            {"discharge": row.discharge, "power_w": row.power_w, "yield_over_median": row.ozone_scale,
             "distance_m": row.distance_m, "ozone_ppb": row.ozone_ppb, "snr": row.snr,
             "label": verdict(row)}
            for row in forbidden_ozone()
        ],
    }  # fmt: skip


def distance_text(found: Estimate, distances_m: tuple[float, ...]) -> str:
    """Detection distance, or on which side of the grid it lies."""
    if found.note.startswith("beyond"):
        return f"beyond {distances_m[-1]:g} m"
    if found.value is None:
        return f"nearer than {distances_m[0]:g} m" if found.note.startswith("nearer") else "unknown"
    return f"{found.value:.2g} m" if found.value < 100.0 else f"{found.value:.0f} m"


def _plain(found: Estimate) -> dict[str, object]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n, "note": found.note}


def _lead_text(lead_s: float | None) -> str:
    return "-" if lead_s is None else f"{lead_s / 60.0:.1f} min"


def verdict(row: Forbidden) -> str:
    """What the label of such a discharge says of the gas array."""
    return "detectable" if row.is_detectable else "not detectable"


def _steady_rows() -> list[dict[str, object]]:
    """How far each substance of smouldering wood stands above the detection limit on the plume's axis."""
    source = smoulder_in_litter()
    return [
        {
            "substance": trace.name,
            "rise": trace.limit,
            "unit": trace.unit,
            "burnt_g_s": rate_g_s,
            "wind_m_s": wind_m_s,
            "distance_m": farthest_m(source, trace, rate_g_s, wind_m_s),
        }
        for trace in smoke_traces()
        for rate_g_s in _RATES_G_S
        for wind_m_s in WINDS_M_S
    ]
