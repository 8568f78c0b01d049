# differential_space.py - network namespaces that this process makes and enters itself
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ip(8) and nsenter(8) would be two programs for each command that runs in one, and of a random world these were the most. A
# process that called own_mounts() has its own /run/netns: nobody else's namespaces are there, and what it makes is gone when it
# ends.
import ctypes
import fcntl
import glob
import os
import socket
import struct

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
DIRECTORY = "/run/netns"

libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, "%s: %s" % (what, os.strerror(error)))


def mount(source, target, kind=None, flags=0):
    checked(libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, None), "mount " + target)


def own_mounts(directory):
    """This process and its children: files in directory are in memory, and /run/netns is empty."""
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    os.makedirs(DIRECTORY, exist_ok=True)
    os.makedirs(directory, exist_ok=True)
    for target in (DIRECTORY, directory):
        mount("worlds", target, "tmpfs")


def adopt_orphans():
    """Whose parent dies becomes a child of this process: nobody started here is lost from sight."""
    checked(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def children():
    """Looked for in /proc: not every kernel keeps a list of them there."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as file:
                parent = file.read().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == os.getpid():
            found.append(int(pid))
    return found


class Space:
    """`with space:` what is started, and what is read below /proc/sys/net, is there."""

    def __init__(self, name):
        self.name, self.path = name, os.path.join(DIRECTORY, name)
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        checked(libc.unshare(CLONE_NEWNET), "unshare")
        try:
            self.fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444))
            mount("/proc/self/ns/net", self.path, flags=MS_BIND)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
                fcntl.ioctl(here, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
        finally:
            checked(libc.setns(self.home, CLONE_NEWNET), "setns")

    def __enter__(self):
        checked(libc.setns(self.fd, CLONE_NEWNET), "setns")

    def __exit__(self, *_):
        checked(libc.setns(self.home, CLONE_NEWNET), "setns")

    def hasten(self):
        """Who has no neighbour knows it after 50 ms, and ICMP says what it says as often as it is asked."""
        with self:
            for directory in glob.glob("/proc/sys/net/ipv[46]/neigh/*"):
                for name, value in ("mcast_solicit", "1"), ("ucast_solicit", "1"), ("retrans_time_ms", "50"):
                    write(os.path.join(directory, name), value)
            write("/proc/sys/net/ipv4/icmp_ratelimit", "0")

    def remove(self):
        checked(libc.umount2(self.path.encode(), MNT_DETACH), "umount")
        os.unlink(self.path)
        os.close(self.fd)
        os.close(self.home)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
