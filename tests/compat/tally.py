"""Counts the checks of a test program: a failed one is printed, the plain closing line ends the program."""
import sys

passed = failed = 0


def check(good, text):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAILED:", text)
    return good


def finish():
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)
