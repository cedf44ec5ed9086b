"""Columns that one book gives by itself (SPEC 2.1 without the window, 2.4, 2.6), from levels as exact integers.

    values, terms = structure(top, within, time)

Prices and sizes are integers of 10^-PLACES. `terms` holds, for values that are left over when larger ones cancel, how large
those are: the room for rounding that a comparison must leave.
"""
import datetime
import math
from fractions import Fraction

PLACES = 12
ONE = 10**PLACES
BANDS = (5, 10, 25, 50, 100)
LEVELS = 20


def ratio(a, b):
    """The double nearest to a / b; None when there is none."""
    return a / b if b else None


def distance(sum_of_best, price):
    """From the mid in bps: an exact fraction of the integers."""
    return abs(sum_of_best - 2 * price) * 10000 / sum_of_best


def band_volumes(side, sum_of_best):
    """Of levels sorted from the best on: sizes with lo <= d < hi for each band."""
    volume, band = [0] * len(BANDS), 0
    for price, size in side:
        far = abs(sum_of_best - 2 * price) * 10000
        while band < len(BANDS) and far >= BANDS[band] * sum_of_best:
            band += 1
        if band == len(BANDS):
            break
        volume[band] += size
    return volume


def slope(side, sum_of_best, count):
    """Least squares of cumulative size on distance in bps."""
    if count < 3:
        return None
    x, y, total = [], [], 0
    for price, size in side[:count]:
        total += size
        x.append(distance(sum_of_best, price))
        y.append(total / ONE)
    mean_x, mean_y = math.fsum(x) / count, math.fsum(y) / count
    squares = math.fsum((a - mean_x)**2 for a in x)
    if squares == 0:
        return None
    return math.fsum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / squares


def lin(value, low, high):
    return 100.0 if value <= low else 0.0 if value >= high else 100.0 * (high - value) / (high - low)


def stability(spread_bps, imbalance, volatility):
    if None in (spread_bps, imbalance, volatility):
        return None, None
    score = 0.4 * lin(spread_bps, 1, 10) + 0.3 * lin(abs(imbalance), 0, 1) + 0.3 * lin(volatility, 0.5, 5)
    return score, "STABLE" if score >= 70 else "MODERATE" if score >= 40 else "UNSTABLE"


def touch(bids, asks, out, terms):
    (b, B), (a, A) = bids[0], asks[0]
    s = a + b
    mid = s / (2 * ONE)
    out["best_bid"], out["best_ask"], out["mid_price"], out["spread"] = b / ONE, a / ONE, mid, (a - b) / ONE
    out["best_bid_size"], out["best_ask_size"] = B / ONE, A / ONE
    out["relative_spread"] = 2 * (a - b) / s if s > 0 else None
    out["spread_bps"] = 20000 * (a - b) / s if s else None
    out["imbalance"] = ratio(B - A, B + A)
    out["depth"] = sum(size for side in (bids, asks) for _, size in side[:10]) / ONE
    out["microprice"] = (b * A + a * B) / ((B + A) * ONE) if B + A else mid
    out["micro_minus_mid"] = (a - b) * (B - A) / (2 * (B + A) * ONE) if B + A else 0.0
    terms["micro_minus_mid"] = terms["spread"] = mid
    return mid


def depths(bids, asks, out, terms):
    for count in (1, 3, 5, 10):
        deep = [sum(size for _, size in side[:count]) for side in (bids, asks)]
        out[f"imbalance_L{count}"] = ratio(deep[0] - deep[1], deep[0] + deep[1])
    total = [sum(size for _, size in side) for side in (bids, asks)]
    out["total_bid_depth"], out["total_ask_depth"] = total[0] / ONE, total[1] / ONE
    out["total_imbalance"] = ratio(total[0] - total[1], total[0] + total[1])
    vwap = []
    for name, side in (("bid", bids), ("ask", asks)):
        size = sum(q for _, q in side[:5])
        vwap.append(Fraction(sum(p * q for p, q in side[:5]), size * ONE) if size else None)
        out[f"vwap_{name}_5"] = float(vwap[-1]) if size else None
        out[f"{name}_depth_L5"] = size / ONE
        size, weight = sum(q for _, q in side), sum(p * q for p, q in side)
        out[f"{name}_cog"] = weight / (size * ONE) if size else None
    both = None not in vwap
    out["vwap_spread"] = float(vwap[1] - vwap[0]) if both else None
    terms["vwap_spread"] = float(vwap[1]) if both else 0
    best = asks[0][0]
    out["slippage_proxy"] = float((vwap[1] - Fraction(best, ONE)) / Fraction(bids[0][0] + best, 2 * ONE)) if vwap[1] is not None else None
    terms["slippage_proxy"] = 1.0


