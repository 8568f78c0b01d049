# hosts.py - hosts with a netd each, in network namespaces that hang on one wire; tunnels.py and spans.py load it
# SPDX-License-Identifier: GPL-2.0-or-later
import http.client
import json
import os
import socket
import subprocess
import tempfile
import time

P = f"nb{os.getpid()}"
DIR = ""  # of with_hosts


def run(*args):
    subprocess.run(args, check=True)


def ip(ns, *args):
    run("ip", "-n", f"{P}-{ns}", *args)


def inside(ns, *args):
    """A command as it is run there."""
    return ["ip", "netns", "exec", f"{P}-{ns}", *args]


class Api(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("netd")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def call(host, method, path, body=None):
    """What netd of the host answers; what it says of a failure is under "message"."""
    api = Api(f"{DIR}/{host}/run/netd.sock")
    api.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
    said = api.getresponse().read()
    return json.loads(said) if said else {}


def asked(host, method, path, body=None):
    said = call(host, method, path, body)
    assert "message" not in said, said
    return said


def address(host, hosts):
    return f"192.0.2.{hosts.index(host) + 1}"


def wait_until(done, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def make_host(host, hosts):
    """On the wire, without netd."""
    run("ip", "netns", "add", f"{P}-{host}")
    ip(host, "link", "set", "lo", "up")
    ip(host, "link", "add", "up0", "type", "veth", "peer", "name", f"w-{host}", "netns", f"{P}-out")
    ip("out", "link", "set", f"w-{host}", "master", "wire", "up")
    ip(host, "addr", "add", f"{address(host, hosts)}/24", "dev", "up0")
    ip(host, "link", "set", "up0", "up")


def make(hosts):
    """Without netd."""
    run("ip", "netns", "add", f"{P}-out")
    ip("out", "link", "add", "wire", "type", "bridge")
    ip("out", "link", "set", "wire", "up")
    for host in hosts:
        make_host(host, hosts)


def start(host, netd):
    """Its process."""
    os.makedirs(f"{DIR}/{host}", exist_ok=True)
    log = open(f"{DIR}/{host}/log", "a", encoding="utf-8")
    process = subprocess.Popen(inside(host, netd, "--run-dir", f"{DIR}/{host}/run", "--state-dir", f"{DIR}/{host}/state",
                                      "--host", f"unix://{DIR}/{host}/run/netd.sock"), stderr=log)

    def answers():
        try:
            return "message" not in call(host, "GET", "/netd/v1/info")
        except OSError:
            return False

    wait_until(answers, f"netd of {host} does not start: {DIR}/{host}/log")
    return process


def pids(ns):
    return subprocess.run(["ip", "netns", "pids", f"{P}-{ns}"], capture_output=True, text=True, check=False).stdout.split()


def silence(ns):
    """Whatever runs there ends, and what starts it again."""
    while found := pids(ns):
        subprocess.run(["kill", "-9", *found], check=False, stderr=subprocess.DEVNULL)


def stands_fresh(host):
    return call(host, "GET", "/netd/v1/cluster").get("State") == "fresh"


def is_settled(host, n):
    """It sees that all n hosts are alive, and three of them have a member of etcd."""
    stands = call(host, "GET", "/netd/v1/cluster")
    return stands.get("State") == "fresh" and stands.get("Alive") == n and len(stands.get("Etcd", [])) == 3 and not stands.get("Why")


def form(hosts, netd):
    """A cluster of them, with an etcd of netd's own on the first three."""
    first, *others = hosts
    for host in hosts:
        start(host, netd)
    asked(first, "POST", "/netd/v1/cluster/init", {"Host": first, "AdvertiseAddr": [address(first, hosts)]})
    token = asked(first, "POST", "/netd/v1/cluster/token", {})["Token"]
    for n, host in enumerate(others):
        asked(host, "POST", "/netd/v1/cluster/join", {"Host": host, "Token": token, "Remote": address(first, hosts)})
        if n == 1:  # the etcd is whole before others come
            wait_until(lambda: is_settled(first, 3), "there are not three members of etcd")
    for host in hosts:
        wait_until(lambda host=host: is_settled(host, len(hosts)), f"{host} does not see all hosts")


def with_hosts(main):
    global DIR
    with tempfile.TemporaryDirectory() as DIR:
        try:
            main()
        finally:
            for line in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout.splitlines():
                if line.startswith(f"{P}-"):
                    silence(line.split()[0].removeprefix(f"{P}-"))
                    subprocess.run(["ip", "netns", "del", line.split()[0]], check=False)
