"""rulegen.py - random rulesets, and packets that meet them

SPDX-License-Identifier: GPL-2.0-or-later
"""

PORTS = [22, 53, 80, 81, 443, 5353, 8080]
NEAR = {4: [f"10.1.0.{n}" for n in range(2, 8)], 6: [f"fd01::{n}" for n in range(2, 8)]}
FAR = {4: [f"10.2.0.{n}" for n in range(2, 8)], 6: [f"fd02::{n}" for n in range(2, 8)]}
OWN = {4: ["10.1.0.1", "10.2.0.1"], 6: ["fd01::1", "fd02::1"]}
ELSEWHERE = {4: ["192.0.2.7", "198.51.100.9"], 6: ["2001:db8::7"]}
MARKS = [0, 1, 2, 0x10, 0xFF, 0x1234]


class Packets:
    """Each with a source port of its own, so that each is a flow of its own."""

    def __init__(self, random):
        self.random = random
        self.sport = random.randrange(2000, 20000)

    def one(self):
        random = self.random
        self.sport += random.randrange(1, 50)
        version = random.choice([4, 4, 6])
        source = random.choice(["v0", "v0", "v1", "-"])
        near, far = (NEAR, FAR) if source != "v1" else (FAR, NEAR)
        packet = {
            "proto": random.choice([6, 17, 17, 1 if version == 4 else 58]),
            "src": random.choice(OWN[version] if source == "-" else near[version]),
            "dst": random.choice(far[version] + far[version] + OWN[version] + near[version] + ELSEWHERE[version]),
            "sport": self.sport,
            "dport": random.choice(PORTS),
            "ttl": random.choice([64, 64, 63, 5]),
            "tos": random.choice([0, 0, 0x10, 0xB8]),
        }
        if packet["proto"] == 6:
            packet["flags"] = random.choice([2, 2, 2, 0x10])
        if packet["proto"] in (1, 58):
            packet["type"] = 8 if version == 4 else 128
            packet["id"] = self.sport
            del packet["sport"], packet["dport"]
        return source, packet


