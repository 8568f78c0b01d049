# drift.bats - what others change of netd's links, addresses, routes and sysctls is noticed and put right
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

repairs() { netctl system info --format '{{.Repairs}}'; }

# repaired COMMAND…: netd notices by itself, says what it found, and what the namespace has is as it was. The time it
# took is shown; it is 20 ms where nobody else wants the processor.
repaired() { # PATTERN COMMAND…
	local pattern=$1 before start lines
	shift
	before=$(state)
	lines=$(wc -l <"$T/h/netd.log")
	n=$((n + 1))
	start=${EPOCHREALTIME/./}
	"$@"
	wait_until 30 prints "$n" repairs || { echo "not noticed: $*"; return 1; }
	echo "# $(((${EPOCHREALTIME/./} - start) / 1000)) ms: $*"
	comes_back_to "$before" state
	matches "$(tail -n "+$((lines + 1))" "$T/h/netd.log")" "$pattern"
}

# Everything of H that is netd's, with the settings that others may change.
state() {
	ip -n "$P-h" -d -j link | jq -c '.[] | select(.ifname | test("^(up0|lo)$") | not) | [.ifname, .flags, .mtu, .master, .address, .ifalias,
		(.linkinfo.info_data | [.stp_state, .mcast_snooping, .nf_call_iptables, .no_linklocal_learn]?),
		(.linkinfo.info_slave_data | [.state, .isolated, .hairpin, .learning, .flood, .mcast_flood, .bcast_flood, .locked]?)]' | sort
	ip -n "$P-h" -j addr | jq -c '.[] | select(.ifname | test("^(up0|lo)$") | not) | [.ifname, (.addr_info[] | select(.scope == "global") | .local, .prefixlen)]' | sort
	ip -n "$P-h" route show table all | grep -E 'mybr|netd0' | grep -v broadcast | sed 's/ linkdown//' | sort
	ip -n "$P-h" -6 route | grep fd00:31 | sed 's/ linkdown//'
	bridge -n "$P-h" -j fdb show dev mybr | jq -r '.[].mac' | grep -v ^33: | sort
	in_host h sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv4.conf.mybr.forwarding \
		net.ipv4.conf.mybr.route_localnet net.ipv6.conf.mybr.disable_ipv6
}

two_on_a_network() {
	host_stop h
	in_host h sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	host_start h
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet fd00:31::/64 -o bridge=mybr n
	attach a --network n -p 8080:80
	attach b --network n
	port=$(ip -n "$P-h" -j link | jq -r '.[] | select(.ifalias == "a on n").ifname')
	mac=$(ip -n "$P-h" -j link show mybr | jq -r '.[0].address')
	n=$(repairs)
	wait_until 30 at_rest
}
# The kernel works out a moment later who has a carrier and who has none, and what is compared tells of it: ports have one, and a bridge
# without ports has none.
at_rest() {
	ip -n "$P-h" -j link | jq -e 'all(.[] | select(.ifname != "lo"); .operstate == "UP" or
		(.operstate == "DOWN" and .master == null and .ifname != "mybr"))' &&
		bridge -n "$P-h" -j link | jq -e 'all(.[]; .state == "forwarding")'
}

