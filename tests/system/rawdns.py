# rawdns.py - sends datagrams of one's choice to 127.0.0.11 and shows the heads of the answers
# usage: rawdns.py HEX… | --garbage N | --flood SECONDS      SPDX-License-Identifier: GPL-2.0-or-later
import random
import socket
import sys
import time

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect(("127.0.0.11", 53))
WEB = bytes.fromhex("123401000001000000000000037765620000010001")
MARK = b"\x4d\x4d" + WEB[2:]


def head(answer):
    flags = answer[2] << 8 | answer[3]
    bits = [flags & 15, flags >> 15, flags >> 11 & 15] + [flags >> n & 1 for n in (10, 9, 8, 7)]
    return " ".join(str(n) for n in bits + [answer[i] << 8 | answer[i + 1] for i in (4, 6, 8, 10)])


def garbage(count):
    """Random bytes, and good questions with some bytes changed; the seed is fixed so that a failure repeats."""
    rng = random.Random(1)
    for i in range(count):
        data = bytearray(WEB if i % 2 else rng.randbytes(rng.randrange(0, 600)))
        for _ in range(rng.randrange(1, 4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        try:
            sock.send(data)
        except OSError:
            pass


def flood(seconds):
    end = time.time() + seconds
    sock.setblocking(False)
    print("flooding", flush=True)
    i = 0
    while time.time() < end:
        i += 1
        name = b"%08x" % i
        try:
            sock.send(WEB[:12] + bytes([8]) + name + b"\x02ok\x04test\x00\x00\x01\x00\x01")
        except OSError:
            pass


if sys.argv[1] == "--garbage":
    garbage(int(sys.argv[2]))
elif sys.argv[1] == "--flood":
    flood(float(sys.argv[2]))
else:
    for text in sys.argv[1:]:
        # Answers come in the order of the questions: what has none when the one behind it is answered will have none.
        sock.settimeout(60)
        sock.send(bytes.fromhex(text))
        sock.send(MARK)
        answers = [sock.recv(65536)]
        while answers[-1][:2] != MARK[:2]:
            answers.append(sock.recv(65536))
        sock.settimeout(0.5)
        try:
            answers.append(sock.recv(65536))
        except OSError:
            pass
        print(*[head(answer) for answer in answers if answer[:2] != MARK[:2]] or ["nothing"], sep=", ")