class Nft:
    """Text for nft(8). All names are random, all references lead to what is there."""

    def __init__(self, random):
        self.random = random
        self.lines = []

    def pick(self, *choices):
        return self.random.choice(choices)

    def some(self, choices, most):
        return self.random.sample(choices, self.random.randrange(1, min(most, len(choices)) + 1))

    def text(self):
        for number in range(self.random.randrange(1, 4)):
            self.table(self.pick("ip", "ip", "ip6", "inet", "inet"), f"t{number}")
        return "\n".join(self.lines) + "\n"

    def table(self, family, name):
        self.family, self.sets, self.maps, self.vmaps, self.proto = family, [], [], [], "tcp"
        self.every = self.versions = {"ip": [4], "ip6": [6], "inet": [4, 6]}[family]
        self.lines.append(f"table {family} {name} {{")
        self.chains = [f"c{n}" for n in range(self.random.randrange(0, 4))]
        self.make_sets()
        for n, chain in enumerate(self.chains):
            self.later, self.kind, self.hook = self.chains[n + 1:], "", ""
            self.chain(chain, "")
        for n in range(self.random.randrange(1, 6)):
            self.versions = self.every
            self.base(n)
        self.lines.append("}")

    def base(self, n):
        hook = self.pick("prerouting", "input", "forward", "forward", "output", "postrouting")
        kind = self.pick("filter", "filter", "filter", "nat", "route")
        if kind == "nat" and hook == "forward" or kind == "route" and hook != "output":
            kind = "filter"
        priority = self.pick(-300, -250, -150, -101, -100, -99, -10, 0, 0, 0, 10, 100, 101, 225)
        if kind == "nat":
            priority = self.pick(-110, -100, -100, -90, 90, 100, 100)
        policy = self.pick("accept", "accept", "accept", "drop") if kind == "filter" else "accept"
        self.later, self.kind, self.hook, self.priority = self.chains, kind, hook, priority
        self.chain(f"b{n}", f"type {kind} hook {hook} priority {priority}; policy {policy};")

    def chain(self, name, head):
        self.lines.append(f"\tchain {name} {{\n\t\t{head}")
        for _ in range(self.random.randrange(0, 9)):
            self.lines.append(f"\t\t{self.rule()}")
        self.lines.append("\t}")

    # ---- sets ----

    def make_sets(self):
        for n in range(self.random.randrange(0, 4)):
            version = self.pick(*self.versions)
            make = self.pick(self.port_set, self.address_set, self.pair_set, self.port_vmap, self.address_vmap,
                             self.mark_map, self.name_set, self.target_map)
            make(f"s{n}", version)

    def write_set(self, what, name, kind, flags, elements):
        self.lines.append(f"\t{what} {name} {{\n\t\ttype {kind}")
        if flags:
            self.lines.append(f"\t\tflags {flags}")
        if elements:
            self.lines.append(f"\t\telements = {{ {', '.join(elements)} }}")
        self.lines.append("\t}")

    def port_set(self, name, _):
        intervals = self.pick(True, False)
        elements = self.some(["22", "53", "80", "443"] + (["81-400", "5000-6000", "8000-9000"] if intervals else []), 5)
        self.write_set("set", name, "inet_service", "interval" if intervals else "", self.pick(elements, elements, []))
        self.sets.append(lambda: f"{self.port()} {self.pick('', '!= ')}@{name}")

    def address_set(self, name, version):
        intervals = self.pick(True, False)
        elements = self.some(NEAR[version] + FAR[version] + OWN[version], 8)
        if intervals:
            elements = self.some([self.prefix(version, 120)] + [ELSEWHERE[version][0]], 2)
            if self.pick(True, False):
                elements.append(f"{FAR[version][1]}-{FAR[version][4]}")
        self.write_set("set", name, f"ipv{version}_addr", "interval" if intervals else "", elements)
        self.sets.append(lambda: f"{self.address(version)} {self.pick('', '!= ')}@{name}")

    def pair_set(self, name, version):
        intervals = self.pick(True, False)
        elements = [f"{address} . {self.pick('80', '443', '53', '8080')}" for address in
                    self.some(NEAR[version] + FAR[version] + OWN[version], 8)]
        if intervals:
            elements = [f"{FAR[version][0]}-{FAR[version][3]} . {self.pick('22-100', '8000-9000')}",
                        f"{self.prefix(version, 125, NEAR)} . 53"]
        self.write_set("set", name, f"ipv{version}_addr . inet_service", "interval" if intervals else "", elements)
        self.sets.append(lambda: f"{self.address(version)} . {self.port()} {self.pick('', '!= ')}@{name}")

    def name_set(self, name, _):
        self.write_set("set", name, "ifname", "", self.some(['"v0"', '"v1"', '"lo"', '"other"'], 3))
        self.sets.append(lambda: f"{self.pick('iifname', 'oifname')} {self.pick('', '!= ')}@{name}")

    def verdict(self):
        return self.pick("accept", "drop", "return", "continue", *(f"jump {c}" for c in self.chains))

    # Maps lead anywhere, so only base chains look into them: chains stay free of circles.
    def port_vmap(self, name, _):
        elements = [f"{port} : {self.verdict()}" for port in self.some(["22", "53", "80", "443", "81-100"], 4)]
        if self.pick(True, False):
            elements.append(f"* : {self.verdict()}")
        self.write_set("map", name, "inet_service : verdict", "interval", elements)
        self.vmaps.append(lambda: f"{self.port()} vmap @{name}")

    def address_vmap(self, name, version):
        elements = [f"{a} : {self.verdict()}" for a in self.some(NEAR[version] + FAR[version], 6)]
        self.write_set("map", name, f"ipv{version}_addr : verdict", "", elements)
        self.vmaps.append(lambda: f"{self.address(version)} vmap @{name}")

    def mark_map(self, name, version):
        elements = [f"{a} : {self.pick(*MARKS)}" for a in self.some(NEAR[version] + FAR[version], 6)]
        self.write_set("map", name, f"ipv{version}_addr : mark", "", elements)
        self.maps.append(lambda: f"meta mark set {self.address(version)} map @{name}")

    def target_map(self, name, version):
        if version == 6:
            return
        elements = [f"{port} : {self.pick(*FAR[4])} . {self.pick(*PORTS)}" for port in self.some(PORTS, 4)]
        self.write_set("map", name, "inet_service : ipv4_addr . inet_service", "", elements)
        self.targets = getattr(self, "targets", {})
        self.targets[(self.family, len(self.lines))] = name

    # ---- what is matched ----

    def port(self):
        return self.pick(f"{self.proto} dport", f"{self.proto} dport", "th dport", f"{self.proto} sport")

    def address(self, version):
        return f"{'ip' if version == 4 else 'ip6'} {self.pick('saddr', 'daddr')}"

    def prefix(self, version, least, side=FAR):
        if version == 4:
            return f"10.{1 if side is NEAR else 2}.0.0/{self.pick(24, 29, 30)}"
        return f"fd0{1 if side is NEAR else 2}::/{self.pick(64, 112, 125, 126)}"

    def port_match(self):
        return f"{self.port()} " + self.pick(
            f"{self.pick(*PORTS)}", f"!= {self.pick(*PORTS)}", f"{self.pick('<', '>', '<=', '>=')} {self.pick(*PORTS)}",
            "80-443", "!= 50-90", f"{{ {', '.join(map(str, self.some(PORTS, 4)))} }}",
            f"!= {{ {', '.join(map(str, self.some(PORTS, 4)))} }}", "{ 22, 80-100, 5000-9000 }")

    def address_match(self):
        version = self.pick(*self.versions)
        every = NEAR[version] + FAR[version] + OWN[version]
        return f"{self.address(version)} " + self.pick(
            self.pick(*every), f"!= {self.pick(*every)}", self.prefix(version, 0), self.prefix(version, 0, NEAR),
            f"!= {self.prefix(version, 0)}", f"{FAR[version][0]}-{FAR[version][3]}",
            f"{{ {', '.join(self.some(every, 4))} }}", f"!= {{ {', '.join(self.some(every, 4))} }}")

    def link_match(self):
        links = {"prerouting": ["iif"], "input": ["iif"], "output": ["oif"], "postrouting": ["oif"]}
        way = self.pick(*links.get(self.hook, ["iif", "oif"]))
        return self.pick(
            f'{way}name {self.pick("", "!= ")}"{self.pick("v0", "v1", "lo", "v*", "p*")}"',
            f'{way} {self.pick("", "!= ")}"{self.pick("v0", "v1", "lo")}"',
            f"{way}group {self.pick('', '!= ')}{self.pick(0, 5)}", f'{way}type ether',
            f'{way}name {{ "v0", "lo" }}', f'meta {way}kind "veth"')

    def flow_match(self):
        version = self.pick(*self.versions)
        word = "ip" if version == 4 else "ip6"
        return self.pick(
            f"ct state {self.pick('', '!= ')}{','.join(self.some(['new', 'established', 'related', 'invalid', 'untracked'], 3))}",
            "ct state vmap { established : accept, invalid : drop }" if self.pick(0, 1, 1, 1) == 0 else "ct state new",
            f"ct direction {self.pick('original', 'reply')}", f"ct mark {self.pick('', '!= ')}{self.pick(*MARKS)}",
            f"ct original {word} {self.pick('saddr', 'daddr')} {self.pick(*FAR[version], *NEAR[version])}",
            f"ct original proto-dst {self.pick(*PORTS)}", f"ct reply {word} saddr {self.pick(*FAR[version])}",
            f"ct status {self.pick('', '!= ')}{self.pick('dnat', 'snat')}", "ct l3proto ipv4" if version == 4 else "ct protocol tcp")

    def mark_match(self):
        return self.pick(f"meta mark {self.pick(*MARKS)}", f"meta mark != {self.pick(*MARKS)}",
                         f"meta mark & {self.pick('0xff', '0x0f', '0x10')} == {self.pick(0, 1, 2, 0x10)}",
                         f"meta mark {{ {', '.join(map(str, self.some(MARKS, 3)))} }}",
                         f"meta mark & 0xf0 != 0", f"meta mark {self.pick('<', '>')} 0x10")

    def other_match(self):
        choices = ["meta l4proto tcp", "meta l4proto { icmp, udp }", "meta l4proto != udp", "tcp flags syn",
                   "tcp flags & (syn | ack) == syn", "tcp flags != syn", "meta length < 40", "meta length 28-60",
                   "meta skuid 0", "meta skuid != 0", "meta skgid 0-10", "fib daddr type local", "fib saddr type != local",
                   "meta pkttype host", "meta nfproto ipv4", "meta protocol ip6", "udp length 16", "udp length > 20",
                   "ether saddr 02:00:00:00:00:99", "ether daddr != 02:00:00:00:00:99", "th sport & 1 == 1",
                   "limit rate 1/hour", "numgen random mod 2 0", "meta cpu 0", "meta l4proto . th dport { tcp . 80, udp . 53 }"]
        if 4 in self.versions:
            choices += ["ip protocol tcp", "ip protocol != icmp", "ip ttl < 60", "ip ttl 63", "ip dscp ef", "ip dscp != 0",
                        "ip length 28-40", "icmp type echo-request", "icmp type != echo-reply", "ip frag-off & 0x1fff == 0",
                        "icmp code 0", "ip saddr . ip daddr { 10.1.0.2 . 10.2.0.2, 10.1.0.3 . 10.2.0.3 }",
                        "ip saddr & 0.0.0.3 == 2", "ip version 4", "ip hdrlength 5"]
        if 6 in self.versions:
            choices += ["ip6 nexthdr udp", "ip6 hoplimit < 60", "ip6 hoplimit 63", "icmpv6 type echo-request", "ip6 dscp ef",
                        "ip6 length < 40", "exthdr frag exists", "exthdr hbh missing", "ip6 version 6"]
        return self.pick(*choices)

    def match(self):
        kinds = [self.port_match, self.port_match, self.address_match, self.address_match, self.link_match, self.flow_match,
                 self.flow_match, self.mark_match, self.other_match, self.other_match]
        if self.sets:
            kinds += [lambda: self.pick(*self.sets)()] * 3
        return self.pick(*kinds)()

    # ---- what is done ----

    def nat(self):
        hook = self.hook
        version = self.pick(*self.versions)
        word = "" if self.family != "inet" else ("ip " if version == 4 else "ip6 ")
        port = f"meta l4proto {self.proto} "
        target = self.pick(*FAR[version], *NEAR[version])
        shown = f"[{target}]" if version == 6 else target
        if hook in ("prerouting", "output"):
            return self.pick(f"dnat {word}to {target}", f"{port}dnat {word}to {shown}:{self.pick(*PORTS)}",
                             f"{port}redirect to :{self.pick(*PORTS)}", "redirect", self.dnat_map(version, word))
        if hook == "input":
            return f"snat {word}to {self.pick(*NEAR[version])}"
        # What is sent from an address here must find the way back.
        return self.pick("masquerade", f"snat {word}to {OWN[version][1]}",
                         # One port alone is soon taken, and then the kernel drops.
                         f"{port}snat {word}to {'[' + OWN[6][1] + ']' if version == 6 else OWN[4][1]}:1024-65000")

    def dnat_map(self, version, word):
        if version == 6:
            return f"tcp dport 80 dnat {word}to {self.pick(*FAR[6])}"
        family = word or ""
        if family:
            return f"dnat ip to tcp dport map {{ 80 : {self.pick(*FAR[4])}, 8080 : {self.pick(*FAR[4])} }}"
        return f"dnat to ip daddr map {{ 10.1.0.1 : {self.pick(*FAR[4])}, 10.2.0.3 : {self.pick(*FAR[4])} }}"

    def change(self):
        choices = [f"meta mark set {self.pick(*MARKS)}", f"meta mark set meta mark | {self.pick('0x1', '0x10')}",
                   "meta mark set meta mark & 0xff", f"ct mark set {self.pick(*MARKS)}", "meta mark set ct mark",
                   "ct mark set meta mark", "meta mark set meta mark ^ 0x3", "counter", "counter", "meta priority set 1:2"]
        if 4 in self.versions:
            choices += ["ip dscp set ef", "ip ttl set 40", "meta mark set ip saddr map { 10.1.0.2 : 1, 10.1.0.3 : 2 }",
                        "meta mark set tcp dport map { 80 : 0x10, 443 : 0xff }"]
        if self.maps:
            choices += [self.pick(*self.maps)()] * 3
        if self.hook in ("prerouting", "output") and self.kind == "filter" and self.priority < -200:
            choices += ["notrack"] * 3
        return self.pick(*choices)

    def act(self):
        if self.kind == "nat" and self.pick(0, 1, 1):
            return self.nat()
        choices = ["accept", "drop", "return", "continue", "accept", "counter accept", "counter drop"]
        choices += [f"jump {c}" for c in self.later] * 2 + [f"goto {c}" for c in self.later]
        if self.hook in ("input", "forward", "output"):
            choices += ["reject", f"reject with {'icmp' if self.family == 'ip' else 'icmpv6'} admin-prohibited"
                        if self.family != "inet" else "reject with icmpx host-unreachable",
                        "meta l4proto tcp reject with tcp reset"]
        return self.pick(*choices)

    def rule(self):
        # One that asks for two protocols at once nft(8) does not take.
        self.proto, self.versions = self.pick("tcp", "tcp", "udp"), [self.pick(*self.every)]
        parts = [self.match() for _ in range(self.pick(0, 1, 1, 1, 2, 2, 3))]
        if self.vmaps and self.hook and self.pick(0, 0, 1):
            return " ".join(parts + [self.pick(*self.vmaps)()])
        if self.hook and self.pick(*[0] * 12, 1):
            return " ".join(parts + [f"tcp dport vmap {{ 80 : {self.verdict()}, 22-60 : {self.verdict()} }}"])
        ends = self.pick([self.change()], [self.act()], [self.act()], [self.change(), self.act()])
        if self.pick(*[0] * 5, 1):
            ends.append(f'comment "number {self.random.randrange(1000)}"')
        return " ".join(parts + ends)


