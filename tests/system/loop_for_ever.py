# loop_for_ever.py PID - the process, which waits in a system call, goes round in an endless loop from now on
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes, os, platform, struct, sys

ATTACH, DETACH, GETREGS = 16, 17, 12
# A jump to itself, written over the instruction behind the system call.
LOOPS = {"x86_64": (b"\xeb\xfe", 16)}
code, index_of_pc = LOOPS[platform.machine()]
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
if libc.ptrace(ATTACH, pid, None, None) < 0:
    sys.exit("cannot attach: " + os.strerror(ctypes.get_errno()))
os.waitpid(pid, 0x40000000)  # __WALL
registers = (ctypes.c_ulonglong * 64)()
libc.ptrace(GETREGS, pid, None, registers)
with open("/proc/%d/mem" % pid, "r+b", 0) as memory:
    memory.seek(registers[index_of_pc])
    memory.write(code)
libc.ptrace(DETACH, pid, None, None)
