"""What skops may build of a model file beyond its own list of harmless types; anything else is refused."""

from typing import Final

ALLOWED_TYPES: Final = frozenset({
    "numpy.dtype",  # of an imputer: a number format, no code
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
})  # fmt: skip
