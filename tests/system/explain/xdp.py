# xdp.py - a program of two instructions that drops all that comes in by a link, for as long as this runs
# usage: xdp.py READY-FILE LINK      SPDX-License-Identifier: GPL-2.0-or-later
import ctypes
import platform
import signal
import socket
import struct
import sys

BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]  # bpf(2)
PROG_LOAD, LINK_CREATE = 5, 28
TYPE_XDP, ATTACH_XDP, GENERIC, DROP = 6, 37, 1 << 1, 1

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 128)
    fd = libc.syscall(BPF, command, buffer, 128)
    if fd < 0:
        sys.exit("bpf %d: errno %d" % (command, ctypes.get_errno()))
    return fd


code = ctypes.create_string_buffer(struct.pack("=BBhi", 0xB7, 0, 0, DROP) + struct.pack("=BBhi", 0x95, 0, 0, 0))
licence = ctypes.create_string_buffer(b"GPL")
program = bpf(PROG_LOAD, struct.pack("=IIQQ", TYPE_XDP, 2, ctypes.addressof(code), ctypes.addressof(licence)))
link = bpf(LINK_CREATE, struct.pack("=IIII", program, socket.if_nametoindex(sys.argv[2]), ATTACH_XDP, GENERIC))
open(sys.argv[1], "w").close()
signal.pause()
