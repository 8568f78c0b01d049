# spoof.py - frames of a container's, true and forged, each with its name in it; and who hears them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# spoof.py say LINK OWN-IP4 OWN-IP6 OTHER-MAC OTHER-IP4 OTHER-IP6: sends them all
# spoof.py hear LINK: prints the name of each that comes in, in a line
import fcntl
import socket
import struct
import sys

ALL, NODES, ALL_NODES = b"\xff" * 6, b"\x33\x33\0\0\0\1", socket.inet_pton(socket.AF_INET6, "ff02::1")
ARP, IP4, IP6, VLAN, EXPERIMENT, PAE, LLDP = 0x0806, 0x0800, 0x86DD, 0x8100, 0x88B5, 0x888E, 0x88CC


def named(name):
    return b"say:" + name.encode() + b";"


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def arp(name, mac, addr, target, operation=1):
    return struct.pack("!HHBBH6s4s6s4s", 1, IP4, 6, 4, operation, mac, addr, b"\0" * 6, target) + named(name)


def udp4(name, source, sport, dport):
    text = named(name)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(text), 0, 0, 64, 17, 0, source, b"\xff" * 4)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return head + struct.pack("!HHHH", sport, dport, 8 + len(text), 0) + text


def ip6(source, protocol, data, hops=255):
    return struct.pack("!IHBB16s16s", 0x60000000, len(data), protocol, hops, source, ALL_NODES) + data


def icmp6(name, source, kind, rest, behind=b""):
    """behind: a header that stands between those of IPv6 and of ICMPv6."""
    data = struct.pack("!BBH", kind, 0, 0) + rest + named(name)
    pseudo = source + ALL_NODES + struct.pack("!II", len(data), 58)
    data = data[:2] + struct.pack("!H", checksum(pseudo + data)) + data[4:]
    return ip6(source, 0 if behind else 58, behind + data)


def udp6(name, source):
    text = named(name)
    data = struct.pack("!HHHH", 5300, 5300, 8 + len(text), 0) + text
    pseudo = source + ALL_NODES + struct.pack("!II", len(data), 17)
    return ip6(source, 17, data[:6] + struct.pack("!H", checksum(pseudo + data)) + data[8:])


def link_local(mac):
    return b"\xfe\x80" + b"\0" * 6 + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


def frames(own, own4, own6, other, other4, other6):
    none4, none6, free4 = b"\0" * 4, b"\0" * 16, own4[:3] + b"\xc8"
    local, flags = link_local(own), b"\0" * 4
    options = struct.pack("!BB", 58, 0) + b"\1\4\0\0\0\0"  # hop by hop: nothing but padding
    true = [
        ("arp", own, ALL, ARP, lambda n: arp(n, own, own4, other4)),
        ("arp-reply", own, ALL, ARP, lambda n: arp(n, own, own4, own4, 2)),
        ("arp-probe", own, ALL, ARP, lambda n: arp(n, own, none4, free4)),
        ("ip4", own, ALL, IP4, lambda n: udp4(n, own4, 5300, 5300)),
        ("dhcp", own, ALL, IP4, lambda n: udp4(n, none4, 68, 67)),
        ("ip6", own, NODES, IP6, lambda n: udp6(n, own6)),
        ("ip6-local", own, NODES, IP6, lambda n: udp6(n, local)),
        ("solicit", own, NODES, IP6, lambda n: icmp6(n, local, 135, flags + other6)),
        ("advert", own, NODES, IP6, lambda n: icmp6(n, local, 136, flags + own6)),
        ("advert-local", own, NODES, IP6, lambda n: icmp6(n, local, 136, flags + local)),
        ("dad", own, NODES, IP6, lambda n: icmp6(n, none6, 135, flags + own6)),
        ("routers", own, NODES, IP6, lambda n: icmp6(n, none6, 133, flags)),
        ("groups", own, NODES, IP6, lambda n: icmp6(n, none6, 143, flags)),
    ]
    forged = [
        ("f-mac", other, ALL, ARP, lambda n: arp(n, own, own4, other4)),
        ("f-mac-ip4", other, ALL, IP4, lambda n: udp4(n, own4, 5300, 5300)),
        ("f-arp", own, ALL, ARP, lambda n: arp(n, own, other4, own4)),
        ("f-arp-reply", own, ALL, ARP, lambda n: arp(n, own, other4, own4, 2)),
        ("f-arp-gratuitous", own, ALL, ARP, lambda n: arp(n, own, other4, other4)),
        ("f-arp-gateway", own, ALL, ARP, lambda n: arp(n, own, own4[:3] + b"\1", own4, 2)),
        ("f-arp-mac", own, ALL, ARP, lambda n: arp(n, other, own4, own4)),
        ("f-ip4", own, ALL, IP4, lambda n: udp4(n, other4, 5300, 5300)),
        ("f-ip4-free", own, ALL, IP4, lambda n: udp4(n, free4, 5300, 5300)),
        ("f-ip4-none", own, ALL, IP4, lambda n: udp4(n, none4, 68, 53)),
        ("f-ip4-tagged", own, ALL, VLAN, lambda n: struct.pack("!HH", 5, IP4) + udp4(n, other4, 5300, 5300)),
        ("f-ip6", own, NODES, IP6, lambda n: udp6(n, other6)),
        ("f-ip6-local", own, NODES, IP6, lambda n: udp6(n, link_local(other))),
        ("f-ip6-none", own, NODES, IP6, lambda n: udp6(n, none6)),
        ("f-solicit", own, NODES, IP6, lambda n: icmp6(n, other6, 135, flags + own6)),
        ("f-advert", own, NODES, IP6, lambda n: icmp6(n, own6, 136, flags + other6)),
        ("f-advert-source", own, NODES, IP6, lambda n: icmp6(n, other6, 136, flags + other6)),
        ("f-advert-behind", own, NODES, IP6, lambda n: icmp6(n, own6, 136, flags + other6, options)),
        ("f-dad", own, NODES, IP6, lambda n: icmp6(n, none6, 135, flags + other6)),
        ("f-advert-none", own, NODES, IP6, lambda n: icmp6(n, none6, 136, flags + other6)),
        ("f-other", own, ALL, EXPERIMENT, named),
    ]
    # A bridge takes what is for these groups (802.1X, LLDP) to itself, before any rule, and may learn who it is from. The
    # second is of nobody, who says nothing by which the bridge would learn better.
    unseen = [
        ("f-pae", other, bytes.fromhex("0180c2000003"), PAE, named),
        ("f-lldp", other[:5] + bytes([other[5] ^ 1]), bytes.fromhex("0180c200000e"), LLDP, named),
    ]
    return unseen + forged + true  # what is to be heard comes last


def say(link, *others):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((link, 0))
    own = fcntl.ioctl(s, 0x8927, struct.pack("256s", link.encode()))[18:24]  # SIOCGIFHWADDR
    own4, own6, mac, other4, other6 = others
    mac = bytes.fromhex(mac.replace(":", ""))
    pton = socket.inet_pton
    four, six = socket.AF_INET, socket.AF_INET6
    for name, source, dst, kind, make in frames(
        own, pton(four, own4), pton(six, own6), mac, pton(four, other4), pton(six, other6)
    ):
        s.send(dst + source + struct.pack("!H", kind) + make(name))


def hear(link):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((link, 3))
    print("ready", flush=True)
    while True:
        frame = s.recv(2000)
        at = frame.find(b"say:")
        if at >= 0:
            print(frame[at + 4 : frame.index(b";", at)].decode(), flush=True)


{"say": say, "hear": hear}[sys.argv[1]](*sys.argv[2:])