def shapes(bids, asks, out, terms):
    s = bids[0][0] + asks[0][0]
    common = min(len(bids), len(asks))
    smart = []
    for name, side in (("bid", bids), ("ask", asks)):
        sizes = [q for _, q in side]
        total = sum(sizes)
        smart.append(math.fsum(q / ONE * math.exp(-100 * abs(s - 2 * p) / s) for p, q in side))
        out[f"smart_{name}_depth"] = smart[-1]
        out[f"{name}_slope_simple"] = ratio(abs(side[0][0] - side[4][0]), sum(sizes[:5])) if len(side) >= 5 else None
        out[f"{name}_slope_regression"] = slope(side, s, min(10, common))
        out[f"{name}_depth_decay_5"] = ratio(sizes[4], sizes[0]) if len(side) >= 5 else None
        out[f"{name}_concentration"] = ratio(sum(q * q for q in sizes), total * total)
        reached, out[f"{name}_50pct_depth_levels"] = 0, None
        for i, q in enumerate(sizes):
            reached += q
            if total and 2 * reached >= total:
                out[f"{name}_50pct_depth_levels"] = i
                break
        extras(name, sizes, total, out)
    out["smart_depth_imbalance"] = ratio(smart[0] - smart[1], smart[0] + smart[1])
    terms["smart_depth_imbalance"] = 1.0
    slopes = out["bid_slope_regression"], out["ask_slope_regression"]
    out["slope_asymmetry"] = slopes[0] / slopes[1] if None not in slopes and slopes[1] > 0 else None
    decays = out["bid_depth_decay_5"], out["ask_depth_decay_5"]
    out["avg_depth_decay_5"] = sum(decays) / 2 if None not in decays else None


def extras(name, sizes, total, out):
    n = len(sizes)
    rising = sorted(sizes)
    out[f"{name}_gini"] = ratio(sum((2 * i - n + 1) * q for i, q in enumerate(rising)), n * total)
    logs = [math.log(q / ONE) for q in sizes]
    mean, middle = math.fsum(logs) / n, (n - 1) / 2
    across = math.fsum((i - middle)**2 for i in range(n))
    out[f"{name}_exp_decay_rate"] = -math.fsum((i - middle) * (y - mean) for i, y in enumerate(logs)) / across if n >= 2 else None
    out[f"{name}_wall_level"] = sizes.index(max(sizes)) if total else None


def gravity(bids, asks, out, terms):
    common = min(len(bids), len(asks), LEVELS)
    levels = bids[:common] + asks[:common]
    weight, size, s = sum(p * q for p, q in levels), sum(q for _, q in levels), bids[0][0] + asks[0][0]
    out["center_of_gravity"] = ratio(weight, size * ONE)
    out["cog_vs_mid"] = ratio((2 * weight - s * size) * 10000, s * size)
    terms["cog_vs_mid"] = 10000.0


def bands(within, spread, out):
    bid, ask = within
    edges = (0, *BANDS)
    for i in range(len(BANDS)):
        name = f"{edges[i]}_{edges[i + 1]}bps"
        out[f"bid_vol_band_{name}"], out[f"ask_vol_band_{name}"] = bid[i] / ONE, ask[i] / ONE
        out[f"imb_band_{name}"] = ratio(bid[i] - ask[i], bid[i] + ask[i])
    near, wide = bid[0] + ask[0], sum(bid[:4]) + sum(ask[:4])
    out["lambda_like"] = ratio(spread, near)
    out["amihud_like"] = ratio(spread, near + bid[1] + ask[1])
    out["book_convexity"] = ratio(near, wide)


def calendar(time_ns, out):
    time = datetime.datetime.fromtimestamp(time_ns // 10**9, datetime.timezone.utc)
    out["minute"], out["day_of_week"] = time.minute, time.weekday()
    out["is_weekend"] = int(time.weekday() >= 5)


def structure(bids, asks, within, time_ns):
    """bids, asks: [(price, size)] from the best on, at most 20; within: the sizes of each band, of bids and of asks."""
    out, terms = {}, {}
    for i in range(LEVELS):
        for name, side in (("bid", bids), ("ask", asks)):
            price, size = side[i] if i < len(side) else (None, None)
            out[f"{name}_price_L{i}"] = None if price is None else price / ONE
            out[f"{name}_size_L{i}"] = None if size is None else size / ONE
    touch(bids, asks, out, terms)
    depths(bids, asks, out, terms)
    shapes(bids, asks, out, terms)
    gravity(bids, asks, out, terms)
    bands(within, asks[0][0] - bids[0][0], out)
    calendar(time_ns, out)
    sign = (bids[0][1] > asks[0][1]) - (bids[0][1] < asks[0][1])  # of microprice - mid, exactly
    out["imb_signed"] = None if out["imbalance_L5"] is None else out["imbalance_L5"] * sign
    return out, terms
