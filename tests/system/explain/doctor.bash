# doctor.bash - what netctl doctor is asked in the worlds of breakages.bash and working.bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Breakages that nobody needs a pair to see: doctor names the same code. Those behind a + netd repairs, by --fix or by
# itself as soon as it runs again.
DOCTOR_SEES=(link-down no-address route-missing gateway-wrong gateway-mac-wrong loopback-down dad-failed +port-down
	+port-down.db +port-detached +port-blocked +bridge-down +port-isolated port-locked entry-wrong entry-missing-no-flood
	duplicate-address duplicate-mac tc-drop xdp-drop mtu-hole +mtu-hole.port +forwarding-off +forwarding-off-link
	route-overlap host-no-route host-rule +subnet-route-missing +gateway-address-missing uplink-down rules-policy
	no-masquerade snat-wrong +route-localnet-off path-mtu resolver-stopped dns-redirect-lost legacy-iptables)

# What no pair shows, written as in breakages.bash, with what is said beside it: `with CODE…`.
DOCTOR_BREAKAGES=(+bridge-missing +link-missing +isolation-lost mac-changed netd-down netd-rules-lost managed-by-other
	resolver-loop)
NOT_MADE[connections-lost]="the limit is the machine's, and all namespaces share it"

bridge-missing() {
	frozen
	by in_host h ip link del red0
	back wait_until 30 in_host h ip link show red0
}
link-missing() {
	frozen
	by in_host h ip link del "${HOST_LINK[x]}"
	back wait_until 30 in_host h ip link show "${HOST_LINK[x]}"
}
isolation-lost() {
	frozen
	by in_host h bridge link set dev "${HOST_LINK[p]}" isolated off
	back in_host h bridge link set dev "${HOST_LINK[p]}" isolated on
}
mac-changed() {
	by in_x ip link set eth0 address 02:00:00:00:00:77
	back in_x ip link set eth0 address "$X_MAC"
}
netd-down() {
	by host_stop h KILL
	back host_start h
}
netd-rules-lost() { # while netd lives nobody else can take an element out of its table
	by host_stop h KILL
	by in_host h nft delete element inet netd bridges '{ "red0" }'
	back host_start h
}
resolver-loop() {
	by host_asks 127.0.0.11
	back host_asks 192.0.2.1
}
host_asks() { echo "nameserver $1" >"$T/h/etc/resolv.conf"; }
managed-by-other() { # systemd-networkd, with a folder of its own for what it says
	by networkd_manages red0
	back networkd_ends
}
networkd_manages() { # LINK; without udev it looks at links where /sys cannot be written
	in_host h mkdir -p /run/systemd # a container without systemd has none
	in_host h mount -t tmpfs -o mode=755 tmpfs /run/systemd
	in_host h mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp /run/systemd/network
	in_host h chown -R systemd-network: /run/systemd/netif
	printf '[Match]\nName=%s\n[Network]\nKeepConfiguration=yes\nConfigureWithoutCarrier=yes\nDHCP=no\nIPv6AcceptRA=no\n' "$1" |
		in_host h sh -c 'cat >/run/systemd/network/50.network'
	spawn_to "$T/networkd.log" in_host h unshare --mount sh -c 'mount -t sysfs -o ro sysfs /sys && exec /lib/systemd/systemd-networkd'
	NETWORKD=$SPAWNED
	wait_until 30 in_host h sh -c 'grep -q "^ADMIN_STATE=configured" /run/systemd/netif/links/*' || { cat "$T/networkd.log"; return 1; }
}
networkd_ends() {
	kill "$NETWORKD"
	wait "$NETWORKD" 2>/dev/null || true
	in_host h umount /run/systemd
}

# ---- what doctor says ----

doctor_json() { netctl doctor --state-dir "$T/h/state" --format json "$@"; }
codes_said() { jq -r '[.Findings[].Code] | unique | join(" ")' <<<"$1" 2>/dev/null || echo "no JSON: $1"; }

# What belongs to others, and must be as it was after --fix.
of_others() {
	in_host h nft -s list ruleset | sed '/^table inet netd {/,/^}/d'
	in_host h sysctl -a 2>/dev/null | grep -E '^net\.(ipv[46]\.(ip_forward|conf\.(all|default|up0|lo)\.)|netfilter\.nf_conntrack_max|bridge)'
	in_host h ip rule
}

# try_doctor [+]FUNCTION: broken, named, repaired where it is netd's, and whole again
try_doctor() {
	local function=${1#+} status=0 said code
	PAIR=() BY=() BACK=() SEES= MEANT= FROZEN= BYTES= ASKS=() INSTEAD=() UNDO=()
	"$function"
	code=${function%%.*}
	# What a bridge has learnt it forgets; a breakage may need it.
	[[ ${#PAIR[@]} -eq 0 || -n $MEANT ]] || wait_until 30 works || { echo "${PAIR[*]} does not work before"; return 1; }
	[[ -z $FROZEN ]] || kill -STOP "${NETD_PID[h]}"
	run_each "${BY[@]}" || status=1
	said=$(doctor_json 2>&1) || true
	[[ " $(codes_said "$said") " == *" $code "* ]] || {
		echo "doctor says \"$(codes_said "$said")\", and not $code"
		jq -r '.Findings[] | "\(.State)\t\(.Places | join(","))\t\(.Say)"' <<<"$said" 2>/dev/null
		status=1
	}
	[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
	[[ $1 != +* ]] || is_fixed "$code" || status=1
	run_each "${BACK[@]}" || status=1
	return "$status"
}

# By --fix what is netd's is whole again, and nothing else is touched.
is_fixed() { # CODE
	local before said
	before=$(of_others)
	wait_until 30 fix_mends "$1" || {
		said=$(doctor_json --fix 2>&1) || true
		echo "after --fix doctor still says \"$(codes_said "$said")\""
		return 1
	}
	diff <(echo "$before") <(of_others) || { echo "--fix touched what is not netd's"; return 1; }
}
fix_mends() { # CODE
	local said
	said=$(doctor_json --fix) || true
	[[ -n $said && " $(codes_said "$said") " != *" $1 "* ]]
}

# ---- what works ----

# Setups that break something else in the world, or that a person should know of: what doctor says of them, and no more.
declare -gA SAID_OF=(
	[nf-call-on]=rules-policy
	[rules-accept]=rules-drop
	[rules-sets]="rules-drop rules-policy"
	[mtu-smaller-uplink]=path-mtu
	[netd-stopped]=netd-down
	[netd-gone]=netd-down
)

# doctor_is_silent SETUP: within it, doctor says what SAID_OF has, and nothing where that has nothing
doctor_is_silent() {
	local status=0 said line
	PAIR=() BY=() BACK=() SEES= MEANT= FROZEN= BYTES= ASKS=() HOLDS=()
	"fine-$1"
	[[ -z $FROZEN ]] || kill -STOP "${NETD_PID[h]}"
	run_each "${BY[@]}" || status=1
	said=$(doctor_json 2>&1) || true
	[[ "$(codes_said "$said")" == "${SAID_OF[$1]:-}" && $(jq '.Unknown | length' <<<"$said") -eq 0 ]] || {
		echo "doctor says \"$(codes_said "$said")\", and not \"${SAID_OF[$1]:-}\""
		jq -r '(.Findings[] | "\(.State)\t\(.Places | join(","))\t\(.Say)"), .Unknown' <<<"$said" 2>/dev/null
		status=1
	}
	[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
	run_each "${BACK[@]}" || status=1
	return "$status"
}
