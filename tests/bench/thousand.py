#!/usr/bin/python3
# thousand.py - what a cluster of 1,000 hosts with 100,000 containers costs one of its hosts, and one member of its etcd
# usage: thousand.py NETD [HOSTS [CONTAINERS]]
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Prints two lines of JSON. "host": a netd is told the records of all others, as its herald would; seconds until they are entered, processor's
# time and memory of netd's processes, entries in the kernel, and the same for one record more. "etcd": the same records in an etcd, read as a
# herald reads them, and followed by as many watches as there are hosts; bytes on the wire and etcd's time, for each. Without TLS.
import base64
import hashlib
import json
import os
import re
import select
import subprocess
import sys
import time

import hosts
from etcd import PREFIX, Etcd, b64
from hosts import P, call, inside

NETD = sys.argv[1]
N_HOSTS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
N_CONTAINERS = int(sys.argv[3]) if len(sys.argv) > 3 else 100 * N_HOSTS
NET = "5" * 64
BATCH = 1000  # records in a request to netd
OPERATIONS = 128  # of a transaction, as etcd allows
PAGE = 256  # records that a herald reads at a time
PUTS = 50


def id_of(n):
    """As by chance: what a container is called by for short, the first twelve digits, is its own."""
    return hashlib.sha256(str(n).encode()).hexdigest()


