# differential_breakages.py - what can be broken in a random world; each says what it did, or nothing where it cannot
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import os
import signal
import socket
import sys

from differential_world import HOST, HOST6, OUTSIDE, OUTSIDE6, TCP, UDP

ODD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "odd.py")

BREAKAGES = []

# What keeps two apart without anything being broken.
CODES_OF_A_WORLD = {
    "other-network", "icc-off", "internal", "not-published", "closed-direct", "published-loopback-only",
    "family-missing"
}


# A chain that some of the rules below jump to.
JUMPED = "chain t { tcp dport 80-90 counter drop; };"


def breakage(*codes):
    def register(function):
        function.codes = codes
        BREAKAGES.append(function)
        return function

    return register


def anyone(world):
    container = world.random.choice(world.containers)
    return container, world.random.choice(container.endpoints)


def two(world):
    """A container and another one on the same network, each with its endpoint there."""
    choices = [
        (a, ea, b, eb)
        for a in world.containers
        for b in world.containers
        for ea in a.endpoints
        for eb in b.endpoints
        if a is not b and ea.network is eb.network
    ]
    return world.random.choice(choices) if choices else None


def link(world, where, ifname):
    return json.loads(world.inside(where, "ip", "-j", "link", "show", "dev", ifname))[0]


def host_link(world, endpoint, container):
    """The host end of a container's link: its index is known inside."""
    index = link(world, container.name, endpoint.ifname)["link_index"]
    with world.spaces["h"]:
        return socket.if_indextoname(index)


def some_address(world, endpoint):
    """The option for ip(8), an address and a prefix length: of either family."""
    if endpoint.six and world.random.random() < 0.4:
        return "-6", endpoint.six, 64
    return "-4", endpoint.address, 24


def gateway_of(endpoint, option):
    return endpoint.network.gateway if option == "-4" else endpoint.network.gateway6


def rules(world, where, family, kind, hook, priority, rule, more=""):
    name = "corp%d" % world.random.randrange(1000000)
    text = "table %s %s { %s chain f { type %s hook %s priority %d; %s; }; }" % (
        family, name, more, kind, hook, priority, rule)
    world.inside(where, "nft", text)
    return text


# ---- inside ----


@breakage("link-down", "no-address", "route-missing", "neighbour-silent", "b-no-address", "port-down", "host-no-route")
def link_down(world):
    a, e = anyone(world)
    world.inside(a.name, "ip", "link", "set", e.ifname, "down")
    return "%s of %s" % (e.ifname, a.name)


@breakage("no-address", "b-no-address", "neighbour-silent", "route-missing", "no-way-back")
def address_lost(world):
    a, e = anyone(world)
    option, address, bits = some_address(world, e)
    # With the address of the link alone it would still reach who is on that link.
    what = ("flush",) if option == "-6" else ("del", "%s/%d" % (address, bits))
    world.inside(a.name, "ip", option, "addr", *what, "dev", e.ifname)
    return "%s of %s" % (address, a.name)


@breakage("route-missing", "no-way-back")
def default_route_lost(world):
    a, e = anyone(world)
    option, _, _ = some_address(world, e)
    world.inside(a.name, "ip", option, "route", "flush", "default", check=False)
    return "%s in %s" % (option, a.name)


@breakage("route-reject", "way-back-reject")
def rejecting_route(world):
    pair = two(world)
    if not pair:
        return None
    a, _, _, eb = pair
    kind = world.random.choice(("blackhole", "unreachable", "prohibit", "throw"))
    option, address, _ = some_address(world, eb)
    world.inside(a.name, "ip", option, "route", "add", kind, address)
    return "%s %s in %s" % (kind, address, a.name)


@breakage("rule-reject", "way-back-reject")
def rejecting_rule(world):
    pair = two(world)
    if not pair:
        return None
    a, _, _, eb = pair
    port = world.random.choice((80, 81))
    option, address, _ = some_address(world, eb)
    world.inside(a.name, "ip", option, "rule", "add", "to", address, "ipproto", "tcp", "dport", str(port), "prohibit")
    return "%s port %d in %s" % (address, port, a.name)


