"""Claims of one scenario, one line each: `ok CLAIM` or `FAILED CLAIM: what was seen`; `note` for what was counted, `skipped` for what
could not be tried."""
import sys
import traceback

from deck import Late, end_all


def claim(what, holds, seen=""):
    if holds:
        print(f"ok {what}")
    else:
        print(f"FAILED {what}: {str(seen)[:500]}")
    sys.stdout.flush()
    return holds


def note(what):
    print(f"note {what}", flush=True)


def skipped(what):
    print(f"skipped {what}", flush=True)


def guarded(scenario):
    """A scenario that breaks off is a failed claim, not a silent one."""
    try:
        scenario()
    except Late as late:
        claim(f"{scenario.__name__} goes on in time", False, late)
    except Exception:  # noqa: BLE001 - whatever it was, it is shown
        traceback.print_exc()
        claim(f"{scenario.__name__} runs to its end", False, traceback.format_exc()[-300:])
    finally:
        end_all()
