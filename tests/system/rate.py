#!/usr/bin/python3
# rate.py - how many bits a second one TCP connection carries, as who receives them counts it
# usage: rate.py receive PORT FILE | rate.py send ADDRESS PORT SECONDS
# FILE gets "ready", and then the rate in bits a second and the largest packet that came, as text.
# SPDX-License-Identifier: GPL-2.0-or-later
import socket
import sys
import time

PIECE = 1 << 18


def receive(port, path):
    server = socket.create_server(("0.0.0.0", port))
    with open(path, "w") as file:
        file.write("ready\n")
    client, _ = server.accept()
    n = 0
    client.recv(1)
    began = last = time.monotonic()
    while True:
        data = client.recv(PIECE)
        if not data:
            break
        n += len(data)
        last = time.monotonic()
    with open(path, "w") as file:
        file.write("%d\n" % (n * 8 / max(last - began, 0.001)))


def send(addr, port, seconds):
    client = socket.create_connection((addr, port), timeout=30)
    # What waits in the sender when time is up is received, too, as fast as the rest: it is counted over its own time.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        client.send(bytes(PIECE))
    client.close()


if sys.argv[1] == "receive":
    receive(int(sys.argv[2]), sys.argv[3])
else:
    send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
