"""The columns of table `features`, as their one list declares them: the names, sets and types, not one formula."""
import subprocess
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
Column = namedtuple("Column", "id name set type words")
SETS = ("QUOTEWATCH", "LEVELS", "STRUCTURAL", "DYNAMIC", "ROLLING", "OPTIONAL")


def columns(sets=SETS):
    """name -> Column, in the order of the file."""
    ask = ('#define FEATURE(id, name, set, type, words, ...) @ id | name | set | type | words\n'
           '#include "features/feature_list.def"\n')
    text = subprocess.run(["cc", "-E", "-P", "-x", "c", "-I", ROOT / "src", "-"], input=ask, capture_output=True, text=True,
                          check=True).stdout
    found = {}
    for line in text.replace("\n", " ").split("@")[1:]:
        number, name, kind, type_, words = (part.strip() for part in line.split("|"))
        if kind in sets:
            number = sum(int(part.strip(" ()")) for part in number.split("+"))
            found[name] = Column(number, name, kind, type_, words.split()[0])
    return found
