# killed.py - kills what explains, at random moments: netd-explain, whoever started it
# usage: killed.py SEED PARENT-PID TIMES COMMAND…      SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs the command so often, and kills the netd-explain that the parent, or the command itself, has started for it. Prints
# how many were killed before they had answered: their command has failed with status 4. Any other end is an error.
import os
import random
import signal
import subprocess
import sys
import time

LATEST_S = 0.012  # about as long as an answer takes


def children(pid):
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task)) as file:
                yield from (int(child) for child in file.read().split())
    except FileNotFoundError:
        pass


def is_explaining(pid):
    try:
        return os.readlink("/proc/%d/exe" % pid).endswith("/netd-explain")
    except OSError:
        return False


def find(parents, command):
    while command.poll() is None:
        for parent in parents:
            for child in children(parent):
                if is_explaining(child):
                    return child
    return None


def main():
    chance = random.Random(int(sys.argv[1]))
    parent, times, argv = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    killed = 0
    for _ in range(times):
        command = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        pid = find((parent, command.pid), command)
        if pid:
            time.sleep(chance.uniform(0, LATEST_S))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        said = command.communicate(timeout=60)[0]
        if command.returncode == 4:
            killed += 1
        elif command.returncode not in (0, 1):
            sys.exit("status %d: %s" % (command.returncode, said))
    print(killed)


if __name__ == "__main__":
    main()