class Frames(Nft):
    """Rules for frames that cross a bridge: of families netdev and bridge, which know neither NAT nor routes."""

    def text(self):
        self.table("bridge", "t0")
        if self.pick(0, 1):
            self.table("netdev", "t1")
        return "\n".join(self.lines) + "\n"

    def table(self, family, name):
        self.family, self.sets, self.maps, self.vmaps, self.proto = family, [], [], [], "tcp"
        self.every = self.versions = [4, 6]
        self.lines.append(f"table {family} {name} {{")
        self.chains = [f"c{n}" for n in range(self.random.randrange(0, 3))]
        self.make_sets()
        for n, chain in enumerate(self.chains):
            self.later, self.kind, self.hook = self.chains[n + 1:], "", ""
            self.chain(chain, "")
        for n in range(self.random.randrange(1, 5)):
            self.base(n)
        self.lines.append("}")

    def base(self, n):
        hook = "ingress device q0" if self.family == "netdev" else self.pick("prerouting", "forward", "postrouting")
        priority, policy = self.pick(-300, -200, -10, 0, 0, 5, 300), self.pick("accept", "accept", "accept", "drop")
        self.later, self.kind, self.hook, self.priority = self.chains, "filter", hook, priority
        self.chain(f"b{n}", f"type filter hook {hook} priority {priority}; policy {policy};")

    def link_match(self):
        if self.family == "netdev":
            return self.pick('iifname "q0"', 'iif != "q1"', "iiftype ether", 'iifname "q*"')
        return self.pick('iifname "q0"', 'oifname "q1"', 'oifname != "q0"', 'meta ibrname "br0"', 'meta obrname != "br0"', 'iif "q0"')

    def flow_match(self):
        return self.pick("ether saddr 02:00:00:00:00:99", "ether daddr != 02:00:00:00:00:77", "ether type ip", "ether type != ip6",
                         "ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00")

    def other_match(self):
        return self.pick("meta l4proto tcp", "meta protocol ip", "meta nfproto ipv4", "ip protocol udp", "ip6 nexthdr tcp", "ip ttl < 60",
                         "ip6 hoplimit > 60", "tcp flags syn", "icmp type echo-request", "icmpv6 type echo-request", "meta length < 40",
                         "limit rate 1/hour", "arp operation request", "ip dscp ef")

    def change(self):
        return self.pick(f"meta mark set {self.pick(*MARKS)}", "meta mark set meta mark | 0x10", "counter",
                         *([self.pick(*self.maps)()] if self.maps else []))

    def act(self):
        choices = ["accept", "drop", "return", "continue", "accept", "counter drop"]
        return self.pick(*choices, *(f"jump {c}" for c in self.later), *(f"goto {c}" for c in self.later))


