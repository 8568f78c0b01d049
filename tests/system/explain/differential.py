# differential.py - random worlds, random breakages: what `netctl explain` says of every pair against what packets do
# usage: differential.py BUILD DIRECTORY FIRST-SEED WORLDS [JOBS]      SPDX-License-Identifier: GPL-2.0-or-later
#
# A seed makes one world: its networks, containers, firewalls and breakages are chosen from it, so a disagreement is seen
# again by `differential.py BUILD DIRECTORY SEED 1`. What must hold for every pair:
#
#	what explain says, reachable or not, is what reach (reach.c) sees
#	netctl says of a few of them what was said of all at once (ask.c)
#	the cause it names is one that was made, or one that the world was made with (two networks are apart)
#	while nothing is in the world that explain cannot read, it never says "undecided"
#	following the advice of one pair until it works takes no more steps than things were broken; what was made to be apart
#	stays so
#
# The pairs of a world are tried at once. One that disagrees is tried once more with more patience: on a busy machine an
# answer may come late.
import json
import multiprocessing
import os
import random
import shutil
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from differential_breakages import BREAKAGES, CODES_OF_A_WORLD, server_gone
from differential_space import adopt_orphans, own_mounts, own_processes
from differential_world import LACKING, UDP, Lacking, World, find_lacking

LIMIT_MS, AGAIN_MS = 300, 3000
PATIENCE_MS = 30000  # where an answer is awaited, which a busy machine may delay
ADVICE_S, REPAIR_S = 3, 30  # after an advice: until more is looked for, and until the same is given again
BY_NETCTL = 2  # of the pairs of a world; the others are asked at once, which costs a twentieth


def verdict_of(world, pair):
    """explain's answer, as JSON; its exit status must be that of the verdict."""
    done = world.netctl("explain", "--state-dir", world.directory + "/state", "--format", "json", pair.asker, pair.target)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return {"Verdict": "none", "Code": done.stdout + done.stderr}
    status = {"reachable": 0, "unreachable": 1, "partly": 1, "undecided": 3}[said["Verdict"]]
    if done.returncode != status:
        return {"Verdict": "none", "Code": "%s with exit status %d" % (said["Verdict"], done.returncode)}
    return said


def verdicts_of(world, pairs):
    """The same of all pairs, in the order of the pairs."""
    return [said if "Verdict" in said else {"Verdict": "none", "Code": said["message"]} for said in world.ask(pairs)]


def words_of(said):
    return said["Verdict"], said.get("Code")


def asked_alone(world, pairs, said):
    """What a person is told of a few of them must be the same; in words what is not."""
    told = []
    for i in world.random.sample(range(len(pairs)), min(BY_NETCTL, len(pairs))):
        alone = verdict_of(world, pairs[i])
        if words_of(alone) != words_of(said[i]):  # neighbours and learnt entries change while a busy machine is at it
            said[i], alone = verdicts_of(world, [pairs[i]])[0], verdict_of(world, pairs[i])
        if words_of(alone) != words_of(said[i]):
            told.append("%s -> %s is %s (%s) for netctl, %s (%s) beside others; netctl: %s" % (
                pairs[i].asker, pairs[i].target, alone["Verdict"], alone.get("Code"), said[i]["Verdict"],
                said[i].get("Code"), json.dumps(alone)))
    return told


def disagreement(said, seen, pair, codes):
    """In words, or None."""
    works = seen == "answered" + pair.answers
    verdict, code = said["Verdict"], said.get("Code") or ""
    # It connects, or a datagram is taken, and nobody answers: "unreachable" is as true as "partly".
    partly = seen == "connected" or seen == "timeout" and pair.port == UDP and code == "server-stopped"
    others = seen.startswith("answered") and not works  # an address was asked for, and somebody has it
    if verdict == "none":
        return "no answer: " + code
    if verdict == "undecided":
        return "undecided: " + json.dumps(said.get("Unknown"))
    if not others and works != (verdict == "reachable" or verdict == "partly" and not partly):
        return "says %s (%s)" % (verdict, code)
    if not works and not others and code not in codes:
        return "names %s, which nobody made" % code
    return None


def break_it(world, number):
    """Makes up to so many breakages; what was made, and the codes that it may have."""
    made, codes = [], set()
    kinds = list(BREAKAGES)
    while number > 0 and kinds:
        kind = kinds.pop(world.random.randrange(len(kinds)))
        try:
            what = kind(world)
        except Lacking:
            continue
        except RuntimeError as error:
            # What was broken before may be in the way of the next, of which a part may be made. The first has to succeed.
            if not made:
                raise
            what = str(error)
            codes |= set(server_gone.codes)  # a server is ended before another takes its place
        if what:
            made.append("%s: %s" % (kind.__name__, what))
            codes |= set(kind.codes)
            number -= 1
    return made, codes


def advice_of(said):
    return next((fix["Argv"] for fix in said.get("Fix") or [] if fix.get("Argv")), None)


