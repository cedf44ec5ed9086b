#!/usr/bin/env bash
# Symbols as their users choose them: lists shown and kept, wildcards, the busiest, names that are not there, and a list that changes
# while it is recorded. The venue is the bundled exchange.
set -u
source "$(dirname "$0")/../check.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${TAPEDECK_OUT:-$root/out}
tapedeck=${TAPEDECK:-$out/host/tapedeck}
exchange=$out/host/exchange
python=${TAPEDECK_PYTHON:-python3}
for program in "$tapedeck" "$exchange"; do
    [ -x "$program" ] && continue
    skip "$program is not built"
    check_done
done
dir=$(mktemp -d)
venue=
recorder=
mute=
trap '{ kill -9 $venue $recorder $mute; wait; } 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unset TAPEDECK_CONFIG DATA_ROOT

code() { sed -nE "s/^ *EXIT_$1 = ([0-9]+),.*/\1/p" "$root/src/app/exits.h"; }
# gives CODE "claim" COMMAND...: output in out and err; the exit code must be that of EXIT_CODE.
gives() {
    local wanted claim=$2 got
    wanted=$(code "$1")
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    check "$claim: exit code ${wanted:-unknown}, not $got" [ "$got" -eq "${wanted:--1}" ] || sed 's/^/    /' err | tail -n 5
}
says() { check "says '$1'" grep -qF -- "$1" err || sed 's/^/    /' err | head -n 8; }
shows() { check "shows '$1'" grep -qF -- "$1" out || sed 's/^/    /' out | head -n 8; }
json() { check "json: $1" "$python" -c 'import json, sys; r = json.load(open("out")); sys.exit(not eval(sys.argv[1]))' "$1"; }
# until SECONDS COMMAND...: polls.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.05
    done
}

"$exchange" --symbols 6 --rate 200 --port-file ports --ca-out ca.pem >exchange.log 2>&1 &
venue=$!
until_true 10 test -s ports || { skip "the exchange does not start"; check_done; }
port=$(sed -n 's/^oracle=//p' ports)
ini() { # ini NAME "symbols of binance" [more lines]
    printf '[deck]\ndata_dir = %s/data\nshm_dir = %s\nspare_symbols = 1\n[net]\nca_file = %s/ca.pem\n[binance]\nurl = wss://localhost:%s/binance/stream\nrest_url = https://localhost:%s/binance\nsymbols = %s\n%s\n' \
        "$dir" "$dir" "$dir" "$port" "$port" "$2" "${3:-}" >"$1"
}
ini names.ini "BTC-USDT"

# ---- symbols: the command ----
gives FINE "help" "$tapedeck" symbols --help
shows "example"
gives USAGE "no venue" "$tapedeck" symbols
says "tapedeck venues"
gives USAGE "an unknown venue" "$tapedeck" symbols binanse
says "did you mean binance"
gives USAGE "an unknown kind" "$tapedeck" symbols binance --kind coin
gives USAGE "a top of nothing" "$tapedeck" symbols binance --top 0
gives NETWORK "no list was ever kept" "$tapedeck" symbols binance --cached --config names.ini
says "none is kept"
gives FINE "what a venue lists" "$tapedeck" symbols binance --config names.ini
shows "BTCUSDT"
check "the list is kept" [ -s data/lists/binance.list ]
check "and nothing else is left there" [ "$(ls data/lists)" = binance.list ]
gives FINE "the same as JSON" "$tapedeck" symbols binance --config names.ini --json
json 'r["from"] == "network" and r["listed"] == 6 and len(r["symbols"]) == 6'
json '{"symbol": "BTC-USDT", "raw": "BTCUSDT", "kind": "spot", "base": "BTC", "quote": "USDT"}.items() <= r["symbols"][1].items()'
json 'all(s["volume_24h"] > 0 and s["tradable"] for s in r["symbols"])'
gives FINE "by pattern, in any case" "$tapedeck" symbols binance --config names.ini --match 'b*-usd?' --json
json '[s["symbol"] for s in r["symbols"]] == ["BTC-USDT"]'
gives FINE "the busiest" "$tapedeck" symbols binance --config names.ini --top 2 --json
json 'len(r["symbols"]) == 2 and r["symbols"][0]["volume_24h"] > r["symbols"][1]["volume_24h"]'
gives PROBLEMS "nothing matches" "$tapedeck" symbols binance --config names.ini --kind option
says "none of the 6 symbols"
gives PROBLEMS "a name that is not there" "$tapedeck" symbols binance --config names.ini --match BTC-USD
says "BTC-USD is not in the venue's list; it has BTC-USDT"
gives NETWORK "a venue without a list" "$tapedeck" symbols hyperliquid --config names.ini
says "hyperliquid has no list that can be asked for"
gives FINE "the kept list" "$tapedeck" symbols binance --config names.ini --cached --json
json 'r["from"] == "cache" and r["listed"] == 6'
gives FINE "a venue that does not answer: the kept list" "$tapedeck" symbols binance --config names.ini \
    --set binance.rest_url=https://localhost:9/binance --json
