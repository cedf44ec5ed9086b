#!/usr/bin/env python3
"""The model beside scikit-learn, sample by sample.

    model_oracle.py DRIVER [--steps 100000] [--public 2000]

DRIVER is the program of model_driver.c. Weights and intercept within 1e-9 of StandardScaler and SGDClassifier (partial_fit of single samples),
probabilities too, and the measures of the accuracy window equal sklearn.metrics. Calls of partial_fit cost a thousand times what they
compute, so only the first --public steps of each run go through them; the long run takes the scaler's own function of one sample, and
the classifier in blocks without shuffling, which is the same steps in the same order. Ends on `N passed, N failed`."""
import argparse
import math
import os
import subprocess
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import sklearn
from sklearn import metrics
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.preprocessing._data import _handle_zeros_in_scale, _is_constant_feature
from sklearn.utils.extmath import _incremental_mean_and_var

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
from tally import check, finish

NEAR = 1e-9
BLOCK = 50
WINDOW = 100
CLASSES = np.array([0, 1])


def classifier():
    return SGDClassifier(loss="log_loss", penalty="l2", alpha=1e-4, learning_rate="constant", eta0=0.01, average=False,
                         shuffle=False, random_state=42)


def market(steps, seed):
    """Spread, imbalance, depth, volatility as a book has them, and how likely a change then is."""
    dice = np.random.default_rng(seed)
    x = np.column_stack([
        np.minimum(np.exp(dice.normal(0, 0.7, steps)), 6),
        dice.uniform(-1, 1, steps),
        40 + 15 * dice.standard_normal(steps) + 10 * np.sin(np.arange(steps) / 3000),
        np.minimum(np.abs(dice.standard_t(5, steps)) * 0.8, 4),
    ])
    chance = 1 / (1 + np.exp(-(0.9 * np.log(x[:, 0]) + 0.8 * x[:, 3] - 0.02 * (x[:, 2] - 40) - 1.1)))
    return x, (dice.uniform(size=steps) < chance).astype(int)