def follow_advice(world, pair, steps):
    """Until the pair works, or there is no command left to run; in words what went wrong, or None."""
    followed = []
    world.thaw()
    while True:
        said = verdict_of(world, pair)
        if said["Verdict"] == "reachable":
            outcome = world.reach([pair], PATIENCE_MS)[0]
            if outcome.startswith("answered"):
                return None
            # Once more: a neighbour is asked for once, for 50 ms, and a filter of a socket shows, while netd runs, when it has
            # thrown something away.
            said = verdict_of(world, pair)
        if said["Verdict"] == "reachable":
            outcome = world.reach([pair], PATIENCE_MS)[0]
            return None if outcome.startswith("answered") else "after %s says reachable, sees %s" % (followed, outcome)
        argv = advice_of(said)
        if not argv or said["Code"] in CODES_OF_A_WORLD:
            return None
        if len(followed) == steps:
            return "after %d steps (%s) still says %s (%s)" % (steps, "; ".join(followed), said["Verdict"], said.get("Code"))
        followed.append(" ".join(argv))
        done = world.in_host(*argv)
        # What netd has repaired meanwhile is not there to be repaired.
        if done.returncode and verdict_of(world, pair).get("Code") == said["Code"]:
            return "advice fails: %s: %s" % (followed[-1], done.stderr)
        # A bridge takes a second to use a port that has a carrier again, and netd longer on a busy machine.
        began = time.monotonic()
        while (said := verdict_of(world, pair))["Verdict"] != "reachable":
            if time.monotonic() - began > (REPAIR_S if advice_of(said) == argv else ADVICE_S):
                break
            time.sleep(0.1)


def what_sanitizers_say(world):
    with open(world.directory + "/log") as file:
        log = file.read()
    return [log[-3000:]] if "Sanitizer" in log or "runtime error:" in log else []


def run_world(job):
    build, directory, seed = job
    chance = random.Random(seed)
    told, counts = [], {"pairs": 0, "works": 0, "undecided": 0}
    started = time.monotonic()
    world = World(build, os.path.join(directory, str(seed)), chance)
    try:
        world.make()
        pairs = world.pairs()
        made, codes = break_it(world, chance.choice((0, 1, 1, 1, 2, 3)))
        codes |= CODES_OF_A_WORLD
        seen = world.reach(pairs, LIMIT_MS)
        verdicts = verdicts_of(world, pairs)
        told += asked_alone(world, pairs, verdicts)
        for pair, outcome, said in zip(pairs, seen, verdicts):
            of_pair = codes | world.apart(pair)
            wrong = disagreement(said, outcome, pair, of_pair)
            if wrong:
                outcome = world.reach([pair], PATIENCE_MS if said["Verdict"] == "reachable" else AGAIN_MS)[0]
                said = verdict_of(world, pair)
                wrong = disagreement(said, outcome, pair, of_pair)
            counts["pairs"] += 1
            counts["works"] += outcome == "answered" + pair.answers
            counts["undecided"] += said["Verdict"] == "undecided"
            if wrong:
                told.append("%s -> %s sees %s; explain %s" % (pair.asker, pair.target, outcome, wrong))
        broken = [pair for pair, outcome in zip(pairs, seen) if not outcome.startswith("answered")]
        if broken and not told:
            pair = chance.choice(broken)
            wrong = follow_advice(world, pair, len(made))
            if wrong:
                told.append("%s -> %s: %s" % (pair.asker, pair.target, wrong))
        if told:
            told[:0] = ["made: " + what for what in made or ["nothing"]] + world.description
        told += what_sanitizers_say(world)
    except Exception:
        told.append(traceback.format_exc())
    finally:
        world.remove()
        shutil.rmtree(world.directory, ignore_errors=True)
    return seed, told, counts, time.monotonic() - started


def began_alone(directory):
    """Nothing that is done from here on is seen by anybody else, or outlives this process."""
    own_mounts(directory)
    adopt_orphans()


def main():
    build, directory, first, worlds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    jobs = int(sys.argv[5]) if len(sys.argv) > 5 else os.cpu_count()
    if os.stat("/proc/self/ns/net").st_ino == os.stat(os.environ["NETD_MACHINE_NS"]).st_ino:
        sys.exit("refused in the network namespace of the machine")
    total, wrong = {}, 0
    own_processes()
    began_alone(directory)
    find_lacking()
    for word, why in LACKING.items():
        print("what is made with '%s' is not tried: %s" % (word, why), flush=True)
    with multiprocessing.Pool(jobs, began_alone, (directory,)) as pool:
        for seed, told, counts, _ in pool.imap(
            run_world, ((build, directory, seed) for seed in range(first, first + worlds))
        ):
            for what, count in counts.items():
                total[what] = total.get(what, 0) + count
            if told:
                wrong += 1
                print("seed %d disagrees:" % seed)
                print("".join("    %s\n" % line for line in told), end="", flush=True)
    print("%d worlds from seed %d: %d pairs, %d of them work, %d undecided, %d worlds disagree" %
          (worlds, first, total["pairs"], total["works"], total["undecided"], wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
