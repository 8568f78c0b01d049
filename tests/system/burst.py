# burst.py - asks 127.0.0.11 many questions at once and counts what comes back
# usage: burst.py udp|paced|dense|tcp COUNT NAME SECONDS       {} in NAME is the number      SPDX-License-Identifier: GPL-2.0-or-later
# udp: all from one socket, one after another; paced: so that any buffer holds them; dense: eight times as fast; tcp: a connection for
# each, which asks at once: one that says nothing for a while may have to make room for another.
# Prints "GOOD BAD": answers with rcode 0 and a record, and others. Ends when all have come, or after SECONDS.
import select
import socket
import struct
import sys
import time

kind, count, name, seconds = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
end = time.monotonic() + seconds
seen = {}
AT_ONCE = {"paced": 32, "dense": 256}


def question(i):
    labels = b"".join(bytes([len(l)]) + l for l in name.replace("{}", str(i)).encode().split(b"."))
    return struct.pack("!HHHHHH", i, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def take(answer):
    seen[answer[0] << 8 | answer[1]] = answer[3] & 15 == 0 and answer[7] > 0


def over_udp():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    sock.connect(("127.0.0.11", 53))
    for i, message in enumerate([question(i) for i in range(count)]):
        sock.send(message)
        if kind in AT_ONCE and i % AT_ONCE[kind] == AT_ONCE[kind] - 1:
            time.sleep(0.01)
    print("asked", file=sys.stderr, flush=True)
    while len(seen) < count and time.monotonic() < end:
        if select.select([sock], [], [], 0.1)[0]:
            take(sock.recv(65535))


def over_tcp():
    poll, buffers = select.poll(), {}
    for i in range(count):
        sock = socket.create_connection(("127.0.0.11", 53), 10)
        buffers[sock.fileno()] = [sock, b""]
        poll.register(sock, select.POLLIN)
        message = question(i)
        sock.sendall(struct.pack("!H", len(message)) + message)
    while buffers and time.monotonic() < end:
        for fd, _ in poll.poll(100):
            state = buffers[fd]
            try:
                data = state[0].recv(65535)
            except ConnectionError:
                data = b""
            state[1] += data
            whole = len(state[1]) >= 2 and len(state[1]) >= 2 + struct.unpack("!H", state[1][:2])[0]
            if whole:
                take(state[1][2:])
            if whole or not data:
                poll.unregister(fd)
                buffers.pop(fd)[0].close()


over_tcp() if kind == "tcp" else over_udp()
print(sum(seen.values()), len(seen) - sum(seen.values()))
