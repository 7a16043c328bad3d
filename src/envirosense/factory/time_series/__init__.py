"""Plain correlated time series for users who need no twin."""

from envirosense.factory.time_series.generator import TimeSeriesGenerator
from envirosense.factory.time_series.patterns import Bursts, Season, Step, Steps, Trend
from envirosense.factory.time_series.series import Happening, TimeSeries
from envirosense.factory.time_series.spec import Correlation, Event, Noise, Parameter, SeriesSpec

__all__ = [
    "Bursts",
    "Correlation",
    "Event",
    "Happening",
    "Noise",
    "Parameter",
    "Season",
    "SeriesSpec",
    "Step",
    "Steps",
    "TimeSeries",
    "TimeSeriesGenerator",
    "Trend",
]
