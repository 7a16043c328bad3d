"""A trainer of your own: `envirosense loop home --cycles 2 --trainer "python examples/my_trainer.py"`.

The loop appends the folder of the job; the model goes to `result` in it.
"""

import json
import sys
from pathlib import Path

from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from envirosense.learning import ModelTask, Samples, bundle_of
from envirosense.learning.judging.units import threshold_for

if len(sys.argv) < 2:
    print(__doc__)
    sys.exit()
job = Path(sys.argv[-1])
task = ModelTask.parse(json.loads((job / "job.json").read_text())["task"])
train, validation = Samples.load(job / "train.parquet"), Samples.load(job / "validation.parquet")

model = make_pipeline(
    SimpleImputer(keep_empty_features=True),
    StandardScaler(),
    LogisticRegression(max_iter=2000, class_weight="balanced"),
)
model.fit(train.x, train.y, logisticregression__sample_weight=train.weight)

alarm = 1.0 - model.predict_proba(validation.x)[:, model.classes_.tolist().index(task.negative)]
bundle_of(
    model,
    task=task.name,
    negative=task.negative,
    features=train.features,
    threshold=threshold_for(validation, alarm, task),
    trainer="my_trainer@1",
).save(job / "result")
