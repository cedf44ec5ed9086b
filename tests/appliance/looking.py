"""What listens, who runs with which rights, and what the recorder cannot open: looked at from inside, as the recorder's own user."""
import re

from claims import claim, note
from rig import Site

RECORD_UID, MDNS_UID = "100", "102"
LISTEN, MDNS_PORT, DHCP_PORT = "0A", 5353, 68


def look(folder):
    site = Site(folder / "look")
    site.card.put("secrets.ini", "[sync]\ntoken = not-for-the-recorder\n")
    box = site.box(standin="look")
    try:
        box.boot()
        box.wait_says(r"look done")
        check_sockets(box.said())
        check_processes(box.said())
        check_doors(box.said())
    finally:
        site.stop(box)


def check_sockets(text):
    """Nothing answers a stranger but mDNS; who asks (DHCP, time) has a port of its own for that."""
    found = re.findall(r"look socket (\w+) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2})", text)
    listening = [one for one in found if one[0].startswith("tcp") and one[5] == LISTEN]
    claim("look: no TCP port listens", not listening and found, listening)
    open_ports = {int(port, 16) for kind, local, port, remote, _, _ in found
                  if kind.startswith("udp") and not is_loopback(local) and int(remote, 16) == 0}
    claim("look: of UDP nothing but mDNS and the DHCP client", open_ports <= {MDNS_PORT, DHCP_PORT}, open_ports)
    claim("look: mDNS is there", MDNS_PORT in open_ports, open_ports)


def is_loopback(address):
    return address.endswith("7F") and len(address) == 8 or address == "0" * 24 + "01000000"


def check_processes(text):
    rows = []
    for line in re.findall(r"look process (.*)", text):
        fields = dict(part.split(":", 1) for part in line.split() if ":" in part)
        rows.append({key: value.strip(",") for key, value in fields.items()})
    names = {row["Name"]: row for row in rows}
    note("look: " + ", ".join(f"{row['Name']} uid {row['Uid'].split(',')[0]} caps {row['CapEff']} seccomp {row['Seccomp']}" for row in rows))
    recorders = [row for row in rows if row["Name"].startswith("tapedeck.real")]
    claim("look: the recorder runs as its own user", recorders and all(row["Uid"].split(",")[0] == RECORD_UID for row in recorders), recorders)
    claim("look: it has no capability and can gain none",
          recorders and all(int(row["CapEff"], 16) == int(row["CapPrm"], 16) == 0 and row["NoNewPrivs"] == "1" for row in recorders), recorders)
    claim("look: it is under seccomp's filter", recorders and all(row["Seccomp"] == "2" for row in recorders), recorders)
    claim("look: mDNS runs as its own user without capabilities", "mdnsd" in names and names["mdnsd"]["Uid"].split(",")[0] == MDNS_UID and
          int(names["mdnsd"]["CapEff"], 16) == 0, names.get("mdnsd"))
    for name in ("chronyd", "udhcpc", "mdnsd"):
        claim(f"look: {name} is under seccomp's filter and can gain no right", name in names and names[name]["Seccomp"] == "2" and
              names[name]["NoNewPrivs"] == "1", names.get(name))
    claim("look: no process left its list of calls", not re.search(r"type=1326|forbidden system call", text),
          re.findall(r".*(?:type=1326|forbidden system call).*", text))
    known = {"init", "udhcpc", "chronyd", "mdnsd", "tapedeck", "tapedeck.real", "resolver"}
    claim("look: nobody else runs", set(names) <= known, sorted(names))


def check_doors(text):
    doors = dict(re.findall(r"look open (\S+ \w+): (.+?)\s*$", text, re.M))
    shut = {door: said for door, said in doors.items() if not door.startswith("/data/deck/")}
    claim("look: the owner's card, secrets, raw disk, memory and the system are closed to it",
          len(shut) >= 7 and all("works" not in said for said in shut.values()), doors)
    claim("look: secrets are kept from it by rights, not by absence", "denied" in doors.get("/run/secrets/sync.ini reading", "").lower(), doors)
    claim("look: its own deck is open to it", doors.get("/data/deck/journal/000001.tdj reading") == "works", doors)
    claim("look: it cannot signal init", re.search(r"look kill of init: (?!works)", text), "")
