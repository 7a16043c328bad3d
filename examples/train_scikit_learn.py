"""Train a scikit-learn classifier on simulated poles and score it on sites that it never saw."""

import tempfile

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score

import envirosense as es

with tempfile.TemporaryDirectory() as folder:
    dataset = es.generate(episodes=60, duration="20m", seed=1, out=folder, frame_interval_s=10)
    train, test = (dataset[split].windows() for split in ("train", "test"))
    model = RandomForestClassifier(200, class_weight="balanced", random_state=0).fit(
        train.features(), train.y
    )
    score = balanced_accuracy_score(test.y, model.predict(test.features()))
    print(f"{len(dataset)} episodes, {len(train)} windows to learn from, {len(test)} to judge on")
    print(f"classes {', '.join(np.unique(test.y))}: balanced accuracy {score:.2f} on unseen sites")
