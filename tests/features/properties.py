#!/usr/bin/env python3
"""What must hold between two replays, whatever the formulas. Ends on `N passed, N failed`.

    properties.py prefix SHORT LONG      the future changes nothing: rows of the shorter capture stand in the longer one's
    properties.py same ONE OTHER SYMBOL  rows of a symbol alone are those it has among others
    properties.py seconds EACH EVERY VENUE   with a row a second, each is that of the last event (EVERY has one for each event)
    properties.py mirror ONE OTHER       bids and asks changed places: signs turn, sizes change sides
    properties.py bounds FOLDER          shares, ranks, scores and ratios lie where they can
"""
import sys
from pathlib import Path

import stream
from columns import columns
from compare import read
from tally import check, finish

NOT_OF_THE_EVENT = ("interval_ms", "events")
TURNED = ("imbalance", "imbalance_L1", "imbalance_L3", "imbalance_L5", "imbalance_L10", "total_imbalance", "ofi", "ofi_multi", "mlofi",
          "trade_imbalance")
SWAPPED = (("best_bid_size", "best_ask_size"), ("total_bid_depth", "total_ask_depth"), ("bid_gini", "ask_gini"),
           ("bid_concentration", "ask_concentration"), ("bid_depth_decay_5", "ask_depth_decay_5"), ("bid_wall_level", "ask_wall_level"))
KEPT = ("spread", "depth", "vpin", "minute", "day_of_week")
BOUNDS = {"imbalance": (-1, 1), "total_imbalance": (-1, 1), "smart_depth_imbalance": (-1, 1), "trade_imbalance": (-1, 1),
          "stability_score": (0, 100), "spread_percentile": (0, 1), "spread_regime_tight_frac": (0, 1), "spread_regime_wide_frac": (0, 1),
          "kyle_lambda_r2": (0, 1 + 1e-6), "vpin": (0, 1), "vpin_classified_share": (0, 1), "bid_concentration": (0.05 - 1e-6, 1),
          "ask_concentration": (0.05 - 1e-6, 1), "book_convexity": (0, 1), "bid_gini": (0, 1), "ask_gini": (0, 1), "volatility": (0, 1e9),
          "bid_50pct_depth_levels": (0, 19), "ask_50pct_depth_levels": (0, 19), "minute": (0, 59), "day_of_week": (0, 6),
          "is_weekend": (0, 1), "depth": (0, 1e18), "spread": (0, 1e18), "imb_signed": (-1, 1)}


def first_difference(ours, theirs, drop=()):
    for i, (a, b) in enumerate(zip(ours, theirs)):
        off = [name for name in a if name not in drop and a[name] != b.get(name)]
        if off:
            return f"row {i}, {off[0]}: {a[off[0]]!r} and {b.get(off[0])!r}"
    return ""


def by_model(predictions):
    """Each model has files of its own."""
    found = {}
    for symbol, rows in predictions.items():
        for row in rows:
            found.setdefault((symbol, row["model_id"]), []).append(row)
    return found


def prefix(short, long):
    one, other = read(short, "features"), read(long, "features")
    check(one, "the shorter one has rows")
    for symbol, rows in one.items():
        check(len(rows) <= len(other.get(symbol, [])), f"{symbol}: {len(rows)} rows of {len(other.get(symbol, []))}")
        different = first_difference(rows, other.get(symbol, []))
        check(not different, f"{symbol}: without its future: {different}")
    one, other = by_model(read(short, "predictions")), by_model(read(long, "predictions"))
    check(len(one) == 4, f"predictions of two symbols by two models: {list(one)}")
    for key, rows in one.items():
        known = [row for row in rows if row["reason"] != "shutdown"]
        different = first_difference(known, other.get(key, []))
        check(known and not different, f"{key}: predictions without their future: {different}")


def same(one, other, symbol):
    for table in ("features", "predictions"):
        mine, theirs = read(one, table).get(symbol, []), read(other, table).get(symbol, [])
        different = first_difference(mine, theirs)
        check(mine and len(mine) == len(theirs) and not different,
              f"{table} of {symbol} alone: {len(mine)} and {len(theirs)} rows, {different}")


def seconds(each, every, venue):
    """Which events the seconds' rows are of is told by the oracle."""
    run = stream.Run(venue).take(stream.journal.Journal(Path(every) / "journal").poll().frames)
    one, other = read(each, "features"), read(every, "features")
    for symbol, s in run.symbols.items():
        mine, wanted = one.get(symbol, []), [(s.rows[i].frame, count) for i, count in s.seconds]
        told = [(row["frame"], row["events"]) for row in mine]
        at = next((i for i, (a, b) in enumerate(zip(told, wanted)) if a != b), min(len(told), len(wanted)))
        check(told == wanted, f"{symbol}: (frame, events) of row {at}: {told[at:at + 2]}, wanted {wanted[at:at + 2]}")
        check({row["interval_ms"] for row in mine} <= {1000}, f"{symbol}: interval_ms")
        by_frame = {row["frame"]: row for row in other.get(symbol, [])}
        different = first_difference(mine, [by_frame.get(row["frame"], {}) for row in mine], NOT_OF_THE_EVENT)
        check(not different, f"{symbol}: a second's row and its event's: {different}")
    check(sum(map(len, one.values())) > 100, "there were seconds")


def turned(name):
    return name in TURNED or name.startswith(("ofi_sum_", "tfi_"))


def mirror(one, other):
    mine, theirs = read(one, "features"), read(other, "features")
    names = [name for name in columns() if turned(name) or name in KEPT]
    for symbol, rows in mine.items():
        others = theirs.get(symbol, [])
        check(len(rows) == len(others), f"{symbol}: {len(rows)} and {len(others)} rows")
        for name in names:
            wrong = [(a["frame"], a[name], b[name]) for a, b in zip(rows, others)
                     if not equal(a[name], b[name], -1 if turned(name) else 1)]
            check(not wrong, f"{symbol} {name} in the mirror: {len(wrong)} rows, first {wrong[:1]}")
        for a, b in SWAPPED:
            good = all(equal(x[a], y[b], 1) and equal(x[b], y[a], 1) for x, y in zip(rows, others))
            check(good, f"{symbol}: {a} is the mirror's {b}")


def equal(a, b, sign):
    return a == b if None in (a, b) else abs(a - sign * b) <= 1e-12 * max(1.0, abs(a))


def bounds(folder):
    for symbol, rows in read(folder, "features").items():
        for name, (low, high) in BOUNDS.items():
            wrong = [(row["frame"], row[name]) for row in rows if row[name] is not None and not low <= row[name] <= high]
            check(not wrong, f"{symbol} {name} beyond {low} and {high}: {len(wrong)} rows, first {wrong[:1]}")
        wrong = [row["frame"] for row in rows if any(isinstance(v, float) and v - v != 0 for v in row.values())]
        check(not wrong, f"{symbol}: no number is infinite or none: frames {wrong[:3]}")
        over = [row["frame"] for row in rows if (row["spread_regime_tight_frac"] or 0) + (row["spread_regime_wide_frac"] or 0) > 1 + 1e-6]
        check(not over, f"{symbol}: tight and wide together are at most all the time: {over[:3]}")
        check(all(row["best_bid"] < row["best_ask"] and row["bid_price_L0"] == row["best_bid"] for row in rows), f"{symbol}: bid under ask")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    finish()
