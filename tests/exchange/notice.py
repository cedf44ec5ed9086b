"""notice.py FOLDER: venues say that they will close their connections, and do. By then the recorder has others beside them: nothing told is
lost, no book starts over, and the ledger holds nothing but the notices and the planned ends. Claims as in tests/oracle/verdicts.py."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracle"))
import rows as stored  # noqa: E402
from claims import claim, guarded, note  # noqa: E402
from deck import wait_for  # noqa: E402
from matrix import Matrix, known, spoken  # noqa: E402

VENUES = ("okx", "bitstamp", "binance", "bitfinex")
CLOSED_AFTER_S = 100  # all share one place for a second connection
EXPECTED = {"venue_notice", "planned"}


def replaced(test, before):
    """The market goes on until every connection has made room for its successor."""
    began = time.monotonic()
    while time.monotonic() - began < CLOSED_AFTER_S:
        test.advance()
        test.sync()
        page = test.sent()["venues"]
        left = [name for name in VENUES if page[name]["joined"] < before[name]["joined"] + before[name]["listeners"] or
                page[name]["listeners"] != before[name]["listeners"]]
        if not left:
            note(f"all connections are replaced after {time.monotonic() - began:.1f} s")
            return True
        time.sleep(0.2)
    return False


def check_ledger(test, name):
    for symbol in [symbol for venue, symbol in test.pairs if venue == name] + ["_all"]:
        kinds = [(rows[0]["kind"], rows[0]["channel"]) for rows in stored.gaps_of(test.recorder.data, name, symbol).values()
                 if rows[0]["kind"] not in ("start", "stop")]
        claim(f"{name} {symbol}: the ledger has no hole", {kind for kind, _ in kinds} <= EXPECTED, kinds)
        if symbol == "_all":
            claim(f"{name}: the ledger has the notice and the planned end", {kind for kind, _ in kinds} == EXPECTED, kinds)
    for symbol in [symbol for venue, symbol in test.pairs if venue == name]:
        states = [row["book_state"] for row in stored.read(test.recorder.data, "book", name, symbol)]
        later = set(states[states.index("proven"):]) if "proven" in states else set(states)
        claim(f"{name} {symbol}: the book stays proven", later == {"proven"}, later)


def run():
    test = Matrix(Path(sys.argv[1]).resolve(), list(VENUES), spoken(), known())
    try:
        test.settle("at the start")
        before = test.sent()["venues"]
        for name in VENUES:
            test.exchange.control(f"fault?venue={name}&kind=notice&ms={CLOSED_AFTER_S * 1000}")
        claim("every connection is replaced before it is closed", replaced(test, before))
        test.checkpoint("behind the notices", lambda venue: 0)
        test.check()
        for name in VENUES:
            check_ledger(test, name)
    finally:
        test.exchange.stop()


if __name__ == "__main__":
    guarded(run)