@breakage("gateway-wrong", "no-way-back", "neighbour-silent", "neighbour-back-wrong", "way-back-wrong")
def wrong_gateway(world):
    a, e = anyone(world)
    option, _, _ = some_address(world, e)
    gateway = gateway_of(e, option)[:-1] + "99"
    world.inside(a.name, "ip", option, "route", "replace", "default", "via", gateway, "dev", e.ifname)
    return "%s in %s" % (gateway, a.name)


@breakage("neighbour-wrong", "neighbour-back-wrong", "neighbour-silent")
def wrong_neighbour(world):
    pair = two(world)
    if not pair:
        return None
    a, ea, _, eb = pair
    _, address, _ = some_address(world, eb)
    world.script(a.name, "ip neigh replace %s lladdr 02:00:00:00:00:99 nud permanent dev %s" % (address, ea.ifname))
    return "%s in %s" % (address, a.name)


@breakage("gateway-mac-wrong", "neighbour-back-wrong", "neighbour-silent")
def wrong_gateway_mac(world):
    a, e = anyone(world)
    gateway = gateway_of(e, some_address(world, e)[0])
    world.script(a.name, "ip neigh replace %s lladdr 02:00:00:00:00:99 nud permanent dev %s" % (gateway, e.ifname))
    return "%s in %s" % (gateway, a.name)


@breakage("own-rules-out", "own-rules-back", "rules-of-b")
def own_output_rules(world):
    a, _ = anyone(world)
    rule = world.random.choice((
        "tcp dport 80 drop", "tcp sport 80 drop", "ip daddr 10.0.0.0/8 drop", "policy drop", "udp dport 90 reject",
        "meta l4proto vmap { tcp : jump t, udp : drop }", "ip6 daddr 2001:db8::/32 reject",
        "policy drop; ct state established accept; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept",
    ))
    return "%s: %s" % (a.name, rules(world, a.name, "inet", "filter", "output", 0, rule, JUMPED))


@breakage("own-rules-in", "rules-of-b", "rules-of-b-reset")
def own_input_rules(world):
    a, _ = anyone(world)
    rule = world.random.choice((
        "tcp dport 80 drop", "tcp dport 80 reject with tcp reset", "tcp sport 80 drop", "policy drop; iifname lo accept",
        "ct state established accept; tcp dport 80 drop", "ip saddr 10.60.0.0/16 drop", "icmp type echo-request drop",
        "ip saddr . tcp dport { 10.60.0.0/16 . 80, 10.61.0.2-10.61.0.5 . 1-100 } drop", "udp dport 90 reject",
        "policy drop; tcp dport 80 accept; udp dport 90 accept; ct state established accept", "tcp flags & (syn|ack) == syn jump t",
    ))
    return "%s: %s" % (a.name, rules(world, a.name, "inet", "filter", "input", 0, rule, JUMPED))


@breakage("own-rules-in", "own-rules-out", "own-rules-back", "rules-of-b", "rules-of-b-reset")
def own_iptables(world):
    a, _ = anyone(world)
    command = world.random.choice((
        "iptables-nft -A INPUT -p tcp --dport 80 -j DROP", "iptables-nft -P INPUT DROP",
        "iptables-nft -A OUTPUT -p tcp -m multiport --ports 22,80 -j REJECT", "iptables-nft -A INPUT -p icmp -j DROP",
        "iptables-nft -A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset",
        "iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables-nft -P INPUT DROP",
        "ip6tables-nft -A INPUT -p tcp --syn -j DROP", "iptables-nft -A INPUT -m iprange --src-range 10.60.0.2-10.61.0.3 -j DROP",
    ))
    world.script(a.name, command)
    return "%s: %s" % (a.name, command)


@breakage("redirected-by-own-rules")
def own_redirect(world):
    a, _ = anyone(world)
    return "%s: %s" % (a.name, rules(world, a.name, "ip", "nat", "output", -100, "tcp dport 80 redirect to :9"))


@breakage("not-listening", "published-no-listener", "listens-elsewhere", "udp-no-listener")
def server_gone(world):
    a, _ = anyone(world)
    a.server.kill()
    a.server.wait()
    return a.name


@breakage("listens-loopback-only", "listens-other-address", "published-no-listener", "not-listening",
          "listens-elsewhere", "listens-ipv6-only", "udp-no-listener")
