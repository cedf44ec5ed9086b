#!/usr/bin/env python3
"""QuoteWatch's five over a long stream (SPEC 7, F19): made, and worked out, by NumPy alone.

    parity.py make UPDATES CAPTURE ANSWERS.npz      a capture in Coinbase's form, and what each update must give
    parity.py compare ANSWERS.npz FOLDER            table `features` of its replay; ends on `N passed, N failed`

depth and mid_price, DOUBLE, to 1e-9. The other four are stored as FLOAT: each within 1e-6, and hardly one may be another FLOAT than the one
nearest to the oracle's double. A FLOAT's neighbour is 6e-8 to 1.2e-7 away, so doubles that were 1e-9 off would miss it in more than 8 of
1,000 rows: fewer than that is parity of 1e-9 in memory.
"""
import os
import sys
from bisect import insort
from pathlib import Path

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
from tally import check, finish  # noqa: E402

START_US = 1_789_966_800 * 10**6
RUNGS = 14  # levels a side that may be taken
TRADE_EVERY = 7


def moves(updates):
    """Columns of random choices, all at once."""
    dice = np.random.default_rng(19)
    limits = ((0, RUNGS), (0, 2), (1, 5 * 10**8), (0, 100))
    return zip(*(dice.integers(low, high, updates).tolist() for low, high in limits))


class Side:
    """The best ten of a side by keys that rise from the best on."""

    def __init__(self):
        self.keys, self.size = [], {}

    def set(self, key, size):
        was = self.size.pop(key, 0)
        if size:
            self.size[key] = size
            if not was:
                insort(self.keys, key)
        elif was:
            self.keys.remove(key)

    def depth(self):
        size = self.size
        return sum([size[key] for key in self.keys[:10]])


