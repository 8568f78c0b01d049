# saved_rules.bats - an administrator who saves the host's ruleset can load it again
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

# The command of netd(8), as it is there.
save() {
	local command
	command=$(sed -n '/Ss Saving the rules/,/^\.Ed/p' "$LIB/../../docs/man/netd.8" | sed -n '/^\.Bd/,/^\.Ed/p' | sed '1d;$d; s/\\e$/\\/')
	in_host h bash -c "cd '$T' && $command"
}

@test "saved as netd(8) says, the host's rules load again with netd, without it, and after a reboot" {
	netctl network create n
	attach a --network n -p 8080:80
	serve a 80
	in_host h nft 'table inet filter { chain input { type filter hook input priority 0; tcp dport 9 drop; }; }'
	in_host h nft 'table ip mine { set hosts { type ipv4_addr; elements = { 192.0.2.77 }; }; }'
	save
	grep -q 'dport 9 drop' "$T/rules.nft"
	lacks "$(cat "$T/rules.nft")" 'inet netd'
	# a change since is gone, and netd's table is not touched
	in_host h nft add rule inet filter input tcp dport 10 drop
	in_host h nft -f "$T/rules.nft"
	lacks "$(ruleset_of h)" 'dport 10'
	matches "$(ruleset_of h)" 'dport 9 drop'
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	host_stop h
	in_host h nft -f "$T/rules.nft"
	host_start h
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	host_reboot h
	in_host h nft -f "$T/rules.nft"
	matches "$(ruleset_of h)" 'dport 9 drop'
	matches "$(ruleset_of h)" 'table inet netd'
}

# Elements have no order of their own; counters count, and who owns a table is another matter.
words() { sed '/^\tflags owner$/d; s/ # progname.*//; s/packets [0-9]* bytes [0-9]*//' | tr -s ', \t{}' '\n' | sort; }

@test "a whole ruleset saved while netd is stopped is one that nft(8) can load, and packets see no change" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet fd00:31::/64 n
	netctl network create -o com.docker.network.bridge.enable_icc=false m
	attach a --network n -p 8080:80 -p 127.0.0.1:81:81/udp -p '[2001:db8::10]:9000:9000'
	attach b_x.y-z --network m -p 7000-7400:7000-7400
	serve a 80
	local before
	before=$(ruleset_of h | words)
	host_stop h
	ruleset_of h >"$T/saved"
	lacks "$(cat "$T/saved")" 'flags *(owner)?$'
	equals "$(words <"$T/saved")" "$before"
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	# loaded where it is not there: a host that boots
	ip netns add "$P-fresh"
	nsenter --net="/run/netns/$P-fresh" -- "${GUARD[@]}" nft -f "$T/saved"
	equals "$(nsenter --net="/run/netns/$P-fresh" -- "${GUARD[@]}" nft list ruleset | words)" "$before"
	# the next netd owns its table again, where the kernel can
	host_start h
	equals "$(ruleset_of h | words)" "$before"
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
}

@test "the administrator's rules in netd's table are there without a gap when netd stops and starts" {
	echo 'tcp dport 99 drop' >"$T/h/etc/netd/rules.d/a.nft"
	host_restart h
	spawn_to "$T/gaps" in_host h bash -c 'while :; do nft list chain inet netd user-forward 2>&1 | grep -q "dport 99 drop" || echo gap; done'
	local watch=$SPAWNED
	host_restart h
	host_restart h KILL
	kill "$watch"
	lacks "$(cat "$T/gaps")" gap
}
