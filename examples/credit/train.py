"""Trains the score of the example credit line, exports it, and writes the samples that calibrate and judge it.

    pip install -r requirements.txt
    python train.py [--out FOLDER]

Writes score.onnx, calibration.npz and heldout.npz to FOLDER (default: beside this file). The applicants are made up here by a
stated rule, and stand for no real ones: do not lend by this model. Six whole numbers say what is known of an applicant; the
net gives a score from about 300 to 850, fitted to who repays. Seeded, on one thread.
"""

import argparse
import pathlib
from collections import OrderedDict

import numpy as np
import torch
from torch import nn

SEED = 0
HIDDEN = 6
APPLICANTS = 5000
EPOCHS = 400
CALIBRATION = 300
HELD_OUT = 200
# income a month in hundreds, debt in percent of a year's income, years of history, late payments in two years, share of
# credit in use in percent, requests for credit in the last half year
GREATEST = (100, 200, 30, 12, 100, 10)


def applicants(rng):
    """What is known of each, and whether they repaid."""
    income = np.clip(rng.gamma(4.0, 9.0, APPLICANTS), 5, GREATEST[0])
    debt = np.clip(rng.gamma(2.0, 25.0, APPLICANTS), 0, GREATEST[1])
    years = rng.uniform(0, GREATEST[2], APPLICANTS)
    late = np.clip(rng.poisson(1.2, APPLICANTS), 0, GREATEST[3])
    used = rng.beta(2.0, 3.0, APPLICANTS) * 100
    requests = np.clip(rng.poisson(1.5, APPLICANTS), 0, GREATEST[5])
    known = np.round(np.stack([income, debt, years, late, used, requests], axis=1)).astype(np.float32)
    # late payments weigh more on those who use much of their credit
    odds = (
        1.0 + 0.06 * known[:, 0] - 0.03 * known[:, 1] + 0.12 * known[:, 2]
        - 1.0 * known[:, 3] * (0.5 + known[:, 4] / 100) - 0.5 * known[:, 5]
    )
    repaid = rng.uniform(size=APPLICANTS) < 1 / (1 + np.exp(-odds))
    return known, repaid.astype(np.float32)[:, None]


class Score(nn.Module):
    """Six numbers -> 6 hidden -> log-odds of repaying -> 575 + 50 points for each unit of them."""

    def __init__(self):
        super().__init__()
        self.register_buffer("greatest", torch.tensor(GREATEST, dtype=torch.float32))
        self.layers = nn.Sequential(
            OrderedDict(hidden=nn.Linear(len(GREATEST), HIDDEN), relu=nn.ReLU(), last=nn.Linear(HIDDEN, 1))
        )

    def odds(self, known):
        return self.layers(known / self.greatest)

    def forward(self, known):
        return 575 + 50 * self.odds(known)


def train(net, known, repaid):
    known, repaid = torch.from_numpy(known), torch.from_numpy(repaid)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(net.odds(known), repaid).backward()
        optimizer.step()
        schedule.step()


def report(net, known, repaid):
    with torch.no_grad():
        score = net(torch.from_numpy(known)).numpy()[:, 0]
    did = repaid[:, 0] == 1
    pairs = score[did][:, None] - score[~did][None, :]
    print(f"held out: scores from {score.min():.0f} to {score.max():.0f}, {did.mean():.1%} repaid")
    print(f"held out: of two applicants the one who repaid scores higher in {(pairs > 0).mean():.1%}")
    for least in (550, 600, 650):
        taken = score >= least
        print(f"held out, at least {least}: {taken.mean():.1%} of applicants, of whom {did[taken].mean():.1%} repaid")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    out = parser.parse_args().out
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    known, repaid = applicants(np.random.default_rng(SEED))
    training, held_out = slice(0, APPLICANTS - HELD_OUT), slice(APPLICANTS - HELD_OUT, APPLICANTS)
    net = Score()
    train(net, known[training], repaid[training])
    report(net, known[held_out], repaid[held_out])
    torch.onnx.export(
        net,
        torch.zeros(1, len(GREATEST)),
        out / "score.onnx",
        input_names=["applicant"],
        output_names=["score"],
        opset_version=17,
        dynamo=False,
    )
    np.savez_compressed(out / "calibration.npz", x=known[:CALIBRATION].astype(np.int16))
    np.savez_compressed(out / "heldout.npz", x=known[held_out].astype(np.int16))


if __name__ == "__main__":
    main()