class Market:
    """A book around a center that wanders; prices in cents, sizes in 10^-8."""

    def __init__(self):
        self.center, self.sides = 5_000_000, (Side(), Side())  # keys: bids by falling prices, asks by rising ones
        for side, sign in zip(self.sides, (-1, 1)):
            for i in range(RUNGS):
                side.set((self.center + (1 + i) * sign) * sign, 10**8)

    def image(self):
        bids, asks = (",".join(f'["{abs(key) / 100:.2f}","1.00000000"]' for key in side.keys) for side in self.sides)
        return f'{{"type":"snapshot","product_id":"LONG-USD","asks":[{asks}],"bids":[{bids}]}}'

    def step(self, rung, which, size, chance):
        """Changes (sign of the side, price, size) of one message."""
        changes, sign = [], 1 if which else -1
        if chance < 8:  # the market moves by a cent or more: what it runs over goes
            self.center += (chance // 2 + 1) * sign
            over, reach = self.sides[which], self.center * sign
            for key in [key for key in over.keys[:8] if key <= reach]:
                over.set(key, 0)
                changes.append((sign, key * sign, 0))
            which, sign = 1 - which, -sign
        key = self.center * sign + 1 + rung
        mine = self.sides[which]
        if chance > 70 and key in mine.size and len(mine.keys) > 3 and not changes:
            size = 0
        mine.set(key, size)
        changes.append((sign, key * sign, size))
        if not self.sides[1 - which].keys:
            self.sides[1 - which].set(self.center * -sign + 1, 10**8)
            changes.append((-sign, self.center - sign, 10**8))
        return changes

    def best(self):
        bids, asks = self.sides
        return -bids.keys[0], bids.size[bids.keys[0]], asks.keys[0], asks.size[asks.keys[0]]


UPDATE = '%d\t<\t{"type":"l2update","product_id":"LONG-USD","changes":[%s],"time":"%s.%06dZ"}\n'
MATCH = ('%d\t<\t{"type":"match","trade_id":%d,"maker_order_id":"m","taker_order_id":"t","side":"%s","size":"%d.%08d",'
         '"price":"%d.%02d","product_id":"LONG-USD","sequence":1,"time":"%s.%06dZ"}\n')


def level_text(level):
    sign, price, size = level
    return '["%s","%d.%02d","%d.%08d"]' % ("sell" if sign > 0 else "buy", price // 100, price % 100, size // 10**8, size % 10**8)


def stamps(updates):
    """Times in us that rise by 0.4 to 1.6 ms, and the texts of their seconds."""
    times = START_US + np.cumsum(np.random.default_rng(20).integers(400, 1600, updates))
    return times, {s: str(np.datetime64(s, "s")) for s in range(START_US // 10**6, int(times[-1]) // 10**6 + 1)}


def make(updates, capture, answers):
    times, seconds = stamps(updates)
    market, trades = Market(), []
    out = [f"{START_US * 1000}\to\twss://ws-feed.exchange.coinbase.com\n{START_US * 1000}\t<\t{market.image()}\n"]
    best, depth = np.zeros((updates, 4), np.int64), np.zeros(updates, np.int64)
    for i, ((rung, which, size, chance), time) in enumerate(zip(moves(updates), times.tolist())):
        clock = seconds[time // 10**6], time % 10**6
        changes = market.step(rung, which, size, chance)
        best[i], depth[i] = market.best(), market.sides[0].depth() + market.sides[1].depth()
        if i % TRADE_EVERY == 0:
            trades.append((time, size, which))
            out.append(MATCH % (time * 1000, len(trades), "sell" if which else "buy", size // 10**8, size % 10**8,
                                market.center // 100, market.center % 100, *clock))
        out.append(UPDATE % (time * 1000, ",".join(map(level_text, changes)), *clock))
    Path(capture).write_text("".join(out))
    np.savez(answers, times=times, depth=depth / 1e8, **five(times, best, np.array(trades, np.int64)))


def five(times, best, traded):
    bid, bid_size, ask, ask_size = best.T
    both = bid + ask
    change = np.diff(both) / both[:-1] * 10000
    return {"spread_bps": 20000 * (ask - bid) / both, "imbalance": (bid_size - ask_size) / (bid_size + ask_size),
            "volatility": volatility(change), "trade_imbalance": trade_imbalance(times, traded), "mid_price": both / 200}


def volatility(change):
    """Population deviation of the last 49 changes, each window by itself."""
    out = np.zeros(len(change) + 1)
    for i in range(1, min(49, len(change) + 1)):
        out[i] = np.std(change[:i])
    windows = np.lib.stride_tricks.sliding_window_view(change, 49)
    for at in range(0, len(windows), 1 << 16):
        out[49 + at:49 + at + (1 << 16)] = np.std(windows[at:at + (1 << 16)], axis=1)
    return out


def trade_imbalance(times, traded):
    """Of trades consumed in (t - 1 s, t]: the trade before update i is stamped as that update. Exact sums of integers."""
    when, size, buy = traded.T  # the maker sold: the taker bought
    sums = [np.concatenate(([0], np.cumsum(x))) for x in (np.where(buy == 1, size, -size), size)]
    low, high = np.searchsorted(when, times - 10**6, "right"), np.searchsorted(when, times, "right")
    signed, total = (s[high] - s[low] for s in sums)
    return np.where(total > 0, signed / np.maximum(total, 1), np.nan)


def compare(answers, folder):
    import pyarrow as arrow
    import pyarrow.parquet as parquet
    want = np.load(answers)
    files = sorted(Path(folder).glob("ready/features/**/*.parquet"), key=lambda path: (path.parent.parts, path.name))
    check(files, "the replay wrote no features")
    names = ["ts_event", "flags", "events", *(name for name in want.files if name != "times")]
    opened = [parquet.ParquetFile(path) for path in files]
    tables = [file.read(columns=[name for name in names if name in file.schema_arrow.names]) for file in opened]
    table = arrow.concat_tables(tables) if tables else None
    if table is None or not check(table.num_rows == len(want["times"]), f"{table and table.num_rows} rows, wanted {len(want['times'])}"):
        finish()
    times = table.column("ts_event").cast("int64").to_numpy()
    check(np.array_equal(times, want["times"]), "each update has its row, in order")
    for name in want.files:
        if name not in table.column_names:
            check(name in ("times", "mid_price"), f"{name} is absent")
            continue
        ours, true = table.column(name).to_numpy(zero_copy_only=False).astype(float), want[name]
        off = np.abs(ours - true) / np.maximum(np.abs(true), 1e-12)
        worst, there = np.nanmax(off), np.isfinite(true)
        limit = 1e-9 if str(table.schema.field(name).type) == "double" else 1e-6
        print(f"{name}: {np.count_nonzero(there)} values, worst {worst:.1e}")
        check(np.array_equal(np.isnan(ours), np.isnan(true)), f"{name}: null where the oracle says null")
        if limit == 1e-6:
            other = np.count_nonzero(ours[there] != true[there].astype(np.float32)) / max(1, np.count_nonzero(there))
            check(other < 0.008, f"{name}: {other:.2%} are not the FLOAT nearest to the oracle's value")
        bad = np.flatnonzero(np.nan_to_num(off) > limit)
        check(not len(bad), f"{name}: {len(bad)} rows differ, first row {bad[:1]}: {ours[bad[:1]]}, the oracle says {true[bad[:1]]}")
    finish()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.argv[3], sys.argv[4])
    else:
        compare(sys.argv[2], sys.argv[3])