class Iptables:
    """Text for iptables-nft-restore and ip6tables-nft-restore."""

    HOOKS = {
        "raw": ["PREROUTING", "OUTPUT"],
        "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
        "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
        "filter": ["INPUT", "FORWARD", "OUTPUT"],
    }

    def __init__(self, random, version):
        self.random, self.version = random, version
        self.near, self.far, self.own = NEAR[version], FAR[version], OWN[version]

    def pick(self, *choices):
        return self.random.choice(choices)

    def text(self):
        lines = []
        for table in self.random.sample(list(self.HOOKS), self.random.randrange(1, 5)):
            lines += self.table(table)
        return "\n".join(lines) + "\n"

    def table(self, table):
        hooks, chains = self.HOOKS[table], [f"U{n}" for n in range(self.random.randrange(0, 3))]
        lines = [f"*{table}"]
        lines += [f":{hook} {self.pick('ACCEPT', 'ACCEPT', 'DROP') if table == 'filter' else 'ACCEPT'} [0:0]" for hook in hooks]
        lines += [f":{chain} - [0:0]" for chain in chains]
        for n, chain in enumerate(hooks + chains):
            self.table_name, self.hook = table, chain
            self.later = chains if chain in hooks else chains[n - len(hooks) + 1:]
            for _ in range(self.random.randrange(0, 7)):
                lines.append(f"-A {chain} {self.rule()}")
        return lines + ["COMMIT"]

    def address(self):
        wide = ["10.1.0.0/24", "10.2.0.0/29"] if self.version == 4 else ["fd01::/64", "fd02::/125"]
        return self.pick(*self.near, *self.far, *self.own, *wide, *wide)

    def maybe_not(self):
        return self.pick("", "", "! ")

    def protocol(self):
        proto = self.pick("tcp", "tcp", "udp", "icmp" if self.version == 4 else "ipv6-icmp")
        if proto == "icmp":
            return "-p icmp" + self.pick("", f" -m icmp {self.maybe_not()}--icmp-type {self.pick(8, 0, '3/1', 'any')}")
        if proto == "ipv6-icmp":
            return "-p ipv6-icmp" + self.pick("", f" -m icmp6 {self.maybe_not()}--icmpv6-type {self.pick(128, 129)}")
        ports = ",".join(map(str, self.random.sample([22, 53, 80, 443, "5000:9000"], 3)))
        choices = ["", f" -m {proto} {self.maybe_not()}--dport {self.pick(*PORTS)}",
                   f" -m {proto} {self.maybe_not()}--{self.pick('dport', 'sport')} 53:443",
                   f" -m multiport {self.maybe_not()}--{self.pick('dports', 'sports', 'ports')} {ports}"]
        if proto == "tcp":
            choices += [f" -m tcp {self.maybe_not()}--syn", " -m tcp --tcp-flags SYN,ACK SYN"]
        return f"-p {proto}" + self.pick(*choices)

    def links(self):
        ways = {"PREROUTING": ["i"], "INPUT": ["i"], "OUTPUT": ["o"], "POSTROUTING": ["o"], "FORWARD": ["i", "o"]}
        return f"{self.maybe_not()}-{self.pick(*ways.get(self.hook, ['i', 'o']))} {self.pick('v0', 'v1', 'v+', 'lo')}"

    def flow(self):
        states = ",".join(self.random.sample(["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"], self.pick(1, 2)))
        return self.pick(
            f"-m conntrack {self.maybe_not()}--ctstate {states}", f"-m conntrack {self.maybe_not()}--ctstate {states}",
            f"-m conntrack --ctstate {self.pick('DNAT', 'SNAT')}", f"-m conntrack --ctdir {self.pick('ORIGINAL', 'REPLY')}",
            f"-m conntrack {self.maybe_not()}--ctorigdst {self.address()}", f"-m conntrack {self.maybe_not()}--ctreplsrc {self.address()}",
            f"-m conntrack --ctproto {self.pick(6, 17)} {self.maybe_not()}--ctorigdstport {self.pick(80, '22:443')}",
            f"-m conntrack {self.maybe_not()}--ctstatus {self.pick('SEEN_REPLY', 'CONFIRMED')}",
            f"-m state --state {states}", f"-m connmark {self.maybe_not()}--mark {self.pick('0x1', '0x10/0xf0', '0x0')}")

    def other(self):
        choices = [f"-m mark {self.maybe_not()}--mark {self.pick('0x1', '0x10/0xf0', '0x0', '0x2/0x3')}",
                   '-m comment --comment "one of ours"', f"-m length {self.maybe_not()}--length {self.pick('0:36', 40, '28:60')}",
                   f"-m addrtype {self.maybe_not()}--{self.pick('dst', 'src')}-type LOCAL", "-m limit --limit 1/hour",
                   f"-m addrtype --dst-type UNICAST {self.maybe_not()}--src-type LOCAL", "-m statistic --mode random --probability 0.5",
                   f"-m iprange {self.maybe_not()}--{self.pick('src', 'dst')}-range {self.far[0]}-{self.far[3]}",
                   f"-m pkttype {self.maybe_not()}--pkt-type {self.pick('unicast', 'multicast')}", "-m physdev --physdev-is-in",
                   "-m physdev ! --physdev-is-bridged"]
        if self.hook in ("PREROUTING", "INPUT", "FORWARD"):
            choices.append(f"-m mac {self.maybe_not()}--mac-source 02:00:00:00:00:99")
        if self.hook in ("OUTPUT", "POSTROUTING"):
            choices += [f"-m owner {self.maybe_not()}--uid-owner 0", "-m owner --socket-exists", "-m owner --gid-owner 5-9"]
        if self.version == 4:
            choices.append(f"-m ttl --ttl-{self.pick('eq', 'lt', 'gt')} 63")
        return self.pick(*choices)

    def target(self):
        table, hook = self.table_name, self.hook
        choices = ["ACCEPT", "ACCEPT", "DROP" if table != "nat" else "ACCEPT", "RETURN"] + self.later * 2
        marks = [f"MARK --set-xmark {self.pick('0x1', '0x10/0xf0', '0x2/0x0')}", "CONNMARK --save-mark", "CONNMARK --restore-mark",
                 f"CONNMARK --set-xmark {self.pick('0x1', '0x10/0xff')}", "TTL --ttl-set 40" if self.version == 4 else "HL --hl-set 40"]
        if table == "mangle":
            choices += marks
        if table == "raw":
            choices += ["CT --notrack", "NOTRACK"]
        if table == "filter" and hook in ("INPUT", "FORWARD", "OUTPUT"):
            word = "icmp" if self.version == 4 else "icmp6"
            choices += ["REJECT", f"REJECT --reject-with {word}-{'host-prohibited' if self.version == 4 else 'adm-prohibited'}"]
        if table == "nat":
            choices += self.nat(hook) * 2
        return self.pick(*choices)

    def nat(self, hook):
        target = self.pick(*self.far, *self.near)
        shown = f"[{target}]" if self.version == 6 else target
        if hook in ("PREROUTING", "OUTPUT"):
            return [f"DNAT --to-destination {target}", "REDIRECT", f"DNAT --to-destination {shown}:8080", "REDIRECT --to-ports 81"]
        if hook == "POSTROUTING":
            return ["MASQUERADE", f"SNAT --to-source {self.own[1]}"]
        return [f"SNAT --to-source {self.near[2]}"] if hook == "INPUT" else []

    def rule(self):
        parts = []
        target = self.target()
        if self.pick(0, 1):
            parts.append(f"{self.maybe_not()}-{self.pick('s', 'd')} {self.address()}")
        if self.pick(0, 0, 1):
            parts.append(self.links())
        if ":8080" in target or "to-ports" in target:
            parts.append(f"-p {self.pick('tcp', 'udp')}")
        elif self.pick(0, 1):
            parts.append(self.protocol())
        if self.pick(0, 0, 1):
            parts.append(self.flow())
        if self.pick(0, 0, 1):
            parts.append(self.other())
        return " ".join(parts + ["-g" if self.pick(*[0] * 9, 1) and target in self.later else "-j", target])
