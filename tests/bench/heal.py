# heal.py - damages one kind of thing of netd's after another and measures how long each stays so
# usage: heal.py TIMES BRIDGE PORT FOREIGN-BRIDGE GATEWAY4 SUBNET4 SUBNET6 CONTAINER-NETNS   in the host's network namespace
# Prints a JSON object for each kind: n, p50 and p99 in ms from the end of the command that did the damage, and how many
# were not healed within 5 s. What heals is looked at every few ms; that is what the figures are good for.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import subprocess
import sys
import time

times, bridge, port, foreign, gateway, subnet4, subnet6, container = sys.argv[1:9]
HEALED_WITHIN_S = 5.0


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout


def link(name):
    """All of a link that is set, and not what counts or comes and goes with its neighbours."""
    try:
        one = json.loads(run("ip", "-d", "-j", "link", "show", "dev", name))[0]
    except (ValueError, IndexError):
        return "gone"
    info = one.get("linkinfo", {})
    slave = info.get("info_slave_data", {})
    return json.dumps([
        # the MAC of a port's end is a new one when it is made again, and nobody's concern
        "UP" in one["flags"], one.get("master"), one["mtu"], name == port or one["address"], one.get("ifalias"),
        [info.get("info_data", {}).get(key) for key in ("stp_state", "mcast_snooping", "nf_call_iptables", "no_linklocal_learn", "vlan_filtering")],
        [slave.get(key) for key in ("isolated", "hairpin", "learning", "flood", "locked", "mcast_flood", "bcast_flood")],
    ])


def addresses():
    return json.dumps(sorted(
        (address["local"], address["prefixlen"])
        for one in json.loads(run("ip", "-j", "addr", "show", "dev", bridge) or "[]")
        for address in one.get("addr_info", [])))


def routes():
    return "\n".join(sorted(
        line.replace(" linkdown", "").strip()
        for family in ("-4", "-6")
        for line in run("ip", family, "route", "show", "table", "all", "dev", bridge).splitlines()
        if "multicast" not in line and "anycast" not in line and "broadcast" not in line))


def entries():
    return run("bridge", "fdb", "show", "dev", bridge)


def sysctl(name):
    try:
        with open("/proc/sys/net/" + name) as file:
            return file.read()
    except OSError:
        return "gone"


def reaches():
    """Whether the container reaches its gateway, by both families."""
    return "".join(
        str(subprocess.run(["nsenter", f"--net={container}", "ping", "-c1", "-n", "-q", "-W", "0.2", to], capture_output=True).returncode)
        for to in (gateway, subnet6.split("/")[0] + "1"))


def everything():
    return link(bridge) + link(port) + addresses() + routes()


def table():
    """The table of rules as a file of nft(8), without what counts."""
    text = run("nft", "-s", "list", "table", "inet", "netd")
    return "\n".join(line for line in text.splitlines() if "handle" not in line)


def a_rule(chain):
    for one in json.loads(run("nft", "-j", "-a", "list", "chain", "inet", "netd", chain))["nftables"]:
        if "rule" in one:
            return str(one["rule"]["handle"])
    return "0"


def ip(*argv):
    return lambda: ("ip", *argv)


def sets(name, value):
    return lambda: ("sysctl", "-qw", f"net.{name}={value}")


def nft(*argv):
    return lambda: ("nft", *argv)