def server_elsewhere(world):
    a, e = anyone(world)
    a.server.kill()
    a.server.wait()
    address = world.random.choice(("127.0.0.1", e.address, "0.0.0.0", e.six or "::1"))
    a.server = world.serve(a.name, a.name, address)
    world.all_serve()
    return "%s listens on %s" % (a.name, address)


@breakage("server-stopped")
def server_stopped(world):
    a, _ = anyone(world)
    a.server.send_signal(signal.SIGSTOP)
    return a.name


@breakage("b-claims-a", "duplicate-address", "way-back-reject")
def claimed_address(world):
    pair = two(world)
    if not pair:
        return None
    a, ea, b, _ = pair
    if a.published:
        return None  # through the host the answer comes to b from another address, unless b has to answer ARP for it
    # It does not answer ARP for it: which of two answers is heard first nobody can tell.
    world.sysctl(b.name, "ipv4/conf/all/arp_ignore", "1")
    world.inside(b.name, "ip", "addr", "add", ea.address + "/32", "dev", "lo")
    return "%s has %s" % (b.name, ea.address)


@breakage("ipsec-block")
def ipsec_policy(world):
    pair = two(world)
    if not pair:
        return None
    a, ea, b, eb = pair
    where, direction = world.random.choice(((a, "out"), (a, "in"), (b, "out"), (b, "in")))
    ends = (ea, eb) if direction == ("out" if where is a else "in") else (eb, ea)
    six = ea.six and eb.six and world.random.random() < 0.4
    at = ["%s/%d" % (e.six, 128) if six else "%s/32" % e.address for e in ends]
    world.inside(where.name, "ip", "xfrm", "policy", "add", "src", at[0], "dst", at[1], "dir", direction, "action", "block")
    return "%s of %s: %s to %s" % (direction, where.name, *at)


@breakage("ipsec-block")
def ipsec_policy_of_host(world):
    """What is forwarded is asked for twice, by its way and as what is sent; the host's own once."""
    a, e = anyone(world)
    six = e.six and world.random.random() < 0.4
    inside, outside, host = (e.six, OUTSIDE6, HOST6) if six else (e.address, OUTSIDE, HOST)
    source, target, direction = world.random.choice((
        (inside, outside, "fwd"), (outside, inside, "fwd"), (outside, host, "fwd"), (inside, outside, "out"), (outside, inside, "out"),
        (inside, host, "in"), (host, outside, "out"), (outside, host, "in"),
    ))
    world.inside("h", "ip", "xfrm", "policy", "add", "src", source, "dst", target, "dir", direction, "action", "block")
    return "%s of the host: %s to %s" % (direction, source, target)


@breakage("no-address", "b-no-address", "neighbour-silent", "no-way-back", "source-foreign", "way-back-wrong")
def address_replaced(world):
    a, e = anyone(world)
    gateway = e.network.gateway
    world.script(a.name, "ip -4 addr flush dev %s; ip addr add %s/24 dev %s; ip route replace default via %s dev %s" % (
        e.ifname, gateway + "77", e.ifname, gateway, e.ifname))
    return "%s of %s becomes %s" % (e.address, a.name, gateway + "77")


@breakage("mtu-hole", "path-mtu", "path-mtu-black-hole")
def small_link(world):
    a, e = anyone(world)
    where, name = world.random.choice(((a.name, e.ifname), ("h", host_link(world, e, a)), ("h", "up0")))
    if where == "h":
        world.freeze()
    world.inside(where, "ip", "link", "set", name, "mtu", "1280")
    return "%s in %s" % (name, where)


def served_oddly(world, kind, port):
    """A server that loses what is sent to it takes the place of one of a's two; it has no IPv6."""
    a, e = anyone(world)
    a.server.kill()
    a.server.wait()
    a.server = world.serve(a.name, a.name, ports=(UDP if port == "80" else TCP,))
    world.all_serve()
    ready = "%s/odd.%d" % (world.directory, len(world.processes))
    process = world.spawn(a.name, sys.executable, "-I", "-S", ODD, ready, kind, port, e.network.gateway + "50")
    world.awaited.append((ready, process))
    try:
        world.all_serve()
    except RuntimeError:  # its own network is broken, and it cannot fill its queue: nobody is there, rather than half of it
        process.kill()
        process.wait()
        raise
    return "%s of %s" % (kind, a.name)


