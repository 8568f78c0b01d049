# upgrade.bats - netd is replaced under load, and nothing is lost: by a restart, and as a package does it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# NETD_BEFORE: the build directory of the release before, which `make check-upgrade` makes; without it netd is replaced by
# itself. Its sources' tree is NETD_BEFORE_TREE.

load lib
load boot
load loads

setup_file() {
	: "${NETD_BEFORE:=$NETD_BUILD}" "${NETD_BEFORE_TREE:=$BATS_TEST_DIRNAME/../..}"
	export NETD_BEFORE NETD_BEFORE_TREE
	make -s -C "$NETD_BEFORE_TREE" -o all install B="$NETD_BEFORE" PREFIX=/usr DESTDIR="$BATS_FILE_TMPDIR/before"
	make -s -C "$BATS_TEST_DIRNAME/../.." -o all install B="$NETD_BUILD" PREFIX=/usr DESTDIR="$BATS_FILE_TMPDIR/now"
}
setup() { loads_are_there; }
teardown() {
	[[ -z $BOX ]] || box_done
	teardown_default
}

settings() { netctl inspect web client | jq -S 'map(.NetworkSettings, .Name, .Id)' && netctl network inspect n bridge | jq -S 'map(del(.Containers))'; }

@test "restarted as another build, netd loses no query, no packet, no connection, and knows all it knew" {
	local now=$NETD_BUILD before
	NETD_BUILD=$NETD_BEFORE
	host_new h
	upstream
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 --label x=y n
	attach web --network n:alias=www -p 9000:9000 -p 9000:9000/udp
	attach client --network n
	spawn in_c web $PYTHON -I -S "$T/steady.py" echo "$T/echo" 9000
	wait_until 30 test -e "$T/echo"
	before=$(settings)
	start_loads "in_c client" "$(ip4_of web n)"
	host_stop h
	each_sent 10
	NETD_BUILD=$now
	host_start h
	equals "$(settings)" "$before"
	each_sent 30
	host_restart h KILL
	each_sent 30
	end_loads
	equals "$(settings)" "$before"
	equals "$(ask client www)" "$(ip4_of web n)"
	# back to the release before: it works, or it refuses in one sentence and leaves all as it is
	host_stop h
	NETD_BUILD=$NETD_BEFORE
	if host_start h; then
		equals "$(settings)" "$before"
		host_stop h
	else
		equals "$(tail -1 "$T/h/netd.log" | grep -c 'error: .*newer')" 1
	fi
	equals "$(echo hello | in_out timeout 60 socat -t 30 - "TCP4:$(host_addr h):9000")" hello
	NETD_BUILD=$now
	host_start h
	equals "$(settings)" "$before"
	netctl detach web client
	netctl network rm n
}

boxctl() { in_box env NETD_HOST=unix:///run/netd/netd.sock netctl "$@"; }
box_settings() { boxctl inspect web client | jq -S 'map(.NetworkSettings, .Name, .Id)' && boxctl network inspect n bridge | jq -S 'map(del(.Containers))'; }
# What dpkg and a maintainer script do: files take the place of those that were there, and the unit is restarted.
unpack() { tar -C "$1" -c . | in_box tar -C / -x --no-same-owner && in_box systemctl daemon-reload; }

@test "replaced by another package under systemd, netd loses nothing, and runs with the new one's unit" {
	local before pid
	box_new "$BATS_FILE_TMPDIR/before"
	upstream
	in_box systemctl start netd
	in_box ip netns add web
	in_box ip netns add client
	boxctl network create --subnet 10.31.0.0/24 n
	boxctl attach web --netns /run/netns/web --network n -p 9000:9000
	boxctl attach client --netns /run/netns/client --network n
	spawn in_box ip netns exec web $PYTHON -I -S "$T/steady.py" echo "$T/echo" 9000
	wait_until 30 test -e "$T/echo"
	before=$(box_settings)
	pid=$(box_netd)
	start_loads "in_box ip netns exec client" "$(boxctl inspect web | jq -r '.[0].NetworkSettings.Networks.n.IPAddress')"
	unpack "$BATS_FILE_TMPDIR/now"
	in_box systemctl try-restart netd
	[[ $(box_netd) != "$pid" ]]
	wait_until 30 boxctl ps
	equals "$(box_settings)" "$before"
	each_sent 30
	in_box systemctl restart netd
	each_sent 30
	end_loads
	equals "$(box_settings)" "$before"
	equals "$(in_box cmp "/proc/$(in_box systemctl show -P MainPID netd)/exe" /usr/sbin/netd 2>&1)" ""
	matches "$(in_box systemctl show -P ProtectSystem netd)" strict
}