says "showing the list that was kept"
json 'r["from"] == "cache" and r["listed"] == 6'
gives NETWORK "and no list of it" "$tapedeck" symbols kraken --config names.ini --set kraken.rest_url=https://localhost:9/kraken
says "no symbol list of kraken"
printf '17\th\thttps://x/api/v3/exchangeInfo\t{"symbols":[{"sym' >data/lists/kraken.list
gives NETWORK "a kept list that is damaged" "$tapedeck" symbols kraken --config names.ini --cached
says "damaged"
rm data/lists/kraken.list
curl() { "$python" -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=10).read()' "http://127.0.0.1:$port/control/$1"; }
curl 'fault?venue=binance&kind=http_html'
gives FINE "an answer that is no list leaves the kept one" "$tapedeck" symbols binance --config names.ini --json
json 'r["listed"] == 6'

# A venue that answers nothing but its list.
cat >mute.py <<'END'
import http.server, sys, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = "exchangeInfo" in self.path
        body = urllib.request.urlopen(sys.argv[1] + self.path, timeout=10).read() if known else b"no"
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
"$python" mute.py "http://127.0.0.1:$port/binance" >mute.port 2>mute.log &
mute=$!
until_true 10 test -s mute.port
only_list=binance.rest_url=http://127.0.0.1:$(cat mute.port)
cp data/lists/binance.list kept.list
gives FINE "a list whose volumes are refused" "$tapedeck" symbols binance --config names.ini --set "$only_list" --json
says "without volumes"
json 'r["from"] == "network" and r["listed"] == 6 and all(s["volume_24h"] is None for s in r["symbols"])'
cp kept.list data/lists/binance.list
gives FINE "the busiest of it: by the kept list" "$tapedeck" symbols binance --config names.ini --set "$only_list" --top 1 --json
says "showing the list that was kept"
json 'r["from"] == "cache" and len(r["symbols"]) == 1'
{ kill $mute; wait $mute; } 2>/dev/null

# ---- patterns in the configuration ----
ini bad.ini "top:0:USDT"
gives CONFIG "a top of nothing" "$tapedeck" config --config bad.ini
says "is not top:N:QUOTE"
ini some.ini "top:2:USDT, B*-USDT, ADA-USD"
gives FINE "patterns by the kept list" "$tapedeck" config --config some.ini
says "using the symbol list that was kept"
says "ADA-USD is not in the venue's list; it has ADA-USDT"
ini none.ini "ZZZ-*"
gives CONFIG "a pattern that matches nothing" "$tapedeck" config --config none.ini
says "ZZZ-* matches no symbol"
mv data/lists/binance.list kept.list
gives NETWORK "patterns without a list" "$tapedeck" config --config some.ini
says "\`tapedeck symbols binance\`"
gives NETWORK "nor can it be recorded" "$tapedeck" record --config some.ini --for 1 --set binance.rest_url=https://localhost:9/binance
says "names such as BTC-USDT need no list"
gives FINE "names need none" "$tapedeck" config --config names.ini
ini typo.ini "BTC-USD"
mv kept.list data/lists/binance.list
gives FINE "a name that the kept list lacks is told" "$tapedeck" config --config typo.ini
says "BTC-USD is not in the venue's list; it has BTC-USDT"

# ---- recording ----
ini live.ini "top:1:USDT, B*-USDT, ADA-USD"
"$tapedeck" record --config live.ini --json >record.json 2>record.log </dev/null &
recorder=$!
recorded() { grep -qF "symbol=$1 event=recorded_from_now" record.log; }
check "it begins" until_true 15 grep -q 'event=connected' record.log
check "what was chosen is shown" grep -qF "2 symbols:" record.log
check "a name that is not listed is left out" grep -qF "ADA-USD is not in the venue's list and is left out; it has ADA-USDT" record.log
until_true 10 grep -q 'changed=nothing' record.log
curl 'list?venue=binance&add=BNB-USDT,BAT-USDT,BCH-USDT'
curl 'fault?venue=binance&kind=close'
# The busiest is now another one, B* are three more; there is room for one symbol more than the two at the start, and one leaves.
check "a listed symbol joins without a restart" until_true 20 recorded BCH-USDT
check "the list is kept anew" until_true 5 grep -q BCHUSDT data/lists/binance.list
check "the one that is no longer chosen leaves" until_true 5 grep -qF "symbol=ADA-USDT event=no_longer_recorded" record.log
check "one that has no room is named" until_true 5 grep -qF 'symbol=BNB-USDT event=not_recorded reason="no room"' record.log
check "and is not recorded" test -z "$(grep -F 'symbol=BNB-USDT event=recorded_from_now' record.log)"
printf 'symbols = B?T-USDT\n' >>live.ini
sed -i '/^symbols = top/d' live.ini
kill -HUP $recorder
check "patterns that are read again choose anew" until_true 10 grep -qF "symbol=BTC-USDT event=no_longer_recorded" record.log
kill -TERM $recorder
wait $recorder
check "it ends well" [ $? -eq 0 ]
recorder=
cp record.json out
json 'r["allocations_after_seal"] == 0'
json 'r["buckets"]["malformed"] == 0'
"$out/host/tape" journal dump data --json >frames.json 2>err
check "the journal holds names and no pattern" grep -qE 'symbols ?= ?ADA-USDT,BTC-USDT' frames.json
check "also of the choices that followed" grep -qE 'symbols ?= ?BAT-USDT,BCH-USDT,BTC-USDT' frames.json
check "and no pattern" test -z "$(grep -E 'symbols ?= ?[^"]*(TOP:|[*?])' frames.json)"
gives FINE "its rows are made again from the journal alone" "$out/host/tape" journal drain data --out again
check_done