KINDS = [
    ("bridge set down", ip("link", "set", bridge, "down"), everything),
    ("bridge renamed", ip("link", "set", bridge, "name", "yours0"), everything),
    ("bridge MTU", ip("link", "set", bridge, "mtu", "1400"), lambda: link(bridge)),
    ("bridge MAC", ip("link", "set", bridge, "address", "02:00:00:00:00:01"), lambda: link(bridge)),
    ("bridge alias", ip("link", "set", bridge, "alias", "mine"), lambda: link(bridge)),
    ("bridge STP", ip("link", "set", bridge, "type", "bridge", "stp_state", "1"), lambda: link(bridge)),
    ("bridge deleted", ip("link", "del", bridge), everything),
    ("bridge deleted, as its containers see it", ip("link", "del", bridge), reaches),
    ("port set down", ip("link", "set", port, "down"), lambda: link(port)),
    ("port renamed", ip("link", "set", port, "name", "yours1"), lambda: link(port)),
    ("port out of its bridge", ip("link", "set", port, "nomaster"), lambda: link(port)),
    ("port on a foreign bridge", ip("link", "set", port, "master", foreign), lambda: link(port)),
    ("port MTU", ip("link", "set", port, "mtu", "1400"), lambda: link(port)),
    ("port alias", ip("link", "set", port, "alias", "mine"), lambda: link(port)),
    ("port isolated", lambda: ("bridge", "link", "set", "dev", port, "isolated", "on"), lambda: link(port)),
    ("port hairpin", lambda: ("bridge", "link", "set", "dev", port, "hairpin", "off"), lambda: link(port)),
    ("port learning", lambda: ("bridge", "link", "set", "dev", port, "learning", "off"), lambda: link(port)),
    ("port deleted", ip("link", "del", port), lambda: link(port)),
    ("port deleted, as its container sees it", ip("link", "del", port), reaches),
    ("gateway address", ip("addr", "flush", "dev", bridge, "scope", "global"), lambda: addresses() + routes()),
    ("link-local address", ip("-6", "addr", "flush", "dev", bridge, "scope", "link"), lambda: addresses()),
    ("subnet route", ip("route", "del", subnet4, "dev", bridge), routes),
    ("subnet route, IPv6", ip("-6", "route", "del", subnet6, "dev", bridge), routes),
    ("local route", ip("route", "del", "local", gateway, "dev", bridge, "table", "local"), routes),
    ("bridge entry", lambda: ("bridge", "fdb", "del", json.loads(run("ip", "-j", "link", "show", bridge))[0]["address"],
                              "dev", bridge, "self"), entries),
    ("ip_forward", sets("ipv4.ip_forward", 0), lambda: sysctl("ipv4/ip_forward") + sysctl(f"ipv4/conf/{bridge}/forwarding")),
    ("IPv6 forwarding", sets("ipv6.conf.all.forwarding", 0),
     lambda: sysctl("ipv6/conf/all/forwarding") + sysctl(f"ipv6/conf/{bridge}/forwarding")),
    ("bridge forwarding", sets(f"ipv4.conf.{bridge}.forwarding", 0), lambda: sysctl(f"ipv4/conf/{bridge}/forwarding")),
    ("route_localnet", sets(f"ipv4.conf.{bridge}.route_localnet", 0), lambda: sysctl(f"ipv4/conf/{bridge}/route_localnet")),
    ("bridge IPv6 off", sets(f"ipv6.conf.{bridge}.disable_ipv6", 1),
     lambda: sysctl(f"ipv6/conf/{bridge}/disable_ipv6") + addresses()),
    ("ruleset flushed", nft("flush", "ruleset"), table),
    ("table deleted", nft("delete", "table", "inet", "netd"), table),
    ("rules of a chain flushed", nft("flush", "chain", "inet", "netd", "forward"), table),
    ("a rule deleted", lambda: ("nft", "delete", "rule", "inet", "netd", "postrouting", "handle", a_rule("postrouting")), table),
    ("a rule added", nft("insert", "rule", "inet", "netd", "forward", "drop"), table),
    ("policy of a chain", nft("chain", "inet", "netd", "forward", "{ policy drop; }"), table),
    ("a chain added", nft("add", "chain", "inet", "netd", "mine", "{ type filter hook forward priority 5; policy drop; }"), table),
    ("a set flushed", nft("flush", "set", "inet", "netd", "sources4"), table),
    ("an element deleted", nft("delete", "element", "inet", "netd", "bridges", "{ " + bridge + " }"), table),
    ("an element added", nft("add", "element", "inet", "netd", "internal", "{ " + bridge + " }"), table),
]


def heals(damage, probe, before):
    """Seconds until what was is again; None: not within the time, or nothing was damaged."""
    subprocess.run(damage(), check=True, capture_output=True)
    start = time.monotonic()
    while time.monotonic() - start < HEALED_WITHIN_S:
        if probe() == before:
            return time.monotonic() - start
    return None


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def main():
    for kind, damage, probe in KINDS:
        took, lost, refused = [], 0, ""
        for _ in range(int(times)):
            before = probe()
            try:
                seconds = heals(damage, probe, before)
            except subprocess.CalledProcessError as error:
                refused = error.stderr.decode().splitlines()[0] if error.stderr else "refused"
                break
            if seconds is None:
                lost += 1
            else:
                took.append(seconds * 1000)
            # What the repair itself set off has calmed down.
            time.sleep(0.2)
        figures = {"kind": kind, "n": len(took), "not_healed": lost}
        if took:
            figures.update(p50_ms=round(percentile(took, 50), 1), p99_ms=round(percentile(took, 99), 1))
        if refused:
            figures["refused"] = refused
        print(json.dumps(figures), flush=True)


main()
