#!/usr/bin/python3
"""look.py - the facts of a namespace against what ip, bridge, ss and nft say there

usage: look.py FACTS WHAT...     run in the namespace that the facts are of
SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import json
import re
import socket
import struct
import subprocess
import sys

facts = json.load(open(sys.argv[1]))
space = facts["Spaces"][0]
names = {link["Index"]: link["Name"] for link in space["Links"]}
FLAGS = {0x1: "UP", 0x2: "BROADCAST", 0x8: "LOOPBACK", 0x80: "NOARP", 0x1000: "MULTICAST", 0x10000: "LOWER_UP"}
TYPES = {1: "unicast", 2: "local", 3: "broadcast", 5: "multicast", 6: "blackhole", 7: "unreachable", 8: "prohibit", 9: "throw"}
STATES = {1: "INCOMPLETE", 2: "REACHABLE", 4: "STALE", 8: "DELAY", 0x10: "PROBE", 0x20: "FAILED", 0x40: "NOARP", 0x80: "PERMANENT"}


def output(*argv):
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def ask(*argv):
    return json.loads(output(*argv) or "[]")


def same(what, ours, theirs):
    ours, theirs = sorted(map(repr, ours)), sorted(map(repr, theirs))
    if ours == theirs and ours:
        return
    for line in ours:
        if line not in theirs:
            print(f"{what}: only in the facts: {line}")
    for line in theirs:
        if line not in ours:
            print(f"{what}: not in the facts: {line}")
    sys.exit(1)


def links():
    def port(link):
        if not link.get("IsPort"):
            return None
        data = link.get("BridgePort", {})
        return [data.get(key, False) for key in ("Isolated", "Locked", "Hairpin", "Flood", "Learning")]

    def their_port(link):
        info = link.get("linkinfo", {})
        data = info.get("info_slave_data", {})
        if info.get("info_slave_kind") != "bridge":
            return None
        return [data.get(key, False) for key in ("isolated", "locked", "hairpin", "flood", "learning")]

    ours = [
        (link["Name"], link["Mtu"], link.get("Mac", "00:00:00:00:00:00"), names.get(link.get("Master")), link.get("Kind"),
         sorted(FLAGS[bit] for bit in FLAGS if link.get("Flags", 0) & bit), link.get("Alias"), link.get("Qdisc"), port(link))
        for link in space["Links"]
    ]
    theirs = [
        (link["ifname"], link["mtu"], link["address"], link.get("master"), link.get("linkinfo", {}).get("info_kind"),
         sorted(set(link["flags"]) & set(FLAGS.values())), link.get("ifalias"), link.get("qdisc"), their_port(link))
        for link in ask("ip", "-d", "-j", "link")
    ]
    same("links", ours, theirs)


def addresses():
    ours = [(names[addr["Link"]], addr["Address"]) for addr in space["Addresses"]]
    theirs = [(link["ifname"], f"{addr['local']}/{addr['prefixlen']}") for link in ask("ip", "-j", "addr") for addr in link["addr_info"]]
    same("addresses", ours, theirs)


def routes():
    def prefix(text, family):
        if text == "default":
            return "0.0.0.0/0" if family == "-4" else "::/0"
        return text if "/" in text else text + ("/32" if family == "-4" else "/128")

    tables = {255: "local", 254: "main", 253: "default"}
    ours = [
        (route["To"], TYPES[route["Type"]], str(tables.get(route["Table"], route["Table"])), names.get(route.get("Link")), route.get("Gateway"))
        for route in space["Routes"]
    ]
    theirs = []
    for family in "-4", "-6":
        for route in ask("ip", "-d", family, "-j", "route", "show", "table", "all"):
            for hop in route.get("nexthops", [route]):
                # What a reject route of IPv6 is bound to ip leaves out or not, by its version.
                gateway = hop.get("gateway", hop.get("via", {}).get("host"))
                theirs.append((prefix(route["dst"], family), route["type"], route.get("table", "main"), hop.get("dev"), gateway))
    same("routes", ours, theirs)


def rules():
    def ours(rule):
        return (
            rule["Priority"] if "Priority" in rule else 0,
            rule.get("From", "all"),
            rule.get("Protocol", 0),
            tuple(rule.get("Ports", (0, 0))),
            rule.get("Suppress", 0),
            rule.get("HasUnknown", False),
        )

    def theirs(rule):
        source = rule["src"] + (f"/{rule['srclen']}" if "srclen" in rule else "/32" if rule["src"] != "all" else "")
        port = rule.get("dport", rule.get("dport_start", 0))
        protocol = rule.get("ipproto", "0")
        return (
            rule["priority"],
            source,
            socket.getprotobyname(protocol) if protocol.isalpha() else int(protocol),
            (port, rule.get("dport_end", port)),
            rule.get("suppress_prefixlen", -1),
            False,
        )

    same("rules", map(ours, space["Rules"]), map(theirs, ask("ip", "-4", "-j", "rule") + ask("ip", "-6", "-j", "rule")))


def neighbours():
    ours = [
        (names[one["Link"]], one["Address"], one.get("Mac") if one.get("HasMac") else None, [STATES[one["State"]]])
        for one in space["Neighbours"]
    ]
    theirs = [(one["dev"], one["dst"], one.get("lladdr"), one["state"]) for one in ask("ip", "-j", "neigh", "show", "nud", "all")
              if not one["dst"].startswith(("ff", "224.", "255."))]
    same("neighbours", ours, theirs)


def entries():
    ours = [(names[one["Link"]], names[one["Bridge"]], one["Mac"], one.get("State", 0) & 0x80 != 0, one.get("Vlan")) for one in space["Entries"]]
    theirs = [
        (one["ifname"], one["master"], one["mac"], one.get("state") == "permanent", one.get("vlan"))
        for one in ask("bridge", "-j", "fdb")
        if "master" in one
    ]
    same("entries", ours, theirs)


def listeners():
    ours, theirs = [], []
    for one in space["Sockets"]:
        queue = (one.get("Queue", 0), one.get("QueueLimit", 0)) if one["Protocol"] == 6 else None
        ours.append((one["Protocol"], one["Address"], one["Port"], queue))
    for protocol, which in (6, "-lt"), (17, "-au"):
        for line in output("ss", "-H", "-n", which).splitlines():
            words = line.split()
            address, port = words[3].rsplit(":", 1)
            address = re.sub(r"%.*|[][]", "", address).replace("*", "::")
            theirs.append((protocol, address, int(port), (int(words[1]), int(words[2])) if protocol == 6 else None))
    same("listeners", ours, theirs)


def messages():
    data, at = base64.b64decode(space.get("Ruleset", "")), 0
    while at < len(data):
        size, kind = struct.unpack_from("=IH", data, at)
        yield kind & 0xFF, data[at + 20 : at + size]
        at += (size + 3) & ~3


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        yield kind & 0x3FFF, data[at + 4 : at + size]
        at += (size + 3) & ~3


def ruleset():
    """Tables, chains, rules and sets as many as nft has; of each set all elements, or no message."""
    kinds = {0: "table", 3: "chain", 6: "rule", 9: "set", 18: "object"}
    ours, theirs, elements = [], [], {}
    for kind, data in messages():
        values = dict(attributes(data))
        if kind == 12:
            name = values[2].rstrip(b"\0").decode()
            elements[name] = elements.get(name, 0) + len(list(attributes(values.get(3, b""))))
        else:
            ours.append((kinds[kind], (values[2] if kind in (9,) else values[1]).rstrip(b"\0").decode()))
    for one in ask("nft", "-j", "list", "ruleset")["nftables"]:
        kind, one = list(one.items())[0]
        if kind in ("set", "map"):
            theirs.append(("set", one["name"]))
        elif kind in ("table", "chain", "rule"):
            theirs.append((kind, one.get("table", one["name"] if kind == "table" else "")))
        elif kind == "counter":
            theirs.append(("object", one["table"]))
    ours = [(kind, name) for kind, name in ours if not name.startswith("__")]
    same("ruleset", ours, theirs)
    print(" ".join(f"{name}={n}" for name, n in sorted(elements.items())))


for what in sys.argv[2:]:
    globals()[what]()
