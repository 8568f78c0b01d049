"""ruleworld.py - a namespace with two links, packets that come in by them or go out, and what the kernel traced of each

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import select
import socket
import struct
import subprocess
import time

MARKED = 0x4E54  # IP id, or flow label: what is traced
LAST = 0x4E55  # a packet behind the one that is looked at: when it is traced, all before it was
NFNLGRP_NFTRACE = 9
TRACE = (10 << 8) | 17  # NFT_MSG_TRACE
SOL_NETLINK = 270

# It drops what comes last. What the kernel answers by itself may have that id by chance, but is no socket's.
MARKING = """
table {family} marking {{
	chain in {{
		type filter hook prerouting priority -2147483648
		{last} meta nftrace set 1 drop
		{mark} meta nftrace set 1
	}}
	chain out {{
		type filter hook output priority -2147483648
		{mark} meta skuid 0 meta nftrace set 1
	}}
}}
"""


def run(*argv, text=None):
    done = subprocess.run(argv, input=text, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr}")
    return done.stdout


def write(path, value):
    with open(path, "w") as file:
        file.write(str(value))


def make_links():
    """v0 and v1, each with hosts 2 to 9 beside it, whose MAC is known."""
    for key, value in {
        "ipv4/ip_forward": 1,
        "ipv6/conf/all/forwarding": 1,
        "ipv4/conf/all/rp_filter": 0,
        "ipv4/conf/default/rp_filter": 0,
        "ipv4/conf/all/send_redirects": 0,
        "ipv4/conf/default/send_redirects": 0,
        "ipv4/conf/all/accept_local": 1,
        "ipv6/conf/all/accept_dad": 0,
        "ipv6/conf/default/accept_dad": 0,
        "ipv4/icmp_ratelimit": 0,
    }.items():
        write(f"/proc/sys/net/{key}", value)
    batch = ["link set lo up"]
    for i in (0, 1):
        batch += [
            f"link add v{i} address 02:00:00:00:01:0{i} type veth peer name p{i}",
            f"link set p{i} up",
            f"link set v{i} up",
            f"addr add 10.{i + 1}.0.1/24 dev v{i}",
            f"addr add fd0{i + 1}::1/64 dev v{i} nodad",
        ]
        for host in range(2, 10):
            for address in (f"10.{i + 1}.0.{host}", f"fd0{i + 1}::{host}"):
                batch.append(f"neigh add {address} lladdr 02:00:00:00:00:0{host} dev v{i} nud permanent")
    batch += [
        "link set v0 group 5",
        "route add default via 10.2.0.9 dev v1",
        "route add ::/0 via fd02::9 dev v1",
    ]
    run("ip", "-batch", "-", text="\n".join(batch) + "\n")
    for i in (0, 1):
        # Its own chatter with routers and groups would be in the way.
        write(f"/proc/sys/net/ipv6/conf/p{i}/disable_ipv6", 1)
    make_bridge()
    wait_for_links()


def make_bridge():
    """br0 with the ports q0 and q1; who has the MAC …:77 is beyond q1."""
    batch = ["link add br0 type bridge", "link set br0 up"]
    for i in (0, 1):
        batch += [f"link add q{i} type veth peer name r{i}", f"link set q{i} master br0", f"link set q{i} up", f"link set r{i} up"]
    run("ip", "-batch", "-", text="\n".join(batch) + "\n")
    run("bridge", "fdb", "replace", "02:00:00:00:00:77", "dev", "q1", "master", "static")
    for name in ("q0", "q1", "r0", "r1", "br0"):
        write(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", 1)
    for name in ("iptables", "ip6tables", "arptables"):
        if os.path.exists(f"/proc/sys/net/bridge/bridge-nf-call-{name}"):
            write(f"/proc/sys/net/bridge/bridge-nf-call-{name}", 0)


def wait_for_links():
    """Until they are up a queue of nothing takes what is sent."""
    end = time.monotonic() + 60
    while not all(link["operstate"] == "UP" for link in json.loads(run("ip", "-j", "link", "show", "type", "veth"))):
        if time.monotonic() > end:
            raise RuntimeError("the links do not come up")
        time.sleep(0.01)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def transport(packet, source, target):
    """The header behind IP's; packet: what rules_tool.c is told."""
    proto, payload = packet["proto"], b"12345678"
    if proto == 6:
        head = struct.pack("!HHIIBBHHH", packet["sport"], packet["dport"], packet.get("seq", 1000),
                           packet.get("ack", 0), 0x50, packet["flags"], 8192, 0, 0)
        at, payload = 16, b""
    elif proto == 17:
        head = struct.pack("!HHHH", packet["sport"], packet["dport"], 8 + len(payload), 0)
        at = 6
    else:
        head = struct.pack("!BBHHH", packet["type"], 0, 0, packet["id"], 1)
        at = 2
    pseudo = b""
    if proto != 1:
        pseudo = source + target + struct.pack("!I" if len(source) == 16 else "!H", len(head) + len(payload))
        pseudo += struct.pack("!I" if len(source) == 16 else "!H", proto)
    total = checksum(pseudo + head + payload) or 0xFFFF
    return head[:at] + struct.pack("!H", total) + head[at + 2:] + payload


