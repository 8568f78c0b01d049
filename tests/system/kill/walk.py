#!/usr/bin/python3
# walk.py - kills netd in front of each call of an operation, and looks at what the next netd makes of it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A point is a system call with an effect (killer.c). After each the state must be the one before the operation or the
# one after it, exactly, and the one after it when its caller was told of success. kill_points.bats and
# scripts/check-kill call it, inside the namespaces of tests/system/lib.bash. The last line for each operation is
#
#	OPERATION POINTS BEFORE AFTER NEITHER
import argparse
import difflib
import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import operations  # noqa: E402
from snapshot import LIBC, Api, Host, run  # noqa: E402

DEADLINE_S = float(os.environ.get("DEADLINE_S", "60"))  # for a state that is to come about; a netd that was killed is there again within tens of ms
QUIET_S = 0.08  # no effect for so long: what follows an answer (sweeps, flows) is done
TAIL_S = 1.0
PASSING = re.compile(r'^link .*"ifname": "nd-|^file stale-flows ', re.M)
F_SETPIPE_SZ = 1031
MS_BIND, MNT_DETACH = 4096, 2


class Killer:
    """killer.c at work; lines holds the effects it saw."""

    def __init__(self, program, *arguments, stderr=None):
        self.process = subprocess.Popen([program, *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=stderr)
        self.fd = self.process.stdout.fileno()
        os.set_blocking(self.fd, False)
        fcntl.fcntl(self.fd, F_SETPIPE_SZ, 1 << 20)  # it is not read while the operation is awaited
        self.text, self.ended = "", False
        self.wait(lambda: "ready\n" in self.text)

    def read(self, timeout_s):
        """False when nothing came."""
        if self.ended or not select.select([self.fd], [], [], timeout_s)[0]:
            return False
        part = os.read(self.fd, 65536)
        self.ended = not part
        self.text += part.decode()
        return bool(part)

    def wait(self, there):
        deadline = time.monotonic() + DEADLINE_S
        while not there() and not self.ended and time.monotonic() < deadline:
            self.read(0.1)

    def has_killed(self):
        return "\nkilled\n" in self.text

    def effects(self):
        return [line for line in self.text.splitlines() if line not in ("ready", "killed", "let go", "ended")]

    def watch_tail(self):
        """Until it kills, or nothing has happened for a while."""
        deadline = time.monotonic() + TAIL_S
        while not self.has_killed() and time.monotonic() < deadline and self.read(QUIET_S):
            pass

    def let_go(self):
        if not self.ended:
            self.process.terminate()
        self.wait(lambda: False)
        self.process.wait()
        self.process.stdout.close()


class Walk:
    def __init__(self, options):
        self.options = options
        self.dir = options.dir
        self.holder = options.holder
        self.containers = dict(pair.split("=", 1) for pair in options.containers)
        self.host = Host(options.netns, self.dir, self.containers, operations_names())
        self.api = self.host.api
        self.netd = self.plugin = None
        self.log = open(self.dir + "/netd.log", "ab")
        self.later = self.path("c") + "-later"
        open(self.later, "w").close()

    def path(self, name):
        return self.containers[name]

    # ---- netd ----

    def command(self):
        run_dir, state_dir = self.dir + "/run", self.dir + "/state"
        return [*self.options.enter, self.options.build + "/netd", "--run-dir", run_dir, "--state-dir", state_dir,
                "--host", "unix://" + run_dir + "/netd.sock"]

    def start(self):
        self.netd = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.wait_for_answer()

    def answers(self):
        try:
            return self.api.call("GET", "/_ping")[0] == 200
        except OSError:
            return False

    def wait_for_answer(self):
        deadline = time.monotonic() + 30
        while not self.answers():
            if self.netd.poll() is not None:
                raise RuntimeError("netd ended with status %d" % self.netd.returncode)
            if time.monotonic() > deadline:
                raise RuntimeError("netd does not answer")
            time.sleep(0.002)

    def kill(self):
        if self.netd:
            self.netd.kill()
            self.netd.wait()
            self.netd = None

    def start_killed(self, point):
        """A start that is killed in front of that call, or when it answers; its effects."""
        killer = Killer(self.options.killer, "exec", point, *self.command(), stderr=self.log)
        deadline = time.monotonic() + 30
        while not killer.has_killed() and not killer.ended and not self.answers() and time.monotonic() < deadline:
            killer.read(0.002)
        killer.let_go()
        return killer.effects()

    def stop_killed(self, point):
        killer = Killer(self.options.killer, "attach", self.netd.pid, 0, point)
        self.netd.terminate()
        killer.wait(lambda: killer.ended)
        self.was_killed()
        killer.let_go()
        return killer.effects()

    def was_killed(self):
        self.netd.wait()
        self.netd = None

    def resolver(self):
        return self.api.get("/netd/v1/info")["ResolverPid"]

    # ---- states ----

    def snapshot(self):
        try:
            return self.host.snapshot()
        except (OSError, ValueError, KeyError):
            return "no snapshot: %s" % traceback.format_exc()

    def which(self, states, timeout_s=DEADLINE_S):
        """The name of the state that there is, or that comes about; None, and what there is instead."""
        deadline = time.monotonic() + timeout_s
        while True:
            now = self.snapshot()
            for name, state in states.items():
                if now == state:
                    return name, now
            if time.monotonic() > deadline:
                return None, now
            time.sleep(0.05)

    def settled(self):
        """A state that stays. (A bridge that was removed goes by itself, and flows are forgotten, as soon as there is time for it.)"""
        last, same = self.snapshot(), 0
        while same < 2:
            time.sleep(0.15)
            now = self.snapshot()
            passes = PASSING.search(now) and not now.startswith("no snapshot")
            same = same + 1 if now == last and not passes else 0
            last = now
        if last.startswith("no snapshot"):
            raise RuntimeError(last)
        return last

    def do(self, calls):
        for call in calls:
            if callable(call):
                self.end_of(call())
                continue
            status, body = self.api.call(*call)
            if status is None or status >= 300:
                raise RuntimeError("%s %s: %s %s" % (call[0], call[1], status, body))

    def empty(self):
        """No container, no network, no interface moved in by hand: whatever was left."""
        self.take_namespace()
        for container in self.api.get("/containers/json"):
            self.api.call("DELETE", "/netd/v1/containers/" + container["Id"])
        for net in self.api.get("/networks"):
            if net["Name"] not in ("bridge", "host", "none"):
                self.api.call("DELETE", "/networks/" + net["Id"])

    def anew(self):
        """The host and its containers as they were made, and a netd that knows nothing."""
        try:
            resolver = self.resolver()
        except OSError:
            resolver = 0
        self.kill()
        if resolver:
            os.kill(resolver, signal.SIGKILL)
        with self.host.namespace:
            for link in json.loads(run("ip", "-j", "link") or "[]"):
                if link["ifname"] not in ("lo", "up0"):
                    run("ip", "link", "del", link["ifname"])
            run("nft", "flush", "ruleset")
        for namespace in self.host.containers.values():
            with namespace:
                run("nft", "flush", "ruleset")
                for link in json.loads(run("ip", "-j", "link") or "[]"):
                    if link["ifname"] != "lo":
                        run("ip", "link", "del", link["ifname"])
                run("ip", "link", "set", "lo", "down")
        for folder in ("run", "state"):
            run("find", self.dir + "/" + folder, "-mindepth", "1", "-delete")
        self.start()

    # ---- what operations call beside the API ----

    def bring_namespace(self):
        """Mounts the namespace that is awaited, as a runtime does; what it is waits for the end."""
        source, target = self.path("c").encode(), (self.later).encode()
        if LIBC.mount(source, target, None, MS_BIND, None) != 0:
            raise OSError("mount")
        return Completion(self.api)

    def take_namespace(self):
        LIBC.umount2((self.later).encode(), MNT_DETACH)

    def flow(self):
        """A UDP flow to port 5353 of the host, which goes on to where it led at first. Those of before are forgotten."""
        deadline = time.monotonic() + 30
        while os.path.exists(self.dir + "/run/stale-flows") and time.monotonic() < deadline:
            time.sleep(0.005)
        with self.host.namespace, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            for name in ("", "_stream"):
                with open("/proc/sys/net/netfilter/nf_conntrack_udp_timeout" + name, "w") as timeout:
                    timeout.write("3600")
            asker.bind(("127.0.0.1", 40000))
            asker.sendto(b"?", ("127.0.0.1", 5353))

    def cni(self, verb):
        config = {"cniVersion": "1.1.0", "name": "n1", "type": "netd-cni", "capabilities": {"portMappings": True},
                  "runtimeConfig": {"portMappings": [{"hostPort": 8088, "containerPort": 80, "protocol": "tcp"}]}}
        environment = {"NETD_HOST": "unix://" + self.dir + "/run/netd.sock", "CNI_COMMAND": verb, "CNI_CONTAINERID": "c",
                       "CNI_NETNS": self.path("c"), "CNI_IFNAME": "eth0", "CNI_PATH": "/", "PATH": os.environ["PATH"]}
        plugin = subprocess.Popen([*self.options.enter, self.options.build + "/netd-cni"], env={**os.environ, **environment},
                                  stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self.log)
        plugin.stdin.write(json.dumps(config).encode())
        plugin.stdin.close()
        return Plugin(plugin)

    @staticmethod
    def end_of(running):
        if running is not None and not running.end():
            raise RuntimeError("a call failed")


class Plugin:
    def __init__(self, process):
        self.process = process

    def end(self):
        """True when it succeeded; None when nobody can say yet."""
        return self.process.wait(30) == 0


class Completion:
    """The awaited container is whole."""

    def __init__(self, api):
        self.api = api

    def end(self):
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            try:
                if self.api.get("/netd/v1/dns/lookup?name=c&from=c")["Answers"]:
                    return True
            except (ConnectionError, FileNotFoundError):
                raise  # netd was killed, and nobody will complete it until the next one is started
            except OSError:
                pass
            time.sleep(0.01)
        return False


class Call:
    """An API call under way."""

    def __init__(self, api, call):
        self.connection = api.send(*call)

    def end(self):
        try:
            status, _ = Api.receive(self.connection)
        except socket.timeout:
            return None
        return None if status is None else status < 300


def operations_names():
    return ["a", "b", "z", "web", "sea", "www", "10.81.0.2", "172.17.0.2", "172.17.0.3"]


# ---- one operation ----

def begin(walk, operation):
    if callable(operation.call):
        return operation.call()
    return Call(walk.api, operation.call)


def under_killer(walk, operation, wanted, victim=0, pid=0):
    """Does the operation under the killer's eyes: the killer, and whether the caller was told of success."""
    killer = Killer(walk.options.killer, "follow" if pid else "attach", pid or walk.netd.pid, victim, wanted)
    told = running = None
    try:
        running = begin(walk, operation)
        if not isinstance(running, Plugin):
            told = running.end()
        elif wanted == 0:
            told = running.end()
        else:
            while running.process.poll() is None and not killer.has_killed():
                killer.read(0.02)
            told = running.process.poll() == 0 if running.process.poll() is not None else None
        killer.watch_tail()
    except (ConnectionError, FileNotFoundError):
        killer.wait(killer.has_killed)
    killer.let_go()
    return killer, told, running if isinstance(running, Plugin) else None


def kind(effect):
    """Calls that follow one another and go to one place are alike: the delicate ones are where that changes."""
    call, _, target = effect.partition(" ")
    return call, re.sub(r"\[\d+\]", "", os.path.basename(target))


def sample(effects, most):
    """Points at which something else begins, no more than so many, spread evenly."""
    points = [i + 1 for i, effect in enumerate(effects) if i == 0 or kind(effect) != kind(effects[i - 1])]
    if most and len(points) > most:
        points = [points[i * len(points) // most] for i in range(most)]
    return points


def around(line):
    return line if len(line) < 700 else line[:350] + " … " + line[-350:]


def show(name, point, effect, now, states):
    print("--- %s, killed at %s %s" % (name, point, effect))
    diffs = [list(difflib.unified_diff(states[name].splitlines(), now.splitlines(), name, "there is", n=0, lineterm=""))
             for name in states]
    for line in min(diffs, key=len)[2:40]:
        if not line.startswith("@@"):
            print("    " + around(line))
    sys.stdout.flush()


def both_states(walk, operation):
    """The states before and after, once it was done and undone: what only rests is there then."""
    walk.empty()
    walk.do([*operation.setup, operation.call, *operation.back])
    before = walk.settled()
    walk.do([operation.call])
    after = walk.settled()
    walk.do(operation.back)
    states = {"before": before, "after": after}
    if before == states["after"]:
        raise RuntimeError(operation.name + " changes nothing")
    if walk.options.verbose:
        show(operation.name, "never", "what it changes", states["after"], {"before": before})
    return states


def back_to_before(walk, operation, states, found):
    if found == "before":
        return
    walk.do(operation.back)
    name, now = walk.which({"before": states["before"]})
    if name is None:
        show(operation.name, "the way back", "", now, {"before": states["before"]})
        walk.anew()
        states.update(both_states(walk, operation))


class Count:
    """What was found at the points of one walk."""

    def __init__(self, walk, name, states):
        self.walk, self.name, self.states = walk, name, states
        self.points, self.of = 0, dict.fromkeys(("before", "after", "neither"), 0)

    def look(self, point, effect, allowed):
        """Which of the allowed states came about; None, told, when none did."""
        found, now = self.walk.which(allowed)
        self.points += 1
        self.of[found or "neither"] += 1
        if found is None:
            show(self.name, point, effect, now, allowed)
        elif self.walk.options.verbose:
            print("%s %s %s: %s" % (self.name, point, effect, found))
        return found

    def tell(self):
        print("%s %d %d %d %d" % (self.name, self.points, self.of["before"], self.of["after"], self.of["neither"]))
        sys.stdout.flush()
        return self.of["neither"] == 0 and self.points > 0


def points_of(walk, effects, most=0):
    if walk.options.points:
        return [int(point) for point in walk.options.points.split(",")]
    if walk.options.all and not most:
        return list(range(1, len(effects) + 1))
    return sample(effects, most or walk.options.most)


def counted(walk, operation):
    """The states before and after, and the effects that lie between; the state is the one before."""
    states = both_states(walk, operation)
    killer, told, _ = under_killer(walk, operation, 0)
    if told is not True:
        raise RuntimeError(operation.name + " failed")
    effects = killer.effects()
    if walk.options.verbose:
        print("".join("%4d %s\n" % (i + 1, effect) for i, effect in enumerate(effects)))
    back_to_before(walk, operation, states, "after")
    return states, effects


def from_there(walk, operation, states, found):
    """To the state before, from one of the two or from none."""
    if found is None:
        walk.empty()
        walk.do([*operation.setup, operation.call])
    back_to_before(walk, operation, states, found or "after")


def killed_at(walk, operation, states, point):
    """The operation with netd killed in front of that call: the states there may be then; None when it had fewer."""
    killer, told, plugin = under_killer(walk, operation, point)
    if not killer.has_killed():
        back_to_before(walk, operation, states, "after")
        return None
    walk.was_killed()
    walk.plugin = plugin
    return {"after": states["after"]} if told or operation.only_after else states


def end_plugin(walk, allowed):
    """A plugin goes on with the next netd; what it says then counts."""
    plugin, walk.plugin = walk.plugin, None
    return {"after": allowed["after"]} if plugin and plugin.end() else allowed


def walk_operation(walk, operation):
    """netd is killed once."""
    states, effects = counted(walk, operation)
    count = Count(walk, operation.name, states)
    for point in points_of(walk, effects):
        allowed = killed_at(walk, operation, states, point)
        if allowed is None:
            continue
        walk.start()
        allowed = end_plugin(walk, allowed)
        from_there(walk, operation, states, count.look(point, effects[point - 1:point], allowed))
    return count.tell()


def walk_twice(walk, operation):
    """netd is killed, and the next one too, while it recovers."""
    states, effects = counted(walk, operation)
    count = Count(walk, operation.name + "/twice", states)
    for point in points_of(walk, effects, 6):
        allowed = killed_at(walk, operation, states, point)
        if allowed is None:
            continue
        of_recovery = walk.start_killed(0)
        points = sample(of_recovery, 8)
        for again in points:
            walk.start_killed(again)
        walk.start()
        allowed = end_plugin(walk, allowed)
        where = "%d, then %s" % (point, " ".join(map(str, points)))
        from_there(walk, operation, states, count.look(where, effects[point - 1:point], allowed))
    return count.tell()


def walk_resolver(walk, operation, itself):
    """The resolver is killed: when netd, or with itself the resolver, has come so far. The operation succeeds."""
    states, effects = counted(walk, operation)
    count = Count(walk, operation.name + ("/resolver-itself" if itself else "/resolver"), states)
    if itself:
        effects = under_killer(walk, operation, 0, pid=walk.resolver())[0].effects()
        back_to_before(walk, operation, states, "after")
    for point in points_of(walk, effects, 8):
        resolver = walk.resolver()
        pid = resolver if itself else 0
        killer, told, _ = under_killer(walk, operation, point, victim=resolver, pid=pid)
        if told is not True:
            print("    %s: the caller heard of a failure" % count.name)
        if not killer.has_killed():
            back_to_before(walk, operation, states, "after")
            continue
        from_there(walk, operation, states, count.look(point, effects[point - 1:point], {"after": states["after"]}))
    return count.tell()


def prepared(walk):
    """Containers and networks of all kinds, and the state that stays."""
    attach = operations.all_operations(walk)["attach"]
    awaited = operations.attach(walk, "c", {"n1": {}}, NetnsWait=True)
    awaited[2]["NetnsPath"] = walk.later
    walk.empty()
    walk.do([*attach.setup, attach.call, awaited])
    return {"before": walk.settled()}


def walk_start(walk):
    """A start is broken off; the next one finds what all have promised."""
    states = prepared(walk)
    count = Count(walk, "start", states)
    walk.kill()
    effects = walk.start_killed(0)
    for point in points_of(walk, effects):
        walk.start_killed(point)
        walk.start()
        if count.look(point, effects[point - 1:point], states) is None:
            states.update(prepared(walk))
        walk.kill()
    walk.start()
    return count.tell()


def walk_stop(walk):
    """An orderly stop is broken off."""
    states = prepared(walk)
    count = Count(walk, "stop", states)
    effects = walk.stop_killed(0)
    walk.start()
    for point in points_of(walk, effects):
        walk.stop_killed(point)
        walk.start()
        if count.look(point, effects[point - 1:point], states) is None:
            states.update(prepared(walk))
    return count.tell()


def walk_named(walk, known, name):
    name, _, how = name.partition("/")
    if name in ("start", "stop"):
        return walk_start(walk) if name == "start" else walk_stop(walk)
    if how == "twice":
        return walk_twice(walk, known[name])
    if how:
        return walk_resolver(walk, known[name], how == "resolver-itself")
    return walk_operation(walk, known[name])


TWICE = ["attach", "detach", "connect-default", "disconnect-default", "rename", "prune", "port-rm", "network-create"]
RESOLVER = ["attach", "disconnect-default", "rename"]


def all_names(known):
    return [*known, "start", "stop", *(name + "/twice" for name in TWICE),
            *(name + how for name in RESOLVER for how in ("/resolver", "/resolver-itself"))]


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(all_names(operations.all_operations(None))))
        return 0
    parser = argparse.ArgumentParser()
    for name in ("dir", "netns", "build", "killer", "holder", "enter"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--all", action="store_true", help="every point, not where the kind of call changes")
    parser.add_argument("--most", type=int, default=0, help="points of an operation")
    parser.add_argument("--points", help="these alone")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--containers", nargs="+", default=[], metavar="NAME=NETNS")
    parser.add_argument("operations", nargs="*", metavar="OPERATION")
    options = parser.parse_intermixed_args()
    options.holder = int(options.holder)
    options.enter = options.enter.split()
    walk = Walk(options)
    known = operations.all_operations(walk)
    walk.start()
    good = True
    for name in options.operations or all_names(known):
        good &= walk_named(walk, known, name)
    walk.kill()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
