#!/usr/bin/env bats
# hostile.bats - what a container fills its namespaces with holds up nobody who asks, and is not taken for nothing
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages

setup() { explain_world; }

# A server with the files of app, in the namespace of x, behind so many processes that have 10,000 descriptors each.
strays_behind() { # PROCESSES PORT
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn nsenter --net="$(netns_of x)" --mount="/proc/$APP/ns/mnt" -- $PYTHON -I -S -c '
import os, resource, signal, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (10100, 10100))
kept = [os.dup(0) for _ in range(10000)]
for _ in range(int(sys.argv[1])):
    if os.fork():
        continue
    signal.pause()
if os.fork():
    signal.pause()
server = socket.create_server(("0.0.0.0", int(sys.argv[2])))
open(sys.argv[3], "w").close()
signal.pause()' "$1" "$2" "$ready"
	wait_until 60 test -e "$ready"
}

@test "a server elsewhere is looked for among so many descriptors and no more" {
	strays_behind 2 84
	equals "$(explain_json web app:84 | jq -r .Code)" listens-elsewhere
	strays_behind 30 86
	equals "$(explain_json web app:86 | jq -r .Code)" not-listening
}
