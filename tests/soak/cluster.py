#!/usr/bin/python3
# cluster.py - three hosts with an etcd of netd's own, and what goes wrong with them, at random
# usage: cluster.py NETD DIRECTORY SECONDS SEED
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Containers come and go on a network that spans the hosts, two hosts make networks and services of one name at once, and in between something is
# killed, stopped, cut off, full or gone. All the time one container of each host pings that of the next and asks for its name. Promised, and looked
# at after each step: no address is given twice. When what was wrong is over: all hosts agree, each name has its address on each host and those that
# are gone have none, all are reached, and no packet was lost but by a host that was cut off or started anew. Prints one line of JSON at the end.
import collections
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../bench"))
import hosts  # noqa: E402
from hosts import P, asked, call, inside, run  # noqa: E402

NETD, DIR, SECONDS, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
HOSTS = "abc"
NETCTL = os.path.join(os.path.dirname(NETD), "netctl")
PATIENCE_S = 90  # for all to be as it was; what is promised is counted
PROMISED_S = 3
dice = random.Random(SEED)
log = open(f"{DIR}/steps", "w", encoding="utf-8", buffering=1)
counts = collections.Counter()
settled = collections.defaultdict(list)  # what was wrong -> seconds until all was told
process = {}  # host -> netd
living = {}  # container -> (host, address, id)
gone = collections.deque(maxlen=20)  # names of containers that are not there
outages = []  # (host, from, to) of hosts that could lose packets

# Runs in a container: reads names, says the addresses that each has. Without an answer it asks again, as programs do.
PROBE = """
import socket, struct, sys
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.connect(("127.0.0.11", 53))
resolver.settimeout(1)
def ask(name, n):
    question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + bytes(1) + struct.pack("!HH", 1, 1)
    resolver.send(struct.pack("!HHHHHH", n, 0x100, 1, 0, 0, 0) + question)
    while True:
        answer = resolver.recv(4096)
        if answer[:2] == struct.pack("!H", n):
            break
    at, found = 12 + len(question), []
    for _ in range(struct.unpack("!H", answer[6:8])[0]):
        found.append(socket.inet_ntoa(answer[at + 12:at + 16]))
        at += 16
    return found
n = 0
print("ready", flush=True)
for line in sys.stdin:
    for attempt in range(30):
        n = (n + 1) % 65536
        try:
            print(",".join(ask(line.strip(), n)), flush=True)
            break
        except OSError:
            pass
    else:
        print("silence", flush=True)
"""

# Runs in a container without a pause: asks for a name ten times a second, and writes down each question that nobody answered in five tries.
ASKER = PROBE.split("n = 0")[0] + """
import time
n = 0
while True:
    for attempt in range(5):
        n = (n + 1) % 65536
        try:
            ask(sys.argv[1], n)
            break
        except OSError:
            pass
    print("lost" if attempt == 4 else "asked", time.time(), flush=True)
    time.sleep(0.1)
"""


def say(text):
    log.write(f"{time.time():.3f} {text}\n")


def broken(text):
    say(f"BROKEN: {text}")
    raise SystemExit(f"soak: {text} (seed {SEED})")


