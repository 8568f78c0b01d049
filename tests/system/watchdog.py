# watchdog.py SOCKET LOG PID-FILE SECONDS - systemd's watchdog: a process that has beaten and stops to is killed, and LOG says so
# SPDX-License-Identifier: GPL-2.0-or-later
import os, signal, socket, sys

path, log, pid_file, seconds = sys.argv[1:]
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(path)
with open(log, "a", buffering=1) as out:
    while True:
        try:
            out.write(sock.recv(4096).decode() + "\n")
        except TimeoutError:
            os.kill(int(open(pid_file).read()), signal.SIGKILL)
            out.write("KILLED\n")
            break
        if os.path.exists(pid_file):
            sock.settimeout(float(seconds))
