# snapshot.py - all that netd has made of a host and its containers, as text in which two equal states are equal
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is chosen at random (ids, names made of them, MAC addresses made of either) and what the kernel numbers is
# replaced by what it stands for. What only rests (the memory of freed addresses) and what comes and goes by itself
# (timers, states of a carrier, link-local addresses) is left out.
import ctypes
import glob
import json
import os
import re
import socket
import sqlite3
import struct
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
TIMEOUT_S = 20


def machine_inodes():
    """As tests/guard.bash: that in which the tests were started, and pid 1's where it can be seen."""
    inodes = [os.stat(os.environ["NETD_MACHINE_NS"]).st_ino]
    try:
        inodes.append(os.stat("/proc/1/ns/net").st_ino)
    except PermissionError:
        pass
    return inodes


class Namespace:
    """A network namespace that is entered for the length of a `with`; never the machine's own."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        fd = os.open(self.path, os.O_RDONLY)
        try:
            inode = os.fstat(fd).st_ino
            if inode in machine_inodes():
                raise RuntimeError(self.path + " is the machine's own")
            self.enter(fd)
        finally:
            os.close(fd)

    def __exit__(self, *_):
        self.enter(self.before)
        os.close(self.before)

    @staticmethod
    def enter(fd):
        if LIBC.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=TIMEOUT_S).stdout


def documents(text):
    """The JSON documents in a text, one after another."""
    decoder, found = json.JSONDecoder(), []
    text = text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:].lstrip()
    return found


# ---- the kernel ----

NOISE = re.compile(
    r"ifindex|link_index|link_netnsid|timer|root_|bridge_id|designated|topology_change|operstate|life_time|"
    r"promiscuity|allmulti|num_.x_queues|gso_|gro_|tso_|txqlen|qdisc|handle|priority_|cost$|^id$|^no$|state$|"
    r"multicast_router|hold_time|metainfo|packets|bytes|counter|broadcast|config_pending|proxy_arp_wifi|stable_secret"
)
CARRIER = {"NO-CARRIER", "LOWER_UP", "RUNNING", "linkdown", "dead", "M-DOWN"}


def without_noise(value):
    if isinstance(value, dict):
        return {k: without_noise(v) for k, v in value.items() if not NOISE.search(k)}
    if isinstance(value, list):
        return [without_noise(v) for v in value if not (isinstance(v, str) and v in CARRIER)]
    return value


def is_link_local(item):
    return str(item.get("local", item.get("dst", ""))).startswith(("fe80:", "ff00:"))


def lines_of(kind, items):
    return sorted(kind + " " + json.dumps(without_noise(item), sort_keys=True) for item in items)


def links_and_routes(show_macs):
    v4 = documents(run("ip", "-j", "-d", "-batch", "-", text="addr show\nroute show table all\nrule show\n"))
    v6 = documents(run("ip", "-6", "-j", "-d", "-batch", "-", text="route show table all\n"))
    out = []
    links, routes, rules = (v4 + [[], [], []])[:3]
    for link in links:
        addrs = [a for a in link.pop("addr_info", []) if not is_link_local(a)]
        if not show_macs and link.get("linkinfo", {}).get("info_kind") == "veth":
            link["address"] = "veth"
        out += lines_of("link", [link])
        out += lines_of("addr " + link["ifname"], addrs)
    out += lines_of("rule", rules)
    out += lines_of("route", [r for r in routes + (v6[0] if v6 else []) if not is_link_local(r)])
    return out


def in_order(value):
    """Elements of sets come in any order."""
    if isinstance(value, dict):
        return {k: sorted(map(str, v)) if k == "elem" else in_order(v) for k, v in value.items()}
    if isinstance(value, list):
        return [in_order(v) for v in value]
    return value


def ruleset(ids):
    text = in_words(run("nft", "-j", "list", "ruleset"), ids)
    return lines_of("nft", [in_order(item) for item in json.loads(text)["nftables"]] if text else [])


def read_file(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError as error:
        return "unreadable: " + str(error.errno)


def sysctls():
    out = []
    for path in sorted(glob.glob("/proc/sys/net/ipv[46]/conf/*/*")) + ["/proc/sys/net/ipv4/ip_forward"]:
        if not path.endswith("stable_secret"):
            out.append("sysctl %s = %s" % (path[len("/proc/sys/net/"):], read_file(path).strip()))
    return out


def sockets():
    """What listens, and datagram sockets that are bound. (/proc/net/tcp is a walk over the table of all connections of the machine.)"""
    columns = (line.split() for line in run("ss", "-Hnltu").splitlines())
    return sorted("socket %s %s" % (column[0], column[4]) for column in columns)


def udp_flows():
    text = read_file("/proc/thread-self/net/nf_conntrack")
    return sorted({
        "flow " + " ".join(re.findall(r"(?:src|dst|sport|dport)=\S+", line))
        for line in text.splitlines() if " udp " in line and "dport=53 " not in line
    })


# ---- names ----

def question(name, kind, number):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", kind, 1)


def skip_name(answer, at):
    while answer[at] and answer[at] < 0xC0:
        at += answer[at] + 1
    return at + (2 if answer[at] else 1)


def read_answer(answer):
    status, n_answers = answer[3] & 15, struct.unpack(">H", answer[6:8])[0]
    at, found = skip_name(answer, 12) + 4, []
    for _ in range(n_answers):
        at = skip_name(answer, at)
        kind, _, _, length = struct.unpack(">HHIH", answer[at:at + 10])
        data = answer[at + 10:at + 10 + length]
        at += 10 + length
        if kind == 1:
            found.append(socket.inet_ntop(socket.AF_INET, data))
        elif kind == 28:
            found.append(socket.inet_ntop(socket.AF_INET6, data))
        else:
            found.append("type %d %s" % (kind, re.sub(rb"[^a-z0-9-]+", b".", data).decode()))
    return "%d %s" % (status, " ".join(sorted(found)))


def ask(name):
    """What 127.0.0.11 says of a name or an address, or that it says nothing."""
    kinds = [1, 28]
    if re.match(r"[0-9.]+$", name):
        name, kinds = ".".join(reversed(name.split("."))) + ".in-addr.arpa", [12]
    out = []
    for kind in kinds:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(10)
            try:
                asker.connect(("127.0.0.11", 53))
                asker.send(question(name, kind, 7))
                out.append(read_answer(asker.recv(4096)))
            except OSError as error:
                out.append(type(error).__name__)
    return "name %s: %s" % (name, " | ".join(out))


# ---- netd ----

def tables(path, left_out):
    """Rows of a database; another netd may be about to open it, so for reading alone."""
    if not os.path.exists(path):
        return []
    out = []
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=5) as database:
        database.row_factory = sqlite3.Row
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in sorted(names):
            if name in left_out or name.startswith("sqlite_"):
                continue
            order = " ORDER BY position" if name in ("endpoint", "port") else ""
            seen = {}
            for row in database.execute("SELECT * FROM %s%s" % (name, order)):
                fields = {key: row[key] for key in row.keys() if not re.match(r"created|boot|sum|check|generation", key)}
                if "position" in fields:
                    owner = fields["container"]
                    seen[owner] = seen.get(owner, 0) + 1
                    fields["position"] = -1 if fields["position"] == -1 else seen[owner]
                out.append("row %s %s" % (name, json.dumps(fields, sort_keys=True)))
    database.close()
    return sorted(out)


def files(run_dir):
    out = []
    for folder, folders, names in os.walk(run_dir):
        for name in folders + names:
            path = os.path.join(folder, name)
            where = os.path.relpath(path, run_dir)
            if re.search(r"\.db|\.(sock|pid|journal)$|-(wal|shm)$", name):
                continue
            text = read_file(path) if where.startswith("containers/") and name in names else ""
            out.append("file %s %o %s" % (where, os.lstat(path).st_mode, json.dumps(text.splitlines())))
    return out


class Api:
    """netd's API, one connection for each call."""

    def __init__(self, path):
        self.path = path

    def send(self, method, path, body=None):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(TIMEOUT_S)
        try:
            connection.connect(self.path)
            text = json.dumps(body) if body is not None else ""
            kind = "Content-Type: application/json\r\n" if body is not None else ""
            connection.sendall((
                "%s %s HTTP/1.1\r\nHost: netd\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s"
                % (method, path, kind, len(text), text)).encode())
        except OSError:
            connection.close()
            raise
        return connection

    @staticmethod
    def receive(connection):
        """The status and the body; None when the connection ended before."""
        data = b""
        try:
            while True:
                part = connection.recv(65536)
                if not part:
                    break
                data += part
        except ConnectionResetError:
            pass
        finally:
            connection.close()
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/"):
            return None, ""
        if b"chunked" in head:
            body = b"".join(body.split(b"\r\n")[1::2])
        return int(head.split()[1]), body.decode()

    def call(self, method, path, body=None):
        return self.receive(self.send(method, path, body))

    def get(self, path):
        status, body = self.call("GET", path)
        if status != 200:
            raise OSError("GET %s: %s %s" % (path, status, body))
        return json.loads(body)


