#!/usr/bin/env python3
"""Makes a damaged copy of a capture, the same for the same seed.

    mutate.py SEED bytes|lines CAPTURE...       several captures are merged by time into one

bytes: one received frame in twenty has bits flipped, is cut off, spliced with rubbish or replaced; lines: one in a hundred is
dropped, doubled or swapped with the next. Written to standard output; the number of received frames goes to standard error.
"""
import random
import sys

import oracle

HTML = b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>"


def flip(dice, payload):
    for _ in range(dice.randint(1, 3)):
        payload[dice.randrange(len(payload))] ^= 1 << dice.randrange(8)
    return payload


def cut(dice, payload):
    return payload[:dice.randrange(len(payload))]


def splice(dice, payload):
    at = dice.randrange(len(payload))
    kinds = (bytes(dice.randrange(256) for _ in range(dice.randint(1, 40))), b"9" * 30, b"[" * 200, b"-", b"1e999", b'"', b"\\u0000",
             payload[dice.randrange(len(payload)):])
    return payload[:at] + dice.choice(kinds) + payload[at:]


def replace(dice, payload):
    return bytearray(dice.choice((HTML, b"", b"null", b"{}", b"[]", b"\xff\xfe", b'{"type":"surprise"}')))


def damaged(dice, payload):
    changed = dice.choice((flip, cut, splice, replace))(dice, bytearray(payload)) if payload else payload
    return bytes(changed).replace(b"\n", b" ")


def main():
    dice, how, frames, received = random.Random(int(sys.argv[1])), sys.argv[2], [], 0
    for time, direction, payload in oracle.merged(sys.argv[3:]):
        frames.append([time, direction, payload.encode()])
    i = 0
    while i < len(frames):
        if frames[i][1] == "<" and how == "bytes" and dice.random() < 0.05:
            frames[i][2] = damaged(dice, frames[i][2])
        elif frames[i][1] == "<" and how == "lines" and dice.random() < 0.01:
            act = dice.choice(("drop", "double", "swap"))
            if act == "drop":
                del frames[i]
                continue
            if act == "double":
                frames.insert(i, list(frames[i]))
            elif i + 1 < len(frames) and frames[i + 1][1] == "<":  # the times stay in order: the payloads change places
                frames[i][2], frames[i + 1][2] = frames[i + 1][2], frames[i][2]
            i += 1
        i += 1
    for time, direction, payload in frames:
        sys.stdout.buffer.write(b"%d\t%s\t%s\n" % (time, direction.encode(), payload))
        received += direction in "<bh"
    print(received, file=sys.stderr)


main()
