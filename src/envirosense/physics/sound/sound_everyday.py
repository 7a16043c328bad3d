"""Sound of an ordinary neighbourhood: spectra as band levels over the loudest band, in the order of BANDS."""

from typing import Final

import numpy as np

# 63 Hz to 8 kHz, then 20-25, 25-35, 35-45 and 45-60 kHz; all assumed
AIRCRAFT_DB: Final = np.array([-3.0, 0.0, -1.0, -3.0, -6.0, -11.0, -18.0, -28.0, -60.0, -66.0, -72.0, -78.0])
DOG_DB: Final = np.array([-40.0, -30.0, -12.0, -2.0, 0.0, -4.0, -14.0, -24.0, -46.0, -52.0, -58.0, -64.0])
AIRCRAFT_DBA: Final = 125.0  # A-weighted power re 1 pW: 60 dB(A) under a small propeller at 500 m; assumed
DOG_DBA: Final = 98.0  # of a bout of barking: 75 dB(A) at 5 m; assumed
CAR_DBA: Final = 96.0  # of a car at 14 m/s on asphalt; assumed
