# doctor.bash - what netctl doctor is asked in the worlds of breakages.bash and working.bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Breakages that nobody needs a pair to see: doctor names the same code. Those behind a + netd repairs, by --fix or by
# itself as soon as it runs again.
DOCTOR_SEES=(link-down no-address route-missing gateway-wrong gateway-mac-wrong loopback-down dad-failed +port-down
	+port-down.db +port-detached +port-blocked +bridge-down +port-isolated +hairpin-off.published port-locked entry-wrong entry-missing-no-flood
	duplicate-address duplicate-mac tc-drop xdp-drop mtu-hole +mtu-hole.port +forwarding-off +forwarding-off-link
	route-overlap host-no-route host-rule +subnet-route-missing +gateway-address-missing uplink-down rules-policy
	no-masquerade snat-wrong +route-localnet-off path-mtu resolver-stopped dns-redirect-lost services-lost services-lost.changed service-empty.published ingress-lost ingress-lost.changed legacy-iptables upstream-dead)

# What no pair shows, written as in breakages.bash, with what is said beside it: `with CODE…`.
DOCTOR_BREAKAGES=(+bridge-missing +link-missing +isolation-lost mac-changed netd-down netd-rules-lost netd-rules-lost.published
	netd-rules-lost.internal netd-rules-lost.all managed-by-other managed-by-other.networkmanager resolver-loop resolver-loop.container)
# And ways that are broken for all ports, so that no pair is needed; the code is explain's, too.
DOCTOR_WAYS=(rp-filter.rule route-overlap.rule rules-drop.all rules-drop.all-bridged bridge-rules.all netdev-rules.all
	rules-reject.all)
NOT_MADE[connections-lost]="the limit is the machine's, and all namespaces share it"
for code in cluster-unreached cluster-removed cluster-host-lost certificate-ends; do
	NOT_MADE[$code]="it takes an etcd: tests/system/cluster.bats and own_etcd.bats"
done
for code in tunnel-lost service-port-taken; do
	NOT_MADE[$code]="it takes two hosts: tests/system/explain/hosts.bats"
done
# Reports that are no breakage of the host: what works, what was not looked at, --fix with and without netd, what cannot be made, and
# those of cluster.bats.
DOCTOR_OTHERS=(well well-named not-looked-at fixed-port-down fixed-nothing conntrack-full connections-lost
	cluster-unreached cluster-removed cluster-host-lost certificate-ends tunnel-lost service-port-taken)

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
netd-rules-lost.published() {
	by host_stop h KILL
	by in_host h nft delete element inet netd publish4 '{ tcp . 8081 }'
	back host_start h
}
netd-rules-lost.internal() { # more works then than should
	by host_stop h KILL
	by in_host h nft delete element inet netd internal '{ "inner0" }'
	back host_start h
}
netd-rules-lost.all() {
	by host_stop h KILL
	by in_host h nft delete table inet netd
	back host_start h
}
resolver-loop.container() { # which asks netd itself
	by name_servers 10.61.0.3
	back name_servers 192.0.2.1
}
resolver-loop() {
	by name_servers 127.0.0.11
	back name_servers 192.0.2.1
}
managed-by-other() { # systemd-networkd, with a folder of its own for what it says
	by networkd_manages red0
	back networkd_ends
}
# The host's own /run, with the namespaces of the machine's: what somebody needs a folder for there leaves none behind.
own_run() {
	in_host h sh -c 'set -e
		mkdir -p "$1" && mount -t tmpfs -o mode=755 tmpfs "$1"
		mkdir "$1/netns" && mount --rbind /run/netns "$1/netns" && mount --rbind "$1" /run' own_run "$T/h/slash-run"
}
own_run_ends() { in_host h umount --lazy /run "$T/h/slash-run"; } # a server may still go
networkd_manages() { # LINK; without udev it looks at links where /sys cannot be written
	own_run
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
	own_run_ends
}

