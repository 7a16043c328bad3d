"""Slow state of the camera: what changes on an absolute 10 s grid or at a flat-field correction.

Random walk of the fixed pattern, octaves of 1/f noise, column offsets, sun burn-in and blinking pixels. Each
step is exact in law for any number of cells passed, so frame rate and block size leave the statistics alone.

The octaves are Ornstein-Uhlenbeck processes of 20, 80 and 320 s, updated every 10, 40 and 160 s: their sum
falls as 1/f from about 0.5 to 8 mHz; above the update rate the staircase adds nothing but its own steps.
"""
# mypy: allow-untyped-decorators

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from envirosense.instruments.noise_kernels import philox_normals, philox_uniforms

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]
Indices = npt.NDArray[np.int32]

SLOW_GRID_S = 10.0  # cell of the slow state
OCTAVE_CELLS = (1, 4, 16)  # update interval of the 1/f octaves [cells]
OCTAVE_DECAY_PER_UPDATE = 0.5  # update interval over correlation time
COLUMN_DECAY_PER_CELL = SLOW_GRID_S / 600.0  # slow column offsets forget in 10 min # assumed

# rows of the key table (kind of draw -> Philox stream)
KEY_WHITE, KEY_WALK, KEY_FFC, KEY_OCTAVE, KEY_COLUMN_WHITE, KEY_COLUMN_SLOW, KEY_BLINK = 0, 1, 2, 3, 6, 7, 8
KEY_ROW_WHITE = 9
N_KEYS = 10

# columns of the per-frame table
DRIFT_K, NARCISSUS_K, BIAS, WINDOW_LOSS, WINDOW_RADIANCE, SHUTTER_RADIANCE = 0, 1, 2, 3, 4, 5
SUN_ROW, SUN_COLUMN = 6, 7
WEB, COVERED = 8, 9  # shares: opacity of a web's strands, and of a layer over the whole window
N_FRAME = 10

# rows of the unit's maps
MAP_GAIN, MAP_DRIFT, MAP_NARCISSUS, MAP_WINDOW, MAP_FIXED, MAP_WEB = 0, 1, 2, 3, 4, 5
N_MAPS = 6

# amplitudes
(
    SIGMA_WHITE,
    SIGMA_FFC,
    SIGMA_WALK,  # per sqrt(cell)
    SIGMA_OCTAVE,
    SIGMA_COLUMN_WHITE,
    SIGMA_COLUMN_SLOW,
    BURN_IN,
    BURN_IN_KEPT,  # per cell
    SUN_RADIUS_PX,
    BLINK_ON,  # stationary probability
    BLINK_KEPT,  # memory of one frame
    SIGMA_ROW_WHITE,
) = range(12)
N_AMPLITUDES = 12

# rows of the slow state
SLOW_OFFSET, SLOW_RESIDUAL, SLOW_WALK, SLOW_OCTAVE, SLOW_BURN = 0, 1, 2, 3, 6
N_SLOW = 7

_F = np.float32


class ThermalUnit(NamedTuple):
    """One camera as kernels see it, offsets and noise in radiance [W/m2/sr]; a tuple, so numba unpacks it."""

    maps: Floats  # (N_MAPS, pixel)
    amplitudes: Floats  # (N_AMPLITUDES,)
    keys: Words  # (N_KEYS, 4)
    stuck_pixels: Indices  # dead pixels ...
    stuck_codes: Indices  # ... and what they always report
    blink_pixels: Indices
    blink_jump: Floats  # [W/m2/sr]
    replaced_pixels: Indices  # interpolated by the module; may be empty
    neighbours: Indices  # (replaced, 8) good neighbours, -1 for none
    limits: Floats  # the rest: of the RadianceConverter
    coefficients: Floats
    centre_scale: Floats
    first_code: int
    last_code: int


