# first.py - attaches a container again and again; each time it connects at once, and is connected to from the host
# usage: first.py SOCKET NETNS NETWORK ADDRESS PORT COUNT      SPDX-License-Identifier: GPL-2.0-or-later
# Prints how many connections were late: a packet was lost, and its sender tried again. Of a connection's first packet the kernel
# counts that; and who asks for a neighbour's MAC in vain asks again after a minute here, by when the first packet was sent again.
import ctypes
import errno
import http.client
import json
import os
import select
import socket
import struct
import sys
import time

api, netns, network, address, port, count = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
home, inside = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(netns, os.O_RDONLY)
TOTAL_RETRANS = 100  # where it is in struct tcp_info


def call(method, path, body=None):
    connection = http.client.HTTPConnection("netd")
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(api)
    connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    reply = connection.getresponse()
    said = reply.read()
    assert reply.status < 300, said
    return json.loads(said) if said else None


def n_again(sock):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TOTAL_RETRANS + 4)
    return struct.unpack_from("=I", info, TOTAL_RETRANS)[0]


def is_late(where, to):
    assert libc.setns(where, 0) == 0
    if where == inside:  # its interface is a new one
        with open("/proc/sys/net/ipv4/neigh/eth0/retrans_time_ms", "w") as file:
            file.write("60000")
    sock, end = socket.socket(), time.monotonic() + 60
    sock.setblocking(False)
    sock.connect_ex(to)
    while not select.select([], [sock], [], 0.1)[1] and n_again(sock) == 0 and time.monotonic() < end:
        pass
    late = n_again(sock) > 0 or not select.select([], [sock], [], 0)[1]
    failed = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    sock.close()
    assert libc.setns(home, 0) == 0
    return late or failed not in (0, errno.ECONNREFUSED)  # which is an answer


late = 0
for _ in range(int(count)):
    said = call("POST", "/netd/v1/containers", {"Name": "first", "NetnsPath": netns, "Networks": {network: {}}})
    late += is_late(inside, (address, int(port)))
    own = said["NetworkSettings"]["Networks"][network]["IPAddress"]
    late += is_late(home, (own, 9))
    call("DELETE", "/netd/v1/containers/first")
print(late)
