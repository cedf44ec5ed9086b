#!/usr/bin/env python3
"""Level mechanics from the wire to table `touches`, against the oracle of mechanics_oracle.py.

    touches_oracle.py make SEED EVENTS >CAPTURE      a thin day and three hours over a midnight in Coinbase's form; EVENTS: the same as the oracle reads them
    touches_oracle.py check EVENTS DATA LAKE         rows that `tapedeck replay` wrote at each event, and what `tape mechanics` made of them
    touches_oracle.py cut LAKE SHORT UNTIL           touches and labels of a recording that ends at UNTIL (s since 1970): the same as far as they go

Ends on `N passed, N failed`.
"""
import datetime
import math
import sys

import lake_oracle as lake
import mechanics_oracle as mechanics
from columns import columns
from tally import check, finish

S = 10**9
SYMBOL = "MADE-USD"
MIDNIGHT = 1789430400 * S // (86400 * S) * 86400 * S
BEGIN, DENSE, END = MIDNIGHT - 93600 * S, MIDNIGHT - 5400 * S, MIDNIGHT + 5400 * S  # a thin day, then three hours
WORDS = {
    "LEVEL_KIND": mechanics.KINDS,
    "DIRECTION": ["UP", "DOWN"],
    "BARRIER": ["VACUUM", "WALL", "CONSUMED", "ABSORPTION", "WEAK", "NEUTRAL"],
    "SIGNAL": ["BREAK", "REJECT", "CONTESTED", "NEUTRAL"],
    "CONFIDENCE": ["HIGH", "MEDIUM", "LOW"],
    "RUNWAY": ["CLEAR", "OBSTRUCTED"],
}


# ---- the wire ----------------------------------------------------------------------------------------------------------------------

