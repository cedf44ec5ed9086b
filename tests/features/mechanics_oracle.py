#!/usr/bin/env python3
"""Level mechanics by brute force from a plain list of events, written from SPEC 2.13, compared with what tests/features/mechanics_driver.c
printed.

    mechanics_oracle.py make KIND SEED >EVENTS         KIND: day, rth, dense
    mechanics_oracle.py check EVENTS PRINTED [option=value ...]

Ends on `N passed, N failed`: a column of rows, of touches or of outcomes is one check.

Decisions where SPEC leaves a choice (docs/FEATURES.md): bands around a level are shares of the level's price, bands around the spot of the
spot's; scores and EWMAs are stepped at the first book event of each 250 ms; a record is a book event."""
import json
import math
import random
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np

S = 10**9
MIN = 60 * S
EPS = 1e-6
STEP = S // 4
KINDS = "PD_HIGH PD_LOW OR_HIGH OR_LOW SESSION_HIGH SESSION_LOW SMA_200 SMA_400 VWAP ROUND USER_HOTZONE".split()
KIND = {name: i for i, name in enumerate(KINDS)}
WEIGHT = {"PD_HIGH": 1, "PD_LOW": 1, "OR_HIGH": .9, "OR_LOW": .9, "SMA_200": .8, "SMA_400": .8, "VWAP": .7, "SESSION_HIGH": .6, "SESSION_LOW": .6}
VACUUM, WALL, CONSUMED, ABSORPTION, WEAK, NEUTRAL = range(6)
BREAK, REJECT, CONTESTED, QUIET = range(4)


def clip(x, low=-1.0, high=1.0):
    return min(high, max(low, x))


