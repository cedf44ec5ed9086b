#!/usr/bin/env bash
# proofs.sh [PROOF...]: the card's image in emulation: first boot, configuration, power cuts, a failing and a full card, a hung recorder, updates and
# their fall-back, time, listening ports and rights. Skipped where qemu or the image cannot be had. SEED=n repeats the
# random moments of a run; what a failed proof's box said stays in out/appliance.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/check.sh
source tests/appliance/prepare.sh
limit_s=600
work=$TAPEDECK_OUT/appliance
began=$SECONDS
trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT

# run PROOF: what it leaves is kept when it failed, but for the large files.
run() {
    local proof=$1 start=$SECONDS
    rm -rf "${work:?}/$proof"
    mkdir -p "$work/$proof"
    timeout -k 5 $limit_s "$python" tests/appliance/proofs.py "$work/$proof" "$proof" >"$work/$proof.said" 2>&1
    echo "ended $proof $((SECONDS - start)) $?" >>"$work/$proof.said"
    find "$work/$proof" -size +4M -delete
    grep -q '^FAILED' "$work/$proof.said" || find "$work/$proof" -mindepth 1 -delete
}

# together PROOF...: one machine more than cores, for each waits a good part of its time.
together() {
    local most=$(($(nproc) + 1)) running=0 proof
    for proof; do
        [ $running -lt "$most" ] || { wait -n; running=$((running - 1)); }
        run "$proof" &
        running=$((running + 1))
    done
    wait
}

# Every line a claim; a proof that was cut off has failed.
tell() {
    local word rest seconds status again
    again="SEED=$(sed -n 's/^note [a-z ]*: SEED=//p' "$work/$1.said") tests/appliance/proofs.sh $1"
    while read -r word rest; do
        case $word in
        ok) check "$rest" true ;;
        FAILED) check "$rest" false || echo "    consoles in $work/$1; again: ${again/#SEED= /}" ;;
        skipped) skip "$rest" ;;
        note) echo "$rest" ;;
        ended)
            read -r _ seconds status <<<"$rest"
            echo "$1: $seconds s"
            check "$1: a proof runs to its end" [ "$status" -eq 0 ]
            ;;
        *) echo "$word $rest" ;;
        esac
    done <"$work/$1.said"
}

prepare
rm -f "$work"/*.said
proofs=("$@")
[ $# -gt 0 ] || proofs=(update refused outage cuts kills full config recorder_update uploads interrupted look hang spot time floor cannot first_row)
together "${proofs[@]}"
for proof in "${proofs[@]}"; do
    tell "$proof"
done
echo "$((SECONDS - began)) s in all"
check_done
