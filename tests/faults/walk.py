#!/usr/bin/python3
# walk.py - fails each call of each operation of netd, one after the other, and looks at what is left
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: walk.py --netd PROGRAM --library inject.so --dir DIR --container NAME=PATH… [--sample N] [--only OPERATION]…
# Runs in the network and mount namespace of a host of its own (tests/faults/walk). For each operation and each class of
# calls the operation is done once to count the calls, then once for each of them with that call failing. After each:
#   - the process lives,
#   - the caller was told of success, or in one sentence why not,
#   - the host, the containers, the records and the names are as before or as after: at once, or soon and by itself,
#   - the operation asked for again succeeds, and what was done can be undone,
#   - the same holds after a restart.
# Then single calls of the resolver fail: it lives, everybody has an answer, and is served afterwards.
# Prints a line for each operation and class, and one for each violation; exits 1 when there was one.
import argparse
import errno
import functools
import itertools
import json
import mmap
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import host
import serve

SOON_S = 0.6  # the sweep of what was marked is no healing
HEAL_S = float(os.environ.get("HEAL_S", 30))  # a resync comes within a second; a busy machine may take its time

# class: number in inject.c, errors, whether it also is walked with all that follow failing, too
CLASSES = {
    "netlink-send": (1, (errno.ENOBUFS, errno.ENOMEM), True),
    "netlink-lost": (2, (errno.ENOBUFS,), True),
    "netlink-late": (3, (errno.EAGAIN,), False),
    "open": (4, (errno.EMFILE, errno.EACCES), True),
    "write": (5, (errno.ENOSPC, errno.EIO), True),
    "read": (6, (errno.EIO,), True),
    "socket": (7, (errno.EMFILE,), True),
    "process": (8, (errno.EAGAIN,), True),
    "setns": (9, (errno.ENOMEM,), False),
    "interrupt": (10, (errno.EINTR,), False),
    "memory": (11, (errno.ENOMEM,), True),
    "channel": (12, (errno.ENOBUFS,), False),
    "option": (13, (errno.ENOBUFS,), True),
    "child-memory": (14, (errno.ENOMEM,), False),
    "traffic": (15, (errno.ENOBUFS, errno.ENOMEM), False),
}

# What the resolver does besides the plumber's operations, and the classes of its calls.
RESOLVER = ("serve", "taken-over", "replaced")
RESOLVER_CLASSES = ("read", "write", "socket", "process", "interrupt", "memory", "channel", "option", "traffic")


class Control:
    """The page that inject.c reads."""

    FORMAT = "IIIiIIII"

    def __init__(self, path):
        with open(path, "w+b") as file:
            file.truncate(4096)
            self.page = mmap.mmap(file.fileno(), 4096)
        os.chmod(path, 0o666)

    def arm(self, kind, number, error, lasting):
        struct.pack_into("IIiIII", self.page, 4, number, lasting, error, 0, 0, 0)
        struct.pack_into("I", self.page, 0, kind)

    def disarm(self):
        """How many calls there were, and how many failed."""
        struct.pack_into("I", self.page, 0, 0)
        return struct.unpack_from("II", self.page, 16)

    def where(self, program):
        n = struct.unpack_from("I", self.page, 24)[0]
        base = struct.unpack_from("Q", self.page, 32)[0]
        frames = [f - base - 1 for f in struct.unpack_from("%dQ" % n, self.page, 40)]
        call = self.page[40 + 8 * 24 : 40 + 8 * 24 + 32].split(b"\0")[0].decode()
        frames = ["%#x" % f for f in frames if 0 < f < os.path.getsize(program)]
        out = subprocess.run(["addr2line", "-fse", program, *frames], capture_output=True, text=True, check=False).stdout
        names = out.split("\n")[0::2][: len(frames)]
        return " < ".join([call] + [name for name in names if name != "??"][:7])