def soon(done, what, seconds=PATIENCE_S):
    """Until it is so; the seconds it took."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            broken(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return time.monotonic() - began


def answered(host, method, path, body=None):
    """None: netd is not there, or says no."""
    try:
        said = call(host, method, path, body)
    except (OSError, ValueError):
        return None
    return None if isinstance(said, dict) and "message" in said else said


# ---- containers ----


class Probe:
    def __init__(self, ns):
        self.process = subprocess.Popen(inside(ns, sys.executable, "-I", "-S", "-c", PROBE), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def ask(self, name):
        counts["names asked"] += 1
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if said == "silence":
            broken(f"{name}: the resolver does not answer")
        return set(said.split(",")) - {""}


def attach(host, name, service=False):
    body = {"Name": name, "NetnsPath": f"/run/netns/{P}-{name}", "Networks": [{"Name": "web"}]}
    if service:
        body["Labels"] = {"netd.service": "front"}
    run("ip", "netns", "add", f"{P}-{name}")
    said = answered(host, "POST", "/netd/v1/containers", body)
    if not said:
        run("ip", "netns", "del", f"{P}-{name}")
        return False
    addr = said["NetworkSettings"]["Networks"]["web"]["IPAddress"]
    holder = next((other for other, (_, its, _) in living.items() if its == addr), None)
    counts["addresses given"] += 1
    if holder:
        broken(f"{addr} of {name} on {host} is {holder}'s already")
    living[name] = (host, addr, service)
    say(f"attach {name} on {host}: {addr}")
    return True


def detach(name):
    host = living[name][0]
    if answered(host, "DELETE", f"/netd/v1/containers/{name}") is None:
        return
    say(f"detach {name} on {host}")
    del living[name]
    gone.append(name)
    run("ip", "netns", "del", f"{P}-{name}")


# Those that stay, one of each host: they ping and ask all the time.
probes, pingers = {}, {}


def begin_steady(host):
    soon(lambda: attach(host, f"steady-{host}"), f"{host} attaches no container")
    probes[host] = Probe(f"steady-{host}")


def begin_pings(host, other):
    ns, n = f"steady-{host}", len(os.listdir(DIR))
    path = f"{DIR}/{host}.{n}"
    pingers[host] = [
        subprocess.Popen(inside(ns, "ping", "-n", "-D", "-O", "-i", "0.1", living[f"steady-{other}"][1]),
                         stdout=open(f"{path}.ping", "w", encoding="utf-8"), stderr=subprocess.STDOUT),
        subprocess.Popen(inside(ns, sys.executable, "-I", "-S", "-c", ASKER, f"steady-{host}"),
                         stdout=open(f"{path}.asked", "w", encoding="utf-8"), stderr=subprocess.STDOUT)]


def end_pings():
    for pair in pingers.values():
        pair[0].send_signal(signal.SIGINT)  # it writes what it has counted
        pair[1].kill()
        for each in pair:
            each.wait()
    pingers.clear()


def begin_all_pings():
    for host, other in zip(HOSTS, HOSTS[1:] + HOSTS[0]):
        begin_pings(host, other)


def count_lost():
    """What nobody answered, and was not sent while one of the two was away."""
    for name in os.listdir(DIR):
        path = f"{DIR}/{name}"
        if name.endswith(".ping"):
            pair = (name[0], HOSTS[(HOSTS.index(name[0]) + 1) % 3])
            with open(path, encoding="utf-8") as file:
                text = file.read()
            counts["packets answered"] += len(re.findall(r"bytes from", text))
            for at in re.findall(r"\[([0-9.]+)\] no answer yet", text):
                excused = any(host in pair and begin - 0.5 <= float(at) <= end + 1.5 for host, begin, end in outages)
                counts["packets lost of hosts that were away" if excused else "packets lost"] += 1
                if not excused:
                    say(f"a packet of {pair} was lost at {at}")
        elif name.endswith(".asked"):
            with open(path, encoding="utf-8") as file:
                lines = file.read().split("\n")
            counts["questions answered"] += sum(line.startswith("asked") for line in lines)
            lost = [line.split()[1] for line in lines if line.startswith("lost")]
            counts["questions lost"] += sum(not any(host == name[0] and begin - 6 <= float(at) <= end + 6 for host, begin, end in outages) for at in lost)


# ---- what is promised ----


def given():
    """Addresses that hosts say they have given, of those that answer."""
    found = collections.defaultdict(list)
    for host in HOSTS:
        said = answered(host, "GET", "/networks/web")
        for container in (said or {}).get("Containers", {}).values():
            found[container["IPv4Address"].split("/")[0]].append(f"{container['Name']} on {host}")
    return found


def check_addresses():
    for addr, holders in given().items():
        counts["addresses compared"] += 1
        if len(holders) > 1:
            broken(f"{addr} is {' and '.join(holders)}'s")


def stands(host, alive=3):
    said = answered(host, "GET", "/netd/v1/cluster") or {}
    return said.get("State") == "fresh" and said.get("Alive") == alive and not said.get("Why")


def names_are_right(host):
    backends = {addr for _, addr, service in living.values() if service}
    return (all(probes[host].ask(name) == {addr} for name, (_, addr, _) in living.items()) and
            all(not probes[host].ask(name) for name in gone if name not in living) and probes[host].ask("tasks.front") == backends)


def networks_of(host):
    return {(net["Name"], net["Id"]) for net in answered(host, "GET", "/networks") or [] if net["Driver"] == "overlay"}


def services_of(host):
    return {(each["Name"], json.dumps(each.get("IPv4Address"))) for each in answered(host, "GET", "/netd/v1/services") or []}


def agree():
    return len({frozenset(networks_of(host)) for host in HOSTS}) == 1 and len({frozenset(services_of(host)) for host in HOSTS}) == 1


def is_reached(host, addr):
    return subprocess.run(inside(f"steady-{host}", "ping", "-q", "-n", "-c", "1", "-W", "1", addr), stdout=subprocess.DEVNULL, check=False).returncode == 0


def settle(what):
    """All is as it is to be: from when etcd answers all hosts it may take PROMISED_S."""
    soon(lambda: all(stands(host) for host in HOSTS), f"hosts see each other after {what}")
    began = time.monotonic()
    for host in HOSTS:
        soon(lambda host=host: names_are_right(host), f"{host} knows all names after {what}")
    soon(agree, f"hosts agree after {what}")
    took = time.monotonic() - began
    settled[what].append(took)
    counts["settled"] += 1
    counts["settled later than promised"] += took > PROMISED_S
    check_addresses()
    for name in dice.sample(sorted(living), min(6, len(living))):
        host = dice.choice(HOSTS)
        soon(lambda name=name, host=host: is_reached(host, living[name][1]), f"{name} is reached from {host} after {what}")
        counts["reached"] += 1
    say(f"settled after {what}: {took:.2f} s")


# ---- work ----


def work(n=4):
    for _ in range(n):
        host = dice.choice(HOSTS)
        mine = [name for name in living if not name.startswith("steady")]
        if len(mine) < 6 or (len(mine) < 40 and dice.random() < 0.5):
            name = f"c{counts['attaches asked']}"
            counts["attaches asked"] += 1
            counts["attaches done"] += attach(host, name, dice.random() < 0.3)
        else:
            detach(dice.choice(mine))
            counts["detaches"] += 1
        check_addresses()


def at_once(*args):
    """Two hosts ask at the same moment."""
    asks = [subprocess.Popen([NETCTL, *args, "-H", f"unix://{hosts.DIR}/{host}/run/netd.sock"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for host in dice.sample(HOSTS, 2)]
    return [each.wait() for each in asks]


def claim_at_once():
    n = counts["claimed at once"]
    counts["claimed at once"] += 1
    made = at_once("network", "create", "-d", "overlay", f"n{n}")
    soon(agree, f"hosts agree about network n{n}")
    if sorted(made) == [0, 0]:
        broken(f"two hosts made network n{n}, and both were told that they did")
    made = at_once("service", "create", "--network", "web", "-p", "80", f"s{n}")
    soon(agree, f"hosts agree about service s{n}")
    if sorted(made) == [0, 0]:
        broken(f"two hosts made service s{n}, and both were told that they did")
    # Removed on one and made again at once on another, or on the same.
    at_once("service", "rm", f"s{n}")
    one, other = dice.choice(HOSTS), dice.choice(HOSTS)
    answered(one, "DELETE", f"/networks/n{n}")
    answered(other, "POST", "/networks/create", {"Name": f"n{n}", "Driver": "overlay"})
    soon(agree, f"hosts agree about network n{n} that was made anew")
    for host in HOSTS:
        answered(host, "DELETE", f"/networks/n{n}")
    soon(lambda: agree() and not any(name == f"n{n}" for name, _ in networks_of("a")), f"network n{n} is gone")


# ---- what goes wrong ----


def pid_of(host, role):
    try:
        with open(f"{hosts.DIR}/{host}/run/{role}.pid", encoding="utf-8") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def etcd_pid(host):
    return (answered(host, "GET", "/netd/v1/cluster") or {}).get("EtcdPid") or 0


def kill(pid, how=signal.SIGKILL):
    if pid > 1:
        os.kill(pid, how)


def etcdctl(host, *args):
    at = f"{hosts.DIR}/{host}/state/etcd"
    return subprocess.run(inside(host, "env", "ETCDCTL_API=3", "etcdctl", "--endpoints", f"https://{hosts.address(host, HOSTS)}:2389", "--cacert", f"{at}/ca.pem",
                                 "--cert", f"{at}/host.pem", "--key", f"{at}/host.key", *args), capture_output=True, text=True, check=False).stdout


def leader():
    for host in HOSTS:
        status = json.loads(etcdctl(host, "endpoint", "status", "-w", "json") or "[]")
        if status and status[0]["Status"]["leader"] == status[0]["Status"]["header"]["member_id"]:
            return host
    return dice.choice(HOSTS)


def netd_killed(host):
    process[host].kill()
    process[host].wait()
    time.sleep(dice.choice((0, 0, 1, 5)))
    work(2)
    process[host] = hosts.start(host, NETD)


def netd_killed_while_its_etcd_stands_still(host):
    pid, keeper = etcd_pid(host), pid_of(host, "keeper")
    kill(pid, signal.SIGSTOP)
    netd_killed(host)
    kill(pid, signal.SIGCONT)
    soon(lambda: stands(host), f"{host} is back")
    if (etcd_pid(host), pid_of(host, "keeper")) != (pid, keeper):
        broken(f"{host} has another etcd or keeper than before")


def herald_killed(host):
    kill(pid_of(host, "herald"))
    work()


def resolver_killed(host):
    kill(pid_of(host, "resolver"))
    work()


def keeper_killed(host):
    kill(pid_of(host, "keeper"))
    work()


def leader_killed(_):
    kill(etcd_pid(leader()))
    work()


def member_stands_still(host):
    pid = etcd_pid(host)
    kill(pid, signal.SIGSTOP)
    work()
    time.sleep(dice.uniform(0, 6))
    kill(pid, signal.SIGCONT)


def no_etcd(_):
    pids = [etcd_pid(host) for host in HOSTS]
    for pid in pids:
        kill(pid, signal.SIGSTOP)
    time.sleep(dice.uniform(1, 6))
    work()
    for pid in pids:
        kill(pid, signal.SIGCONT)


def cut(host, seconds):
    began = time.time()
    run("ip", "-n", f"{P}-out", "link", "set", f"w-{host}", "down")
    work(2)
    time.sleep(seconds)
    run("ip", "-n", f"{P}-out", "link", "set", f"w-{host}", "up")
    outages.append((host, began, time.time()))


def host_cut(host):
    cut(host, dice.uniform(0, 8))


def host_cut_while_etcd_forgets(host):
    began = time.time()
    other = next(each for each in HOSTS if each != host)
    run("ip", "-n", f"{P}-out", "link", "set", f"w-{host}", "down")
    soon(lambda: stands(other, alive=2), f"{other} misses {host}")
    work(6)
    status = json.loads(etcdctl(other, "endpoint", "status", "-w", "json"))
    etcdctl(other, "compact", str(status[0]["Status"]["header"]["revision"]))
    run("ip", "-n", f"{P}-out", "link", "set", f"w-{host}", "up")
    outages.append((host, began, time.time()))


def etcd_full(host):
    """By its alarm. Attaches go on, and are told when there is room again."""
    at = f"{hosts.DIR}/{host}/state/etcd"
    member = json.loads(etcdctl(host, "endpoint", "status", "-w", "json"))[0]["Status"]["header"]["member_id"]

    def alarm(action):
        run(*inside(host, "curl", "-sS", "--fail", "-o", "/dev/null", "--retry", "9", "--cacert", f"{at}/ca.pem", "--cert", f"{at}/host.pem", "--key", f"{at}/host.key",
                    f"https://{hosts.address(host, HOSTS)}:2389/v3/maintenance/alarm", "-d", json.dumps({"action": action, "alarm": "NOSPACE", "memberID": str(member)})))

    alarm("ACTIVATE")
    work()
    time.sleep(dice.uniform(0, 5))
    alarm("DEACTIVATE")


def host_rebooted(host):
    """Its power is lost: what is left of it is its disk."""
    end_pings()
    began = time.time()
    hosts.silence(host)
    process[host].wait()
    for name in [name for name in living if living[name][0] == host]:
        if name == f"steady-{host}":
            hosts.silence(name)
        run("ip", "netns", "del", f"{P}-{name}")
        del living[name]
        gone.append(name)
    run("ip", "netns", "del", f"{P}-{host}")
    run("rm", "-rf", f"{hosts.DIR}/{host}/run")
    wire = ["ip", "-n", f"{P}-out", "link", "show", f"w-{host}"]
    soon(lambda: subprocess.run(wire, capture_output=True, check=False).returncode != 0, "the kernel lets go of the wire")
    hosts.make_host(host, HOSTS)
    process[host] = hosts.start(host, NETD)
    begin_steady(host)
    outages.append((host, began, time.time()))
    begin_all_pings()


def container_moves(host):
    """With its address, which is of its first host's block: no other host gives it."""
    mine = [name for name in living if living[name][0] == host and not name.startswith("steady")]
    if not mine:
        return
    name, (_, addr, _) = mine[0], living[mine[0]]
    detach(name)
    if name in living:
        return
    other = next(each for each in HOSTS if each != host)
    if attach(other, name) and living[name][1] == addr:
        broken(f"{other} gives {addr}, which is in a block of {host}'s")
    if name in gone:
        gone.remove(name)


