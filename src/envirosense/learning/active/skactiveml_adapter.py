"""Every pool strategy of scikit-activeml by name, for samples and scores of any model.

scikit-activeml fits a model of its own to what is labelled: a forest, five where it wants an ensemble, the
one kind that a strategy takes, or the estimator that is given. Our own strategies score any model as it is.
"""

import inspect
from typing import Any, Final

import numpy as np

from envirosense.core.errors import ConfigError, MissingExtraError, UnknownNameError
from envirosense.learning.active.strategies import Index
from envirosense.learning.samples import Floats, Samples

EXTRA: Final = "active"
_MODEL_ARGUMENTS: Final = ("clf", "reg", "ensemble", "estimator", "discriminator")
_OF_KERNELS: Final = ("EpistemicUncertaintySampling", "ProbabilisticAL")
_OF_MIXTURES: Final = ("FourDs",)
_OF_DENSITIES: Final = (
    "ExpectedModelOutputChange",
    "ExpectedModelVarianceReduction",
    "KLDivergenceMaximization",
)
_OF_TREES: Final = ("RegressionTreeBasedAL",)
_TREES: Final = 50
_MEMBERS: Final = 5


def _pool() -> Any:
    try:
        import skactiveml.pool
    except ImportError:
        raise MissingExtraError("scikit-activeml", EXTRA) from None
    return skactiveml.pool


def adapted_names() -> tuple[str, ...]:
    """Names of all pool strategies that scikit-activeml offers, sorted.

    Raises:
        MissingExtraError: if it is not installed.
    """
    pool = _pool()
    found = (getattr(pool, name) for name in pool.__all__)
    return tuple(sorted(one.__name__ for one in found if inspect.isclass(one) and hasattr(one, "query")))


def adapted_query(
    name: str,
    samples: Samples,
    labelled: Samples,
    k: int,
    rng: np.random.Generator,
    *,
    estimator: Any = None,
    settings: dict[str, Any] | None = None,
    arguments: dict[str, Any] | None = None,
) -> tuple[Index, Floats]:
    """Index of the samples that a strategy asks for, and its utilities, (chosen, sample).

    Args:
        name: Class of scikit-activeml's pool, such as `TypiClust`.
        samples: To choose from; what is unknown counts as the mean.
        labelled: What is known already.
        k: How many; a strategy may find fewer worth asking for.
        rng: Seeds the strategy.
        estimator: Unfitted scikit-learn classifier or regressor, instead of the usual model.
        settings: Of the strategy's constructor.
        arguments: Of its `query`, beside those that are filled in here.

    Raises:
        MissingExtraError: if scikit-activeml is not installed.
        UnknownNameError: if it has no such strategy.
        ConfigError: if the strategy refuses what it is given.
    """
    names = adapted_names()
    if name not in names:
        raise UnknownNameError("strategy", name, names)
    kind = getattr(_pool(), name)
    seed = int(rng.integers(2**31))
    classes = sorted({*samples.classes, *labelled.classes})
    x, y, numbers = _pool_arrays(samples, labelled, classes)
    offered = {
        "random_state": seed,
        "classes": numbers,
        "query_strategy": _pool().RandomSampling(random_state=seed),
    }
    chosen = {name: value for name, value in offered.items() if name in inspect.signature(kind).parameters}
    asked = inspect.signature(kind.query).parameters
    wants = next((one for one in _MODEL_ARGUMENTS if one in asked), None)
    given: dict[str, Any] = dict(arguments or {})
    if wants is not None and wants not in given:
        given[wants] = _model(name, wants, estimator, numbers, seed)
    try:
        strategy = kind(**{**chosen, **(settings or {})})
        at, utilities = strategy.query(
            x, y, candidates=np.arange(len(samples)), batch_size=k, return_utilities=True, **given
        )
    except (AttributeError, TypeError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise ConfigError("strategy", name, f"refused by scikit-activeml: {first}") from None
    return np.asarray(at, dtype=np.intp).ravel(), np.asarray(utilities, dtype=np.float64)[:, : len(samples)]


def _pool_arrays(samples: Samples, labelled: Samples, classes: list[str]) -> tuple[Floats, Floats, list[int]]:
    """Features of both, classes as numbers with NaN where they are to be asked for, and all numbers."""
    x = np.concatenate([samples.x, labelled.x])
    known = ~np.isnan(x)
    mean = np.where(known, x, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    number = {name: float(at) for at, name in enumerate(classes)}
    y = np.concatenate([np.full(len(samples), np.nan), [number[name] for name in labelled.y.tolist()]])
    return np.where(known, x, mean), y, list(range(len(classes)))


def _model(name: str, wants: str, estimator: Any, classes: list[int], seed: int) -> Any:
    """A model as the strategy wants it; some take one kind only."""
    from skactiveml import classifier, regressor
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.tree import DecisionTreeRegressor

    if estimator is None and name in _OF_KERNELS:
        return classifier.ParzenWindowClassifier(classes=classes, random_state=seed)
    if estimator is None and name in _OF_MIXTURES:
        return classifier.MixtureModelClassifier(classes=classes, random_state=seed)
    if estimator is None and name in _OF_DENSITIES:
        return regressor.NICKernelRegressor(random_state=seed)
    if wants == "reg":
        usual = DecisionTreeRegressor if name in _OF_TREES else RandomForestRegressor
        return regressor.SklearnRegressor(estimator or usual(random_state=seed), random_state=seed)
    members = [
        classifier.SklearnClassifier(
            estimator or RandomForestClassifier(_TREES, random_state=seed + at),
            classes=classes,
            random_state=seed + at,
        )
        for at in range(_MEMBERS if wants == "ensemble" else 1)
    ]
    return members if wants == "ensemble" else members[0]
