# host.py - what a host and its containers have: links, addresses, routes, rules, records, files, names
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Thousands of states are compared, so nothing here starts a process: links are read through rtnetlink sockets opened
# in each namespace, tables through libnftables. Random ids are replaced, for two runs of one operation differ in them.
import ctypes
import json
import os
import re
import socket
import sqlite3
import struct
import subprocess

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libnftables = ctypes.CDLL("libnftables.so.1")
libnftables.nft_ctx_new.restype = ctypes.c_void_p
libnftables.nft_ctx_get_output_buffer.restype = ctypes.c_char_p
NFT_JSON = 1 << 4


def attributes(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def text(data):
    return data.rstrip(b"\0").decode() if data else ""


class Namespace:
    """A network namespace, looked at from outside of it."""

    def __init__(self, path):
        self.path = path
        self.fd = os.open(path, os.O_RDONLY)
        self.within(self.open)

    def within(self, make):
        """What make() returns, with its sockets in here."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        assert libc.setns(self.fd, CLONE_NEWNET) == 0
        try:
            return make()
        finally:
            assert libc.setns(own, CLONE_NEWNET) == 0
            os.close(own)

    def open(self):
        self.rtnl = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self.rtnl.settimeout(10)
        self.dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.nft = ctypes.c_void_p(libnftables.nft_ctx_new(0))
        libnftables.nft_ctx_buffer_output(self.nft)
        libnftables.nft_ctx_buffer_error(self.nft)
        libnftables.nft_ctx_output_set_flags(self.nft, NFT_JSON)

    def dump(self, kind, family, header):
        body = struct.pack("B", family) + b"\0" * (header - 1)
        self.rtnl.send(struct.pack("IHHII", 16 + len(body), kind, 0x301, 1, 0) + body)
        while True:
            data = self.rtnl.recv(1 << 18)
            while data:
                length, what = struct.unpack_from("IH", data)
                if what in (2, 3):
                    return
                yield data[16 : 16 + header], attributes(data[16 + header : length])
                data = data[(length + 3) & ~3 :]

    def links(self):
        """By index: name, alias, MTU, whether it is up, its master, MAC and group."""
        links = {}
        for head, attr in self.dump(18, 0, 16):
            _, _, _, index, flags, _ = struct.unpack("BBHiII", head)
            links[index] = {
                "name": text(attr.get(3)),
                "alias": text(attr.get(20)),
                "mtu": struct.unpack("I", attr[4])[0],
                "up": flags & 1,
                "master": struct.unpack("I", attr[10])[0] if 10 in attr else 0,
                "mac": attr[1].hex() if 1 in attr else "",
                "group": struct.unpack("I", attr[27])[0] if 27 in attr else 0,
            }
        return links

    def addresses(self):
        for head, attr in self.dump(22, 0, 8):
            family, length, _, scope, index = struct.unpack("BBBBI", head)
            if family == socket.AF_INET or scope == 0:
                yield index, "%s/%d" % (socket.inet_ntop(family, attr.get(2, attr[1])), length)

    def defaults(self):
        for family in (socket.AF_INET, socket.AF_INET6):
            for head, attr in self.dump(26, family, 12):
                if head[1] == 0 and head[4] == 254 and 5 in attr:
                    yield socket.inet_ntop(family, attr[5])

    def looks(self):
        links = self.links()
        for index, address in self.addresses():
            if index in links:
                links[index].setdefault("addresses", []).append(address)
        names = {index: link["name"] for index, link in links.items()}
        out = []
        for link in links.values():
            link["master"] = names.get(link["master"], "")
            link["addresses"] = sorted(link.get("addresses", []))
            if re.fullmatch("nd[0-9a-f]{12}", link["name"]):
                link["name"] = "nd"
                link["mac"] = ""
            out.append(json.dumps(link, sort_keys=True))
        return sorted(out), sorted(self.defaults())

    def tables(self):
        """The ruleset, elements in order. None: it cannot be read just now."""
        if libnftables.nft_run_cmd_from_buffer(self.nft, b"list ruleset") != 0:
            return None
        text = libnftables.nft_ctx_get_output_buffer(self.nft)
        for _ in range(20):
            try:
                return self.rows_of(text)
            except ValueError:  # in another process that is another text
                nft = ["nsenter", "--net=" + self.path, "nft", "-j", "list", "ruleset"]
                text = subprocess.run(nft, capture_output=True, check=True).stdout
        return None

    @staticmethod
    def rows_of(text):
        # Older libraries print what lies behind their list for a flag that they do not know ("persist").
        text = re.sub(rb'(\{"table": \{[^{}]*?"handle": \d+), "flags": .*?\}\}(?=, \{"|\])', rb"\1}}", text, flags=re.DOTALL)
        ruleset = json.loads(text)
        out = []
        for item in ruleset["nftables"]:
            if "metainfo" in item:
                continue
            ((kind, what),) = item.items()
            what.pop("handle", None)
            for key in ("elem", "flags"):
                if isinstance(what.get(key), list):
                    what[key] = sorted(json.dumps(e, sort_keys=True) for e in what[key])
            if not re.fullmatch("nftables|netd-owner-probe", what.get("name", "")):
                out.append(kind + " " + json.dumps(what, sort_keys=True))
        return out

    def flush(self):
        libnftables.nft_run_cmd_from_buffer(self.nft, b"flush ruleset")

    def ask(self, name, kind=1, timeout=2):
        """(rcode, addresses), or None without an answer."""
        labels = b"".join(bytes([len(l)]) + l.encode() for l in name.split("."))
        number = os.urandom(2)
        self.dns.setblocking(False)
        try:
            while True:  # late answers
                self.dns.recv(512)
        except OSError:
            pass
        self.dns.settimeout(timeout)
        try:
            self.dns.sendto(number + b"\1\0\0\1\0\0\0\0\0\0" + labels + struct.pack(">BHH", 0, kind, 1), ("127.0.0.11", 53))
            data = self.dns.recv(512)
        except OSError:
            return None
        count = struct.unpack_from(">H", data, 6)[0]
        rest, found = data[12 + len(labels) + 5 :], []
        for _ in range(count):
            _, what, _, _, length = struct.unpack_from(">HHHIH", rest)
            if what == 1:
                found.append(socket.inet_ntop(socket.AF_INET, rest[12:16]))
            rest = rest[12 + length :]
        return data[3] & 15, sorted(found)


def rows(path, queries):
    out = []
    try:
        db = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=2)
    except sqlite3.Error as error:
        return [str(error)]
    try:
        for query in queries:
            out += sorted(str(row) for row in db.execute(query))
    except sqlite3.Error as error:
        out.append(str(error))
    finally:
        db.close()
    return out


RUN_ROWS = (
    "SELECT 'container', name, up FROM container",
    "SELECT 'endpoint', ip4, ip6, mac, ifname, position < 0 FROM endpoint",
    "SELECT 'port', protocol, host_addr, host_port, container_port, target, n, step FROM port",
)
STATE_ROWS = ("SELECT 'network', name FROM network",)


DIAG = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)


def listeners():
    """Asked by sock_diag(7): /proc/net is as long as the whole machine's tables."""
    out = []
    for family in (socket.AF_INET, socket.AF_INET6):
        for protocol, state in ((socket.IPPROTO_TCP, 10), (socket.IPPROTO_UDP, 7)):
            body = struct.pack("BBBBI48x", family, protocol, 0, 0, 1 << state)
            DIAG.send(struct.pack("IHHII", 16 + len(body), 20, 0x301, 1, 0) + body)
            data = b""
            while True:
                data = data or DIAG.recv(1 << 16)
                length, what = struct.unpack_from("IH", data)
                if what in (2, 3):
                    assert what == 3, "sock_diag: error %d" % struct.unpack_from("i", data, 16)
                    break
                out.append("%d %d %s %d" % (family, protocol, data[24:40].hex(), struct.unpack_from(">H", data, 20)[0]))
                data = data[(length + 3) & ~3 :]
    return sorted(out)


def files(path):
    out = []
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                out.append("%s\n%s" % (os.path.relpath(os.path.join(folder, name), path), file.read()))
        out.append(os.path.relpath(folder, path) + "/")
    return sorted(out)
