"""rights.py FOLDER: a recorder under its list of calls, as the kernel tells it (/proc/PID/status). Claims as in tests/oracle/claims.py."""
import ctypes
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracle"))
import deck  # noqa: E402
from claims import claim, guarded, skipped  # noqa: E402
from deck import Exchange, Recorder, wait_for  # noqa: E402

FEW = {"Seccomp": "2", "NoNewPrivs": "1", "CapEff": "0" * 16, "CapPrm": "0" * 16, "CapInh": "0" * 16, "CapAmb": "0" * 16}
if os.geteuid() == 0:
    FEW["CapBnd"] = "0" * 16  # who may not drop it gains nothing by it, as nothing is executed


def status(path):
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return {key: value.strip() for key, _, value in lines}


def too_many(path):
    """What of FEW does not hold."""
    now = status(path)
    return {key: now.get(key) for key, value in FEW.items() if now.get(key) != value}


def children_of(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def resolvers(recorder):
    """Its children, once they have said what they are."""
    return [pid for pid in children_of(recorder.process.pid) if status(f"/proc/{pid}/status")["Name"] == "resolver"]


def check_threads(recorder):
    threads = sorted(Path(f"/proc/{recorder.process.pid}/task").iterdir())
    claim("it has its threads", len(threads) >= 6, threads)
    wrong = {path.name: too_many(path / "status") for path in threads if too_many(path / "status")}
    claim("every thread has few rights", not wrong, wrong)


def filters(pid):
    return int(status(f"/proc/{pid}/status").get("Seccomp_filters", "0"))


def check_children(recorder):
    pids = resolvers(recorder)
    claim("the children that look up names are there", len(pids) == 3, pids)
    wrong = {pid: too_many(f"/proc/{pid}/status") for pid in pids if too_many(f"/proc/{pid}/status")}
    claim("they have few rights too", not wrong, wrong)
    base = filters(os.getpid())
    lost = pids[0]
    os.kill(lost, signal.SIGSYS)  # what the kernel does to who calls beyond its list
    wait_for("a child is made anew", lambda: "event=resolver_restarted" in recorder.log(), 30)
    claim("why it ended is said", "a system call that is not on its list" in recorder.log(), recorder.log()[-300:])
    anew = wait_for("it is there", lambda: [pid for pid in resolvers(recorder) if pid not in pids], 10)
    wait_for("it has two lists, the recorder's and its own", lambda: filters(anew[0]) == base + 2, 10)
    claim("one made while recording has few rights", not too_many(f"/proc/{anew[0]}/status"), too_many(f"/proc/{anew[0]}/status"))
    for pid in pids[1:]:
        os.kill(pid, signal.SIGSTOP)
    answers = recorder.log().count("no such host")
    wait_for("the new child answers", lambda: recorder.log().count("no such host") > answers, 15)
    for pid in pids[1:]:
        os.kill(pid, signal.SIGCONT)
    claim("none but the one was made anew", recorder.log().count("resolver_restarted") == 1, recorder.log()[-500:])


def reload(recorder, more):
    recorder.config.write_text(recorder.config.read_text().replace("symbols = BTC-USD\n", f"symbols = BTC-USD, {more}\n"))
    recorder.process.send_signal(signal.SIGHUP)
    wait_for("the reload is done", lambda: "event=reload changed=symbols" in recorder.log(), 15)


def record(folder, exchange):
    recorder = Recorder(folder / "few", exchange.port, exchange.ca, {"coinbase": ["BTC-USD"]})
    with recorder.config.open("a") as text:  # a name that its children must look up, for nothing
        text.write("[kraken]\nsymbols = BTC-USD\nurl = wss://nowhere.invalid/ws\nrest_url = https://nowhere.invalid\n")
    recorder.config.write_text(recorder.config.read_text().replace("[deck]\n", "[deck]\nlog_level = DEBUG\n"))
    recorder.start()
    wait_for("it records", lambda: "event=connected" in recorder.log(), 30)
    check_threads(recorder)
    check_children(recorder)
    reload(recorder, "ETH-USD")
    code = recorder.stop()
    claim("it ends with code 0", code == 0, f"{code} {recorder.log()[-400:]}")
    claim("it has recorded", recorder.report and recorder.report["buckets"]["ok"] > 0, recorder.report)
    verified, said = recorder.verify()
    claim("tape verify finds nothing", verified == 0, said)
    claim("nothing is kept", "rights_kept" not in recorder.log())


def record_with_all(folder, exchange):
    recorder = Recorder(folder / "all", exchange.port, exchange.ca, {"coinbase": ["BTC-USD"]})
    recorder.config.write_text(recorder.config.read_text().replace("[deck]\n", "[deck]\nrights = false\n"))
    before = status("/proc/self/status")
    recorder.start()
    wait_for("it records", lambda: "event=connected" in recorder.log(), 30)
    now = status(f"/proc/{recorder.process.pid}/status")
    same = all(now.get(key) == before.get(key) for key in FEW)
    claim("deck.rights = false leaves it as it was", same, now)
    claim("and is said", 'event=rights_kept reason="deck.rights is false"' in recorder.log(), recorder.log()[:400])
    claim("it ends with code 0 as well", recorder.stop() == 0)


def replay_under_list(folder):
    """A FIFO holds the reader while it is looked at."""
    fifo = folder / "held.capture"
    os.mkfifo(fifo)
    process = subprocess.Popen([deck.TAPEDECK, "replay", "--venue", "coinbase", fifo, "--out", folder / "made"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(fifo, "w"):  # opened by both: the program is past its start
        claim("replay has its list too", status(f"/proc/{process.pid}/status")["Seccomp"] == "2")
        claim("and goes on under it", process.poll() is None, process.returncode)
    process.kill()
    process.wait()


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, PTRACE_SECCOMP_GET_FILTER = 0x4206, 0x4207, 17, 0x420C
JUMP_IF_EQUAL = 0x15
SOCKET = {"x86_64": 41, "aarch64": 198}[os.uname().machine]


def listed(pid):
    """The calls of its list, read from the kernel; None where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(PTRACE_SEIZE, pid, None, None) < 0:
        return None
    libc.ptrace(PTRACE_INTERRUPT, pid, None, None)
    os.waitpid(pid, 0)
    steps = (ctypes.c_uint64 * 4096)()
    count = libc.ptrace(PTRACE_SECCOMP_GET_FILTER, pid, None, ctypes.addressof(steps))
    libc.ptrace(PTRACE_DETACH, pid, None, None)
    return {step >> 32 for step in steps[:count] if step & 0xFFFF == JUMP_IF_EQUAL} if count > 0 else None


def look_at_list(what, arguments, until, wanted, **more):
    """A verb of tape, looked at once it is in the middle of something: may it make sockets?"""
    process = subprocess.Popen([deck.TAPE, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        until(process.pid)
        claim(f"{what}: it has a list", status(f"/proc/{process.pid}/status")["Seccomp"] == "2")
        calls = listed(process.pid)
        if calls is None:
            skipped("a list cannot be read from the kernel here")
        else:
            claim(f"{what}: the network is {'on it' if wanted else 'not on it'}", (SOCKET in calls) == wanted, calls)
    finally:
        process.kill()
        process.wait()


def tape_by_verb(folder):
    """Who names no store gets no network; who does has it, and its name is looked up and its answer waited for."""
    fifo = folder / "held.parquet"
    os.mkfifo(fifo)  # nobody writes: it waits to open it
    look_at_list("tape cat FILE", ["cat", fifo], lambda pid: wait_for("it has begun", lambda: filters(pid) > filters(os.getpid()), 20), False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        held = []
        keys = {"S3_ENDPOINT": f"http://localhost:{silent.getsockname()[1]}", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b"}
        look_at_list("tape ls STORE", ["ls", "s3://bucket/place"], lambda pid: held.append(silent.accept()[0].recv(1)), True, env={**os.environ, **keys})


def rights():
    folder = Path(sys.argv[1]).resolve()
    if "kill_process" not in Path("/proc/sys/kernel/seccomp/actions_avail").read_text().split():
        skipped("this kernel has no filter of calls")
        return
    exchange = Exchange(folder / "exchange", 400, 2, venues="coinbase")
    try:
        record(folder, exchange)
        record_with_all(folder, exchange)
    finally:
        exchange.stop()
    replay_under_list(folder)
    tape_by_verb(folder)


if __name__ == "__main__":
    guarded(rights)
