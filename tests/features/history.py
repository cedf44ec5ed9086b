"""Columns that need what came before (SPEC 2.1 volatility, 2.7, 2.8), for one symbol. Everything that ever came is kept; each row takes
its windows from it anew: no sum is carried from row to row.

    h = History()
    h.trade(time_ns, price, size, taker)         as it arrives
    h.snapshot() / h.lost()                      history is cleared
    row = h.book(bids, asks, within, time_ns)    None: withheld; else a Row: row.values(), row.terms
"""
import math
from bisect import bisect_right

import numpy as np

from structure import LEVELS, ONE, ratio, stability, structure

SECOND = 10**9
HORIZONS = (1, 5, 15, 30, 60, 300, 900)
MIDS = 50
TIGHT_RATIO = 0.0001
# What a fixed-point window may keep of one entry (a log return, a relative spread, a slope in base/bps, a distance in bps).
STEP_RETURN, STEP_CHANGE = 2.0**-56, 2.0**-44


class Series:
    """Values with their times, oldest first; times never step back."""

    def __init__(self):
        self.times, self.values = [], []

    def add(self, time, value):
        self.times.append(time)
        self.values.append(value)

    def window(self, now, seconds):
        """Of (now - seconds, now]."""
        return self.values[bisect_right(self.times, now - seconds * SECOND):bisect_right(self.times, now)]


def mean(values):
    return math.fsum(values) / len(values) if values else None


def deviation(values):
    """Of a sample."""
    if len(values) < 2:
        return None
    x = np.array(values)
    return float(np.sqrt(np.sum((x - math.fsum(values) / len(values))**2) / (len(values) - 1)))


def bid_flow(now, before):
    return now[1] if now[0] > before[0] else -before[1] if now[0] < before[0] else now[1] - before[1]


def ask_flow(now, before):
    return -before[1] if now[0] > before[0] else now[1] if now[0] < before[0] else now[1] - before[1]


