# with.bash - changes of a firewall: said before they are made, then made, and compared
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A change is a function, as a breakage is (breakages.bash), and try_change does what it says:
#
#	set-element() {
#		pair web db:80/tcp					who asks whom
#		given in_host h nft 'table inet corp { … }'		what is there before; several are done in order
#		file 'add element inet corp bad { 10.61.0.2 }'		what is to be loaded
#		says unreachable rules-drop				what is to come of it
#	}

given() { GIVEN+=("${*@Q}"); }
file() { printf '%s\n' "$@" >"$T/with.nft"; }
says() { SAYS=$*; }

CHANGES=(drop-inserted whole-new whole-closed rule-deleted rule-replaced set-element includes vmap-changed xt-flushed
	xt-beside link-by-number ingress table-gone many-elements base-dormant anonymous-chain nat-led-away)

corp() { given in_host h nft "table inet corp { $1; }"; } # what a firewall of somebody else's has
FORWARD='chain forward { type filter hook forward priority 0; policy accept;'

drop-inserted() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD ct state established accept; }"
	file 'insert rule inet corp forward ip saddr 10.61.0.0/24 drop'
	says unreachable rules-drop
}
# What a file of a firewall begins with as a rule.
whole-new() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD iifname blue0 drop; }"
	file 'flush ruleset' "table inet corp { $FORWARD ct state established accept; iifname red0 drop; }; }"
	says reachable -
}
whole-closed() {
	pair web "$FAR:80/tcp"
	file 'flush ruleset' 'table inet corp {' 'chain forward { type filter hook forward priority 0; policy drop;' \
		'ct state established,related accept; iifname "red0" accept; }' '}'
	says unreachable rules-policy
}
# Numbers are what they are: a rule had gone before this one came.
rule-deleted() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD tcp dport 1 accept; tcp dport 2 accept; }"
	given in_host h nft delete rule inet corp forward handle 2
	given in_host h nft add rule inet corp forward ip saddr 10.61.0.0/24 drop
	given in_host h nft insert rule inet corp forward tcp dport 3 accept
	file 'delete rule inet corp forward handle 4'
	says reachable -
}
rule-replaced() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD tcp dport 1 accept; tcp dport 2 accept; }"
	file 'replace rule inet corp forward handle 3 ip saddr 10.61.0.0/24 reject' 'add rule inet corp forward index 0 tcp dport 4 accept'
	says unreachable rules-reject
}
set-element() {
	pair web "$FAR:80/tcp"
	corp "set bad { type ipv4_addr; flags interval; elements = { 10.9.0.0/16, 10.61.0.64/26, 10.61.0.9-10.61.0.11 }; }
		set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; elements = { 10.9.9.9 timeout 2h expires 1h }; }
		$FORWARD ip saddr @bad drop; update @seen { ip saddr counter }; }"
	file 'add element inet corp bad { 10.61.0.0/29 }'
	says unreachable rules-drop
}
includes() {
	pair web "$FAR:80/tcp"
	mkdir -p "$T/parts"
	echo "define nets = { 10.61.0.0/24, 10.62.0.0/24 }" >"$T/parts/nets.nft"
	echo 'iif $link ip saddr $nets counter drop' >"$T/parts/rule.nft"
	file "include \"$T/parts/nets.nft\"" 'define link = blue0' 'table inet corp {' "$FORWARD" \
		"include \"$T/parts/rule.nft\"" '}' '}'
	says unreachable rules-drop
}
vmap-changed() {
	pair web "$FAR:80/tcp"
	corp "map ways { type ifname : verdict; elements = { blue0 : accept, red0 : jump closed }; }
		chain closed { drop; }
		$FORWARD tcp dport vmap { 22 : jump closed, 1-9 : drop }; iifname vmap @ways; }"
	file 'delete element inet corp ways { blue0 }' 'add element inet corp ways { blue0 : goto closed }'
	says unreachable rules-drop
}
# Rules of iptables-nft, which nft(8) prints as comments: some can be told only by what stood for them.
iptables_rules() {
	given in_host h iptables-nft -N CORP
	given in_host h iptables-nft -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
	given in_host h iptables-nft -A FORWARD -m addrtype --dst-type UNICAST -i blue0 -j CORP
	given in_host h iptables-nft -A CORP -p tcp -m multiport --dports 79:81 -m comment --comment shut -j DROP
	given in_host h iptables-nft -t nat -A POSTROUTING -s 10.99.0.0/24 -p tcp -j MASQUERADE --to-ports 1024-2048
}
xt-flushed() {
	pair web "$FAR:80/tcp"
	iptables_rules
	file 'flush chain ip filter CORP' 'add rule ip filter CORP tcp dport 443 drop'
	says reachable -
}
xt-beside() {
	pair web "$FAR:80/tcp"
	iptables_rules
	file 'insert rule ip filter FORWARD ip saddr 10.99.0.0/16 accept' 'add rule ip filter FORWARD counter'
	says unreachable rules-drop
}
link-by-number() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD iif red0 drop; }"
	file 'add rule inet corp forward iif "blue0" oif != "blue0" drop'
	says unreachable rules-drop
}
ingress() {
	pair web db:80/tcp
	given in_host h nft "table netdev corp { chain c { type filter hook ingress device ${HOST_LINK[c]} priority 0; counter; }; }"
	file "table netdev corp { chain w { type filter hook ingress device \"${HOST_LINK[web]}\" priority 0; tcp dport 80 drop; }; }"
	says unreachable netdev-rules
}
table-gone() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD iifname blue0 drop; }"
	file 'delete table inet corp'
	says reachable -
}
# More than a picture holds: each is asked for, and there as well.
many-elements() {
	pair web "$FAR:80/tcp"
	corp "set many { type ipv4_addr . inet_service; flags interval; }; set plain { type inet_service; }
		$FORWARD ip saddr . tcp dport @many drop; tcp dport @plain drop; }"
	given many_elements
	file 'add element inet corp many { 10.61.0.2-10.61.0.3 . 79-81 }'
	says unreachable rules-drop
}
many_elements() {
	{
		seq -f 'add element inet corp plain { %.0f }' 30000 35000
		seq -f 'add element inet corp many { 10.70.0.1 . %.0f }' 30000 31000
	} | in_host h nft -f -
}
base-dormant() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD iifname blue0 drop; }"
	file 'table inet corp { flags dormant; }'
	says reachable -
}
anonymous-chain() {
	pair web "$FAR:80/tcp"
	corp "$FORWARD iifname blue0 jump { tcp dport { 22, 443 } accept; tcp dport 80 drop; }; }"
	file "add rule inet corp forward iifname red0 jump { drop; }" 'insert rule inet corp forward iifname blue0 goto { counter; }'
	says reachable -
}
nat-led-away() {
	pair outside:192.0.2.1 192.0.2.10:8081/tcp
	file 'table ip corp { chain p { type nat hook prerouting priority -150; tcp dport 8081 dnat to 10.62.0.2:81; }; }'
	says unreachable dnat-taken
}

