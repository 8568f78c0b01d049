# differential_world.py - a random host: networks, containers, published ports; and who may be asked to reach whom
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import json
import os
import signal
import socket
import subprocess
import time

from differential_space import Space, children, write

# Who asks, as explain and as reach call him and it; who answers when it works.
Pair = collections.namedtuple("Pair", "asker target netns address port answers")
Endpoint = collections.namedtuple("Endpoint", "network ifname address six")

OUTSIDE, OUTSIDE6 = "192.0.2.1", "2001:db8::1"
HOST, HOST6 = "192.0.2.10", "2001:db8::10"
TCP, UDP, ICMP = "80/tcp", "90/udp", "icmp"

# What stands on hosts beside netd and drops nothing that these worlds send: it has to be read all the same.
FURNITURE = (
    """nft 'table inet corp { set ok { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 192.0.2.0/24 }; }
    chain f { type filter hook forward priority 5; policy drop; ct state established,related accept
    ip saddr @ok counter accept; meta nfproto ipv6 accept; }; }'""",
    """nft 'table ip corp { chain m { meta mark set meta mark | 0x10; return; }
    chain p { type filter hook prerouting priority -150; ip saddr 10.0.0.0/8 jump m; ct mark set mark; }; }'""",
    """nft 'table inet corp { map v { type inet_service : verdict; elements = { 22 : drop, 80 : accept, 443 : accept }; }
    chain i { type filter hook input priority 0; ct state vmap { established : accept, related : accept }
    tcp dport vmap @v; }; chain o { type route hook output priority -150; tcp dport 80 meta mark set 0x20; }; }'""",
    """nft 'table bridge corp { chain f { type filter hook forward priority 0; policy drop; ether type arp accept
    ether type { ip, ip6 } meta l4proto { tcp, udp, icmp, icmpv6 } counter accept; }; }'""",
    """iptables-nft -N CORP; iptables-nft -I FORWARD -j CORP
    iptables-nft -A CORP -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    iptables-nft -A CORP -p tcp -m multiport --dports 22,25 -j DROP
    iptables-nft -A CORP -m comment --comment kept -s 10.0.0.0/8 -j RETURN""",
    """iptables-nft -t nat -A POSTROUTING -s 172.30.0.0/16 ! -o corp0 -j MASQUERADE
    iptables-nft -t mangle -A PREROUTING -p tcp -m multiport --dports 80,443 -j MARK --set-xmark 0x1/0x1
    ip6tables-nft -A INPUT -m addrtype --dst-type MULTICAST -j ACCEPT""",
)


# What a kernel may be without, by the word that a command needing it holds, and a command that shows it.
NEEDS = {
    "multiport": "iptables-nft -A OUTPUT -p tcp -m multiport --ports 22 -j ACCEPT",
    "iprange": "iptables-nft -A OUTPUT -m iprange --dst-range 10.0.0.1-10.0.0.2 -j ACCEPT",
    "addrtype": "ip6tables-nft -A INPUT -m addrtype --dst-type MULTICAST -j ACCEPT",
    "comment": "iptables-nft -A OUTPUT -m comment --comment kept -j ACCEPT",
    "conntrack": "iptables-nft -A OUTPUT -m conntrack --ctstate NEW -j ACCEPT",
    "MASQUERADE": "iptables-nft -t nat -A POSTROUTING -j MASQUERADE",
    "MARK": "iptables-nft -t mangle -A PREROUTING -j MARK --set-xmark 0x1/0x1",
    "REJECT": "iptables-nft -A OUTPUT -j REJECT",
    "iptables-nft": "iptables-nft -A OUTPUT -j ACCEPT",
    "bridge corp": "nft 'table bridge t { chain c { type filter hook forward priority 0; }; }'",
    "hook egress": "nft 'table netdev e { chain c { type filter hook egress device lo priority 0; }; }'",
    "hook ingress": "nft 'table netdev t { chain c { type filter hook ingress device lo priority 0; }; }'",
    "locked on": "ip link add br0 type bridge; ip link add v0 master br0 type veth peer name v1; bridge link set dev v0 locked on; "
                 "bridge -d link show dev v0 | grep -q 'locked on'",
    "table arp": "nft 'table arp t { chain c { type filter hook input priority 0; }; }'",
}
LACKING = {}  # of these, each with what was said; the same in every world


