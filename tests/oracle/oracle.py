"""oracle.py FOLDER SCENARIO: runs one scenario against the bundled exchange and prints its claims (verdicts.py)."""
import sys
from pathlib import Path

from beside import beside
from calm import calm
from disk import disk
from kills import kills
from claims import guarded
from links import links
from messages import messages
from network import network
from overlap import overlap
from pause import pause
from reload import reload
from stops import stops
from trust import trust

SCENARIOS = {"calm": calm, "messages": messages, "links": links, "trust": trust, "stops": stops, "kills": kills, "reload": reload,
             "overlap": overlap, "network": network, "pause": pause, "disk": disk, "beside": beside}

if __name__ == "__main__":
    work, name = Path(sys.argv[1]).resolve(), sys.argv[2]

    def scenario():
        SCENARIOS[name](work)
    scenario.__name__ = name
    guarded(scenario)
