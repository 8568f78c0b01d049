# badclients.py - API clients that are slow or speak nonsense
# usage: badclients.py SOCKET slow|broken N      SPDX-License-Identifier: GPL-2.0-or-later
import random
import socket
import sys
import time

path, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def connect():
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(3)
    sock.connect(path)
    return sock


REQUEST = b'POST /networks/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"Name"'

if what == "slow":
    socks = [connect() for _ in range(count)]
    for i, sock in enumerate(socks):
        sock.send(REQUEST[: i % len(REQUEST)] or b"G")
    print("connected", flush=True)
    for byte in b"X" * 100:
        for sock in socks:
            try:
                sock.send(bytes([byte]))
            except OSError:
                pass
        time.sleep(0.2)
else:
    rng = random.Random(1)
    shapes = [
        lambda: rng.randbytes(rng.randrange(1, 5000)),
        lambda: REQUEST[: rng.randrange(1, len(REQUEST))],
        lambda: REQUEST,
        lambda: b"GET " + b"/" * 30000 + b" HTTP/1.1\r\n\r\n",
        lambda: b"GET /_ping HTTP/1.1\r\n" + b"X-Header: y\r\n" * 5000 + b"\r\n",
        lambda: b"POST /networks/create HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
        lambda: b"POST /networks/create HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        lambda: b"POST /networks/create HTTP/1.1\r\nContent-Length: -1\r\n\r\n{}",
        lambda: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        lambda: b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n",
    ]
    for i in range(count):
        sock = connect()
        try:
            sock.sendall(shapes[i % len(shapes)]())
        except OSError:
            pass
        sock.close()
