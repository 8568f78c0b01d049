# xdp.py - attaches a program of two instructions that drops all that comes in by a link
# usage: xdp.py LINK      SPDX-License-Identifier: GPL-2.0-or-later
#
# As `ip link set LINK xdp object FILE` does it, without a compiler: it stays until `ip link set LINK xdp off`.
import ctypes
import platform
import socket
import struct
import sys

BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]  # bpf(2)
PROG_LOAD, TYPE_XDP, DROP = 5, 6, 1
RTM_SETLINK, REQUEST, ACK, NESTED = 19, 1, 4, 0x8000
IFLA_XDP, IFLA_XDP_FD = 43, 1

libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(struct.pack("=BBhi", 0xB7, 0, 0, DROP) + struct.pack("=BBhi", 0x95, 0, 0, 0))
licence = ctypes.create_string_buffer(b"GPL")
attributes = struct.pack("=IIQQ", TYPE_XDP, 2, ctypes.addressof(code), ctypes.addressof(licence))
program = libc.syscall(BPF, PROG_LOAD, ctypes.create_string_buffer(attributes, 128), 128)
if program < 0:
    sys.exit("bpf: errno %d" % ctypes.get_errno())

link = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, socket.if_nametoindex(sys.argv[1]), 0, 0)
body = link + struct.pack("=HH", 12, IFLA_XDP | NESTED) + struct.pack("=HHi", 8, IFLA_XDP_FD, program)
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
netlink.send(struct.pack("=IHHII", 16 + len(body), RTM_SETLINK, REQUEST | ACK, 1, 0) + body)
error = struct.unpack_from("=i", netlink.recv(4096), 16)[0]
if error:
    sys.exit("attaching: errno %d" % -error)