@test "bridges, ports, routes and bridge entries that somebody changed are put right, each counted once" {
	two_on_a_network
	serve a 80
	ip -n "$P-h" link add foreign0 address 02:00:00:00:00:f0 type bridge
	local H="ip -n $P-h"
	local B="bridge -n $P-h"
	repaired 'bridge mybr of network n was set down' $H link set mybr down
	repaired "port $port of container a on network n was set down" $H link set "$port" down
	repaired 'is out of its bridge' $H link set "$port" nomaster
	repaired 'is out of its bridge' $H link set "$port" master netd0
	repaired 'is out of its bridge' $H link set "$port" master foreign0
	repaired "port $port of container a on network n lost its alias" $H link set "$port" alias mine
	repaired 'is isolated' $B link set dev "$port" isolated on
	repaired 'is isolated' in_host h ip link set "$port" type bridge_slave isolated on
	repaired 'hairpin' $B link set dev "$port" hairpin off
	repaired 'other settings as a port' $B link set dev "$port" learning off flood off
	repaired 'other settings as a port' $B link set dev "$port" state 1
	repaired 'lost the route to its subnet' $H route del 10.31.0.0/24 dev mybr
	repaired 'lost the route to its subnet' $H route replace 10.31.0.0/24 via 192.0.2.1
	repaired 'lost the route to its subnet' $H -6 route del fd00:31::/64 dev mybr
	repaired 'lost the local route' $H route del local 10.31.0.1 dev mybr table local
	repaired 'lost the local route' $H route replace local 10.31.0.1 dev foreign0 table local
	lacks "$($H route show table local 10.31.0.1)" foreign0
	repaired 'lost the entry' $B fdb del "$mac" dev mybr self
	repaired 'another MTU' $H link set mybr mtu 1400
	repaired 'another MTU' $H link set "$port" mtu 1400
	repaired 'other options' $H link set mybr type bridge stp_state 1
	repaired 'other options' $H link set mybr type bridge no_linklocal_learn 0
	repaired 'another MAC' $H link set mybr address 02:00:00:00:00:01
	repaired 'alias' $H link set mybr alias mine
	repaired 'was renamed' $H link set mybr name yours
	repaired 'was renamed' $H link set "$port" name yours
	repaired 'lost its address' $H addr del 10.31.0.1/24 dev mybr
	repaired 'lost its link-local address' $H addr flush dev mybr scope link
	# each is counted by what it was, with its first and last time
	matches "$(netctl system info)" 'Bridges: 15, first 20.*Z, last 20.*Z$'
	equals "$(netctl system info --format '{{.Guard.Healed.Ports.Count}} {{.Guard.Healed.Rules.Count}}')" '12 0'
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	in_c b ping -6 -c1 -W10 -q fd00:31::1
	# with another address in its place: that one is somebody's, and stays
	$H addr del 10.31.0.1/24 dev mybr
	$H addr add 10.99.0.1/24 dev mybr
	wait_until 30 in_c b ping -c1 -W1 -q 10.31.0.1
	matches "$($H addr show mybr)" '10.99.0.1/24'
}

# As two leave it that switch it on at the same moment: it reads 1. The kernel tells of the 0 that was before, and here nobody.
on_for_nobody() {
	in_host h sysctl -qw net.ipv4.conf.default.forwarding=0 net.ipv4.conf.lo.forwarding=0
	api_body POST /netd/v1/resync >/dev/null
}

@test "sysctls that netd set are set again; what it did not set is said, once" {
	two_on_a_network
	repaired 'switched IPv4 forwarding off' in_host h sysctl -qw net.ipv4.ip_forward=0
	repaired 'switched IPv4 forwarding off' on_for_nobody
	equals "$(in_host h sysctl -n net.ipv4.conf.lo.forwarding net.ipv4.conf.default.forwarding | xargs)" "1 1"
	repaired 'switched IPv6 forwarding off' in_host h sysctl -qw net.ipv6.conf.all.forwarding=0
	repaired 'has forwarding switched off' in_host h sysctl -qw net.ipv4.conf.mybr.forwarding=0
	repaired 'lost route_localnet' in_host h sysctl -qw net.ipv4.conf.mybr.route_localnet=0
	repaired 'IPv6 switched off' in_host h sysctl -qw net.ipv6.conf.mybr.disable_ipv6=1
	# a host that forwarded before netd came
	host_stop h
	rm "$T/h/run/forwarding-ipv4"
	host_start h
	n=$(repairs)
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
	in_host h sysctl -qw net.ipv4.ip_forward=0
	said() { grep -q 'warn: the host does not forward IPv4: .*sysctl -w net.ipv4.ip_forward=1' "$T/h/netd.log"; }
	wait_until 30 said
	matches "$(netctl system info --format '{{index .Warnings 0}}')" 'does not forward IPv4'
	equals "$(in_host h sysctl -n net.ipv4.ip_forward)" 0
	# another comparison with everything says nothing again
	ip -n "$P-h" link set mybr mtu 1400
	wait_until 30 prints "$((n + 1))" repairs
	equals "$(grep -c 'does not forward IPv4' "$T/h/netd.log")" 1
	in_host h sysctl -qw net.ipv4.ip_forward=1
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
}

