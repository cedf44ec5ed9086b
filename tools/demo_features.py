"""Draws what was computed beside what was recorded: price, order flow, VPIN, and the model's probability against what came; prints the
models' accuracy beside the base rate (that of always naming the commoner outcome).

demo_features.py READY_FOLDER PICTURE.png"""
import sys

import duckdb
import matplotlib

matplotlib.use("Agg")
import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np

ready, picture = sys.argv[1], sys.argv[2]
BINS = 5  # of the reliability chart
sql = duckdb.connect()
sql.execute("SET timezone = 'UTC'")
sql.execute(f"CREATE VIEW features AS SELECT * FROM '{ready}/features/**/*.parquet'")
sql.execute(f"CREATE VIEW predictions AS SELECT * FROM '{ready}/predictions/**/*.parquet'")


def accuracy_table():
    rows = sql.execute(
        """SELECT exchange, symbol, model_id, count(*), avg((prediction = label)::INT),
                  greatest(avg(label), 1 - avg(label)),
                  avg((prediction = label)::INT) FILTER (WHERE label = 1), avg((prediction = label)::INT) FILTER (WHERE label = 0),
                  avg((probability - label) ^ 2)
           FROM predictions WHERE ready AND label IS NOT NULL AND prediction IS NOT NULL GROUP BY ALL ORDER BY ALL""").fetchall()
    print(f"{'exchange':<10} {'symbol':<10} {'model':<10} {'samples':>8} {'accuracy':>9} {'base rate':>10} {'balanced':>9} {'Brier':>7}")
    for exchange, symbol, model, count, right, base, hit, quiet, brier in rows:
        balanced = f"{(hit + quiet) / 2:9.1%}" if hit is not None and quiet is not None else f"{'-':>9}"
        print(f"{exchange:<10} {symbol:<10} {model:<10} {count:>8} {right:>9.1%} {base:>10.1%} {balanced} {brier:>7.4f}")
    if not rows:
        print("no model has seen 100 samples of each outcome yet: record longer (DEMO_SECONDS)")


def series(exchange, symbol, *columns):
    names = ", ".join(columns)
    rows = sql.execute(f"SELECT epoch_us(ts_recv) / 86400e6, {names} FROM features WHERE exchange = ? AND symbol = ? ORDER BY frame",
                       [exchange, symbol]).fetchall()
    return np.array(rows, dtype=float).reshape(-1, len(columns) + 1).T


def scored(exchange, symbol):
    rows = sql.execute("""SELECT epoch_us(ts_recv) / 86400e6, probability, label FROM predictions
                          WHERE exchange = ? AND symbol = ? AND probability IS NOT NULL AND label IS NOT NULL ORDER BY frame""",
                       [exchange, symbol]).fetchall()
    return np.array(rows, dtype=float).reshape(-1, 3).T


def draw_outcome(axis, when, probability, label):
    axis.plot(when, probability, linewidth=0.7, color="#17677d", label="probability of a move")
    moved = label == 1
    axis.plot(when[moved], np.full(moved.sum(), 1.06), "|", color="#dc3545", markersize=6, label="it moved")
    axis.set_ylim(0, 1.12)
    axis.legend(loc="upper left", fontsize=7)


def draw_reliability(axis, probability, label):
    edges = np.linspace(0, 1, BINS + 1)
    place = np.clip(np.digitize(probability, edges) - 1, 0, BINS - 1)
    full = [b for b in range(BINS) if (place == b).any()]
    axis.plot([0, 1], [0, 1], color="#999", linewidth=0.8)
    axis.plot([probability[place == b].mean() for b in full], [label[place == b].mean() for b in full], "o-", color="#17677d")
    axis.set_xlabel("probability given")
    axis.set_ylabel("share that moved")


def draw(axes, exchange, symbol):
    when, mid, flow, vpin = series(exchange, symbol, "mid_price", "ofi_sum_5s", "vpin")
    scored_when, probability, label = scored(exchange, symbol)
    axes[0].plot(when, mid, linewidth=0.9, color="#17677d")
    axes[0].ticklabel_format(axis="y", useOffset=False, style="plain")
    axes[0].set_title(f"{exchange} {symbol}: mid price")
    axes[1].fill_between(when, flow, step="post", color="#17677d", alpha=0.5)
    axes[1].axhline(0, color="#999", linewidth=0.6)
    axes[1].set_title("order flow imbalance, 5 s")
    axes[2].step(when, vpin, where="post", color="#b8860b")
    axes[2].set_title("VPIN")
    draw_outcome(axes[3], scored_when, probability, label)
    axes[3].set_title("prediction against outcome")
    draw_reliability(axes[4], probability, label)
    for axis in axes[:4]:
        axis.xaxis.set_major_locator(dates.AutoDateLocator(maxticks=6))
        axis.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))
        axis.tick_params(axis="x", labelsize=7)


accuracy_table()
venues = sql.execute("SELECT exchange, min(symbol) FROM features GROUP BY 1 ORDER BY 1").fetchall()
figure, axes = plt.subplots(5, len(venues), figsize=(5 * len(venues), 13), squeeze=False)
for column, (exchange, symbol) in enumerate(venues):
    draw(axes[:, column], exchange, symbol)
figure.tight_layout()
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")
