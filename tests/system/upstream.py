# upstream.py - a DNS server for tests; how it answers is in the question
# usage: upstream.py ADDRESS LOG READY-FILE answer|dead|servfail      SPDX-License-Identifier: GPL-2.0-or-later
#
#   nx.…        NXDOMAIN with an SOA        fail.…     SERVFAIL          drop.…   no answer
#   slow300.…   after 300 ms                big.…      TC over UDP, 40 TXT records over TCP
#   empty.…     NODATA with an SOA          wrong.…    an answer to another question first
#   once.…, half.…, gone.…   TC over UDP; over TCP the connection ends after this answer, or (the first time that the name is
#               asked so) after half of it, or without it: whatever else was asked on the connection
#   rcode5.…    that code, no answer        a5.…, aaaa5.…   that code for this type, an answer for others
# Everything else is 203.0.113.7 or 2001:db8:53::7, TTL 60 (ttl1.…: TTL 1). Mode dead reads and never answers;
# servfail answers SERVFAIL to all. LOG gets a line "udp|tcp NAME TYPE" for each question, LOG.ports "NAME PORT" for each by
# UDP: where it came from; LOG.from has the addresses. The same datagram once more, from the same port, is the same question: who asks
# has not had patience with a machine that is busy with other things.
import heapq
import itertools
import re
import select
import socket
import struct
import sys
import threading
import time

address, log_path, ready, mode = sys.argv[1:5]
log = open(log_path, "a", buffering=1)
ports_log = open(log_path + ".ports", "a", buffering=1)
from_log = open(log_path + ".from", "a", buffering=1)
A, SOA, TXT, AAAA = 1, 6, 16, 28
ENDS = ("once", "half", "gone")
ended = set()
asked = set()


def question(message):
    labels, pos = [], 12
    while message[pos]:
        labels.append(message[pos + 1 : pos + 1 + message[pos]].decode("latin-1"))
        pos += message[pos] + 1
    return ".".join(labels), struct.unpack("!H", message[pos + 1 : pos + 3])[0], pos + 5


def record(kind, ttl, data, owner=12):
    return struct.pack("!HHHIH", 0xC000 | owner, kind, 1, ttl, len(data)) + data


SOA_DATA = b"\x02ns\x00\x04root\x00" + struct.pack("!IIIII", 1, 3600, 600, 86400, 30)


def delay(message):
    slow = re.match(r"slow(\d+)", question(message)[0].lower())
    return int(slow.group(1)) / 1000 if slow else 0


def reply(message, over_tcp, peer=None):
    name, kind, end = question(message)
    if over_tcp or (message, peer) not in asked:
        log.write("%s %s %d\n" % ("tcp" if over_tcp else "udp", name, kind))
        asked.add((message, peer))
    if mode == "dead":
        return []
    flags, answers, authority = 0x8180, [], []
    first = name.split(".")[0].lower()
    ttl = 1 if first.startswith("ttl1") else 60
    code = re.match(r"(rcode|a|aaaa)(\d+)$", first)
    if code and kind in {"rcode": (A, AAAA), "a": (A,), "aaaa": (AAAA,)}[code.group(1)]:
        flags |= int(code.group(2))
    elif mode == "servfail" or first.startswith("fail"):
        flags |= 2
    elif first.startswith("drop"):
        return []
    elif first.startswith("nx"):
        flags |= 3
        authority = [record(SOA, 60, SOA_DATA, 12 + 1 + len(first))]
    elif first.startswith("empty"):
        authority = [record(SOA, 60, SOA_DATA)]
    elif first.startswith("big"):
        if over_tcp:
            answers = [record(TXT, ttl, b"\x40" + b"%064d" % i) for i in range(40)]
        else:
            flags |= 0x0200
    elif first.startswith(ENDS) and not over_tcp:
        flags |= 0x0200
    elif kind == A:
        answers = [record(A, ttl, bytes([203, 0, 113, 7]))]
    elif kind == AAAA:
        answers = [record(AAAA, ttl, socket.inet_pton(socket.AF_INET6, "2001:db8:53::7"))]
    else:
        authority = [record(SOA, 60, SOA_DATA)]
    head = struct.pack("!HHHHHH", 0, flags, 1, len(answers), len(authority), 0)
    out = [message[:2] + head[2:] + message[12:end] + b"".join(answers + authority)]
    if first.startswith("wrong"):
        lie = bytearray(message[:2] + head[2:] + message[12:end] + record(A, ttl, bytes([6, 6, 6, 6])))
        lie[13] ^= 1
        out.insert(0, bytes(lie))
    return out


def datagrams(udp):
    """One thread for all: a thousand that sleep would take longer to be started than the resolver waits, on a busy machine."""
    due, number = [], itertools.count()
    while True:
        now = time.monotonic()
        while due and due[0][0] <= now:
            _, _, out, peer = heapq.heappop(due)
            try:
                udp.sendto(out, peer)
            except OSError:
                pass
        if not select.select([udp], [], [], due[0][0] - now if due else None)[0]:
            continue
        message, peer = udp.recvfrom(65536)
        ports_log.write("%s %d\n" % (question(message)[0], peer[1]))
        from_log.write(peer[0] + "\n")
        when = time.monotonic() + delay(message)
        for out in reply(message, False, peer):
            heapq.heappush(due, (when, next(number), out, peer))


def one_stream(connection):
    connection.settimeout(10)
    try:
        while True:
            head = connection.recv(2, socket.MSG_WAITALL)
            if len(head) < 2:
                break
            message = connection.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
            name = question(message)[0]
            answers = reply(message, True)
            time.sleep(delay(message))
            for out in answers:
                out = struct.pack("!H", len(out)) + out
                if name.startswith(ENDS[1:]) and name not in ended:
                    out = out[: len(out) // 2 if name.startswith("half") else 0]
                connection.sendall(out)
            if name.startswith("once") or (name.startswith(ENDS) and name not in ended):
                ended.add(name)
                break
    except OSError:
        pass
    connection.close()


def streams(sock):
    while True:
        threading.Thread(target=one_stream, args=(sock.accept()[0],), daemon=True).start()


family = socket.AF_INET6 if ":" in address else socket.AF_INET
udp = socket.socket(family, socket.SOCK_DGRAM)
udp.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE: bursts are not what is tested here
udp.bind(socket.getaddrinfo(address, 53, family)[0][4])  # which knows zones: fe80::1%eth0
tcp = socket.socket(family, socket.SOCK_STREAM)
tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind(socket.getaddrinfo(address, 53, family)[0][4])
tcp.listen(64)
threading.Thread(target=streams, args=(tcp,), daemon=True).start()
open(ready, "w").close()
datagrams(udp)
