#!/usr/bin/env bats
# connections.bats - netctl connections: a container's flows that pass the host, held against conntrack
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

flows() { netctl connections --format json "$@"; }
# has NAME FILTER: one flow is as the filter of jq says
has() { flows "$1" | jq -es "map(select($2)) | length == 1"; }

# One that ends, or a last packet that comes, between two looks is in one of them.
all_are_told() { [[ $(flows web | wc -l) -eq $(in_host h conntrack -L 2>/dev/null | grep -c -w 10.51.0.2) ]]; }
is_counted_alike() {
	equals "$(flows web | jq -r 'select(.PeerAddress == "2001:db8::1") | .ReceivedPackets, .ReceivedBytes, .SentPackets, .SentBytes' | xargs)" \
		"$(in_host h conntrack -L -f ipv6 -p tcp 2>/dev/null | grep -oE '(packets|bytes)=[0-9]+' | cut -d= -f2 | xargs)"
}

@test "connections tells peers by name, both directions, NAT as old and new, and states" {
	netctl network create --subnet 10.51.0.0/24 n
	attach web --network n -p 8080:80
	attach db --network bridge -p 5432:5432
	serve web 80
	get_out "http://192.0.2.10:8080/" >/dev/null
	wait_until 30 has web '.Direction == "in" and .Peer == "192.0.2.1" and .Port == 80 and .Protocol == "tcp" and
		.Destination == "192.0.2.10:8080 -> 10.51.0.2:80" and .Source == null and .Network == "n"'
	# out, by the address of the host
	in_c web "$PYTHON" -I -S -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.51.0.2", 4444))
s.sendto(b"x", ("192.0.2.1", 9))'
	wait_until 30 has web '.Direction == "out" and .Peer == "192.0.2.1" and .PeerPort == 9 and .Port == 4444 and
		.Protocol == "udp" and .State == "unanswered" and (.Source | test("^10.51.0.2:4444 -> 192.0.2.10:[0-9]+$"))'
	# a container is called by its name, and so is the host
	in_c web "$PYTHON" -I -S -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"x", ("10.51.0.1", 9))
s.sendto(b"x", ("192.0.2.10", 5432))'
	wait_until 30 has web '.Peer == "host" and .PeerPort == 9'
	# as many as conntrack itself has of that address
	wait_until 30 all_are_told
	equals "$(flows db | wc -l)" 0
	# an id does, and its beginning
	local id
	id=$(netctl inspect -f '{{.Id}}' web)
	equals "$(flows "${id:0:10}" | wc -l)" "$(flows web | wc -l)"
	fails_with 1 'No such container: nobody' netctl connections nobody
	fails_with 2 'there is no field Pear' netctl connections --format '{{.Pear}}' web
	fails_with 2 '' netctl connections
}

@test "bytes are shown where the kernel counts them, and where not that is said with the way out" {
	netctl network create --subnet 10.51.0.0/24 --ipv6 --subnet fd51::/64 n
	attach web --network n -p 8080:80
	serve web 80
	in_host h sysctl -qw net.netfilter.nf_conntrack_acct=0
	get_out "http://192.0.2.10:8080/" >/dev/null
	wait_until 30 has web '.Port == 80 and .SentBytes == null and .ReceivedPackets == null'
	netctl connections web >"$T/table"
	cat "$T/table"
	matches "$(sed -n 1p "$T/table")" '^DIR +PROTO +PEER +PORT +STATE +RECEIVED +SENT$'
	matches "$(<"$T/table")" 'in +tcp +192\.0\.2\.1:[0-9]+ +80 +[a-z-]+ +- +-'
	matches "$(<"$T/table")" '           192\.0\.2\.10:8080 -> 10\.51\.0\.2:80'
	matches "$(<"$T/table")" 'sysctl -w net.netfilter.nf_conntrack_acct=1'
	lacks "$(awk 'length > 80' "$T/table")" .
	in_host h sysctl -qw net.netfilter.nf_conntrack_acct=1
	get_out "http://[2001:db8::10]:8080/" >/dev/null
	wait_until 30 has web '.PeerAddress == "2001:db8::1" and .State == "time-wait" and .SentPackets > 3 and
		.Destination == "[2001:db8::10]:8080 -> [fd51::2]:80"'
	# received and sent as conntrack has them of the original direction and of the reply
	wait_until 30 is_counted_alike
	netctl connections web >"$T/table"
	matches "$(<"$T/table")" 'in +tcp +\[2001:db8::1\]:[0-9]+ +80 +[a-z-]+ +[0-9.]+k?B +[0-9.]+k?B'
	lacks "$(<"$T/table")" sysctl
}
