# segments.py - ways to give one subnet more ports than a bridge takes (1,023), side by side and without netd
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: segments.py SHAPE SEGMENTS PORTS [FILTERED]     (root, in a network namespace made for it)
#
#   one       a single bridge; SEGMENTS is 1
#   star      bridges joined to the first one by a pair each, as they are: every broadcast reaches every port
#   quiet     the same, and the pairs' ports are told by whom neighbours are answered (neigh_suppress), with an entry for
#             each container in each bridge's forwarding and neighbour tables
#   routed    bridges that are not joined: the host has a route to each container and answers for those that are elsewhere
#             (proxy ARP); containers reach the IPv6 subnet by the gateway
#   routed-first      the same, with the IPv6 subnet on the link in the first segment, where the host answers (proxy NDP)
#   routed-proxies    the same in all segments
#
# Prints one JSON object. PORTS are the ports of all segments together. Two containers of each segment are network
# namespaces with addresses; the other ports' peers are in one more, for only their number is of interest. FILTERED: the
# host tracks connections, translates a published port's, and bridge netfilter shows it bridged frames.
import ctypes
import ipaddress
import json
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import time

SUBNET = ipaddress.ip_network("10.201.0.0/16")
SUBNET6 = ipaddress.ip_network("fd00:201::/64")
GATEWAY = SUBNET[1]
GATEWAY6 = SUBNET6[1]
CLONE_NEWNET = 0x40000000
RTM_NEWLINK, RTM_SETLINK, RTM_NEWROUTE, RTM_NEWNEIGH, RTM_DELNEIGH = 16, 19, 24, 28, 29
NLM_F_REQUEST, NLM_F_ACK, NLM_F_REPLACE, NLM_F_CREATE = 1, 4, 0x100, 0x400
IFLA_IFNAME, IFLA_MASTER, IFLA_PROTINFO, IFLA_LINKINFO, IFLA_NET_NS_PID = 3, 10, 12, 18, 19
NESTED = 0x8000
SPENT = {}  # microseconds of a processor for each kind of message


# ---- the kernel, a message at a time as netd speaks to it ----