# NetworkManager, with a bus and folders of its own; where /sys cannot be written it does without udev, too.
managed-by-other.networkmanager() {
	by networkmanager_manages red0
	back networkmanager_ends
}
networkmanager_manages() { # LINK
	local index dir=$T/h/nm
	index=$(in_host h ip -j link show "$1" | jq '.[0].ifindex')
	mkdir -p "$dir/conf.d"
	printf '[main]\nplugins=keyfile\ndns=none\nrc-manager=unmanaged\nno-auto-default=*\n[keyfile]\npath=%s\nunmanaged-devices=%s\n' \
		"$dir" "*,except:interface-name:$1" >"$dir/nm.conf"
	own_run
	bus_start h "$dir/bus"
	BUS=$SPAWNED
	spawn_to "$T/networkmanager.log" in_host h unshare --mount env DBUS_SYSTEM_BUS_ADDRESS="unix:path=$dir/bus" \
		LD_LIBRARY_PATH="$UNPACKED/libndp0/usr/lib/$(uname -m)-linux-gnu" sh -c 'mount -t sysfs -o ro sysfs /sys &&
		mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/NetworkManager && exec "$0" "$@"' \
		"$UNPACKED/network-manager/usr/sbin/NetworkManager" --no-daemon --config "$dir/nm.conf" --config-dir "$dir/conf.d" \
		--pid-file "$dir/pid" --state-file "$dir/state"
	NETWORKMANAGER=$SPAWNED
	wait_until 60 in_host h grep -qs '^managed=true' "/run/NetworkManager/devices/$index" ||
		{ tail -40 "$T/networkmanager.log"; return 1; }
}
networkmanager_ends() {
	kill "$NETWORKMANAGER"
	wait "$NETWORKMANAGER" 2>/dev/null || true
	kill "$BUS"
	wait "$BUS" 2>/dev/null || true
	own_run_ends
}

# ---- ways ----

rp-filter.rule() { # a VPN's rule leads what is for one container elsewhere, and what comes from it is not believed
	pair web "$FAR:80/tcp"
	by set_value host net/ipv4/conf/blue0/rp_filter 1
	by vpn_rule to 10.61.0.2
	back vpn_rule_ends to 10.61.0.2
	back set_value host net/ipv4/conf/blue0/rp_filter 0
}
route-overlap.rule() { # the same, believed
	pair web "$FAR:80/tcp"
	by vpn_rule to 10.61.0.0/24
	back vpn_rule_ends to 10.61.0.0/24
}
vpn_rule() { # SELECTOR…: by the VPN
	wg_comes
	in_host h ip addr add 10.99.0.1/24 dev wg0
	in_host h ip route add default dev wg0 table 99
	in_host h ip rule add "$@" lookup 99
}
vpn_rule_ends() {
	in_host h ip rule del "$@" lookup 99
	in_host h ip link del wg0
}
rules-drop.all() {
	pair web "$FAR:80/tcp"
	by foreign host inet filter forward 0 'iifname "blue0" drop'
	back foreign_ends host inet
}
rules-drop.all-bridged() { # bridge-nf-call-iptables is 1: rules for what is routed see what is bridged
	pair web db:80/tcp
	by foreign host ip filter forward 0 'iifname "blue0" oifname "blue0" drop'
	back foreign_ends host ip
}
rules-reject.all() {
	pair c "$FAR:80/tcp"
	by foreign host inet filter forward 0 'iifname "red0" reject'
	back foreign_ends host inet
}
bridge-rules.all() {
	pair web db:80/tcp
	by foreign host bridge filter forward 0 "ip saddr 10.61.0.0/24 drop"
	back foreign_ends host bridge
}
netdev-rules.all() {
	pair web db:80/tcp
	by foreign host netdev filter "ingress device ${HOST_LINK[web]}" 0 "ip protocol tcp drop; ip protocol udp drop"
	back foreign_ends host netdev
}

