"""proofs.py FOLDER PROOF: one proof of the appliance in a virtual machine; prints its claims (tests/oracle/claims.py)."""
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "vm")]

import cutting  # noqa: E402
import failing  # noqa: E402
import hanging  # noqa: E402
import looking  # noqa: E402
import starts  # noqa: E402
import timing  # noqa: E402
import updating  # noqa: E402
import uploading  # noqa: E402
from claims import guarded  # noqa: E402

PROOFS = {"first_row": starts.first_row, "config": starts.config, "kills": cutting.kills, "cuts": cutting.cuts,
          "spot": failing.spot, "outage": failing.outage, "full": failing.full,
          "hang": hanging.hang, "cannot": hanging.cannot, "look": looking.look, "time": timing.steps, "floor": timing.floor,
          "update": updating.update, "refused": updating.refused, "interrupted": updating.interrupted,
          "recorder_update": updating.recorder_update, "uploads": uploading.uploads}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no machine is left behind
    work, name = Path(sys.argv[1]).resolve(), sys.argv[2]

    def proof():
        PROOFS[name](work)
    proof.__name__ = name
    guarded(proof)
