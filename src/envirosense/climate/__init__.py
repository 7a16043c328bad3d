"""Weather files as arrays, and where the sun stands over a site."""

from envirosense.climate.files import greensboro, read_weather
from envirosense.climate.sites import Station
from envirosense.climate.sun import SunTrack, clear_sky_ghi_w_m2, plane_irradiance_w_m2, sun_track
from envirosense.climate.year import WeatherYear

__all__ = [
    "Station",
    "SunTrack",
    "WeatherYear",
    "clear_sky_ghi_w_m2",
    "greensboro",
    "plane_irradiance_w_m2",
    "read_weather",
    "sun_track",
]
