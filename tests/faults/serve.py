# serve.py - what containers and the host get from the resolver: names, forwarded ones too, and relayed ports
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import select
import socket
import struct
import threading
import time

import host

ELSEWHERE = "198.51.100.7"


def question(name):
    """A query for its address, under a number of its own."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return os.urandom(2) + b"\1\0\0\1\0\0\0\0\0\0" + labels + struct.pack(">BHH", 0, 1, 1)


def answered(query, data):
    """(rcode, the last address); None: it is no answer to that."""
    if len(data) < 12 or data[:2] != query[:2] or not data[2] & 0x80:
        return None
    has_address = struct.unpack_from(">H", data, 6)[0] > 0
    return data[3] & 15, socket.inet_ntop(socket.AF_INET, data[-4:]) if has_address else None


def framed(connection):
    """One message over TCP."""
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack_from(">H", data)[0]:
        more = connection.recv(4096)
        if not more:
            raise ConnectionError
        data += more
    return data[2:]


def listener(kind, address):
    made = socket.socket(socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(address)
    if kind == socket.SOCK_STREAM:
        made.listen(64)
    return made


class Server(threading.Thread):
    """Answers over UDP and TCP, until the process ends: what `reply` makes of a message. A TCP message is what came."""

    def __init__(self, address, reply, is_framed):
        super().__init__(daemon=True)
        self.sockets = [listener(socket.SOCK_DGRAM, address), listener(socket.SOCK_STREAM, address)]
        self.reply, self.is_framed = reply, is_framed
        self.start()

    def run(self):
        udp, tcp = self.sockets
        while True:
            for ready in select.select(self.sockets, [], [])[0]:
                try:
                    if ready is udp:
                        data, peer = udp.recvfrom(4096)
                        udp.sendto(self.reply(data), peer)
                    elif ready is tcp:
                        self.sockets.append(tcp.accept()[0])
                    else:
                        self.converse(ready)
                except OSError:
                    self.forget(ready)

    def converse(self, connection):
        data = framed(connection) if self.is_framed else connection.recv(4096)
        if not data:
            self.forget(connection)
            return
        data = self.reply(data)
        connection.sendall(struct.pack(">H", len(data)) + data if self.is_framed else data)

    def forget(self, connection):
        if connection in self.sockets[2:]:
            self.sockets.remove(connection)
            connection.close()


def upstream_reply(query):
    """The one address, for once: nobody keeps it."""
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(ELSEWHERE)
    end = query.index(b"\0", 12) + 5
    return query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + query[12:end] + record


class Served:
    """Asks as a container and as the host would."""

    def __init__(self, inside):
        """inside: of the container. Its ports 53/udp and 80/tcp echo."""
        self.inside = inside
        with open("/etc/resolv.conf", "w", encoding="ascii") as file:
            file.write("nameserver 127.0.0.1\n")
        Server(("127.0.0.1", 53), upstream_reply, True)
        inside.within(lambda: Server(("0.0.0.0", 80), bytes, False))
        inside.within(lambda: Server(("0.0.0.0", 53), bytes, False))

    def udp(self, name):
        query = question(name)
        with self.inside.within(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asking:
            asking.settimeout(self.timeout)
            asking.sendto(query, ("127.0.0.11", 53))
            return answered(query, asking.recv(4096))

    def tcp(self, name):
        query = question(name)
        with self.inside.within(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as asking:
            asking.settimeout(self.timeout)
            asking.connect(("127.0.0.11", 53))
            asking.sendall(struct.pack(">H", len(query)) + query)
            return answered(query, framed(asking))

    def relayed(self, kind, port):
        with socket.socket(socket.AF_INET, kind) as asking:
            asking.settimeout(self.timeout)
            asking.connect(("127.0.0.1", port))
            asking.send(b"echo")
            return (0, asking.recv(16).decode())

    def one(self, what):
        try:
            return {
                "local over UDP": lambda: self.udp("a"),
                "forwarded over UDP": lambda: self.udp("elsewhere.example"),
                "local over TCP": lambda: self.tcp("a"),
                "forwarded over TCP": lambda: self.tcp("elsewhere.example"),
                "relayed TCP": lambda: self.relayed(socket.SOCK_STREAM, 8080),
                "relayed UDP": lambda: self.relayed(socket.SOCK_DGRAM, 5353),
            }[what]()
        except OSError:
            return None

    ALL = ("local over UDP", "forwarded over UDP", "local over TCP", "forwarded over TCP", "relayed TCP", "relayed UDP")

    def ask(self, tries, timeout):
        """As a client does, who asks again, the last time with patience. By kind: (rcode, what came), or None: nobody answered."""
        found = {}
        for what in self.ALL:
            for n in range(tries):
                self.timeout = timeout if n < tries - 1 else 30
                found[what] = self.one(what)
                if found[what]:
                    break
        return found

    def becomes_right(self, seconds):
        """What is still wrong after so long; {}: nothing."""
        end = time.monotonic() + seconds
        self.timeout = 1
        left = dict.fromkeys(self.ALL)
        while left and time.monotonic() < end:
            for what in list(left):
                left[what] = self.one(what)
                if left[what] and left[what][0] == 0 and left[what][1]:
                    del left[what]
            if left:
                time.sleep(0.02)
        return left
