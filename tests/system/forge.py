# forge.py - sends a packet with a source of its own choosing, as a container with CAP_NET_RAW can
# usage: forge.py SOURCE DESTINATION udp SPORT DPORT [TEXT] | icmp TYPE QUOTED-SOURCE QUOTED-DESTINATION SPORT DPORT |
#   answer FILE ADDRESS: to the DNS question in FILE ("PORT HEX", waited for; FILE.ready.DESTINATION says so), from port 53, with
#   everything right but ADDRESS |
#   claim: SOURCE is at this container, as all neighbours are told by ARP or a neighbour advertisement (DESTINATION is not used)
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import socket
import struct
import sys
import time


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def pseudo(source, to, length, proto):
    if len(source) == 4:
        return source + to + struct.pack("!BBH", 0, proto, length)
    return source + to + struct.pack("!IHBB", length, 0, 0, proto)


def header(source, to, length, proto):
    if len(source) == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 7, 0, 64, proto, 0) + source + to
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return struct.pack("!IHBB", 6 << 28, length, proto, 64) + source + to


def udp(source, to, sport, dport, text):
    plain = struct.pack("!HHHH", sport, dport, 8 + len(text), 0) + text
    value = checksum(pseudo(source, to, len(plain), 17) + plain)
    return plain[:6] + struct.pack("!H", value or 0xFFFF) + plain[8:]


def icmp(source, to, kind, quoted):
    # Port unreachable: code 3 of ICMP, 4 of ICMPv6.
    code = {3: 3, 1: 4}.get(kind, 0)
    plain = struct.pack("!BBHI", kind, code, 0, 0) + quoted
    head = pseudo(source, to, len(plain), 58) if len(source) == 16 else b""
    return plain[:2] + struct.pack("!H", checksum(head + plain)) + plain[4:]


def claim(address):
    """Unsolicited: gratuitous ARP, or an advertisement (RFC 4861, 4.4) with the flag Override."""
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind(("eth0", 0))
    mac = link.getsockname()[4]
    if len(address) == 4:
        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + address + bytes(6) + address
        link.send(b"\xff" * 6 + mac + struct.pack("!H", 0x0806) + body)
        return
    to = packed("ff02::1")
    plain = struct.pack("!BBHI", 136, 0, 0, 0x20000000) + address + b"\x02\x01" + mac
    value = checksum(pseudo(address, to, len(plain), 58) + plain)
    body = plain[:2] + struct.pack("!H", value) + plain[4:]
    head = struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + address + to
    link.send(bytes.fromhex("333300000001") + mac + struct.pack("!H", 0x86DD) + head + body)


def answer(path, address):
    open("%s.ready.%s" % (path, sys.argv[2]), "w", encoding="ascii").close()
    while not os.path.exists(path):
        time.sleep(0.005)
    with open(path, encoding="ascii") as file:
        port, message = file.read().split()
    message = bytes.fromhex(message)
    end = message.index(b"\0", 12) + 5
    head = message[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
    return int(port), head + message[12:end] + struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + packed(address)


def main():
    source, to = packed(sys.argv[1]), packed(sys.argv[2])
    if sys.argv[3] == "claim":
        claim(source)
        return
    if sys.argv[3] == "udp":
        sport, dport = int(sys.argv[4]), int(sys.argv[5])
        body = udp(source, to, sport, dport, (sys.argv[6] if len(sys.argv) > 6 else "forged").encode())
        proto = 17
    elif sys.argv[3] == "answer":
        port, message = answer(sys.argv[4], sys.argv[5])
        body = udp(source, to, 53, port, message)
        proto = 17
    else:
        inner = udp(packed(sys.argv[5]), packed(sys.argv[6]), int(sys.argv[7]), int(sys.argv[8]), b"x" * 20)
        quoted = header(packed(sys.argv[5]), packed(sys.argv[6]), len(inner), 17) + inner
        body = icmp(source, to, int(sys.argv[4]), quoted)
        proto = 1 if len(source) == 4 else 58
    family = socket.AF_INET if len(source) == 4 else socket.AF_INET6
    if not any(source):  # the kernel would fill it in: as a frame to everybody, as who has no address sends
        link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        link.sendto(header(source, to, len(body), proto) + body, ("eth0", 0x0800, 0, 0, b"\xff" * 6))
        return
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
    raw.sendto(header(source, to, len(body), proto) + body, (sys.argv[2], 0))


main()