@breakage("backlog-full", "listens-other-address", "published-no-listener")
def backlog_full(world):
    return served_oddly(world, "backlog", "80")


@breakage("udp-connected-elsewhere", "udp-no-listener", "listens-other-address")
def udp_connected(world):
    return served_oddly(world, "connected", "90")


@breakage("receive-buffer-full", "udp-no-listener", "listens-other-address")
def buffer_full(world):
    return served_oddly(world, "full", "90")


@breakage("socket-filter", "udp-no-listener", "listens-other-address")
def socket_filtered(world):
    world.freeze()  # while netd runs nobody may look at a socket's filter, and it is undecided
    return served_oddly(world, "filtered", "90")


@breakage("loopback-down")
def loopback_down(world):
    a, _ = anyone(world)
    world.inside(a.name, "ip", "link", "set", "lo", "down")
    return a.name


@breakage("neighbour-silent", "neighbour-back-silent")
def arp_off(world):
    a, e = anyone(world)
    world.inside(a.name, "ip", "link", "set", e.ifname, "arp", "off")
    return "%s of %s" % (e.ifname, a.name)


@breakage("echo-ignored")
def echo_ignored(world):
    a, _ = anyone(world)
    name = world.random.choice(("ipv4/icmp_echo_ignore_all", "ipv6/icmp/echo_ignore_all"))
    world.sysctl(a.name, name, "1")
    return "%s in %s" % (name, a.name)


@breakage("ttl")
def short_life(world):
    a, e = anyone(world)
    name = world.random.choice(("ipv4/ip_default_ttl", "ipv6/conf/%s/hop_limit" % e.ifname))
    world.sysctl(a.name, name, "1")
    return "%s in %s" % (name, a.name)


@breakage("arp-rules", "neighbour-silent")
def arp_rules(world):
    a, _ = anyone(world)
    hook = world.random.choice(("input", "output"))
    return "%s: %s" % (a.name, rules(world, a.name, "arp", "filter", hook, 0, "drop"))


# ---- the bridge ----


@breakage("port-down")
def port_down(world):
    a, e = anyone(world)
    port = host_link(world, e, a)
    world.freeze()
    world.inside("h", "ip", "link", "set", port, "down")
    return "%s (%s)" % (a.name, port)


@breakage("port-detached")
def port_detached(world):
    a, e = anyone(world)
    port = host_link(world, e, a)
    world.freeze()
    world.inside("h", "ip", "link", "set", port, "nomaster")
    return "%s (%s)" % (a.name, port)


@breakage("bridge-down")
def bridge_down(world):
    network = world.random.choice(world.networks)
    world.freeze()
    world.inside("h", "ip", "link", "set", network.bridge, "down")
    return network.bridge


@breakage("port-blocked")
def spanning_tree(world):
    a, e = anyone(world)
    port = host_link(world, e, a)
    world.freeze()
    world.script("h", "ip link set %s type bridge stp_state 1; ip link set %s down; ip link set %s up" % (
        e.network.bridge, port, port))
    return "%s (%s)" % (a.name, port)


@breakage("hairpin-off")
def hairpin_lost(world):
    published = [(a, e) for a in world.containers if a.published for e in a.endpoints]
    if not published:
        return None
    a, e = world.random.choice(published)
    port = host_link(world, e, a)
    world.freeze()
    world.inside("h", "bridge", "link", "set", "dev", port, "hairpin", "off")
    return "%s (%s)" % (a.name, port)


@breakage("port-isolated")
def ports_isolated(world):
    pair = two(world)
    if not pair:
        return None
    a, ea, b, eb = pair
    ports = [host_link(world, ea, a), host_link(world, eb, b)]
    world.freeze()
    for port in ports:
        world.inside("h", "bridge", "link", "set", "dev", port, "isolated", "on")
    return "%s and %s" % (a.name, b.name)


