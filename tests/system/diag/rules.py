#!/usr/bin/python3 -ISB
"""rules.py - random rulesets and packets: the rules that diag/rules says matched are those that the kernel traced

usage: rules.py TOOL SEED RULESETS PACKETS [nft|iptables|bridge]    in a network namespace of its own
Each ruleset has a seed, which is printed when there is a difference: `rules.py TOOL THAT-SEED 1 PACKETS` makes it again.
SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rulegen
import ruleworld


class Tool:
    def __init__(self, path):
        self.pipe = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.pipe.stdin.write(line + "\n")
        self.pipe.stdin.flush()
        lines = []
        while (answer := self.pipe.stdout.readline()) != ".\n":
            if not answer:
                raise RuntimeError(f"the tool ended at: {line}")
            lines.append(answer.rstrip("\n"))
        return lines


def marking():
    return ruleworld.MARKING.format(
        family="ip", mark=f"ip id {ruleworld.MARKED}", last=f"ip id {ruleworld.LAST}") + ruleworld.MARKING.format(
        family="ip6", mark=f"ip6 flowlabel {ruleworld.MARKED}", last=f"ip6 flowlabel {ruleworld.LAST}")


def marking_frames():
    """At the first hook that a frame meets, where both families are told apart by themselves."""
    lines = ["table netdev marking {", "chain in {", "type filter hook ingress device q0 priority -2147483648",
             f"ip id {ruleworld.LAST} meta nftrace set 1 drop", f"ip id {ruleworld.MARKED} meta nftrace set 1",
             f"ip6 flowlabel {ruleworld.MARKED} meta nftrace set 1", "}", "}"]
    return "\n".join(lines) + "\n"


class Case:
    """One ruleset, and how often the kernel and the tool said the same of a packet."""

    def __init__(self, tool, wire, trace, seed):
        self.tool, self.wire, self.trace, self.seed = tool, wire, trace, seed
        self.same = self.doubtful = 0
        self.rules = 0

    def send(self, source, packet):
        for link in "v0", "v1":
            self.wire.heard(link, False)
        data = ruleworld.build(packet)
        last = ruleworld.build({"proto": 17, "src": "10.1.0.9", "dst": "10.2.0.9", "sport": 9, "dport": 9, "ttl": 9,
                                "tos": 0}, ruleworld.LAST)
        if source == "-":
            self.wire.out(packet, data)
        else:
            self.wire.from_link(source, data)
        # Behind it on the same way.
        self.wire.from_link("q0" if source == "q0" else "v0", last)
        return ruleworld.steps(self.trace.until_last())

    def compare(self, what, said, seen):
        ours = [line[2:] for line in said if line.startswith("S ")]
        self.rules += len(seen)
        doubts = [line for line in said if line.startswith("D ")]
        if os.environ.get("DOUBTS"):
            print(*doubts, *[line for line in said if line[:2] in ("V ", "A ")], sep="\n")
        if ours == seen:
            self.same += 1
            self.doubtful += bool(doubts)
            return self.left_so(what, said)
        if self.may_be(said, ours, seen):
            self.doubtful += 1
            return True
        print(f"seed {self.seed}: {what}")
        for line in said:
            print("  said  ", line)
        for line in seen:
            print("  traced", line)
        return False

    def left_so(self, what, said):
        """What left by a link has the ends that NAT was said to give it; what was dropped did not leave."""
        arrived = [line.split() for line in said if line.startswith("P ")]
        link = arrived[0][1] if arrived else "-"
        ours = [" ".join(arrived[0][3:7])] if link in ("v0", "v1") else []
        seen = sum((self.wire.heard(name, name == link) for name in ("v0", "v1")), [])
        unknown = arrived and int(arrived[0][7].split("=")[1], 16) & 15 != 15 or any(line.startswith("V unknown") for line in said)
        if seen == ours or unknown:
            return True
        print(f"seed {self.seed}: {what}", *said, f"left: {seen}", sep="\n  ")
        return False

    def may_be(self, said, ours, seen):
        """What is not known may go either way; but it says so, and a verdict that is told holds."""
        if any(line.startswith("V unknown") for line in said):
            return True
        return any(line.startswith("D ") for line in said) and (ours[-1:] == seen[-1:] or self.ends_alike(said, seen))

    def ends_alike(self, said, seen):
        dropped = any(line.startswith(("V drop", "V reject")) for line in said)
        return dropped == (seen[-1:] != [] and seen[-1].split()[4] == "0")

    def journey(self, key, source, packet):
        length = len(ruleworld.build(packet))
        fields = " ".join(f"{name}={value}" for name, value in packet.items())
        word = "frame" if source == "q0" else "packet"
        said = self.tool.ask(f"{word} {key} {source} {fields} length={length}")
        what = f"packet {key} from {source}: {packet}"
        if not self.compare(what, said, self.send(source, packet)):
            return False
        arrived = [line for line in said if line.startswith("P ")]
        known = arrived and int(arrived[0].split("known=")[1].split()[0], 16) & 15 == 15
        if known and packet["proto"] != 58 and arrived[0].split()[1] in ("v0", "v1"):
            return self.answer(key, packet)
        return True

    def answer(self, key, first):
        said = self.tool.ask(f"answer {key}")
        words = said[0].split()
        fields = dict(word.split("=") for word in words[2:])
        packet = dict(first, src=fields["src"], dst=fields["dst"], ttl=64, tos=0)
        if first["proto"] in (6, 17):
            packet["sport"], packet["dport"] = int(fields["sport"]), int(fields["dport"])
        if first["proto"] == 6:
            packet["flags"], packet["ack"], packet["seq"] = 0x12, 1001, 5000
        if first["proto"] == 1:
            packet["type"] = 0
        if first["proto"] == 6 and first["flags"] != 2:
            return True
        # Where the first was not tracked it is a flow of its own, whose ports others have, too.
        if fields["state"] == "0":
            return True
        return self.compare(f"the answer to {key}: {packet}", said, self.send(words[1], packet))


def until_taken(lines, command, before, after, pattern, is_rule):
    """What the program takes of it: rules whose conditions exclude each other are refused, and named by their line."""
    for _ in range(60):
        done = subprocess.run(command, input="\n".join(before + lines + after) + "\n", text=True, capture_output=True)
        if done.returncode == 0:
            return "\n".join(lines)
        bad = {int(number) - 1 - len(before) for number in re.findall(pattern, done.stderr, re.M)}
        rules = {n for n in bad if 0 <= n < len(lines) and is_rule(lines[n])}
        if not rules:
            raise RuntimeError(done.stderr + "\n".join(lines))
        for n in rules:
            lines[n] = ""
    raise RuntimeError("too many rules are not taken")


def load_nft(chance):
    lines = rulegen.Nft(chance).text().split("\n")
    return until_taken(lines, ["nft", "-f", "-"], ["flush ruleset"], [marking()], r"^/dev/stdin:(\d+):",
                       lambda line: line.startswith("\t\t"))


def load_iptables(chance):
    subprocess.run(["nft", "-f", "-"], input="flush ruleset\n" + marking(), text=True, check=True)
    texts = []
    for version, program in (4, "iptables-nft-restore"), (6, "ip6tables-nft-restore"):
        lines = rulegen.Iptables(chance, version).text().split("\n")
        texts.append(f"# {program}\n" + until_taken(lines, [program], [], [], r"line:? (\d+)", lambda line: line[:2] == "-A"))
    return "\n".join(texts)


def load_bridge(chance):
    lines = rulegen.Frames(chance).text().split("\n")
    return until_taken(lines, ["nft", "-f", "-"], ["flush ruleset"], [marking_frames()], r"^/dev/stdin:(\d+):",
                       lambda line: line.startswith("\t\t"))


LOADERS = {"nft": load_nft, "iptables": load_iptables, "bridge": load_bridge}


def one(tool, wire, trace, seed, n_packets, kind):
    chance = random.Random(seed)
    text = LOADERS[kind](chance)
    ruleworld.forget_flows()
    tool.ask(chance.choice(["load", "ask"]))
    case = Case(tool, wire, trace, seed)
    packets = rulegen.Packets(chance)
    for n in range(n_packets):
        source, packet = packets.one()
        source = "q0" if kind == "bridge" else source
        if not case.journey(f"k{n}", source, packet):
            print(text)
            return None
    return case


def main():
    path, seed, n_rulesets, n_packets = sys.argv[1], *map(int, sys.argv[2:5])
    kind = sys.argv[5] if len(sys.argv) > 5 else "nft"
    # Packets of one processor stay in order.
    os.sched_setaffinity(0, {random.choice(sorted(os.sched_getaffinity(0)))})
    ruleworld.make_links()
    tool, wire, trace = Tool(path), ruleworld.Wire(), ruleworld.Trace()
    same = doubtful = rules = wrong = 0
    for n in range(n_rulesets):
        case = one(tool, wire, trace, seed + n, n_packets, kind)
        if case is None:
            wrong += 1
            if wrong >= 3:
                break
            continue
        same, doubtful, rules = same + case.same, doubtful + case.doubtful, rules + case.rules
    print(f"{n_rulesets} rulesets from seed {seed}: {same} packets met the same rules ({rules}), {doubtful} of them or "
          f"others with a doubt, {wrong} rulesets differ")
    sys.exit(wrong > 0)


main()
