# daemon.py - netd in a soak: started, asked, killed, stopped, and what it holds
# SPDX-License-Identifier: GPL-2.0-or-later
import collections
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time


class Gone(Exception):
    """No answer came: netd was killed, or was not there. What was asked for is done or is not."""


class Connection(http.client.HTTPConnection):
    def __init__(self, path, seconds):
        super().__init__("netd", timeout=seconds)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.socket = directory + "/run/netd.sock"
        self.log = open(directory + "/netd.log", "ab", buffering=0)
        self.process = None

    def start(self, seconds=30):
        self.process = subprocess.Popen(
            [self.program, "--run-dir", self.directory + "/run", "--state-dir", self.directory + "/state/netd",
             "--host", "unix://" + self.socket], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(Gone):
                if self.call("GET", "/_ping")[0] == 200:
                    return
            if self.process.poll() is not None:
                raise RuntimeError("netd ended with %d" % self.process.returncode)
            time.sleep(0.005)
        raise RuntimeError("netd does not answer within %d s of its start" % seconds)

    def end(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()

    def call(self, method, path, body=None, seconds=60):
        """The status and the decoded answer; Gone without one."""
        connection = Connection(self.socket, seconds)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            reply = connection.getresponse()
            said = reply.read()
        except TimeoutError as error:
            raise RuntimeError("%s %s is not answered within %d s" % (method, path, seconds)) from error
        except (OSError, http.client.HTTPException) as error:
            raise Gone(str(error)) from error
        finally:
            connection.close()
        try:
            return reply.status, json.loads(said) if said.strip() else None
        except ValueError:
            return reply.status, said

    def info(self):
        return self.call("GET", "/netd/v1/info")[1]

    def resolver(self):
        """Its pid, or 0 while it is not there."""
        with contextlib.suppress(Gone):
            return self.info().get("ResolverPid") or 0
        return 0

    def holds(self):
        """What may not grow: the descriptors of both processes, by what they lead to, and kibibytes."""
        held = collections.Counter()
        for role, pid in (("plumber", self.process.pid), ("resolver", self.resolver())):
            for fd in os.listdir("/proc/%d/fd" % pid):
                with contextlib.suppress(OSError):
                    held["%s %s" % (role, re.sub(r"[0-9a-f]{12,}|[0-9]+", "N", os.readlink("/proc/%d/fd/%s" % (pid, fd))))] += 1
            with open("/proc/%d/status" % pid) as status:
                held[role + " KiB"] = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        return held