def build(packet, label=MARKED):
    """The packet from IP's header on; its length is put into it."""
    six = ":" in packet["src"]
    family = socket.AF_INET6 if six else socket.AF_INET
    source, target = (socket.inet_pton(family, packet[key]) for key in ("src", "dst"))
    body = transport(packet, source, target)
    if six:
        head = struct.pack("!IHBB", 0x60000000 | packet["tos"] << 20 | label, len(body), packet["proto"], packet["ttl"])
        return head + source + target + body
    head = struct.pack("!BBHHHBBH", 0x45, packet["tos"], 20 + len(body), label, 0, packet["ttl"], packet["proto"], 0)
    head += source + target
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def ends(data):
    """Of a packet that is traced: source, destination, ports."""
    if data[0] >> 4 == 6 and int.from_bytes(data[:4], "big") & 0xFFFFF == MARKED:
        proto, source, target, body = data[6], data[8:24], data[24:40], data[40:]
    elif data[0] == 0x45 and int.from_bytes(data[4:6], "big") == MARKED:
        proto, source, target, body = data[9], data[12:16], data[16:20], data[20:]
    else:
        return None
    family = socket.AF_INET if len(source) == 4 else socket.AF_INET6
    ports = struct.unpack("!HH", body[:4]) if proto in (6, 17) else (0, 0)
    return f"src={socket.inet_ntop(family, source)} dst={socket.inet_ntop(family, target)} sport={ports[0]} dport={ports[1]}"


class Wire:
    """Sends packets, from the far ends of the links and out of sockets here."""

    def __init__(self):
        self.macs = {}
        self.far, self.ears = {}, {}
        for i in (0, 1):
            self.macs[f"v{i}"] = bytes.fromhex(f"02000000010{i}")
            self.far[f"v{i}"] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            self.far[f"v{i}"].bind((f"p{i}", 0))
            self.ears[f"v{i}"] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self.ears[f"v{i}"].bind((f"p{i}", 3))
            self.ears[f"v{i}"].setblocking(False)
        self.far["q0"] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.far["q0"].bind(("r0", 0))
        self.macs["q0"] = bytes.fromhex("020000000077")
        self.own = {
            4: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW),
            6: socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW),
        }

    def from_link(self, link, data):
        ethertype = 0x86DD if data[0] >> 4 == 6 else 0x0800
        self.far[link].send(self.macs[link] + bytes.fromhex("020000000099") + struct.pack("!H", ethertype) + data)

    def heard(self, link, wait):
        """What left by that link: ends and ports of each; with wait, until there is something."""
        found = []
        while select.select([self.ears[link]], [], [], 30 if wait and not found else 0)[0]:
            frame, address = self.ears[link].recvfrom(2048)
            if address[2] != socket.PACKET_OUTGOING and (seen := ends(frame[14:])):
                found.append(seen)
        return found

    def out(self, packet, data):
        try:
            self.own[data[0] >> 4].sendto(data, (packet["dst"], 0))
        except OSError:
            pass  # it was dropped, or refused


class Trace:
    """What the kernel says of traced packets, in order."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_NETFILTER
                                  if hasattr(socket, "NETLINK_NETFILTER") else 12)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUFFORCE if hasattr(socket, "SO_RCVBUFFORCE") else 33,
                             8 << 20)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, 1, NFNLGRP_NFTRACE)

    def until_last(self):
        """All events up to that of the last packet, which has a rule of its own."""
        events = []
        while True:
            if not select.select([self.sock], [], [], 60)[0]:
                raise RuntimeError(f"no trace came of the packet behind; before it: {events}")
            data = self.sock.recv(1 << 16)
            event = decode(data)
            if event is None:
                continue
            if event["table"] == "marking":
                if event["verdict"] == 0 and event["type"] == 3:
                    return events
                continue
            events.append(event)


FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack("=HH", data[:4])
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3:]
    return found


def text(value):
    return value.rstrip(b"\0").decode()


def decode(data):
    _, kind = struct.unpack("=IH", data[:6])
    if kind != TRACE:
        return None
    got = attributes(data[20:])
    verdict = attributes(got.get(5, b""))
    code = struct.unpack("!i", verdict[1])[0] if 1 in verdict else 0
    kind = struct.unpack("!I", got[4])[0]
    if kind == 1:
        code = struct.unpack("!i", got[16])[0]
    return {
        "id": got[15],
        "family": FAMILIES[data[16]],
        "table": text(got[1]),
        "chain": text(got[2]),
        "type": kind,
        "handle": struct.unpack("!Q", got[3])[0] if 3 in got else 0,
        "verdict": code,
        "target": text(verdict[2]) if 2 in verdict else "-",
    }


def steps(events):
    """Rules that matched and policies, as rules_tool.c says them; the end of a chain is neither."""
    said = []
    for event in events:
        if event["type"] != 1 and (not event["handle"] or event["type"] == 2 and event["verdict"] != -5):
            continue
        handle = 0 if event["type"] == 1 else event["handle"]
        verdict = event["verdict"]
        if verdict >= 0:
            verdict &= 0xFF
        said.append(f"{event['family']} {event['table']} {event['chain']} {handle} {verdict} {event['target']}")
    return said


def forget_flows():
    """IPCTNL_MSG_CT_DELETE without a tuple: all of this namespace."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as sock:
        sock.bind((0, 0))
        sock.send(struct.pack("=IHHIIBBH", 20, (1 << 8) | 2, 5, 1, 0, 0, 0, 0))
        answer = sock.recv(4096)
        error = struct.unpack("=i", answer[16:20])[0]
        if error not in (0, -2):
            raise RuntimeError(f"flows are not forgotten: {os.strerror(-error)}")
