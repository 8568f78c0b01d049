#!/usr/bin/env bats
# working.bats - netctl explain gives no false alarm
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load working

setup() { explain_world; }

@test "of setups that work nothing is told, whatever else is there" {
	try_each try_working "${WORKING[@]}"
}

# agreed FROM TO VERDICT: what explain says is what a program sees; the answer is in $said
agreed() {
	local seen
	seen=$(reach 5000 "$1" "$2")
	said=$(explain_json "$1" "$2") || true
	if [[ $(jq -r .Verdict <<<"$said") != "$3" || ($3 == reachable && $seen != answered*) || ($3 != reachable && $seen == answered*) ]]; then
		echo "$1 -> $2: a program sees \"$seen\", and explain says:"
		told_in_short "$said"
		return 1
	fi
}

@test "who has lost an address is told so, and whether he is answered all the same" {
	in_web ip -6 addr del 2001:db8:61::2/64 dev eth0
	in_web ip -6 route replace 2001:db8:61::/64 dev eth0
	in_web ip -6 route replace default via 2001:db8:61::1
	# From the address of the link, which db finds on its own link.
	agreed web "[2001:db8:61::3]:80/tcp" reachable
	jq -e 'any(.Also[]; .Code == "no-address" and .State == "warn")' <<<"$said"
	agreed web "[2001:db8::1]:80/tcp" unreachable
	[[ $(jq -r .Code <<<"$said") == no-address ]]
	server_ends db 80/tcp # and that is what breaks it: web's packet has come there
	agreed web "[2001:db8:61::3]:80/tcp" unreachable
	[[ $(jq -r .Code <<<"$said") == not-listening ]]
	server db db :: 80/tcp
	# From that of another network, whose way back is by the host.
	netctl network connect red web
	in_web ip addr del 10.61.0.2/24 dev eth0
	in_web ip route replace 10.61.0.0/24 dev eth0
	said=$(explain_json web 10.61.0.3:80/tcp) || true
	agreed web 10.61.0.3:80/tcp "$(jq -r .Verdict <<<"$said")"
}

@test "a filter at a listener that nobody may look at is told as unknown, and a probe decides" {
	server_ends db 80/tcp
	odd db filtered-tcp 80
	[[ $(reach 500 web db:80/tcp) == timeout* ]]
	said=$(explain_json web db:80)
	jq -e '.Verdict == "reachable" and any(.Unknown[]; .Why | contains("--probe tells"))' <<<"$said"
	said=$(explain_json --probe web db:80) || true
	jq -e '.Probe.Outcome == "silent" and .Probe.Agrees == false' <<<"$said"
}