def without_times(value):
    if isinstance(value, dict):
        return {k: without_times(v) for k, v in value.items() if k not in ("Created", "CreatedAt", "StartedAt", "Pid")}
    if isinstance(value, list):
        return [without_times(v) for v in value]
    return value


def in_words(text, ids):
    for found, word in ids.items():
        text = text.replace(found, word).replace(found[:12], word + "-SHORT")
    return text


def api_view(api):
    """Lines of everything the API shows, and what the ids in it stand for."""
    out, ids = [], {}
    for network in api.get("/networks"):
        ids[network["Id"]] = "NETWORK-" + network["Name"]
        out.append(("api network", api.get("/networks/" + network["Id"])))
    for container in api.get("/containers/json"):
        whole = api.get("/containers/%s/json" % container["Id"])
        ids[container["Id"]] = "CONTAINER" + whole["Name"]
        for network, settings in whole["NetworkSettings"]["Networks"].items():
            ids[settings["EndpointID"]] = "ENDPOINT-%s-%s" % (whole["Name"], network)
        out.append(("api container", whole))
    # Keys are ids, too: in words first, then in order.
    return [kind + " " + json.dumps(json.loads(in_words(json.dumps(without_times(whole)), ids)), sort_keys=True)
            for kind, whole in out], ids