def attribute(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + bytes(-len(data) % 4)


def enter(pid):
    with open(f"/proc/{pid}/ns/net") as namespace:
        if ctypes.CDLL(None).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            sys.exit("setns")


class Netlink:
    def __init__(self, pid="self"):
        """In the namespace of a process."""
        with open("/proc/self/ns/net") as own:
            enter(pid)
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
            ctypes.CDLL(None).setns(own.fileno(), CLONE_NEWNET)
        self.socket.bind((0, 0))
        self.n = 0

    def ask(self, kind, flags, body, what="port"):
        start = time.process_time()
        self.n += 1
        self.socket.send(struct.pack("=IHHII", len(body) + 16, kind, NLM_F_REQUEST | NLM_F_ACK | flags, self.n, 0) + body)
        code = -struct.unpack_from("=i", self.socket.recv(65536), 16)[0]
        if code:
            raise OSError(code, os.strerror(code))
        SPENT[what] = SPENT.get(what, 0) + (time.process_time() - start) * 1e6

    def port(self, name, bridge, peer, inside):
        """A pair: one end, up, at the bridge; the other, up, in another namespace."""
        there = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + attribute(IFLA_IFNAME, peer.encode() + b"\0")
        there += attribute(IFLA_NET_NS_PID, struct.pack("=I", inside.pid))
        info = attribute(1, b"veth\0") + attribute(2 | NESTED, attribute(1 | NESTED, there))
        body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + attribute(IFLA_IFNAME, name.encode() + b"\0")
        body += attribute(IFLA_MASTER, struct.pack("=I", bridge)) + attribute(IFLA_LINKINFO | NESTED, info)
        self.ask(RTM_NEWLINK, NLM_F_CREATE, body)
        for netlink, end in ((inside.netlink, peer), (self, name)):
            netlink.ask(RTM_NEWLINK, 0, struct.pack("=BxHiII", 0, 0, 0, 1, 1) + attribute(IFLA_IFNAME, end.encode() + b"\0"))

    def forwarding(self, mac, port):
        """The bridge finds mac behind the port, always: learnt elsewhere (extern_learn). A static entry would be one more
        address of each of the bridge's ports."""
        body = struct.pack("=BxxxiHBB", socket.AF_BRIDGE, port, 2, 0x14, 0)
        self.ask(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body + attribute(2, mac), "forwarding")

    def neighbour(self, address, mac, interface):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        body = struct.pack("=BxxxiHBB", family, interface, 0x80, 0, 0)
        self.ask(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body + attribute(1, address.packed) + attribute(2, mac), "neighbours")

    def answered(self, address, interface):
        """The host answers for the address there (proxy NDP)."""
        body = struct.pack("=BxxxiHBB", socket.AF_INET6, interface, 0, 8, 0)
        self.ask(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, body + attribute(1, address.packed), "proxies")

    def route(self, address, interface):
        family, bits = (socket.AF_INET, 32) if address.version == 4 else (socket.AF_INET6, 128)
        body = struct.pack("=BBBBBBBBI", family, bits, 0, 0, 254, 3, 253 if bits == 32 else 0, 1, 0)
        body += attribute(1, address.packed) + attribute(4, struct.pack("=I", interface))
        self.ask(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body, f"routes{address.version}")


def sh(command):
    done = subprocess.run(command, shell=True, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout


def sysctl(name, value):
    path = "/proc/sys/net/" + name
    if os.path.exists(path):
        with open(path, "w") as file:
            file.write(str(value))


# ---- containers and the crowd ----

class Namespace:
    """A network namespace that lives as long as a process in it."""

    def __init__(self):
        read, write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            ctypes.CDLL(None).unshare(CLONE_NEWNET)
            os.write(write, b"x")
            try:
                time.sleep(100000)
            finally:
                os._exit(0)
        os.read(read, 1)
        os.close(read)
        os.close(write)
        self.netlink = Netlink(self.pid)

    def run(self, command):
        return sh(f"nsenter --net=/proc/{self.pid}/ns/net -- {command}")

    def tries(self, command):
        return subprocess.run(f"nsenter --net=/proc/{self.pid}/ns/net -- {command}", shell=True, text=True, capture_output=True)

    def start(self, command):
        return subprocess.Popen(f"exec nsenter --net=/proc/{self.pid}/ns/net -- {command}", shell=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def mac_of(number):
    return struct.pack(">HI", 0x0242, number)


def mac_text(mac):
    return ":".join(f"{byte:02x}" for byte in mac)


class World:
    def __init__(self, shape, n_segments, filtered):
        self.shape, self.n_segments = shape.split("-")[0], n_segments
        self.n_proxies = {"routed-first": 1, "routed-proxies": n_segments}.get(shape, 0)
        self.netlink, self.namespaces = Netlink(), []
        self.n = 0  # containers so far
        self.crowd = self.namespace()
        self.crowd.run("sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1")
        for family in ("iptables", "ip6tables", "arptables"):
            sysctl(f"bridge/bridge-nf-call-{family}", 1 if filtered else 0)
        sysctl("ipv4/ip_forward", 1)
        sysctl("ipv6/conf/all/forwarding", 1)
        if filtered:
            sh("""nft -f - <<'END'
table inet filter {
	set sources { type ifname . ipv4_addr; }
	chain raw { type filter hook prerouting priority raw; iifname . ip saddr @sources accept; }
	chain forward { type filter hook forward priority filter; ct state established,related accept; }
	chain publish { type nat hook prerouting priority dstnat; }
	chain nat { type nat hook postrouting priority srcnat; ct status dnat ip saddr 10.201.0.0/16 masquerade; }
}
END""")
        self.bridges = [self.bridge(i) for i in range(n_segments)]
        sysctl("ipv6/conf/default/disable_ipv6", 1)  # a port of a bridge has no addresses
        self.up, self.down = [None] * n_segments, [None] * n_segments  # a segment's port to the first, and the first's to it
        if shape in ("star", "quiet"):
            self.join()
        sh("ip addr add fd00:ffff::1/128 dev lo; ip link set lo up")

    def namespace(self):
        self.namespaces.append(Namespace())
        return self.namespaces[-1]

    def bridge(self, i):
        name = f"br{i}"
        sh(f"ip link add {name} type bridge mcast_snooping 0; ip link set {name} address 02:41:00:00:00:{i + 1:02x} up")
        if self.shape == "routed":
            sh(f"ip addr add {GATEWAY}/32 dev {name}; ip -6 addr add {GATEWAY6}/128 dev {name} nodad")
            sh(f"ip ntable change name arp_cache dev {name} proxy_delay 0; ip ntable change name ndisc_cache dev {name} proxy_delay 0")
            sysctl(f"ipv4/conf/{name}/proxy_arp", 1)
            sysctl(f"ipv6/conf/{name}/proxy_ndp", 1)
        elif i == 0:
            sh(f"ip addr add {GATEWAY}/16 dev {name}; ip -6 addr add {GATEWAY6}/64 dev {name} nodad")
        return socket.if_nametoindex(name)

    def join(self):
        for i in range(1, self.n_segments):
            sh(f"ip link add up{i} type veth peer name down{i}; ip link set up{i} master br{i} up; ip link set down{i} master br0 up")
            self.up[i], self.down[i] = socket.if_nametoindex(f"up{i}"), socket.if_nametoindex(f"down{i}")
            if self.shape == "quiet":
                sh(f"bridge link set dev up{i} neigh_suppress on learning off; bridge link set dev down{i} neigh_suppress on learning off")
                # Where the host itself is.
                self.netlink.forwarding(bytes.fromhex("024100000001"), self.up[i])
                for address in (GATEWAY, GATEWAY6):
                    self.netlink.neighbour(address, bytes.fromhex("024100000001"), self.bridges[i])

    def way(self, at, to):
        """The port of segment `at` behind which segment `to` is."""
        return self.down[to] if at == 0 else self.up[at]

    def addresses(self, number):
        return SUBNET[number + 256], SUBNET6[number + 256]

    def make_known(self, number, segment):
        mac, addresses = mac_of(number), self.addresses(number)
        if self.shape == "quiet":
            for i, bridge in enumerate(self.bridges):
                if i != segment:
                    self.netlink.forwarding(mac, self.way(i, segment))
                for address in addresses:
                    self.netlink.neighbour(address, mac, bridge)
        if self.shape == "routed":
            for address in addresses:
                self.netlink.route(address, self.bridges[segment])
            for i, bridge in enumerate(self.bridges[:self.n_proxies]):
                if i != segment:
                    self.netlink.answered(addresses[1], bridge)

    def attach(self, segment, namespace=None):
        number = self.n
        self.n += 1
        self.netlink.port(f"p{number}", self.bridges[segment], "eth0" if namespace else f"c{number}", namespace or self.crowd)
        if self.shape == "quiet":  # a silent container is found, too
            self.netlink.forwarding(mac_of(number), socket.if_nametoindex(f"p{number}"))
        self.make_known(number, segment)
        return number

    def container(self, segment):
        namespace = self.namespace()
        namespace.segment = segment
        namespace.number = self.attach(segment, namespace)
        self.settle(namespace)
        return namespace

    def settle(self, namespace):
        namespace.ip4, namespace.ip6 = self.addresses(namespace.number)
        namespace.mac = mac_of(namespace.number)
        own = by_gateway = ""
        if self.shape == "routed" and namespace.segment >= self.n_proxies:
            own, by_gateway = "noprefixroute", f"; ip -6 route add {GATEWAY6} dev eth0; ip -6 route add {SUBNET6} via {GATEWAY6}"
        namespace.run(f"sh -c 'ip link set eth0 address {mac_text(namespace.mac)}; ip addr add {namespace.ip4}/16 dev eth0; "
                      f"ip -6 addr add {namespace.ip6}/64 dev eth0 nodad {own}; ip link set lo up; ip route add default via {GATEWAY}{by_gateway}'")

    def close(self):
        for namespace in self.namespaces:
            os.kill(namespace.pid, 9)
            os.waitpid(namespace.pid, 0)


# ---- what is measured ----

def delivered():
    """Packets that went out of containers' ports so far."""
    total = 0
    for link in json.loads(sh("ip -s -j link")):
        if re.fullmatch(r"p\d+", link["ifname"]):
            total += link["stats64"]["tx"]["packets"]
    return total


def arp(sender, target):
    return (b"\xff" * 6 + sender.mac + struct.pack(">HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + sender.mac + sender.ip4.packed +
            bytes(6) + target.packed)


def broadcast(sender, frame, n=50):
    """Packets that one frame becomes at ports of containers, and microseconds of a processor that sending it takes."""
    before = delivered()
    took = sender.run(f"/usr/bin/python3 -I -S {os.path.abspath(__file__)} send {frame.hex()} {n}")
    time.sleep(0.3)
    return {"delivered": round((delivered() - before) / n, 1), "us": float(took)}


def send(frame, n):
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind(("eth0", 0))
    times = []
    for _ in range(n):
        start = time.process_time()
        try:
            wire.send(frame)
        except OSError:  # more copies than the kernel queues for a processor (netdev_max_backlog): some are lost
            pass
        times.append((time.process_time() - start) * 1e6)
        time.sleep(0.002)
    print(round(statistics.median(times), 1))


def latency(sender, address):
    said = sender.tries(f"ping -q -n -c 500 -i 0.002 -W 2 {address}")
    match = re.search(r"= ([\d.]+)/([\d.]+)/", said.stdout)
    return round(float(match[1]) * 1000) if match else None


def reaches(sender, address):
    return sender.tries(f"ping -q -n -c 2 -i 0.2 -W 1 {address}").returncode == 0


def throughput(sender, receiver, address):
    """Gbit for each second of a processor that sender and receiver take, which depends little on what else runs."""
    server = receiver.start("iperf3 -s -1")
    for _ in range(200):
        if receiver.tries("ss -Hlnt 'sport = 5201' | grep -q .").returncode == 0:
            break
        time.sleep(0.02)
    try:
        end = json.loads(sender.tries(f"iperf3 -J -t 3 -c {address}").stdout)["end"]
        used = end["cpu_utilization_percent"]
        return round(end["sum_received"]["bits_per_second"] / 1e7 / (used["host_total"] + used["remote_total"]), 1)
    except (KeyError, ValueError):
        return None
    finally:
        server.kill()
        server.wait()


class Host:
    """The host's own namespace, as if it were a container."""

    def tries(self, command):
        return subprocess.run(command, shell=True, text=True, capture_output=True)

    def start(self, command):
        return subprocess.Popen("exec " + command, shell=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def multicast_reaches(sender, receiver):
    """Whether a datagram to a group gets to another container."""
    listen = ("import socket,struct; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((\"\", 5454)); s.settimeout(3); "
              "s.setsockopt(0, 35, struct.pack(\"4s4s\", socket.inet_aton(\"239.1.2.3\"), bytes(4))); s.recv(10)")
    waiting = subprocess.Popen(["nsenter", f"--net=/proc/{receiver.pid}/ns/net", "--", "/usr/bin/python3", "-I", "-S", "-c", listen],
                               stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 2.5
    while waiting.poll() is None and time.monotonic() < deadline:
        sender.tries("/usr/bin/python3 -I -S -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
                     "s.sendto(b\"x\", (\"239.1.2.3\", 5454))'")
        time.sleep(0.1)
    return waiting.wait() == 0


def populate(world, n_ports):
    """Fills up with ports, one segment after the other. What a port takes of a processor, in microseconds: medians of the
    tenths, and means of the first and the last tenth for each kind of message."""
    per_segment, times, kinds = n_ports // world.n_segments - 2, [], []
    tenth = max(per_segment * world.n_segments // 10, 1)
    for segment in range(world.n_segments):
        for _ in range(per_segment):
            if len(times) % tenth == 0:
                kinds.append(dict(SPENT))
            start = time.process_time()
            world.attach(segment)
            times.append((time.process_time() - start) * 1e6)
    kinds.append(dict(SPENT))
    kinds = [{kind: round((after[kind] - before.get(kind, 0)) / tenth) for kind in after} for before, after in zip(kinds, kinds[1:])]
    tenths = [round(statistics.median(times[at:at + tenth])) for at in range(0, tenth * 10, tenth)]
    return {"tenths": tenths, "growth": round(tenths[-1] / tenths[0], 2), "first_tenth": kinds[0], "last_tenth": kinds[9]}


def published(world, server, clients):
    """Who of the clients reaches a port of the host that leads to the server; without tracking there is none."""
    sh(f"nft add rule inet filter publish fib daddr type local tcp dport 8080 dnat ip to {server.ip4}:80")
    sh(f"bridge link set dev p{server.number} hairpin on")  # for itself
    listening = server.start("socat TCP-LISTEN:80,fork,reuseaddr OPEN:/dev/null")
    for _ in range(200):
        if server.tries("ss -Hlnt 'sport = 80' | grep -q .").returncode == 0:
            break
        time.sleep(0.02)
    try:
        return {name: client.tries(f"ncat -z -w 2 {GATEWAY} 8080").returncode == 0 for name, client in clients.items()}
    finally:
        listening.kill()
        listening.wait()


def isolated(world, near, beside, far):
    """Neighbours must not reach each other, in whichever segment, and the host must: ports of containers are isolated, and of
    a pair that joins two bridges the first bridge's end."""
    for namespace in (near, beside, far):
        sh(f"bridge link set dev p{namespace.number} isolated on")
    for port in (f"down{i}" for i in range(1, world.n_segments) if world.down[i]):
        sh(f"bridge link set dev {port} isolated on")
    result = {"same_segment": reaches(near, beside.ip4), "other_segment": reaches(near, far.ip4), "back": reaches(far, near.ip4),
              "host": reaches(near, GATEWAY) and reaches(far, GATEWAY)}
    for namespace in (near, beside, far):
        sh(f"bridge link set dev p{namespace.number} isolated off")
    for port in (f"down{i}" for i in range(1, world.n_segments) if world.down[i]):
        sh(f"bridge link set dev {port} isolated off")
    return result


def moves(world, who, to, other):
    """Milliseconds until another container, which spoke to it a moment ago, reaches it where it has come back: in another
    segment, under the same address and MAC."""
    reaches(other, who.ip4)
    sh(f"ip link del p{who.number}")
    world.netlink.port(f"p{who.number}", world.bridges[to], "eth0", who)
    if world.shape == "quiet":
        for i in range(world.n_segments):
            port = socket.if_nametoindex(f"p{who.number}") if i == to else world.way(i, to)
            world.netlink.forwarding(who.mac, port)
    elif world.shape == "routed":
        who.segment = to
        world.make_known(who.number, to)
        for address in world.addresses(who.number):
            if address.version == 6:
                sh(f"ip -6 neigh del proxy {address} dev br{to} 2>/dev/null || true")
    world.settle(who)
    start = time.perf_counter()
    while other.tries(f"ping -q -n -c 1 -W 1 {who.ip4}").returncode != 0:
        if time.perf_counter() - start > 60:
            return None
    return round((time.perf_counter() - start) * 1000)


def measure(shape, n_segments, n_ports, filtered):
    world = World(shape, n_segments, filtered)
    result = {"scenario": "segments", "shape": shape, "segments": n_segments, "ports": n_ports, "filtered": filtered}
    try:
        pairs = [(world.container(i), world.container(i)) for i in range(n_segments)]
        result["attach_us"] = populate(world, n_ports)
        # The first segment is the middle of the star, so the last two are the furthest from each other.
        near, beside = pairs[-1]
        far = pairs[-2][0] if n_segments > 1 else beside
        middle = pairs[0][0]
        for there in (beside, far, middle):
            reaches(near, there.ip4)
        result["arp"] = {"for_same_segment": broadcast(near, arp(near, beside.ip4)), "for_other_segment": broadcast(near, arp(near, far.ip4)),
                         "for_nobody": broadcast(near, arp(near, SUBNET[60000]))}
        host = Host()
        result["latency_us"] = {"same_segment": latency(near, beside.ip4), "first_segment": latency(near, middle.ip4),
                                "other_segment": latency(near, far.ip4), "host": latency(near, GATEWAY)}
        result["gbit_per_cpu_s"] = {"same_segment": throughput(near, beside, beside.ip4), "first_segment": throughput(near, middle, middle.ip4),
                                "other_segment": throughput(near, far, far.ip4), "from_host": throughput(host, near, near.ip4)}
        link_local = re.search(r"inet6 (fe80::[^/]*)", far.run("ip -6 addr show dev eth0"))[1]
        result["reaches"] = {"ipv6": all(reaches(a, b.ip6) for a in (near, middle, far) for b in (beside, middle, far)), "ipv6_link_local": reaches(near, f"{link_local}%eth0"),
                             "multicast": multicast_reaches(near, far), "isolated": isolated(world, near, beside, far)}
        if filtered:
            clients = {"itself": near, "same_segment": beside}
            if n_segments > 1:
                clients.update({"first_segment": middle, "other_segment": far})
            result["published_port"] = published(world, near, clients)
        result["ttl_in_other_segment"] = int(re.search(r"ttl=(\d+)", near.tries(f"ping -n -c 1 -W 1 {far.ip4}").stdout)[1])
        if n_segments > 1:
            result["moved_ms"] = moves(world, pairs[1][1], 0, near)
    finally:
        world.close()
    print(json.dumps(result))


if sys.argv[1] == "send":
    send(bytes.fromhex(sys.argv[2]), int(sys.argv[3]))
else:
    measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4)
