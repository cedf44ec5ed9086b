"""The bundled exchange and a recorder as processes: start, ask, stop; each in a folder of its own."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

OUT = Path(os.environ.get("TAPEDECK_OUT", "out")).resolve()
EXCHANGE = OUT / "host/exchange"
TAPEDECK = os.environ.get("TAPEDECK", OUT / "host/tapedeck")
TAPE = OUT / "host/tape"
QUOTE = {"coinbase": "USD", "binance": "USDT", "kraken": "USD"}
PATH = {"coinbase": ("coinbase", "coinbase"), "binance": ("binance/stream", "binance"), "kraken": ("kraken/v2", "kraken")}


class Late(Exception):
    """A condition did not come true in time."""


def wait_for(what, condition, seconds):
    """The first true value of condition(); polls, Late after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Late(f"{what}: not within {seconds} s")
        time.sleep(0.02)  # between two looks at a condition


RUNNING = []


def end_all():
    """Whatever a scenario that broke off has left behind."""
    for process in RUNNING:
        if process.poll() is None:
            process.kill()
            process.wait()


class Exchange:
    def __init__(self, folder, rate, symbols, seed=7, venues="coinbase,binance,kraken", more=()):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = self.folder / "ca.pem"
        ports = self.folder / "ports"
        self.log = open(self.folder / "exchange.log", "w")
        self.process = subprocess.Popen(
            [EXCHANGE, "--venues", venues, "--seed", str(seed), "--rate", str(rate), "--symbols", str(symbols), "--ca-out", self.ca,
             "--port-file", ports, *more], stdout=self.log, stderr=self.log)
        RUNNING.append(self.process)
        wait_for("the exchange is up", lambda: ports.exists() or self.process.poll() is not None, 10)
        self.port = int(re.search(r"oracle=(\d+)", ports.read_text()).group(1))

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return json.load(answer)

    def control(self, what):
        return self.get("/control/" + what)

    def sent(self, venue=None):
        page = self.get("/oracle/sent")
        return page["venues"][venue] if venue else page

    def book(self, venue, symbol, **at):
        query = "&".join(f"{key}={value}" for key, value in at.items())
        return self.get(f"/oracle/{venue}/{symbol}?{query}")

    def fault(self, venue, kind, symbol=None, **more):
        """Arms it (or does it at once) and returns how often that kind was injected before."""
        before = self.sent(venue)["faults"][kind]
        query = "".join(f"&{key}={value}" for key, value in more.items())
        self.control(f"fault?venue={venue}&kind={kind}" + (f"&symbol={symbol}" if symbol else "") + query)
        return before

    def injected(self, venue, kind, more_than, seconds=15):
        wait_for(f"{venue} {kind} is injected", lambda: self.sent(venue)["faults"][kind] > more_than, seconds)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Recorder:
    """`tapedeck record` with a configuration of its own; allocations after the seal abort it."""

    count = 0

    def __init__(self, folder, port, ca, symbols, scheme="s", host="localhost", venue_keys=None, segment="", net=""):
        Recorder.count += 1
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.symbols = symbols
        self.deck = f"oracle{os.getpid()}-{Recorder.count}"
        text = (f"[deck]\nid = {self.deck}\ndata_dir = {self.data}\nshm_dir = {self.folder}\nqueue_mb = 8\n"
                f"[journal]\nsync_ms = 200\n{segment}[net]\nca_file = {ca}\n{net}")
        for venue, names in symbols.items():
            ws, rest = PATH[venue]
            text += (f"[{venue}]\nsymbols = {', '.join(names)}\nurl = ws{scheme}://{host}:{port}/{ws}\n"
                     f"rest_url = http{scheme}://{host}:{port}/{rest}\n{(venue_keys or {}).get(venue, '')}")
        self.config = self.folder / "tapedeck.ini"
        self.config.write_text(text)
        self.process = None

    def start(self):
        self.out = open(self.folder / "report.json", "w")
        self.err = open(self.folder / "record.log", "w")
        self.process = subprocess.Popen([TAPEDECK, "record", "--json", "--config", self.config], stdout=self.out,
                                        stderr=self.err, env=dict(os.environ, TAPEDECK_SEAL="abort"))
        RUNNING.append(self.process)
        return self

    def log(self):
        return (self.folder / "record.log").read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, seconds=20):
        """Exit code; the report stands in self.report when there is one."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "did not end"
        self.out.close()
        self.err.close()
        text = (self.folder / "report.json").read_text()
        self.report = json.loads(text) if text.strip() else None
        return code

    def books(self):
        """Its state page's books, by exchange and symbol; empty while there is no page."""
        done = subprocess.run([TAPEDECK, "status", "--config", self.config, "--json"], capture_output=True, text=True)
        page = json.loads(done.stdout) if done.stdout.strip() else {}
        return {(book["exchange"], book["symbol"]): book for book in page.get("books", [])}

    def is_proven(self):
        books = self.books()
        return bool(books) and all(book["state"] == "proven" for book in books.values())

    def verify(self):
        """tape verify: (exit code, last lines)."""
        done = subprocess.run([TAPE, "verify", self.data], capture_output=True, text=True)
        return done.returncode, (done.stdout + done.stderr)[-400:]


def names(venue, count):
    bases = ["BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LTC", "LINK", "SHIB", "PEPE", "DOT", "AVAX"]
    return [f"{base}-{QUOTE[venue]}" for base in bases[:count]]
