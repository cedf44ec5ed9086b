#!/usr/bin/env python3
"""Compares tables `features` and `predictions` with what the raw frames of the same run's journal give by brute force.

    compare.py [--rows N] [--models TEXT] [--quiet] NAME=VENUE[@SOURCE]:FOLDER[:CAPTURE...] ...

FOLDER holds journal/ and ready/ of one deck, SOURCE is the venue's number there. A NAME with static, compat or wired in it: the regime by a fixed
bound; compat = quotewatch; settings other than the defaults. With captures, the journal's frames must be the captures' lines. Every row is compared; --rows: windows
are recomputed for about so many rows of a symbol (all by default): the first, those after a pause or a new beginning, evenly spread ones.

Each column must have been compared with a value in at least one run. What may differ: of DOUBLE columns 1e-9, of FLOAT columns 1e-6 of
the value; and ROOM (2^-46) of the terms where larger ones cancel (`terms`). Nulls, words and integers must be equal. Of a FLOAT column
hardly a row may hold another FLOAT than the one nearest to the oracle's value, which doubles 1e-9 off would miss in 8 of 1,000; means of
returns are left out, for what is left when returns cancel may be as small as the step their sums are kept in.
Prints a line a column: rows, rows with a value, the worst deviation. Ends on `N passed, N failed`.
"""
import argparse
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet

import stream
from columns import columns
from tally import check, finish

ROOM = 2.0**-46
RELATIVE = {"DOUBLE": 1e-9, "FLOAT": 1e-6}
LEAST = {"DOUBLE": 0.0, "FLOAT": 2.0**-126}  # a FLOAT has no full digits below
SHOWN = 3
PAUSE_NS = 5 * 10**9
PREDICTION = {"prediction": None, "probability": "FLOAT", "ready": None, "label": None, "labeled_at": None, "reason": None,
              "mid": "DOUBLE", "mid_later": "DOUBLE", "change_pct": "DOUBLE", "samples_total": None}
NO_EVENT_TIME = 8


class Tally:
    """What was seen of one column."""

    def __init__(self):
        self.rows = self.values = self.wrong = self.neighbours = 0
        self.worst, self.examples = 0.0, []

    def compare(self, where, kind, ours, wanted, room):
        self.rows += 1
        self.values += wanted is not None
        good = ours == wanted
        self.neighbours += kind == "FLOAT" and None not in (ours, wanted) and ours != float(np.float32(wanted))
        if not good and kind in RELATIVE and None not in (ours, wanted) and math.isfinite(ours):
            off = max(0.0, abs(ours - wanted) - room * ROOM - LEAST[kind])
            self.worst = max(self.worst, off / abs(wanted) if wanted else 0.0)
            good = off <= RELATIVE[kind] * abs(wanted)
        if not good:
            self.wrong += 1
            if len(self.examples) < SHOWN:
                self.examples.append(f"{where}: {ours!r}, the oracle says {wanted!r}")

    def add(self, other):
        self.rows, self.values, self.wrong = self.rows + other.rows, self.values + other.values, self.wrong + other.wrong
        self.neighbours += other.neighbours
        self.worst, self.examples = max(self.worst, other.worst), (self.examples + other.examples)[:SHOWN]


def read(folder, table, symbol=None):
    """symbol -> rows as dicts, in the order of the files; times in microseconds."""
    found = {}
    for path in sorted(Path(folder).glob(f"ready/{table}/**/*.parquet"), key=lambda path: (path.parent.parts, path.name)):
        file = parquet.ParquetFile(path).read()
        names, lists = file.column_names, []
        for name in names:
            column = file.column(name)
            lists.append((column.cast("int64") if str(column.type).startswith("timestamp") else column).to_pylist())
        for values in zip(*lists):
            row = dict(zip(names, values))
            if symbol in (None, row["symbol"]):
                found.setdefault(row["symbol"], []).append(row)
    return found


class Result:
    def __init__(self, name):
        self.name, self.tallies, self.checks, self.notes = name, {}, [], []

    def check(self, good, text):
        self.checks.append((bool(good), f"{self.name}: {text}"))

    def tally(self, column):
        return self.tallies.setdefault(column, Tally())


def chosen(fired, most):
    """Indices of about `most` of them: the first ones, all that begin anew or follow a pause, and evenly spread ones."""
    if most is None or len(fired) <= most:
        return range(len(fired))
    first = most // 4
    step = (len(fired) - first) / (most - first)
    paused = [i for i in range(1, len(fired)) if fired[i].row.own["log_return"] is None or
              fired[i].row.time_ns - fired[i - 1].row.time_ns > PAUSE_NS]
    return sorted({*range(first), *(first + int(i * step) for i in range(most - first)), *paused})


def head_of(fired):
    event = fired.recv_ns if fired.event_ns is None else fired.event_ns
    return fired.frame, fired.recv_ns // 1000, event // 1000, fired.seq


