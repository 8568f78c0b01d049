# unit.bats - netd.service under a systemd that has booted: what it may, what it sees, and what it cannot reach
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load boot

# As it would be installed; what is built already is not built again.
setup_file() {
	make -s -C "$BATS_TEST_DIRNAME/../.." -o all install B="$NETD_BUILD" PREFIX=/usr DESTDIR="$BATS_FILE_TMPDIR/dest"
}
setup() { :; }
teardown() {
	local status=$?
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || echo "--- the box:"
	[[ -z ${HOST_NAMES[*]} ]] || box_done
	(exit "$status")
	teardown_default
}

boxctl() { in_box env NETD_HOST=unix:///run/netd/netd.sock netctl "$@"; }

@test "systemd finds no fault in the units, and rates their exposure 4.0 at the most" {
	local unit out dest=$BATS_FILE_TMPDIR/dest
	for unit in netd netd-docker; do
		out=$(systemd-analyze security --offline=true --threshold=40 --no-pager \
			"$dest/usr/lib/systemd/system/$unit.service" 2>&1) || {
			echo "$out"
			return 1
		}
		matches "$out" "exposure level for $unit.service: [0-4]\."
	done
}

boxed() { in_box "$@" >"$T/boxed.out" 2>&1; }
# mounts_of_netd COMMAND…: in the mount namespace that the unit has
in_unit() {
	local pid=$1
	shift
	in_box nsenter --target="$pid" --mount -- "$@"
}
status_of() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }

@test "under its unit netd does its work, sees what is mounted later, and can write only what is its own" {
	box_new "$BATS_FILE_TMPDIR/dest"
	in_box sh -c 'mkdir -p /etc/netd/rules.d && sysctl -qw net.ipv4.ip_forward=0'
	in_box systemctl start netd
	local pid main path
	pid=$(box_netd)
	main=$(in_box systemctl show -P MainPID netd)
	equals "$(status_of "$pid" CapBnd) $(status_of "$pid" NoNewPrivs) $(status_of "$pid" Seccomp)" \
		"$(status_of "$pid" CapEff) 1 2"
	# A child that the kernel kills where memory is short takes nobody with it: as systemd has understood the unit.
	equals "$(in_box systemctl show -P OOMPolicy netd) $(in_box systemctl show -P OOMScoreAdjust netd)" "continue -500"
	# a namespace that is mounted when netd has long had its own mounts
	in_box ip netns add late
	in_box ip netns add other
	boxctl network create --subnet 10.9.0.0/24 n
	boxctl attach late --netns /run/netns/late --network n -p 80:80 -p 53:5353/udp
	boxctl attach other --netns /run/netns/other --network n
	in_box ip netns exec other ping -c1 -W30 -q "$(boxctl inspect late | jq -r '.[0].NetworkSettings.Networks.n.IPAddress')"
	matches "$(in_box ip netns exec other dig @127.0.0.11 +short -q late)" '^10\.9\.0\.'
	equals "$(in_box sysctl -n net.ipv4.ip_forward)" 1
	# unmounted, it is seen to be gone
	in_box ip netns del late
	wait_until 30 no_late
	# modes, and who reaches the socket
	equals "$(in_box stat -c '%a %U %G %n' /run/netd /run/netd/netd.sock /var/lib/netd | sort)" \
		"$(printf '%s\n' '660 root netd /run/netd/netd.sock' '700 root root /var/lib/netd' '711 root root /run/netd')"
	[[ -z $(in_box find /run/netd /var/lib/netd -name '*.db*' ! -perm 600) ]]
	in_box setpriv --reuid nobody --regid netd --clear-groups curl -sf --unix-socket /run/netd/netd.sock http://netd/_ping
	refused in_box setpriv --reuid nobody --regid nogroup --clear-groups curl -sf --unix-socket /run/netd/netd.sock http://netd/_ping
	refused in_box setpriv --reuid nobody --regid netd --clear-groups ls /run/netd
	# nothing else can be written
	for path in /etc /etc/netd /usr /var /home /root /run /proc/sys/net/ipv4/ip_forward /sys/fs/cgroup; do
		refused in_unit "$main" sh -c "if [ -d $path ]; then touch $path/x; else echo 1 >$path; fi"
	done
	for path in /run/netd /var/lib/netd; do
		in_unit "$main" touch "$path/x"
	done
	equals "$(in_unit "$main" ls /dev/mem /lib/modules /boot/x 2>/dev/null)" ""
}
no_late() { ! boxctl inspect late; }

