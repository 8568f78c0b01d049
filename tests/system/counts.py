# counts.py - what netd does from one line of a trace to another, judged by the ceilings of tests/counts.txt
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: counts.py calls CEILINGS NAME TRACE FIRST LAST [NEXT]
#        counts.py instructions CEILINGS < the lines of `bench_… instructions`, run several times
#        counts.py bytes CEILINGS NAME COUNT
#
# A trace is what `strace -yy -v` says of one process. FIRST and LAST are patterns: a span goes from a line with FIRST to
# the next one with LAST, and with NEXT netlink messages are counted until the next FIRST, or the end. There are many
# spans, and the smallest count is taken: whatever else a loop does meanwhile (beats, notifications, a packet that came
# in two pieces) makes a span longer, and never shorter. So no load and no clock changes the result. Of instructions the
# smallest count is taken, too: tables are hashed with a random key, and some keys let more names collide.
#
# What is asked of each process of the machine, when it is looked for who holds a socket, is left out: how many there are
# is none of netd's doing. A pause is no call, nor is the question that netd asks again after it: a kernel before 6.7 acts upon a carrier when it
# comes to it, and is asked until then (rtnl_link_wake).
import collections
import json
import re
import sys

TOLERANCE = 1.10  # of instructions: they are the compiler's and the libraries' as well
CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")
MEMORY = {"brk", "mmap", "munmap", "mremap", "madvise", "mprotect"}  # the allocator's: they depend on what was freed before
PAUSES = {"nanosleep", "clock_nanosleep"}
# One for each process of the machine, when it is looked for who holds a socket.
PROCESSES = re.compile(r'^(?:newfstatat|readlinkat)\(\d+</proc>, "\d+/')
RECORD = re.compile(r"/run\.(db|journal)")


def ceilings(path):
    found = {}
    with open(path) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                ceiling, unit, name, _ = re.split(r"\s{2,}", line.strip(), maxsplit=3)
                found[name, unit] = int(ceiling)
    return found


def judge(limits, name, count, unit, made_of, tolerance=1.0):
    said = f"{name}: {count} {unit}"
    if (name, unit) not in limits:
        print(f"{said}, and no ceiling for them: {made_of}")
        return False
    if count > limits[name, unit] * tolerance:
        print(f"{said}, at most {limits[name, unit]} expected: {made_of}")
        return False
    print(f"{said} of {limits[name, unit]}: {made_of}", file=sys.stderr)
    return True


def calls_of(path):
    """(name of the call, line), but for memory; one that a signal or a lock of the kernel's restarts is one call."""
    asks_again = False
    with open(path, errors="replace") as file:
        for line in file:
            match = CALL.match(line)
            if not match or match.group(1) in MEMORY or "= ? ERESTART" in line or PROCESSES.match(line):
                continue
            if match.group(1) in PAUSES:
                asks_again = True
            elif asks_again:
                asks_again = "nlmsg_type=NLMSG_ERROR" not in line  # the acknowledgement is the last of an answer
            else:
                yield match.group(1), line


def spans_of(path, first, last):
    """Lists of calls: from FIRST to LAST, and what follows until the next FIRST."""
    spans, inside, after = [], None, None
    for name, line in calls_of(path):
        if inside is None and re.search(first, line):
            inside, after = [], []
            spans.append((inside, after))
        if inside is not None:
            inside.append((name, line))
            if re.search(last, line):
                inside = None
        elif after is not None:
            after.append((name, line))
    return [span for span in spans if any(re.search(last, line) for _, line in span[0])]


def netlink_messages(calls):
    return sum(line.count("nlmsg_len=") for name, line in calls if name in ("sendto", "sendmsg"))


def in_words(names):
    return ", ".join(f"{n} {name}" for name, n in collections.Counter(names).most_common())


def judge_calls(path, name, trace, first, last, and_after):
    limits, good = ceilings(path), True
    spans = spans_of(trace, first, last)
    if len(spans) < 3:
        print(f"{name}: {len(spans)} times in the trace, which is too seldom to tell")
        return False
    for unit, is_one in (("system calls", lambda line: not RECORD.search(line)),
                         ("calls on its records", RECORD.search)):
        least = min(([call for call, line in inside if is_one(line)] for inside, _ in spans), key=len)
        if least or (name, unit) in limits:
            good &= judge(limits, name, len(least), unit, in_words(least))
    least = min((inside + after if and_after else inside for inside, after in spans), key=netlink_messages)
    sends = [netlink_messages([call]) for call in least if netlink_messages([call])]
    if sends or (name, "netlink messages") in limits:
        good &= judge(limits, name, sum(sends), "netlink messages", "sent as " + " + ".join(map(str, sends)))
    return good


def judge_instructions(path):
    limits, good, counts = ceilings(path), True, {}
    for line in sys.stdin:
        counted = json.loads(line)
        counts.setdefault(f"{counted['bench']}: {counted['case']}", []).append(counted["instructions"])
    for name, counted in counts.items():
        if min(counted) == 0:
            print(f"{name}: valgrind counted nothing")
            good = False
        else:
            good &= judge(limits, name, min(counted), "instructions",
                          f"counted {len(counted)} times, 10 % more are let pass", TOLERANCE)
    return good and counts


if sys.argv[1] == "bytes":
    sys.exit(0 if judge(ceilings(sys.argv[2]), sys.argv[3], int(sys.argv[4]), "bytes", "as it is sent") else 1)
if sys.argv[1] == "calls":
    sys.exit(0 if judge_calls(*sys.argv[2:7], len(sys.argv) > 7) else 1)
sys.exit(0 if judge_instructions(sys.argv[2]) else 1)
