# pictured.py - which box of a picture is marked, held against the verdict that it was drawn of
# SPDX-License-Identifier: GPL-2.0-or-later
#
# usage: pictured.py SCREEN VERDICT    the screen of `explain --graph`, and the same with --format json; it prints where the way breaks
# The picture is read as a person reads it: boxes from left to right and row by row, each with the frame that says how it is, and the
# way back below. What a verdict of these hops has to look like is thought out here anew, and not taken from the program that draws.
import json
import re
import sys

EDGES = {"#": "bad", "+": "passed", "?": "unknown", ".": "not reached"}


def boxes(lines):
    """Of all rows: [(name, how it is, mark below)]."""
    found = []
    at = 0
    while at < len(lines):
        tops = [(m.start(), m.end()) for m in re.finditer(r"#{5,}|\.{5,}|\+-+\+|\?-+\?", lines[at])]
        if not tops or lines[at].strip(" #.+-?"):
            at += 1
            continue
        bottom = next(n for n in range(at + 1, len(lines)) if not lines[n].strip(" #.+-?") and lines[n][tops[0][0]:tops[0][1]] ==
                      lines[at][tops[0][0]:tops[0][1]])
        for start, end in tops:
            assert lines[bottom][start:end] == lines[at][start:end], "a box has two kinds of edges"
            name = lines[at + 1].ljust(end)[start + 2:end - 2].strip()
            mark = lines[bottom + 1].ljust(end)[start:end].strip() if bottom + 1 < len(lines) else ""
            arrow = lines[at + 1][max(0, start - 7):start].strip()
            found.append((name, EDGES[lines[at][start]], mark, arrow))
        at = bottom + 2
    return found


def main(screen, verdict):
    lines = open(screen, encoding="utf-8").read().split("\n")
    answer = json.load(open(verdict, encoding="utf-8"))
    drawn = boxes(lines)
    back = [line for line in lines if line.startswith("  <")]
    hops = answer["Hops"]
    broken = [n for n, hop in enumerate(hops) if hop["State"] == "bad"]
    marked = [n for n, box in enumerate(drawn) if box[1] == "bad"]
    if not hops:
        assert not drawn and not back, "there is nothing to draw"
        return "nothing"
    if not broken:
        assert not marked and not any("!!" in line for line in back), "nothing breaks the way"
        return "nothing"
    hop = hops[broken[0]]
    part = hop["Id"].split(".")[0]
    assert len(broken) == 1, "the first that breaks is the cause"
    if part == "back":
        assert not marked, "the way there is whole"
        assert all(how != "not reached" for _, how, _, _ in drawn), "B was reached"
        assert len(back) == 1 and re.search(r" X-- back !! ", back[0]), "the way back is broken"
        return hop["Id"]
    assert len(marked) == 1, f"{len(marked)} boxes are marked"
    name, _, mark, _ = drawn[marked[0]]
    assert mark == "!!", f"below it stands {mark!r}"
    judged_before = [one["Id"].split(".")[0] for one in hops[:broken[0]]]
    if "back" in judged_before:  # found when the way was known: a box that is there already
        name_of_part = next(one["Where"] for one in hops if one["Id"].split(".")[0] == part)
        assert name == name_of_part, f"{name} is marked, and {name_of_part} breaks it"
        return hop["Id"]
    assert name == hop["Where"], f"{name} is marked, and {hop['Where']} breaks it"
    assert all(how in ("passed", "unknown") for _, how, _, _ in drawn[:marked[0]]), "what comes before it was passed"
    assert all(how == "not reached" and mark == "-" and arrow == ". . ." for _, how, mark, arrow in drawn[marked[0] + 1:]), \
        "what comes behind it was not reached"
    assert drawn[-1][0] == answer["To"]["Name"] or marked[0] == len(drawn) - 1, "B stands at the end"
    assert not back or answer["Verdict"] == "partly", "nothing comes back"
    return hop["Id"]


print(main(*sys.argv[1:3]))
