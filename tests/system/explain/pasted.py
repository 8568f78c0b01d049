#!/usr/bin/env python3
# pasted.py - each command of a verdict stands on its screen so that a shell which gets it runs the same; says how many
# usage: pasted.py SCREEN VERDICT
# SPDX-License-Identifier: GPL-2.0-or-later
import json
import re
import shlex
import sys


# A list of commands, of words each, whichever shell it is that runs them.
def commands(words):
    if words[-3:-1] != ["sh", "-c"]:
        return [words]
    return [[*words[:-3], *shlex.split(part)] for part in re.split("[;\n]", words[-1]) if part.strip()]


def run_by_shell(text):
    found, line = [], ""
    for part in text.replace("\\\n", " ").split("\n"):
        line += part + "\n"
        try:
            found += commands(shlex.split(line))
            line = ""
        except ValueError:
            pass  # within quotes
    return found


# From that line on as many as the command takes; beside it may stand what it is for.
def stands_at(lines, wanted):
    texts = [lines[0].partition("    ")[0]] + ["\n".join(lines[:n]) for n in range(1, 13)]
    return any(run_by_shell(text) == wanted for text in texts)


with open(sys.argv[1]) as file:
    lines = [line[5:] for line in file.read().split("\n")]
with open(sys.argv[2]) as file:
    fixes = [fix["Argv"] for fix in json.load(file).get("Fix", []) if fix.get("Argv")]
for argv in fixes:
    if not any(stands_at([line.lstrip() for line in lines[i:]], commands(argv)) for i in range(len(lines) - 1)):
        sys.exit(f"{shlex.join(argv)}: does not stand there so that a shell would run it\n" + "\n".join(lines))
print(len(fixes))
