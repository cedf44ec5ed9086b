#!/usr/bin/env python3
"""base.py CAPTURE: an answer of Binance's depth request, without a level, that the first change of the capture joins."""
import json
import sys

for line in open(sys.argv[1]):
    time, way, text = line.rstrip("\n").split("\t", 2)
    data = json.loads(text)["data"] if way == "<" else {}
    if data.get("e") == "depthUpdate":
        url = f"https://api.binance.com/api/v3/depth?symbol={data['s']}&limit=5000"
        answer = json.dumps({"lastUpdateId": data["U"] - 1, "bids": [], "asks": []})
        print(f"{time}\th\t{url}\t{answer}")
        break
