# odd.py - servers that lose what is sent to them, each in its way
# usage: odd.py READY-FILE KIND PORT [PEER]      SPDX-License-Identifier: GPL-2.0-or-later
#
#	backlog		TCP: one connection may wait, and none is accepted; two of the own fill it
#	v6only		TCP: listens on :: and takes no IPv4
#	connected	UDP: takes datagrams of PEER's port 9 only
#	full		UDP: a small receive buffer that is full, and that nobody reads
#	filtered	UDP: a socket filter passes nothing
#	mute		TCP: accepts, and never answers
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
elif kind == "filtered":
    server = udp()
    nothing = struct.pack("HBBI", 6, 0, 0, 0)  # BPF_RET | BPF_K: 0 bytes of it
    buffer = __import__("ctypes").create_string_buffer(nothing)
    program = struct.pack("HL", 1, __import__("ctypes").addressof(buffer))
    server.setsockopt(socket.SOL_SOCKET, 26, program)  # SO_ATTACH_FILTER
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
