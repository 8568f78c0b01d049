#!/usr/bin/python3
# spans.py - what hosts of a cluster wait for, from one to the other: an etcd of netd's own, three hosts, one network
# usage: spans.py NETD [TIMES]
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prints one line of JSON: a network made until all hosts know it; an attach on that network beside one on a local network; an attach that
# was answered until another host's container reaches it, by name and by address; a host that falls silent until its names are gone.
# Times are medians in milliseconds, of TIMES (50) each but for the last, which happens once.
import json
import statistics
import subprocess
import sys
import time

import hosts
from hosts import P, asked, call, inside, run

NETD = sys.argv[1]
TIMES = int(sys.argv[2]) if len(sys.argv) > 2 else 50
HOSTS = "abc"

# Runs in a container: reads "name WHAT", "nobody WHAT" or "address WHAT", and says at which moment (of the clock that all have) the name had an
# answer, or none any more, or a connection there was refused by who has the address.
LOOKER = """
import socket, struct, sys, time
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.connect(("127.0.0.11", 53))
resolver.settimeout(1)
def answers(name, n):
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + bytes(1) + struct.pack("!HH", 1, 1)
    resolver.send(struct.pack("!HHHHHH", n, 0x100, 1, 0, 0, 0) + question)
    while True:
        try:
            answer = resolver.recv(512)
        except socket.timeout:
            return None
        if answer[:2] == struct.pack("!H", n):
            return struct.unpack("!H", answer[6:8])[0]
print("ready", flush=True)
n = 0
for line in sys.stdin:
    how, what = line.split()
    while how != "address":
        n = (n + 1) % 65536
        if (answers(what, n) or 0) > 0 if how == "name" else answers(what, n) == 0:
            break
    if how == "address":
        try:
            socket.create_connection((what, 9), 30).close()
        except ConnectionRefusedError:
            pass
    print(time.monotonic(), flush=True)
"""


class Looker:
    def __init__(self, ns):
        self.process = subprocess.Popen(inside(ns, sys.executable, "-c", LOOKER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def begin(self, how, what):
        self.process.stdin.write(f"{how} {what}\n")
        self.process.stdin.flush()

    def end(self):
        return float(self.process.stdout.readline())


def make_cluster():
    hosts.make(HOSTS)
    for host in HOSTS:
        hosts.start(host, NETD)
    asked("a", "POST", "/netd/v1/cluster/init", {"Host": "a", "AdvertiseAddr": [hosts.address("a", HOSTS)]})
    token = asked("a", "POST", "/netd/v1/cluster/token", {})["Token"]
    for host in "bc":
        asked(host, "POST", "/netd/v1/cluster/join", {"Host": host, "Token": token, "Remote": hosts.address("a", HOSTS)})
    for host in HOSTS:
        hosts.wait_until(lambda host=host: is_settled(host), f"{host} does not see three hosts with three members")


def is_settled(host):
    stands = call(host, "GET", "/netd/v1/cluster")
    return stands.get("State") == "fresh" and stands.get("Alive") == 3 and len(stands.get("Etcd", [])) == 3 and not stands.get("Why")


def knows(host, network):
    return "message" not in call(host, "GET", f"/networks/{network}")


def networks_made():
    """Milliseconds until it is answered, and until both others know it."""
    answered, known = [], []
    for n in range(TIMES):
        began = time.monotonic()
        asked("a", "POST", "/networks/create", {"Name": f"n{n}", "Driver": "overlay"})
        answered.append(time.monotonic() - began)
        for host in "bc":
            while not knows(host, f"n{n}"):
                pass
        known.append(time.monotonic() - began)
        call("a", "DELETE", f"/networks/n{n}")
    return answered, known


def attach(host, name, network):
    began = time.monotonic()
    said = asked(host, "POST", "/netd/v1/containers", {"Name": name, "NetnsPath": f"/run/netns/{P}-{name}", "Networks": [{"Name": network}]})
    return said["NetworkSettings"]["Networks"][network]["IPAddress"], began, time.monotonic()


def attaches(network, lookers):
    """What each takes; and from its answer until the other host's container has its name, and its address."""
    took, named, reached = [], [], []
    for n in range(TIMES):
        name = f"{network}{n}"
        run("ip", "netns", "add", f"{P}-{name}")
        if lookers:
            lookers[0].begin("name", name)
        addr, began, answered = attach("b", name, network)
        if lookers:
            lookers[1].begin("address", addr)
            named.append(lookers[0].end() - answered)
            reached.append(lookers[1].end() - answered)
        took.append(answered - began)
        call("b", "DELETE", f"/netd/v1/containers/{name}")
        run("ip", "netns", "del", f"{P}-{name}")
    return took, named, reached


def host_lost(looker):
    run("ip", "netns", "add", f"{P}-far")
    attach("c", "far", "web")
    looker.begin("name", "far")
    looker.end()
    began = time.monotonic()
    hosts.silence("c")
    looker.begin("nobody", "far")
    return looker.end() - began


def main():
    make_cluster()
    answered, known = networks_made()
    asked("a", "POST", "/networks/create", {"Name": "web", "Driver": "overlay"})
    asked("b", "POST", "/networks/create", {"Name": "local"})
    hosts.wait_until(lambda: knows("b", "web") and knows("c", "web"), "the network is not known")
    run("ip", "netns", "add", f"{P}-looker")
    attach("a", "looker", "web")
    # Who asks for the address too early asks again at once, and not a second later.
    for what in ("retrans_time_ms=1", "mcast_solicit=30000"):
        run(*inside("looker", "sysctl", "-qw", f"net.ipv4.neigh.eth0.{what}"))
    lookers = [Looker("looker"), Looker("looker")]
    local, _, _ = attaches("local", None)
    took, named, reached = attaches("web", lookers)
    lost = host_lost(lookers[0])
    ms = lambda times: round(statistics.median(times) * 1000, 2)
    print(json.dumps({"scenario": "spans", "times": TIMES, "network_answered_ms": ms(answered), "network_known_ms": ms(known),
                      "limit_network_known_ms": 15, "attach_ms": ms(took), "local_attach_ms": ms(local), "attach_ratio": round(ms(took) / ms(local), 2),
                      "limit_attach_ratio": 1.3, "named_ms": ms(named), "reached_ms": ms(reached), "limit_reached_ms": 5,
                      "host_lost_s": round(lost, 2), "limit_host_lost_s": 3.0}))


hosts.with_hosts(main)
