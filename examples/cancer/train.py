"""Trains boosted trees that tell malignant from benign tumours, exports them, and writes the samples that judge them.

    pip install -r requirements.txt
    python train.py [--out FOLDER]

Writes cancer.onnx, calibration.npz and heldout.npz to FOLDER (default: beside this file). The data come with scikit-learn.
Seeded. Thresholds of trees stand between values of the data, so the circuit compares exactly where the trees do.
"""

import argparse
import pathlib

import numpy as np
import onnx
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import train_test_split

SEED = 0
TREES = 20
DEPTH = 3
CALIBRATION = 300
HELD_OUT = 169


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    out = parser.parse_args().out
    data = load_breast_cancer()
    # as the model will see them: ONNX trees compare in float32
    values = data.data.astype(np.float32)
    x, heldout, y, heldout_y = train_test_split(
        values, data.target, test_size=HELD_OUT, random_state=SEED, stratify=data.target
    )
    model = GradientBoostingClassifier(n_estimators=TREES, max_depth=DEPTH, random_state=SEED).fit(x, y)
    right = (model.predict(heldout) == heldout_y).sum()
    print(f"held out: {right} of {HELD_OUT} right")
    used = {int(f) for tree in model.estimators_[:, 0] for f in tree.tree_.feature if f >= 0}
    nodes = sum(int((tree.tree_.feature >= 0).sum()) for tree in model.estimators_[:, 0])
    print(f"{TREES} trees with {nodes} comparisons, of {len(used)} of {x.shape[1]} measures")

    exported = to_onnx(model, x[:1], options={"zipmap": False}, target_opset={"": 17, "ai.onnx.ml": 3})
    exported.metadata_props.append(onnx.StringStringEntryProto(key="names", value='["malignant", "benign"]'))
    onnx.save(exported, out / "cancer.onnx")
    np.savez_compressed(out / "calibration.npz", x=x[:CALIBRATION], y=y[:CALIBRATION])
    np.savez_compressed(out / "heldout.npz", x=heldout, y=heldout_y)


if __name__ == "__main__":
    main()
