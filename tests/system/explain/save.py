#!/usr/bin/env python3
# save.py - facts of a breakage as they are kept in tests/breakages: only what the judge reads
# usage: save.py JUDGE PREFIX FROM TO
# What can be left out one by one and the verdict stays the same, word for word, is left out; PREFIX, with which the test's
# namespaces begin, too. An item of a list takes a line.
# SPDX-License-Identifier: GPL-2.0-or-later
import base64
import json
import os
import struct
import subprocess
import sys

PROGRAM, PREFIX, FROM, TO = sys.argv[1:]
# What lists are looked through, wherever they stand.
LISTS = ("Networks", "Containers", "Endpoints", "Ports", "Spaces", "Links", "Addresses", "Routes", "Rules", "Neighbours",
         "Entries", "Sockets", "Values", "Policies", "LegacyTables", "Ways", "Takers", "Elements", "Flows", "Owners", "Elsewhere")
TEXTS = ("ResolvConf", "Hosts", "Kernel", "Generation")


JUDGE = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def judged(document):
    JUDGE.stdin.write(json.dumps(document) + "\n")
    JUDGE.stdin.flush()
    return JUDGE.stdout.readline()


# try_without is given a list and says whether the verdict is the same with it.
def shrunk(items, try_without):
    size = len(items)
    while size > 0:
        at = 0
        while at < len(items):
            rest = items[:at] + items[at + size:]
            if try_without(rest):
                items = rest
            else:
                at += size
        size //= 2
    return items


class Shrinker:
    def __init__(self, document):
        self.document, self.want = document, judged(document)

    def same(self):
        return judged(self.document) == self.want

    def shrink_list(self, holder, key):
        def try_without(rest):
            before = holder[key]
            holder[key] = rest
            if self.same():
                return True
            holder[key] = before
            return False

        shrunk(holder[key], try_without)
        if not holder[key] and not holder.pop(key) and not self.same():
            holder[key] = []

    def drop(self, holder, key):
        before = holder.pop(key)
        if not self.same():
            holder[key] = before

    # Messages of netlink stand one behind the other, each on a multiple of four.
    def shrink_ruleset(self, space):
        data, messages, at = base64.b64decode(space["Ruleset"]), [], 0
        while at < len(data):
            length = (struct.unpack_from("=I", data, at)[0] + 3) & ~3
            messages.append(data[at:at + length])
            at += length

        def try_without(rest):
            before = space["Ruleset"]
            space["Ruleset"] = base64.b64encode(b"".join(rest)).decode()
            if self.same():
                return True
            space["Ruleset"] = before
            return False

        if not shrunk(messages, try_without):
            self.drop(space, "Ruleset")

    def walk(self, value):
        if isinstance(value, list):
            for item in value:
                self.walk(item)
        if not isinstance(value, dict):
            return
        for key in list(value):
            if key in LISTS:
                self.shrink_list(value, key)
            elif key in TEXTS:
                self.drop(value, key)
            elif key == "Ruleset":
                self.shrink_ruleset(value)
        for key in list(value):
            self.walk(value[key])


def is_list_of_objects(value):
    return isinstance(value, list) and len(value) > 0 and isinstance(value[0], dict)


# An object that holds lists of objects, or others that do, is written over several lines.
def is_large(value):
    return isinstance(value, dict) and any(is_list_of_objects(part) or is_large(part) or part == {} for part in value.values())


def written(value, pad="\n"):
    if is_large(value):
        inner = [f"{pad} {json.dumps(key)}: {written(part, pad + ' ')}" for key, part in value.items()]
        return "{" + ",".join(inner) + "}"
    if is_list_of_objects(value):
        return "[" + ",".join(f"{pad} {written(part, pad + ' ')}" for part in value) + "]"
    return json.dumps(value, separators=(",", ":"))


with open(FROM) as file:
    text = file.read().replace(f"{PREFIX}-c-", "").replace(f"{PREFIX}-", "")
shrinker = Shrinker(json.loads(text))
for _ in range(2):  # what went last may have been the only one that needed what was tried first
    shrinker.walk(shrinker.document["Facts"])
assert shrinker.same()
with open(TO + ".new", "w") as file:
    file.write(written(shrinker.document) + "\n")
os.replace(TO + ".new", TO)
