"""rights.py PROGRAM DUMP HEADERS LIST...: the system calls that stand in a static program's machine code and on none of the lists.

DUMP: the objdump of its machine; HEADERS: a compiler that knows the machine's numbers. Prints `name function function...`; `unknown function...`
where a number is not told by the instructions before the call.
"""
import re
import subprocess
import sys

# How a machine calls: the instruction, what loads the number, a copy between registers, a call of musl's helper, and what loads its first argument.
MACHINES = {
    "x86-64": {
        "call": re.compile(r"\tsyscall\b"),
        "number": ("ax",), "first": ("di",),
        "load": re.compile(r"\tmov[lq]?\s+\$0x([0-9a-f]+),%[er]?(\w+?)d?$"),
        "zero": re.compile(r"\txor\s+%e(\w+),%e\1$"),
        "copy": re.compile(r"\tmov\s+%[er]?(\w+?)d?,%[er]?(\w+?)d?$"),
        "helper": re.compile(r"\t(?:call|jmp)\s+\S+ <(?:syscall|__syscall_cp|__syscall_cp_c)>"),
    },
    "aarch64": {
        "call": re.compile(r"\tsvc\t#0x0"),
        "number": ("8",), "first": ("0",),
        "load": re.compile(r"\tmov\t[xw](\d+), #0x([0-9a-f]+)"),
        "zero": re.compile(r"\tmov\t[xw](\d+), [xw]zr"),
        "copy": re.compile(r"\tmov\t[xw](\d+), [xw](\d+)$"),
        "helper": re.compile(r"\tbl?\t\S+ <(?:syscall|__syscall_cp|__syscall_cp_c)>"),
    },
}


def numbers_of(compiler):
    text = subprocess.run([compiler, "-E", "-dM", "-"], input="#include <asm/unistd.h>\n", capture_output=True, text=True, check=True).stdout
    direct = dict(re.findall(r"^#define (__NR\w*?_\w+) (\d+)$", text, re.M))
    names = {int(number): name.replace("__NR_", "").replace("__NR3264_", "") for name, number in direct.items()}
    for name, other in re.findall(r"^#define __NR_(\w+) (__NR3264_\w+)$", text, re.M):
        if other in direct:
            names[int(direct[other])] = name
    return names


def number_in(machine, registers, lines, kind):
    """What the register holds, looking back; None where that is not a constant."""
    wanted = set(registers)
    for line in reversed(lines):
        load = machine["load"].search(line)
        if load:
            value, register = (load[1], load[2]) if kind == "x86-64" else (load[2], load[1])
            if register in wanted:
                return int(value, 16)
        zero = machine["zero"].search(line)
        if zero and zero[1] in wanted:
            return 0
        copy = machine["copy"].search(line)
        if copy:
            source, target = (copy[1], copy[2]) if kind == "x86-64" else (copy[2], copy[1])
            if target in wanted:
                wanted = {source}
    return None


def calls_in(program, dump):
    lines = subprocess.run([dump, "-d", "--no-show-raw-insn", program], capture_output=True, text=True, check=True).stdout.splitlines()
    kind = "aarch64" if "aarch64" in lines[1] else "x86-64"
    machine, function, before = MACHINES[kind], "", []
    for line in lines:
        begin = re.match(r"[0-9a-f]+ <(.*)>:", line)
        if begin:
            function, before = begin[1], []
            continue
        line = line.split("//")[0].rstrip()
        if machine["call"].search(line):
            yield number_in(machine, machine["number"], before, kind), function
        elif machine["helper"].search(line):
            yield number_in(machine, machine["first"], before, kind), function
        before.append(line)


def main():
    program, dump, compiler, *lists = sys.argv[1:]
    names = numbers_of(compiler)
    listed = set()
    for path in lists:
        with open(path) as text:
            listed |= set(re.findall(r"^CALL\((\w+),", text.read(), re.M))
    found, seen = {}, set()
    for number, function in calls_in(program, dump):
        name = names.get(number, "unknown")
        seen.add(name)
        if name not in listed:
            found.setdefault(name, set()).add(function)
    print(f"{len(seen)} calls", file=sys.stderr)
    for name, functions in sorted(found.items()):
        print(name, *sorted(functions))


if __name__ == "__main__":
    main()
