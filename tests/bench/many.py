#!/usr/bin/python3
# many.py - a cluster's hosts with many records: all containers of five hosts joined at once, and a host that starts among ten thousand
# usage: many.py NETD [CONTAINERS [RECORDS]]
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prints two lines of JSON. "joined": five hosts with an etcd of netd's own attach CONTAINERS (400) each to one network, all at the same time, then
# one more each; from the answer to the last of these until the last host reaches all five by their names: what was put last is told last. The records
# of "foreign" are there all the time.
# "foreign": a host whose cluster has RECORDS (10,000) of containers of a hundred other hosts starts as after a boot: seconds until all are
# entered in its kernel, table and names, beside a start without any; entries in its kernel; memory of its processes, of which "anonymous" is what
# no library's file stands behind.
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import time

import hosts
from etcd import NETD_PORT, PREFIX, Etcd, b64, trust
from hosts import P, asked, call, inside, run
from looker import Looker

NETD = sys.argv[1]
N = int(sys.argv[2]) if len(sys.argv) > 2 else 400
N_RECORDS = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
HOSTS = "abcde"
STARTS = 3
OPERATIONS = 128  # of a transaction, as etcd allows


def make_cluster():
    hosts.make(HOSTS)
    hosts.form(HOSTS, NETD)
    asked("a", "POST", "/networks/create", {"Name": "web", "Driver": "overlay", "IPAM": {"Config": [{"Subnet": "10.64.0.0/14"}]}})
    for host in HOSTS:
        hosts.wait_until(lambda host=host: "message" not in call(host, "GET", "/networks/web"), f"{host} does not hear of the network")


# ---- all at once ----


def namespaces(names):
    subprocess.run(["ip", "-batch", "-"], input="".join(f"netns add {P}-{name}\n" for name in names), text=True, check=True)


def attach(host, name):
    while True:
        said = call(host, "POST", "/netd/v1/containers", {"Name": name, "NetnsPath": f"/run/netns/{P}-{name}", "Networks": [{"Name": "web"}]})
        if "message" not in said:
            return time.monotonic()
        # A host that gives addresses faster than it gets blocks of them says so.
        assert "addresses" in said["message"] or "block" in said["message"], said
        time.sleep(0.01)


def attach_all(host):
    for n in range(N):
        attach(host, f"{host}{n}")


def joined():
    for host in HOSTS:
        namespaces([f"{host}{n}" for n in range(N)] + [f"{host}-looker", f"{host}-last"])
        attach(host, f"{host}-looker")
    lookers = {host: Looker(f"{host}-looker") for host in HOSTS}
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(attach_all, HOSTS))
        took = time.monotonic() - began
        answered = max(pool.map(lambda host: attach(host, f"{host}-last"), HOSTS))
    complete = 0
    for host, looker in lookers.items():
        for other in HOSTS:
            looker.begin("reach", f"{other}-last")
    for host, looker in lookers.items():
        complete = max(complete, *(looker.end()[1] for _ in HOSTS))
    print(json.dumps({"scenario": "joined", "hosts": len(HOSTS), "containers": N * len(HOSTS), "attached_s": round(took, 2),
                      "complete_ms": round((complete - answered) * 1000, 2), "limit_complete_ms": 50}), flush=True)


# ---- one that starts ----


def fill(cluster_json, net):
    """Writes the records of a hundred hosts that there are not. Runs in the namespace of a host of the cluster."""
    etcd, todo = Etcd(sys.argv[5], NETD_PORT, trust(cluster_json)), []
    for n in range(100):
        todo.append((f"host/h{n}", {"Id": f"{n:064x}", "IPv4": f"198.51.100.{n + 1}", "Version": "0.1.0"}))
        todo.append((f"alive/h{n}", {"Id": f"{n:064x}"}))
    for n in range(N_RECORDS):
        addr = (66 << 16) + 64 + n
        todo.append((f"end/h{n % 100}/{net}/{n:012x}{0:052x}",  # whose first twelve digits are a name, too
                     {"IPv4": f"10.{addr >> 16}.{addr >> 8 & 255}.{addr & 255}", "Mac": f"02:42:0a:{addr >> 16:02x}:{addr >> 8 & 255:02x}:{addr & 255:02x}",
                      "Name": f"service-{n}", "Aliases": [], "Services": []}))
    for at in range(0, len(todo), OPERATIONS):
        said = etcd.ask("/v3/kv/txn", {"success": [{"requestPut": {"key": b64(PREFIX + key), "value": b64(json.dumps(value))}}
                                                   for key, value in todo[at:at + OPERATIONS]]})
        assert said.get("succeeded"), said


def is_complete(host):
    return hosts.stands_fresh(host) and call(host, "GET", "/netd/v1/records")["Due"] == 0


def start_anew(host):
    """As after a boot. Seconds until it has entered all."""
    hosts.silence(host)
    for line in subprocess.run(["ip", "-n", f"{P}-{host}", "-o", "link"], check=True, capture_output=True, text=True).stdout.splitlines():
        name = line.split(": ")[1].split("@")[0]
        if name not in ("lo", "up0"):
            subprocess.run(["ip", "-n", f"{P}-{host}", "link", "del", name], check=False, stderr=subprocess.DEVNULL)
    run(*inside(host, "nft", "flush", "ruleset"))
    run("rm", "-rf", f"{hosts.DIR}/{host}/run")
    began = time.monotonic()
    hosts.start(host, NETD)
    hosts.wait_until(lambda: is_complete(host), f"{host} does not enter all")
    return time.monotonic() - began


def lines(host, *command):
    return subprocess.run(inside(host, *command), check=True, capture_output=True).stdout.count(b"\n")


def memory(host):
    found = {}
    for pid in hosts.pids(host):
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            name = file.read().split("\0")[0].rsplit("/", 1)[-1]
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            sizes = {line.split(":")[0]: int(line.split()[1]) for line in file if line.endswith("kB\n")}
        found[name] = {"rss": round(sizes["Rss"] / 1024, 1), "anonymous": round(sizes["Anonymous"] / 1024, 1)}
    return found


def foreign():
    # Not one of those that have a member of etcd: with their netd that would end, too.
    alone = statistics.median(start_anew("e") for _ in range(STARTS))
    empty = memory("e")
    net = asked("e", "GET", "/networks/web")["Id"]
    run(*inside("e", sys.executable, "-B", __file__, NETD, str(N), str(N_RECORDS), "fill", hosts.address("a", HOSTS), f"{hosts.DIR}/e/state/cluster.json", net))
    hosts.wait_until(lambda: is_complete("e"), "e does not hear of all")
    took = statistics.median(start_anew("e") for _ in range(STARTS))
    full = memory("e")
    print(json.dumps({"scenario": "foreign", "records": N_RECORDS, "start_s": round(took, 2), "empty_start_s": round(alone, 2), "limit_start_s": 1,
                      "fdb_entries": lines("e", "bridge", "fdb", "show"), "neighbours": lines("e", "ip", "neigh", "show", "nud", "all"),
                      "herald_mb": full["netd-herald"]["rss"], "empty_herald_mb": empty["netd-herald"]["rss"], "limit_herald_mb": 12,
                      "herald_anonymous_mb": full["netd-herald"]["anonymous"], "plumber_mb": full["netd"]["rss"],
                      "resolver_mb": full["netd-resolver"]["rss"]}), flush=True)


def main():
    make_cluster()
    foreign()
    joined()


if len(sys.argv) > 4:
    fill(*sys.argv[6:])
else:
    hosts.with_hosts(main)
