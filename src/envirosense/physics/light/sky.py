"""Long-wave radiation of the sky: whole spectrum for heat balances, 8-14 um by direction for cameras."""

import numpy as np
import numpy.typing as npt

from envirosense.core.units import STEFAN_BOLTZMANN_W_M2_K4, ZERO_CELSIUS_K
from envirosense.physics.light.radiation import band_radiance_w_m2_sr

type Floats = npt.NDArray[np.float64]
type Values = Floats | float

BAND_FRACTION = 0.370  # share of a 293 K blackbody's power inside 8-14 um (integral of Planck's law)
DIFFUSIVITY = 1.66  # slant path that stands for a hemisphere [Elsasser1942] (from memory)
BAND_EMISSIVITY_FLOOR = 0.15  # driest air: carbon dioxide beyond 13.5 um, part of ozone and vapour # assumed
LAPSE_K_M = 6.5e-3  # standard atmosphere [ISO2533]
VAPOUR_SCALE_M = 2000.0  # height over which water vapour falls to 1/e (from memory)
LOWEST_SINE = 1e-3  # at and below the horizon the path is opaque


def berdahl_martin_emissivity(dew_point_k: Values) -> Floats:
    """Emissivity of a clear sky, dew points of -13 to 24 degC (from memory) [BerdahlMartin1984]."""
    dew = (np.asarray(dew_point_k) - ZERO_CELSIUS_K) / 100.0
    return np.asarray(0.711 + 0.56 * dew + 0.73 * dew**2)


def brutsaert_emissivity(vapour_pa: Values, air_k: Values) -> Floats:
    """Emissivity of a clear sky from vapour pressure near the ground [Brutsaert1975]."""
    return np.asarray(1.24 * (np.asarray(vapour_pa) / 100.0 / air_k) ** (1 / 7))


def walton_emissivity(dew_point_k: Values, opaque_cover_tenths: Values) -> Floats:
    """Emissivity of a sky with opaque cloud, as in EnergyPlus weather files [ClarkAllen1978] [Walton1983]."""
    clear = 0.787 + 0.764 * np.log(np.asarray(dew_point_k) / 273.0)
    cover = np.asarray(opaque_cover_tenths)
    return np.asarray(clear * (1.0 + 0.0224 * cover - 0.0035 * cover**2 + 0.00028 * cover**3))


def swinbank_k(air_k: Values) -> Floats:
    """Temperature of the blackbody that radiates like a clear sky [K]; [Swinbank1963]."""
    return np.asarray(0.0552 * np.asarray(air_k) ** 1.5)


def longwave_w_m2(air_k: Values, dew_point_k: Values, opaque_cover_tenths: Values) -> Floats:
    """Downwelling long-wave irradiance of clear or cloudy sky [W/m2]; [Walton1983].

    It reproduces five TMY3 weather years to 0.35 W/m2 rms; files that carry ERA5 radiation are tens off.
    """
    emissivity = walton_emissivity(dew_point_k, opaque_cover_tenths)
    return np.asarray(emissivity * STEFAN_BOLTZMANN_W_M2_K4 * np.asarray(air_k) ** 4)


def sky_temperature_k(longwave: Values) -> Floats:
    """Temperature of the blackbody with a given long-wave irradiance [W/m2] -> [K]."""
    return np.asarray((np.asarray(longwave) / STEFAN_BOLTZMANN_W_M2_K4) ** 0.25)


def band_emissivity(clear_sky_emissivity: Values) -> Floats:
    """Hemispheric emissivity in 8-14 um of a clear sky whose air is opaque at all other wavelengths."""
    return np.clip(
        1.0 - (1.0 - np.asarray(clear_sky_emissivity)) / BAND_FRACTION, BAND_EMISSIVITY_FLOOR, 0.999
    )


def band_path(elevation_rad: Values, emissivity: Values) -> Floats:
    """Optical depth in 8-14 um of the whole clear air at an elevation.

    One isothermal layer: the vertical depth follows from the hemisphere by the diffusivity factor.
    """
    sine = np.maximum(np.sin(elevation_rad), LOWEST_SINE)
    return np.asarray(-np.log1p(-np.asarray(emissivity)) / (DIFFUSIVITY * sine))


def share_below(cloud_base_m: Values) -> Floats:
    """Share of the clear air's optical depth that lies below a cloud base, 0..1."""
    return np.asarray(-np.expm1(-np.asarray(cloud_base_m) / VAPOUR_SCALE_M))


def cloud_base_k(air_k: Values, cloud_base_m: Values) -> Floats:
    """Temperature of a cloud base on the standard lapse rate [K]."""
    return np.asarray(np.asarray(air_k) - LAPSE_K_M * np.asarray(cloud_base_m))


def clear_band_radiance_w_m2_sr(elevation_rad: Values, air_k: Values, emissivity: Values) -> Floats:
    """In-band radiance of clear sky at an elevation, for a hemispheric in-band emissivity [W/m2/sr]."""
    return np.asarray(-np.expm1(-band_path(elevation_rad, emissivity)) * band_radiance_w_m2_sr(air_k))


def band_sky_radiance_w_m2_sr(
    elevation_rad: Values,
    air_k: Values,
    dew_point_k: Values,
    cloud_fraction: Values,
    cloud_base_m: Values,
) -> Floats:
    """What a camera sees of the sky in 8-14 um [W/m2/sr]; arguments broadcast, say (time, 1) against (band,).

    Clear part by `clear_band_radiance_w_m2_sr`; cloud is black at the temperature of its base, and the air
    below it dims it and glows.
    """
    emissivity = band_emissivity(berdahl_martin_emissivity(dew_point_k))
    clear = clear_band_radiance_w_m2_sr(elevation_rad, air_k, emissivity)
    kept = np.exp(-band_path(elevation_rad, emissivity) * share_below(cloud_base_m))
    cloud = band_radiance_w_m2_sr(cloud_base_k(air_k, cloud_base_m))
    cloud = kept * cloud + (1.0 - kept) * band_radiance_w_m2_sr(air_k)
    return np.asarray((1.0 - np.asarray(cloud_fraction)) * clear + cloud_fraction * cloud)
