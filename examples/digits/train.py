"""Trains the digits net, exports it, and writes the samples that calibrate and judge it.

    pip install -r requirements.txt
    python train.py [--out FOLDER]

Writes digits.onnx, calibration.npz and heldout.npz to FOLDER (default: beside this file). Everything is seeded and runs
on one thread: with the versions of requirements.txt, the accuracies come out the same. Prints, besides them, how many
answers change when the net is computed in integers of a few widths.
"""

import argparse
import pathlib
import platform
from collections import OrderedDict

import numpy as np
import onnx
import onnxruntime
import sklearn
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 0
FILTERS = 16
EPOCHS = 80
HELD_OUT = 200
CALIBRATION = 300
# noise on the inputs and weight decay make the margins between the classes wide, so that rounding changes few answers
NOISE = 0.1
WEIGHT_DECAY = 1e-2


def load_samples():
    """Images as float32 of shape (n, 1, 8, 8), pixels 0 to 16 scaled to 0 to 1, and their labels, in two parts."""
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    return train_test_split(images, digits.target, test_size=HELD_OUT, random_state=SEED, stratify=digits.target)


def build():
    """8x8 image -> 16 maps of 6x6 -> pooled to 3x3 -> 10 scores."""
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, FILTERS, kernel_size=3),
            relu=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            dense=nn.Linear(FILTERS * 9, 10),
        )
    )


def train(model, images, labels):
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(32):
            noisy = images[batch] + NOISE * torch.randn_like(images[batch])
            loss = loss_of(model(noisy), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    return model.eval()


def export(model, path):
    example = torch.zeros(1, 1, 8, 8)
    torch.onnx.export(
        model, (example,), path, input_names=["image"], output_names=["logits"], opset_version=17, dynamo=False
    )
    onnx.checker.check_model(onnx.load(path), full_check=True)


def run_onnx(path, images):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"image": image[None]})[0] for image in images])


def run_integers(model, images, calibration, bits):
    """The net in integers: pixels 0 to 16 as they are, weights and the one hidden layer in `bits` bits."""
    conv, dense = model.conv, model.dense
    with torch.no_grad():
        hidden_scale = float(model[:3](torch.from_numpy(calibration)).max()) / (2**bits - 1)
    weight = conv.weight.detach().numpy().astype(np.float64) / 16 / hidden_scale
    shift = int(np.floor(np.log2((2 ** (bits - 1) - 1) / np.abs(weight).max())))
    weight = np.round(weight * 2.0**shift)
    bias = np.round(conv.bias.detach().numpy() / hidden_scale * 2.0**shift)
    windows = np.lib.stride_tricks.sliding_window_view(np.round(images[:, 0] * 16), (3, 3), axis=(1, 2))
    sums = np.einsum("nijkl,fkl->nfij", windows, weight[:, 0]) + bias[None, :, None, None]
    pooled = sums.reshape(len(images), FILTERS, 3, 2, 3, 2).max(axis=(3, 5))
    # the only rounding rule: halves go up
    hidden = np.maximum(np.floor((pooled + 2.0 ** (shift - 1)) / 2.0**shift), 0).reshape(len(images), -1)
    dense_weight = dense.weight.detach().numpy().astype(np.float64)
    dense_scale = np.abs(dense_weight).max() / (2 ** (bits - 1) - 1)
    dense_bias = np.round(dense.bias.detach().numpy() / (dense_scale * hidden_scale))
    return hidden @ np.round(dense_weight / dense_scale).T + dense_bias


def main():
    parser = argparse.ArgumentParser(description="Train and export the digits net.")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    print(f"python {platform.python_version()}, torch {torch.__version__}, onnx {onnx.__version__},")
    print(f"onnxruntime {onnxruntime.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}")

    images, heldout, labels, heldout_labels = load_samples()
    model = train(build(), images, labels)
    export(model, out / "digits.onnx")
    np.savez_compressed(out / "calibration.npz", x=images[:CALIBRATION], y=labels[:CALIBRATION])
    np.savez_compressed(out / "heldout.npz", x=heldout, y=heldout_labels)

    trained = run_onnx(out / "digits.onnx", images).argmax(axis=1)
    logits = run_onnx(out / "digits.onnx", heldout)
    answers = logits.argmax(axis=1)
    margins = np.diff(np.sort(logits, axis=1)[:, -2:], axis=1)
    print(f"right answers, training: {(trained == labels).sum()} of {len(labels)}")
    print(f"right answers, held out: {(answers == heldout_labels).sum()} of {len(heldout)}")
    print(f"margin between the two largest scores, held out: least {margins.min():.3f}, median {np.median(margins):.3f}")
    for bits in (8, 7, 6, 5, 4):
        integers = run_integers(model, heldout, images[:CALIBRATION], bits).argmax(axis=1)
        right, changed = (integers == heldout_labels).sum(), (integers != answers).sum()
        print(f"in integers, {bits} bits: {right} of {len(heldout)} right, {changed} answers changed")


if __name__ == "__main__":
    main()