def stamp(ns):
    return datetime.datetime.fromtimestamp(ns // S, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % S // 1000:06d}Z"


def decimal(steps, scale):
    return f"{steps // 10**scale}.{steps % 10**scale:0{scale}d}"


def events_of(seed):
    """The oracle's events as the wire can say them: microseconds, a side on every trade, an image first."""
    maker = mechanics.Maker(seed, 60000.0, (2, 3), 1.0)
    mechanics.spread(maker, BEGIN, DENSE, 60, 25, 1e9, 0.7)
    mechanics.spread(maker, DENSE, END, 6, 2.5, 1e9, 5.0)
    out, first = [], True
    for line in maker.out:
        word, *n = line.split()
        if word in ("row", "reload") or (first and word == "trade"):
            continue
        if word in ("trade", "book"):
            n[0] = str(int(n[0]) // 1000 * 1000)
        if word == "trade" and n[3] == "0":
            n[3] = "1"
        if word == "book" and first:
            first = False
            out.append("lost")
            continue
        out.append(" ".join([word, *n]))
        if word == "book":
            out.append("row")
    return out


def wire(events):
    price_scale, size_scale = (int(n) for n in events[0].split()[1:])
    changes, number, imaged = [], 0, False
    for line in events[1:]:
        word, *n = line.split()
        n = [int(x) for x in n]
        if word == "level":
            changes.append([("buy", "sell")[n[0] - 1], decimal(n[1], price_scale), decimal(n[2], size_scale)])
        elif word == "lost" and not imaged:
            levels = {"buy": [], "sell": []}
            for side, price, size in changes:
                levels[side].append(f'["{price}","{size}"]')
            yield BEGIN, f'{{"type":"snapshot","product_id":"{SYMBOL}","bids":[{",".join(levels["buy"])}],"asks":[{",".join(levels["sell"])}]}}'
            changes, imaged = [], True
        elif word == "book":
            text = ",".join('["{}","{}","{}"]'.format(*c) for c in changes)
            yield n[0], f'{{"type":"l2update","product_id":"{SYMBOL}","changes":[{text}],"time":"{stamp(n[0])}"}}'
            changes = []
        elif word == "trade":
            number += 1
            maker = "sell" if n[3] == 1 else "buy"
            yield n[0], (f'{{"type":"match","trade_id":{number},"maker_order_id":"m","taker_order_id":"t","side":"{maker}",'
                         f'"size":"{decimal(n[2], size_scale)}","price":"{decimal(n[1], price_scale)}","product_id":"{SYMBOL}",'
                         f'"sequence":{number},"time":"{stamp(n[0])}"}}')


def make(seed, path):
    events = events_of(seed)
    with open(path, "w") as file:
        file.write("\n".join(events) + "\n")
    last = 0
    for ns, text in wire(events):
        last = max(last + 1000, ns + 2_000_000)
        print(f"{last}\t<\t{text}")


# ---- the comparison ----------------------------------------------------------------------------------------------------------------

def finer(events, scale):
    """The same events in the steps that the recorder counts in."""
    own = [int(n) for n in events[0].split()[1:]]
    price, size = (10 ** (scale[i] - own[i]) for i in (0, 1))
    yield "scale %d %d" % tuple(scale)
    for line in events[1:]:
        word, *n = line.split()
        n = [int(x) for x in n]
        if word in ("trade", "level"):
            n[1], n[2] = n[1] * price, n[2] * size
        yield " ".join([word, *map(str, n)])


def compare(name, got, want, wanted_columns, seen):
    bad = []
    for column in wanted_columns.values():
        value = want.get(column.name)
        value = None if value is not None and isinstance(value, float) and math.isnan(value) else value
        if value is not None and column.words != "NONE":
            value = WORDS[column.words][int(value)]
        ours = got[column.name]
        relative = 1e-6 if column.type == "FLOAT" else 1e-9
        same = lake.near(ours, value, relative, 1e-12) if isinstance(ours, (int, float)) and isinstance(value, (int, float)) else ours == value
        if not same:
            bad.append((column.name, ours, value))
        seen[column.name] = seen.get(column.name, 0) + (value is not None)
    check(not bad, f"{name}: {len(bad)} of {len(wanted_columns)} columns differ; (name, ours, oracle): {bad[:4]}")


def labels_of(touch, window, outcome):
    """As the table names them; a time that never came is null, not -1."""
    suffix = f"_{window}min"
    out = {k + suffix: None if k.startswith("time_to_") and v < 0 else v for k, v in outcome.items()}
    return out


def compare_labels(oracle, rows, words):
    names = [n for n in rows[0] if n.endswith("_8min")]
    for i, (touch, row) in enumerate(zip(oracle.touches, rows)):
        if not row["label_complete"]:
            check(all(row[n] is None for n in names), f"touch {i}: labels before their time")
            continue
        bad = []
        for window in (2, 4, 8):
            want = labels_of(touch, window, oracle.outcome(touch, window))
            words.add(want[f"outcome_{window}min"])
            bad += [(n, row[n], v) for n, v in want.items() if not (lake.near(row[n], v, 1e-9, 1e-9) if isinstance(v, float) else row[n] == v)]
        check(not bad, f"touch {i}: labels differ; (name, ours, oracle): {bad[:4]}")


def compare_all(events_path, data, out):
    with open(events_path) as file:
        events = file.read().splitlines()
    told = lake.rows(lake.files(f"{data}/ready", "instruments"))
    digits = lake.rows(lake.files(f"{data}/ready", "book"))[:1]
    scale = [digits[0]["price_scale"], digits[0]["size_scale"]] if digits and "price_scale" in digits[0] else \
        [told[-1]["price_scale"], told[-1]["size_scale"]]
    oracle = mechanics.Oracle([])
    oracle.run(finer(events, scale))
    wanted, seen, words = columns(("MECHANICS",)), {}, set()

    rows = lake.rows(lake.files(f"{data}/ready", "features"))
    check(len(rows) == len(oracle.rows), f"{len(rows)} rows of features, the oracle has {len(oracle.rows)}")
    for i, (got, want) in enumerate(zip(rows, oracle.rows)):
        compare(f"row {i}", got, want, wanted, seen)

    touches = lake.rows(lake.files(out, "touches"))
    check(len(touches) == len(oracle.touches) > 50, f"{len(touches)} touches, the oracle has {len(oracle.touches)}")
    check(len({t["event_id"] for t in touches}) == len(touches), "an event_id stands twice")
    for i, (got, (ts, want)) in enumerate(zip(touches, oracle.touch_rows)):
        check(lake.time_ns(got) == ts, f"touch {i}: at {got['ts_event']}, the oracle's at {ts}")
        compare(f"touch {i}", got, want, wanted, seen)
    compare_labels(oracle, touches, words)
    complete = sum(t["label_complete"] for t in touches)
    check(20 < complete < len(touches), f"{complete} touches of {len(touches)} have labels")
    check(words >= {"BREAK", "BOUNCE", "CHOP"}, f"outcomes that occur: {sorted(words)}")
    never = [name for name, count in seen.items() if count == 0]
    check(not never, f"columns that never had a value: {never}")


def compare_cut(out, short, until):
    whole, less = ({(t["event_id"]): t for t in lake.rows(lake.files(path, "touches"))} for path in (out, short))
    check(set(less) <= set(whole), "a recording that ends earlier has touches that the longer one has not")
    missing = [t for k, t in whole.items() if k not in less and lake.time_ns(t) < (until - 120) * S]
    check(not missing, f"touches before the end are missing: {missing[:1]}")
    complete = 0
    for key, row in less.items():
        known = row["label_complete"]
        complete += known
        bad = [n for n, v in row.items() if v != whole[key][n] and not (v is None and not known) and
               n not in ("label_complete", "ts_recv", "frame", "conn")]
        check(not bad, f"touch {key}: what came later changed {bad[:5]}")
    check(0 < complete < len(less), f"{complete} of {len(less)} touches have labels")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(int(sys.argv[2]), sys.argv[3])
    elif sys.argv[1] == "check":
        compare_all(*sys.argv[2:5])
        finish()
    else:
        compare_cut(sys.argv[2], sys.argv[3], int(sys.argv[4]))
        finish()
