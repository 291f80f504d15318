"""Trains the volatility net of the example pool, exports it, and writes the samples that calibrate and judge it.

    pip install -r requirements.txt
    python train.py [--out FOLDER]

Writes volatility.onnx, calibration.npz and heldout.npz to FOLDER (default: beside this file). The data are made here: moves
of a price whose volatility comes in clusters (GARCH(1, 1)), in whole parts of 10,000, from -128 to 127 as the pool notes
them. The net reads the last 8 moves one after another, and predicts the standard deviation of the 8 moves that follow.
Seeded, on one thread.
"""

import argparse
import pathlib

import numpy as np
import torch
from torch import nn

SEED = 0
PAST = 8
FUTURE = 8
CELLS = 4
SIZE = 32  # a move's size in the units of the net
PATHS = 4000
EPOCHS = 400
CALIBRATION = 300
HELD_OUT = 200


def simulate(rng):
    """Moves of PATHS prices: of each the past that the net sees, and what it is to predict."""
    steps = 60 + PAST + FUTURE
    # a calm market and a wild one alike: the level that the variance returns to differs from path to path
    level = np.exp(rng.uniform(np.log(3.0), np.log(45.0), PATHS)) ** 2
    alpha, beta = 0.2, 0.75
    variance, moves = level.copy(), np.zeros((PATHS, steps))
    for t in range(steps):
        moves[:, t] = np.sqrt(variance) * rng.standard_normal(PATHS)
        variance = (1 - alpha - beta) * level + alpha * moves[:, t] ** 2 + beta * variance
    moves = np.clip(np.round(moves), -128, 127)
    past, future = moves[:, -PAST - FUTURE : -FUTURE], moves[:, -FUTURE:]
    return past.astype(np.float32), future.std(axis=1, keepdims=True).astype(np.float32)


class Net(nn.Module):
    """The sizes of 8 moves, one after another -> 4 cells that remember -> a volatility, never below zero.

    Cells with ReLU cost a circuit a fifth of what gates cost (a GRU of two cells: 4,593 constraints), and are as good
    here: what there is to remember is a weighted mean of sizes. They begin as such means, which forget at different speeds.
    """

    def __init__(self):
        super().__init__()
        self.memory = nn.RNN(1, CELLS, batch_first=True, nonlinearity="relu")
        self.last = nn.Linear(CELLS, 1)
        with torch.no_grad():
            self.memory.weight_ih_l0.abs_()
            self.memory.weight_hh_l0.copy_(torch.diag(torch.linspace(0.5, 0.9, CELLS)))
            self.last.weight.abs_()
            self.last.bias.fill_(0.1)

    def forward(self, moves):
        # the sign of a move says little of volatility
        sizes = torch.abs(moves).unsqueeze(-1) / SIZE
        remembered, _ = self.memory(sizes)
        return torch.relu(self.last(remembered[:, -1])) * SIZE


def train(net, past, target):
    past, target = torch.from_numpy(past), torch.from_numpy(target)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        nn.functional.smooth_l1_loss(net(past), target).backward()
        optimizer.step()
        schedule.step()


def report(net, past, target):
    with torch.no_grad():
        predicted = net(torch.from_numpy(past)).numpy()
    plain = past.std(axis=1, keepdims=True)
    for name, values in (("net", predicted), ("standard deviation of the 8 moves before", plain)):
        error = float(np.abs(values - target).mean())
        correlation = float(np.corrcoef(values[:, 0], target[:, 0])[0, 1])
        print(f"held out, {name}: mean error {error:.2f}, correlation {correlation:.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    out = parser.parse_args().out
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    past, target = simulate(np.random.default_rng(SEED))
    training, held_out = slice(0, PATHS - HELD_OUT), slice(PATHS - HELD_OUT, PATHS)
    net = Net()
    train(net, past[training], target[training])
    report(net, past[held_out], target[held_out])
    torch.onnx.export(
        net.eval(),
        torch.zeros(1, PAST),
        out / "volatility.onnx",
        input_names=["moves"],
        output_names=["volatility"],
        opset_version=17,
        dynamo=False,
    )
    np.savez_compressed(out / "calibration.npz", x=past[:CALIBRATION].astype(np.int16))
    np.savez_compressed(out / "heldout.npz", x=past[held_out].astype(np.int16))


if __name__ == "__main__":
    main()
