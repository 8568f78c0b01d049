# odd.py - servers that lose what is sent to them, each in its way
# usage: odd.py READY-FILE KIND PORT [PEER]      SPDX-License-Identifier: GPL-2.0-or-later
#
#	backlog		TCP: one connection may wait, and none is accepted; two of the own fill it
#	v6only		TCP: listens on :: and takes no IPv4
#	connected	UDP: takes datagrams of PEER's port 9 only
#	full		UDP: a small receive buffer that is full, and that nobody reads
#	filtered	UDP: a socket filter passes nothing
#	filtered-tcp	TCP: the same for port 80, in more words
#	filtered-ebpf	UDP: a program of eBPF passes nothing
#	mute		TCP: accepts, and never answers
import ctypes
import platform
import socket
import struct
import sys
import time

ready, kind, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
kept = []


def tcp(family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    return sock


def own_datagrams(n):
    for _ in range(n):
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x" * 1000, ("127.0.0.1", port))


# SO_ATTACH_FILTER, of instructions (code, where to when it matches, where to when not, number)
def attach(sock, *instructions):
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in instructions))
    sock.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HL", len(instructions), ctypes.addressof(code)))


# SO_ATTACH_BPF: "r0 = 0; exit"
def attach_ebpf(sock):
    load, kind_filter, bpf = 5, 1, {"x86_64": 321, "aarch64": 280}[platform.machine()]
    code = ctypes.create_string_buffer(struct.pack("=BBhi", 0xB7, 0, 0, 0) + struct.pack("=BBhi", 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    attributes = struct.pack("=IIQQ", kind_filter, 2, ctypes.addressof(code), ctypes.addressof(licence))
    program = ctypes.CDLL(None).syscall(bpf, load, ctypes.create_string_buffer(attributes, 128), 128)
    sock.setsockopt(socket.SOL_SOCKET, 50, program)


if kind == "backlog":
    server = tcp()
    server.bind(("0.0.0.0", port))
    server.listen(0)
    client = tcp()
    client.connect(("127.0.0.1", port))
    kept.append(client)
elif kind == "v6only":
    server = tcp(socket.AF_INET6)
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(("::", port))
    server.listen(16)
elif kind == "connected":
    server = udp()
    server.connect((sys.argv[4], 9))
elif kind == "full":
    server = udp()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    own_datagrams(50)
    if not struct.unpack("=9I", server.getsockopt(socket.SOL_SOCKET, 55, 36))[0]:  # SO_MEMINFO: what waits
        sys.exit("none of its own datagrams came, so there is nothing in its queue")
elif kind == "filtered":
    server = udp()
    attach(server, (6, 0, 0, 0))
elif kind == "filtered-tcp":
    server = tcp()
    server.bind(("0.0.0.0", port))
    server.listen(16)
    attach(server, (0x28, 0, 0, 2), (0x15, 0, 1, 80), (6, 0, 0, 0), (6, 0, 0, 0xFFFFFFFF))
elif kind == "filtered-ebpf":
    server = udp()
    attach_ebpf(server)
else:
    server = tcp()
    server.bind(("0.0.0.0", port))
    server.listen(16)
kept.append(server)
open(ready, "w").close()
while True:
    if kind == "mute":
        kept.append(server.accept())
    else:
        time.sleep(3600)