# ---- what is done with them ----

explain_with() { netctl explain --state-dir "$T/h/state" --format json --with "$T/with.nft" "$@"; }
code_of() { jq -r '"\(.Verdict) \(.Code // "-")"' <<<"$1"; }
# The host's ruleset with all numbers. Counters go on by themselves, and so do times that run out.
numbered() { in_host h nft -a list ruleset | sed -E 's/packets [0-9]+ bytes [0-9]+//g; s/expires [0-9a-z]+//g'; }

described_change() { # FUNCTION
	GIVEN=() SAYS=
	"$1"
}
# Whether what was said beforehand is what is said and seen afterwards.
try_change() { # FUNCTION
	local said now before status=0
	described_change "$1"
	run_each "${GIVEN[@]}" || return
	before=$(numbered)
	said=$(explain_with "${PAIR[@]}" 2>&1) || true
	[[ $(numbered) == "$before" ]] || { echo "the ruleset is not what it was"; diff <(echo "$before") <(numbered); status=1; }
	[[ $(jq -r .With <<<"$said") == "$T/with.nft" ]] || { echo "no word of the file: $said"; status=1; }
	in_host h nft -f "$T/with.nft" || { echo "nft does not load it"; status=1; }
	now=$(explain_json "${PAIR[@]}" 2>&1) || true
	if [[ $(code_of "$said") != "$SAYS" || $(code_of "$now") != "$SAYS" ]]; then
		echo "said \"$(code_of "$said")\", then it is \"$(code_of "$now")\", and it has to be \"$SAYS\""
		told_in_short "$said"
		echo "---"
		told_in_short "$now"
		status=1
	fi
	connects_as_said "${SAYS%% *}" || status=1
	foreign_tables_end
	return "$status"
}

connects_as_said() { # VERDICT
	local limit=300 seen is=unreachable
	[[ $1 != reachable ]] || limit=5000
	seen=$(reach "$limit" "${PAIR[@]/outside:192.0.2.1/out}")
	[[ $seen != answered* ]] || is=reachable
	[[ $is == "$1" ]] || { echo "it is $1, and who connects sees \"$seen\""; return 1; }
}

foreign_tables_end() {
	local family name
	in_host h nft list tables | while read -r _ family name; do
		[[ $name == netd ]] || echo "delete table $family $name"
	done >"$T/end.nft"
	in_host h nft -f "$T/end.nft"
}