@test "a resync that finds nothing repairs nothing, and a dry one tells without repairing" {
	two_on_a_network
	differences() { api_body POST "/netd/v1/resync$1" | jq -c "$2"; }
	equals "$(differences '' '[.Differences, .Inside]')" '[[],[]]'
	equals "$(repairs)" "$n"
	# netd does not notice before it goes on
	kill -STOP "${NETD_PID[h]}"
	bridge -n "$P-h" link set dev "$port" isolated on
	ip -n "$P-h" route del 10.31.0.0/24 dev mybr
	spawn_to "$T/dry" curl -sS -m 30 --unix-socket "$(host_sock h)" -X POST 'http://netd/netd/v1/resync?dry=1'
	kill -CONT "${NETD_PID[h]}"
	wait_until 30 prints "$((n + 1))" repairs
	wait_until 30 grep -q Differences "$T/dry"
	equals "$(differences '' .Differences)" '[]'
	equals "$(repairs)" "$((n + 1))"
	# netd's own doings are no drift
	attach c --network n -p 8081:80
	netctl port rm c 8081:80
	netctl network disconnect n c
	netctl network connect n c
	netctl detach c
	netctl network create m
	netctl network rm m
	equals "$(differences '' .Differences)" '[]'
	equals "$(repairs)" "$((n + 1))"
	lacks "$(grep warn: "$T/h/netd.log" | grep -v 'container a on\|lost the route')" .
}

@test "what a container changes inside of itself is left alone, and told who asks" {
	two_on_a_network
	netctl network create --subnet 10.32.0.0/24 m
	netctl network connect m b
	in_c a ip link set eth0 down
	in_c a ip link set eth0 address 02:00:00:00:00:77
	in_c b ip addr flush dev eth0
	in_c b ip link set eth0 mtu 1300
	local inside
	inside=$(api_body POST /netd/v1/resync)
	equals "$(jq -c .Differences <<<"$inside")" '[]'
	matches "$(jq -r '.Inside[]' <<<"$inside")" 'container a, interface eth0: it was set down'
	matches "$(jq -r '.Inside[]' <<<"$inside")" 'container a, interface eth0: its MAC address is 02:00:00:00:00:77 now'
	matches "$(jq -r '.Inside[]' <<<"$inside")" 'container b, interface eth0: its address 10.31.0.3 was taken off'
	equals "$(repairs)" "$n"
	matches "$(in_c a ip link show eth0)" 'state DOWN'
	# one lost link does not bring back what was taken off another
	ip -n "$P-h" link del "$(ip -n "$P-h" -j link | jq -r '.[] | select(.ifalias == "b on m").ifname')"
	wait_until 30 in_c b ping -c1 -W1 -q 10.32.0.1
	lacks "$(in_c b ip addr show eth0)" 'inet '
}

@test "another MTU of the network bridge is for links to come: those that are there keep theirs, at both ends" {
	local before
	mtus_of() { ip -n "$P-h" -j link | jq -c --arg alias "$1 on bridge" '[.[] | select(.ifalias == $alias).mtu]'; }
	attach a
	attach b
	equals "$(mtus_of a)" '[1500]'
	host_stop h
	echo '{ "mtu": 1400 }' >"$T/h/etc/netd/netd.json"
	host_start h
	matches "$(ip -n "$P-h" link show netd0)" 'mtu 1400'
	before=$(repairs)
	attach c
	equals "$(mtus_of c)" '[1400]'
	matches "$(in_c c ip link show eth0)" 'mtu 1400'
	equals "$(api_body POST '/netd/v1/resync' | jq -c .Differences)" '[]'
	equals "$(repairs)" "$before"
	equals "$(mtus_of a)$(mtus_of b)" '[1500][1500]'
	in_c a ping -c1 -W10 -q -s 1472 -M do "$(ip4_of b)"
	# what somebody changes of one is put right with its own
	ip -n "$P-h" link set "$(ip -n "$P-h" -j link | jq -r '.[] | select(.ifalias == "a on bridge").ifname')" mtu 1400
	wait_until 30 prints '[1500]' mtus_of a
}