def compare_features(result, name, ours, fired, wanted, most):
    """Every event has its row, each in its place; the values of those that are recomputed."""
    heads = [(r["frame"], r["ts_recv"], r["ts_event"], r["seq"]) for r in ours]
    theirs = [head_of(f) for f in fired]
    if heads != theirs:
        at = next((i for i, (a, b) in enumerate(zip(heads, theirs)) if a != b), min(len(heads), len(theirs)))
        result.check(False, f"{name}: {len(heads)} rows, {len(theirs)} events; row {at}: {heads[at:at + 1]}, wanted {theirs[at:at + 1]}")
        by_head = {head: row for head, row in zip(heads, ours)}
        pairs = [(by_head[h], f) for h, f in zip(theirs, fired) if h in by_head]
    else:
        result.check(True, "rows")
        pairs = list(zip(ours, fired))
    whole = set(chosen([one for _, one in pairs], most))
    for i, (row, one) in enumerate(pairs):
        values = one.row.values() if i in whole else one.row.own
        where = f"{result.name} {name} frame {one.frame}"
        for column in wanted.values():
            if column.name in values:
                result.tally(column.name).compare(where, column.type, row.get(column.name), values[column.name],
                                                  one.row.terms.get(column.name, 0.0))
        result.tally("events").compare(where, "INT", row["events"], 1, 0)
        result.tally("interval_ms").compare(where, "INT", row["interval_ms"], 0, 0)
        result.tally("flags").compare(where, "INT", row["flags"], NO_EVENT_TIME if one.event_ns is None else 0, 0)


def compare_predictions(result, name, ours, wanted):
    result.check(len(ours) == len(wanted), f"{name}: {len(ours)} predictions, the oracle says {len(wanted)}")
    keys, by_key = [(row["frame"], row["model_id"], row["horizon_ms"]) for row in ours], {}
    for key, row in zip(keys, ours):
        by_key.setdefault(key, []).append(row)
    for model in {want["key"][1] for want in wanted}:
        result.check([key for key in keys if key[1] == model] == [want["key"] for want in wanted if want["key"][1] == model],
                     f"{name}: rows of {model} in the oracle's order")
    for want in wanted:
        rows = by_key.get(want["key"], [])
        if len(rows) != 1:
            result.check(False, f"{name} frame {want['key'][0]}: {len(rows)} prediction rows of one sample")
            return
        where = f"{result.name} {name} frame {want['key'][0]}"
        for column, kind in PREDICTION.items():
            room = {"change_pct": 100.0}.get(column, 0.0)
            result.tally(f"predictions.{column}").compare(where, kind, rows[0][column], want[column], room)


def check_frames(result, frames, captures):
    """The journal that the oracle reads holds the captures' lines, all of them and in their order."""
    told = [(f.recv_ns, f.payload.decode()) for f in frames if f.kind in (stream.journal.WS_TEXT, stream.journal.HTTP)]
    wanted = [(time, text) for time, way, text in stream.wire.merged(captures) if way in "<h"]
    result.check(told == wanted, f"the journal holds the {len(wanted)} lines of the captures")


def compare(job):
    name, venue, source, folder, captures, most, *settings = job
    result = Result(name)
    frames = stream.journal.Journal(Path(folder) / "journal").poll().frames
    if captures:
        check_frames(result, frames, captures)
    run = stream.Run(venue, source, *settings).take(frames)
    mine = {symbol: s for symbol, s in run.symbols.items() if s.rows}
    features = {s: [r for r in rows if r["exchange"] == venue] for s, rows in read(folder, "features").items()}
    predictions = {s: [r for r in rows if r["exchange"] == venue] for s, rows in read(folder, "predictions").items()}
    features, predictions = ({s: rows for s, rows in table.items() if rows} for table in (features, predictions))
    result.check(sorted(features) == sorted(mine), f"rows of symbols {sorted(features)}, the oracle's are {sorted(mine)}")
    wanted = columns()
    for symbol, s in mine.items():
        compare_features(result, symbol, features.get(symbol, []), s.rows, wanted, most)
        compare_predictions(result, symbol, predictions.get(symbol, []), [row for model in s.models for row in model.out])
    result.notes.append(f"{name}: {sum(len(s.rows) for s in mine.values())} events of {len(mine)} symbols, "
                        f"{sum(s.withheld for s in run.symbols.values())} withheld")
    return result


def jobs(arguments):
    for text in arguments.runs:
        name, rest = text.split("=", 1)
        venue, folder, *captures = rest.split(":")
        venue, source = venue.split("@") if "@" in venue else (venue, 0)
        yield name, venue, int(source), folder, captures, arguments.rows, arguments.models, "static" in name, "compat" in name, "wired" in name


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--rows", type=int)
    asked.add_argument("--models", default=stream.MODELS)
    asked.add_argument("--quiet", action="store_true")
    asked.add_argument("runs", nargs="+")
    asked = asked.parse_args()
    tallies = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(compare, jobs(asked)):
            for good, text in result.checks:
                check(good, text)
            for column, tally in result.tallies.items():
                tallies.setdefault(column, Tally()).add(tally)
            if not asked.quiet:
                print("\n".join(result.notes))
    for column, tally in tallies.items():
        if not asked.quiet:
            print(f"{column}: {tally.rows} rows, {tally.values} with a value, worst {tally.worst:.1e}, {tally.neighbours} a FLOAT beside")
        near = tally.neighbours <= max(3, 0.008 * tally.values) or column.startswith("mean_return_")
        check(near, f"{column}: {tally.neighbours} of {tally.values} values are not the FLOAT nearest to the oracle's")
        check(not tally.wrong, f"{column}: {tally.wrong} of {tally.rows} rows differ; " + "; ".join(tally.examples))
    never = [name for name in columns() if not tallies.get(name, Tally()).values]
    check(not never, f"columns never compared with a value: {' '.join(never)}")
    finish()


if __name__ == "__main__":
    sys.exit(main())
