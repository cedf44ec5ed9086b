#!/usr/bin/env python3
"""The oracle itself, against values worked out by hand from SPEC 2 and, for the model, against scikit-learn. Ends on
`N passed, N failed`."""
import math
import random
import sys

import stream
from columns import columns
from history import SECOND, Buckets, History
from learner import Model, Sgd
from structure import ONE, band_volumes, stability, structure
from tally import check, finish

STEPS = 3_000


def levels(*pairs):
    return [(round(price * 100) * ONE // 100, round(size * 1000) * ONE // 1000) for price, size in pairs]


def near(a, b):
    return a is not None and b is not None and abs(a - b) <= 1e-12 * max(1.0, abs(b))


def book(bids, asks):
    both = bids[0][0] + asks[0][0]
    return bids, asks, (band_volumes(bids, both), band_volumes(asks, both))


def check_structure():
    bids = levels((99.99, 1), (99.9, 2), (99.5, 4))
    asks = levels((100.01, 3), (100.1, 1))
    out, _ = structure(*book(bids, asks), 1_784_937_599 * SECOND)  # a Friday, 23:59:59
    want = {"spread_bps": 2.0, "imbalance": -0.5, "depth": 11.0, "mid_price": 100.0, "microprice": 99.995, "micro_minus_mid": -0.005,
            "imbalance_L3": 3 / 11, "total_bid_depth": 7.0, "bid_vol_band_0_5bps": 1.0, "bid_vol_band_5_10bps": 0.0,
            "bid_vol_band_10_25bps": 2.0, "bid_vol_band_50_100bps": 4.0, "ask_vol_band_10_25bps": 1.0, "imb_band_10_25bps": 1 / 3,
            "lambda_like": 0.02 / 4, "book_convexity": 4 / 7, "bid_50pct_depth_levels": 2, "ask_50pct_depth_levels": 0,
            "bid_concentration": (1 + 4 + 16) / 49, "center_of_gravity": (99.99 + 199.8 + 300.03 + 100.1) / 7, "bid_wall_level": 2,
            "minute": 59, "day_of_week": 4, "is_weekend": 0, "bid_gini": 2 / 7}
    for name, value in want.items():
        check(near(out[name], value), f"{name}: {out[name]}, by hand {value}")
    for name in ("bid_slope_simple", "bid_depth_decay_5", "bid_slope_regression", "slope_asymmetry", "bid_price_L3", "imb_band_5_10bps"):
        check(out[name] is None, f"{name} of a book of few levels is {out[name]}")
    check(stability(1.0, 0.0, 0.5) == (100.0, "STABLE") and stability(None, 0, 0) == (None, None), "stability")
    check(stability(10, 0.0, 1.85)[1] == "MODERATE" and stability(10, 1.0, 1.85)[1] == "UNSTABLE", "stability's words")


def check_history():
    h = History()
    bids, asks = levels((99, 1)), levels((101, 1))
    first = h.book(*book(bids, asks), 10 * SECOND).values()
    check(first["ofi"] is None and first["rv_1s"] is None and first["ofi_sum_1s"] == 0 and first["spread_percentile"] == 0, "first sample")
    h.trade(10 * SECOND + 1, 100 * ONE, ONE, "buy")
    h.trade(12 * SECOND + 1, 100 * ONE, 3 * ONE, "sell")  # later than the next book: it waits
    second = h.book(*book(levels((99, 3)), asks), 12 * SECOND).values()
    check(second["ofi"] == 2 and second["log_return"] == 0, "size up at one price")
    check(second["tfi_1s"] == 1 and second["trade_vol_5s"] == 1, "the trade before it")
    third = h.book(*book(levels((98, 5)), asks), 13 * SECOND).values()
    check(third["ofi"] == -3 and third["ofi_sum_1s"] == -3 and third["ofi_sum_5s"] == -1, f"bid down: {third['ofi']}; (t-1, t]")
    check(near(third["log_return"], math.log(99.5 / 100)) and near(third["mid_velocity"], -0.5), "return and velocity")
    check(third["tfi_5s"] == -0.5 and near(third["mid_accel"], -0.5 / 1.5), f"flow and acceleration {third['mid_accel']}")
    fourth = h.book(*book(levels((99, 2)), levels((100, 7))), 14 * SECOND).values()
    check(fourth["ofi"] == 2 - 7 and fourth["spread_regime"] == "tight", "bid up, ask down")
    fifth = h.book(*book(levels((99, 2)), levels((102, 1))), 314 * SECOND).values()
    check(fifth["ofi"] == 7, "300 s are no silence yet")
    check(h.book(*book(levels((99, 2)), levels((102, 1))), 614 * SECOND + 1).values()["ofi"] is None, "300 s and 1 ns are")
    check(h.book(levels((99, 2)), [], ([0] * 5, [0] * 5), 615 * SECOND) is None, "one side alone is withheld")


def check_buckets():
    b = Buckets()
    b.trade(ONE, 3 * ONE + ONE // 2, "buy", None)
    check(b.full == [2 * ONE] * 3 and b.open == [ONE, 0], f"3.5 units fill 1, 1, 1 and half a bucket: {b.full} {b.open}")
    b.trade(ONE, ONE // 2, "sell", None)
    check(b.vpin() == 3 / 4, f"vpin {b.vpin()}")
    b.trade(ONE, ONE, None, None)
    check(b.full[-1] == 0 and b.classified == ONE, "neither quote nor tick tells: half each")


def check_labels():
    m = Model("m", 500, ["x"])
    ms = 10**6
    for at, mid in ((0, 10000), (300, 10001), (499, 10002), (600, 10000)):
        m.event(at, at * ms, (mid, 1), {"x": 1.0})
    check([(row["label"], row["mid_later"]) for row in m.out] == [(1, 10002.0)], f"as of the horizon: {m.out}")
    m.due(900 * ms)
    check(m.out[1]["label"] == 0 and m.out[1]["mid_later"] == 10000 and len(m.out) == 2, "a tie at the threshold is none")
    m.flush("flushed")
    check([row["reason"] for row in m.out] == ["labeled"] * 2 + ["flushed"] * 2 and m.out[0]["probability"] == 0.5, "flushed")


def check_learner():
    try:
        import numpy as np
        from sklearn.linear_model import SGDClassifier
        from sklearn.preprocessing import StandardScaler
    except ImportError:
        print("scikit-learn is not there: the recurrences are not compared with it")
        return
    dice, mine, scaler = random.Random(3), Sgd(4), StandardScaler()
    other = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, alpha=0.0001, penalty="l2", average=False, shuffle=False)
    for _ in range(STEPS):
        x = [dice.gauss(2, 1), dice.uniform(-1, 1), 100 * dice.random(), 3.0]
        y = int(x[1] + dice.gauss(0, 0.5) > 0)
        mine.train(x, y)
        row = np.array([x])
        other.partial_fit(scaler.partial_fit(row).transform(row), [y], classes=[0, 1])
    off = max(abs(a - b) for a, b in zip(mine.w + [mine.c], [*other.coef_[0], other.intercept_[0]]))
    check(off < 1e-9, f"weights after {STEPS} steps: {off} from scikit-learn's")
    chance = other.predict_proba(scaler.transform(row))[0][1]
    check(abs(mine.probability(x) - chance) < 1e-9, f"probability {mine.probability(x)}, scikit-learn's {chance}")


def check_columns():
    names = columns()
    row = History().book(*book(levels((99, 1)), levels((101, 1))), SECOND).values()
    check(set(names) == set(row), f"columns that only one knows: {sorted(set(names) ^ set(row))}")
    check(stream.whole(stream.Decimal("0.000000000001")) == 1, "digits")


if __name__ == "__main__":
    for one in (check_structure, check_history, check_buckets, check_labels, check_learner, check_columns):
        one()
    sys.exit(finish())