# ---- what doctor says ----

doctor_json() { netctl doctor --state-dir "$T/h/state" --format json "$@"; }
codes_said() { jq -r '[.Findings[].Code] | unique | join(" ")' <<<"$1" 2>/dev/null || echo "no JSON: $1"; }

# With SAVE_REPORTS=DIRECTORY what is said of each is written there, for doctor_screens.bats; the host's ends of pairs and MACs get
# names that stay.
save_report() { # NAME REPORT
	local name script=() n=0 mac
	[[ -n ${SAVE_REPORTS:-} ]] || return 0
	for name in "${!HOST_LINK[@]}"; do script+=(-e "s/${HOST_LINK[$name]}/v-$name/g"); done
	for mac in $(grep -oE '([0-9a-f]{2}:){5}[0-9a-f]{2}' <<<"$2" | sort -u); do
		n=$((n + 1))
		script+=(-e "s/$mac/$(printf '02:00:00:00:00:%02x' "$n")/g")
	done
	mkdir -p "$SAVE_REPORTS"
	jq '.TookMilliseconds = 12.3 | .Repaired = []' <<<"$2" | sed "${script[@]}" -e "s/$P-//g" >"$SAVE_REPORTS/$1"
}

# What belongs to others, and must be as it was after --fix.
of_others() {
	in_host h nft -s list ruleset | sed '/^table inet netd {/,/^}/d'
	in_host h ip route show table all | grep -vE ' dev (blue0|red0|inner0|apart0)( |$)'
	in_host h cat /etc/resolv.conf /etc/hosts
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
	[[ ${#ASKS[@]} -eq 0 ]] || asked 5000 >/dev/null # what nobody asks nobody finds dead
	said=$(doctor_json 2>&1) || true
	save_report "$function" "$said"
	[[ " $(codes_said "$said") " == *" $code "* ]] || {
		echo "doctor says \"$(codes_said "$said")\", and not $code"
		jq -r '.Findings[] | "\(.State)\t\(.Places | join(","))\t\(.Say)"' <<<"$said" 2>/dev/null
		status=1
	}
	[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
	[[ $1 != +* ]] || is_fixed || status=1
	run_each "${BACK[@]}" || status=1
	return "$status"
}

# By --fix what is netd's is whole again, and nothing else is touched.
is_fixed() {
	local before said
	wait_until 60 links_are_settled || return
	before=$(of_others)
	wait_until 30 fix_mends || {
		said=$(doctor_json --fix 2>&1) || true
		echo "after --fix doctor still says \"$(codes_said "$said")\""
		return 1
	}
	[[ ${#PAIR[@]} -eq 0 ]] || wait_until 30 works || { echo "after --fix ${PAIR[*]} sees \"$(asked 5000)\""; return 1; }
	is_told_of_repair || return
	diff <(echo "$before") <(of_others) || { echo "--fix touched what is not netd's"; return 1; }
}
# After the uplink has come up the kernel gives it its link-local address, when it has time to and nobody else has the address. And the
# routes of a new bridge say that it has no carrier when the kernel has found that out.
links_are_settled() {
	in_host h ip -6 addr show dev up0 scope link -tentative | grep -q inet6 &&
		! in_host h ip -o link show type bridge | grep -q 'state UNKNOWN'
}
fix_mends() { # and a second look finds nothing, neither this nor anything that came of it
	doctor_json --fix >/dev/null || true
	[[ -z $(codes_said "$(doctor_json || true)") ]]
}
# What was repaired last, and when.
is_told_of_repair() {
	doctor_json | jq -e --argjson now "$(date +%s)" '.Repaired[0] | (.What | length > 0) and
		($now - (.Time | sub("\\.[0-9]+"; "") | fromdate) | . > -5 and . < 600)' >/dev/null || {
		echo "what was repaired is not told: $(doctor_json | jq -c .Repaired)"
		return 1
	}
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
