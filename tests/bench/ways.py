#!/usr/bin/python3
# ways.py - packets through netd's networks against the same way made by hand, in pairs
# usage: ways.py ROUNDS SECONDS WAY…, a WAY is NAME,CLIENT,SERVER,ADDRESS,PORT,CLIENT,SERVER,ADDRESS,PORT: netd's, and the one by hand
# SPDX-License-Identifier: GPL-2.0-or-later
#
# CLIENT and SERVER are namespaces of `ip netns`; servers listen on port 7, and ADDRESS and PORT are what the client asks for. Each round
# measures both of a way, one after the other, by programs that whatever else the machine does must wait for. Prints a line of JSON for each
# way: of each figure netd's median, that by hand, and the median of the rounds' ratios, where less than 1 is worse than by hand. NAME-SYSTEM is
# a way against another system's, which is to be no better.
import json
import statistics
import subprocess
import sys

SERVER = """
import socket, threading
counted = 0
def count():
    global counted
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    u.bind(("", 7))
    while True:
        counted += len(u.recv(2048))
def serve(c):
    global counted
    what = c.recv(1)
    if what == b"u":
        c.send(str(counted).encode())
        counted = 0
    while what in b"rt":
        data = c.recv(1 if what == b"r" else 1 << 20)
        if not data:
            break
        if what == b"r":
            c.send(data)
    c.close()
s = socket.create_server(("", 7), backlog=4096)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
threading.Thread(target=count, daemon=True).start()
print("ready", flush=True)
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
"""
CLIENT = """
import socket, sys, threading, time
addr, what, seconds, streams = (sys.argv[1], int(sys.argv[2])), sys.argv[3], float(sys.argv[4]), int(sys.argv[5])
def ask(what):
    c = socket.create_connection(addr)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    c.send(what)
    return c
def write(c, done):
    data = b"x" * 262144
    while time.monotonic() < end:
        done.append(c.send(data))
cs = [ask(what.encode()) for _ in range(streams)] if what in "rt" else []
if what == "u":
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.connect(addr)
    ask(b"u").recv(64)
n, start = 0, time.monotonic()
end = start + seconds
if what == "t":
    done = [[] for _ in cs]
    threads = [threading.Thread(target=write, args=pair) for pair in zip(cs, done)]
    for t in threads: t.start()
    for t in threads: t.join()
    n = sum(map(sum, done))
while what in "ruc" and time.monotonic() < end:
    if what == "r":
        cs[0].send(b"x"); cs[0].recv(1); n += 1
    elif what == "c":
        ask(b"c").close(); n += 1
    else:
        try: u.send(b"x" * 1400)
        except OSError: pass # no room for it: it is not there to be counted
if what == "u":
    took = time.monotonic() - start
    time.sleep(0.05)
    print(int(ask(b"u").recv(64)) / took)
else:
    print(n / (time.monotonic() - start))
"""
# What is said, what the client does, in how many streams, and how many of it are one.
FIGURES = {"tcp1_gbit": ("t", 1, 8e-9), "tcp8_gbit": ("t", 8, 8e-9), "udp_gbit": ("u", 1, 8e-9), "connections": ("c", 1, 1), "round_trips": ("r", 1, 1)}


def first(ns, *args):
    return ["ip", "netns", "exec", ns, "chrt", "--fifo", "1", sys.executable, "-I", "-S", "-c", *args]


def measure(client, addr, port, what, streams, seconds):
    said = subprocess.run(first(client, CLIENT, addr, port, what, seconds, str(streams)), check=True, capture_output=True, timeout=120)
    return float(said.stdout)


def main(rounds, seconds, *asked):
    ways = {name: (ends[:4], ends[4:]) for name, *ends in (way.split(",") for way in asked)}
    servers = {}
    for ends in ways.values():
        for _, ns, _, _ in ends:
            if ns not in servers:
                servers[ns] = subprocess.Popen(first(ns, SERVER), stdout=subprocess.PIPE)
                servers[ns].stdout.readline()
    try:
        for name, ends in ways.items():
            said = {"scenario": f"throughput-{name}", "rounds": int(rounds), "limit_ratio": 1 if "-" in name else 0.98}
            for figure, (what, streams, unit) in FIGURES.items():
                found = [[], []]
                for n in range(int(rounds)):
                    for i in (0, 1) if n % 2 else (1, 0):  # what is first in a pair has no advantage in the end
                        client, _, addr, port = ends[i]
                        found[i].append(unit * measure(client, addr, port, what, streams, seconds))
                said |= {figure: round(statistics.median(found[0]), 2), f"hand_{figure}": round(statistics.median(found[1]), 2),
                         f"ratio_{figure}": round(statistics.median(a / b for a, b in zip(*found)), 3)}
            print(json.dumps(said), flush=True)
    finally:
        for server in servers.values():
            server.kill()
            server.wait()


main(*sys.argv[1:])