class Host:
    """netd on this host, and what there is of it."""

    def __init__(self, args):
        self.args = args
        self.run, self.state = args.dir + "/run", args.dir + "/state"
        self.log = open(args.dir + "/netd.log", "ab")
        self.faults = {"plumber": Control(args.dir + "/faults"), "resolver": Control(args.dir + "/faults.resolver")}
        self.own = host.Namespace("/proc/self/ns/net")
        self.inside = {name: host.Namespace(path) for name, path in args.containers.items()}
        self.process = None
        self.connection = None

    def spawn(self):
        self.connection = None
        self.process = subprocess.Popen(
            [self.args.netd, "--run-dir", self.run, "--state-dir", self.state, "--host", "unix://" + self.run + "/netd.sock"],
            env=dict(os.environ, LD_PRELOAD=self.args.preload, NETD_FAULTS=self.args.dir + "/faults"),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )

    def ready(self, seconds=30):
        """Answers; False when it ended."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            answer = self.call("GET", "/_ping", timeout=2)
            if answer and answer[0] == 200:
                return True
            self.connection = None
            time.sleep(0.005)
        return False

    def start(self):
        self.spawn()
        if not self.ready():
            raise SystemExit("netd does not start: see %s/netd.log" % self.args.dir)

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.connection = None
        return self.process.wait(60)

    def scrub(self):
        """After a violation: what netd does not find again must not fail all that follows."""
        self.stop(signal.SIGKILL)
        try:
            os.kill(self.resolver_pid() or self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        for link in self.own.links().values():
            if re.fullmatch("nd[0-9a-f]{12}|n9br|nd-[0-9]+", link["name"]):
                subprocess.run(["ip", "link", "del", link["name"]], check=False, capture_output=True)
        for namespace in self.inside.values():
            namespace.flush()
        shutil.rmtree(self.run)
        os.mkdir(self.run)
        with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as file:
            file.write("0")  # that it was switched on by netd is forgotten, too
        self.start()

    def connect(self):
        """A connection that netd knows before anything fails."""
        if self.connection is None:
            self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                self.connection.connect(self.run + "/netd.sock")
            except OSError:
                self.connection = None

    def call(self, method, path, body=None, timeout=20):
        """(status, body); None when the connection ended without an answer."""
        self.connect()
        if self.connection is None:
            return None
        data = json.dumps(body).encode() if body is not None else b""
        head = "%s %s HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        try:
            self.connection.settimeout(timeout)
            self.connection.sendall((head % (method, path, len(data))).encode() + data)
            return self.answer()
        except OSError:
            self.connection = None
            return None

    def answer(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.more()
        head, rest = data.split(b"\r\n\r\n", 1)
        found = re.search(rb"\r\nContent-Length: *(\d+)", head, re.I)
        length = int(found[1]) if found else 0
        while len(rest) < length:
            rest += self.more()
        if re.search(rb"\r\nTransfer-Encoding: *chunked", head, re.I):
            while not rest.endswith(b"0\r\n\r\n"):
                rest += self.more()
        if re.search(rb"\r\nConnection: *close", head, re.I):
            self.connection = None
        return int(head.split()[1]), rest.decode()

    def more(self):
        data = self.connection.recv(1 << 16)
        if not data:
            raise ConnectionError
        return data

    def resolver_pid(self):
        try:
            with open(self.run + "/resolver.pid", encoding="ascii") as file:
                return int(file.read())
        except (OSError, ValueError):
            return 0

    def fds(self):
        try:
            return len(os.listdir("/proc/%d/fd" % self.process.pid))
        except OSError:
            return -1

    def snapshot(self, like=None):
        """like: what was said there and who is asked for names; else netd is asked."""
        seen = {"links": self.own.looks(), "rules": self.own.tables()}
        for name, namespace in self.inside.items():
            seen["inside " + name] = namespace.looks() + (namespace.tables(),)
        seen["run"] = host.rows(self.run + "/run.db", host.RUN_ROWS)
        seen["state"] = host.rows(self.state + "/networks.db", host.STATE_ROWS)
        seen["listeners"] = host.listeners()
        seen["files"] = host.files(self.run + "/containers")
        seen["said"] = like["said"] if like else [self.said("/networks"), self.said("/netd/v1/containers")]
        attached = sorted(json.loads(like["names"])) if like else re.findall(r'"/([ab])"', seen["said"][1] or "")
        seen["names"] = {n: [self.inside[n].ask(q) for q in ("a", "b")] for n in attached if "'lo'" not in str(n)}
        seen["files"] = sorted(re.sub("[0-9a-f]{64}|[0-9a-f]{12}", "ID", file) for file in seen["files"])
        seen = {key: re.sub("[0-9a-f]{64}|[0-9a-f]{12}", "ID", json.dumps(value)) for key, value in seen.items()}
        seen["said"] = like["said"] if like else seen["said"]
        for name in self.inside:  # the resolver's port is a random one
            seen["inside " + name] = re.sub(r"(?<=: )[0-9]{5}\b", "PORT", seen["inside " + name])
        return seen

    def said(self, path):
        answer = self.call("GET", path)
        if not answer or answer[0] != 200:
            return None
        items = json.loads(answer[1])
        for item in items:
            for key in ("Created", "Status", "Containers"):
                item.pop(key, None)
            if "Ports" in item:
                item["Ports"] = sorted(json.dumps(p, sort_keys=True) for p in item["Ports"])
        return json.dumps(sorted(items, key=lambda item: item.get("Name") or item["Names"]), sort_keys=True)


def differences(a, b):
    """What is in one state and not in the other, for people."""
    out = []
    for key in a:
        if a[key] == b.get(key):
            continue
        one, two = re.split(r'(?<=[^\\]"), |\], \[', a[key]), re.split(r'(?<=[^\\]"), |\], \[', b.get(key, ""))
        out.append("    %s: missing %s; more %s" % (key, [x for x in one if x not in two][:3], [x for x in two if x not in one][:3]))
    return "\n".join(out)[:1500]


# ---- operations: what is asked for before, the operation, and what takes it back ----

ID = "ab" * 32


def attach(name, path, more=None, ports=True):
    body = {"Name": name, "NetnsPath": path, "Networks": [{"Name": "bridge"}]}
    if name == "a":
        body["Id"] = ID
        body["Networks"].append({"Name": "n1"})
        if ports:
            body["PortBindings"] = {"80/tcp": [{"HostPort": "8080"}], "53/udp": [{"HostPort": "5353"}]}
    return ("POST", "/netd/v1/containers", dict(body, **(more or {})))


def operations(paths):
    attach_a, attach_b = attach("a", paths["a"]), attach("b", paths["b"])
    detach_a, detach_b = ("DELETE", "/netd/v1/containers/a"), ("DELETE", "/netd/v1/containers/b")
    n9 = {"Name": "n9", "Options": {"com.docker.network.bridge.name": "n9br"}, "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}]}}
    create, remove = ("POST", "/networks/create", n9), ("DELETE", "/networks/n9")
    ports = {"PortBindings": {"81/tcp": [{"HostPort": "8181"}], "54/udp": [{"HostPort": "5454"}]}}
    add, take = ("POST", "/netd/v1/containers/a/ports", ports), ("DELETE", "/netd/v1/containers/a/ports", ports)
    connect = ("POST", "/networks/n2/connect", {"Container": "a"})
    disconnect = ("POST", "/networks/n2/disconnect", {"Container": "a"})
    leave, come = ("POST", "/networks/bridge/disconnect", {"Container": "a"}), ("POST", "/networks/bridge/connect", {"Container": "a", "EndpointConfig": {"GwPriority": 1}})
    rename = ("PUT", "/netd/v1/containers/a/names", {"Name": "c", "Networks": {"bridge": {"Aliases": ["x"]}}})
    back = ("PUT", "/netd/v1/containers/c/names", {"Name": "a", "Networks": {"bridge": {"Aliases": []}}})
    return {
        "network-create": ([], [create], [remove]),
        "network-rm": ([create], [remove], []),
        "attach": ([attach_b], [attach_a], [detach_a]),
        "detach": ([attach_b, attach_a], [detach_a], []),
        "hand-over": ([attach_a], [detach_a, attach_b], [detach_b, attach_a]),
        "connect": ([attach_a], [connect], [disconnect]),
        "disconnect": ([attach_a, connect], [disconnect], []),
        "leave": ([attach_a], [leave], []),
        "come": ([attach_a, leave], [come], []),
        "port-add": ([attach_a], [add], [take]),
        "port-rm": ([attach_a, add], [take], []),
        "rename": ([attach_b, attach_a], [rename], [back]),
        "read": ([attach_a], [("GET", path) for path in (
            "/networks", "/networks/n1", "/containers/json", "/containers/a/json", "/info", "/netd/v1/info", "/version",
            "/events?since=1h&until=0s", "/netd/v1/containers/a/ports", "/netd/v1/dns/lookup?name=a&from=a")], []),
        "resync": ([attach_a], [("POST", "/netd/v1/resync")], []),
        "heal": ([attach_a], [("DAMAGE", "n1br"), ("POST", "/netd/v1/resync")], []),
    }


class Walk:
    def __init__(self, args):
        self.args = args
        self.host = Host(args)
        self.totals = {}
        self.violations = 0
        self.operations = operations(args.containers)

    def say(self, *what):
        print(*what, flush=True)

    def violation(self, name, what, where):
        """where: a function, for to find it out takes longer than the rest."""
        self.violations += 1
        self.counts["violations"] += 1
        self.say("VIOLATION %s: %s\n    at %s" % (name, what, where()))

    def ask(self, calls):
        return [self.damage(call[1]) if call[0] == "DAMAGE" else self.host.call(*call) for call in calls]

    @staticmethod
    def damage(bridge):
        """What a resync heals: a bridge is gone with its addresses, and another is down without them."""
        commands = "link del %s\naddr flush dev n2br\nlink set n2br down\n" % bridge
        subprocess.run(["ip", "-batch", "-"], input=commands, text=True, check=False)
        return 200, ""

    def must(self, calls, name, where):
        """Asked for while nothing fails. False: it was refused, or the answer was lost."""
        for call, answer in zip(calls, self.ask(calls)):
            if not answer or answer[0] >= 400:
                self.violation(name, "%s %s is refused afterwards: %s" % (call[0], call[1], answer), where)
                return False
        return True

    def clean(self):
        """Back to a host with networks n1, n2 and no container, whatever there is."""
        if self.host.process.poll() is not None:
            self.host.start()
        for path in ("/netd/v1/containers/a", "/netd/v1/containers/b", "/netd/v1/containers/c", "/networks/n9"):
            self.host.call("DELETE", path)

    def settle(self, *wanted, seconds=HEAL_S):
        """Which of the states there is after a while, and after how long; None: another."""
        begin = time.monotonic()
        while True:
            seen = self.host.snapshot()
            took = time.monotonic() - begin
            for index, state in enumerate(wanted):
                if seen == state:
                    return index, took, seen
            if took > seconds:
                return None, took, seen
            time.sleep(0.005 if took < 0.1 else 0.05)

    def succeed(self, name, calls):
        for call, answer in zip(calls, self.ask(calls)):
            assert answer and answer[0] < 400, (name, call, answer)

    def learn(self, name):
        """The state after each choice of the operation's calls, and that all works when nothing fails."""
        before, run, undo = self.operations[name]
        states = {}
        for done in itertools.product((False, True), repeat=len(run)) if name not in ("read", "heal") else [(False,) * len(run), (True,) * len(run)]:
            self.clean()
            self.succeed(name, before)
            time.sleep(0.3)
            first = self.host.snapshot()
            assert not states or self.settle(next(iter(states.values())))[0] == 0, "%s begins in two states" % name
            self.succeed(name, [call for call, is_done in zip(run, done) if is_done])
            time.sleep(0.3)
            states[done] = self.host.snapshot() if any(done) else first
        self.succeed(name, undo)
        if not undo:
            self.clean()
            self.ask(before)
        index, _, seen = self.settle(states[(False,) * len(run)])
        assert index == 0, "%s is not taken back:\n%s" % (name, differences(states[(False,) * len(run)], seen))
        return states

    def prepare(self, name, first):
        """As before the operation. Only what is wrong is done again."""
        if self.host.process.poll() is None and self.settle(first, seconds=SOON_S)[0] == 0:
            return
        self.clean()
        self.ask(self.operations[name][0])
        index, _, seen = self.settle(first)
        if index is None:  # once more, for what a scrub makes again comes a little later
            self.clean()
            self.ask(self.operations[name][0])
            index, _, seen = self.settle(first)
        assert index == 0, "%s cannot be prepared:\n%s" % (name, differences(first, seen))

    def told(self, answers, name, where):
        """Of each call True: success; False: refused; None: not said, or not whether it is done."""
        result = []
        for answer in answers:
            if answer is None:
                result.append(None)
                continue
            if answer[0] < 400:
                result.append(True)
                continue
            try:
                sentence = json.loads(answer[1])["message"]
            except (ValueError, KeyError):
                sentence = ""
            if not sentence or "\n" in sentence or len(sentence) > 500 or answer[0] not in (400, 403, 404, 409, 500, 503, 507):
                self.violation(name, "is answered with %d %r" % answer, where)
            result.append(None if "may be done" in sentence else "is done; cannot write" in sentence)
        return result

    def point(self, name, role, kind, number, error, lasting, states):
        """One call fails. False: there were not so many."""
        run = self.operations[name][1]
        control = self.host.faults[role]
        resolver = self.host.resolver_pid()
        label = "%s %s %s %d%s %s" % (name, role, kind, number, "+" if lasting else "", errno.errorcode[error])
        self.host.call("GET", "/_ping")
        control.arm(CLASSES[kind][0], number, error, lasting)
        answers = self.ask(run)
        if role == "resolver":
            for namespace in self.host.inside.values():
                namespace.ask("a", timeout=0.2)
                namespace.ask("elsewhere.example", timeout=0.2)
        time.sleep(0.012)  # what is put off for a moment is part of it
        _, fired = control.disarm()
        if not fired:  # there were fewer this time, and it is done
            self.prepare(name, list(states.values())[0])
            return False
        self.counts["executions"] += 1
        located = functools.cache(lambda: control.where(self.args.netd))
        if self.host.process.poll() is not None:
            self.violation(label, "netd ended with %d" % self.host.process.returncode, located)
            self.host.start()
            return True
        if role == "resolver" and kind == "memory" and self.host.resolver_pid() != resolver:
            self.violation(label, "the resolver ended", located)
        told = self.told(answers, label, located)
        if None in answers and not self.may_be_silent(role, lasting, located()):
            self.violation(label, "has no answer", located)
        self.counts["refused" if False in told else "unanswered" if None in told else "succeeded"] += 1
        if name == "read" and self.counts["executions"] % 10:
            return True  # it changes nothing: now and then is often enough to see that
        wanted = {done: state for done, state in states.items()
                  if name in ("read", "heal") or all(t is None or t == d for t, d in zip(told, done))}
        index, took, seen = self.settle(*wanted.values())
        if index is None:
            wrong = [done for done, state in states.items() if state == seen]
            self.violation(label, "%s leaves another state%s:\n%s" % (
                answers, ", that of %s" % wrong[0] if wrong else "", "\n or ".join(differences(state, seen) for state in wanted.values())), located)
        elif took > SOON_S:
            self.counts["healed"] += 1
        if self.args.verbose:
            self.say("  %s: %s, %s, %.2f s, %s" % (label, told, ("?" if index is None else index), took, located()))
        maybe = states if any("may be done" in str(answer) for answer in answers) else {}
        return self.finish(name, label, None if index is None else list(wanted)[index], states, maybe, located)

    @staticmethod
    def may_be_silent(role, lasting, where):
        """No answer at all is for what failed on the caller's own connection, outside of what was asked for."""
        return role == "plumber" and (lasting or "run_handler" not in where)

    def finish(self, name, label, done, states, maybe, located):
        """The same again, back, and what a restart makes of it. done: which calls are, None: nobody knows. maybe: the
        states that a restart may bring besides, as the caller was told."""
        _, run, undo = self.operations[name]
        first, after = (states[(d,) * len(run)] for d in (False, True))
        if done is None:
            self.clean()
            self.prepare_or_restart(name, first, label, located)
            return True
        self.n_points += 1
        if self.n_points % self.args.restart_every == 0:
            self.host.stop(signal.SIGKILL)
            self.host.start()
            self.counts["restarts"] += 1
            index, _, seen = self.settle(states[done], *maybe.values())
            done = [done, *maybe][index or 0]
            if index is None:
                self.violation(label, "another state after a restart:\n" + differences(states[done], seen), located)
        if not all(done) and run[0][0] != "GET":
            if not self.must([call for call, is_done in zip(run, done) if not is_done], label, located):
                self.prepare_or_restart(name, first, label, located)
                return True
            # Of calls in another order it is another.
            index, _, seen = (0, 0, None) if any(done) else self.settle(after)
            if index is None:
                self.violation(label, "another state when asked again:\n" + differences(after, seen), located)
        if undo:
            self.must(undo, label, located)
        self.prepare_or_restart(name, first, label, located)
        return True

    def prepare_or_restart(self, name, first, label, located):
        try:
            self.prepare(name, first)
        except AssertionError as problem:
            self.violation(label, str(problem), located)
            self.host.scrub()
            self.prepare(name, first)

    def numbers(self, total):
        """Of the calls that fail: all, or as many as were asked for, evenly."""
        part, parts = (int(n) for n in self.args.part.split("/"))
        return [self.args.first - 1 + n for n in self.evenly(total - self.args.first + 1)][part - 1 :: parts]

    def evenly(self, total):
        if not self.args.sample or total <= self.args.sample:
            return range(1, total + 1)
        step = total / self.args.sample
        return sorted({int(i * step) + 1 for i in range(self.args.sample)})

    def walk_class(self, name, role, kind, states):
        if time.monotonic() > self.deadline:
            return
        _, errors, lasts = CLASSES[kind]
        control = self.host.faults[role]
        first, after = list(states.values())[0], list(states.values())[-1]
        self.counts = dict.fromkeys(("executions", "succeeded", "refused", "unanswered", "healed", "restarts", "violations"), 0)
        self.prepare(name, first)
        self.host.call("GET", "/_ping")
        control.arm(CLASSES[kind][0], 0, 0, 0)
        self.ask(self.operations[name][1])
        time.sleep(0.012)
        total, _ = control.disarm()
        self.settle(after)
        self.ask(self.operations[name][2])
        self.prepare(name, first)
        for lasting in (0, 1) if lasts and role == "plumber" else (0,):
            for n, number in enumerate(self.numbers(total)):
                self.point(name, role, kind, number, errors[n % len(errors)], lasting, states)
        self.totals[name, role, kind] = self.counts
        if self.counts["executions"]:
            self.say("%-15s %-8s %-13s %4d calls %s" % (name, role, kind, total, ", ".join("%s %d" % item for item in self.counts.items() if item[1])))

    def walk_operation(self, name):
        states = self.learn(name)
        for role in self.args.roles:
            for kind in self.args.classes or CLASSES:
                if role == "resolver" and kind not in ("memory", "interrupt", "channel"):
                    continue
                self.walk_class(name, role, kind, states)

    # ---- a start: the n-th call of it fails ----

    def walk_start(self, name, kind):
        """A start that fails leaves what it found, looked at while no netd runs; the next begins there. One where
        nothing fails comes after every few of them, and whenever anything differs."""
        if time.monotonic() > self.deadline:
            return
        self.counts = dict.fromkeys(("executions", "succeeded", "refused", "unanswered", "healed", "restarts", "violations"), 0)
        self.clean()
        before = self.operations["detach"][0] if name == "recovery" else []
        self.ask(before)
        time.sleep(0.3)
        first = self.host.snapshot()
        self.host.stop(signal.SIGKILL)
        found = self.host.snapshot(first)
        self.host.faults["plumber"].arm(CLASSES[kind][0], 0, 0, 0)
        self.host.start()
        total, _ = self.host.faults["plumber"].disarm()
        for n in self.numbers(total):
            self.start_point("%s %s %d" % (name, kind, n), kind, n, before, first, found)
        self.start_again(name, before, first, lambda: "the end")
        self.totals[name, "plumber", kind] = self.counts
        self.say("%-15s %-8s %-13s %4d calls %s" % (name, "plumber", kind, total, ", ".join("%s %d" % item for item in self.counts.items() if item[1])))

    def start_point(self, label, kind, n, before, first, found):
        control = self.host.faults["plumber"]
        if self.host.process.poll() is None:
            self.host.stop(signal.SIGKILL)
        said = self.host.log.seek(0, os.SEEK_END)
        control.arm(CLASSES[kind][0], n, CLASSES[kind][1][0], 0)
        self.host.spawn()
        ready = self.host.ready(20)
        _, fired = control.disarm()
        if not fired:
            return
        self.counts["executions"] += 1
        located = functools.cache(lambda: control.where(self.args.netd))
        self.counts["succeeded" if ready else "refused"] += 1
        if self.args.verbose:
            self.say("  %s: %s, %s" % (label, ready, located()))
        if ready:
            index, took, seen = self.settle(first)
            if index is None:
                self.violation(label, "succeeds with another state:\n" + differences(first, seen), located)
                self.start_again(label, before, first, located)
            elif took > SOON_S:
                self.counts["healed"] += 1
            if kind == "option":
                self.hears(label, located)
            return
        right = self.ended_well(label, said, located)
        seen = self.host.snapshot(first)
        if seen != found:
            self.violation(label, "fails, and leaves another state:\n" + differences(found, seen), located)
        self.n_points += 1
        if not right or seen != found or self.n_points % self.args.restart_every == 0:
            self.start_again(label, before, first, located)

    def hears(self, label, located):
        """A signal, whatever was not taken into epoll(7)."""
        try:
            status = self.host.stop()
        except subprocess.TimeoutExpired:
            status = "no end"
            self.host.stop(signal.SIGKILL)
        if status != 0:
            self.violation(label, "hears no SIGTERM: %s" % status, located)
        self.host.start()

    def ended_well(self, label, said, located):
        """By itself, with one sentence."""
        if self.host.process.poll() is None:
            self.violation(label, "neither starts nor ends", located)
            self.host.stop(signal.SIGKILL)
            return False
        status = self.host.process.returncode
        with open(self.args.dir + "/netd.log", encoding="utf-8", errors="replace") as log:
            log.seek(said)
            errors = [line for line in log.read().splitlines() if re.match(r"netd: error: ", line)]
        if status <= 0 or len(errors) != 1:
            self.violation(label, "ends with %d, and says %s" % (status, errors), located)
        return status > 0

    def start_again(self, label, before, first, located):
        """Where nothing fails."""
        if self.host.process.poll() is not None:
            self.host.start()
        self.counts["restarts"] += 1
        index, _, seen = self.settle(first)
        if index is not None:
            return
        self.violation(label, "is found otherwise by the next start:\n" + differences(first, seen), located)
        self.clean()
        self.ask(before)
        self.settle(first)

    # ---- the resolver: the n-th call of it fails while it serves, or while a plumber or itself is replaced ----

    def resolver_does(self, name):
        """What came of each question, and of each call of the API: its status, and the sentence of a refusal."""
        if name == "serve":  # what comes, is asked for, and goes
            attach = self.operations["attach"][1][0]
            connect = ("POST", "/networks/n9/connect", {"Container": "a"})
            called = self.ask(self.operations["network-create"][1] + [attach])
            answers = self.served.ask(3, 0.5)
            called += self.ask([connect])
            for call, answer in zip(("network-create", "attach", "connect"), called):
                answers[call] = answer and (answer[0], answer[1] if answer[0] >= 400 else "")
            return answers
        if name == "taken-over":
            self.host.stop(signal.SIGKILL)
            self.host.start()
        else:
            os.kill(self.host.resolver_pid(), signal.SIGKILL)
            time.sleep(0.1)
        return self.served.ask(14, 0.5)  # one that was killed often, and does not start then, is waited for up to 5 s

    def prepare_resolver(self, name):
        """a is attached, or nobody; and is served."""
        if self.host.process.poll() is not None:
            self.host.start()
        self.clean()
        if name == "serve":
            return
        end = time.monotonic() + HEAL_S
        while True:  # ports are held by a resolver that has not heard of the detach yet
            attached = self.host.call(*self.operations["attach"][1][0])
            if attached and attached[0] == 201:
                break
            assert time.monotonic() < end, "%s cannot be prepared: %s" % (name, attached)
            time.sleep(0.05)
        left = self.served.becomes_right(HEAL_S)
        assert not left, "%s cannot be prepared: %s" % (name, left)

    def walk_resolver(self, name, kind):
        if time.monotonic() > self.deadline:
            return
        self.counts = dict.fromkeys(("executions", "succeeded", "refused", "unanswered", "healed", "restarts", "violations"), 0)
        control = self.host.faults["resolver"]
        self.prepare_resolver(name)
        control.arm(CLASSES[kind][0], 0, 0, 0)
        self.resolver_does(name)
        total, _ = control.disarm()
        self.prepare_resolver(name)
        for n, number in enumerate(self.numbers(total)):
            errors = CLASSES[kind][1]
            self.resolver_point(name, kind, number, errors[n % len(errors)])
        self.totals[name, "resolver", kind] = self.counts
        self.say("%-15s %-8s %-13s %4d calls %s" % (name, "resolver", kind, total, ", ".join("%s %d" % item for item in self.counts.items() if item[1])))

    def resolver_point(self, name, kind, number, error):
        control = self.host.faults["resolver"]
        label = "%s resolver %s %d %s" % (name, kind, number, errno.errorcode[error])
        resolver = self.host.resolver_pid()
        said = self.host.log.seek(0, os.SEEK_END)
        control.arm(CLASSES[kind][0], number, error, 0)
        answers = self.resolver_does(name)
        _, fired = control.disarm()
        if not fired:
            return
        self.counts["executions"] += 1
        located = functools.cache(lambda: control.where(self.args.netd))
        silent = [what for what, answer in answers.items() if answer is None]
        refused = {what: answer for what, answer in answers.items() if answer and answer[0] >= 400}
        self.counts["unanswered" if silent else "succeeded"] += 1
        if self.args.verbose:
            self.say("  %s: %s, %s" % (label, {what: answer and answer[0] for what, answer in answers.items()}, located()))
        if silent:
            self.violation(label, "has no answer: %s" % ", ".join(silent), located)
        if refused:
            self.violation(label, "is refused: %s" % refused, located)
        if name != "replaced" and self.host.resolver_pid() != resolver:
            self.violation(label, "the resolver ended: %s" % self.said_since(said), located)
        if name == "serve":  # what it knew before the fault is still so, and what comes after it
            self.ask([self.operations["attach"][1][0], self.operations["connect"][1][0]])
        began = time.monotonic()
        left = self.served.becomes_right(HEAL_S)
        if left:
            self.violation(label, "is not served afterwards: %s; %s" % (left, self.said_since(said)), located)
        elif time.monotonic() - began > SOON_S:
            self.counts["healed"] += 1
        try:
            self.prepare_resolver(name)
        except AssertionError as problem:
            self.violation(label, str(problem), located)
            self.host.scrub()
            self.prepare_resolver(name)

    def walk_filter(self):
        """The child that makes the system call filter, by a program of its own: a start costs too much."""
        program = os.path.join(os.path.dirname(self.args.preload.split(":")[-1]), "filter")
        self.counts = dict.fromkeys(("executions", "succeeded", "refused", "unanswered", "healed", "restarts", "violations"), 0)
        done = subprocess.run([program, str(self.args.sample)], stdout=subprocess.PIPE, text=True, check=False)
        self.say(done.stdout.rstrip("\n"))
        for what, n in re.findall("(executions|succeeded|refused|violations) ([0-9]+)", done.stdout):
            self.counts[what] += int(n)
        self.violations += self.counts["violations"] or int(done.returncode != 0)
        self.totals["filter", "plumber", "child-memory"] = self.counts

    def said_since(self, place):
        with open(self.args.dir + "/netd.log", encoding="utf-8", errors="replace") as log:
            log.seek(place)
            return [line for line in log.read().splitlines() if "info" not in line][-4:]

    def run(self):
        self.n_points = 0
        self.deadline = time.monotonic() + self.args.seconds
        names = self.args.only or list(self.operations) + ["start", "recovery", *RESOLVER, "filter"]
        if set(names) & set(RESOLVER):
            self.served = serve.Served(self.host.inside["a"])
        self.host.start()
        for net, subnet in (("n1", "10.7.0.0/24"), ("n2", "10.8.0.0/24")):
            body = {"Name": net, "Options": {"com.docker.network.bridge.name": net + "br"}, "IPAM": {"Config": [{"Subnet": subnet}]}}
            assert self.host.call("POST", "/networks/create", body)[0] == 201
        for name in names:
            if name in RESOLVER:
                for kind in self.args.classes or RESOLVER_CLASSES:
                    self.walk_resolver(name, kind)
            elif name == "filter":
                self.walk_filter()
            elif name in ("start", "recovery"):
                for kind in self.args.classes or CLASSES:
                    self.walk_start(name, kind)
            else:
                self.walk_operation(name)
        self.clean()
        status = self.host.stop()
        if status != 0:
            self.violations += 1
            self.say("VIOLATION netd ends with %d" % status)
        total = {key: sum(counts[key] for counts in self.totals.values()) for key in self.counts}
        self.say("total: " + ", ".join("%s %d" % item for item in total.items()))
        return 1 if self.violations or not total["executions"] else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--netd", required=True)
    parser.add_argument("--preload", required=True)
    parser.add_argument("--dir", required=True)
    parser.add_argument("--container", action="append", default=[])
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="I/N: each Nth of them, for N walks beside each other")
    parser.add_argument("--restart-every", type=int, default=5)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--class", dest="classes", action="append", default=[])
    parser.add_argument("--role", dest="roles", action="append", default=[])
    parser.add_argument("--seconds", type=float, default=1e9, help="begins no other class after that")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    args.containers = dict(item.split("=", 1) for item in args.container)
    args.roles = args.roles or ["plumber", "resolver"]
    sys.exit(Walk(args).run())


main()