drops() { ruleset_of h | grep -qF "$1"; }

@test "under its unit netd reloads, refuses, restarts and stops as it should" {
	box_new "$BATS_FILE_TMPDIR/dest"
	in_box systemctl start netd
	in_box ip netns add c
	in_box ip netns add d
	boxctl attach c --netns /run/netns/c
	boxctl attach d --netns /run/netns/d
	in_box sh -c 'echo "ip saddr 203.0.113.9 counter drop" >/etc/netd/rules.d/a.nft'
	in_box systemctl reload netd # which is a signal, and told before it is heeded
	wait_until 30 drops 203.0.113.9
	in_box sh -c 'echo "no such rule" >/etc/netd/rules.d/b.nft'
	refused in_box systemctl reload netd
	wait_until 30 journal_has 'b.nft'
	in_box rm /etc/netd/rules.d/b.nft
	local resolver pid
	resolver=$(in_box cat /run/netd/resolver.pid)
	in_box systemctl kill --kill-whom=main --signal=KILL netd
	wait_until 30 boxctl ps
	equals "$(in_box cat /run/netd/resolver.pid)" "$resolver"
	matches "$(in_box ip netns exec c dig @127.0.0.11 +short -q d)" '^172\.'
	in_box systemctl stop netd
	matches "$(in_box ip netns exec c dig @127.0.0.11 +short -q d)" '^172\.'
	in_box systemctl start netd
	boxctl detach c d
	in_box systemctl stop netd
	# started by the first who calls
	in_box rm -rf /run/netd
	in_box systemctl start netd.socket
	equals "$(in_box stat -c %a /run/netd)" 711
	matches "$(boxctl network ls)" bridge
	equals "$(in_box stat -c '%a %G' /run/netd/netd.sock)" '660 netd'
	in_box systemctl stop netd netd.socket
	lacks "$(in_box journalctl --no-pager -o cat -u netd)" 'Permission denied|Operation not permitted|Read-only|not implemented'
}

# What a process says is in the journal a moment later.
journal_has() { in_box journalctl --no-pager -o cat -u netd | grep -qE -- "$1"; }
unit_is() { [[ $(in_box systemctl show -P "$1" netd) == "$2" ]]; }
has_tried_again() { [[ $(in_box systemctl show -P NRestarts netd) -ge 2 ]]; }

@test "its unit is started again after what may pass, and not after what somebody has to decide" {
	box_new "$BATS_FILE_TMPDIR/dest"
	# something has the bridge's name for now
	in_box ip link add netd0 type veth peer name other
	in_box systemctl start --no-block netd
	wait_until 30 has_tried_again
	in_box ip link del netd0
	wait_until 30 boxctl network ls
	# networks.db is lost while a container runs
	in_box ip netns add c
	boxctl network create n
	boxctl attach c --netns /run/netns/c --network n
	in_box systemctl stop netd
	in_box systemctl reset-failed netd
	in_box sh -c 'mkdir /var/lib/kept && mv /var/lib/netd/networks.* /var/lib/kept/'
	refused in_box systemctl start netd
	wait_until 30 unit_is ActiveState failed
	equals "$(in_box systemctl show -P ExecMainStatus netd)" 78
	equals "$(in_box systemctl show -P NRestarts netd)" 0
	wait_until 30 journal_has 'container c runs on network [0-9a-f]*, which is not in'
	in_box sh -c 'mv /var/lib/kept/* /var/lib/netd/'
	in_box systemctl start netd
	matches "$(boxctl ps --format '{{.Names}}')" '^c$'
}
