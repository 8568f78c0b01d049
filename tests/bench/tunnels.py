#!/usr/bin/python3
# tunnels.py - a network that spans two hosts against VXLAN made by hand, between the same namespaces: throughput and round trip
# usage: tunnels.py NETD [ROUNDS]
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two namespaces play hosts, each has a netd and a container; records are carried over by this program. By hand there are two bridges, two
# VXLAN links with their entries, and two namespaces more. Each round measures both, one after the
# other, by programs that whatever else the machine does must wait for; throughput and rtt are medians of the rounds' ratios. Prints one line of JSON.
import json
import statistics
import subprocess
import sys

import hosts
from hosts import P, asked, call, inside, ip, run

NETD = sys.argv[1]
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 9
ID = "5" * 64
SECONDS = 0.3


def by_hand():
    for n, host in enumerate("hg"):
        mac, other = f"02:42:0a:09:00:0{n + 2}", f"02:42:0a:09:00:0{3 - n}"
        ip(host, "link", "add", "hand", "type", "bridge", "forward_delay", "0")
        ip(host, "link", "add", "vx", "type", "vxlan", "id", "99", "local", f"192.0.2.{n + 1}", "dstport", "4789", "nolearning")
        ip(host, "link", "set", "vx", "mtu", "1450", "master", "hand", "up")
        ip(host, "link", "set", "hand", "up")
        run("bridge", "-n", f"{P}-{host}", "fdb", "add", other, "dev", "vx", "dst", f"192.0.2.{2 - n}", "self")
        ip(host, "link", "add", "p", "mtu", "1450", "type", "veth", "peer", "name", "eth0", "netns", f"{P}-b{host}")
        ip(host, "link", "set", "p", "master", "hand", "up")
        ip(f"b{host}", "link", "set", "eth0", "address", mac, "mtu", "1450", "up")
        ip(f"b{host}", "addr", "add", f"10.9.0.{n + 2}/24", "dev", "eth0")
        ip(f"b{host}", "neigh", "add", f"10.9.0.{3 - n}", "lladdr", other, "dev", "eth0")
    return "10.9.0.3"


def carry(agreed):
    for host in "hg":
        said = call(host, "GET", "/netd/v1/records")
        agreed.update({**said["Wanted"], **agreed})
        agreed.update(said["Own"])
        agreed[f"/netd/v1/host/{host}"]["Id"] = "e" * 64
        agreed[f"/netd/v1/alive/{host}"] = {"Id": "e" * 64}
    for host in "hg":
        said = call(host, "PUT", "/netd/v1/records", {"Whole": True, "Put": agreed})
        assert said == {}, said


def by_netd():
    agreed = {"/netd/v1/net/web": {"Id": ID, "Vni": 5001, "Mtu": 0, "Internal": False, "Icc": True, "Encrypt": False,
                                   "IPv4": {"Subnet": "10.77.0.0/16", "Gateway": "10.77.0.1"}}}
    for host in "hg":
        hosts.start(host, NETD)
        call(host, "PUT", "/netd/v1/records", {"Self": {"Name": host, "Address": hosts.address(host, "hg")}})
    carry(agreed)
    carry(agreed)
    for host in "hg":
        asked(host, "POST", "/netd/v1/containers", {"Name": f"web{host}", "NetnsPath": f"/run/netns/{P}-a{host}", "Networks": [{"Name": "web"}]})
    carry(agreed)
    said = call("g", "GET", "/netd/v1/containers/webg")
    return said["NetworkSettings"]["Networks"]["web"]["IPAddress"]


SERVER = """
import socket
s = socket.create_server(("", 7), backlog=8)
print("ready", flush=True)
while True:
    c, _ = s.accept()
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    what = c.recv(1)
    while True:
        data = c.recv(1 if what == b"r" else 1 << 20)
        if not data:
            break
        if what == b"r":
            c.send(data)
"""
CLIENT = """
import socket, sys, time
addr, what, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
c = socket.create_connection((addr, 7))
c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
c.send(what.encode())
end, n, data, start = time.monotonic() + seconds, 0, b"x" * 262144, time.monotonic()
while time.monotonic() < end:
    if what == "r":
        c.send(b"x"); c.recv(1); n += 1
    else:
        n += c.send(data)
print(n / (time.monotonic() - start))
"""


def first(*args):
    return ["chrt", "--fifo", "1", *args]


def measure(kind, addr, what):
    said = subprocess.run(inside(f"{kind}h", *first(sys.executable, "-c", CLIENT, addr, what, str(SECONDS))), check=True, capture_output=True)
    return float(said.stdout)


def main():
    hosts.make("hg")
    for kind in "ab":
        for host in "hg":
            run("ip", "netns", "add", f"{P}-{kind}{host}")
    addrs = {"b": by_hand(), "a": by_netd()}
    for kind in "ab":
        server = subprocess.Popen(inside(f"{kind}g", *first(sys.executable, "-c", SERVER)), stdout=subprocess.PIPE)
        server.stdout.readline()
    found = {(kind, what): [] for kind in "ab" for what in "rt"}
    for n in range(ROUNDS):
        for what in "rt":
            for kind in "ab" if n % 2 else "ba":  # what is first in a pair has no advantage in the end
                found[kind, what].append(measure(kind, addrs[kind], what))
    median = {key: statistics.median(values) for key, values in found.items()}
    ratio = {what: statistics.median(a / b for a, b in zip(found["a", what], found["b", what])) for what in "rt"}
    print(json.dumps({"scenario": "tunnels", "rounds": ROUNDS, "hand_gbit": round(median["b", "t"] * 8 / 1e9, 2),
                      "netd_gbit": round(median["a", "t"] * 8 / 1e9, 2), "throughput": round(ratio["t"], 3),
                      "hand_rtt_us": round(1e6 / median["b", "r"], 1), "netd_rtt_us": round(1e6 / median["a", "r"], 1),
                      "rtt": round(1 / ratio["r"], 3)}))


hosts.with_hosts(main)
