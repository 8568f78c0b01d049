#!/usr/bin/python3
# steady.py - traffic that never pauses, each piece of it counted: what is not answered is lost, for nothing is sent twice
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: steady.py echo READY PORT                       a server: lines over TCP, datagrams over UDP, back as they came
#        steady.py names COUNTS NAME ADDRESS             asks 127.0.0.11 for NAME, which is at ADDRESS
#        steady.py datagrams|connects|standing COUNTS ADDRESS PORT
# COUNTS is written again and again: {"sent", "lost", "worst_ms", "why"}. When there is a file "stop" beside it, what is under
# way is waited for, and that is the end.
import json
import os
import socket
import struct
import sys
import threading
import time

WITHIN_S = 4.5  # what a resolver may take for an answer, and a little more
PAUSE_S = 0.01


def ending():
    return os.path.exists(os.path.dirname(sys.argv[2]) + "/stop")


class Counts:
    def __init__(self, path):
        self.path, self.sent, self.lost, self.worst, self.why, self.written = path, 0, 0, 0.0, [], 0.0

    def answered(self, since):
        self.worst = max(self.worst, time.monotonic() - since)

    def lose(self, why):
        self.lost += 1
        self.why = (self.why + ["%.3f %s" % (time.time(), why)])[-5:]

    def write(self, now=True):
        if not now and time.monotonic() - self.written < 0.1:
            return
        self.written = time.monotonic()
        with open(self.path + ".new", "w") as file:
            json.dump({"sent": self.sent, "lost": self.lost, "worst_ms": round(self.worst * 1000), "why": self.why}, file)
        os.rename(self.path + ".new", self.path)


def echo(ready, port):
    stream, datagram = socket.create_server(("", port)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagram.bind(("", port))

    def talk(connection):
        with connection:
            while data := connection.recv(4096):
                connection.sendall(data)

    def accept():
        while True:
            threading.Thread(target=talk, args=(stream.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    open(ready, "w").close()
    while True:
        data, peer = datagram.recvfrom(4096)
        datagram.sendto(data, peer)


def question(name, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", number, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)


def flow(counts, peer, make, right):
    """Datagrams by number, many under way at once."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(peer)
    sock.settimeout(PAUSE_S)
    waiting, number, is_read = {}, 0, False
    while not ending() or waiting:
        now = time.monotonic()
        if not ending():
            number = number % 60000 + 1
            counts.sent += 1
            waiting[number] = now
            try:
                sock.send(make(number))
            except OSError as error:
                counts.lose(str(error))
                del waiting[number]
        until, is_read = now + PAUSE_S, False
        while time.monotonic() < until:
            try:
                answer = sock.recv(4096)
            except TimeoutError:
                is_read = True
                break
            except OSError as error: # a refusal of one that was sent: it stays in waiting
                counts.why.append(str(error))
                continue
            since = waiting.pop(struct.unpack("!H", answer[:2])[0], None)
            if since is not None:
                counts.answered(since)
                if not right(answer):
                    counts.lose("wrong answer " + answer.hex())
        # Of what has not come: whoever got no processor himself has not read all that has.
        for late in [key for key, since in waiting.items() if is_read and now - since > WITHIN_S]:
            del waiting[late]
            counts.lose("no answer")
        counts.write(False)


def exchange(sock, text):
    sock.sendall(text)
    got = b""
    while len(got) < len(text):
        data = sock.recv(4096)
        if not data:
            raise ConnectionError("closed")
        got += data
    if got != text:
        raise ConnectionError("other bytes than were sent")


def connects(counts, peer):
    while not ending():
        since = time.monotonic()
        counts.sent += 1
        try:
            with socket.create_connection(peer, 30) as sock:
                exchange(sock, b"hello\n")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            counts.answered(since)
        except OSError as error:
            counts.lose(str(error))
        counts.write(False)
        time.sleep(PAUSE_S)


def standing(counts, peer):
    sock = socket.create_connection(peer, 30)
    while not ending():
        since = time.monotonic()
        counts.sent += 1
        try:
            exchange(sock, b"%d\n" % counts.sent)
            counts.answered(since)
        except OSError as error:
            counts.lose(str(error))
            sock = socket.create_connection(peer, 30)
        counts.write(False)
        time.sleep(PAUSE_S)


def main():
    kind, path, *rest = sys.argv[1:]
    if kind == "echo":
        return echo(path, int(rest[0]))
    counts = Counts(path)
    if kind == "names":
        want = socket.inet_aton(rest[1])
        flow(counts, ("127.0.0.11", 53), lambda number: question(rest[0], number), lambda answer: answer.endswith(want))
    elif kind == "datagrams":
        flow(counts, (rest[0], int(rest[1])), lambda number: struct.pack("!H", number), lambda answer: True)
    else:
        {"connects": connects, "standing": standing}[kind](counts, (rest[0], int(rest[1])))
    counts.write()


main()
