#!/usr/bin/python3
# spans.py - what hosts of a cluster wait for, from one to the other: an etcd of netd's own, three hosts, one network
# usage: spans.py NETD [TIMES [LOST]]
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prints one line of JSON, medians in milliseconds, of TIMES (50) each: "floor", what a record costs etcd alone, until it is written at the member
# of one host and until that of another tells who watches; a network made until its own host has it, until that is answered, until all hosts
# have it; an attach on that network beside one on a local network; an attach that was answered until another host's container has the name, and
# reaches it. Ratios are to the floor. At last a host that falls silent until its names are gone, in seconds: LOST (10) times one whose member of
# etcd follows, and as many times one whose member leads, for then the others have to choose another first.
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

import hosts
from hosts import P, asked, call, inside, run
from looker import Looker

NETD = sys.argv[1]
TIMES = int(sys.argv[2]) if len(sys.argv) > 2 else 50
LOST = int(sys.argv[3]) if len(sys.argv) > 3 else 10
HOSTS = "abc"

def make_cluster():
    hosts.make(HOSTS)
    hosts.form(HOSTS, NETD)


def is_settled(host):
    return hosts.is_settled(host, len(HOSTS))


def knows(host, network):
    return "message" not in call(host, "GET", f"/networks/{network}")


class Listener(threading.Thread):
    """Of the networks that are made on a host: when it was heard of each."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.heard, self.changed = {}, threading.Condition()
        self.api = hosts.Api(f"{hosts.DIR}/{host}/run/netd.sock")
        self.api.request("GET", "/events?filters=" + urllib.parse.quote('{"type":["network"],"event":["create"]}'))
        self.answer = self.api.getresponse()
        self.start()

    def run(self):
        for line in self.answer:
            name = json.loads(line)["Actor"]["Attributes"]["name"]
            with self.changed:
                self.heard[name] = time.monotonic()
                self.changed.notify()

    def when(self, name):
        with self.changed:
            assert self.changed.wait_for(lambda: name in self.heard, 60), f"{name} is not heard of"
            return self.heard[name]


def networks_made():
    """Seconds until the host itself has it, until it is answered, and until both others have it."""
    here, *others = [Listener(host) for host in HOSTS]
    made, answered, known = [], [], []
    for n in range(TIMES):
        began = time.monotonic()
        asked("a", "POST", "/networks/create", {"Name": f"n{n}", "Driver": "overlay"})
        answered.append(time.monotonic() - began)
        made.append(here.when(f"n{n}") - began)
        known.append(max(listener.when(f"n{n}") for listener in others) - began)
        call("a", "DELETE", f"/networks/n{n}")
        hosts.wait_until(lambda: not any(knows(host, f"n{n}") for host in "bc"), f"n{n} stays")
    return made, answered, known


def floor():
    """What a record costs etcd alone: until it is written, and until another member tells who watches."""
    said = subprocess.run(inside("b", sys.executable, "-B", f"{os.path.dirname(__file__)}/etcd.py", f"{hosts.DIR}/b/state/cluster.json",
                                 hosts.address("b", HOSTS), hosts.address("a", HOSTS), str(TIMES)), check=True, stdout=subprocess.PIPE)
    return json.loads(said.stdout)


def attach(host, name, network):
    began = time.monotonic()
    said = asked(host, "POST", "/netd/v1/containers", {"Name": name, "NetnsPath": f"/run/netns/{P}-{name}", "Networks": [{"Name": network}]})
    return said["NetworkSettings"]["Networks"][network]["IPAddress"], began, time.monotonic()


def detach(name, looker):
    looker.begin("nobody", name)
    call("b", "DELETE", f"/netd/v1/containers/{name}")


def attaches(looker):
    """What each takes on a local network, and on one that spans hosts, by turns; and from the answer until another host's container has the
    name, and reaches it."""
    local, took, named, reached = [], [], [], []
    for n in range(TIMES):  # their ends would disturb those who come
        run("ip", "netns", "add", f"{P}-web{n}")
        run("ip", "netns", "add", f"{P}-local{n}")
    for n in range(TIMES):
        _, began, answered = attach("b", f"local{n}", "local")
        local.append(answered - began)
        detach(f"local{n}", looker)
        looker.end()
        _, began, answered = attach("b", f"web{n}", "web")
        looker.begin("reach", f"web{n}")
        took.append(answered - began)
        at_name, at_address = looker.end()
        named.append(at_name - answered)
        reached.append(at_address - answered)
        detach(f"web{n}", looker)
        looker.end()  # etcd has nothing to do when the next one comes
    return local, took, named, reached


def lead(host):
    others = [hosts.address(other, HOSTS) for other in HOSTS if other != host]
    run(*inside(host, sys.executable, "-B", f"{os.path.dirname(__file__)}/etcd.py", "--lead", f"{hosts.DIR}/{host}/state/cluster.json",
                hosts.address(host, HOSTS), *others))


def hosts_lost(looker, leader):
    """Seconds until nobody gives the names of c any more, each time."""
    lost = []
    for n in range(LOST):
        name = f"far-{leader}{n}"
        lead(leader)
        time.sleep(n / LOST)  # at each moment between two signs of life
        run("ip", "netns", "add", f"{P}-{name}")
        attach("c", name, "web")
        looker.begin("reach", name)
        looker.end()
        began = time.monotonic()
        hosts.silence("c")
        looker.begin("nobody", name)
        lost.append(looker.end()[0] - began)
        hosts.start("c", NETD)
        hosts.wait_until(lambda: is_settled("a") and is_settled("c"), "c does not come back")
    return lost


def main():
    make_cluster()
    made, answered, known = networks_made()
    asked("a", "POST", "/networks/create", {"Name": "web", "Driver": "overlay"})
    asked("b", "POST", "/networks/create", {"Name": "local"})
    hosts.wait_until(lambda: knows("b", "web") and knows("c", "web"), "the network is not known")
    run("ip", "netns", "add", f"{P}-looker")
    attach("a", "looker", "web")
    looker = Looker("looker")
    local, took, named, reached = attaches(looker)
    alone = floor()
    lost, leader_lost = hosts_lost(looker, "a"), hosts_lost(looker, "c")
    seconds = lambda times: [round(found, 2) for found in (min(times), statistics.median(times), max(times))]
    ms = lambda times: round(statistics.median(times) * 1000, 2)
    ratio = lambda times: round(ms(times) / alone["seen_ms"], 2)
    print(json.dumps({"scenario": "spans", "times": TIMES, "floor_put_ms": alone["put_ms"], "floor_seen_ms": alone["seen_ms"],
                      "network_made_ms": ms(made), "network_answered_ms": ms(answered), "network_known_ms": ms(known), "network_known_ratio": ratio(known),
                      "limit_network_known_ms": 15, "attach_ms": ms(took), "local_attach_ms": ms(local), "attach_ratio": round(ms(took) / ms(local), 2),
                      "limit_attach_ratio": 1.3, "named_ms": ms(named), "reached_ms": ms(reached), "reached_ratio": ratio(reached),
                      "limit_reached_ms": 5, "host_lost_s": seconds(lost), "leader_lost_s": seconds(leader_lost), "limit_host_lost_s": 3.0}))


hosts.with_hosts(main)