@breakage("entry-wrong")
def wrong_entry(world):
    pair = two(world)
    if not pair:
        return None
    a, ea, b, eb = pair
    port, address = host_link(world, ea, a), link(world, b.name, eb.ifname)["address"]
    world.freeze()
    world.inside("h", "bridge", "fdb", "replace", address, "dev", port, "master", "static")
    return "%s at %s's port" % (b.name, a.name)


@breakage("bridge-rules")
def bridge_rules(world):
    a, e = anyone(world)
    rule = world.random.choice((
        "ip daddr %s drop" % e.address, "ip saddr %s drop" % e.address, "ip daddr %s tcp dport 80 drop" % e.address,
        "ether saddr %s drop" % link(world, a.name, e.ifname)["address"], "ether type ip6 drop",
    ))
    return rules(world, "h", "bridge", "filter", "forward", 0, rule)


@breakage("netdev-rules")
def netdev_rules(world):
    a, e = anyone(world)
    hook = world.random.choice(("ingress", "egress")) + " device " + host_link(world, e, a)
    return rules(world, "h", "netdev", "filter", hook, 0, "tcp dport 80 drop")


def forgotten(world, container, endpoint, port):
    mac = link(world, container.name, endpoint.ifname)["address"]
    return "bridge fdb del %s dev %s master 2>/dev/null || true" % (mac, port)


@breakage("port-locked")
def port_locked(world):
    a, e = anyone(world)
    port = host_link(world, e, a)
    world.freeze()
    world.script("h", "bridge link set dev %s learning off locked on\n%s" % (port, forgotten(world, a, e, port)))
    return "%s (%s)" % (a.name, port)


@breakage("entry-missing-no-flood")
def no_flood(world):
    a, e = anyone(world)
    port = host_link(world, e, a)
    world.freeze()
    world.script("h", "bridge link set dev %s learning off flood off\n%s" % (port, forgotten(world, a, e, port)))
    return "%s (%s)" % (a.name, port)


# ---- the host ----


@breakage("gateway-address-missing", "gateway-wrong", "subnet-route-missing", "no-masquerade")
def gateway_address_lost(world):
    network = world.random.choice(world.networks)
    world.freeze()
    world.inside("h", "ip", "addr", "del", network.gateway + "/24", "dev", network.bridge)
    return network.name


@breakage("subnet-route-missing")
def subnet_route_lost(world):
    network = world.random.choice(world.networks)
    world.freeze()
    world.inside("h", "ip", "route", "del", network.subnet, "dev", network.bridge)
    return network.name


@breakage("rules-drop", "rules-policy", "rules-reject", "rules-back")
def host_iptables(world):
    _, e = anyone(world)
    command = world.random.choice((
        "-I FORWARD -p tcp --dport 80 -j DROP", "-P FORWARD DROP", "-I FORWARD -d %s -j REJECT" % e.address,
        "-I FORWARD -p tcp -m multiport --dports 80,443 -j DROP", "-I FORWARD -s 10.0.0.0/8 -m conntrack --ctstate NEW -j DROP",
        "-I FORWARD -m iprange --dst-range %s-%s -j DROP" % (e.address, e.address), "-I INPUT -p tcp --dport 80 -j REJECT",
        "-I FORWARD -p tcp --dport 80 -j REJECT --reject-with tcp-reset", "-t raw -A PREROUTING -s %s -j DROP" % e.address,
        "-t mangle -A POSTROUTING -o %s -p udp -j DROP" % e.network.bridge, "-I INPUT -p icmp -j DROP",
        "-I OUTPUT -p tcp --dport 80 -j DROP",
    ))
    world.script("h", "iptables-nft " + command)
    return command


@breakage("rules-drop", "rules-policy", "rules-reject", "rules-back", "own-rules-out", "own-rules-in", "own-rules-back")
def host_inet_rules(world):
    _, e = anyone(world)
    hook = world.random.choice(("input", "output", "forward", "prerouting", "postrouting"))
    rule = world.random.choice((
        "tcp dport 80 drop", "udp dport 90 reject", "meta l4proto vmap { tcp : jump t, udp : accept }", "ip6 nexthdr tcp drop",
        "ip daddr . tcp dport { %s . 80 } drop" % e.address, "tcp flags syn / syn,ack jump t",
        "meta l4proto { icmp, icmpv6 } ct state new drop", "ip saddr @s reject",
    ))
    if "reject" in rule and hook == "postrouting":
        return None
    more = JUMPED + " set s { type ipv4_addr; flags interval; elements = { 10.60.0.2-10.60.0.4, 10.61.0.0/30 }; };"
    return rules(world, "h", "inet", "filter", hook, world.random.choice((-200, -10, 10)), rule, more)


