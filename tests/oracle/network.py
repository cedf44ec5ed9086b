"""A faulty network between recorder and exchange: each venue behind a proxy of its own (tools/proxy), which does to the bytes of TLS what
bad lines do. Each venue has its own faults at its own pace; the recorder survives, reconnects, has proven books again, tells each hole,
and nothing that it marks proven is wrong."""
import subprocess

import journal as j
from claims import claim, note
from deck import OUT, PATH, QUOTE, RUNNING, Exchange, Recorder, names, wait_for
from rows import gaps_of
from verdicts import Traffic, check_ended, check_final_books, check_points, drain, is_whole, ready

SYMBOLS = 2
RATE = 300
WINDOW_NS = 10_000_000_000
SILENCE_S = 3
# What is done, whether it must end the connection, and what then meets the way back.
PLAN = {
    "coinbase": [("split:24", False, None), ("rst", True, "refuse:2500"), ("flip", True, None), ("eof_down", True, None),
                 ("blackhole", True, None)],
    "binance": [("merge:300", False, None), ("stall:1500", False, None), ("truncate", True, None), ("cut:4000", True, None),
                ("drip:1", True, None)],
    "kraken": [("delay:400", False, None), ("eof_up", True, None), ("stall:20000", True, None), ("rst", True, "mute:4000"),
               ("flip", True, "next cut:3000")],
}
# What the journal says of an end; all others: the peer closed.
REASON = {"flip": b"TD_E_NET_TLS", "blackhole": b"no data", "drip": b"no data", "stall": b"no data"}
CALM_MESSAGES = 60  # of a symbol's book, through a fault that ends nothing


class Proxy:
    def __init__(self, folder, name, port):
        self.said = folder / f"{name}.proxy"
        ports = folder / f"{name}.port"
        self.out = open(self.said, "w")
        self.process = subprocess.Popen([OUT / "host/proxy", "--to", str(port), "--port-file", ports, "--seed", "3"],
                                        stdin=subprocess.PIPE, stdout=self.out, stderr=self.out, text=True)
        RUNNING.append(self.process)
        wait_for(f"the proxy of {name} is up", ports.exists, 10)
        self.port = int(ports.read_text())

    def tell(self, line):
        before = self.said.read_text().count(f"ok {line} ")
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        wait_for(f"the proxy takes {line}", lambda: self.said.read_text().count(f"ok {line} ") > before, 5)

    def fired(self, kind):
        return self.said.read_text().count(f"fired {kind} ")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.process.stdin.close()
        self.out.close()


class Behind(Recorder):
    """A recorder that reaches each venue at the port of its proxy."""

    def __init__(self, folder, ca, symbols, proxies):
        super().__init__(folder, 0, ca, symbols, net=f"silence_s = {SILENCE_S}\nconnect_timeout_s = 2\n")
        text = self.config.read_text()
        for venue in symbols:
            for path in PATH[venue]:
                text = text.replace(f"localhost:0/{path}\n", f"localhost:{proxies[venue].port}/{path}\n")
        self.config.write_text(text)


def closes(traffic, venue):
    source = traffic.venues.index(venue)
    return [frame for frame, *_ in traffic.look() if frame.kind == j.CLOSE and frame.source == source]


class Trouble:
    """One fault of a venue's line, until its books go on."""

    def __init__(self, proxy, traffic, venue, fault, ends, way_back):
        self.venue, self.fault, self.ends, self.proxy, self.way_back = venue, fault, ends, proxy, way_back
        self.closed_before = len(closes(traffic, venue))
        self.from_ns = traffic.look()[-1][0].recv_ns
        self.cleared = False
        if way_back and way_back.startswith("next"):
            proxy.tell(way_back)
        proxy.tell(fault)
        if way_back and not way_back.startswith("next"):
            proxy.tell(way_back)

    def is_over(self, traffic, symbols):
        ended = len(closes(traffic, self.venue)) > self.closed_before
        if not self.ends:
            return all(traffic.count(self.venue, symbol, ("book",), self.from_ns) >= CALM_MESSAGES for symbol in symbols)
        if ended and not self.cleared and self.fault.startswith("drip"):
            self.cleared = True
            self.proxy.tell("clear")

        def goes_on(symbol):
            since = traffic.rebuilt_after(self.venue, symbol, self.from_ns)
            return since and traffic.count(self.venue, symbol, ("trade",), since)
        return ended and all(goes_on(symbol) for symbol in symbols)

    def check(self, traffic, recorder):
        ended = closes(traffic, self.venue)[self.closed_before:]
        if self.ends:
            reason = REASON.get(self.fault.split(":")[0], b"TD_E_NET_CLOSED")
            claim(f"network {self.venue} {self.fault}: ends the connection, for that reason",
                  ended and ended[0].payload.count(reason), ended)
        else:
            claim(f"network {self.venue} {self.fault}: ends nothing", not ended, ended)
        if not self.ends:
            self.proxy.tell("clear")
        if self.way_back:
            kind = self.way_back.removeprefix("next ").split(":")[0]
            met = recorder.log().count("TD_E_NET_REFUSED") if kind == "refuse" else self.proxy.fired(kind)
            claim(f"network {self.venue} {kind}: met on the way back", met > 0, self.proxy.said.read_text()[-300:])