class SlowState(NamedTuple):
    """What a camera carries from frame to frame; kernels change it in place."""

    fields: Floats  # (N_SLOW, pixel) [W/m2/sr]
    column: Floats  # (column,) slow column offsets [W/m2/sr]; its length is the sensor's width
    blink_on: Floats  # (blinking pixel,) 1 on, 0 off; the stationary probability before the first frame
    clock: npt.NDArray[np.int64]  # (cell, epoch) of the last update, clipped pixels of the last frame
    previous: Bytes  # (2, pixel) byte planes of the last frame


@njit(cache=True, nogil=True, error_model="numpy")
def add_normals(state: Floats, kept: Any, sigma: Any, key: Words, tick: int, scratch: Floats) -> None:
    """Replace state by kept * state + sigma * normal; nothing is drawn at sigma 0."""
    if sigma > _F(0.0):
        philox_normals(scratch, key, tick)
        for p in range(state.size):
            state[p] = kept * state[p] + sigma * scratch[p]
    else:
        for p in range(state.size):
            state[p] = kept * state[p]


@njit(cache=True, nogil=True, error_model="numpy")
def _advance_slow(state: SlowState, unit: ThermalUnit, cell: int, last_cell: int, scratch: Floats) -> None:
    """Move random walk, 1/f octaves, column offsets and burn-in from `last_cell` to `cell`, exactly in law.

    Counters are the cell number plus one: zero belongs to the start.
    """
    slow, column, amplitudes, keys = state.fields, state.column, unit.amplitudes, unit.keys
    steps = cell - last_cell
    walk = amplitudes[SIGMA_WALK] * np.sqrt(_F(steps))
    add_normals(slow[SLOW_WALK], _F(1.0), walk, keys[KEY_WALK], cell + 1, scratch)
    for k in range(len(OCTAVE_CELLS)):
        now, before = cell // OCTAVE_CELLS[k], last_cell // OCTAVE_CELLS[k]
        if now > before:
            kept = np.exp(-OCTAVE_DECAY_PER_UPDATE * (now - before))
            sigma = _F(amplitudes[SIGMA_OCTAVE] * np.sqrt(1.0 - kept * kept))
            add_normals(slow[SLOW_OCTAVE + k], _F(kept), sigma, keys[KEY_OCTAVE + k], now + 1, scratch)
    kept = np.exp(-COLUMN_DECAY_PER_CELL * steps)
    sigma = _F(amplitudes[SIGMA_COLUMN_SLOW] * np.sqrt(1.0 - kept * kept))
    add_normals(column, _F(kept), sigma, keys[KEY_COLUMN_SLOW], cell + 1, scratch[: column.size])
    kept_burn = _F(amplitudes[BURN_IN_KEPT] ** steps)
    burn = slow[SLOW_BURN]
    for p in range(burn.size):
        burn[p] *= kept_burn


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_offsets(slow: Floats, maps: Floats, shutter_radiance: Any) -> None:
    """Everything added to a pixel between two updates; gain errors pivot about the shutter's radiance."""
    offset, residual, walk, burn = slow[SLOW_OFFSET], slow[SLOW_RESIDUAL], slow[SLOW_WALK], slow[SLOW_BURN]
    fast, middle, slowest = slow[SLOW_OCTAVE], slow[SLOW_OCTAVE + 1], slow[SLOW_OCTAVE + 2]
    gain, fixed = maps[MAP_GAIN], maps[MAP_FIXED]
    for p in range(offset.size):
        pivot = (_F(1.0) - gain[p]) * shutter_radiance
        offset[p] = pivot + fixed[p] + residual[p] + walk[p] + fast[p] + middle[p] + slowest[p] + burn[p]


