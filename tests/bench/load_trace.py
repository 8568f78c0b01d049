# load_trace.py - what a trace and the counting of drops cost a packet, and how long a trace takes to be armed
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: load_trace.py NETCTL NETNS FROM-NETNS TO-NETNS TO-ADDRESS [PACKETS]
# NETNS is of container c1, who is traced; the others are those of two more, between which packets go by. What programs in
# the kernel cost is by the kernel's own account (BPF_ENABLE_STATS), which holds on a machine that does other things, too; all
# else is the time of a processor that the sender takes, with and without, by turns.
import ctypes
import glob
import json
import os
import platform
import resource
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

NETCTL, OWN, FROM, TO, ADDRESS = sys.argv[1:6]
PACKETS = int(sys.argv[6]) if len(sys.argv) > 6 else 20000
ROUNDS = 5
libc = ctypes.CDLL(None, use_errno=True)


def enable_stats():
    call = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    attr = ctypes.create_string_buffer(struct.pack("=I", 0), 128)
    fd = libc.syscall(call, 32, attr, 128)  # BPF_ENABLE_STATS, BPF_STATS_RUN_TIME
    if fd < 0:
        sys.exit("the kernel keeps no account of programs")


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
                ns += int(fields["run_time_ns"])
                runs += int(fields["run_cnt"])
    return ns, runs


def inside(path):
    fd = os.open(path, os.O_RDONLY)
    if libc.setns(fd, 0x40000000) != 0:
        sys.exit("cannot enter " + path)
    os.close(fd)


def send(path, port, n, answered):
    """Microseconds of a processor for each datagram; a process of its own, for it stays there."""
    here, there = os.pipe()
    pid = os.fork()
    if pid == 0:
        inside(TO)
        taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if answered:
            taker.bind((ADDRESS, port))
        inside(path)
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for _ in range(100):
            sender.sendto(b"x" * 64, (ADDRESS, port))
        before = resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(n):
            sender.sendto(b"x" * 64, (ADDRESS, port))
        after = resource.getrusage(resource.RUSAGE_SELF)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        os.write(there, struct.pack("=d", took / n * 1e6))
        os._exit(0)
    os.close(there)
    took = struct.unpack("=d", os.read(here, 8))[0]
    os.close(here)
    os.waitpid(pid, 0)
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


def measure(words, path, port, answered):
    """Of packets that go by: by the kernel's account, and by the sender's time with and without."""
    without, watched, ns, runs = [], [], [], []
    for _ in range(ROUNDS):
        without.append(send(path, port, PACKETS, answered))
        watching = Watching(*words)
        before = watching.account()
        watched.append(send(path, port, PACKETS, answered))
        after = watching.account()
        watching.end()
        ns.append((after[0] - before[0]) / (PACKETS + 100))
        runs.append((after[1] - before[1]) / (PACKETS + 100))
    return {"programs_us": round(statistics.median(ns) / 1e3, 3), "places": round(statistics.median(runs), 2),
            "cpu_us": round(statistics.median(watched), 2), "cpu_without_us": round(statistics.median(without), 2)}


enable_stats()
armed = []
for words in (["trace", "c1"], ["drops"]):
    times = []
    for _ in range(ROUNDS):
        watching = Watching(*words)
        times.append(watching.ms)
        watching.end()
    armed.append(round(statistics.median(times), 1))
print(json.dumps({"trace_armed_ms": armed[0], "drops_armed_ms": armed[1],
                  "by": measure(["trace", "c1"], FROM, 9000, True),
                  "by_programs_alone": measure(["trace", "--no-rules", "c1"], FROM, 9000, True),
                  "filtered_out": measure(["trace", "c1", "tcp"], OWN, 9000, True),
                  "told": measure(["trace", "--no-rules", "c1"], OWN, 9000, True),
                  "not_dropped": measure(["drops"], FROM, 9000, True),
                  "dropped": measure(["drops"], FROM, 9001, False)}))