def find_lacking():
    """In a namespace of nobody's. What is lacking is left out of every world."""
    space = Space("nt%d-lacking" % os.getpid())
    with space:
        for word, command in NEEDS.items():
            done = subprocess.run(("sh", "-c", command), capture_output=True, text=True)
            if done.returncode:
                LACKING[word] = done.stderr.strip().splitlines()[0] if done.stderr.strip() else "exit status %d" % done.returncode
    space.remove()


class Lacking(Exception):
    """A command needs what the kernel is without."""


def is_possible(command):
    return not any(word in command for word in LACKING)


class Netd:
    """The API: a program for each call would cost as much as what netd does, and Python's own client a fifth of it."""

    def __init__(self, path):
        self.path, self.sock = path, None

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)
        self.answers = self.sock.makefile("rb")

    def close(self):
        if self.sock:
            self.sock.close()
            self.sock = None

    def line(self):
        line = self.answers.readline()
        if not line:
            raise ConnectionError("netd has closed the connection")
        return line.strip()

    def call(self, method, path, body=None):
        if not self.sock:
            self.connect()
        sent = json.dumps(body).encode() if body else b""
        self.sock.sendall(b"%s %s HTTP/1.1\r\nHost: netd\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
            method.encode(), path.encode(), len(sent), sent))
        status = int(self.line().split()[1])
        fields = dict(line.lower().split(b": ", 1) for line in iter(self.line, b""))
        text = self.answers.read(int(fields[b"content-length"]))
        if status >= 300:
            raise RuntimeError("%s %s %s: %d %s" % (method, path, body, status, text))
        return text


Done = collections.namedtuple("Done", "returncode stdout stderr")


def in_memory(text=""):
    fd = os.memfd_create("text")
    os.pwrite(fd, text.encode(), 0)
    return fd


def completed(argv, text="", env=None):
    """As subprocess.run(); its pipes would cost as much as a small program."""
    fds = in_memory(text), in_memory(), in_memory()
    try:
        code = subprocess.Popen(argv, stdin=fds[0], stdout=fds[1], stderr=fds[2], env=env).wait()
        return Done(code, *(os.pread(fd, os.fstat(fd).st_size, 0).decode() for fd in fds[1:]))
    finally:
        for fd in fds:
            os.close(fd)


def run(*argv, text="", check=True):
    done = completed(argv, text)
    if check and done.returncode:
        raise RuntimeError("%s: %s%s" % (" ".join(argv), done.stdout, done.stderr))
    return done.stdout