# ---- sessions, by the time zone data base ------------------------------------------------------------------------------------------
def session_at(kind, ns):
    """(premarket, open, close, date) of the session that ns belongs to or the next one."""
    if kind == "utc_day":
        day = ns // (86400 * S)
        date = datetime.fromtimestamp(day * 86400, timezone.utc)
        return day * 86400 * S, day * 86400 * S, (day + 1) * 86400 * S, date.year * 10000 + date.month * 100 + date.day
    zone = ZoneInfo("America/New_York")
    day = datetime.fromtimestamp(ns // S, zone).date()
    while True:
        at = [int(datetime(day.year, day.month, day.day, h, m, tzinfo=zone).timestamp()) * S for h, m in ((4, 0), (9, 30), (16, 0))]
        if day.weekday() < 5 and ns < at[2]:
            return *at, day.year * 10000 + day.month * 100 + day.day
        day += timedelta(days=1)


class Level:
    def __init__(self, kind, price, steps):
        self.kind, self.price, self.steps = kind, price, steps


class Zone:
    """One side of a level's slot: records of its size since its level is this level."""

    def __init__(self):
        self.clear()
        self.price = None  # none: no level
        self.known = False

    def clear(self):
        self.flows = []  # (ts, change, filled)
        self.records = 0
        self.wall = self.scale = None


class Oracle:
    def __init__(self, options):
        self.p = {"session": "utc_day", "monitor": 3.6, "touch": 1.5, "confluence": 2.9, "barrier": 2.9, "tape": 7.3, "velocity": 7.3,
                  "thresh_size": 0.0, "weak_size": 0.0, "delta_scale": 0.0, "confidence_size": 0.0, "contested_size": 0.0,
                  "sweep_notional": 0.0, "score_median": 0}
        self.hotzones = []
        for option in options:
            name, value = option.split("=")
            if name == "hotzone":
                self.hotzones.append(float(value))
            else:
                self.p[name] = value if name == "session" else float(value)
        self.now = -1
        self.book = {1: {}, 2: {}}
        self.trades = []  # (ts, price, size, taker)
        self.bars = []    # closed: (start, open, high, low, close, volume)
        self.bar = None
        self.pairs = []   # (start, close) of closed two-minute bars
        self.day = self.session = None  # (premarket, open, close, date); session: of the levels that run
        self.record_times = []
        self.zones = [[Zone() for _ in range(14)] for _ in range(2)]
        self.vp = [[0] * 14 for _ in range(2)]
        self.levels = [None] * 14
        self.previous_range = self.range = self.opening = None  # [low, high] in steps
        self.usual = None
        self.usual_minute = None
        self.step_ns = None
        self.smooth, self.hold = [None] * 14, [None] * 14
        self.newest = [[] for _ in range(14)]
        self.proven = False
        self.mid = None
        self.lost_since = True
        self.touches, self.touch_rows, self.rows = [], [], []
        self.day_touches = []
        self.attempts = {}
        self.session_volumes = []  # finished: (open, [(ts, size)])
        self.session_trades = []

    # ---- levels
    def at_steps(self, slot, steps):
        self.levels[slot] = None if steps is None else Level(min(slot, 10), steps / self.unit, steps)

    def at_price(self, slot, price):
        self.levels[slot] = None if price is None else Level(min(slot, 10), price, round(price * self.unit))

    def sma(self, count, back=0):
        closes = [c for _, c in self.pairs]
        if len(closes) < count + back:
            return None
        return sum(closes[len(closes) - count - back:len(closes) - back])

    def average_levels(self):
        for slot, count in ((6, 200), (7, 400)):
            total = self.sma(count)
            self.at_price(slot, None if total is None else total / count / self.unit)

    def vwap(self):
        bars = [b for b in self.bars if self.session[1] <= b[0] < self.session[2]]
        volume = sum(b[5] for b in bars)
        if volume:
            self.at_price(8, sum((b[2] + b[3] + b[4]) * b[5] for b in bars) / (3 * volume) / self.unit)

    def round_level(self, mid2):
        target = mid2 / 2 / self.unit * 14.6 / 1e4
        decade = math.floor(math.log10(target))
        choices = [(d, e) for e in range(decade - 1, decade + 2) for d in (1, 2, 5)]
        digit, exponent = min(choices, key=lambda c: abs(c[0] * 10.0**c[1] - target))
        if exponent + self.scale[0] < 0:
            return self.at_steps(9, None)
        spacing = digit * 10**(exponent + self.scale[0])
        self.at_steps(9, (mid2 + spacing) // (2 * spacing) * spacing)

    # ---- time
    def begin(self, now):
        s = session_at(self.p["session"], now)
        if (self.day is None or s[3] != self.day[3]) and now >= s[0]:
            self.day = s
            self.day_touches, self.attempts = [], {}
            if self.p["session"] == "utc_day":
                self.previous_range = self.range or self.previous_range
            else:
                self.previous_range = None
        if self.day and s[3] == self.day[3] and now >= s[1] and self.session != self.day:
            if self.session:
                self.session_volumes.append((self.session[1], self.session_trades))
            self.session, self.session_trades = self.day, []
            self.range = self.opening = None
            self.levels[8] = None
            self.place_ranges()

    def place_ranges(self):
        for slot, span in ((0, self.previous_range), (2, self.opening), (4, self.range)):
            self.at_steps(slot, span and span[1])
            self.at_steps(slot + 1, span and span[0])

    def advance(self, ts):
        self.now = max(self.now, ts)
        while self.bar and self.now >= self.bar[0] + MIN:
            self.close_bar()
        if self.pending and self.now >= self.pending[0] + 2 * MIN:
            self.end_pair()
        self.begin(self.now)
        self.place_ranges()
        minute = self.now // MIN
        if minute != self.usual_minute:
            self.usual_minute = minute
            self.usual = self.usual_notional(minute * MIN)

    pending = None

    def end_pair(self):
        self.pairs.append(self.pending)
        self.pending = None

    def close_bar(self):
        bar, self.bar = self.bar, None
        end = bar[0] + MIN
        self.bars.append(tuple(bar))
        if self.pending and end > self.pending[0] + 2 * MIN:
            self.end_pair()
        self.pending = (bar[0] // (2 * MIN) * 2 * MIN, bar[4])
        if end >= self.pending[0] + 2 * MIN:
            self.end_pair()
        self.average_levels()
        self.place_ranges()
        if not self.session or not self.session[1] <= bar[0] < self.session[2]:
            return
        self.vwap()
        close = bar[4] / self.unit
        tol, monitor = close * self.p["touch"] / 1e4, close * self.p["monitor"] / 1e4
        seen = set()
        for slot, level in enumerate(self.levels):
            if not level or (level.kind, level.steps) in seen:
                continue
            if bar[3] / self.unit - tol <= level.price <= bar[2] / self.unit + tol:
                seen.add((level.kind, level.steps))
                if abs(close - level.price) <= monitor and len(self.day_touches) < 5000:
                    self.touch(slot, end, close)

    def touch(self, slot, end, close):
        level = self.levels[slot]
        row = self.level_row(slot, end, close)
        up = close < level.price
        key = (level.kind, up)
        values = {k: row.get(k) for k in ("barrier_replenishment_ratio", "barrier_delta_liq", "tape_velocity", "tape_imbalance")}
        last = self.attempts.get(key)
        if not last or end - last["ts"] > 15 * MIN or abs(level.price - last["price"]) > level.price * self.p["touch"] / 1e4:
            last = {"cluster": last["cluster"] + 1 if last else 1, "index": 0, "first": values}
        self.attempts[key] = {"cluster": last["cluster"], "index": last["index"] + 1, "first": last["first"], "ts": end, "price": level.price}
        self.attempt_columns(row, level.kind, up)
        self.touch_rows.append((end, row))
        self.touches.append({"ts": end, "up": up, "level": level.price, "spot": close})
        self.day_touches.append((level.kind, level.steps))

    # ---- events
    def trade(self, ts, price, size, taker):
        self.advance(ts)
        ts = self.now
        self.trades.append((ts, price, size, taker))
        for slot in range(14):
            side = {1: 1, 2: 0}.get(taker)
            if side is not None and self.inside(self.zones[side][slot], price):
                self.vp[side][slot] += size
        if not self.bar:
            self.bar = [ts // MIN * MIN, price, price, price, price, 0]
        b = self.bar
        b[2], b[3], b[4], b[5] = max(b[2], price), min(b[3], price), price, b[5] + size

        def stretch(span):
            return [min(span[0], price), max(span[1], price)] if span else [price, price]
        if self.session and self.session == self.day and self.session[1] <= ts < self.session[2]:
            self.session_trades.append((ts, size))
            self.range = stretch(self.range)
            if ts < self.session[1] + 15 * MIN:
                self.opening = stretch(self.opening)
        elif self.p["session"] == "rth_et" and self.day and self.day[0] <= ts < self.day[1]:
            self.previous_range = stretch(self.previous_range)
        self.place_ranges()

    def band(self, price, name):
        """First and last step of the band around a price."""
        reach = price * self.p[name] / 1e4
        return math.ceil((price - reach) * self.unit), math.floor((price + reach) * self.unit)

    def inside(self, zone, price):
        if zone.price is None:
            return False
        low, high = self.band(zone.price, "barrier")
        return low <= price <= high

    def zone_size(self, side, price):
        low, high = self.band(price, "barrier")
        return sum(q for p, q in self.book[side + 1].items() if low <= p <= high)

    def book_event(self, ts):
        if not self.book[1] or not self.book[2]:
            return
        bid, ask = max(self.book[1]), min(self.book[2])
        if bid >= ask:
            return
        self.advance(ts)
        step = self.step_ns is None or self.now // STEP != self.step_ns // STEP
        if step and self.step_ns is not None:
            self.step_sizes((self.now - self.step_ns) / S)
        self.round_level(bid + ask)
        for i, price in enumerate(self.hotzones):
            self.at_price(10 + i, price)
        self.record_times.append(self.now)
        for slot, level in enumerate(self.levels):
            self.record(slot, level)
        self.lost_since = False
        self.mid, self.proven, self.book_ns = (bid + ask) / 2 / self.unit, True, self.now
        if step:
            self.step_scores()
            self.step_ns = self.now

    def record(self, slot, level):
        for side in (0, 1):
            zone, vp = self.zones[side][slot], self.vp[side][slot]
            self.vp[side][slot] = 0
            if not level:
                zone.clear()
                if zone.price is not None:
                    self.smooth[slot] = self.hold[slot] = None
                    self.newest[slot] = []
                zone.price, zone.known = None, False
                continue
            moved = zone.price != level.price
            if zone.price is None or abs(level.price - zone.price) > level.price * self.p["barrier"] / 1e4:
                zone.clear()
                self.smooth[slot] = self.hold[slot] = None
                self.newest[slot] = []
            zone.price, zone.records = level.price, zone.records + 1
            size = self.zone_size(side, level.price)
            if not moved and zone.known and not self.lost_since and size != zone.size:
                change = size - zone.size
                zone.flows.append((self.now, change, min(-change, vp + 1) if change < 0 else 0))
            zone.size, zone.known = size, True

    def lost(self):
        self.proven, self.lost_since = False, True
        for side in self.zones:
            for zone in side:
                zone.known = False

    # ---- steps
    def step_sizes(self, dt):
        for side in self.zones:
            for zone in side:
                if zone.price is None or not zone.known:
                    continue
                size = zone.size / self.size_unit
                for name, tau in (("wall", 300.0), ("scale", 3600.0)):
                    a, before = 1 - math.exp(-min(dt, 600.0) / tau), getattr(zone, name)
                    setattr(zone, name, size if before is None else a * size + (1 - a) * before)

    def smoothed(self, slot, raw, now, keep=False):
        state, newest = self.smooth[slot], self.newest[slot]
        if state and now <= state[1]:
            return state[0]
        if self.p["score_median"]:
            newest = (newest + [raw])[-int(self.p["score_median"]):]
            raw = float(np.median(newest))
        if state:
            a = 1 - math.exp(-min((now - state[1]) / S, 600.0) / 2.0)
            raw = a * raw + (1 - a) * state[0]
        if keep:
            self.smooth[slot], self.newest[slot] = (raw, now), newest
        return raw

    def step_scores(self):
        for slot, level in enumerate(self.levels):
            condition, near = QUIET, level and abs(level.price - self.mid) <= self.mid * self.p["monitor"] / 1e4
            if near:
                view = self.view(slot, self.now, self.mid)
                self.smoothed(slot, view["raw"], self.now, keep=True)
                condition = view["condition"]
            elif not self.hold[slot]:
                continue
            self.hold_signal(slot, condition)

    def hold_signal(self, slot, condition):
        """A signal comes when its condition was true for 3 s and goes when it was false for 3 s."""
        h = self.hold[slot] = self.hold[slot] or {"signal": QUIET, "run": (QUIET, self.now), "false": None}
        if condition != h["run"][0]:
            h["run"] = condition, self.now
        h["false"] = None if condition == h["signal"] else self.now if h["false"] is None else h["false"]
        if h["false"] is not None and self.now - h["false"] >= 3 * S:
            h["signal"], h["false"] = QUIET, None
        if self.now - h["run"][1] >= 3 * S:
            h["signal"], h["false"] = condition, None

    # ---- tape
    def clusters(self, prints):
        found = []
        for t in prints:
            if t[3] == 0:
                continue
            if found and t[0] - found[-1][-1][0] <= S // 10:
                found[-1].append(t)
            else:
                found.append([t])
        return found

    def notional(self, cluster):
        return sum(t[1] * t[2] for t in cluster) / (self.unit * self.size_unit)

    def usual_notional(self, boundary):
        prints = [t for t in self.since(boundary - 3700 * S)]
        ended = self.clusters(self.since(boundary - 3700 * S))[:-1] if prints else []
        values = sorted(self.notional(c) for c in ended if len(c) >= 2 and c[-1][0] > boundary - 3600 * S)
        return values[math.floor(0.99 * (len(values) - 1))] if values else None

    def since(self, after):
        i = len(self.trades)
        while i and self.trades[i - 1][0] > after:
            i -= 1
        return self.trades[i:]

    def tape(self, now):
        prints = self.since(now - 60 * S)
        last = [t for t in prints if t[0] > now - 3 * S]
        flow = {"prints": prints, "velocity": None, "sweep": None}
        if len(last) >= 2 and last[0][0] != last[-1][0]:
            n, t0, p0 = len(last), last[0][0], last[0][1]
            x, y = [t[0] - t0 for t in last], [t[1] - p0 for t in last]
            flow["velocity"] = (n * sum(a * b for a, b in zip(x, y)) - sum(x) * sum(y)) / (n * sum(a * a for a in x) - sum(x)**2) * S / self.unit
        least = self.p["sweep_notional"] or self.usual
        if least and sum(t[3] != 0 for t in prints) >= 3:
            for c in self.clusters(prints):
                worth = self.notional(c)
                if len(c) >= 2 and len({t[3] for t in c}) == 1 and worth >= least and (not flow["sweep"] or worth > flow["sweep"][1]):
                    flow["sweep"] = (c[0][3] == 1, worth)
        return flow

    # ---- one level
    def barrier(self, slot, now, sign):
        level, zone = self.levels[slot], self.zones[1 if sign > 0 else 0][slot]
        if not self.proven or zone.price is None or not zone.known:
            return None
        if abs(zone.price - level.price) > level.price * self.p["barrier"] / 1e4:
            return None
        depth = zone.size / self.size_unit
        usual = depth if zone.scale is None else zone.scale
        b = {name: self.p[name] or usual * factor for name, factor in
             (("thresh_size", 1), ("weak_size", .5), ("delta_scale", 2), ("confidence_size", 5), ("contested_size", 500))}
        b.update(added=0.0, canceled=0.0, filled=0.0, delta=0.0, r=0.0, confidence=0.0, state=NEUTRAL,
                 wall=depth / zone.wall if zone.wall else None)
        recent = [t for t in self.record_times[-2:] if t > now - 240 * S]
        if len(recent) < 2 or zone.records < 2:
            return b
        flows = [f for f in zone.flows if f[0] > now - 240 * S]
        zone.flows = flows
        added, fallen, filled = (sum(c for _, c, _ in flows if c > 0), sum(-c for _, c, _ in flows if c < 0), sum(f for _, _, f in flows))
        u = self.size_unit
        b.update(added=added / u, filled=filled / u, canceled=(fallen - filled) / u, delta=(added - fallen) / u,
                 r=added / u / (fallen / u + EPS))
        activity, enough = (added + fallen) / u, b["confidence_size"]
        b["confidence"] = 0.0 if not activity else min(1, activity / enough) if enough else 1.0
        f, delta, r, churn = b["thresh_size"], b["delta"], b["r"], (added + fallen) / u
        if r < 0.3 and delta < -f:
            b["state"] = VACUUM
        elif r > 1.5 and delta > f:
            b["state"] = WALL
        elif delta < -f and b["filled"] > b["canceled"]:
            b["state"] = CONSUMED
        elif delta > 0 and r > 1:
            b["state"] = ABSORPTION
        elif depth < b["weak_size"]:
            b["state"] = WEAK
        elif abs(delta) < f / 2 and churn > f:
            b["state"] = ABSORPTION
        return b

    def view(self, slot, now, spot):
        level = self.levels[slot]
        sign = 1 if spot < level.price else -1
        flow, (low, high) = self.tape(now), self.band(level.price, "tape")
        near = [t for t in flow["prints"] if t[3] and low <= t[1] <= high]
        buys, sells = (sum(t[2] for t in near if t[3] == taker) / self.size_unit for taker in (1, 2))
        v = {"sign": sign, "flow": flow, "buys": buys, "sells": sells, "barrier": self.barrier(slot, now, sign), "condition": QUIET,
             "imbalance": (sum(t[2] if t[3] == 1 else -t[2] for t in near) / self.size_unit) / (buys + sells + EPS) if near else None,
             "share": None if flow["velocity"] is None else flow["velocity"] / (level.price * self.p["velocity"] / 1e4)}
        b = v["barrier"]
        if b:
            s_l = {VACUUM: 100, WEAK: 75, CONSUMED: 60 if b["delta"] < -b["thresh_size"] else 50, NEUTRAL: 50, WALL: 0, ABSORPTION: 0}[b["state"]]
            s_t = 0.0
            if v["share"] is not None and v["share"] * sign > 0:
                s_t += 25 * min(1, abs(v["share"]))
            if v["imbalance"] is not None and v["imbalance"] * sign > 0:
                s_t += 25 * abs(v["imbalance"])
            s_t = 100 if flow["sweep"] and flow["sweep"][0] == (sign > 0) else min(50, s_t)
            raw = v["raw"] = clip(0.45 / 0.65 * s_l + 0.20 / 0.65 * s_t, 0, 100)
            if raw > 80:
                v["condition"] = BREAK
            elif raw < 20 and abs(level.price - spot) <= spot * self.p["touch"] / 1e4:
                v["condition"] = REJECT
            elif 30 <= raw <= 70 and b["state"] == CONSUMED and buys + sells > b["contested_size"]:
                v["condition"] = CONTESTED
        return v

    # ---- rows
    def common_row(self, now, spot):
        row, u = {}, self.unit
        ranges = []
        for i, b in enumerate(self.bars[-14:]):
            at = len(self.bars) - len(self.bars[-14:]) + i
            before = self.bars[at - 1][4] if at else None
            ranges.append(b[2] - b[3] if before is None else max(b[2] - b[3], abs(b[2] - before), abs(b[3] - before)))
        if ranges:
            row["atr"] = sum(ranges) / len(ranges) / u
        sums = {}
        for count in (200, 400):
            now_, five, ten = (self.sma(count, back) for back in (0, 5, 10))
            sums[count] = now_
            if now_ is not None:
                row[f"sma_{count}"] = now_ / count / u
            if ten is not None:
                row[f"sma_{count}_slope"] = (now_ - ten) / count / u / 20
            if five is not None:
                row[f"sma_{count}_slope_5bar"] = (now_ - five) / count / u / 10
        if None not in sums.values():
            row["sma_spread"] = (2 * sums[200] - sums[400]) / 400 / u
            row["sma_close"] = int(all(abs(spot - row[f"sma_{c}"]) <= 0.005 * row[f"sma_{c}"] for c in sums))
        four = self.levels[:4]
        if all(four):
            above, below = sum(spot > four[i].price for i in (0, 2)), sum(spot < four[i].price for i in (1, 3))
            row["breakout_state"] = 2 if above == 2 else 3 if below == 2 else 1 if above or below else 0
        ratio = self.volume_ratio(now)
        if ratio is not None:
            row["rel_vol_ratio"] = ratio
        velocity = self.tape(now)["velocity"]
        if velocity is not None:
            row["tape_velocity"] = velocity
        return row

    def in_session(self, now):
        return self.session and self.session[1] <= now <= self.session[2]

    def volume_ratio(self, now):
        if not self.in_session(now) or self.day != self.session:
            return None
        upto = (now - self.session[1]) // MIN * MIN
        past = [sum(q for t, q in trades if t < opened + upto) for opened, trades in self.session_volumes[-7:]]
        if not upto or not sum(past):
            return None
        return sum(q for t, q in self.session_trades if t < self.session[1] + upto) / (sum(past) / len(past))

    def level_row(self, slot, now, spot):
        level, u = self.levels[slot], self.unit
        v = self.view(slot, now, spot)
        sign, b, flow = v["sign"], v["barrier"], v["flow"]
        row = self.common_row(now, spot)
        atr = row.get("atr")

        def distance(name, value, stem=None):
            stem = stem or name
            row[name] = value
            row[f"{stem}_pct"] = value / (spot + EPS)
            if atr is not None:
                row[f"{stem}_atr"] = value / (atr + EPS)
        row.update(level_kind=level.kind, level_price=level.price, direction=0 if sign > 0 else 1,
                   level_price_pct=(level.price - spot) / (spot + EPS), runway_direction=0 if sign > 0 else 1,
                   tape_buy_vol=v["buys"], tape_sell_vol=v["sells"], sweep_detected=int(flow["sweep"] is not None))
        distance("distance", abs(level.price - spot))
        distance("distance_signed", level.price - spot)
        for name, i in (("pd_high", 0), ("pd_low", 1), ("sma_200", 6), ("sma_400", 7)):
            if self.levels[i]:
                distance(f"dist_to_{name}", level.price - self.levels[i].price)
        if v["imbalance"] is not None:
            row["tape_imbalance"] = v["imbalance"]
        if flow["sweep"]:
            row["tape_sweep_direction"], row["tape_sweep_notional"] = 0 if flow["sweep"][0] else 1, flow["sweep"][1]
        if b:
            self.barrier_columns(row, slot, v, now)
        beyond = sorted((sign * (o.price - level.price), o.kind, o.price) for o in self.levels if o and sign * (o.price - level.price) > 0)
        if beyond:
            row.update(runway_distance=beyond[0][0], runway_next_level_id=beyond[0][1], runway_next_level_price=beyond[0][2],
                       runway_quality=int(any(k in (4, 5, 8) for d, k, _ in beyond if d <= beyond[0][0])))
        closes = [bar[4] for bar in self.bars[-10:]]
        if len(closes) >= 2:
            row["approach_velocity"] = sign * (closes[-1] - closes[0]) / len(closes) / u
            distance("approach_distance", abs(closes[-1] - closes[0]) / u)
            moves = [sign * (x - y) > 0 for x, y in zip(closes[1:], closes)]
            row["approach_bars"] = len(moves) if all(moves) else moves[::-1].index(False)
        row["prior_touches"] = self.day_touches.count((level.kind, level.steps))
        row["bars_since_open"] = sum(self.session[1] <= bar[0] < self.session[2] for bar in self.bars) if self.session else 0
        into = now - self.session[1] if self.in_session(now) and self.day == self.session else None
        row["is_first_15m"] = int(into is not None and into < 15 * MIN)
        self.confluence_columns(row, slot, spot, sign, distance, into is not None and into < 60 * MIN)
        self.pressure_columns(row, slot, v)
        self.attempt_columns(row, level.kind, sign > 0)
        return row

    def barrier_columns(self, row, slot, v, now):
        b = v["barrier"]

        def log_form(x):
            return math.copysign(math.log1p(abs(x)), x)
        row.update(barrier_state=b["state"], barrier_delta_liq=b["delta"], barrier_replenishment_ratio=b["r"], barrier_added=b["added"],
                   barrier_canceled=b["canceled"], barrier_filled=b["filled"], barrier_delta_liq_log=log_form(b["delta"]),
                   barrier_delta_liq_nonzero=int(b["delta"] != 0))
        if b["wall"] is not None:
            row.update(wall_ratio=b["wall"], wall_ratio_log=log_form(b["wall"]), wall_ratio_nonzero=int(b["wall"] != 0))
        volume = v["buys"] + v["sells"]
        tape = min(1, volume / b["confidence_size"]) if volume and b["confidence_size"] else float(volume > 0)
        mean = (b["confidence"] + tape) / 2
        row.update(break_score_raw=v["raw"], break_score_smooth=self.smoothed(slot, v["raw"], now),
                   signal=self.hold[slot]["signal"] if self.hold[slot] else QUIET,
                   confidence=0 if mean >= 0.7 else 1 if mean >= 0.4 else 2)

    def confluence_columns(self, row, slot, spot, sign, distance, first_hour):
        level = self.levels[slot]
        band = level.price * self.p["confluence"] / 1e4
        others = [(abs(o.price - level.price), WEIGHT.get(KINDS[o.kind], 0)) for i, o in enumerate(self.levels) if o and i != slot]
        others = [(d, w) for d, w in others if d <= band]
        row["confluence_count"] = len(others)
        row["confluence_weighted_score"] = sum(w * (1 - d / band) for d, w in others)
        row["confluence_pressure"] = row["confluence_weighted_score"] / 7.3
        if others:
            distance("confluence_min_distance", min(d for d, _ in others))
        a, c, x, y = (row.get(n) for n in ("sma_200", "sma_400", "sma_200_slope", "sma_400_slope"))
        if None not in (a, c, x, y):
            below, above = spot < min(a, c), spot > max(a, c)
            falling, rising = x < 0 and y < 0, x > 0 and y > 0
            if sign > 0:
                row["confluence_alignment"] = 1 if below and falling and x > y else -1 if above and rising and x < y else 0
            else:
                row["confluence_alignment"] = 1 if above and rising and x > y else -1 if below and falling and x < y else 0
        breakout, close, ratio = row.get("breakout_state"), row.get("sma_close"), row.get("rel_vol_ratio")
        if breakout is None:
            value = 0
        elif breakout < 2:
            value = 10 - breakout
        elif close is None:
            value = 0
        elif first_hour:
            value = 3 if close else 5
        else:
            value = 7 if not close else 0 if ratio is None else 6 if ratio >= 1.3 else 7
        row["confluence_level"] = value

    def pressure_columns(self, row, slot, v):
        closes = [bar[4] for bar in self.bars[-21:]]
        changes = [x - y for x, y in zip(closes[1:], closes)]
        means = []
        for count in (200, 400):
            if f"dist_to_sma_{count}" in row and len(changes) >= 2:
                vol = float(np.std(np.array(changes, dtype=float), ddof=1)) / self.unit
                row[f"mean_reversion_pressure_{count}"] = row[f"dist_to_sma_{count}"] / (vol + EPS)
                means.append(row[f"mean_reversion_pressure_{count}"])
            before = self.sma(count, 5)
            if before is not None:
                row[f"mean_reversion_velocity_{count}"] = (before - self.sma(count)) / count / self.unit / 10
        sign, b = v["sign"], v["barrier"]
        parts = [math.tanh(-sign * sum(means) / len(means)) if means else 0.0, row["confluence_pressure"]]
        if b and b["wall"] is not None:
            gone = math.tanh(-b["delta"] / b["delta_scale"]) if b["delta"] else 0.0
            row["liquidity_pressure"] = clip((gone + clip(1 - b["wall"] / 2)) / 2)
            parts.append(row["liquidity_pressure"])
        if v["imbalance"] is not None and v["share"] is not None:
            row["tape_pressure"] = clip(sign * (v["imbalance"] + clip(v["share"])) / 2)
            parts.append(row["tape_pressure"])
        if b:
            row["net_break_pressure"] = clip(sum(parts) / 4)

    def attempt_columns(self, row, kind, up):
        a = self.attempts.get((kind, up))
        for name in ("attempt_cluster_id", "attempt_index"):
            row.pop(name, None)
        trends = (("barrier_replenishment_ratio", "barrier_replenishment_trend"), ("barrier_delta_liq", "barrier_delta_liq_trend"),
                  ("tape_velocity", "tape_velocity_trend"), ("tape_imbalance", "tape_imbalance_trend"))
        for source, trend in trends:
            row.pop(trend, None)
            if a and row.get(source) is not None and a["first"][source] is not None:
                row[trend] = row[source] - a["first"][source]
        if a:
            row["attempt_cluster_id"], row["attempt_index"] = a["cluster"], a["index"]

    def row(self):
        if not self.proven:
            return self.rows.append({})
        near = [(abs(o.price - self.mid), i) for i, o in enumerate(self.levels) if o]
        near = [n for n in near if n[0] <= self.mid * self.p["monitor"] / 1e4]
        self.rows.append(self.level_row(min(near)[1], self.book_ns, self.mid) if near else self.common_row(self.book_ns, self.mid))

    # ---- the list
    def run(self, lines):
        for line in lines:
            word, *n = line.split()
            n = [int(x) for x in n]
            if word == "scale":
                self.scale, self.unit, self.size_unit = n, 10**n[0], 10**n[1]
            elif word == "trade":
                self.trade(*n)
            elif word == "level":
                self.book[n[0]][n[1]] = n[2]
                if n[2] == 0:
                    del self.book[n[0]][n[1]]
            elif word == "book":
                self.book_event(*n)
            elif word == "lost":
                self.lost()
            elif word == "row":
                self.row()

    def outcome(self, touch, window):
        anchor = touch["ts"] - MIN + window * MIN
        path = [(t, p / self.unit) for t, p, _, _ in self.trades if anchor <= t < anchor + 9 * MIN]
        before = [p / self.unit for t, p, _, _ in self.trades if touch["ts"] <= t < anchor]
        sign = 1 if touch["up"] else -1
        opening = [p for t, p in path if t < anchor + MIN]
        out = {"confirm_ts_ns": anchor, "anchor_spot": opening[0] if opening else before[-1] if before else touch["spot"]}
        away = [(t - anchor, sign * (p - touch["level"])) for t, p in path]
        first = {}
        for i, bps in ((1, 14.6), (2, 29.1)):
            reach = touch["level"] * bps / 1e4
            first["break", i] = next((t / S for t, d in away if d >= reach), -1)
            first["bounce", i] = next((t / S for t, d in away if -d >= reach), -1)
            hits = [x for x in (first["break", i], first["bounce", i]) if x >= 0]
            out.update({f"time_to_break_{i}": first["break", i], f"time_to_bounce_{i}": first["bounce", i],
                        f"time_to_threshold_{i}": min(hits) if hits else -1, f"tradeable_{i}": int(bool(hits))})
        if not path:
            return dict(out, outcome="UNDEFINED")
        most, least = max(d for _, d in away), min(d for _, d in away)
        strength = most if abs(most) >= abs(least) else least
        up, down = first["break", 2], first["bounce", 2]
        word = "CHOP" if up < 0 and down < 0 else "BREAK" if down < 0 or 0 <= up < down else "BOUNCE"
        return dict(out, outcome=word, future_price=path[-1][1], excursion_max=most, excursion_min=least, strength_signed=strength,
                    strength_abs=abs(strength))


# ---- events that are made ------------------------------------------------------------------------------------------------------------
class Maker:
    """A price that wanders and comes back, 40 levels a side about a quote unit apart, prints in bursts."""

    def __init__(self, seed, mid, scale, tick):
        self.r, self.mid, self.scale, self.tick = random.Random(seed), mid, scale, tick
        self.unit = 10**scale[0]
        self.home = mid
        self.book = {1: {}, 2: {}}
        self.out = ["scale %d %d" % tuple(scale)]

    def size(self):
        return self.r.randint(1, 3000)

    def wander(self, step):
        self.mid += self.r.gauss(0, step) + (self.home - self.mid) * 0.0005

    def trade(self, ts):
        taker = self.r.choices((0, 1, 2), (1, 12, 12))[0]
        lean = 1 if taker == 1 else -1
        self.out.append(f"trade {ts} {round((self.mid + lean * self.r.uniform(0, 3) * self.tick) * self.unit)} {self.size()} {taker}")

    def burst(self, ts):
        taker, n = self.r.choice((1, 2)), self.r.randint(2, 8)
        for i in range(n):
            ts += self.r.randint(0, 90) * 10**6
            other = taker if self.r.random() < 0.9 else 3 - taker
            self.out.append(f"trade {ts} {round((self.mid + (i if taker == 1 else -i) * self.tick) * self.unit)} {self.size() * 3} {other}")
        return ts

    def set(self, side, price, size):
        self.book[side][price] = size
        if size == 0:
            del self.book[side][price]
        self.out.append(f"level {side} {price} {size}")

    def book_event(self, ts, changes):
        low, high = round((self.mid - 0.5 * self.tick) * self.unit), round((self.mid + 0.5 * self.tick) * self.unit)
        depth = round(40 * self.tick * self.unit)
        for side, lo, hi in ((1, low - depth, low), (2, high, high + depth)):
            mine = self.book[side]
            for price in [p for p in mine if not lo <= p <= hi]:
                self.set(side, price, 0)
            best = hi if side == 1 else lo
            if best not in mine:
                self.set(side, best, self.size())
            for _ in range(changes):
                price = self.r.choice(list(mine))
                if len(mine) < 36:
                    self.set(side, self.r.randint(lo, hi), self.size())
                else:
                    self.set(side, price, 0 if self.r.random() < 0.2 and price != best else self.size())
        self.out.append(f"book {ts}")


def spread(maker, begin, end, book_gap, trade_gap, row_gap, wander, lost=0.0):
    """Events from begin to end, mean gaps in seconds."""
    r = maker.r
    ts, next_row = begin, begin + int(row_gap * S)
    while ts < end:
        ts += int(r.expovariate(1 / book_gap) * S) + 1000
        maker.wander(wander * math.sqrt(book_gap))
        for _ in range(np.random.default_rng(r.randint(0, 2**31)).poisson(book_gap / trade_gap)):
            maker.trade(ts)
        if r.random() < 0.03:
            ts = maker.burst(ts)
        if r.random() < lost:
            maker.out.append("lost")
        maker.book_event(ts, r.choice((1, 1, 2, 4)))
        if ts >= next_row:
            maker.out.append("row")
            next_row = ts + int(r.uniform(0.2, 1.8) * row_gap * S)
        if r.random() < 0.0003:
            maker.out.append("reload")


def made(kind, seed):
    day = 1789430400 * S // (86400 * S) * 86400 * S
    if kind == "day":
        maker = Maker(seed, 60000.0, (2, 3), 1.0)
        spread(maker, day + 21 * 3600 * S, day + 86400 * S, 40, 12, 1200, 1.5)
        spread(maker, day + 86400 * S, day + 2 * 86400 * S, 32, 11, 300, 1.5, 0.0005)
        spread(maker, day + 2 * 86400 * S, day + 2 * 86400 * S + 1800 * S, 2, 1, 20, 1.5)
    elif kind == "rth":
        friday = int(datetime(2026, 10, 30, 7, 0, tzinfo=timezone.utc).timestamp()) * S
        maker = Maker(seed, 687.0, (4, 0), 0.02)
        for days in (0, 3, 4):  # over the first Sunday of November
            at = friday + days * 86400 * S
            spread(maker, at, at + 14 * 3600 * S, 60, 15, 300, 0.015)
    else:
        maker = Maker(seed, 3000.0, (2, 4), 0.05)
        spread(maker, day, day + 3600 * S, 8, 4, 60, 0.3)
        spread(maker, day + 3600 * S, day + 3600 * S + 300 * S, 0.1, 0.08, 1.0, 0.12, 0.001)
        spread(maker, day + 3900 * S, day + 3900 * S + 10 * S, 0.01, 0.005, 0.05, 0.12)
    return maker.out


# ---- comparison ----------------------------------------------------------------------------------------------------------------------
class Claims:
    def __init__(self):
        self.columns = {}

    def value(self, what, column, number, ours, theirs):
        seen = self.columns.setdefault((what, column), [0, []])
        seen[0] += ours is not None
        if ours is None or theirs is None or isinstance(ours, str):
            good = ours == theirs
        else:
            good = abs(ours - theirs) <= 1e-9 * max(abs(ours), abs(theirs)) + 1e-12
        if not good:
            seen[1].append((number, ours, theirs))

    def row(self, what, number, ours, theirs):
        for column in ours.keys() | theirs.keys():
            if column not in ("what", "number", "ts"):
                self.value(what, column, number, ours.get(column), theirs.get(column))

    def end(self):
        failed = 0
        for (what, column), (count, bad) in sorted(self.columns.items()):
            if bad:
                failed += 1
                print(f"FAILED: {what} {column}: {len(bad)} of {count} differ; (number, oracle, program): {bad[:3]}")
        print(f"{len(self.columns) - failed} passed, {failed} failed")
        return 1 if failed else 0


def check(events, printed, options):
    oracle, claims = Oracle(options), Claims()
    with open(events) as file:
        oracle.run(file)
    lines = [json.loads(line) for line in open(printed)]
    rows, touches = ([x for x in lines if x["what"] == what] for what in ("row", "touch"))
    claims.value("count", "rows", 0, len(oracle.rows), len(rows))
    claims.value("count", "touches", 0, len(oracle.touches), len(touches))
    claims.value("count", "identities", 0, len(oracle.touches), len({x["id"] for x in lines if x["what"] == "id"}))
    for i, (ours, theirs) in enumerate(zip(oracle.rows, rows)):
        claims.row("row", i, ours, theirs)
    for i, ((ts, ours), theirs) in enumerate(zip(oracle.touch_rows, touches)):
        claims.value("touch", "ts", i, ts, theirs["ts"])
        claims.row("touch", i, ours, theirs)
    outcomes = {(x["what"], x["number"]): x for x in lines if x["what"].startswith("outcome")}
    for i, touch in enumerate(oracle.touches):
        for window in (2, 4, 8):
            claims.row("outcome", i, oracle.outcome(touch, window), outcomes[f"outcome_{window}min", i])
    print(f"{len(rows)} rows, {len(touches)} touches, {sum(c for c, _ in claims.columns.values())} values")
    return claims.end()


if __name__ == "__main__":
    if sys.argv[1] == "make":
        print("\n".join(made(sys.argv[2], int(sys.argv[3]))))
    else:
        sys.exit(check(sys.argv[2], sys.argv[3], sys.argv[4:]))
