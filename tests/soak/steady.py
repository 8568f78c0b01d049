# steady.py - traffic that never stops while a soak goes on: what of it is lost, and when
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import socket
import struct
import threading
import time

from world import SERVED, addresses, question


class Stream:
    """One connection that stands: what is sent comes back, in order, for ever."""

    def __init__(self, kind, netns, address, port):
        self.kind, self.netns, self.to = kind, netns, (address, port)
        self.connect()

    def connect(self):
        with self.netns.inside() if self.netns else contextlib.nullcontext():
            self.sock = socket.create_connection(self.to, 10)
        self.sock.settimeout(20)
        self.count = 0

    def exchange(self):
        self.count += 1
        sent = b"%d\n" % self.count
        self.sock.sendall(sent)
        got = b""
        while not got.endswith(b"\n"):
            data = self.sock.recv(4096)
            if not data:
                raise ConnectionError("closed")
            got += data
        if not got.endswith(b" " + sent):
            raise ConnectionError("other bytes than were sent")


class Steady(threading.Thread):
    """Container `one` asks container `two`, and the world outside does by a published port."""

    ANSWERED_WITHIN = 10  # seconds

    def __init__(self, one, two, two_address, outside, port):
        super().__init__(daemon=True)
        self.sent = {"packets": 0, "names": 0, "bytes in streams": 0}
        self.lost = []  # (when, what)
        self.waiting = {"packets": {}, "names": {}}  # number -> when it was sent
        self.right = frozenset([two_address])
        with one.inside():
            self.packets = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.packets.connect((two_address, SERVED))
        self.names.connect(("127.0.0.11", 53))
        for sock in (self.packets, self.names):
            sock.setblocking(False)
        self.streams = [Stream("a published connection", outside, "192.0.2.1", port),
                        Stream("a connection from the host itself", None, "127.0.0.1", port),
                        Stream("a relayed connection", None, "::1", port),  # to a container without IPv6
                        Stream("a connection between containers", one, two_address, SERVED)]
        self.stopped = False
        self.start()

    def take(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.waiting["packets"].pop(int(self.packets.recv(4096).split(b" ")[1]), None)
        with contextlib.suppress(BlockingIOError):
            while True:
                message = self.names.recv(4096)
                if self.waiting["names"].pop(struct.unpack("!H", message[:2])[0], None) is None:
                    continue
                if addresses(message) != self.right:
                    self.lost.append((time.monotonic(), "a name was answered with %s" % (addresses(message),)))

    def late(self, now):
        for kind, waiting in self.waiting.items():
            for number, when in list(waiting.items()):
                if now - when > self.ANSWERED_WITHIN:
                    del waiting[number]
                    self.lost.append((when, kind))

    def send(self, number, now):
        for kind, sock, data in (("packets", self.packets, b"%d" % number), ("names", self.names, question("s2", number))):
            self.sent[kind] += 1
            self.waiting[kind][number] = now
            try:
                sock.send(data)
            except OSError as error:
                self.lost.append((now, "%s: %s" % (kind, error)))
                del self.waiting[kind][number]

    def talk(self):
        """Each stream has a thread, for one that waits for a retransmission does not hold up the others."""

        def again(stream):
            while not self.stopped:
                with contextlib.suppress(OSError):
                    return stream.connect()
                time.sleep(0.05)

        def on(stream):
            while not self.stopped:
                began = time.monotonic()
                try:
                    stream.exchange()
                    self.sent["bytes in streams"] += 8
                except OSError as error:
                    self.lost.append((began, "%s: %s" % (stream.kind, error)))
                    again(stream)
                time.sleep(0.05)

        for stream in self.streams:
            threading.Thread(target=on, args=(stream,), daemon=True).start()

    def run(self):
        self.talk()
        number = 0
        while not self.stopped:
            now = time.monotonic()
            number = number % 60000 + 1
            self.send(number, now)
            time.sleep(0.02)
            with contextlib.suppress(OSError):
                self.take()
            self.late(now)

    def stop(self):
        self.stopped = True
        self.join()
        time.sleep(0.5)
        self.take()