class Host:
    """Where to look."""

    def __init__(self, namespace, directory, containers, names):
        self.namespace = Namespace(namespace)
        self.dir, self.names = directory, names
        self.containers = {name: Namespace(path) for name, path in containers.items()}
        self.api = Api(directory + "/run/netd.sock")

    def snapshot(self):
        out, ids = api_view(self.api)
        with self.namespace:
            out += links_and_routes(show_macs=False) + ruleset(ids) + sysctls() + sockets() + udp_flows()
        for name, namespace in sorted(self.containers.items()):
            with namespace:
                inside = links_and_routes(show_macs=True) + ruleset(ids) + sysctls() + sockets()
                inside += [ask(word) for word in self.names]
            out += ["%s: %s" % (name, line) for line in inside]
        out += tables(self.dir + "/run/run.db", {"lease", "boot", "counter"}) + tables(self.dir + "/state/networks.db", {"counter"})
        out += files(self.dir + "/run")
        return "\n".join(sorted(self.comparable("\n".join(out), ids).splitlines()))

    @staticmethod
    def comparable(text, ids):
        for line in text.splitlines():  # a bridge's MAC is made of its network's id
            if line.startswith("link ") and '"info_kind": "bridge"' in line:
                link = json.loads(line[5:])
                text = text.replace(link["address"], "MAC-" + link["ifname"])
        text = in_words(text, ids)
        for port in set(re.findall(r'"dns_port": ([1-9]\d*)', text)):  # chosen by the kernel
            text = re.sub(r"\b%s\b" % port, "PORT", text)
        return text
