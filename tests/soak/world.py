# world.py - the namespaces of a soak: who lives in them, what answers there, and who asks
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Everything runs in one process, which is in the host's namespace: a socket belongs to the namespace that the thread was in
# when it made it, so that a probe or a server costs a descriptor and no process.
import contextlib
import ctypes
import os
import random
import selectors
import socket
import struct
import subprocess
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SERVED = 7000  # the port, TCP and UDP, on which every container answers with its name


def run(*argv, check=True):
    done = subprocess.run(argv, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(argv), done.stderr.strip()))
    return done.stdout


def setns(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Netns:
    """A network namespace with a name; `path` is what netd is given."""

    home = None  # the descriptor of the host's own

    def __init__(self, name):
        self.name, self.path = name, "/run/netns/" + name
        run("ip", "netns", "add", name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        self.fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)

    @contextlib.contextmanager
    def inside(self):
        setns(self.fd)
        try:
            yield
        finally:
            setns(Netns.home)

    def remove(self):
        os.close(self.fd)
        run("ip", "netns", "del", self.name)


class Servers(threading.Thread):
    """Answers on SERVED in every container: the container's name and what was sent."""

    def __init__(self):
        super().__init__(daemon=True)
        self.poll = selectors.DefaultSelector()
        self.lock = threading.Lock()
        self.sockets = {}  # container -> its sockets
        self.start()

    def add(self, name, netns):
        with netns.inside():
            tcp = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
            udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        for sock in (tcp, udp):
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            sock.bind(("::", SERVED))
            sock.setblocking(False)
        tcp.listen(128)
        with self.lock:
            self.sockets[name] = {tcp, udp}
            self.poll.register(tcp, selectors.EVENT_READ, (self.accept, name))
            self.poll.register(udp, selectors.EVENT_READ, (self.datagram, name))

    def forget(self, name):
        with self.lock:
            for sock in self.sockets.pop(name):
                self.poll.unregister(sock)
                sock.close()

    def accept(self, sock, name):
        connection, _ = sock.accept()
        connection.setblocking(False)
        self.sockets[name].add(connection)
        self.poll.register(connection, selectors.EVENT_READ, (self.stream, name))

    def stream(self, sock, name):
        try:
            data = sock.recv(65536)
            if data:
                sock.send(name.encode() + b" " + data)
                return
        except OSError:
            pass
        self.sockets[name].discard(sock)
        self.poll.unregister(sock)
        sock.close()

    @staticmethod
    def datagram(sock, name):
        data, address = sock.recvfrom(65536)
        sock.sendto(name.encode() + b" " + data, address)

    def run(self):
        while True:
            with self.lock:
                ready = self.poll.select(0)
                for key, _ in ready:
                    serve, name = key.data
                    with contextlib.suppress(OSError, KeyError):
                        serve(key.fileobj, name)
            if not ready:
                self.poll.select(0.02)


def question(name, ident, kind=1):
    labels = b"".join(bytes([len(label)]) + label for label in name.encode().split(b"."))
    return struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def addresses(message):
    """What an answer to a question for A says: the addresses, or the number of an error."""
    code, count = message[3] & 15, struct.unpack("!H", message[6:8])[0]
    if code:
        return "rcode %d" % code
    pos, found = 12, set()
    while message[pos]:
        pos += message[pos] + 1
    pos += 5
    for _ in range(count):
        while message[pos] and message[pos] < 192:
            pos += message[pos] + 1
        pos += 2 if message[pos] >= 192 else 1
        kind, _, _, length = struct.unpack("!HHIH", message[pos : pos + 10])
        pos += 10
        if kind == 1:
            found.add(socket.inet_ntoa(message[pos : pos + length]))
        pos += length
    return frozenset(found)


class Probe:
    """One question from one namespace, and what must come back. `says` is how a failure is told."""

    def __init__(self, netns, says, wanted, seconds):
        self.netns, self.says, self.wanted, self.seconds = netns, says, wanted, seconds
        self.seen = None

    def begin(self):
        self.seen, self.until = None, time.monotonic() + self.seconds
        with self.netns.inside() if self.netns else contextlib.nullcontext():
            self.sock = self.open()
        self.sock.setblocking(False)
        try:
            self.connect()
        except BlockingIOError:
            pass
        except OSError as error:
            self.seen = type(error).__name__
        return self.seen is None

    def holds(self):
        return self.seen == self.wanted

    def told(self):
        return "%s: %s instead of %s" % (self.says, self.seen or "no answer", self.wanted or "no answer")


class Name(Probe):
    """A container asks for a name; wanted are the sets of addresses that are right."""

    events = selectors.EVENT_READ

    def __init__(self, netns, says, name, wanted, seconds=0.25):
        super().__init__(netns, "%s asks for %s" % (says, name), wanted, seconds)
        self.message = question(name, random.randrange(65536))

    def open(self):
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def connect(self):
        self.sock.connect(("127.0.0.11", 53))
        self.sock.send(self.message)

    def ready(self):
        self.seen = addresses(self.sock.recv(4096))
        return True

    def holds(self):
        return self.seen in self.wanted


class Service(Probe):
    """Who answers at an address and a port; wanted is a container's name, or None where nobody may."""

    events = selectors.EVENT_WRITE

    def __init__(self, netns, says, address, port, wanted, seconds=0.25):
        super().__init__(netns, "%s connects to %s port %d" % (says, address, port), wanted, seconds if wanted else 0.3)
        self.to = (address, port)

    def open(self):
        return socket.socket(socket.AF_INET6 if ":" in self.to[0] else socket.AF_INET, socket.SOCK_STREAM)

    def connect(self):
        self.events = selectors.EVENT_WRITE
        self.sock.connect(self.to)

    def ready(self):
        if self.events == selectors.EVENT_WRITE:
            self.sock.send(b"who\n")
            self.events = selectors.EVENT_READ
            return False
        said = self.sock.recv(4096)
        self.seen = said.split(b" ")[0].decode() if said else "end of the connection"
        return True

    def holds(self):
        """Where nobody may answer, a refusal and silence are both right."""
        return self.seen == self.wanted or (self.wanted is None and self.seen and self.seen.endswith("Error"))


def probe(probes):
    """Asks all at once, and waits for what comes back. The ones that do not hold are returned."""
    poll = selectors.DefaultSelector()
    for one in probes:
        if one.begin():
            poll.register(one.sock, one.events, one)
    while poll.get_map():
        now = time.monotonic()
        for key in list(poll.get_map().values()):
            if key.data.until < now:
                poll.unregister(key.fileobj)
        for key, _ in poll.select(0.02):
            one = key.data
            try:
                done = one.ready()
            except OSError as error:
                one.seen, done = type(error).__name__, True
            if done:
                poll.unregister(key.fileobj)
            else:
                poll.modify(key.fileobj, one.events, one)
    for one in probes:
        one.sock.close()
    poll.close()
    return [one for one in probes if not one.holds()]
