# differential_space.py - network namespaces that this process makes and enters itself
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ip(8) and nsenter(8) would be two programs for each command that runs in one, and of a random world these were the most. A
# process that called own_mounts() has its own /run/netns: nobody else's namespaces are there, and what it makes is gone when it
# ends.
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct
import sys

CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
NLMSG_ERROR, RTM_SETNEIGHTBL, NLM_F_REQUEST, NLM_F_ACK = 2, 67, 1, 4
NDTA_NAME, NDTA_PARMS = 1, 6
NDTPA_IFINDEX, NDTPA_RETRANS_TIME, NDTPA_UCAST_PROBES, NDTPA_MCAST_PROBES = 1, 5, 10, 11
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


def own_processes():
    """Goes on in a child, for which only its descendants are in /proc, and with which they end: who looks through all processes,
    as explain does, looks through the others of the machine in each world otherwise. NETD_MACHINE_NS still leads to the same."""
    machine = os.open(os.environ["NETD_MACHINE_NS"], os.O_RDONLY)
    checked(libc.unshare(CLONE_NEWPID | CLONE_NEWNS), "unshare")
    child = os.fork()
    if child:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    checked(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc")
    os.environ["NETD_MACHINE_NS"] = "/proc/1/fd/%d" % machine


def adopt_orphans():
    """Whose parent dies becomes a child of this process: nobody started here is lost from sight."""
    checked(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def children():
    """Looked for in /proc: not every kernel keeps a list of them there."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
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


def attribute(kind, value):
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def set_neighbours(links):
    """What is in /proc/sys/net/ipv[46]/neigh/LINK, which would be opened six times for each link."""
    requests = []
    for index in links:
        values = (attribute(NDTPA_IFINDEX, struct.pack("=I", index)) + attribute(NDTPA_RETRANS_TIME, struct.pack("=Q", 50)) +
                  attribute(NDTPA_UCAST_PROBES, struct.pack("=I", 1)) + attribute(NDTPA_MCAST_PROBES, struct.pack("=I", 1)))
        for family, table in (socket.AF_INET, b"arp_cache\0"), (socket.AF_INET6, b"ndisc_cache\0"):
            text = struct.pack("=Bxxx", family) + attribute(NDTA_NAME, table) + attribute(NDTA_PARMS, values)
            requests.append(struct.pack("=IHHII", 16 + len(text), RTM_SETNEIGHTBL, NLM_F_REQUEST | NLM_F_ACK, 0, 0) + text)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.send(b"".join(requests))
        for _ in requests:
            kind, error = struct.unpack("=4xH10xi", kernel.recv(4096)[:20])
            if kind != NLMSG_ERROR or error not in (0, -errno.ENOENT):  # a link may be without IPv6
                raise OSError(-error, "neighbours: " + os.strerror(-error))


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
            set_neighbours(index for index, _ in socket.if_nameindex())
            write("/proc/sys/net/ipv4/icmp_ratelimit", "0")

    def remove(self):
        checked(libc.umount2(self.path.encode(), MNT_DETACH), "umount")
        os.unlink(self.path)
        os.close(self.fd)
        os.close(self.home)


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
