"""Reads recorded segments with DuckDB, prints the trades by symbol, and draws mid price and depth of one book per venue.

demo_picture.py READY_FOLDER PICTURE.png"""
import bisect
import sys

import duckdb
import matplotlib

matplotlib.use("Agg")
import matplotlib.dates as dates
import matplotlib.pyplot as plt
import matplotlib.ticker as ticker

ready, picture = sys.argv[1], sys.argv[2]
sql = duckdb.connect()
sql.execute("SET timezone = 'UTC'")
trades = sql.execute(
    f"SELECT exchange, symbol, count(*), sum(size) FROM '{ready}/trades/**/*.parquet' GROUP BY ALL ORDER BY ALL").fetchall()
print(f"{'exchange':<10} {'symbol':<10} {'trades':>8} {'volume':>14}   (by DuckDB)")
for exchange, symbol, count, volume in trades:
    print(f"{exchange:<10} {symbol:<10} {count:>8} {volume:>14.4f}")


class Book:
    """The book as a reader of the rows rebuilds it: absolute sizes, zero deletes, CLEAR empties."""

    def __init__(self):
        self.side = {"bid": {}, "ask": {}}
        self.keys = {"bid": [], "ask": []}

    def apply(self, side, price, size, flags):
        if flags & 4:
            self.__init__()
        if flags & 128:
            return
        levels, keys = self.side[side], self.keys[side]
        if size == 0:
            if levels.pop(price, None) is not None:
                keys.pop(bisect.bisect_left(keys, price))
        else:
            if price not in levels:
                bisect.insort(keys, price)
            levels[price] = size

    def top(self):
        bids, asks = self.keys["bid"], self.keys["ask"]
        return (bids[-1], asks[0]) if bids and asks else None


def follow(exchange, symbol):
    rows = sql.execute(
        f"SELECT epoch_us(ts_recv), side, price, size, flags, book_state FROM read_parquet('{ready}/book/**/*.parquet', "
        "file_row_number = true, filename = true) WHERE exchange = ? AND symbol = ? ORDER BY filename, file_row_number",
        [exchange, symbol]).fetchall()
    book, times, mids = Book(), [], []
    for us, side, price, size, flags, state in rows:
        book.apply(side, price, size, flags)
        if flags & 2 and state == "proven" and book.top():
            times.append(us / 86400e6)
            mids.append(sum(book.top()) / 2)
    return book, times, mids


venues = sql.execute(f"SELECT exchange, min(symbol) FROM '{ready}/book/**/*.parquet' GROUP BY 1 ORDER BY 1").fetchall()
figure, axes = plt.subplots(2, len(venues), figsize=(5 * len(venues), 7), squeeze=False)
for column, (exchange, symbol) in enumerate(venues):
    book, times, mids = follow(exchange, symbol)
    above, below = axes[0][column], axes[1][column]
    above.plot(times, mids, linewidth=0.9, color="#17677d")
    above.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))
    above.tick_params(axis="x", labelrotation=30)
    above.ticklabel_format(axis="y", useOffset=False, style="plain")
    above.set_title(f"{exchange} {symbol}: mid price")
    for side, colour in (("bid", "#28a745"), ("ask", "#dc3545")):
        prices = sorted(book.side[side], reverse=side == "bid")[:200]
        total, depth = 0.0, []
        for price in prices:
            total += book.side[side][price]
            depth.append(total)
        below.step(prices, depth, where="post", color=colour)
        below.fill_between(prices, depth, step="post", alpha=0.2, color=colour)
    below.set_title("depth at the end, best 200 levels a side")
    below.xaxis.set_major_locator(ticker.MaxNLocator(4))
    below.set_xlabel("price")
    below.set_ylabel("cumulative size")
figure.tight_layout()
figure.savefig(picture, dpi=110)
print(f"picture: {picture}")
