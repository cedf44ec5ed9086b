#!/usr/bin/env python3
"""Tables that `tape` derives, recomputed from the recorded rows by brute force, from the specification alone.

    lake_oracle.py DATA LAKE     ready/ of a recorder, and what `tape bars|trade-features|ticker-features|resample` made of it
    lake_oracle.py --same DATA LAKE   feature rows of the recorder and of `tape features`, bit for bit
    lake_oracle.py --scores DATA JSON  `tape evaluate --json` against scikit-learn

Ends on `N passed, N failed`.
"""
import glob
import heapq
import json
import math
import os
import random
import sys
from decimal import Decimal, getcontext

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
from tally import check, finish  # noqa: E402

getcontext().prec = 60
S = 1_000_000_000
DURATIONS = (1, 5, 30, 60, 300, 900, 3600)
WINDOWS = (60, 300, 900)
SAMPLED = 200
EMPTY = object()


def files(root, table, exchange=None, symbol=None, stem=""):
    where = f"exchange={exchange or '*'}/symbol={symbol or '*'}"
    found = glob.glob(f"{glob.escape(root)}/{table}/{where}/**/*{stem}.parquet", recursive=True)
    return sorted(found, key=lambda p: (os.path.dirname(p), p.rsplit("_", 1)[-1]))


def rows(paths, columns=None):
    out = []
    for path in paths:
        out += parquet.ParquetFile(path).read(columns).to_pylist()
    return out


def time_ns(row, name="ts_event"):
    stamp = row[name]
    whole = round(stamp.timestamp() * 1_000_000) if not isinstance(stamp, int) else stamp
    return whole * 1000 + (row["event_ns_rem"] if name == "ts_event" else 0)


def near(a, b, relative=1e-9, absolute=0.0):
    if a is None or b is None:
        return a is None and b is None
    return abs(a - b) <= max(relative * max(abs(a), abs(b)), absolute)


def streams(root, table):
    seen = set()
    for path in files(root, table):
        parts = path.split("/")
        at = max(i for i, p in enumerate(parts) if p.startswith("exchange="))
        seen.add((parts[at][9:], parts[at + 1][7:]))
    return sorted(seen)


def compare(name, got, want, loose=()):
    """One row against a dict of what it must hold."""
    bad = {k: (got.get(k, EMPTY), v) for k, v in want.items()
           if not (near(got.get(k), v, *loose[k]) if k in loose and got.get(k) is not None and v is not None
                   else near(got.get(k), v) if isinstance(v, float) or isinstance(got.get(k), float) else got.get(k) == v)}
    return check(not bad, f"{name}: {bad}")


# ---- statistics, straight from their definitions ----

def mean(values):
    values = [v for v in values if v is not None]
    return math.fsum(values) / len(values) if values else None


def variance(values):
    values = [v for v in values if v is not None]
    if len(values) < 2:
        return None
    middle = math.fsum(values) / len(values)
    return math.fsum((v - middle) ** 2 for v in values) / (len(values) - 1)


def total(values):
    values = [v for v in values if v is not None]
    return math.fsum(values) if values else None


def share(a, b):
    return a / b if b > 0 else None


def windows_of(times, length):
    """Runs of records that share a window, in order; time never steps back."""
    runs, newest = [], -1 << 62
    for i, ts in enumerate(times):
        newest = max(newest, ts)
        start = newest // length * length
        if not runs or runs[-1][0] != start:
            runs.append((start, []))
        runs[-1][1].append(i)
    return runs


def path(values, returns):
    o, c = values[0], values[-1]
    return {"open": o, "high": max(values), "low": min(values), "close": c, "return": share(c - o, o),
            "log_return": math.log(c / o), "range": share(max(values) - min(values), o), "realized_variance": variance(returns)}


# ---- the book ----

def events_of(book_rows):
    """Changes of a book up to their LAST row."""
    event = []
    for row in book_rows:
        event.append(row)
        if row["flags"] & 2:
            yield event
            event = []


def top(side, count, best_high):
    pick = heapq.nlargest if best_high else heapq.nsmallest
    return [(p, side[p]) for p in pick(count, side)]


def order_flow(now, before, high):
    """What a level's change says: size that came in at its price or better, minus what left."""
    (price, size), (price_was, size_was) = now, before
    better = price > price_was if high else price < price_was
    if better:
        return size
    return size - size_was if price == price_was else -size_was


