#!/usr/bin/env bats
# transactions.bats - the table as the kernel holds it: complete, constant, owned, replaced as a whole
# SPDX-License-Identifier: GPL-2.0-or-later

load world.bash

setup_file() {
	export TOOL=$BATS_FILE_TMPDIR/nft_tool
	build_tool "$TOOL"
}

setup() {
	TMP=$BATS_TEST_TMPDIR
	W=nx$BASHPID
	H=$W-h
	ns_add "$H"
}

teardown() {
	[[ -z ${TOOL_PID:-} ]] || kill -9 "$TOOL_PID" 2>/dev/null || true
	ns_del_all "$W"
}

nft_h() { ip netns exec "$H" nft "$@"; }
n_rules() { nft_h -a list ruleset | grep -cE '# handle [0-9]+$' | awk '{ print $1 }'; }
can_own() { [[ $(tool "$H" owner --own) == "ok yes" ]]; }

@test "the listing is readable, and loading it again makes the same table" {
	tool "$H" "$NETS
$PORTS
strangers 4
strangers 6
reset"
	nft_h list ruleset >"$TMP/list"
	grep -q '"br-a" comment "a"' "$TMP/list"
	grep -q '"br-c" . "br-c" comment "c" : drop' "$TMP/list"
	grep -q 'tcp . 8080 comment "a1" : 10.1.0.2 . 80' "$TMP/list"
	grep -q '2001:db8::101 . tcp . 8181 comment "a1" : fd00:1::2 . 80' "$TMP/list"
	grep -q 'fd00:1::2 . fd00:1::2 comment "a1"' "$TMP/list"
	grep -q '10.1.0.0/24 comment "a"' "$TMP/list"
	grep -q 'drop comment "unpublished, or another network"' "$TMP/list"
	nft_h -c -f "$TMP/list"
	ns_add "$W-again"
	ip netns exec "$W-again" nft -f "$TMP/list"
	ip netns exec "$W-again" nft list ruleset | diff "$TMP/list" -
}

@test "what only the relay or an internal network could serve gives no element" {
	tool "$H" "$NETS
$PORTS
reset"
	nft_h list ruleset >"$TMP/list"
	none '::1 \. tcp|8085|(10\.4\.0\.2|fd00:4::2) \.|: (10\.4\.0\.2|fd00:4::2)' <"$TMP/list" # (where packets may come from is no service)
	nft_h list set inet netd masq4 | none '10\.4\.|10\.5\.'
	nft_h list set inet netd closed4 | none '10\.5\.'
	nft_h list set inet netd closed4 | grep -qE '10\.4\.0\.0/24'
}