@breakage("forwarding-off", "forwarding-off-link")
def forwarding_off(world):
    world.freeze()
    name = world.random.choice(
        ["ipv4/ip_forward", "ipv6/conf/all/forwarding"] + ["ipv4/conf/%s/forwarding" % n.bridge for n in world.networks])
    world.sysctl("h", name, "0")
    return name


@breakage("route-overlap", "rp-filter")
def overlapping_route(world):
    network = world.random.choice(world.networks)
    world.script(
        "h",
        "ip link add wg0 type veth peer name wg1; ip link set wg0 up; ip link set wg1 up\n"
        "ip route add %s dev wg0" % network.subnet.replace("/24", "/25"),
    )
    return network.name


@breakage("host-no-route", "gateway-wrong")
def no_route(world):
    world.inside("h", "ip", "route", "del", "192.0.2.0/24")
    return "192.0.2.0/24"


@breakage("host-rule", "route-overlap", "no-way-back", "way-back-reject")
def host_rule(world):
    network = world.random.choice(world.networks)
    world.script("h", "ip route add unreachable default table 99; ip rule add from %s lookup 99" % network.subnet)
    return network.subnet


@breakage("rules-drop", "rules-policy", "rules-reject", "rules-back")
def host_rules(world):
    a, e = anyone(world)
    rule = world.random.choice((
        "tcp dport 80 drop", "ip daddr %s drop" % e.address, "ip saddr %s drop" % e.address, "policy drop",
        "policy drop; ip saddr %s accept" % e.address, "iifname %s drop" % e.network.bridge,
        "oifname %s tcp dport 80 reject" % e.network.bridge, "ct state established accept; policy drop",
        "ip daddr { %s, 192.0.2.1 } reject with icmp admin-prohibited" % e.address, "ct state new tcp dport 80-90 drop",
    ))
    return rules(world, "h", "ip", "filter", "forward", world.random.choice((-10, 0, 10)), rule)


@breakage("snat-wrong", "no-masquerade", "answer-untracked", "published-not-led")
def host_nat(world):
    if world.random.random() < 0.5:
        return rules(world, "h", "ip", "filter", "prerouting", -300, "ip saddr 10.0.0.0/8 notrack")
    return rules(world, "h", "ip", "nat", "postrouting", 90, "oifname up0 snat to 192.0.2.77")


@breakage("route-localnet-off")
def localnet_off(world):
    published = [a for a in world.containers if a.published]
    if not published:
        return None
    a = world.random.choice(published)
    world.freeze()
    for e in a.endpoints:
        world.sysctl("h", "ipv4/conf/%s/route_localnet" % e.network.bridge, "0")
    return "for %s" % a.name


@breakage("dnat-taken", "hairpin-off", "not-listening", "other-network", "published-no-listener")
def led_to_sender(world):
    """Lent an address of the host's: what a container asks of the host is led to a container, which may be itself."""
    a, e = anyone(world)
    world.inside("h", "nft", """table ip corp8 { chain p { type nat hook prerouting priority -110
        ip daddr 192.0.2.10 tcp dport 80 dnat to %s:80; }
        chain q { type nat hook postrouting priority 90; ip saddr 10.0.0.0/8 ip daddr %s masquerade; }; }""" % (
        e.address, e.address))
    return "192.0.2.10:80 is led to %s" % a.name


@breakage("dnat-taken", "hairpin-off", "not-listening", "other-network", "published-no-listener")
def host_dnat(world):
    published = [c for c in world.containers if c.published]
    if not published:
        return None
    a, e = anyone(world)
    rule = "tcp dport %d dnat to %s:81" % (world.random.choice(published).published, e.address)
    return rules(world, "h", "ip", "nat", "prerouting", -110, rule)


@breakage("uplink-down", "host-no-route")
def uplink_down(world):
    world.inside("h", "ip", "link", "set", "up0", "down")
    return "up0"
