#!/usr/bin/env bats
# backup.bats - networks written into a file and brought back, and a state directory that cannot be written
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

networks() { netctl network ls --format '{{.Name}} {{.ID}}' --filter type=custom | sort; }
inspected() { netctl network inspect one two | jq -S 'map(del(.Containers))'; }

set_up() {
	netctl network create --subnet 10.40.0.0/24 --label kind=first one
	netctl network create --subnet 10.41.0.0/24 --ipv6 two
	attach a --network one:ip=10.40.0.20 -p 8080:80
	serve a 80
	NETWORKS=$(networks) INSPECTED=$(inspected)
}
is_as_backed_up() {
	equals "$(networks)" "$NETWORKS"
	equals "$(inspected)" "$INSPECTED"
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	equals "$(ask a a.one)" 10.40.0.20
}

@test "a backup brings networks back that were removed, and leaves alone what runs on the others" {
	local link
	set_up
	netctl system backup "$T/backup"
	equals "$(stat -c %a "$T/backup")" 600
	equals "$(netctl system backup | cmp - "$T/backup" && echo same)" same
	link=$(ip -n "$P-c-a" -j link show eth0 | jq -r '.[0].ifindex')
	netctl network rm two
	netctl network create three
	equals "$(netctl system restore "$T/backup")" "$(printf 'removed three\nrestored two')"
	is_as_backed_up
	equals "$(ip -n "$P-c-a" -j link show eth0 | jq -r '.[0].ifindex')" "$link"
	host_restart h KILL
	is_as_backed_up
	equals "$(netctl system restore - <"$T/backup")" ""
	# an address asked for by hand is its holder's again
	netctl detach a
	netctl network rm one
	netctl system restore "$T/backup"
	attach other --network one
	lacks "$(ip4_of other)" 10.40.0.20
	attach a --network one:ip=10.40.0.20
}

@test "a backup that is damaged, of something else, or without a network in use is refused, and nothing is changed" {
	set_up
	netctl system backup "$T/before"
	netctl network create --subnet 10.42.0.0/24 three
	attach b --network three
	NETWORKS=$(networks)
	fails_with 1 'network three is not in the backup and container b is attached to it: nothing is restored' netctl system restore "$T/before"
	sed 's/10.40.0.0/10.40.0.1/' "$T/before" >"$T/damaged"
	fails_with 1 'damaged: none of what it says' netctl system restore "$T/damaged"
	head -c -5 "$T/before" >"$T/cut"
	fails_with 1 'damaged' netctl system restore "$T/cut"
	fails_with 1 'does not begin as a journal' netctl system restore /etc/passwd
	fails_with 1 'cannot read .*/nosuch' netctl system restore "$T/nosuch"
	fails_with 1 'is one of something else than networks' netctl system restore "$T/h/run/run.journal"
	equals "$(api_status POST /netd/v1/restore '{"Backup": "x"}')" 400
	equals "$(api_status POST /netd/v1/restore '{"Backup": 1}')" 400
	equals "$(api_status POST /netd/v1/restore "$(jq -n --rawfile t "$T/before" '{Backup: $t}')")" 409
	is_as_backed_up
	netctl detach b
	netctl system restore "$T/before"
	lacks "$(networks)" three
}

@test "without a daemon a backup is taken from its files, and brought back into them" {
	set_up
	fails_with 1 'netd runs: leave --state-dir out' netctl system restore --state-dir "$T/h/state" "$T/h/state/networks.journal"
	host_stop h KILL
	netctl system backup --state-dir "$T/h/state" "$T/backup"
	# all that netd has is damaged
	truncate -s 100 "$T/h/state/networks.db" "$T/h/state/networks.journal"
	rm "$T/h/state/networks.db-wal"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'netctl system restore --state-dir .*/h/state FILE'
	fails_with 1 'does not begin as a journal' netctl system restore --state-dir "$T/h/state" /etc/passwd
	matches "$(netctl system restore --state-dir "$T/h/state" "$T/backup")" 'when it is started'
	host_start h
	is_as_backed_up
	# one that does not have what runs is refused by the start, which touches nothing
	host_stop h KILL
	host_new other
	netctl_in other system backup "$T/others"
	netctl system restore --state-dir "$T/h/state" "$T/others"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'container a runs on network [0-9a-f]{12}, which is not in'
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	netctl system restore --state-dir "$T/h/state" "$T/backup"
	host_start h
	is_as_backed_up
}

@test "with a state directory that is read-only what runs goes on, containers come and go, and networks are refused in words" {
	set_up
	host_stop h KILL
	in_host h mount --bind "$T/h/state" "$T/h/state"
	in_host h mount -o remount,bind,ro "$T/h/state"
	in_host h touch "$T/h/state/x" && return 1
	host_start h
	is_as_backed_up
	matches "$(netctl system info --format '{{join .Warnings "\n"}}')" 'state is read-only: what runs goes on'
	attach b --network one
	equals "$(ask a b)" "$(ip4_of b)"
	netctl network connect two b
	netctl detach b
	fails_with 1 'state is read-only: networks cannot be changed' netctl network create three
	fails_with 1 'state is read-only' netctl network rm two
	netctl system backup "$T/backup"
	fails_with 1 'state is read-only: nothing can be restored' netctl system restore "$T/backup"
	is_as_backed_up
	host_restart h KILL # another time, over the copy that the first left
	is_as_backed_up
	host_stop h
	equals "$(ls "$T/h/run" | grep networks || true)" ""
	# damage is made good there, too
	in_host h mount -o remount,bind,rw "$T/h/state"
	rm "$T/h/state/networks.db"
	in_host h mount -o remount,bind,ro "$T/h/state"
	host_start h
	is_as_backed_up
	host_stop h
	in_host h umount "$T/h/state"
	host_start h
	netctl network create three
}
