#!/usr/bin/python3
# etcd.py - etcd's JSON gateway on a connection that stays; as a program, what a record costs etcd alone
# usage: etcd.py CLUSTER.JSON WRITER READER [TIMES] | --lead CLUSTER.JSON ADDRESS OTHER…
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The program writes a record of a container at one member (WRITER, an address) and watches at another, with the certificate of a host of the
# cluster. Prints one line of JSON, medians in milliseconds: until the write was answered, and until it was seen. With --lead the member at ADDRESS
# becomes the leader of all.
import base64
import json
import re
import select
import socket
import ssl
import statistics
import sys
import tempfile
import time

PREFIX = "/netd/v1/"
PAST_ALL = "/netd/v10"
NETD_PORT = 2389  # of an etcd that netd runs


def b64(text):
    return base64.b64encode(text.encode()).decode()


def trust(cluster_json):
    """As the host does that has this file."""
    with open(cluster_json, encoding="utf-8") as file:
        settings = json.load(file)
    context = ssl.create_default_context(cadata=settings["CACert"])
    context.check_hostname = False
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(settings["Cert"] + settings["Key"])
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Etcd:
    def __init__(self, addr, port=2379, trusts=None):
        self.socket = socket.create_connection((addr, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if trusts:
            self.socket = trusts.wrap_socket(self.socket)
        self.n_bytes = 0
        self.rest = b""

    def send(self, path, body):
        text = json.dumps(body).encode()
        self.socket.sendall(f"POST {path} HTTP/1.1\r\nHost: etcd\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)

    def receive(self):
        data = self.socket.recv(1 << 20)
        assert data, "etcd has hung up"
        self.n_bytes += len(data)
        self.rest += data

    def ask(self, path, body):
        self.send(path, body)
        return self.answer()

    def answer(self):
        while b"\r\n\r\n" not in self.rest:
            self.receive()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        length = re.search(rb"Content-Length: (\d+)", head, re.I)
        if length:
            while len(self.rest) < int(length[1]):
                self.receive()
            text, self.rest = self.rest[:int(length[1])], self.rest[int(length[1]):]
        else:  # in pieces, of which the last is empty
            text = b""
            while True:
                while b"\r\n" not in self.rest:
                    self.receive()
                size, rest = self.rest.split(b"\r\n", 1)
                while len(rest) < int(size, 16) + 2:
                    self.receive()
                    rest = self.rest.split(b"\r\n", 1)[1]
                text += rest[:int(size, 16)]
                self.rest = rest[int(size, 16) + 2:]
                if int(size, 16) == 0:
                    break
        return json.loads(text)

    def watch(self):
        """Of all records, from now on."""
        self.send("/v3/watch", {"create_request": {"key": b64(PREFIX), "range_end": b64(PAST_ALL)}})
        while b'"created":true' not in self.rest:
            self.receive()
        self.n_bytes, self.rest = 0, b""

    def has_seen(self):
        """What came of the watch is whole."""
        return self.rest.endswith(b"\n\r\n")


def floor(cluster_json, writer, reader, times):
    trusts = trust(cluster_json)
    writer, reader = Etcd(writer, NETD_PORT, trusts), Etcd(reader, NETD_PORT, trusts)
    reader.watch()
    poll = select.poll()
    for member in (writer, reader):
        poll.register(member.socket, select.POLLIN)
    value = {"IPv4": "10.0.0.1", "Mac": "02:42:0a:00:00:01", "Name": "nobody", "Aliases": [], "Services": []}
    answered, seen = [], []
    for n in range(times):
        key = f"{PREFIX}end/nobody/{'5' * 64}/{n:064x}"  # of a host that there is not
        began, at = time.monotonic(), {}
        writer.send("/v3/kv/put", {"key": b64(key), "value": b64(json.dumps(value))})
        while len(at) < 2:
            for fd, _ in poll.poll():
                if fd == writer.socket.fileno():
                    assert "header" in writer.answer()
                    at[writer] = time.monotonic() - began
                else:
                    reader.receive()
                    if reader.has_seen():
                        reader.rest = b""
                        at[reader] = time.monotonic() - began
        answered.append(at[writer])
        seen.append(at[reader])
        writer.ask("/v3/kv/deleterange", {"key": b64(key)})
        while not reader.has_seen():
            reader.receive()
        reader.rest = b""
    print(json.dumps({"put_ms": round(statistics.median(answered) * 1000, 2), "seen_ms": round(statistics.median(seen) * 1000, 2)}))


def lead(cluster_json, *addrs):
    """The member at the first of them leads from then on."""
    members = [Etcd(addr, NETD_PORT, trust(cluster_json)) for addr in addrs]
    wanted = members[0].ask("/v3/maintenance/status", {})["header"]["member_id"]
    while (leader := members[0].ask("/v3/maintenance/status", {}).get("leader")) != wanted:
        for member in members[1:]:
            if member.ask("/v3/maintenance/status", {})["header"]["member_id"] == leader:
                member.ask("/v3/maintenance/transfer-leadership", {"targetID": wanted})
        time.sleep(0.1)


if __name__ == "__main__" and sys.argv[1] == "--lead":
    lead(*sys.argv[2:])
elif __name__ == "__main__":
    floor(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else 50)
