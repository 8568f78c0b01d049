# outlive.py - counts what somebody notices of netd's processes being killed, until told to stop
# usage: outlive.py echo READY PORT
#        outlive.py names OUT STOP NAME…         each NAME is asked by five at a time; {} is a new word for each question
#        outlive.py stream OUT STOP HOST PORT N  N standing connections move checked data to an echo, and new ones come
# OUT has one line, "GOOD BAD", and after it what was bad.          SPDX-License-Identifier: GPL-2.0-or-later
import asyncio
import hashlib
import os
import random
import socket
import struct
import sys
import time

what, args = sys.argv[1], sys.argv[2:]
good, bad = 0, []
CLIENT_WAITS_S = 4.9  # glibc's resolver waits 5 s, and asks again


def count(ok, about):
    global good
    if ok:
        good += 1
    else:
        bad.append("%.3f %s" % (time.time(), about))


async def told_to_stop(out, stop):
    while not os.path.exists(stop):
        await asyncio.sleep(0.02)
        tell(out)


def tell(out):
    with open(out + ".new", "w") as file:
        file.write("%d %d\n%s" % (good, len(bad), "".join(line + "\n" for line in bad[:20])))
    os.rename(out + ".new", out)


async def echo(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
    except OSError:
        writer.transport.abort()


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.transport.sendto(data, address)


async def serve(ready, port):
    server = await asyncio.start_server(echo, "0.0.0.0", int(port), backlog=1000)
    await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("0.0.0.0", int(port)))
    open(ready, "w").close()
    await server.serve_forever()


class Answers(asyncio.DatagramProtocol):
    def __init__(self):
        self.waits = {}

    def datagram_received(self, data, address):
        waits = self.waits.pop(data[:2], None)
        if waits and not waits.done():
            waits.set_result(data)

    def error_received(self, error):
        bad.append("%.3f %s" % (time.time(), error))


words = iter(range(1 << 40))


async def ask(answers, transport, name):
    word = next(words)
    wanted = struct.pack("!H", word & 65535)
    labels = b"".join(bytes([len(part)]) + part for part in name.format(word).encode().split(b"."))
    waits = answers.waits[wanted] = asyncio.get_running_loop().create_future()
    transport.sendto(wanted + struct.pack("!HHHHH", 256, 1, 0, 0, 0) + labels + b"\0\0\1\0\1")
    try:
        data = await asyncio.wait_for(waits, CLIENT_WAITS_S)
        count(data[3] & 15 == 0 and data[7] == 1, "%s: answer %s" % (name, data[2:8].hex()))
    except asyncio.TimeoutError:
        count(False, "%s: no answer" % name)


async def go_on_asking(stopped, name):
    transport, answers = await asyncio.get_running_loop().create_datagram_endpoint(
        Answers, remote_addr=("127.0.0.11", 53), family=socket.AF_INET)
    while not stopped.done():
        await ask(answers, transport, name)
        await asyncio.sleep(random.uniform(0, 0.03))


async def transfer(host, port, stopped, seed, n_bytes):
    """Sends so much (None: until told to stop) while the same comes back, and compares."""
    reader, writer = await asyncio.open_connection(host, int(port))
    data, sent, got = random.Random(seed), hashlib.sha1(), hashlib.sha1()
    n = 0

    async def send():
        nonlocal n
        while not stopped.done() if n_bytes is None else n < n_bytes:
            chunk = data.randbytes(data.randrange(1, 40000))
            sent.update(chunk)
            n += len(chunk)
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(0.1 if n_bytes is None else 0)
        writer.write_eof()

    sending = asyncio.ensure_future(send())
    while chunk := await reader.read(65536):
        got.update(chunk)
    await sending
    writer.close()
    return got.digest() == sent.digest(), n


async def stand(host, port, stopped, seed):
    try:
        count((await transfer(host, port, stopped, seed, None))[0], "standing %d: other bytes" % seed)
    except OSError as error:
        count(False, "standing %d: %s" % (seed, error))


async def come(host, port, stopped, seed):
    while not stopped.done():
        seed += 1000
        try:
            count((await transfer(host, port, stopped, seed, 1000))[0], "new %d: other bytes" % seed)
        except OSError as error:
            count(False, "new %d: %s" % (seed, error))
        await asyncio.sleep(0.02)


async def main():
    if what == "echo":
        await serve(*args)
    stopped = asyncio.ensure_future(told_to_stop(*args[:2]))
    if what == "names":
        await asyncio.gather(*(go_on_asking(stopped, name) for name in args[2:] for _ in range(5)))
    else:
        host, port, n = args[2:]
        await asyncio.gather(*(stand(host, port, stopped, i) for i in range(int(n))),
                             *(come(host, port, stopped, i) for i in range(4)))
    tell(args[0])


asyncio.run(main())
