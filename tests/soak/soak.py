# soak.py - random work, kills, stops, damage and floods, against a model of what must be reachable and resolvable
# usage: soak.py NETD DIRECTORY SECONDS SEED      SPDX-License-Identifier: GPL-2.0-or-later
#
# scripts/soak makes the namespaces that this runs in. Each step does some work side by side, mostly while something goes
# wrong, and then looks whether all is as the model says; what took how long to come right is counted. It ends with the
# first violation, which is told before the last steps; the seed begins the same choices again.
import collections
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from daemon import Daemon, Gone
from model import Container, Model, Network
from steady import Steady
from world import SERVED, Name, Netns, Servers, Service, probe, question, run, setns
import socket

PORTS = range(20000, 20040)
MAX_NETWORKS, MAX_CONTAINERS = 6, 10
COMES_RIGHT = 20  # seconds until what was damaged must be whole again


class Violation(Exception):
    pass


class Soak:
    def __init__(self, program, directory, seconds, seed):
        self.random = random.Random(seed)
        self.until = time.monotonic() + seconds
        self.directory = directory
        self.counts = collections.Counter()
        self.healed = collections.defaultdict(list)  # kind of damage -> seconds
        self.steps = collections.deque(maxlen=40)
        self.history = collections.deque(maxlen=200)  # (when, what went wrong)
        self.model, self.servers = Model(), Servers()
        self.number = 0
        self.wrong = None  # what is going wrong in this step
        self.outside = Netns("out")
        self.wire()
        self.daemon = Daemon(program, directory)
        self.said = open(directory + "/netd.log", errors="replace")
        self.daemon.start()
        self.log = open(directory + "/steps", "w", buffering=1)

    @staticmethod
    def wire():
        run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "wire", "netns", "out")
        for where, link, address in (((), "up0", "192.0.2.1"), (("-n", "out"), "wire", "192.0.2.2")):
            run("ip", *where, "addr", "add", address + "/24", "dev", link)
            run("ip", *where, "link", "set", link, "up")
        run("ip", "link", "set", "lo", "up")
        run("ip", "route", "add", "default", "via", "192.0.2.2")

    def say(self, text):
        self.steps.append(text)
        self.log.write(text + "\n")

    # ---- work ----

    def asked(self, method, path, body=None):
        """netd's answer: the status and what it said; (0, None) when a kill came between."""
        try:
            status, said = self.daemon.call(method, path, body)
        except Gone:
            self.counts["calls cut"] += 1
            return 0, None
        self.counts["calls"] += 1
        if status >= 500 and status != 503 and self.wrong not in self.MAY_FAIL:
            raise Violation("%s %s %s: %d %s" % (method, path, json.dumps(body), status, said))
        return status, said

    def look(self, path):
        """An answer to a GET, whatever is killed meanwhile."""
        while True:
            try:
                return self.daemon.call("GET", path)
            except Gone:
                self.back()

    def told(self, name):
        """What netd tells about a container: (networks with addresses, host ports), or None."""
        status, said = self.look("/netd/v1/containers/" + name)
        if status == 404:
            return None
        settings = said["NetworkSettings"]
        ports = {int(one["HostPort"]) for bound in (settings["Ports"] or {}).values() for one in bound or ()}
        return {net: one["IPAddress"] for net, one in settings["Networks"].items()}, ports

    def decide(self, what, status, before, after, container):
        """The state in which a change left a container: what the answer says, or after a kill, what netd tells."""
        if status == 0:
            told = self.told(container.name)
            view = None if told is None else self.model.view(told[0], told[1])
            if view not in (before, after):
                raise Violation("%s, cut by a kill, is neither before (%s) nor after (%s): %s" % (what, before, after, view))
            return view
        return after if 200 <= status < 300 else before

    def back(self):
        """Waits for netd's next start."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                if self.daemon.call("GET", "/_ping")[0] == 200:
                    return
            except Gone:
                time.sleep(0.01)
        raise Violation("netd did not come back")

    def changed(self, what, container, method, path, body, networks, ports):
        """Asks for a change of one container; True when it was made. `networks` and `ports` are what it has then."""
        known = self.model.containers.get(container.name)
        before = self.model.view(known.networks, known.ports) if known else None
        after = None if networks is None else self.model.view(networks, ports)
        status, said = self.asked(method, path, body)
        made = self.decide(what, status, before, after, container) == after
        self.say("%s: %d%s" % (what, status, "" if made else " " + str((said or {}).get("message", "left as it was"))))
        if made and networks is not None:
            container.networks, container.ports = self.learn(container, networks), dict(ports)
        elif status and not made:
            self.counts["refused"] += 1
        return made

    def learn(self, container, networks):
        """The addresses netd chose; what was known already must not have changed."""
        told = self.told(container.name)
        if told is None:
            raise Violation("%s is gone after it was attached" % container.name)
        for name, address in container.networks.items():
            if name in networks and address and told[0].get(name) != address:
                raise Violation("%s has another address on %s: %s, was %s" % (container.name, name, told[0].get(name), address))
        return {name: told[0].get(name) for name in networks}

    def attach(self, container):
        what = "attach %s to %s" % (container.name, " ".join(container.networks))
        networks, ports = dict(container.networks), dict(container.ports)
        body = container.body()
        container.networks = {}
        if self.changed(what, container, "POST", "/netd/v1/containers", body, networks, ports):
            self.model.containers[container.name] = container
        else:
            self.bury(container)

    def bury(self, container):
        self.servers.forget(container.name)
        container.netns.remove()

    def detach(self, container):
        if self.changed("detach " + container.name, container, "DELETE", "/netd/v1/containers/" + container.name, None, None, None):
            del self.model.containers[container.name]
            self.bury(container)

    def dies(self, container):
        """The container's namespace goes, and nobody tells netd."""
        del self.model.containers[container.name]
        self.bury(container)
        self.say("the namespace of %s goes" % container.name)
        end = time.monotonic() + COMES_RIGHT
        while time.monotonic() < end:
            if self.told(container.name) is None:
                return
            time.sleep(0.02)
        raise Violation("%s is still attached though its namespace is gone" % container.name)

    def connect(self, container, network):
        alias = "alias%d" % self.random.randrange(4)
        container.aliases[network] = alias
        body = {"Container": container.name, "EndpointConfig": {"Aliases": [alias]}}
        self.changed("connect %s to %s" % (container.name, network), container, "POST", "/networks/%s/connect" % network,
                     body, {**container.networks, network: None}, container.ports)

    def disconnect(self, container, network):
        rest = {name: address for name, address in container.networks.items() if name != network}
        self.changed("disconnect %s from %s" % (container.name, network), container, "POST",
                     "/networks/%s/disconnect" % network, {"Container": container.name}, rest, container.ports)

    def publish(self, container, port):
        ports = {**container.ports, port: SERVED}
        self.changed("publish %d of %s" % (port, container.name), container, "POST",
                     "/netd/v1/containers/%s/ports" % container.name, {"PortBindings": container.bindings({port: SERVED})},
                     container.networks, ports)

    def take_back(self, container, port):
        ports = {host: inside for host, inside in container.ports.items() if host != port}
        self.changed("take back %d of %s" % (port, container.name), container, "DELETE",
                     "/netd/v1/containers/%s/ports" % container.name, {"PortBindings": container.bindings({port: SERVED})},
                     container.networks, ports)

    def create(self, network):
        status, _ = self.asked("POST", "/networks/create", network.body())
        self.say("create %s: %d" % (network.name, status))
        if status == 0:
            status = self.look("/networks/" + network.name)[0]
        if 200 <= status < 300:
            self.model.networks[network.name] = network

    def remove(self, network):
        status, _ = self.asked("DELETE", "/networks/" + network.name)
        self.say("remove %s: %d" % (network.name, status))
        if status == 0:
            status = 204 if self.look("/networks/" + network.name)[0] == 404 else 0
        if status == 204:
            del self.model.networks[network.name]

    def refuse(self, container):
        """What must be refused, and leave all as it is: a name, a port and a network that somebody has or that is not."""
        port = next(iter(container.ports), None) if self.led(container) else None
        other = self.fresh_name("x")
        for body in ({"Name": container.name, "NetnsPath": self.outside.path, "Networks": {"bridge": {}}},
                     {"Name": other, "NetnsPath": container.netns.path, "Networks": {"bridge": {}}},
                     {"Name": other, "NetnsPath": self.outside.path, "Networks": {"no-such-network": {}}},
                     {"Name": other, "NetnsPath": self.outside.path, "Networks": {"bridge": {}},
                      "PortBindings": container.bindings({port or 19999: SERVED})}):
            status, said = self.asked("POST", "/netd/v1/containers", body)
            if 200 <= status < 300:
                raise Violation("%s is not refused: %d %s" % (json.dumps(body), status, said))
            self.counts["refused"] += 1

    # ---- choices ----

    def fresh_name(self, prefix):
        self.number += 1
        return "%s%d" % (prefix, self.number)

    def new_container(self, free, n_networks):
        name = self.fresh_name("pod")  # never the beginning of an id
        container = Container(name, Netns(name))
        stay = sorted(self.model.networks.keys() - self.going)
        for network in self.random.sample(stay, min(n_networks, len(stay))):
            container.networks[network], container.aliases[network] = None, "alias%d" % self.random.randrange(4)
        for _ in range(self.random.randrange(3)):
            if free:
                container.ports[free.pop()] = SERVED
        self.servers.add(name, container.netns)
        return container

    def one_job(self, idle, free):
        """A change of something that no other job of this step has, and its arguments; None when nothing fits."""
        kind = self.random.choice(["attach", "attach", "detach", "dies", "connect", "connect", "disconnect", "publish",
                                   "take_back", "create", "remove", "refuse"])
        if kind == "create" and len(self.model.networks) < MAX_NETWORKS:
            return self.create, Network(self.fresh_name("n"), self.random.random() < 0.2)
        if kind == "remove":
            unused = [one for name, one in self.model.networks.items() if not self.model.members(name) and name not in self.busy]
            if len(self.model.networks) > 2 and unused:
                self.busy.add(unused[0].name)
                self.going.add(unused[0].name)
                return self.remove, unused[0]
        if kind == "attach" and len(self.model.containers) < MAX_CONTAINERS and self.model.networks.keys() - self.busy:
            container = self.new_container(free, self.random.choice([1, 1, 2, 3]))
            self.busy.update(container.networks)
            return self.attach, container
        return self.job_of_one(kind, idle, free)

    def job_of_one(self, kind, idle, free):
        if kind not in ("detach", "dies", "connect", "disconnect", "publish", "take_back", "refuse") or not idle:
            return None
        container = idle.pop(self.random.randrange(len(idle)))
        others = sorted(self.model.networks.keys() - container.networks.keys() - self.busy)
        if kind in ("detach", "dies", "refuse"):
            return getattr(self, kind), container
        if kind == "connect" and others:
            self.busy.add(others[0])
            return self.connect, container, others[0]
        if kind == "disconnect" and len(container.networks) > 1:
            return self.disconnect, container, self.random.choice(sorted(container.networks))
        if not self.led(container):  # netd does not tell which ports are parked, so what a kill left is not to be known
            return None
        if kind == "publish" and free:
            return self.publish, container, free.pop()
        if kind == "take_back" and container.ports:
            return self.take_back, container, self.random.choice(sorted(container.ports))
        return None

    def jobs(self):
        idle = [one for one in self.model.containers.values() if not one.name.startswith("s")]
        taken = {port for one in self.model.containers.values() for port in one.ports}
        free = [port for port in PORTS if port not in taken]
        self.random.shuffle(free)
        self.busy, self.going = {"steady"}, set()  # networks that a job of this step changes, or removes
        wanted = [self.one_job(idle, free) for _ in range(self.random.choice([1, 1, 2, 4]))]
        return [job for job in wanted if job]

    # ---- what goes wrong ----

    def kill_plumber(self):
        self.daemon.end()
        time.sleep(self.random.choice([0, 0, 0.3]))
        self.daemon.start()

    def restart(self):
        self.daemon.end(signal.SIGTERM)
        self.daemon.start()

    def kill_resolver(self):
        pid = self.daemon.resolver()
        if pid:
            os.kill(pid, signal.SIGKILL)

    def stop_resolver(self):
        """It is never continued: netd has to notice."""
        pid = self.daemon.resolver()
        if pid:
            os.kill(pid, signal.SIGSTOP)

    def stop_plumber(self):
        os.kill(self.daemon.process.pid, signal.SIGSTOP)
        time.sleep(0.5)
        os.kill(self.daemon.process.pid, signal.SIGCONT)

    def flush_rules(self):
        run("nft", "flush", "ruleset")

    def some_link(self, kind):
        links = json.loads(run("ip", "-j", "link", "show", "type", kind))
        names = [one["ifname"] for one in links if one["ifname"] not in self.spared]
        return self.random.choice(sorted(names)) if names else None

    def on_link(self, kind, *argv):
        link = self.some_link(kind)
        if link:
            run("ip", "link", *(link if word == "LINK" else word for word in argv), check=False)

    def delete_bridge(self):
        self.on_link("bridge", "delete", "LINK")

    def delete_veth(self):
        self.on_link("veth", "delete", "LINK")

    def bridge_down(self):
        self.on_link("bridge", "set", "LINK", "down")

    def veth_down(self):
        self.on_link("veth", "set", "LINK", "down")

    def veth_off_bridge(self):
        self.on_link("veth", "set", "LINK", "nomaster")

    def veth_mtu(self):
        self.on_link("veth", "set", "LINK", "mtu", "1280")

    def bridge_renamed(self):
        self.on_link("bridge", "set", "LINK", "name", self.fresh_name("lost"))

    def no_forwarding(self):
        run("sysctl", "-qw", "net.ipv4.ip_forward=0")

    def no_address(self):
        bridge = self.some_link("bridge")
        if bridge:
            run("ip", "addr", "flush", "dev", bridge, check=False)

    def flood(self):
        """One container asks as fast as it can for a second."""
        candidates = [one for one in self.model.containers.values() if not one.name.startswith("s")]
        if not candidates:
            return
        with self.random.choice(candidates).netns.inside():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        code = "import os, socket, time\ns = socket.socket(fileno=%d)\ns.connect(('127.0.0.11', 53))\ns.setblocking(False)\n" \
               "end = time.monotonic() + 1\nwhile time.monotonic() < end:\n try: s.send(%r)\n except OSError: pass\n"
        subprocess.run([sys.executable, "-I", "-S", "-c", code % (sock.fileno(), question("s1", 7))], pass_fds=[sock.fileno()])
        sock.close()

    def full_disk(self):
        """Nothing can be written for a moment: what is asked for meanwhile is refused, or done."""
        path = self.directory + "/state/filler"
        with open(path, "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"\0" * 65536)
            except OSError:
                pass
        time.sleep(0.3)
        os.unlink(path)

    WRONGS = ["kill_plumber", "kill_plumber", "restart", "kill_resolver", "stop_resolver", "stop_plumber", "flush_rules",
              "delete_bridge", "delete_veth", "bridge_down", "veth_down", "veth_off_bridge", "veth_mtu", "bridge_renamed",
              "no_forwarding", "no_address", "flood", "full_disk"]
    WRONGS = [one for one in WRONGS if one not in os.environ.get("SOAK_WITHOUT", "").split()]
    # A change that is hit by one of these in its midst may fail, and has done nothing then.
    MAY_FAIL = ["full_disk", "delete_bridge", "delete_veth", "bridge_renamed", "veth_off_bridge", "no_address", "flush_rules"]
    # What of the steady traffic may feel it: a moment without rules or forwarding what is published. The death of the
    # resolver nothing does: neither a question nor what it relays.
    FELT = {"flush_rules": ("a published",), "no_forwarding": ("a published",)}

    # ---- what must hold ----

    def checks(self):
        """Some of all that follows from the model."""
        everyone = list(self.model.containers.values())
        out = []
        for _ in range(30):
            asker, other = self.random.choice(everyone), self.random.choice(everyone)
            name = self.random.choice([other.name, other.name, "alias%d" % self.random.randrange(4)])
            answers = self.model.answers(asker, name)
            if answers:  # others go to the upstream, of which there is none here
                out.append(Name(asker.netns, asker.name, name, answers))
            network = self.random.choice(sorted(other.networks))
            address = other.networks[network]
            if asker is not other:
                out.append(Service(asker.netns, asker.name, address, SERVED, self.model.reached(asker, address)))
        for port in self.random.sample(PORTS, 12):
            owner = next((one for one in everyone if port in one.ports), None)
            answers = owner.name if owner and self.led(owner) else None
            out.append(Service(self.outside, "the world", "192.0.2.1", port, answers))
            out.append(Service(None, "the host", "127.0.0.1", port, answers))
        return out

    def led(self, container):
        """Whether a network leads to it from outside: its ports are published then, and parked otherwise."""
        return self.model.lead(container.networks)

    def looks_right(self, wrong):
        """Until everything holds: a probe that fails is asked again, for what was damaged takes its time to heal."""
        began = time.monotonic()
        wanted = self.checks()
        self.counts["probes"] += len(wanted)
        silent = [one for one in wanted if not one.wanted]
        late = self.until_right([one for one in wanted if one.wanted], began)
        self.kernel_agrees()
        self.healed[wrong or "nothing"].append(time.monotonic() - began)
        if time.monotonic() - began > 0.5:
            self.say("   late by %d ms: %s" % ((time.monotonic() - began) * 1000, "; ".join(late)))
        self.until_right(silent, time.monotonic())

    def evidence(self):
        """What the kernel has while something does not work, in a file of the run's directory."""
        looks = [("ip", "-d", "link"), ("ip", "addr"), ("ip", "route"), ("ip", "neigh"), ("bridge", "fdb"), ("nft", "list", "ruleset")]
        for one in self.model.containers.values():
            looks += [("ip", "-n", one.netns.name, what) for what in ("addr", "route", "neigh")]
        with open("%s/evidence-%d" % (self.directory, self.counts["steps"]), "w") as file:
            for argv in looks:
                file.write("# %s\n%s" % (" ".join(argv), run(*argv, check=False)))

    def until_right(self, wanted, began):
        """What the last ones that failed said; a violation when there are some for too long."""
        late, looked = [], False
        while True:
            wanted = probe(wanted)
            if not wanted:
                return late
            late = [one.told() for one in wanted[:5]]
            if not looked and time.monotonic() - began > 3:
                self.evidence()
                looked = True
            if time.monotonic() - began > COMES_RIGHT:
                raise Violation("; ".join(late))
            time.sleep(0.005)

    def kernel_agrees(self):
        """netd's own comparison, and one that is none of netd's: the addresses in each container."""
        end = time.monotonic() + COMES_RIGHT
        while True:
            _, said = self.daemon.call("POST", "/netd/v1/resync?dry=1")
            if not said["Differences"]:
                break
            if time.monotonic() > end:
                raise Violation("netd says: %s" % "; ".join(said["Differences"][:5]))
            time.sleep(0.02)
        for one in self.model.containers.values():
            links = json.loads(run("ip", "-j", "-n", one.netns.name, "-4", "addr", "show", "scope", "global"))
            has = sorted(address["local"] for link in links for address in link["addr_info"])
            if has != sorted(one.networks.values()):
                raise Violation("%s has the addresses %s instead of %s" % (one.name, has, sorted(one.networks.values())))

    def settled(self):
        """The plumber answers and has a resolver that does."""
        end = time.monotonic() + COMES_RIGHT
        while time.monotonic() < end:
            try:
                pid = self.daemon.resolver()
                if pid and open("/proc/%d/stat" % pid).read().split()[2] != "T":
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise Violation("there is no resolver that runs")

    def steady_holds(self):
        """Nothing of what never stops is lost; what is, is told with what had gone wrong just before."""
        while self.steady.lost:
            when, what = self.steady.lost.pop(0)
            within = [one for one in self.history if when - 5 <= one[0] <= when + 1]
            felt = [one for one in within if what.startswith(self.FELT.get(one[1], ()))]
            began, wrong = (felt or within or [(when, "nothing")])[-1]
            if what.startswith(self.FELT.get(wrong, ())):
                self.counts["felt"] += 1
            else:
                raise Violation("lost, %.3f s after %s began: %s" % (when - began, wrong, what))

    def sanitizers_are_content(self):
        """A process of a build with sanitizers that one of them ended was started again, and nobody may have noticed."""
        for line in self.said:
            if re.search("ERROR: [A-Za-z]*Sanitizer|runtime error:", line):
                raise Violation(line.strip())

    # ---- the run ----

    def warm_up(self):
        """One of everything, for some of what netd holds is made when it is first used, and kept."""
        self.create(Network("steady"))
        container = Container("warm", Netns("warm"))
        container.networks, container.aliases, container.ports = {"steady": None}, {"steady": "warm-too"}, {19999: SERVED}
        self.servers.add("warm", container.netns)
        self.attach(container)
        self.refuse(container)
        for wrong in (self.flush_rules, self.no_forwarding):
            wrong()
            self.kernel_agrees()
        self.detach(container)

    def begin(self):
        """What netd holds before the first step, and the two containers whose traffic never stops."""
        self.spared = set()
        self.warm_up()
        self.empty = self.daemon.holds()
        for name, ports in (("s1", {}), ("s2", {19999: SERVED})):
            container = Container(name, Netns(name))
            container.networks, container.aliases, container.ports = {"steady": None}, {"steady": name + "-too"}, ports
            self.servers.add(name, container.netns)
            self.attach(container)
        links = json.loads(run("ip", "-j", "link"))
        self.spared = {one["ifname"] for one in links}
        one, two = (self.model.containers[name] for name in ("s1", "s2"))
        self.steady = Steady(one.netns, two.netns, two.networks["steady"], self.outside, 19999)

    def step(self):
        wrong = self.wrong = self.random.choice(self.WRONGS) if self.random.random() < 0.6 else None
        jobs = self.jobs()
        failed = []

        def work(job):
            try:
                setns(Netns.home)
                job[0](*job[1:])
            except Exception as error:  # told by the main thread
                failed.append(error)

        threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        if wrong:
            time.sleep(self.random.choice([0, 0.002, 0.005, 0.01, 0.02]))
            self.history.append((time.monotonic(), wrong))
            self.say("-- " + wrong)
            self.counts["wrongs"] += 1
            getattr(self, wrong)()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        self.settled()
        self.looks_right(wrong)
        self.steady_holds()
        self.sanitizers_are_content()
        self.counts["steps"] += 1

    def end(self):
        """Everything goes, and netd holds what it held before the first step."""
        self.steady.stop()
        for container in list(self.model.containers.values()):
            self.detach(container)
        for network in list(self.model.networks.values()):
            self.remove(network)
        deadline = time.monotonic() + COMES_RIGHT
        while True:
            left = [one["ifname"] for one in json.loads(run("ip", "-j", "link"))
                    if one["ifname"] not in ("lo", "up0", "netd0")]
            more = {what: count - self.empty[what] for what, count in self.daemon.holds().items()
                    if count > self.empty[what] + (8192 if what.endswith("KiB") else 0)
                    and not (what.endswith("KiB") and os.environ.get("SAN"))}
            if not left and not more:
                return
            if time.monotonic() > deadline:
                raise Violation("left behind at the end: links %s, more than at the beginning %s" % (left, more))
            time.sleep(0.1)

    def report(self):
        print(", ".join("%d %s" % (count, what) for what, count in sorted(self.counts.items())))
        print("never stopped: " + ", ".join("%d %s" % (count, what) for what, count in self.steady.sent.items()))
        for wrong, times in sorted(self.healed.items()):
            times.sort()
            print("%-16s %5d times, all right after %4d ms at the median, %4d ms at the most" % (
                wrong, len(times), times[len(times) // 2] * 1000, times[-1] * 1000))

    def go(self):
        self.begin()
        while time.monotonic() < self.until:
            self.step()
        self.end()


def main():
    program, directory, seconds, seed = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    Netns.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    soak = Soak(program, directory, seconds, seed)
    status = 0
    try:
        soak.go()
    except Exception as error:
        # What matters most comes first, for a build machine may show no more.
        known = isinstance(error, (Violation, RuntimeError, Gone))
        print("violation with seed %d in step %d: %s" % (seed, soak.counts["steps"], error if known else repr(error)))
        print("the last steps, the newest first:\n  " + "\n  ".join(reversed(soak.steps)))
        if not known:
            traceback.print_exc(file=sys.stdout)
        status = 1
    soak.report()
    soak.daemon.end(signal.SIGTERM)
    if not status:
        soak.sanitizers_are_content()  # leaks are told at the end
    sys.exit(status)


main()
