#!/usr/bin/env bash
# The model beside scikit-learn: 100,000 steps, weights within 1e-9, probabilities and measures.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../check.sh"
python=${TAPEDECK_PYTHON:-python3}
driver=${TAPEDECK_OUT:-$here/../../out}/host/model_driver
said=$(mktemp)
trap 'rm -f "$said"' EXIT

[ -x "$driver" ] || { skip "model_driver is not built ($driver)"; check_done; }
"$python" -c "import sklearn" 2>/dev/null || { skip "no Python with scikit-learn (TAPEDECK_PYTHON; make venv)"; check_done; }

"$python" "$here/model_oracle.py" "$driver" >"$said" 2>&1
grep -v -E '^[0-9]+ passed, [0-9]+ failed$' "$said" | tail -n 30
line=$(tail -n 1 "$said")
if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    checks_passed=${BASH_REMATCH[1]} checks_failed=${BASH_REMATCH[2]}
else
    check "model_oracle.py runs to its end" false
fi
check_done