@test "the number of rules is the same with no port and with 5000" {
	local before after
	tool "$H" "$NETS
reset"
	before=$(n_rules)
	tool "$H" "$NETS
ports 5000 10000 10.1.0.2 0
ports 5000 10000 fd00:1::2 0
reset"
	after=$(n_rules)
	[[ $before -gt 30 && $before -eq $after ]]
	[[ $(tool "$H" "count publish4
count open4
count publish6
count closed4") == $'ok 5000\nok 5000\nok 5000\nok 4' ]]
}

@test "20000 elements are added, replaced and deleted in one transaction each" {
	tool "$H" "$NETS
reset
clear
ports 10000 10000 10.1.0.2 0
add
add
delete
add
clear
ports 10000 30000 10.1.0.2 0
reset
reset"
	[[ $(tool "$H" "count publish4
count bridges") == $'ok 10000\nok 0' ]]
	nft_h list map inet netd publish4 | none 'tcp \. 10000 '
}

@test "adjacent subnets and the end of the address space come and go one by one" {
	tool "$H" "net n1 br-1 4=10.1.0.0/24 6=fd00:1::/64
net n2 br-2 4=10.1.1.0/24 6=fd00:1:0:1::/64
net n3 br-3 4=10.1.2.0/24 6=fd00:1:0:2::/64
net n4 br-4 4=255.255.255.0/24 6=ffff:ffff:ffff:ffff::/64
reset"
	[[ $(tool "$H" "count closed4
count masq6") == $'ok 4\nok 4' ]]
	nft_h get element inet netd closed4 '{ 255.255.255.255 }'
	nft_h get element inet netd closed6 '{ ffff:ffff:ffff:ffff::1 }'
	tool "$H" "net n2 br-2 4=10.1.1.0/24 6=fd00:1:0:1::/64
delete"
	tool "$H" "net n4 br-4 4=255.255.255.0/24 6=ffff:ffff:ffff:ffff::/64
delete"
	nft_h get element inet netd closed4 '{ 10.1.0.255 }'
	nft_h get element inet netd closed4 '{ 10.1.2.0 }'
	fails nft_h get element inet netd closed4 '{ 10.1.1.0 }' 2>/dev/null
	fails nft_h get element inet netd closed4 '{ 10.1.1.255 }' 2>/dev/null
	fails nft_h get element inet netd closed4 '{ 255.255.255.0 }' 2>/dev/null
	fails nft_h get element inet netd closed6 '{ fd00:1:0:1::1 }' 2>/dev/null
	tool "$H" "net n2 br-2 4=10.1.1.0/24 6=fd00:1:0:1::/64
add"
	nft_h get element inet netd closed4 '{ 10.1.1.0 }'
}

@test "an element that clashes or is missing is named, and nothing is changed" {
	tool "$H" "net a br-a 4=10.1.0.0/24
port first a tcp 0.0.0.0 8080 10.1.0.2 80
reset"
	run tool "$H" "net b br-b
only bridges 0 0
ports 1000 7500 10.1.0.9 0
add"
	[[ $status -ne 0 ]]
	[[ $output == *"error -17: adding elements: publish4 { tcp . 8080 : 10.1.0.9 . 8080 } (many) clashes"* ]]
	run tool "$H" "net z br-z 4=10.1.0.128/25
add"
	[[ $output == *"error -17: adding elements: closed4 { 10.1.0.128-10.1.0.255 } (z) clashes"* ]]
	run tool "$H" "ports 900 8000 10.1.0.2 80
only publish4 0 900
delete"
	[[ $output == *"error -2: deleting elements: publish4 { tcp . 8000 : 10.1.0.2 . 80 } (many) is not there"* ]]
	[[ $(tool "$H" "count publish4
count open4
count bridges") == $'ok 1\nok 1\nok 1' ]]
	[[ $(tool "$H" "net a br-a
net b br-b
present bridges 0
present bridges 1") == $'ok 1\nok 0' ]]
	# The same again is no clash.
	tool "$H" "net a br-a 4=10.1.0.0/24
port first a tcp 0.0.0.0 8080 10.1.0.2 80
add"
}

@test "an owned table cannot be flushed or deleted by others, outlives its owner and is claimed again" {
	can_own || skip "this kernel has no NFT_TABLE_F_PERSIST"
	tool_start "$H" --own
	tell "$NETS
$PORTS
reset"
	nft_h flush ruleset || true
	run nft_h delete table inet netd
	[[ $status -ne 0 ]]
	run nft_h flush table inet netd
	[[ $status -ne 0 ]]
	run nft_h add element inet netd bridges '{ "evil" }'
	[[ $status -ne 0 ]]
	tell "count publish4"
	[[ $ANSWER == "ok 4" ]]
	# A second owner is told who has it.
	run tool "$H" "reset" --own
	[[ $output == *"error -1: table inet netd belongs to another process (pid $TOOL_PID)"* ]]
	kill -9 "$TOOL_PID"
	wait "$TOOL_PID" || true
	tool "$H" "count publish4
$NETS
reset" --own >"$TMP/out"
	head -1 "$TMP/out" | grep -qx 'ok 4'
}

@test "a table that another version or an owner left in an incompatible shape is made anew" {
	nft_h -f - <<'EOF'
table inet netd {
	set bridges { type ipv4_addr; elements = { 10.0.0.1 }; }
	chain forward { type filter hook forward priority 5; policy drop; }
	chain old { type filter hook input priority 0; policy accept; counter; }
}
EOF
	tool "$H" "$NETS
reset" --own
	nft_h list table inet netd | none 'chain old|policy drop|10\.0\.0\.1'
	nft_h list table inet netd | grep -q '"br-a" comment "a"'
	# From owned to not owned, and back.
	tool "$H" "$NETS
reset"
	tool "$H" "$NETS
reset" --own
	tool "$H" "remove
remove"
	fails nft_h list table inet netd 2>/dev/null
}

@test "a base chain of another version does not stay behind" {
	tool "$H" "$NETS
reset"
	nft_h add chain inet netd stray '{ type filter hook forward priority 1; policy drop; }'
	tool "$H" "$NETS
reset"
	nft_h list table inet netd | none stray
}

@test "the administrator's chain keeps its rules when the table is reset" {
	tool "$H" "$NETS
reset"
	local n
	n=$(nft_h list chain inet netd forward | grep -c counter)
	nft_h add rule inet netd user-forward ip saddr 10.1.0.2 counter drop
	nft_h add rule inet netd forward counter
	nft_h add element inet netd bridges '{ "stray" }'
	tool "$H" "$NETS
reset"
	nft_h list chain inet netd user-forward | grep -q 'ip saddr 10.1.0.2 counter'
	nft_h list table inet netd | none stray
	[[ $(nft_h list chain inet netd forward | grep -c counter) -eq $n ]]
}

@test "the administrator's rules are checked, loaded into an owned table, and replaced as a whole" {
	cat >"$TMP/good.nft" <<'EOF'
define web = { 80, 443 }
ip saddr 192.0.2.9 tcp dport $web counter drop comment "no web for nine"
iifname @bridges ip6 daddr { fd00:9::/64, fd00:a::/64 } drop
ip saddr . tcp dport vmap { 10.9.9.9 . 25 : drop, 10.9.9.8 . 26-30 : accept }
EOF
	echo 'tcp dport 81 drop' >"$TMP/other.nft"
	echo 'this is not a rule' >"$TMP/bad.nft"
	tool_start "$H" --own
	tell "$NETS
reset
user $TMP/good.nft"
	nft_h list chain inet netd user-forward >"$TMP/loaded"
	grep -q 'ip saddr 192.0.2.9 tcp dport { 80, 443 } counter packets 0 bytes 0 drop comment "no web for nine"' "$TMP/loaded"
	grep -q 'iifname @bridges ip6 daddr { fd00:9::/64, fd00:a::/64 } drop' "$TMP/loaded"
	grep -q '10.9.9.8 . 26-30 : accept' "$TMP/loaded"
	run tell "user $TMP/bad.nft"
	[[ $output == *"error -22: nft refused the rules: $TMP/bad.nft:1:"*"Error: syntax error"* ]]
	run tell "user $TMP/missing.nft"
	[[ $output == *"error -22: nft refused the rules: "*"$TMP/missing.nft"* ]]
	tell "reset"
	nft_h list chain inet netd user-forward | diff "$TMP/loaded" -
	tell "user $TMP/other.nft"
	[[ $(nft_h list chain inet netd user-forward | grep -c drop) -eq 1 ]]
	# The same number of sets again and again: those that went are out of the way.
	tell "user $TMP/good.nft
user $TMP/good.nft
user-none"
	nft_h list chain inet netd user-forward | none drop
	run nft_h delete table inet netd
	[[ $status -ne 0 ]]
	[[ $(ip netns pids "$H" | wc -l) -eq 1 ]]
}

@test "a change by somebody else is noticed and one of our own is not" {
	tool_start "$H"
	tell "$NETS
reset
watch-open
clear
ports 100 10000 10.1.0.2 80
add
delete
watch 300"
	[[ $ANSWER == "ok quiet" ]]
	nft_h add table inet other
	nft_h add table ip netd
	tell "watch 300"
	[[ $ANSWER == "ok quiet" ]]
	nft_h add element inet netd bridges '{ "stray" }'
	tell "watch 25000"
	[[ $ANSWER == "ok touched" ]]
	tell "watch 200"
	[[ $ANSWER == "ok quiet" ]]
	nft_h flush chain inet netd forward
	tell "watch 25000"
	[[ $ANSWER == "ok touched" ]]
	nft_h flush ruleset
	tell "watch 25000"
	[[ $ANSWER == "ok touched" ]]
	# More than the socket holds: lost notes count as a change.
	tell "$NETS
reset"
	nft_h -f - < <(
		echo "add table inet other"
		echo "add set inet other s { type ipv4_addr; }"
		for ((i = 0; i < 60000; i++)); do echo "add element inet other s { 10.0.$((i / 256)).$((i % 256)) }"; done
	)
	tell "watch 25000"
	[[ $ANSWER == "ok touched" ]]
}

@test "the probe finds nothing missing and leaves nothing behind" {
	[[ $(tool "$H" probe) == "ok nothing missing" ]]
	[[ -z $(nft_h list ruleset) ]]
}

@test "without the capability the words say so" {
	run ip netns exec "$H" setpriv --bounding-set -all --inh-caps -all --reuid 65534 --regid 65534 --clear-groups \
		"$TOOL" <<<"probe"
	echo "$output"
	[[ $output == *"nftables cannot be used: Operation not permitted (CAP_NET_ADMIN is needed)"* ]]
}

@test "a reset under traffic loses no packet and breaks no connection" {
	local i sent received
	wire "$W-t" 0
	H=$W-t-h
	container "$W-t" a1 a 2
	tool "$H" "$NETS
$PORTS
reset"
	SERVERS=()
	# Eight megabytes are sent slowly enough to last through all resets, through the published port.
	ip netns exec "$W-t-a1" "$PYTHON" "$HERE/stream.py" serve 80 3>&- &
	wait_for 30 ip netns exec "$W-t-h" curl -gs --noproxy '*' -m 30 -o /dev/null "http://10.1.0.2:80/0"
	ip netns exec "$W-t-o" curl -gs --noproxy '*' -m 300 -o "$TMP/stream" "http://192.0.2.1:8080/3" &
	local stream=$!
	ip netns exec "$W-t-a1" ping -q -i 0.002 -c 1200 192.0.2.2 >"$TMP/ping4" &
	local ping4=$!
	ip netns exec "$W-t-a1" ping -q -i 0.002 -c 1200 2001:db8::2 >"$TMP/ping6" &
	local ping6=$!
	for ((i = 0; i < 40; i++)); do
		tool "$H" "$NETS
$PORTS
ports 2000 20000 10.1.0.2 80
reset
reset" >/dev/null
	done
	wait "$ping4"
	wait "$ping6"
	wait "$stream"
	grep -q '1200 packets transmitted, 1200 received, 0% packet loss' "$TMP/ping4"
	grep -q '1200 packets transmitted, 1200 received, 0% packet loss' "$TMP/ping6"
	[[ $(stat -c %s "$TMP/stream") -eq 8388608 ]]
}