def container(n):
    """Key and value of one, as its host writes them."""
    host, n_of_host = n % N_HOSTS, n // N_HOSTS
    addr = 64 * (1 + host * (1 + (N_CONTAINERS // N_HOSTS) // 64) + n_of_host // 64) + n_of_host % 64
    return (f"{PREFIX}end/h{host}/{NET}/{id_of(n)}",
            {"IPv4": f"10.{addr >> 16 & 255}.{addr >> 8 & 255}.{addr & 255}",
             "Mac": "02:42:" + ":".join(f"{addr >> shift & 255:02x}" for shift in (24, 16, 8, 0)),
             "Name": f"service-{n}", "Aliases": [], "Services": []})


def records():
    yield (f"{PREFIX}net/web", {"Id": NET, "Vni": 5001, "Mtu": 0, "Internal": False, "Icc": True, "Encrypt": False,
                                "IPv4": {"Subnet": "10.0.0.0/8", "Gateway": "10.0.0.1"}})
    for n in range(N_HOSTS):
        yield (f"{PREFIX}host/h{n}", {"Id": id_of(n), "IPv4": f"192.0.{2 + n // 250}.{1 + n % 250}", "Version": "0.1.0"})
        yield (f"{PREFIX}alive/h{n}", {"Id": id_of(n)})
    for n in range(N_CONTAINERS):
        yield container(n)


def batches(n):
    batch = {}
    for key, value in records():
        batch[key] = value
        if len(batch) == n:
            yield batch
            batch = {}
    yield batch


def processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return round(int(re.search(r"VmRSS:\s*(\d+)", file.read())[1]) / 1024, 1)


# ---- one host ----


def entered():
    while call("h", "GET", "/netd/v1/records")["Due"] > 0:
        time.sleep(0.01)


def lines(*command):
    return subprocess.run(inside("h", *command), check=True, capture_output=True).stdout.count(b"\n")


def one_host():
    hosts.make("h")
    hosts.start("h", NETD)
    assert call("h", "PUT", "/netd/v1/records", {"Self": {"Name": "self", "Address": hosts.address("h", "h")}}) == {}
    processes = sorted(int(pid) for pid in hosts.pids("h"))
    plumber, before = processes[0], {pid: processor_s(pid) for pid in processes}
    empty = {pid: memory_mb(pid) for pid in processes}
    began = time.monotonic()
    for batch in batches(BATCH):
        said = call("h", "PUT", "/netd/v1/records", {"Put": batch})
        assert said == {}, said
    entered()
    took = time.monotonic() - began
    used = {pid: processor_s(pid) - before[pid] for pid in processes}
    full = {pid: memory_mb(pid) for pid in processes}
    began = time.monotonic()
    key, value = container(N_CONTAINERS)
    assert call("h", "PUT", "/netd/v1/records", {"Put": {key: value}}) == {}
    entered()
    one = time.monotonic() - began
    print(json.dumps({"scenario": "thousand-host", "hosts": N_HOSTS, "containers": N_CONTAINERS, "entered_s": round(took, 2),
                      "plumber_cpu_s": round(used[plumber], 2), "others_cpu_s": round(sum(used.values()) - used[plumber], 2),
                      "plumber_mb": full[plumber], "plumber_empty_mb": empty[plumber],
                      "others_mb": round(sum(full.values()) - full[plumber], 1), "fdb_entries": lines("bridge", "fdb", "show"),
                      "neighbours": lines("ip", "neigh", "show", "nud", "all"), "one_more_ms": round(one * 1000, 1)}), flush=True)


# ---- its etcd ----


def start_etcd():
    subprocess.Popen(inside("h", "etcd", "--data-dir", f"{hosts.DIR}/etcd", "--listen-client-urls", "http://127.0.0.1:2379", "--advertise-client-urls",
                            "http://127.0.0.1:2379", "--listen-peer-urls", "http://127.0.0.1:2380", "--log-level", "error"),
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        try:
            return "header" in Etcd("127.0.0.1").ask("/v3/kv/range", {"key": b64("x")})
        except OSError:
            return False

    hosts.wait_until(answers, "etcd does not start")
    return next(int(pid) for pid in hosts.pids("h") if os.readlink(f"/proc/{pid}/exe").endswith("etcd"))


def fill(etcd):
    for batch in batches(OPERATIONS):
        said = etcd.ask("/v3/kv/txn", {"success": [{"requestPut": {"key": b64(key), "value": b64(json.dumps(value, separators=(",", ":")))}}
                                                   for key, value in batch.items()]})
        assert said.get("succeeded"), said


def read_all(etcd):
    key, n = PREFIX, 0
    while True:
        said = etcd.ask("/v3/kv/range", {"key": b64(key), "range_end": b64("/netd/v10"), "limit": str(PAGE)})
        found = said.get("kvs", [])
        n += len(found)
        if not said.get("more"):
            return n
        key = base64.b64decode(found[-1]["key"]).decode() + "\0"


def follow(etcd, pid):
    """What one put costs that all hosts hear of."""
    watches = [Etcd("127.0.0.1") for _ in range(N_HOSTS)]
    for watch in watches:
        watch.watch()
    poll = select.poll()
    by_fd = {watch.socket.fileno(): watch for watch in watches}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    before, latest = processor_s(pid), []
    for n in range(PUTS):
        key, value = container(N_CONTAINERS + n)
        due, began = set(by_fd), time.monotonic()
        etcd.ask("/v3/kv/put", {"key": b64(key), "value": b64(json.dumps(value, separators=(",", ":")))})
        while due:
            for fd, _ in poll.poll():
                by_fd[fd].receive()
                if by_fd[fd].has_seen():
                    by_fd[fd].rest = b""
                    due.discard(fd)
        latest.append(time.monotonic() - began)
    n_bytes = sum(watch.n_bytes for watch in watches) / PUTS / N_HOSTS
    return {"event_bytes": round(n_bytes), "event_cpu_ms": round((processor_s(pid) - before) / PUTS * 1000, 1),
            "event_last_ms": round(sorted(latest)[PUTS // 2] * 1000, 1)}


def its_etcd():
    pid = start_etcd()
    etcd = Etcd("127.0.0.1")
    before, began = processor_s(pid), time.monotonic()
    fill(etcd)
    filled = {"written_s": round(time.monotonic() - began, 1), "written_cpu_s": round(processor_s(pid) - before, 1)}
    etcd.n_bytes, before, began = 0, processor_s(pid), time.monotonic()
    n = read_all(etcd)
    read = {"records": n, "read_s": round(time.monotonic() - began, 1), "read_cpu_s": round(processor_s(pid) - before, 1),
            "read_mb": round(etcd.n_bytes / 1e6, 1)}
    size = int(subprocess.run(["du", "-sm", f"{hosts.DIR}/etcd/member/snap"], check=True, capture_output=True).stdout.split()[0])
    print(json.dumps({"scenario": "thousand-etcd", "hosts": N_HOSTS, "containers": N_CONTAINERS, **filled, **read, "database_mb": size,
                      "etcd_mb": memory_mb(pid), **follow(etcd, pid)}), flush=True)


def main():
    one_host()
    hosts.silence("h")
    subprocess.run(inside("h", sys.executable, "-B", __file__, NETD, str(N_HOSTS), str(N_CONTAINERS), hosts.DIR, P), check=True)


if len(sys.argv) > 4:  # in the host's namespace, from which its etcd is reached
    hosts.DIR, hosts.P = sys.argv[4:]
    its_etcd()
else:
    hosts.with_hosts(main)
