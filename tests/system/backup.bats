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

# backup_of N: a backup that is whole, of that many networks and one without an id
backup_of() {
	$PYTHON -I -S - "$1" <<-'END'
		import json, struct, sys
		M = 2**64 - 1
		def siphash(key, data): # 2-4
		    k0, k1 = struct.unpack("<QQ", key)
		    a, b, c, d = k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573
		    words = [w for (w,) in struct.iter_unpack("<Q", data + bytes(-(len(data) + 1) % 8) + bytes([len(data) & 255]))]
		    for i, word in enumerate(words + [0]):
		        if i == len(words): c ^= 0xff
		        d ^= word
		        for _ in range(4 if i == len(words) else 2):
		            a = (a + b) & M; b = (b << 13 | b >> 51) & M ^ a; a = (a << 32 | a >> 32) & M
		            c = (c + d) & M; d = (d << 16 | d >> 48) & M ^ c
		            a = (a + d) & M; d = (d << 21 | d >> 43) & M ^ a
		            c = (c + b) & M; b = (b << 17 | b >> 47) & M ^ c; c = (c << 32 | c >> 32) & M
		        a ^= word
		    return a ^ b ^ c ^ d
		def row_hash(row):
		    result = siphash(b"netd stable key.", b"network")
		    for value in row:
		        number = isinstance(value, int)
		        data = struct.pack("<q", value) if number else value.encode()
		        result = siphash(struct.pack("<QB7x", result, 1 if number else 3), data)
		    return result
		def chain_on(chain, data): return siphash(struct.pack("<Q", chain) + b"rnal.v1\0", data)
		rows = [[f"{i:064x}", f"n{i}", json.dumps({"Name": f"n{i}"}), 1, 1] for i in range(int(sys.argv[1]))]
		rows.append(["none", "last", json.dumps({"Name": "last"}), 1, 1])
		head = '{"netd":"journal","version":1,"of":"networks"}\n'
		lines = "".join(json.dumps(["network_put", *row], separators=(",", ":")) + "\n" for row in rows)
		lines += f'["commit","{1:016x}","{len(rows):016x}","{sum(map(row_hash, rows)) & M:016x}","'
		print(f'{head}{lines}{chain_on(chain_on(0, head.encode()), lines.encode()):016x}"]')
	END
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
	# the last row, which nobody could read, is not looked at
	backup_of 4001 >"$T/too-many"
	fails_with 1 'the backup has too many networks: netd keeps no more than 4000' netctl system restore "$T/too-many"
	backup_of 1 >"$T/one-more"
	fails_with 1 'a network last that cannot be read: it has no id' netctl system restore "$T/one-more"
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

# many N NAME OCTET: that many networks more, by one caller over one connection
many() {
	$PYTHON -I -S - "$(host_sock h)" "$@" <<-'END'
		import http.client, json, socket, sys
		client = http.client.HTTPConnection("netd")
		client.sock = socket.socket(socket.AF_UNIX)
		client.sock.connect(sys.argv[1])
		for i in range(int(sys.argv[2])):
		    body = {"Name": f"{sys.argv[3]}{i}", "IPAM": {"Config": [{"Subnet": f"10.{sys.argv[4]}.{i}.0/24"}]}, "Labels": {f"filler{k}": "x" * 3000 for k in range(4)}}
		    client.request("POST", "/networks/create", json.dumps(body), {"Content-Type": "application/json"})
		    answer = client.getresponse()
		    assert answer.read() and answer.status == 201, answer.status
	END
}
# Everything there is, but for the numbers of links.
everything() {
	links_of h
	n_rules h
	ruleset_of h | grep -oE '[^{},]+ comment "[^"]*"' | sed -E 's/^\s*(elements = )?//; s/packets [0-9]+ bytes [0-9]+//' | sort
	api_body GET /networks | jq -S 'sort_by(.Name)'
	sqlite3 -readonly "$T/h/state/networks.db" 'SELECT * FROM network ORDER BY id; SELECT * FROM kept ORDER BY network, addr'
}

@test "a start that cannot write a network's record goes on with what is recorded" {
	set_up
	# in other words than netd would write it, as one of another release may be
	sqlite3 "$T/h/state/networks.db" "UPDATE network SET body = ' ' || body WHERE name = 'one'"
	netctl network create three # both records have it now
	NETWORKS=$(networks)
	host_stop h KILL
	traced_netd -P "$T/h/state/networks.journal" -P "$T/h/state/networks.db-wal" -e trace=pwrite64 -e inject=pwrite64:error=ENOSPC
	NETD_BUILD=$T/wrapped host_start h
	grep -q ENOSPC "$T/strace"
	grep -q 'network one goes on with what is recorded of it: ' "$T/h/netd.log"
	is_as_backed_up
	host_restart h KILL
	is_as_backed_up
}

@test "while many networks are restored netd goes on answering, changes none of them for others, and waits for the disk a few times, not once for each" {
	local tracer
	set_up
	many 100 many 60
	NETWORKS=$(networks)
	netctl system backup "$T/backup"
	[[ $(stat -c %s "$T/backup") -gt $((1024 * 1024)) ]]
	netctl network prune -f >/dev/null
	many 20 other 61
	spawn strace -qq -f -p "${NETD_PID[h]}" -o "$T/syncs" -e trace=fsync,fdatasync
	tracer=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/${NETD_PID[h]}/status"
	# what is asked for while netd is stopped is behind the restore; then pings, until that has its answer
	$PYTHON -I -S - "$(host_sock h)" "$T/backup" "${NETD_PID[h]}" >"$T/meanwhile" <<-'END'
		import http.client, json, os, select, signal, socket, sys
		def ask(method, path, body=None):
		    client = http.client.HTTPConnection("netd")
		    client.sock = socket.socket(socket.AF_UNIX)
		    client.sock.connect(sys.argv[1])
		    client.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
		    return client
		def status(client):
		    answer = client.getresponse()
		    text = answer.read().decode()
		    return f"{answer.status} {text.strip()}"
		netd = int(sys.argv[3])
		restore = ask("POST", "/netd/v1/restore", {"Backup": ""})
		assert status(restore)[:3] == "400"
		restore = http.client.HTTPConnection("netd")
		restore.sock = socket.socket(socket.AF_UNIX)
		restore.sock.connect(sys.argv[1])
		body = json.dumps({"Backup": open(sys.argv[2]).read()})
		restore.request("POST", "/netd/v1/restore", body[:-1], {"Content-Type": "application/json", "Content-Length": str(len(body))})
		assert status(ask("GET", "/_ping")) == "200 OK"
		os.kill(netd, signal.SIGSTOP)
		restore.send(body[-1:].encode())
		others = [ask("POST", "/networks/create", {"Name": "meanwhile"}), ask("DELETE", "/networks/one"),
		          ask("POST", "/networks/prune"), ask("POST", "/netd/v1/restore", {"Backup": "x"}),
		          ask("PUT", "/netd/v1/networks/one", {"Name": "renamed"}),
		          ask("POST", "/networks/other19/connect", {"Container": "a"})]
		os.kill(netd, signal.SIGCONT)
		n_pings, ping = 0, http.client.HTTPConnection("netd")
		ping.sock = socket.socket(socket.AF_UNIX)
		ping.sock.connect(sys.argv[1])
		while not select.select([restore.sock], [], [], 0)[0]:
		    ping.request("GET", "/_ping")
		    assert status(ping) == "200 OK"
		    n_pings += 1
		print(n_pings)
		for other in others: print(status(other))
		print(status(restore))
	END
	cat "$T/meanwhile"
	kill "$tracer"
	wait "$tracer" || true
	[[ $(sed -n 1p "$T/meanwhile") -ge 10 ]]
	equals "$(sed -n 2,7p "$T/meanwhile" | cut -c1-3 | sort | uniq -c | xargs)" "6 503"
	equals "$(grep -c 'being restored from a backup' "$T/meanwhile")" 6
	equals "$(sed -n '8s/^200 //p' "$T/meanwhile" | jq -c '[(.Restored | length), (.Removed | length), .Failed]')" '[101,20,[]]'
	[[ $(wc -l <"$T/syncs") -le 12 ]]
	is_as_backed_up
	equals "$(networks | wc -l)" 102
	equals "$(netctl system restore "$T/backup")" ""
	host_restart h KILL
	is_as_backed_up
	equals "$(networks | wc -l)" 102
}

@test "a restore that fails in the end, or is cut by a kill, leaves everything as it was" {
	local n before order
	set_up
	many 8 many 60
	NETWORKS=$(networks)
	netctl system backup "$T/backup"
	netctl network rm two many3 many4
	netctl network create --subnet 10.41.0.0/24 --ipv6 two # another one of that name
	netctl network create --subnet 10.60.4.0/24 other
	wait_until 30 no_old_bridge h
	before=$(everything)
	order=$(api_body GET /networks | jq -c 'map(.Name)')
	for n in 1 2 3; do
		spawn strace -qq -p "${NETD_PID[h]}" -o "$T/strace" -P "$T/h/state/networks.journal" -P "$T/h/state/networks.db-wal" \
			-e trace=pwrite64 -e "inject=pwrite64:error=ENOSPC:when=$n+"
		wait_until 30 grep -q "^TracerPid:[[:space:]]*$SPAWNED\$" "/proc/${NETD_PID[h]}/status"
		fails_with 1 'nothing is restored: (refused, and may be done all the same when netd is started again .*: )?cannot .*(full|No space)' netctl system restore "$T/backup"
		kill "$SPAWNED"
		wait "$SPAWNED" || true
		comes_back_to "$before" everything
		equals "$(api_body GET /networks | jq -c 'map(.Name)')" "$order"
	done
	# a pool that was taken out and came back has its memories
	attach other --network one
	lacks "$(ip4_of other)" 10.40.0.20
	netctl detach other
	# killed among what it does to the kernel, and then when the second record has it all
	for n in 4 12; do
		killed_at sendto "$n" netctl system restore "$T/backup"
		host_start h
		comes_back_to "$before" everything
	done
	killed_at fdatasync 1 netctl system restore "$T/backup"
	host_start h
	is_as_backed_up
	lacks "$(networks)" '^other'
}

@test "networks that could not be made at the start are compared by a restore like the others" {
	netctl network create --subnet 10.40.0.0/24 one
	netctl system backup "$T/one"
	netctl network create --subnet 10.41.0.0/24 -o com.docker.network.bridge.name=taken two
	netctl network create --subnet 10.42.0.0/24 three
	netctl system backup "$T/three"
	host_stop h
	ip -n "$P-h" link del taken
	ip -n "$P-h" link add taken type veth peer name taker
	host_start h
	lacks "$(networks)" '^two'
	# it is in the record, under a name that another network of the backup may have
	netctl network create --subnet 10.43.0.0/24 four
	netctl network rm four three
	equals "$(netctl system restore "$T/one")" "removed two"
	ip -n "$P-h" link del taken
	host_restart h
	equals "$(networks | cut -d' ' -f1)" one
	# and one that the backup has is tried again
	ip -n "$P-h" link add taken type veth peer name taker
	fails_with 1 'network two: interface taken exists already' netctl system restore "$T/three"
	equals "$(networks | cut -d' ' -f1 | xargs)" "one three"
	ip -n "$P-h" link del taken
	equals "$(netctl system restore "$T/three")" "restored two"
	equals "$(networks | cut -d' ' -f1 | xargs)" "one three two"
	# another network of the same name
	netctl system backup "$T/all"
	netctl network rm two
	netctl network create --subnet 10.44.0.0/24 -o com.docker.network.bridge.name=taken two
	host_stop h
	ip -n "$P-h" link del taken
	ip -n "$P-h" link add taken type veth peer name taker
	host_start h
	ip -n "$P-h" link del taken
	equals "$(netctl system restore "$T/all")" "$(printf 'removed two\nrestored two')"
	host_restart h
	equals "$(networks | cut -d' ' -f1 | xargs)" "one three two"
	equals "$(netctl network inspect two | jq -r '.[0].IPAM.Config[0].Subnet')" 10.41.0.0/24
}