class Buckets:
    """VPIN: volume buckets, all that were ever filled."""

    def __init__(self, volume=ONE, count=50):
        self.volume, self.count, self.full = volume, count, []
        self.open = [0, 0]  # doubled sizes: an even split of an odd size stays exact
        self.classified = self.total = 0
        self.last_price = None

    def side(self, price, taker, mid_twice):
        """Shares of (buy, sell) in halves."""
        if taker:
            return (2, 0) if taker == "buy" else (0, 2)
        if mid_twice is not None and 2 * price != mid_twice:
            return (2, 0) if 2 * price > mid_twice else (0, 2)
        if self.last_price is not None and price != self.last_price:
            return (2, 0) if price > self.last_price else (0, 2)
        return 1, 1

    def trade(self, price, size, taker, mid_twice):
        if price <= 0:
            return
        buy, sell = self.side(price, taker, mid_twice)
        self.total += size
        self.classified += 0 if taker else size
        self.last_price = price
        while size:
            part = min(size, self.volume - sum(self.open) // 2)
            self.open[0] += part * buy
            self.open[1] += part * sell
            size -= part
            if sum(self.open) == 2 * self.volume:
                self.full.append(abs(self.open[0] - self.open[1]))
                self.open = [0, 0]

    def vpin(self):
        last = self.full[-self.count:]
        return sum(last) / (2 * len(last) * self.volume) if last else None


class Row:
    """One firing event. The windows are read when values() is asked for, from what was known at that event alone."""

    def __init__(self, history, time_ns, own, terms, counts):
        self.history, self.time_ns, self.own, self.terms, self.counts = history, time_ns, own, terms, counts

    def values(self):
        out = dict(self.own)
        h, t, n = self.history, self.time_ns, self.counts

        def window(name, seconds):
            series, count = getattr(h, name), n[name]
            return series.values[bisect_right(series.times, t - seconds * SECOND, 0, count):count]

        for seconds in HORIZONS:
            self.horizon(out, seconds, window)
        out["trade_imbalance"] = out["tfi_1s"]
        near = window("near", 300)
        out["depth_0_5bps_sigma"] = deviation([x / ONE for x in near])
        self.terms["depth_0_5bps_sigma"] = max(near) / ONE
        for name, series in (("bid_slope", "bid_slopes"), ("ask_slope", "ask_slopes"), ("cog_momentum", "cogs")):
            values = window(series, 60)
            out[f"{name}_mean_60s"], out[f"{name}_std_60s"] = mean(values), deviation(values)
            self.terms[f"{name}_mean_60s"] = self.terms[f"{name}_std_60s"] = max(map(abs, values), default=0)
        self.terms["cog_momentum_mean_60s"] = self.terms["cog_momentum_std_60s"] = 10000.0
        self.regime(out, window("regimes", h.set.regime_s))
        self.kyle(out, window("pairs", h.set.kyle_s))
        return out

    def horizon(self, out, seconds, window):
        ofis, mlofis, returns = window("ofis", seconds), window("mlofis", seconds), window("returns", seconds)
        name = f"{seconds}s"
        out[f"ofi_sum_{name}"], out[f"mlofi_sum_{name}"] = sum(ofis) / ONE, math.fsum(value for value, _ in mlofis)
        self.terms[f"mlofi_sum_{name}"] = math.fsum(terms for _, terms in mlofis)
        out[f"rv_{name}"], out[f"mean_return_{name}"] = deviation(returns), mean(returns)
        self.terms[f"rv_{name}"] = self.terms[f"mean_return_{name}"] = STEP_RETURN * 2**48
        out[f"mean_spread_{name}"] = mean(window("spreads", seconds))
        volumes = window("volumes", seconds)
        buy, sell = sum(v[0] for v in volumes), sum(v[1] for v in volumes)
        out[f"tfi_{name}"], out[f"trade_vol_{name}"] = ratio(buy - sell, buy + sell), (buy + sell) / ONE

    def regime(self, out, spent):
        total = sum(time for _, time in spent)
        for word in ("tight", "wide"):
            out[f"spread_regime_{word}_frac"] = sum(time for r, time in spent if r == word) / total if total > 0 else None

    def kyle(self, out, pairs):
        out["kyle_lambda"] = out["kyle_lambda_r2"] = None
        if len(pairs) < 2:
            return
        r, o = np.array([p[0] for p in pairs]), np.array([p[1] / ONE for p in pairs])
        r_off, o_off = r - math.fsum(r) / len(r), o - math.fsum(o) / len(o)
        covariance, r_var, o_var = (math.fsum(x) / len(r) for x in (r_off * o_off, r_off**2, o_off**2))
        if o_var >= 1e-10:
            out["kyle_lambda"] = covariance / o_var
            self.terms["kyle_lambda"] = (math.sqrt(r_var) + 2.0**48 * STEP_RETURN) / math.sqrt(o_var)
        if len(pairs) >= 10 and r_var > 1e-18 and o_var > 1e-18:
            out["kyle_lambda_r2"] = covariance**2 / (r_var * o_var)
            self.terms["kyle_lambda_r2"] = 1.0


class Settings:
    """SPEC 1.12; wired: none of them is the default, as oracle_test.sh has it for a run of that name."""

    def __init__(self, wired=False):
        self.levels, self.alpha = (4, 1.25) if wired else (10, 0.5)
        self.regime_s, self.kyle_s = (60, 900) if wired else (300, 300)
        self.tight, self.wide = (0.05, 0.6) if wired else (0.2, 0.8)
        self.bucket, self.buckets = (ONE * 5 // 2, 7) if wired else (ONE, 50)
        self.stale_ns = (100 if wired else 300) * SECOND


class History:
    SERIES = ("ofis", "mlofis", "returns", "spreads", "volumes", "near", "bid_slopes", "ask_slopes", "cogs", "regimes", "pairs")

    def __init__(self, static=False, compat=False, wired=False):
        """static: the regime by a fixed bound; compat: QuoteWatch's window lives over a reconnect."""
        self.static, self.compat, self.set = static, compat, Settings(wired)
        for name in self.SERIES:
            setattr(self, name, Series())
        self.waiting, self.pending = [], [0, 0]
        self.buckets = Buckets(self.set.bucket, self.set.buckets)
        self.time = None
        self.regime_before = None
        self.mids = []  # of QuoteWatch's window, doubled
        self.forget()
        self.known_mid = None

    def forget(self):
        """SPEC 2.8 Reset: the previous book and the mid history."""
        self.before, self.points = None, []

    def snapshot(self):
        self.forget()
        if not self.compat:
            self.mids = []

    lost = snapshot

    def trade(self, time_ns, price, size, taker):
        self.waiting.append((time_ns, price, size, taker))

    def consume(self, now):
        later = []
        for trade in self.waiting:
            time, price, size, taker = trade
            if time > now:
                later.append(trade)
                continue
            self.buckets.trade(price, size, taker, self.known_mid)
            if taker:
                self.pending[taker == "sell"] += size
        self.waiting = later

    def book(self, bids, asks, within, time_ns):
        if not bids or not asks or bids[0][0] >= asks[0][0]:
            return None
        now = time_ns if self.time is None else max(self.time, time_ns)
        self.consume(now)
        if self.time is not None and now - self.time > self.set.stale_ns:
            self.forget()
        bids, asks = bids[:LEVELS], asks[:LEVELS]
        out, terms = structure(bids, asks, within, now)
        self.steps(out, terms, bids, asks, now)
        self.windows(out, bids, asks, within, now)
        self.quotewatch(out, terms, bids[0][0] + asks[0][0])
        self.known_mid = bids[0][0] + asks[0][0]
        self.before, self.time, self.pending = (bids[:self.set.levels], asks[:self.set.levels]), now, [0, 0]
        counts = {name: len(getattr(self, name).times) for name in self.SERIES}
        return Row(self, now, out, terms, counts)

    def steps(self, out, terms, bids, asks, now):
        s = bids[0][0] + asks[0][0]
        self.points = self.points[-2:] + [(now, s)]
        for name in ("log_return", "mid_velocity", "mid_accel", "ofi", "ofi_multi", "mlofi"):
            out[name] = None
        self.speed(out, terms)
        if self.before is None:
            return
        was = self.before[0][0][0] + self.before[1][0][0]
        out["log_return"] = math.log1p((s - was) / was)
        flows = [bid_flow(b, b1) - ask_flow(a, a1) for b, b1, a, a1 in zip(bids[:1], self.before[0], asks[:1], self.before[1])]
        bid = [bid_flow(x, y) for x, y in zip(bids[:self.set.levels], self.before[0])]
        ask = [ask_flow(x, y) for x, y in zip(asks[:self.set.levels], self.before[1])]
        weighted = [math.exp(-self.set.alpha * i) * e / ONE for i, e in enumerate(bid)] + \
                   [-math.exp(-self.set.alpha * i) * e / ONE for i, e in enumerate(ask)]
        out["ofi"], out["ofi_multi"] = flows[0] / ONE, (sum(bid) - sum(ask)) / ONE
        out["mlofi"] = math.fsum(weighted)
        terms["mlofi"] = math.fsum(map(abs, weighted))
        self.ofis.add(now, flows[0])
        self.mlofis.add(now, (out["mlofi"], terms["mlofi"]))
        self.returns.add(now, out["log_return"])
        self.pairs.add(now, (out["log_return"], flows[0]))

    def speed(self, out, terms):
        if len(self.points) < 2:
            return
        spans = [(b[0] - a[0]) / SECOND for a, b in zip(self.points, self.points[1:])]
        moves = [(b[1] - a[1]) / (2 * ONE) for a, b in zip(self.points, self.points[1:])]
        if spans[-1] > 0:
            out["mid_velocity"] = moves[-1] / spans[-1]
            terms["mid_velocity"] = self.points[-1][1] / (2 * ONE) / spans[-1]
        if len(spans) == 2 and min(spans) > 0:
            v0, v1 = moves[0] / spans[0], moves[1] / spans[1]
            out["mid_accel"] = (v1 - v0) / ((spans[0] + spans[1]) / 2)
            terms["mid_accel"] = (abs(v0) + abs(v1) + terms["mid_velocity"]) / ((spans[0] + spans[1]) / 2)

    def windows(self, out, bids, asks, within, now):
        self.volumes.add(now, tuple(self.pending))
        if self.time is not None and now > self.time:
            self.regimes.add(now, (self.regime_before, now - self.time))
        self.spreads.add(now, out["relative_spread"])
        out["spread_percentile"], word = self.rank(out["relative_spread"], now)
        out["spread_regime"] = self.regime_before = word
        for name in ("bid", "ask"):
            if out[f"{name}_slope_regression"] is not None:
                getattr(self, f"{name}_slopes").add(now, out[f"{name}_slope_regression"])
        if out["cog_vs_mid"] is not None:
            self.cogs.add(now, out["cog_vs_mid"])
        self.near.add(now, within[0][0] + within[1][0])
        out["vpin"] = self.buckets.vpin()
        out["vpin_classified_share"] = ratio(self.buckets.classified, self.buckets.total)

    def rank(self, spread, now):
        if self.static:
            return None, "tight" if spread <= TIGHT_RATIO else "wide"
        spreads = np.array(self.spreads.window(now, self.set.regime_s))
        rank = float(np.count_nonzero(spreads < spread) / len(spreads))
        return rank, "tight" if rank <= self.set.tight else "wide" if rank >= self.set.wide else "normal"

    def quotewatch(self, out, terms, mid):
        self.mids = self.mids[-(MIDS - 1):] + [mid]
        changes = np.array([(b - a) / a * 10000 for a, b in zip(self.mids, self.mids[1:]) if a])
        out["volatility"] = float(np.sqrt(np.mean((changes - np.mean(changes))**2))) if len(changes) else 0.0
        terms["volatility"] = STEP_CHANGE * 2**48
        out["stability_score"], out["stability_category"] = stability(out["spread_bps"], out["imbalance"], out["volatility"])
        terms["stability_score"] = 1.0