def go_through(proxies, recorder, traffic):
    left = {venue: list(plan) for venue, plan in PLAN.items()}
    now, all_of_them = {}, []

    def step():
        if recorder.process.poll() is not None:
            raise ValueError("the recorder ended: " + recorder.log()[-300:])
        for venue in left:
            if venue in now and now[venue].is_over(traffic, recorder.symbols[venue]):
                now.pop(venue).check(traffic, recorder)
            if venue not in now and left[venue]:
                now[venue] = Trouble(proxies[venue], traffic, venue, *left[venue].pop(0))
                all_of_them.append(now[venue])
        return not now and not any(left.values())
    try:
        wait_for("all venues are through all their troubles", step, 80)
    finally:
        if now:
            note("network: still in " + ", ".join(f"{venue} {trouble.fault}" for venue, trouble in now.items()))
    return all_of_them


def check_ledger(recorder, traffic, venue, troubles):
    """Each end of a connection is one hole of each symbol's channels, opened and closed; no other end is there, whatever happened to the
    other venues meanwhile."""
    mine = [trouble for trouble in troubles if trouble.venue == venue]
    ends = len([frame for frame in closes(traffic, venue) if frame.status != 1])  # without the recorder's own stop
    least = sum(trouble.ends for trouble in mine)
    most = least + sum(str(trouble.way_back).startswith("next") for trouble in mine)  # when it was up again already
    claim(f"network {venue}: no connection ends but by its own troubles", least <= ends <= most, (least, ends, most))
    for symbol in recorder.symbols[venue]:
        found = {}
        for rows in gaps_of(recorder.data, venue, symbol).values():
            if rows[0]["kind"] in ("disconnect", "silent"):
                found.setdefault(rows[0]["channel"], []).append(rows)
        claim(f"network {venue} {symbol}: a hole for each end, in book, trades and ticker, opened and closed",
              all(least <= len(found.get(channel, ())) <= ends and all(map(is_whole, found[channel]))
                  for channel in ("book", "trades", "ticker")),
              (least, ends, {channel: [[row["phase"] for row in rows] for rows in holes] for channel, holes in found.items()}))


def check_proven(exchange, recorder, troubles):
    wrong, looked = [], 0
    for trouble in troubles:
        for symbol in recorder.symbols[trouble.venue]:
            bad, n = check_points(exchange, recorder.data, trouble.venue, symbol,
                                  (trouble.from_ns, trouble.from_ns + WINDOW_NS), 16)
            wrong += bad
            looked += n
    claim("network: no row marked proven is wrong in trouble or behind it", not wrong and looked > 150, wrong or looked)
    return looked


def network(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    proxies = {}
    try:
        proxies.update({venue: Proxy(folder, venue, exchange.port) for venue in QUOTE})
        recorder = Behind(folder / "network", exchange.ca, {venue: names(venue, SYMBOLS) for venue in QUOTE}, proxies).start()
        traffic = Traffic(recorder)
        ready(traffic, recorder)
        troubles = go_through(proxies, recorder, traffic)
        drain(exchange, recorder, traffic)
        code = recorder.stop()
        check_ended(recorder, code, traffic, "network")
        for venue in PLAN:
            check_ledger(recorder, traffic, venue, troubles)
            fired = sum(proxies[venue].fired(t.fault.split(":")[0]) > 0 for t in troubles if t.venue == venue and t.ends)
            claim(f"network {venue}: every fault of its line struck", fired == sum(
                t.ends and not t.fault.startswith("drip") for t in troubles if t.venue == venue), proxies[venue].said.read_text()[-400:])
        check_final_books(exchange, recorder, "network")
        looked = check_proven(exchange, recorder, troubles)
        note(f"network: {recorder.report['frames']} frames, {len(troubles)} troubles, gaps {recorder.report['gaps']}, "
             f"{looked} books compared")
    finally:
        for proxy in proxies.values():
            proxy.stop()
        exchange.stop()