def tick(bids, asks, before):
    (b, bq), (a, aq) = bids[0], asks[0]
    mid, depth_b, depth_a = (a + b) / 2, math.fsum(q for _, q in bids), math.fsum(q for _, q in asks)
    smart_b = math.fsum(q * math.exp(-100 * abs(mid - p) / mid) for p, q in bids)
    smart_a = math.fsum(q * math.exp(-100 * abs(mid - p) / mid) for p, q in asks)
    micro = (b * aq + a * bq) / (bq + aq)
    out = {"mid": mid, "spread": a - b, "relative_spread": (a - b) / mid, "l1_imbalance": (bq - aq) / (bq + aq),
           "total_imbalance": (depth_b - depth_a) / (depth_b + depth_a), "microprice": micro, "micro_minus_mid": micro - mid,
           "bid_depth": depth_b, "ask_depth": depth_a, "smart_depth_imbalance": share(smart_b - smart_a, smart_b + smart_a),
           "r": None, "ofi": None, "mlofi": None}
    if before:
        was, was_bids, was_asks = before
        out["r"] = math.log(mid / was)
        out["ofi"] = order_flow(bids[0], was_bids[0], True) - order_flow(asks[0], was_asks[0], False)
        out["mlofi"] = (math.fsum(math.exp(-0.5 * i) * order_flow(bids[i], was_bids[i], True)
                                  for i in range(min(10, len(bids), len(was_bids))))
                        - math.fsum(math.exp(-0.5 * i) * order_flow(asks[i], was_asks[i], False)
                                    for i in range(min(10, len(asks), len(was_asks)))))
    return out


def ticks_of(book_rows):
    """(time, values of the event, its top) of each change that fires; (time, None, top) of an image; (time, None, None) of the rest."""
    side = {"bid": {}, "ask": {}}
    before, fired = None, None
    for event in events_of(book_rows):
        first, last = event[0], event[-1]
        image = first["flags"] & 5
        if first["flags"] & 4:
            side = {"bid": {}, "ask": {}}
        for row in event:
            if row["flags"] & 128:
                continue
            if row["size"] == 0:
                side[row["side"]].pop(row["price"], None)
            else:
                side[row["side"]][row["price"]] = row["size"]
        now = time_ns(last)
        bids, asks = top(side["bid"], 20, True), top(side["ask"], 20, False)
        shown = bids and asks and bids[0][0] < asks[0][0] and last["book_state"] == "proven"
        if image or last["book_state"] != "proven":
            before = None
        if not shown or image or (len(event) == 1 and first["flags"] & 128):
            yield now, None, (bids, asks) if shown and image else None
            continue
        now_s = max(now, fired) if fired is not None else now
        if fired is not None and now_s - fired > 300 * S:
            before = None
        yield now, tick(bids, asks, before), (bids, asks)
        before, fired = ((bids[0][0] + asks[0][0]) / 2, bids, asks), now_s


MEANS = ("spread", "relative_spread", "l1_imbalance", "total_imbalance", "microprice", "micro_minus_mid", "bid_depth", "ask_depth",
         "smart_depth_imbalance")


def book_bar(ticks, start, d):
    mids = [t["mid"] for t in ticks]
    returns = [t["r"] for t in ticks]
    squares = [r * r for r in returns if r is not None]
    vol = math.sqrt(math.fsum(squares)) if squares else None
    want = path(mids, returns)
    want.update({f"mean_{m}": mean([t[m] for t in ticks]) for m in MEANS})
    want.update(kind="book", bar_duration_sec=float(d), tick_count=len(ticks), start=start, end=start + d * S,
                min_spread=min(t["spread"] for t in ticks), max_spread=max(t["spread"] for t in ticks),
                sum_ofi=total([t["ofi"] for t in ticks]), sum_mlofi=total([t["mlofi"] for t in ticks]), realized_vol=vol,
                annualized_vol=None if vol is None else vol * math.sqrt(31536000 / d))
    return want


# Differences of nearly equal doubles: the oracle itself has no more digits than these.
LOOSE_BOOK = {"mean_micro_minus_mid": (1e-9, 1e-9), "sum_ofi": (1e-9, 1e-9), "sum_mlofi": (1e-9, 1e-7), "realized_variance": (1e-7, 1e-22),
              "log_return": (1e-9, 1e-15), "return": (1e-9, 1e-15), "mean_total_imbalance": (1e-9, 1e-12), "range": (1e-9, 1e-15),
              "mean_l1_imbalance": (1e-9, 1e-12), "mean_smart_depth_imbalance": (1e-9, 1e-12), "mean_spread": (1e-9, 1e-11),
              "min_spread": (1e-9, 1e-11), "max_spread": (1e-9, 1e-11), "mean_relative_spread": (1e-9, 1e-14), "realized_vol": (1e-9, 1e-13),
              "annualized_vol": (1e-9, 1e-9)}