class Server:
    """A process that answers, which reach has made a child of this one; as subprocess.Popen()."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self, flags=os.WNOHANG):
        if self.returncode is None and (ended := os.waitpid(self.pid, flags))[0]:
            self.returncode = os.waitstatus_to_exitcode(ended[1])
        return self.returncode

    def wait(self):
        return self.poll(0)

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


class Network:
    def __init__(self, number, chance):
        self.name, self.bridge = "n%d" % number, "br%d" % number
        self.subnet, self.gateway = "10.%d.0.0/24" % (60 + number), "10.%d.0.1" % (60 + number)
        self.subnet6, self.gateway6 = "2001:db8:%d::/64" % (60 + number), "2001:db8:%d::1" % (60 + number)
        self.internal = chance.random() < 0.15
        self.icc = chance.random() > 0.15
        self.six = chance.random() < 0.4

    def body(self):
        body = {
            "Name": self.name, "Internal": self.internal, "EnableIPv6": self.six,
            "IPAM": {"Config": [{"Subnet": self.subnet}]}, "Options": {"bridge": self.bridge},
        }
        if self.six:
            body["IPAM"]["Config"].append({"Subnet": self.subnet6})
        if not self.icc:
            body["Options"]["icc"] = "false"
        return body


class Container:
    def __init__(self, number, networks, chance):
        self.name = "c%d" % number
        self.networks = chance.sample(networks, min(len(networks), chance.choice((1, 1, 1, 2))))
        self.published = 8000 + number if chance.random() < 0.3 else None
        self.published_at = chance.choice(("", "", "", "127.0.0.1"))
        self.endpoints = []
        self.server = None


class World:
    def __init__(self, build, directory, chance):
        self.build, self.directory, self.random = build, directory, chance
        self.prefix = "nt%d-d" % os.getpid()
        self.processes, self.spaces, self.awaited = [], {}, []
        self.netd_api = None
        self.frozen = False
        self.description = []
        os.makedirs(directory + "/run")
        os.makedirs(directory + "/state")

    # ---- namespaces ----

    def netns(self, name):
        return self.spaces[name].path

    def new_netns(self, name):
        self.spaces[name] = Space("%s-%s" % (self.prefix, name))

    def inside(self, name, *argv, text="", check=True):
        if not is_possible(" ".join(argv)):
            raise Lacking
        with self.spaces[name]:
            return run(*argv, text=text, check=check)

    def script(self, name, text):
        """Lines of shell there: one process for several commands."""
        return self.inside(name, "sh", "-ec", text)

    def sysctl(self, name, path, value):
        with self.spaces[name]:
            try:
                write("/proc/sys/net/" + path, value)
            except OSError as error:
                raise RuntimeError("%s: %s" % (path, error))

    def ip(self, name, lines):
        """Commands of ip(8), a line each: one process for all of them."""
        self.inside(name, "ip", "-batch", "-", text=lines)

    def spawn(self, name, *argv, stdin=subprocess.DEVNULL, stdout=None):
        with open(self.directory + "/log", "a") as log, self.spaces[name]:
            process = subprocess.Popen(argv, stdin=stdin, stdout=stdout or log, stderr=log)
        self.processes.append(process)
        return process

    def wait_for(self, holds, what):
        deadline = time.monotonic() + 60
        while not holds():
            if time.monotonic() > deadline:
                raise RuntimeError("not within the time: " + what)
            time.sleep(0.005)

    # ---- making it ----

    def make(self):
        self.wire()
        self.start_netd()
        chance = self.random
        self.furnish()
        self.networks = [Network(i, chance) for i in range(chance.choice((1, 1, 2, 2, 3, 4)))]
        for network in self.networks:
            self.netd_api.call("POST", "/networks/create", network.body())
        self.containers = [Container(i, self.networks, chance) for i in range(chance.choice((2, 2, 3, 3, 3, 4, 4, 5, 6, 10)))]
        for container in self.containers:
            self.attach(container)
        self.serve("out", "out")
        self.serve("h", "host")
        for space in self.spaces.values():
            space.hasten()
        self.all_serve()
        self.describe()

    def wire(self):
        for name in ("out", "h"):
            self.new_netns(name)
        self.reacher = self.spawn("out", self.build + "/tests/explain/reach", "many", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        # Ends with the same index would look to the kernel like no pair: it takes up to a second to use such a link.
        self.ip("h", """link add up0 index 100 type veth peer name wire netns %s-out
            addr add %s/24 dev up0
            addr add %s/64 dev up0 nodad
            link set up0 up
            route add default via %s
            route add default via %s""" % (self.prefix, HOST, HOST6, OUTSIDE, OUTSIDE6))
        # Who is outside may try the containers' own addresses; answers to them, if they come out at all, do not go back.
        self.ip("out", """addr add %s/24 dev wire
            addr add %s/64 dev wire nodad
            link set wire up
            route add default via %s table 77
            rule add ipproto tcp dport 80 lookup 77
            route add default via %s table 77""" % (OUTSIDE, OUTSIDE6, HOST, HOST6))
        self.inside("out", "ip", "-6", "rule", "add", "ipproto", "tcp", "dport", "80", "lookup", "77")
        # What is sent in the first moments of a link may be lost, and no neighbour is asked for twice here.
        for name in ("out", "h"):
            self.spaces[name].hasten()
        links = [Pair("host", "", "h", address, ICMP, "") for address in (OUTSIDE, OUTSIDE6)]
        self.wait_for(lambda: self.reach(links, 100) == ["answered"] * 2, "the host reaches outside")

    def furnish(self):
        chosen = self.random.sample(FURNITURE, self.random.choice((0, 0, 1, 1, 2)))
        self.furniture = [text for text in chosen if is_possible(text)]
        for text in self.furniture:
            self.script("h", text)

    def start_netd(self):
        socket_path = self.directory + "/run/netd.sock"
        self.host = "unix://" + socket_path
        self.netd_api = Netd(socket_path)
        self.netd = self.spawn(
            "h", self.build + "/netd", "--run-dir", self.directory + "/run", "--state-dir", self.directory + "/state",
            "--host", self.host,
        )
        self.wait_for(self.netd_answers, "netd answers")

    def netd_answers(self):
        try:
            return self.netd_api.call("GET", "/_ping")
        except OSError:
            self.netd_api.close()
            return False

    def in_host(self, *argv):
        """As a person's shell has it: netctl is in the PATH, and knows where netd is."""
        with self.spaces["h"]:
            return completed(argv, env=dict(os.environ, NETD_HOST=self.host, PATH=self.build + ":" + os.environ["PATH"]))

    def netctl(self, *argv):
        return self.in_host(self.build + "/netctl", *argv)

    def attach(self, container):
        self.new_netns(container.name)
        body = {
            "Name": container.name, "NetnsPath": self.netns(container.name),
            "Networks": [{"Name": network.name} for network in container.networks],
        }
        if all(network.internal for network in container.networks):
            container.published = None  # there is no way in
        if container.published:
            at = {"HostIp": container.published_at, "HostPort": str(container.published)}
            body["PortBindings"] = {"80/tcp": [at]}
        told = json.loads(self.netd_api.call("POST", "/netd/v1/containers", body))["NetworkSettings"]["Networks"]
        for number, network in enumerate(container.networks):
            at = told[network.name]
            container.endpoints.append(Endpoint(network, "eth%d" % number, at["IPAddress"], at["GlobalIPv6Address"]))
        container.server = self.serve(container.name, container.name)

    def serve(self, where, name, address="::", ports=(TCP, UDP)):
        """all_serve() waits for it: they start side by side."""
        ready = "%s/ready.%d" % (self.directory, len(self.processes))
        self.to_reacher(where, "answer", ready, ["- %s %s %s" % (name, address, port) for port in ports])
        process = Server(int(self.from_reacher()))
        self.processes.append(process)
        self.awaited.append((ready, process))
        return process

    def all_serve(self):
        awaited, self.awaited = self.awaited, []
        for ready, process in awaited:
            self.wait_for(lambda: os.path.exists(ready) or process.poll() is not None, "who answers is there")
            if not os.path.exists(ready):  # such as where the address is gone
                raise RuntimeError("nobody answers: exit status %d" % process.returncode)

    def freeze(self):
        """netd sees nothing of what follows, and repairs nothing."""
        if not self.frozen:
            self.netd.send_signal(signal.SIGSTOP)
            self.frozen = True

    def thaw(self):
        if self.frozen:
            self.netd.send_signal(signal.SIGCONT)
            self.frozen = False

    def describe(self):
        self.description += self.furniture
        for network in self.networks:
            self.description.append("network %s" % json.dumps(network.body()))
        for container in self.containers:
            self.description.append(
                "%s: %s%s" % (
                    container.name,
                    ", ".join("%s %s %s%s" % (e.ifname, e.network.name, e.address, e.six and " " + e.six)
                              for e in container.endpoints),
                    ", %s:%d:80" % (container.published_at, container.published) if container.published else "",
                )
            )

    # ---- asking ----

    def pairs(self):
        pairs = []
        for asker in [a.name for a in self.containers] + ["host"]:
            for b in self.containers:
                for endpoint in b.endpoints:
                    for address in filter(None, (endpoint.address, endpoint.six)):
                        pairs.append(self.pair(asker, address, self.some_port(), b.name))
            for address in (OUTSIDE, OUTSIDE6):
                pairs.append(self.pair(asker, address, self.some_port(), "out"))
        for b in self.containers:
            pairs += self.pairs_of_host(b)
        return pairs

    def some_port(self):
        return self.random.choice((TCP, TCP, TCP, TCP, UDP, ICMP))

    def pairs_of_host(self, b):
        """This container and the host, its gateway and its published port, from within and from outside."""
        outside, outside6, anyone = "outside:" + OUTSIDE, "outside:" + OUTSIDE6, self.random.choice(self.containers).name
        network = b.endpoints[0].network
        pairs = [
            self.pair(b.name, network.gateway, self.some_port(), "host"),
            self.pair(b.name, HOST, self.some_port(), "host"),
            self.pair(outside, b.endpoints[0].address, TCP, b.name),
        ]
        if b.endpoints[0].six:
            pairs.append(self.pair(b.name, HOST6, self.some_port(), "host"))
            pairs.append(self.pair(outside6, b.endpoints[0].six, TCP, b.name))
        if b.published:
            port = "%d/tcp" % b.published
            pairs += [self.pair(asker, HOST, port, b.name) for asker in (outside, anyone, b.name, "host")]
            pairs.append(self.pair("host", "127.0.0.1", port, b.name))
            if any(endpoint.six for endpoint in b.endpoints):
                pairs += [self.pair(asker, HOST6, port, b.name) for asker in (outside6, anyone, "host")]
        return pairs

    def pair(self, asker, address, port, answers):
        netns = "out" if asker.startswith("outside:") else "h" if asker == "host" else asker
        if port == ICMP:
            return Pair(asker, address + "/icmp", netns, address, port, "")
        target = ("[%s]:%s" if ":" in address else "%s:%s") % (address, port)
        return Pair(asker, target, netns, address, port, " " + answers)

    def apart(self, pair):
        """The codes of what keeps this pair apart though nothing is broken, besides what is told of whole networks."""
        asker = next((c for c in self.containers if c.name == pair.asker), None)
        if asker and ":" in pair.address and not any(endpoint.six for endpoint in asker.endpoints):
            return {"route-missing"}
        return set()

    def reach(self, pairs, limit_ms):
        """What each sees, without the milliseconds."""
        self.to_reacher("out", "try", limit_ms, ["%s %s %s" % (self.netns(p.netns), p.address, p.port) for p in pairs])
        seen = [" ".join(line.split()[:-2]) for line in iter(self.from_reacher, "")]
        if len(seen) != len(pairs):
            raise RuntimeError("reach has tried %d of %d pairs" % (len(seen), len(pairs)))
        return seen

    def to_reacher(self, where, mode, argument, lines):
        text = "%s %s %s\n%s\n\n" % (self.netns(where), mode, argument, "\n".join(lines))
        self.reacher.stdin.write(text.encode())
        self.reacher.stdin.flush()

    def from_reacher(self):
        line = self.reacher.stdout.readline()
        if not line:
            raise RuntimeError("reach has ended")
        return line.decode().strip()

    def ask(self, pairs):
        """What explain says of each, as JSON; where netd is stopped, by its records, as netctl has it."""
        out = self.inside(
            "h", self.build + "/tests/explain/ask", self.host, self.directory + "/run", self.directory + "/state",
            "records" if self.frozen else "netd", text="".join("%s %s\n" % (p.asker, p.target) for p in pairs),
        )
        return json.loads("[%s]" % ",".join(out.splitlines()))

    # ---- the end of it ----

    def remove(self):
        self.thaw()
        if self.netd_api:
            self.netd_api.close()
        # netd first: it would start another resolver. Who is left, such as the old one, is a child of this process then.
        for process in self.processes:
            process.kill()
            process.wait()
        while left := children():
            for pid in left:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        for space in self.spaces.values():
            space.remove()
