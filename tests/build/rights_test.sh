#!/usr/bin/env bash
# A call that nobody foresaw would end the recorder in the field. So every system call that stands in the machine code of the static programs
# is on the program's list (src/base/rights_*.def) or named here with the reason why it is never made. A library's update that brings another
# one is seen here.
set -u
source "$(dirname "$0")/../check.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${TAPEDECK_OUT:-$root/out}
lists=$root/src/base/rights
command -v python3 >/dev/null || { skip "no python3"; check_done; }

# After a kernel older than ours has said no (epoll_create, eventfd); where memory has no name, which the recorder's
# has (memfd_create); threads that ask for a priority (sched_setscheduler). unknown: musl's own ways to call, which take the number from their
# callers, whose numbers are looked at; and its wait on a lock, a futex.
recorder_x86_64="epoll_create eventfd memfd_create sched_setscheduler unknown"
recorder_aarch64="memfd_create sched_setscheduler unknown"
# The recorder's own network and its children are in the archive, and nothing of the companion's comes there.
recorders="capget capset close_range epoll_ctl kill mlock seccomp socketpair wait4"
# setrlimit: before the list is in force, that no core is written.
tape_x86_64="dup2 epoll_create eventfd fork setrlimit unknown $recorders"
tape_aarch64="dup3 setrlimit unknown $recorders"
# The programs that the card's init starts, whose libc is the same. chronyd: a child that sends mail about a step and a detached daemon (child:
# chdir, dup, dup3, fchdir, setgid, setpgid, setsid, setuid, wait4), a socket of a clock's driver in the file system (fchmodat) and its memory (shm...),
# memory that is locked and a priority; its configuration asks for none of them. udhcpc: a detached daemon (chdir, dup, setsid).
# mdnsd: a detached daemon (chdir, clone, dup3, setsid), the file with its number, whose folder there is not (unlinkat, utimensat).
chronyd_aarch64="chdir dup dup3 fchdir fchmodat mlockall sched_get_priority_max sched_get_priority_min sched_setscheduler setgid setpgid setrlimit setsid setuid shmat shmdt shmget unknown wait4"
udhcpc_aarch64="chdir dup setsid unknown"
mdnsd_aarch64="chdir clone dup3 setsid unknown unlinkat utimensat"
unknown="__stdio_read __syscall_cp __syscall_cp_c __wait syscall"

sorted() { tr ' ' '\n' | sort; }

# calls PROGRAM PROFILE OBJDUMP COMPILER EXPECTED LIST...
calls() {
    local program=$1 profile=$2 dump=$3 compiler=$4 expected=$5 left
    shift 5
    left=$(python3 "$root/tests/build/rights.py" "$out/$profile/$program" "$dump" "$compiler" "${@/#/$lists}" 2>/dev/null)
    check "$profile $program: its code was read" [ -n "$left" ]
    more=$(comm -23 <(cut -d' ' -f1 <<<"$left" | sort) <(sorted <<<"$expected"))
    check "$profile $program: no call beside the list but the named ones${more:+, here: $(echo $more)}" [ -z "$more" ]
    more=$(comm -23 <(sed -n 's/^unknown //p' <<<"$left" | sorted) <(sorted <<<"$unknown"))
    check "$profile $program: no call by a number that cannot be told${more:+, here: $(echo $more)}" [ -z "$more" ]
}

for profile in x86_64 aarch64; do
    if [ ! -x "$out/$profile/tapedeck" ] || [ ! -x "$out/$profile/tape" ]; then
        skip "$profile is not built ($out/$profile)"
        continue
    fi
    dump=$profile-linux-gnu-objdump compiler=$profile-linux-gnu-gcc
    if ! command -v "$dump" >/dev/null || ! command -v "$compiler" >/dev/null; then
        skip "$profile: no $dump or $compiler"
        continue
    fi
    recorder=recorder_$profile tape=tape_$profile
    calls tapedeck $profile "$dump" "$compiler" "${!recorder}" _common.def _resolver.def _recorder.def
    calls tape $profile "$dump" "$compiler" "${!tape}" _common.def _tape.def _sync.def
done

for program in chronyd udhcpc mdnsd; do
    dump=aarch64-linux-gnu-objdump compiler=aarch64-linux-gnu-gcc expected=${program}_aarch64
    if [ ! -x "$out/aarch64/vendor/bin/$program" ]; then
        skip "$program is not built (make image-libs)"
    elif ! command -v "$dump" >/dev/null || ! command -v "$compiler" >/dev/null; then
        skip "$program: no $dump or $compiler"
    else
        calls "vendor/bin/$program" aarch64 "$dump" "$compiler" "${!expected}" _common.def _daemon.def "_$program.def"
    fi
done

# It does find what is missing: without the list of the resolver the recorder's sockets show.
if [ -x "$out/x86_64/tapedeck" ] && command -v x86_64-linux-gnu-objdump >/dev/null; then
    left=$(python3 "$root/tests/build/rights.py" "$out/x86_64/tapedeck" x86_64-linux-gnu-objdump x86_64-linux-gnu-gcc "${lists}_common.def" 2>/dev/null)
    check "a call that is on no list is found" grep -q '^socket ' <<<"$left"
fi
check_done
