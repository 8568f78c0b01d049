# tcpdns.py - TCP clients of 127.0.0.11 that behave in unusual ways
# usage: tcpdns.py pipeline|pieces|idle|garbage NAME N      SPDX-License-Identifier: GPL-2.0-or-later
import random
import socket
import struct
import sys
import time

what, name, count = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])


def question(number):
    message = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\0\0\1\0\1"
    return struct.pack("!H", len(message)) + message


def connect():
    sock = socket.create_connection(("127.0.0.11", 53), 30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def exactly(sock, size):
    data = b""
    while len(data) < size:
        piece = sock.recv(size - len(data))
        if not piece:
            sys.exit("closed after %d of %d bytes" % (len(data), size))
        data += piece
    return data


def answers(sock, wanted):
    seen = set()
    while len(seen) < wanted:
        message = exactly(sock, struct.unpack("!H", exactly(sock, 2))[0])
        if message[3] & 15 or message[7] != 1:
            sys.exit("rcode %d with %d answers" % (message[3] & 15, message[7]))
        seen.add(message[:2])


if what == "pipeline":
    sock = connect()
    sock.sendall(b"".join(question(i) for i in range(count)))
    answers(sock, count)
elif what == "pieces":
    sock = connect()
    for byte in b"".join(question(i) for i in range(count)):
        sock.send(bytes([byte]))
        time.sleep(0.002)
    answers(sock, count)
elif what == "idle":
    socks = []
    for _ in range(count):
        try:
            socks.append(connect())
        except OSError:
            break
    print("connected", len(socks), flush=True)
    time.sleep(30)
elif what == "garbage":
    rng = random.Random(1)
    for i in range(count):
        sock = connect()
        try:
            if i % 3 == 0:
                sock.send(rng.randbytes(rng.randrange(1, 2000)))
            elif i % 3 == 1:
                sock.send(question(i)[: rng.randrange(1, 15)])
            else:
                sock.send(question(i))
        except OSError:
            pass
        sock.close()
