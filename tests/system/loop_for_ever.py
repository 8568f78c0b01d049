# loop_for_ever.py PID - the process, which waits in a system call, goes round in an endless loop from now on
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes, os, platform, sys

ATTACH, DETACH, GETREGSET, NT_PRSTATUS = 16, 17, 0x4204, 1
# A jump to itself, written over the instruction behind the system call, and where the general registers (struct
# user_regs_struct, user_pt_regs, pt_regs of the kernel's asm/ptrace.h) have the address of that, in words of 64 bits.
LOOPS = {
    "x86_64": (b"\xeb\xfe", 16),
    "aarch64": (b"\x00\x00\x00\x14", 32),
    "riscv64": (b"\x6f\x00\x00\x00", 0),
    "ppc64le": (b"\x00\x00\x00\x48", 32),
    "s390x": (b"\xa7\xf4\x00\x00", 1),
}
if platform.machine() not in LOOPS:
    sys.exit("no jump to itself is known here for " + platform.machine() + ": add it to LOOPS")
code, index_of_pc = LOOPS[platform.machine()]


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def trace(request, address=None, data=None):
    if libc.ptrace(request, pid, address, data) < 0:
        sys.exit("ptrace request %d: %s" % (request, os.strerror(ctypes.get_errno())))


trace(ATTACH)
os.waitpid(pid, 0x40000000)  # __WALL
registers = (ctypes.c_ulonglong * 128)()
vector = Vector(ctypes.addressof(registers), ctypes.sizeof(registers))
trace(GETREGSET, NT_PRSTATUS, ctypes.addressof(vector))
with open("/proc/%d/mem" % pid, "r+b", 0) as memory:
    memory.seek(registers[index_of_pc])
    memory.write(code)
trace(DETACH)