FAULTS = [netd_killed, netd_killed, netd_killed_while_its_etcd_stands_still, herald_killed, resolver_killed, keeper_killed, leader_killed, member_stands_still,
          no_etcd, host_cut, host_cut, host_cut_while_etcd_forgets, etcd_full, host_rebooted, container_moves]


def make_cluster():
    hosts.make(HOSTS)
    for host in HOSTS:
        process[host] = hosts.start(host, NETD)
    asked("a", "POST", "/netd/v1/cluster/init", {"Host": "a", "AdvertiseAddr": [hosts.address("a", HOSTS)]})
    token = asked("a", "POST", "/netd/v1/cluster/token", {})["Token"]
    # Both at the same moment.
    joins = [subprocess.Popen([NETCTL, "cluster", "join", "-H", f"unix://{hosts.DIR}/{host}/run/netd.sock", "--token", token, "--name", host,
                               hosts.address("a", HOSTS)], stdout=subprocess.DEVNULL) for host in "bc"]
    if any(each.wait() for each in joins):
        broken("two hosts could not join at once")
    for host in HOSTS:
        soon(lambda host=host: stands(host) and len(call(host, "GET", "/netd/v1/cluster")["Etcd"]) == 3, f"{host} sees three hosts with three members")
    asked("a", "POST", "/networks/create", {"Name": "web", "Driver": "overlay"})
    for host in HOSTS:
        begin_steady(host)
    asked("a", "POST", "/netd/v1/services", {"Name": "front", "Network": "web", "Ports": [{"Port": 80}]})


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # who began this may have it ignored
    hosts.DIR = DIR
    try:
        soak()
    finally:
        end_pings()
        for line in subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout.splitlines():
            if line.startswith(f"{P}-"):
                hosts.silence(line.split()[0].removeprefix(f"{P}-"))
                subprocess.run(["ip", "netns", "del", line.split()[0]], check=False)


def soak():
    make_cluster()
    settle("the start")
    begin_all_pings()
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        fault, host = dice.choice(FAULTS), dice.choice(HOSTS)
        say(f"fault: {fault.__name__} {host}")
        counts["faults"] += 1
        counts[fault.__name__] += 1
        fault(host)
        settle(fault.__name__)
        work()
        if dice.random() < 0.3:
            claim_at_once()
    settle("the end")
    end_pings()
    count_lost()
    print(json.dumps({"scenario": "soak-cluster", "seed": SEED, "seconds": SECONDS, **counts,
                      "told_s": {what: [round(sorted(took)[len(took) // 2], 2), round(max(took), 2)] for what, took in settled.items()}}))
    if counts["packets lost"] or counts["questions lost"]:
        broken(f"{counts['packets lost']} packets and {counts['questions lost']} questions were lost")


main()
