# load_trace.py - what a trace and the counting of drops cost a packet, and how long a trace takes to be armed
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: load_trace.py NETCTL NETNS FROM-NETNS TO-NETNS TO-ADDRESS OUTSIDE-ADDRESS [PACKETS]
# NETNS is of container c1, who is traced; the others are those of two more, between which packets go by. What programs in
# the kernel cost is by the kernel's own account (BPF_ENABLE_STATS), which holds on a machine that does other things, too; all
# else is the time of a processor that the sender takes, with and without, by turns.
import ctypes
import glob
import json
import os
import platform
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

NETCTL, OWN, FROM, TO, ADDRESS, OUTSIDE = sys.argv[1:7]
PACKETS = int(sys.argv[7]) if len(sys.argv) > 7 else 20000
BURST = 50
PACKETS -= PACKETS % BURST
ROUNDS = 5
libc = ctypes.CDLL(None, use_errno=True)


programs = set()  # of all tracers, by the kernel's numbers


def bpf(command, *words):
    call = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    return libc.syscall(call, command, ctypes.create_string_buffer(struct.pack("=%dI" % len(words), *words), 128), 128)


def enable_stats():
    if bpf(32, 0) < 0:  # BPF_ENABLE_STATS, BPF_STATS_RUN_TIME
        sys.exit("the kernel keeps no account of programs")


def still_loaded():
    """How many of those programs the kernel still has, when nobody looks any more: it lets go of them a moment later."""
    end = time.monotonic() + 10
    while True:
        held = [fd for fd in (bpf(13, number, 0, 0) for number in programs) if fd >= 0]  # BPF_PROG_GET_FD_BY_ID
        for fd in held:
            os.close(fd)
        if not held or time.monotonic() > end:
            return len(held)
        time.sleep(0.1)


def children(pid):
    for path in glob.glob("/proc/%d/task/*/children" % pid):
        with open(path) as file:
            for child in file.read().split():
                yield int(child)
                yield from children(int(child))


def account(pid):
    """Nanoseconds and runs of all programs of the tracer."""
    ns = runs = 0
    seen = set()
    for tracer in children(pid):
        for path in glob.glob("/proc/%d/fdinfo/*" % tracer):
            with open(path) as file:
                fields = dict(line.split(":", 1) for line in file if ":" in line)
            number = fields.get("prog_id", "").strip()
            if number and number not in seen and "run_time_ns" in fields:
                seen.add(number)
                programs.add(int(number))
                ns += int(fields["run_time_ns"])
                runs += int(fields["run_cnt"])
    return ns, runs


def inside(path):
    fd = os.open(path, os.O_RDONLY)
    if libc.setns(fd, 0x40000000) != 0:
        sys.exit("cannot enter " + path)
    os.close(fd)


def burst(sender, port, n):
    """Seconds of a processor."""
    before = time.process_time()
    for _ in range(n):
        sender.sendto(b"x" * 64, (ADDRESS, port))
    return time.process_time() - before


def drain(taker):
    n = 0
    try:
        while taker.recv(128, socket.MSG_DONTWAIT):
            n += 1
    except BlockingIOError:
        return n


def take_rest(taker, n):
    """Those that another processor brings."""
    taker.settimeout(30)
    taken = 0
    while taken < n and taker.recv(128):
        taken += 1
    return taken


def send(path, port, n, answered):
    """Microseconds of a processor for each datagram; a process of its own, for it stays there. What arrives is taken
    between two bursts, each of which has room, so that none is dropped but where nobody takes it."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        inside(TO)
        taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if answered:
            taker.bind((ADDRESS, port))
        inside(path)
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        burst(sender, port, BURST)
        seconds, taken = 0, drain(taker)
        for _ in range(n // BURST):
            seconds += burst(sender, port, BURST)
            taken += drain(taker)
        if answered:
            taken += take_rest(taker, n + BURST - taken)
        os.write(there, struct.pack("=dI", seconds / n * 1e6, taken))
        os._exit(0)
    os.close(there)
    took, taken = struct.unpack("=dI", os.read(here, 12))
    os.close(here)
    os.waitpid(pid, 0)
    if taken != (n + BURST if answered else 0):
        sys.exit("%d of %d datagrams to port %d arrived" % (taken, n + BURST, port))
    return took


class Watching:
    def __init__(self, *words):
        began = time.monotonic()
        self.process = subprocess.Popen([NETCTL, *words, "--format", "json"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        said = b""
        while b"Ctrl-C" not in said:
            more = os.read(self.process.stderr.fileno(), 4096)
            if not more:
                sys.exit("netctl %s: %s" % (" ".join(words), said.decode()))
            said += more
        self.ms = (time.monotonic() - began) * 1e3

    def account(self):
        return account(self.process.pid)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


def stir():
    """c1 has spoken with somebody behind NAT, whom all others could speak with, too."""
    pid = os.fork()
    if pid == 0:
        inside(OWN)
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(10):
            sender.sendto(b"x", (OUTSIDE, 9))
        os._exit(0)
    os.waitpid(pid, 0)


def measure(words, path, port, answered, before_it=lambda: None):
    """Of packets that go by: by the kernel's account, and by the sender's time with and without."""
    without, watched, ns, runs = [], [], [], []
    for _ in range(ROUNDS):
        without.append(send(path, port, PACKETS, answered))
        watching = Watching(*words)
        before_it()
        before = watching.account()
        watched.append(send(path, port, PACKETS, answered))
        after = watching.account()
        watching.end()
        ns.append((after[0] - before[0]) / (PACKETS + BURST))
        runs.append((after[1] - before[1]) / (PACKETS + BURST))
    return {"programs_us": round(statistics.median(ns) / 1e3, 3), "places": round(statistics.median(runs), 2),
            "cpu_us": round(statistics.median(watched), 2), "cpu_without_us": round(statistics.median(without), 2)}


enable_stats()
armed = []
for words in (["trace", "c1"], ["drops"]):
    times = []
    for _ in range(ROUNDS):
        watching = Watching(*words)
        times.append(watching.ms)
        watching.account()
        watching.end()
    armed.append(round(statistics.median(times), 1))
found = {"trace_armed_ms": armed[0], "drops_armed_ms": armed[1],
         "by": measure(["trace", "c1"], FROM, 9000, True),
         "by_programs_alone": measure(["trace", "--no-rules", "c1"], FROM, 9000, True),
         "by_beside_nat": measure(["trace", "--no-rules", "c1"], FROM, 9000, True, stir),
         "filtered_out": measure(["trace", "c1", "tcp"], OWN, 9000, True),
         "told": measure(["trace", "--no-rules", "c1"], OWN, 9000, True),
         "not_dropped": measure(["drops"], FROM, 9000, True),
         "dropped": measure(["drops"], FROM, 9001, False)}
# When nobody looks nothing is there that could cost a packet.
found["programs_loaded"] = len(programs)
found["programs_left"] = still_loaded()
print(json.dumps(found))
if not programs or found["programs_left"]:
    sys.exit("of %d programs %d are still there" % (len(programs), found["programs_left"]))
