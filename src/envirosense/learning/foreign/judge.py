"""A foreign detector judged as ours are: threshold from one split, figures from another, a rule beside it."""

from envirosense.core.errors import DatasetError
from envirosense.core.rng import stream
from envirosense.learning.detectors import Detector, ThresholdDetector, alarm_score
from envirosense.learning.evaluation import Entrant, evaluate_detectors
from envirosense.learning.metrics import device_days, quiet_windows, threshold_at_budget
from envirosense.learning.results import EvaluationReport
from envirosense.learning.training import TEST, TRAIN, VALIDATION, SplitDataset


def judge_detector(
    detector: Detector,
    dataset: SplitDataset,
    seed: int = 0,
    *,
    split: str = TEST,
    length_s: float = 60.0,
    stride_s: float = 60.0,
    budget_per_device_day: float = 1.0,
) -> EvaluationReport:
    """Report on a detector and a rule: fitted on `train`, alarm limit from `validation`, judged on `split`.

    A detector that is trained already keeps what it knows: its `fit` changes nothing. What it was trained on
    is then its maker's business: nothing here can tell whether it has seen the split.

    Raises:
        DatasetError: if a split is missing, or the detector breaks its contract.
    """
    lacking = sorted({TRAIN, VALIDATION, split} - set(dataset.splits))
    if lacking:
        raise DatasetError(f"{dataset.folder}: no split {lacking[0]!r}; generate at least three groups")
    train, held_out, test = (
        dataset[name].windows(length_s=length_s, stride_s=stride_s) for name in (TRAIN, VALIDATION, split)
    )
    rule = ThresholdDetector().fit(train, stream(seed, "learning", "threshold", "fit"))
    fitted = {"model": detector.fit(train, stream(seed, "learning", "model", "fit")), "threshold": rule}
    entrants = tuple(
        Entrant(role, one, threshold_at_budget(held_out, alarm_score(one, held_out), budget_per_device_day))
        for role, one in fitted.items()
    )
    return evaluate_detectors(
        entrants,
        test,
        seed=seed,
        budget_per_device_day=budget_per_device_day,
        split=split,
        threshold_device_days=device_days(held_out, quiet_windows(held_out)),
        seen_episodes=set(train.episode_id.tolist()) | set(held_out.episode_id.tolist()),
        provenance={"detector": f"{detector.name}@{detector.version}", "dataset": dataset.logical_hash},
    )