@njit(cache=True, nogil=True, error_model="numpy")
def start_slow(state: SlowState, unit: ThermalUnit, cells_since_ffc: float, shutter_radiance: float) -> None:
    """Draw the slow state at power-on: stationary octaves and columns, a walk since the last correction."""
    slow, amplitudes, keys = state.fields, unit.amplitudes, unit.keys
    scratch = np.empty(slow.shape[1], np.float32)
    walk = _F(amplitudes[SIGMA_WALK] * np.sqrt(_F(cells_since_ffc)))
    add_normals(slow[SLOW_WALK], _F(0.0), walk, keys[KEY_WALK], 0, scratch)
    add_normals(slow[SLOW_RESIDUAL], _F(0.0), amplitudes[SIGMA_FFC], keys[KEY_FFC], 0, scratch)
    for k in range(len(OCTAVE_CELLS)):
        sigma = amplitudes[SIGMA_OCTAVE]
        add_normals(slow[SLOW_OCTAVE + k], _F(0.0), sigma, keys[KEY_OCTAVE + k], 0, scratch)
    sigma = amplitudes[SIGMA_COLUMN_SLOW]
    add_normals(state.column, _F(0.0), sigma, keys[KEY_COLUMN_SLOW], 0, scratch[: state.column.size])
    state.blink_on[:] = amplitudes[BLINK_ON]
    _sum_offsets(slow, unit.maps, _F(shutter_radiance))


@njit(cache=True, nogil=True, error_model="numpy")
def disc_pixels(n_pixels: int, n_columns: int, row: Any, column: Any, radius_px: Any) -> Any:
    """Numbers, row by row, of the pixels whose centres lie within a disc; an iterator."""
    n_rows = n_pixels // n_columns
    for i in range(max(int(row - radius_px), 0), min(int(row + radius_px) + 2, n_rows)):
        for j in range(max(int(column - radius_px), 0), min(int(column + radius_px) + 2, n_columns)):
            if (i - row) ** 2 + (j - column) ** 2 <= radius_px * radius_px:
                yield n_columns * i + j


@njit(cache=True, nogil=True, error_model="numpy")
def paint_disc(image: Any, n_columns: int, row: Any, column: Any, radius_px: Any, value: Any) -> None:
    """Set the pixels whose centres lie within a disc; `image` is (pixel,), row by row."""
    for p in disc_pixels(image.size, n_columns, row, column, radius_px):
        image[p] = value


@njit(cache=True, nogil=True, error_model="numpy")
def step_slow(
    state: SlowState, unit: ThermalUnit, cell: int, epoch: int, frame: Floats, scratch: Floats
) -> bool:
    """Bring the slow state to this frame (grid cells, sun burnt in, shutter fired); True if it moved."""
    slow, clock, amplitudes = state.fields, state.clock, unit.amplitudes
    if cell == clock[0] and epoch == clock[1]:
        return False
    if cell > clock[0]:
        _advance_slow(state, unit, cell, clock[0], scratch)
        if amplitudes[BURN_IN] > _F(0.0) and not np.isnan(frame[SUN_ROW]):
            radius, n_columns = amplitudes[SUN_RADIUS_PX], state.column.size
            row, column = frame[SUN_ROW], frame[SUN_COLUMN]
            paint_disc(slow[SLOW_BURN], n_columns, row, column, radius, amplitudes[BURN_IN])
    if epoch > clock[1]:
        slow[SLOW_WALK] = _F(0.0)
        add_normals(slow[SLOW_RESIDUAL], _F(0.0), amplitudes[SIGMA_FFC], unit.keys[KEY_FFC], epoch, scratch)
    clock[0] = cell
    clock[1] = epoch
    _sum_offsets(slow, unit.maps, frame[SHUTTER_RADIANCE])
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def blink(offset: Floats, state: SlowState, unit: ThermalUnit, tick: int) -> None:
    """Two-state Markov pixels: move each by one frame and write its place in `offset` (pixel,)."""
    pixels, is_on, amplitudes = unit.blink_pixels, state.blink_on, unit.amplitudes
    base = state.fields[SLOW_OFFSET]
    uniform = np.empty(pixels.size, np.float32)
    philox_uniforms(uniform, unit.keys[KEY_BLINK], tick)
    rest = amplitudes[BLINK_ON]
    for b in range(pixels.size):
        chance = rest + (is_on[b] - rest) * amplitudes[BLINK_KEPT]
        is_on[b] = _F(1.0) if uniform[b] < chance else _F(0.0)
        offset[pixels[b]] = base[pixels[b]] + unit.blink_jump[b] * is_on[b]