def read_bars(lake, exchange, symbol, stem):
    out = rows(files(lake, "bars", exchange, symbol, stem))
    for row in out:
        row["start"], row["end"] = time_ns(row, "start_time"), time_ns(row, "end_time")
    return out


def check_bars(name, got, want, loose):
    if check(len(got) == len(want), f"{name}: {len(got)} bars, not {len(want)}"):
        for g, w in zip(got, want):
            compare(f"{name} at {w.get('start')}", g, w, loose)


def check_book(data, lake, exchange, symbol):
    book = rows(files(data, "book", exchange, symbol),
                ["ts_event", "event_ns_rem", "side", "price", "size", "flags", "book_state"])
    seen = list(ticks_of(book))
    fired = [(t, v) for t, v, _ in seen if v]
    for d in DURATIONS:
        want = [book_bar([fired[i][1] for i in run], start, d)
                for start, run in windows_of([t for t, _ in fired], d * S)]
        check_bars(f"{symbol} book {d} s", read_bars(lake, exchange, symbol, f"_book-{d}s"), want, LOOSE_BOOK)
    check_candles(lake, exchange, symbol, fired)
    check_grid(lake, exchange, symbol, seen)


def check_candles(lake, exchange, symbol, fired):
    mids = [v["mid"] for _, v in fired]
    want = [{"open": m[0], "high": max(m), "low": min(m), "close": m[-1], "tick_count": 10}
            for m in (mids[i:i + 10] for i in range(0, len(mids) // 10 * 10, 10))]
    check_bars(f"{symbol} ticks", read_bars(lake, exchange, symbol, "_ticks"), want, {})


def grid_rows(seen, step):
    """Per bucket the last state, stamped with the bucket's end."""
    out, shown, newest = [], None, -1 << 62
    for now, _, tops in seen:
        newest = max(newest, now)
        if shown and newest >= shown["stamp"]:
            out.append(shown)
            shown = None
        if tops is None:
            shown = None
            continue
        stamp = newest // step * step + step
        count = shown["snapshot_count"] + 1 if shown else 1
        shown = {"stamp": stamp, "original": newest // 1000 * 1000, "snapshot_count": count, "is_stale": stamp - newest > S // 2,
                 "data_staleness": (stamp - newest) / S, "tops": tops}
    return out + ([shown] if shown else [])


def check_grid(lake, exchange, symbol, seen):
    got = rows(files(lake, "book_asof", exchange, symbol))
    want = grid_rows(seen, S)
    if not check(len(got) == len(want), f"{symbol} grid: {len(got)} rows, not {len(want)}"):
        return
    for g, w in zip(got, want):
        flat = {k: w[k] for k in ("snapshot_count", "is_stale", "data_staleness")}
        for i in range(5):
            for s, (price, size) in enumerate((("bid_price", "bid_size"), ("ask_price", "ask_size"))):
                level = w["tops"][s][i] if i < len(w["tops"][s]) else (None, None)
                flat[f"{price}_L{i}"], flat[f"{size}_L{i}"] = level
        g["stamp"], g["original"] = time_ns(g), time_ns(g, "original_timestamp")
        flat["stamp"], flat["original"] = w["stamp"], w["original"]
        compare(f"{symbol} grid at {w['stamp']}", g, flat)
        check(g["original"] < g["stamp"], f"{symbol} grid: a row shows what came after its stamp")


# ---- trades ----

def signed(row):
    return {"buy": 1, "sell": -1, None: 0}[row["side"]]


def exact(value):
    return Decimal(repr(value))


def trade_bar(trades, returns, start, d):
    size = [exact(t["size"]) for t in trades]
    money = [exact(t["price"]) * q for t, q in zip(trades, size)]
    buy, sell = (sum((q for t, q in zip(trades, size) if signed(t) == s), Decimal(0)) for s in (1, -1))
    want = path([t["price"] for t in trades], returns)
    want.update(kind="trades", bar_duration_sec=float(d), trade_count=len(trades), volume=float(sum(size)),
                dollar_volume=float(sum(money)), buy_volume=float(buy), sell_volume=float(sell), vwap=float(sum(money) / sum(size)),
                trade_imbalance=float((buy - sell) / (buy + sell)) if buy + sell else None, start=start, end=start + d * S)
    return want


LOOSE_TRADE = {"realized_variance": (1e-7, 1e-22), "log_return": (1e-9, 1e-15), "return": (1e-9, 1e-15), "range": (1e-9, 1e-15)}


def check_volume(lake, exchange, symbol, trades, threshold):
    bars = read_bars(lake, exchange, symbol, f"_volume-{threshold}")
    volume = sum((exact(t["size"]) for t in trades), Decimal(0))
    unit = Decimal(threshold)
    check(len(bars) == int(volume / unit), f"{symbol}: {len(bars)} volume bars of {volume}")
    check(all(exact(b["volume"]) == unit for b in bars), f"{symbol}: a volume bar is not full")
    at, filled, want = 0, Decimal(0), []
    for bar in bars:
        left, money, buy, sell, first = unit, Decimal(0), Decimal(0), Decimal(0), None
        prices = []
        while left > 0:
            t = trades[at]
            part = min(left, exact(t["size"]) - filled)
            first = first or t["price"]
            prices.append(t["price"])
            money += part * exact(t["price"])
            buy += part if signed(t) > 0 else 0
            sell += part if signed(t) < 0 else 0
            left -= part
            filled += part
            if filled == exact(t["size"]):
                at, filled = at + 1, Decimal(0)
        want.append({"open": first, "high": max(prices), "low": min(prices), "close": prices[-1], "buy_volume": float(buy),
                     "sell_volume": float(sell), "vwap": float(money / unit), "trade_count": len(prices),
                     "buy_ratio": float(buy / (buy + sell)) if buy + sell else None})
        if len(want) >= 500:
            break
    check_bars(f"{symbol} volume", bars[:len(want)], want, {})


def check_trade_rows(lake, exchange, symbol, trades, times, returns):
    got = rows(files(lake, "trades_features", exchange, symbol))
    if not check(len(got) == len(trades), f"{symbol}: {len(got)} rows of trades, not {len(trades)}"):
        return
    clock = np.maximum.accumulate(np.array(times, dtype=np.int64))
    for i in sorted(random.Random(4).sample(range(len(got)), min(SAMPLED, len(got)))):
        row, t, sign = got[i], trades[i], signed(trades[i])
        want = {"is_buy": None if sign == 0 else int(sign > 0), "dollar_volume": float(exact(t["price"]) * exact(t["size"])),
                "signed_volume": sign * t["size"] if sign else None, "log_return": returns[i], "minute": t["ts_event"].minute,
                "day_of_week": t["ts_event"].weekday(), "is_weekend": int(t["ts_event"].weekday() >= 5), "trade_id": t["trade_id"]}
        for w in WINDOWS:
            first = int(np.searchsorted(clock, clock[i] - w * S, side="right"))
            inside = trades[first:i + 1]
            size = sum((exact(x["size"]) for x in inside), Decimal(0))
            money = sum((exact(x["price"]) * exact(x["size"]) for x in inside), Decimal(0))
            known = [signed(x) > 0 for x in inside if signed(x)]
            want.update({f"vwap_{w}s": float(money / size), f"volume_{w}s": float(size), f"dollar_volume_{w}s": float(money),
                         f"trade_count_{w}s": len(inside), f"buy_ratio_{w}s": sum(known) / len(known) if known else None,
                         f"realized_var_{w}s": variance(returns[first:i + 1])})
        loose = {f"realized_var_{w}s": (1e-7, 1e-22) for w in WINDOWS}
        loose["log_return"] = (1e-9, 1e-15)
        compare(f"{symbol} trade {i}", row, want, loose)


def check_trades(data, lake, exchange, symbol, threshold):
    trades = rows(files(data, "trades", exchange, symbol), ["ts_event", "event_ns_rem", "trade_id", "side", "price", "size"])
    times = [time_ns(t) for t in trades]
    returns = [None] + [math.log(b["price"] / a["price"]) for a, b in zip(trades, trades[1:])]
    for d in DURATIONS:
        want = [trade_bar([trades[i] for i in run], [returns[i] for i in run], start, d) for start, run in windows_of(times, d * S)]
        check_bars(f"{symbol} trades {d} s", read_bars(lake, exchange, symbol, f"_trades-{d}s"), want, LOOSE_TRADE)
    check_volume(lake, exchange, symbol, trades, threshold)
    check_trade_rows(lake, exchange, symbol, trades, times, returns)


# ---- tickers ----

def quote_of(row):
    out = {"spread": None, "mid_price": None, "relative_spread": None, "volume_imbalance": None}
    if row["bid"] is not None and row["ask"] is not None:
        bid, ask = exact(row["bid"]), exact(row["ask"])
        out.update(spread=float(ask - bid), mid_price=float((ask + bid) / 2), relative_spread=float((ask - bid) / ((ask + bid) / 2)))
    if row["bid_size"] is not None and row["ask_size"] is not None and row["bid_size"] + row["ask_size"] > 0:
        out["volume_imbalance"] = (row["bid_size"] - row["ask_size"]) / (row["bid_size"] + row["ask_size"])
    return out


def check_tickers(data, lake, exchange, symbol):
    tickers = [r for r in rows(files(data, "ticker", exchange, symbol)) if r["kind"] in ("ticker", "bbo", "derived")]
    got = rows(files(lake, "ticker_features", exchange, symbol))
    if not check(len(got) == len(tickers), f"{symbol}: {len(got)} rows of tickers, not {len(tickers)}") or not got:
        return
    quotes = [quote_of(r) for r in tickers]
    clock = np.maximum.accumulate(np.array([time_ns(r) for r in tickers], dtype=np.int64))
    for i in sorted(random.Random(4).sample(range(len(got)), min(SAMPLED, len(got)))):
        want = dict(quotes[i], day_of_week=tickers[i]["ts_event"].weekday())
        for w in WINDOWS:
            inside = quotes[int(np.searchsorted(clock, clock[i] - w * S, side="right")):i + 1]
            spread = variance([q["mid_price"] for q in inside])
            want.update({f"mid_price_mean_{w}s": mean([q["mid_price"] for q in inside]), f"mid_price_std_{w}s": spread and math.sqrt(spread),
                         f"spread_mean_{w}s": mean([q["spread"] for q in inside]),
                         f"vol_imbalance_mean_{w}s": mean([q["volume_imbalance"] for q in inside])})
        loose = {f"mid_price_std_{w}s": (1e-7, 1e-9) for w in WINDOWS}
        loose.update({f"vol_imbalance_mean_{w}s": (1e-9, 1e-13) for w in WINDOWS})
        compare(f"{symbol} ticker {i}", got[i], want, loose)


# ---- rows made twice, scores ----

def same(data, lake):
    live, made = (files(os.path.join(data, "ready"), "features"), files(lake, "features"))
    check(live and made, "there are feature rows to compare")
    for exchange, symbol in streams(os.path.join(data, "ready"), "features"):
        a, b = (pa.concat_tables([parquet.ParquetFile(p).read() for p in files(root, "features", exchange, symbol)])
                for root in (os.path.join(data, "ready"), lake))
        check(a.schema.equals(b.schema), f"{symbol}: the same columns and types")
        if not check(a.num_rows == b.num_rows, f"{symbol}: {b.num_rows} rows, live {a.num_rows}"):
            continue
        for name in a.column_names:
            check(a[name].combine_chunks().equals(b[name].combine_chunks()), f"{symbol}: column {name} is the live one's, bit for bit")


def scores(data, path):
    from sklearn import metrics
    table = rows(files(os.path.join(data, "ready"), "predictions"))
    with open(path) as f:
        told = json.load(f)["models"]
    check(bool(told), "there are models to compare")
    for model in told:
        mine = [r for r in table if r["model_id"] == model["model_id"] and r["horizon_ms"] == model["horizon_ms"]
                and (not model["exchange"] or (r["exchange"], r["symbol"]) == (model["exchange"], model["symbol"]))]
        pairs = [r for r in mine if r["label"] is not None and r["prediction"] is not None]
        y, p, q = ([r[k] for r in pairs] for k in ("label", "prediction", "probability"))
        both = len(set(y)) == 2
        want = {"rows": len(mine), "pairs": len(pairs), "labeled": sum(r["reason"] == "labeled" for r in mine)}
        if pairs:
            want.update(accuracy=metrics.accuracy_score(y, p), brier=float(np.mean((np.array(q, dtype=float) - np.array(y)) ** 2)),
                        balanced_accuracy=metrics.balanced_accuracy_score(y, p) if both else None,
                        auc=metrics.roc_auc_score(y, q) if both else None, base_rate=max(np.mean(y), 1 - np.mean(y)))
        compare(f"{model['model_id']} {model['symbol']}", model, want, {})


def main():
    if sys.argv[1] == "--same":
        same(*sys.argv[2:])
    elif sys.argv[1] == "--scores":
        scores(*sys.argv[2:])
    else:
        data, lake, threshold = os.path.join(sys.argv[1], "ready"), sys.argv[2], sys.argv[3]
        for table, work in (("trades", lambda e, s: check_trades(data, lake, e, s, threshold)),
                            ("book", lambda e, s: check_book(data, lake, e, s)),
                            ("ticker", lambda e, s: check_tickers(data, lake, e, s))):
            for exchange, symbol in streams(data, table):
                work(exchange, symbol)
    finish()


if __name__ == "__main__":
    main()
