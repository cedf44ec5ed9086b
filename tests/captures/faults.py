#!/usr/bin/env python3
"""Makes captures with one fault each, and states on standard error what it did.

    faults.py drop-delta CAPTURE       Binance: one delta is missing; a new base, stated by the oracle, comes twenty deltas later
    faults.py late-base CAPTURE        Binance: the base is older than the deltas that waited for it; then a good one
    faults.py wrong-digit CAPTURE      Kraken: one digit of one size near the touch
    faults.py seven-trades CAPTURE     Binance: seven trades in a row are missing
    faults.py over-the-hour CAPTURE    any: the receive times are moved over the turn of an hour
    faults.py torn-update SYMBOL CAPTURE   Coinbase: one l2update of the symbol is cut in its middle
"""
import json
import sys

import oracle


def is_delta(line):
    return line[1] == "<" and '"depthUpdate"' in line[2]


def base_line(venue, symbol, raw, time):
    """The oracle's book as an answer to a request."""
    book = venue.books[symbol]
    sides = [json.dumps([[str(p), str(s)] for p, s in sorted(levels.items(), reverse=turned)], separators=(",", ":"))
             for levels, turned in ((book.bid, True), (book.ask, False))]
    return time, "h", (f"https://api.binance.com/api/v3/depth?symbol={raw}&limit=5000\t"
                       f'{{"lastUpdateId":{book.seq},"bids":{sides[0]},"asks":{sides[1]}}}')


def drop_delta(lines):
    deltas = [i for i, line in enumerate(lines) if is_delta(line)]
    lost, mended = deltas[1000], deltas[1020]
    venue = oracle.Oracle("binance").run(lines[:mended + 1])
    print(f"line {lost} dropped", file=sys.stderr)
    return lines[:lost] + lines[lost + 1:mended + 5] + [base_line(venue, "BTC-USDT", "BTCUSDT", lines[mended + 4][0])] + lines[mended + 5:]


def late_base(lines):
    """The base's own number is set back, so that the first delta held does not join it."""
    at = next(i for i, line in enumerate(lines) if line[1] == "h")
    deltas = [i for i, line in enumerate(lines) if is_delta(line)]
    first = json.loads(lines[deltas[0]][2])["data"]["U"]
    url, body = lines[at][2].split("\t", 1)
    number = json.loads(body)["lastUpdateId"]
    stale = lines[at][0], "h", url + "\t" + body.replace(str(number), str(first - 10), 1)
    again = next(i for i in deltas if i > at + 500)
    venue = oracle.Oracle("binance").run(lines[:again + 1])
    return lines[:at] + [stale] + lines[at + 1:again + 5] + [base_line(venue, "BTC-USDT", "BTCUSDT", lines[again + 4][0])] + lines[again + 5:]


def wrong_digit(lines):
    """The first change after update 100 that the checksum covers."""
    for i, (time, direction, payload) in list(enumerate(lines))[100:]:
        at = payload.find('"qty":')
        if direction != "<" or at < 0 or payload[at + 6:at + 16] == "0.00000000":
            continue
        end = payload.index("}", at) - 1
        worse = lines[:i] + [(time, direction, payload[:end] + str((int(payload[end]) + 1) % 10) + payload[end + 1:])]
        if oracle.Oracle("kraken").run(worse).gaps["checksum"] == 1:
            return worse + lines[i + 1:]
    raise SystemExit("no change near the touch")


def seven_trades(lines):
    trades = [i for i, line in enumerate(lines) if line[1] == "<" and '"e":"trade"' in line[2]]
    lost = set(trades[5000:5007])
    return [line for i, line in enumerate(lines) if i not in lost]


def torn_update(lines, symbol):
    updates = [i for i, line in enumerate(lines) if f'"l2update","product_id":"{symbol}"' in line[2]]
    time, direction, payload = lines[updates[len(updates) // 2]]
    lines[updates[len(updates) // 2]] = time, direction, payload[:len(payload) // 2]
    return lines


def over_the_hour(lines):
    """No fault: the receive times moved so that a UTC hour begins in the middle."""
    shift = 3600 * 10**9 - lines[len(lines) // 2][0] % (3600 * 10**9)
    return [(time + shift, direction, payload) for time, direction, payload in lines]


def main():
    made = {"drop-delta": drop_delta, "late-base": late_base, "wrong-digit": wrong_digit, "seven-trades": seven_trades,
            "torn-update": torn_update, "over-the-hour": over_the_hour}[sys.argv[1]]
    lines = list(oracle.merged(sys.argv[-1:]))
    for time, direction, payload in made(lines, *sys.argv[2:-1]):
        print(time, direction, payload, sep="\t")


main()