@test "a network's new name is on its bridge at once, and is no drift" {
	two_on_a_network
	equals "$(api_status PUT /netd/v1/networks/n '{"Name": "renamed"}')" 200
	equals "$(ip -n "$P-h" -j link show mybr | jq -r '.[0].ifalias')" 'netd network renamed'
	attach c --network renamed
	equals "$(api_body POST '/netd/v1/resync?dry=1' | jq -c .Differences)" '[]'
	equals "$(repairs)" "$n"
}

# What is left of a deleted bridge is that its containers have no way: it is back with all that it had.
@test "a bridge, a port or both that were deleted are back with their containers on them" {
	two_on_a_network
	serve a 80
	local before
	# the end of a pair that is made again has another MAC, which is nobody's concern
	picture() { state | sed -E 's/("mybr",)"(..:){5}.."/\1MAC/'; }
	before=$(picture)
	served() { [[ $(MAX_S=1 get_from b "http://10.31.0.1:8080/") == 'a from'* && $(MAX_S=1 get_from b "http://[fd00:31::1]:8080/") == 'a from'* ]]; }
	wait_until 30 served
	ip -n "$P-h" link del mybr
	comes_back_to "$before" picture
	wait_until 30 served
	ip -n "$P-h" link del "$port"
	wait_until 30 served
	ip -n "$P-h" link del mybr
	ip -n "$P-h" link del "$port" || true # it may hang on a new bridge already
	comes_back_to "$before" picture
	wait_until 30 served
	matches "$(cat "$T/h/netd.log")" 'bridge mybr of network n is missing'
}

# Whatever others do to the table where nobody owns it: kernels before 6.9, and here, where a table of the name that netd
# tries this with is somebody's already.
@test "a table of rules that others change is as it was, whatever they changed" {
	host_stop h
	in_host h nft add table inet netd-owner-probe
	host_start h
	two_on_a_network
	netctl network create --subnet 10.33.0.0/24 -o anti-spoof held
	attach c --network held
	equals "$(netctl system info --format '{{.TableOwned}}')" false
	serve a 80
	local before damage handle
	# without what counts
	rules() { in_host h sh -c 'nft -s list table inet netd && nft -s list table bridge netd' | sed '/set forged/,/}/d'; }
	before=$(rules)
	while IFS= read -r damage; do
		echo "$damage"
		handle=$(in_host h nft -j -a list chain inet netd direct | jq '[.nftables[].rule.handle // empty][0]')
		in_host h nft "${damage/HANDLE/$handle}"
		comes_back_to "$before" rules
	done <<-'END'
		flush ruleset
		delete table inet netd
		flush chain inet netd forward
		insert rule inet netd forward drop
		delete rule inet netd direct handle HANDLE
		chain inet netd forward { policy drop; }
		add chain inet netd mine { type filter hook forward priority 5; policy drop; }
		flush set inet netd sources4
		delete element inet netd bridges { mybr }
		add element inet netd internal { mybr }
		delete element inet netd publish4 { tcp . 8080 }
		delete table bridge netd
		flush set bridge netd speakers
		flush set bridge netd guarded
		insert rule bridge netd frames accept
	END
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	[[ $(netctl system info --format '{{.Guard.Healed.Rules.Count}}') -ge 15 ]]
}