def awkward(steps, seed):
    """A constant that no double holds, a step in the mean, a value far from 0 that hardly moves, a mostly empty one."""
    dice = np.random.default_rng(seed)
    x = np.column_stack([
        np.full(steps, 0.1 + 1e5),
        np.where(np.arange(steps) < steps // 2, 3.0, 4.5) + 0.01 * dice.standard_normal(steps),
        98765.43 + 0.25 * dice.integers(-8, 9, steps),
        np.where(dice.uniform(size=steps) < 0.95, 0.0, dice.uniform(0, 5, steps)),
    ])
    return x, ((x[:, 2] - 98765.43) / 1.3 + dice.normal(0, 1, steps) > 0.6).astype(int)


def run_driver(driver, x, y, every=BLOCK):
    """Rows of (probability, prediction, label, samples_total), and stats after each `every` samples."""
    lines = []
    for i, (row, label) in enumerate(zip(x.tolist(), y.tolist())):
        lines.append(f"{label} {' '.join(map(repr, row))}")
        if (i + 1) % every == 0:
            lines.append("stats")
    done = subprocess.run([driver, str(x.shape[1]), str(WINDOW)], input="\n".join(lines) + "\n", capture_output=True, text=True)
    check(done.returncode == 0, f"the driver ends well: {done.returncode} {done.stderr[:200]}")
    out = [line.split() for line in done.stdout.splitlines()]
    rows = np.array([[float(v) for v in line] for line in out if len(line) == 4])
    stats = np.array([[float(v) for v in line] for line in out if len(line) != 4])
    check(len(rows) == len(x) and len(stats) == len(x) // every, "a row a sample, stats when asked")
    return rows, stats


def public_steps(x, y):
    """Probability before each step, and weights after it, by the public calls alone."""
    scaler, sgd = StandardScaler(), classifier()
    for row, label in zip(x, y):
        row = row.reshape(1, -1)
        yield (0.5 if not hasattr(sgd, "coef_") else 1 / (1 + math.exp(-margin(scaler, sgd, row)))), sgd
        sgd.partial_fit(scaler.partial_fit(row).transform(row), [label], classes=CLASSES)


def margin(scaler, sgd, row):
    return float(sgd.coef_[0] @ ((row[0] - scaler.mean_) / scaler.scale_) + sgd.intercept_[0])


def scaled(x):
    """Each sample by the scaler as it stands once it has taken it in."""
    count = np.zeros(x.shape[1])
    mean, variance = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    z = np.empty_like(x)
    for i in range(len(x)):
        mean, variance, count = _incremental_mean_and_var(x[i:i + 1], mean, variance, count)
        constant = _is_constant_feature(variance, mean, i + 1)
        z[i] = (x[i] - mean) / _handle_zeros_in_scale(np.sqrt(variance), copy=False, constant_mask=constant)
    return z


def weights_off(stats, sgd):
    wanted = np.array([sgd.intercept_[0], *sgd.coef_[0]])
    return float(np.max(np.abs(stats[6:] - wanted)))


def check_public(name, driver, x, y):
    rows, stats = run_driver(driver, x, y, every=1)
    theirs, off = [], 0.0
    for i, (probability, sgd) in enumerate(public_steps(x, y)):
        theirs.append(probability)
        off = max(off, weights_off(stats[i - 1], sgd)) if i else off
    gap = float(np.max(np.abs(rows[:, 0] - theirs)))
    check(off < NEAR, f"{name}: weights of each step by the public calls: off by {off}")
    check(gap < NEAR, f"{name}: probability of each step: off by {gap}")
    check(np.array_equal(rows[:, 1], np.array(theirs) >= 0.5), f"{name}: predictions")
    check(np.array_equal(rows[:, 3], np.arange(len(x))), f"{name}: training steps counted")
    check_measures(name, rows, np.array(theirs), y)
    print(f"note {name}: {len(x)} single steps, weights within {off:.1e}, probabilities within {gap:.1e}")


def check_measures(name, rows, theirs, y):
    """What scikit-learn says of our predictions is what it says of its own."""
    ours, guess = rows[:, 0], rows[:, 1]
    for what, a, b in [
        ("AUC", metrics.roc_auc_score(y, ours), metrics.roc_auc_score(y, theirs)),
        ("accuracy", metrics.accuracy_score(y, guess), metrics.accuracy_score(y, theirs >= 0.5)),
        ("balanced accuracy", metrics.balanced_accuracy_score(y, guess), metrics.balanced_accuracy_score(y, theirs >= 0.5)),
        ("Brier", metrics.brier_score_loss(y, ours), metrics.brier_score_loss(y, theirs)),
    ]:
        check(abs(a - b) < NEAR, f"{name}: {what} {a}, scikit-learn's model {b}")


def check_long(name, driver, x, y):
    rows, stats = run_driver(driver, x, y)
    z, sgd = scaled(x), classifier()
    off = largest = 0.0
    for i in range(0, len(x), BLOCK):
        sgd.partial_fit(z[i:i + BLOCK], y[i:i + BLOCK], classes=CLASSES)
        off = max(off, weights_off(stats[i // BLOCK], sgd))
        largest = max(largest, float(np.max(np.abs(sgd.decision_function(z[i:i + BLOCK])))))
    check(largest < 18, f"{name}: margins stay below 18: {largest}")
    check(off < NEAR, f"{name}: weights over {len(x)} steps: off by {off}")
    check(np.array_equal(rows[:, 2], y), f"{name}: labels are those wanted")
    check(stats[-1][0] == np.sum(y == 0) and stats[-1][1] == np.sum(y == 1), f"{name}: samples of each label")
    check_window(name, rows, stats, y)
    auc, brier = metrics.roc_auc_score(y, rows[:, 0]), metrics.brier_score_loss(y, rows[:, 0])
    check(auc > 0.6, f"{name}: it learns: AUC {auc}")
    print(f"note {name}: {len(x)} steps, weights within {off:.1e}, largest margin {largest:.1f}, AUC {auc:.4f}, Brier {brier:.4f}")


def check_window(name, rows, stats, y):
    """Accuracy, balanced accuracy, Brier and base rate of the last pairs, each time they were asked for."""
    worst = 0.0
    for k, line in enumerate(stats):
        end = (k + 1) * BLOCK
        part = slice(max(0, end - WINDOW), end)
        labels, guess, chance = y[part], rows[part, 1].astype(int), rows[part, 0]
        recalls = metrics.recall_score(labels, guess, labels=np.unique(labels), average="macro", zero_division=0)
        wanted = [metrics.accuracy_score(labels, guess), recalls, float(np.mean((chance - labels)**2)),
                  max(np.mean(labels), 1 - np.mean(labels))]
        if len(np.unique(labels)) == 2 and k % 10 == 0:
            wanted[1] = metrics.balanced_accuracy_score(labels, guess)
            wanted[2] = metrics.brier_score_loss(labels, chance)
        worst = max(worst, float(np.max(np.abs(line[2:6] - wanted))))
    check(worst < 1e-12, f"{name}: measures of the accuracy window: off by {worst}")


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("driver")
    asked.add_argument("--steps", type=int, default=100_000)
    asked.add_argument("--public", type=int, default=2_000)
    asked = asked.parse_args()
    sklearn.set_config(assume_finite=True, skip_parameter_validation=True)
    for name, make in (("market", market), ("awkward", awkward)):
        check_public(name, asked.driver, *make(asked.public, 7))
    check_long("market", asked.driver, *market(asked.steps, 11))
    check_long("awkward", asked.driver, *awkward(asked.steps // 5, 12))
    finish()


if __name__ == "__main__":
    main()
