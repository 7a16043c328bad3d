"""What a site tells a scenario about the place."""

from envirosense.pole.fields.line_supply import NOMINAL_V
from envirosense.pole.fields.structure import pole_structure
from envirosense.pole.site import Site
from envirosense.scenarios import Surroundings


def surroundings(site: Site) -> Surroundings:
    """Where everything stands that a cause may need."""
    return Surroundings(
        components=site.component_positions,
        device_m=site.device_position_m,
        line_azimuth_deg=site.line_azimuth_deg,
        span_m=pole_structure(site).span_m,
        pole_height_m=site.pole_height_m,
        crossarm_height_m=site.crossarm_height_m,
        tree_m=site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.0),
        tree_height_m=site.tree_height_m,
        has_transformer=site.has_transformer,
        phase_voltage_v=NOMINAL_V,
        peak_current_a=site.peak_current_a,
    )
