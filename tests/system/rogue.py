# rogue.py - stands where a resolver would, gives the plumber what is not its to keep, and ends
# usage: rogue.py MSG_H SOCKET READY WHAT… [inode=N port=N]
# WHAT: channel, listener, flows, wrong-flows, view, journal, inventory                     SPDX-License-Identifier: GPL-2.0-or-later
import os
import re
import socket
import struct
import sys

header, path, ready = sys.argv[1:4]
what = [word for word in sys.argv[4:] if "=" not in word]
options = dict(word.split("=") for word in sys.argv[4:] if "=" in word)

body = re.search(r"enum ipc_type \{(.*?)\}", open(header).read(), re.S).group(1)
names = re.findall(r"\bIPC_[A-Z_]+", re.sub(r"/\*.*?\*/", "", body, flags=re.S))
TYPE = {name[4:]: number for number, name in enumerate(names, 1)}
counters = re.search(r"struct ipc_stats \{(.*?)\n\};", open(header).read(), re.S).group(1)
STATS = bytes(8 * len(re.findall(r"\w+(?=[,;])", re.sub(r"/\*.*?\*/", "", counters, flags=re.S))))
VERSION = int(re.search(r"#define IPC_VERSION (\d+)", open(header).read()).group(1))

listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(path)
listener.listen(4)
open(ready, "w").close()
channel, _ = listener.accept()
held = []


def say(kind, data=b"", fds=()):
    socket.send_fds(channel, [bytes([TYPE[kind]]) + data], [fd if isinstance(fd, int) else fd.fileno() for fd in fds])


def hear():
    data, fds, _, _ = socket.recv_fds(channel, 65536, 64)
    held.extend(fds)
    if not data:
        sys.exit("the plumber hung up")
    return data[0]


def udp():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def flow(number, fds, protocol):
    say("FLOW", struct.pack(">IBB4sHB", number, protocol, 4, bytes([127, 0, 0, 1]), 80, 0), fds)


def view(number, inode, port):
    return struct.pack(">IHQHBBBB", number, port, inode, 0, 0, 0, 0, 0)


while hear() != TYPE["HELLO"]:
    pass
say("HELLO", struct.pack(">II", VERSION, os.getpid()))
if "inode" in options:
    say("ADOPT_VIEW", view(1, int(options["inode"]), int(options["port"])))
if "inventory" in what:  # a hundred thousand containers, for as long as anybody listens
    try:
        for number in range(2, 100000):
            say("ADOPT_VIEW", view(number, number, 1))
    except OSError as error:
        print("inventory: cut off after %d: %s" % (number, error))
        sys.exit(0)
say("READY")
while hear() != TYPE["SYNC"]:
    pass
ours, mute = udp(), socket.socket(socket.AF_INET, socket.SOCK_STREAM)
pipes = os.pipe() + os.pipe()
if "channel" in what:
    flow(1, [channel], socket.IPPROTO_UDP)
    flow(2, [channel, channel, *pipes], socket.IPPROTO_TCP)
if "listener" in what:
    flow(3, [listener], socket.IPPROTO_UDP)
if "wrong-flows" in what:
    file = os.open(sys.executable, os.O_RDONLY)
    flow(4, [file], socket.IPPROTO_UDP)
    flow(5, [mute], socket.IPPROTO_UDP)
    flow(6, [mute, mute, ours, ours, ours, ours], socket.IPPROTO_TCP)
    flow(7, [ours] * 64, socket.IPPROTO_UDP)
    flow(8, [], socket.IPPROTO_TCP)
if "flows" in what:
    for number in range(10, 10000):
        flow(number, [ours], socket.IPPROTO_UDP)
if "view" in what:
    say("KEEP_VIEW", struct.pack(">I", 1), [ours, mute])
if "journal" in what:
    say("KEEP_JOURNAL", b"", [ours])
    say("KEEP_JOURNAL", b"", [os.memfd_create("short")])
    loose = os.memfd_create("loose")
    os.ftruncate(loose, 2 * 1024 * 1024)
    say("KEEP_JOURNAL", b"", [loose])
# Until the plumber has read all of it, and asks whether we live.
say("STATS", STATS)
if "stay" in what:
    open(ready + ".said", "w").close()
    while True:
        if hear() == TYPE["STATS"]:
            say("STATS", STATS)
