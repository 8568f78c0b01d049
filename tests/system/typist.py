# typist.py - a terminal of 80 columns and 10 lines, in which a program runs and keys are typed
# usage: typist.py KEYS|TERM|KILL COMMAND...: types KEYS, or ends it by that signal, when "NAME" has been shown twice, or $SEES once; prints what
# was shown, and then "status N", and "terminal kept" when its settings are as they were.
# SPDX-License-Identifier: GPL-2.0-or-later
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

keys, command = sys.argv[1], sys.argv[2:]
sees, times = (os.environ["SEES"].encode(), 1) if "SEES" in os.environ else (b"NAME", 2)
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 80, 0, 0))
before = termios.tcgetattr(slave)
pid = os.fork()
if pid == 0:
    os.close(master)
    os.login_tty(slave) if hasattr(os, "login_tty") else (os.setsid(), [os.dup2(slave, fd) for fd in (0, 1, 2)])
    os.execvp(command[0], command)
shown, typed, ended, limit = b"", False, None, time.monotonic() + 60
while ended is None and time.monotonic() < limit:
    if select.select([master], [], [], 0.1)[0]:
        shown += os.read(master, 65536)
    if not typed and shown.count(sees) >= times:
        typed = True
        signals = {"TERM": signal.SIGTERM, "KILL": signal.SIGKILL}
        os.kill(pid, signals[keys]) if keys in signals else os.write(master, keys.encode())
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        ended = os.waitstatus_to_exitcode(status)
while select.select([master], [], [], 0)[0]:
    shown += os.read(master, 65536)
if ended is None:
    os.kill(pid, signal.SIGKILL)
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
print("\nstatus", ended)
if termios.tcgetattr(slave) == before:
    print("terminal kept")
