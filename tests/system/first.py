# first.py - attaches a container again and again; each time it connects at once, and is connected to from the host
# usage: first.py SOCKET NETNS NETWORK ADDRESS PORT COUNT      SPDX-License-Identifier: GPL-2.0-or-later
# Prints how many connections were late: a packet that is lost costs a second, until its sender tries again.
import ctypes
import http.client
import json
import os
import socket
import sys
import time

api, netns, network, address, port, count = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
home, inside = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(netns, os.O_RDONLY)


def call(method, path, body=None):
    connection = http.client.HTTPConnection("netd")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(api)
    connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    said = reply.read()
    assert reply.status < 300, said
    return json.loads(said) if said else None


def is_late(where, to):
    assert libc.setns(where, 0) == 0
    began = time.monotonic()
    try:
        socket.create_connection(to, 30).close()
    except ConnectionRefusedError:
        pass  # an answer
    assert libc.setns(home, 0) == 0
    return time.monotonic() - began > 0.7


late = 0
for _ in range(int(count)):
    said = call("POST", "/netd/v1/containers", {"Name": "first", "NetnsPath": netns, "Networks": {network: {}}})
    late += is_late(inside, (address, int(port)))
    own = said["NetworkSettings"]["Networks"][network]["IPAddress"]
    late += is_late(home, (own, 9))
    call("DELETE", "/netd/v1/containers/first")
print(late)
