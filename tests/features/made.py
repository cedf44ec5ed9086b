#!/usr/bin/env python3
"""made.py SEED EVENTS [--cut N] [--mirror]: a capture in Coinbase's form with what recorded ones lack, on standard output.

WALK-USD has a deep book, IDLE-USD one of a few levels that empties at times. Event times that stand still, step back and lie on the
edges of windows; trades stamped later than the book they arrive before, some of many units; locked books of one frame; fresh images;
silences of 299.9 and 300.1 s; prices whose bands, ranks and slopes are equal; an hour, a day and a weekend that end on the way. --cut N
ends it after N lines; --mirror turns every price about the first mid, so that bids are asks and buyers sellers.
"""
import datetime
import random
import sys

START_NS = 1_789_948_200 * 10**9  # a Sunday, ten minutes before midnight
MS = 10**6
SECOND = 10**9
SILENCES = (7, 50, 299.9, 20, 300.1)


def text(time_ns):
    whole = datetime.datetime.fromtimestamp(time_ns // SECOND, datetime.timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{time_ns % SECOND // 1000:06d}Z"


class Market:
    """Prices in cents; sizes in 10^-8."""

    def __init__(self, dice, mirror, name, mid, depth, spread):
        self.dice, self.name, self.mid, self.depth, self.spread = dice, name, mid, depth, spread
        self.mirror = 2 * mid if mirror else None
        self.book, self.trades = {"buy": {}, "sell": {}}, 0
        for _ in range(4 * depth):
            self.level(dice.choice(("buy", "sell")))

    def size(self):
        return self.dice.choice((10**8, self.dice.randrange(1, 4 * 10**8), self.dice.randrange(1, 10**6)))

    def level(self, side):
        away = self.spread + min(int(self.dice.expovariate(3 / self.depth)), 3 * self.depth)
        price = self.mid - away if side == "buy" else self.mid + away
        gone = price in self.book[side] and self.dice.random() < 0.5
        size = 0 if gone else self.size()
        return self.set(side, price, size)

    def set(self, side, price, size):
        if size:
            self.book[side][price] = size
        else:
            self.book[side].pop(price, None)
        return side, price, size

    def step(self):
        """Changes of one message: the book is never crossed by them."""
        if self.dice.random() < 0.3:
            self.mid += self.dice.choice((-1, 1)) * self.dice.choice((1, 1, 1, 2, 5))
        changes = [self.set("sell", p, 0) for p in sorted(self.book["sell"]) if p <= self.mid]
        changes += [self.set("buy", p, 0) for p in sorted(self.book["buy"]) if p >= self.mid]
        changes += [self.level(self.dice.choice(("buy", "sell"))) for _ in range(self.dice.choice((1, 1, 2, 4)))]
        return changes

    def seen(self, side, price):
        """As the capture shows it."""
        if self.mirror is None:
            return side, f"{price / 100:.2f}"
        return "sell" if side == "buy" else "buy", f"{(self.mirror - price) / 100:.2f}"

    def snapshot(self):
        sides = {"buy": [], "sell": []}
        for side, levels in self.book.items():
            for p, q in levels.items():
                shown, price = self.seen(side, p)
                sides[shown].append(f'["{price}","{q / 1e8:.8f}"]')
        sides = {key: ",".join(sides[side]) for key, side in (("bids", "buy"), ("asks", "sell"))}
        return f'{{"type":"snapshot","product_id":"{self.name}","asks":[{sides["asks"]}],"bids":[{sides["bids"]}]}}'

    def update(self, changes, time_ns):
        shown = [(*self.seen(side, price), size) for side, price, size in changes]
        levels = ",".join(f'["{side}","{price}","{size / 1e8:.8f}"]' for side, price, size in shown)
        return f'{{"type":"l2update","product_id":"{self.name}","changes":[{levels}],"time":"{text(time_ns)}"}}'

    def match(self, time_ns):
        self.trades += 1
        side, price = self.seen(self.dice.choice(("buy", "sell")), self.mid)
        size = self.dice.choice((350_000_000, self.dice.randrange(1, 10**8), self.dice.randrange(1, 10**7)))
        return (f'{{"type":"match","trade_id":{self.trades},"maker_order_id":"m","taker_order_id":"t","side":"{side}",'
                f'"size":"{size / 1e8:.8f}","price":"{price}","product_id":"{self.name}","sequence":{self.trades},'
                f'"time":"{text(time_ns)}"}}')


class Script:
    def __init__(self, seed, events, mirror):
        self.dice, self.now, self.event, self.lines = random.Random(seed), START_NS, START_NS - 20 * MS, []
        self.events = events
        self.markets = [Market(self.dice, mirror, "WALK-USD", 300_00, 60, 1), Market(self.dice, mirror, "IDLE-USD", 3_00, 3, 1)]

    def say(self, message):
        self.lines.append(f"{self.now}\t<\t{message}")
        self.now += self.dice.randrange(1, 5) * 1000

    def silence(self, seconds):
        """The venue goes on to speak: heartbeats alone."""
        end, event = self.now + int(seconds * 1000) * MS, self.event + int(seconds * 1000) * MS
        number = 0
        while self.now + SECOND < end:
            self.now += SECOND
            number += 1
            self.lines.append(f'{self.now}\t<\t{{"type":"heartbeat","sequence":{number},"last_trade_id":0,"product_id":"WALK-USD",'
                              f'"time":"{text(self.now)}"}}')
        self.now, self.event = max(end, self.now), event

    def advance(self):
        step = self.dice.choice((0, 1000, 3 * MS, 40 * MS, 250 * MS, 500 * MS, SECOND, SECOND))
        self.now, self.event = self.now + step, self.event + step

    def stamp(self):
        return self.event - (700 * MS if self.dice.random() < 0.02 else 0)

    def lock(self, market):
        """One frame leaves the book locked, the next mends it."""
        if not market.book["buy"] or not market.book["sell"]:
            return
        price, size = max(market.book["buy"]), 10**8
        self.say(market.update([("sell", price, size)], self.event))
        self.say(market.update([("sell", price, 0)], self.event))

    def empty(self, market):
        side = self.dice.choice(("buy", "sell"))
        self.say(market.update([market.set(side, price, 0) for price in list(market.book[side])], self.event))

    def turn(self, i):
        market = self.markets[self.dice.random() < 0.25]
        self.advance()
        chance = self.dice.random()
        if chance < 0.2:
            later = self.dice.choice((0, 0, 0, 1500 * MS))
            self.say(market.match(self.event + later))
        elif chance < 0.21:
            self.lock(market)
        elif chance < 0.213:
            self.say(market.snapshot())
        elif chance < 0.23 and market.depth < 10 and market.book["buy"] and market.book["sell"]:
            self.empty(market)
        self.say(market.update(market.step(), self.stamp()))

    def run(self):
        self.lines.append(f"{self.now}\to\twss://ws-feed.exchange.coinbase.com")
        for market in self.markets:
            self.say(market.snapshot())
        silences = dict(zip((self.events * (i + 1) // 10 for i in range(9)), SILENCES))
        for i in range(self.events):
            if i in silences:
                self.silence(silences[i])
                for market in self.markets:
                    self.say(market.update(market.step(), self.event))
            self.turn(i)
        return self.lines


def main():
    cut = int(sys.argv[sys.argv.index("--cut") + 1]) if "--cut" in sys.argv else None
    print("\n".join(Script(int(sys.argv[1]), int(sys.argv[2]), "--mirror" in sys.argv).run()[:cut]))


if __name__ == "__main__":
    main()