# The same inside of containers, where nothing tells of it: netd looks once a second, and whenever it is asked.
@test "how a container is led to services is as it was, whatever others changed" {
	host_stop h
	in_host h nft add table inet netd-owner-probe
	host_start h
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet fd00:31::/64 blue
	netctl service create web --network blue --port 80:8080 --port 53/udp --ip 10.31.0.200
	attach a --network blue --service web
	attach b --network blue --service web
	attach client --network blue
	serve a 8080
	serve b 8080
	local before damage healed
	# Elements come in no order.
	led() { in_c client nft -s list table inet netd-services | tr ',' '\n' | sed 's/elements = //; s/[{} \t]//g; /^$/d' | sort; }
	healed() { netctl system info --format '{{.Guard.Healed.Rules.Count}}'; }
	differences() { api_body POST /netd/v1/resync | jq -c .Differences; }
	in_c client nft delete table inet netd-services
	wait_until 30 in_c client nft list table inet netd-services # made anew it has no chain that nobody needs
	matches "$(cat "$T/h/netd.log")" 'somebody changed how container client is led to services'
	before=$(led)
	healed=$(healed)
	while IFS= read -r damage; do
		echo "$damage"
		in_c client nft "$damage"
		differences >/dev/null # what the look within the second has not put right already
		equals "$(led)" "$before"
		healed=$((healed + 1))
		equals "$(healed)" "$healed"
	done <<-'END'
		delete table inet netd-services
		flush chain inet netd-services choose
		insert rule inet netd-services refuse drop
		insert rule inet netd-services one-of-2 accept
		flush map inet netd-services backends4
		flush map inet netd-services spread6
		add element inet netd-services addresses4 { 10.31.0.77 }
		add chain inet netd-services mine { type filter hook output priority 5; policy drop; }
		add table inet netd-services { flags dormant; }
	END
	matches "$(get_from client http://10.31.0.200/)" '^[ab] from'
	in_c client nft add table inet own
	in_c client nft add chain inet own out '{ type filter hook output priority 0; }'
	equals "$(differences)" '[]'
	netctl detach b
	equals "$(differences)" '[]'
	equals "$(healed)" "$healed"
}

@test "what was changed while netd was away is put right when it is back" {
	local H="ip -n $P-h" before inside
	two_on_a_network
	serve a 80
	$H link add foreign0 address 02:00:00:00:00:f0 type bridge
	inside() {
		in_c a ip -j addr show eth0 | jq -c '[.[0].addr_info[] | select(.scope == "global").local] | sort'
		in_c a ip route
		in_c a ip -6 route show default
	}
	before=$(state) inside=$(inside)
	host_stop h KILL
	$H link set mybr down
	$H link set mybr name yours
	$H link set yours mtu 1400
	$H link set yours alias mine
	$H link set "$port" master foreign0
	$H link set "$port" down
	$H link set "$port" alias mine
	in_host h sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv4.conf.yours.route_localnet=0
	in_c a ip addr del "$(ip4_in a)/24" dev eth0
	in_c b ip route del default
	in_c b ip -6 route del default
	host_start h
	comes_back_to "$before" state
	comes_back_to "$inside" inside
	in_c b ping -c1 -W10 -q 192.0.2.1
	in_c b ping -6 -c1 -W10 -q 2001:db8::1
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	matches "$(cat "$T/h/netd.log")" 'container a: interface eth0 lost an address: it gets it again'
	matches "$(cat "$T/h/netd.log")" 'container b lost its IPv4 default route: it gets it again'
	# once more, with what cannot be seen while there is somebody to hear of it
	host_stop h KILL
	$H link del mybr
	in_c a ip addr flush dev eth0
	in_c b ip route replace default via 10.31.0.200 # somebody's own, and stays
	host_start h
	comes_back_to "$before" state
	comes_back_to "$inside" inside
	matches "$(in_c b ip route)" 'default via 10.31.0.200'
	# an interface that the container set down, and ways of its own, are its own affair
	in_c a ip link set eth0 down
	in_c b ip route del default
	in_c b ip route add 0.0.0.0/1 via 10.31.0.200
	host_restart h KILL
	matches "$(in_c a ip link show eth0)" 'state DOWN'
	lacks "$(in_c b ip route)" default
}
ip4_in() { in_c "$1" ip -j -4 addr show eth0 | jq -r '.[0].addr_info[0].local'; }

@test "new names are on the ports at once, and are no drift" {
	two_on_a_network
	aliases() { ip -n "$P-h" -j link | jq -r '.[].ifalias // empty' | sort | xargs; }
	equals "$(aliases)" 'a on n b on n netd network bridge netd network n'
	equals "$(api_status PUT /netd/v1/networks/n '{"Name": "m"}')" 200
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Name": "c"}')" 200
	equals "$(aliases)" 'b on m c on m netd network bridge netd network m'
	equals "$(api_body POST '/netd/v1/resync?dry=1' | jq -c .Differences)" '[]'
	host_restart h
	equals "$(aliases)" 'b on m c on m netd network bridge netd network m'
	lacks "$(cat "$T/h/netd.log")" 'lost its alias'
}
