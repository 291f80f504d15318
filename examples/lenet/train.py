"""Trains LeNet-5 on handwritten digits of MNIST and exports it.

    pip install -r requirements.txt
    python train.py --mnist FOLDER [--out FOLDER]

--mnist names the folder of t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz, as they are published. Writes lenet.onnx
to --out (default: beside this file). The net is trained on the first 9,000 of these 10,000 images and judged on the last
1,000; samples.mjs takes calibration and held-out samples from the same parts. Seeded, on one thread, in minutes.
"""

import argparse
import gzip
import pathlib
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

SEED = 0
TRAINING = 9000
EPOCHS = 12
BATCH = 64


def read(folder):
    """Images of 28x28 pixels from 0 to 1, and their digits. Both files have a head of big-endian numbers of 32 bits."""
    images = gzip.decompress((folder / "t10k-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / "t10k-labels-idx1-ubyte.gz").read_bytes())
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return pixels.astype(np.float32) / 255, np.frombuffer(labels, np.uint8, offset=8).astype(np.int64)


def build():
    """LeNet-5 as LeCun et al. (1998) have it, with ReLU and maximum pooling, which a circuit is better at."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 6, 5, padding=2), relu1=nn.ReLU(), pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(6, 16, 5), relu2=nn.ReLU(), pool2=nn.MaxPool2d(2),
            flat=nn.Flatten(),
            fc1=nn.Linear(400, 120), relu3=nn.ReLU(),
            fc2=nn.Linear(120, 84), relu4=nn.ReLU(),
            fc3=nn.Linear(84, 10),
        )
    )


def train(net, images, labels):
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            # a digit that is moved by two pixels is the same digit
            dy, dx = torch.randint(-2, 3, (2,)).tolist()
            moved = torch.roll(images[batch], (dy, dx), (2, 3))
            optimizer.zero_grad()
            loss_of(net(moved), labels[batch]).backward()
            optimizer.step()
        schedule.step()
    return net.eval()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mnist", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    args = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    images, labels = (torch.from_numpy(part) for part in read(args.mnist))
    net = train(build(), images[:TRAINING], labels[:TRAINING])
    with torch.no_grad():
        right = (net(images[TRAINING:]).argmax(1) == labels[TRAINING:]).sum()
    print(f"held out: {right} of {len(images) - TRAINING} right")
    torch.onnx.export(
        net, torch.zeros(1, 1, 28, 28), args.out / "lenet.onnx",
        input_names=["image"], output_names=["logits"], opset_version=17, dynamo=False,
    )


if __name__ == "__main__":
    main()
