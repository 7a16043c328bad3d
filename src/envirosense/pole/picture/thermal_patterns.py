"""Random patterns over the picture of one camera: smooth fields, dirt and webs on the window, bad pixels."""

import numpy as np
import numpy.typing as npt

type Doubles = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.int32]
type Shape = tuple[int, int]  # rows, columns

N_STRANDS_MAX = 3  # of a stray thread on the window # assumed
STRAND_SHARE = 1 / 40  # width of a defocused strand, one sigma, of the picture's width # assumed
WINDOW_VARIANCE = 0.16  # of that pattern over the picture, mean of units; computed from its draws
WEB_SPOKES = (5, 10)  # fewest and most strands of a web in front of the window # assumed
WEB_RINGS = 4  # assumed
WEB_OPACITY = 0.6  # in the middle of a strand, which the lens spreads wide # assumed


def smooth_field(shape: Shape, rng: np.random.Generator) -> Doubles:
    """Smooth random field over the image, (pixel,), rms 1: a quadratic with random coefficients."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    terms = np.stack([x, y, x * y, x * x - 1 / 3, y * y - 1 / 3])
    field = np.tensordot(rng.standard_normal(5), terms, axes=1).ravel()
    return np.asarray(field / np.sqrt(np.mean(field**2)))


def window_pattern(shape: Shape, rng: np.random.Generator) -> Doubles:
    """Where dirt sits on the window, (pixel,), mean 1: uneven dust and a few defocused threads."""
    pattern = np.exp(0.3 * smooth_field(shape, rng))
    y, x = np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij")
    for _ in range(rng.integers(0, N_STRANDS_MAX + 1)):
        angle, through = rng.uniform(0.0, np.pi), rng.uniform((0, 0), shape)
        distance_px = (x - through[1]) * np.sin(angle) - (y - through[0]) * np.cos(angle)
        pattern += 1.5 * np.exp(-0.5 * (distance_px / (STRAND_SHARE * shape[1])) ** 2).ravel()
    return np.asarray(pattern / pattern.mean())


def web_pattern(shape: Shape, rng: np.random.Generator) -> Doubles:
    """Opacity of a spider's web close to the lens, (pixel,) 0..1: spokes and rings around one place."""
    hub = rng.uniform((0.2, 0.2), (0.8, 0.8)) * shape
    y, x = np.meshgrid(np.arange(shape[0]) - hub[0], np.arange(shape[1]) - hub[1], indexing="ij")
    width_px, radius_px = STRAND_SHARE * shape[1], np.hypot(x, y)
    clear = np.ones(shape)
    for angle in rng.uniform(0.0, 2 * np.pi, rng.integers(*WEB_SPOKES, endpoint=True)):
        ahead = x * np.cos(angle) + y * np.sin(angle) > 0.0
        across_px = np.where(ahead, x * np.sin(angle) - y * np.cos(angle), radius_px)
        clear *= 1.0 - WEB_OPACITY * np.exp(-0.5 * (across_px / width_px) ** 2)
    for ring_px in rng.uniform(0.1, 0.9, WEB_RINGS) * shape[1]:
        clear *= 1.0 - WEB_OPACITY * np.exp(-0.5 * ((radius_px - ring_px) / width_px) ** 2)
    return np.asarray(1.0 - clear).ravel()


def centre_spot(shape: Shape, radius_px: float) -> Doubles:
    """Gaussian spot in the middle of the image, (pixel,), 1 at the optical axis."""
    y, x = np.arange(shape[0])[:, None] - (shape[0] - 1) / 2, np.arange(shape[1]) - (shape[1] - 1) / 2
    return np.asarray(np.exp(-0.5 * (y**2 + x**2) / radius_px**2)).ravel()


def bad_pixels(
    shape: Shape, fractions: tuple[float, float, float], rng: np.random.Generator
) -> tuple[Indices, Indices, Indices]:
    """Dead, hot and blinking pixels of one unit; Poisson counts, no pixel twice."""
    n = shape[0] * shape[1]
    order = rng.permutation(n).astype(np.int32)
    counts = rng.poisson([n * fraction for fraction in fractions])
    dead, hot, blinking, _ = np.split(order, np.cumsum(counts))
    return dead, hot, blinking


def good_neighbours(shape: Shape, bad: Indices) -> Indices:
    """Pixels around each bad one that are in the image and not bad, (bad, 8), -1 for none."""
    steps = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j])
    row, column = bad[:, None] // shape[1] + steps[:, 0], bad[:, None] % shape[1] + steps[:, 1]
    pixel = row * shape[1] + column
    is_inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    return np.where(is_inside & ~np.isin(pixel, bad), pixel, -1).astype(np.int32)
