#!/usr/bin/env bats
# ui.bats - the page of netctl ui, driven in a browser, and its server asked by strangers
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

teardown() {
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || tail -n 20 "$T/ui" "$T/said" "$T/driver.log" 2>/dev/null || true
	teardown_default
}

# The page's address is in URL, its server's without the key in SERVER.
ui() {
	spawn_to "$T/ui" in_host h env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" ui --listen 127.0.0.1:0 "$@"
	UI_PID=$SPAWNED
	wait_until 30 grep -q '^http' "$T/ui"
	URL=$(<"$T/ui") SERVER=${URL%%\?*}
}
# With the machine's own /etc, which has fonts.
browser() { $EXEC nsenter --net="/run/netns/$P-h" -- "${GUARD[@]}" env HOME="$T" $PYTHON -I -S "$LIB/browser.py" "$T" "$@"; }
page() { in_host h curl -sS -m 30 "$@"; }
status_of() { page -o "$T/said" -w '%{http_code}' "$@"; }

@test "two clicks explain a pair, and an event changes the picture" {
	netctl network create blue
	attach web --network blue -p 8080:80
	attach db --network blue
	serve db 5432
	ui
	spawn_to "$T/said" browser open "$URL" click '[id="c:blue:web:eth0"]' click '[id="c:blue:db:eth0"]' \
		until 'return document.getElementById("verdict").dataset.verdict' \
		js 'return document.querySelector("#verdict h2").textContent' \
		type '#port' 81 click '[id="c:blue:web:eth0"]' click '[id="c:blue:db:eth0"]' \
		until 'return document.getElementById("verdict").dataset.verdict === "unreachable"' \
		until 'return document.querySelectorAll("#rates tr").length >= 2' \
		js 'return location.href' \
		js 'return document.querySelector("[id=\"p:0.0.0.0:8080:tcp\"]") !== null' \
		until 'return document.querySelector("[data-container=late]") !== null' \
		until 'return document.querySelector("[data-container=late]") === null' \
		until 'return document.getElementById("state").className === "lost"'
	wait_until 60 grep -q '^true$' "$T/said"
	attach late --network blue
	wait_until 60 has_seen 4
	netctl detach late
	wait_until 60 has_seen 5
	kill "$UI_PID"
	wait_until 60 has_seen 6
	cat "$T/said"
	equals "$(sed -n 4p "$T/said")" reachable
	equals "$(sed -n 5p "$T/said")" '"web -> db  WORKS  "'
	equals "$(grep -c "$(sed 's/.*key=//' <<<"$URL")" "$T/said" || true)" 0 # the key does not stay in the address
}
has_seen() { [[ $(grep -cE '^(True|true)$' "$T/said") -ge $1 ]]; }

@test "who comes by another name, from another page, without the key or with another method is refused" {
	netctl network create n
	ui
	equals "$(status_of "$URL")" 200
	equals "$(status_of "${SERVER}picture?${URL#*\?}")" 200
	grep -q '<svg' "$T/said"
	equals "$(status_of -H 'Host: evil.example' "$URL")" 403
	equals "$(status_of -H 'Host: 127.0.0.1.evil.example' "$URL")" 403
	equals "$(status_of -H "Host: evil.example:${SERVER//[!0-9]/}" "$URL")" 403
	equals "$(status_of -H 'Host: 127.0.0.1:1' "$URL")" 403
	equals "$(status_of "${SERVER}picture")" 403
	equals "$(status_of "${SERVER}picture?key=00000000000000000000000000000000")" 403
	equals "$(status_of -X POST -d x "$URL")" 405
	equals "$(status_of -X DELETE "$URL")" 405
	equals "$(status_of -b "netd-ui-$(port_of)=${URL#*key=}" "${SERVER}picture")" 200
	equals "$(status_of -b "netd-ui-$(port_of)=${URL#*key=}" -H 'Sec-Fetch-Site: cross-site' "${SERVER}explain?from=host&to=host")" 403
	equals "$(status_of "${SERVER}other?${URL#*\?}")" 404
	equals "$(status_of "${SERVER}explain?${URL#*\?}")" 400
	equals "$(status_of "${SERVER}explain?from=nobody&to=host&${URL#*\?}")" 404
	page -D "$T/head" -o /dev/null "$URL"
	grep -qi "^content-security-policy: default-src 'none'; script-src 'self';.*frame-ancestors 'none'" "$T/head"
	grep -qi '^set-cookie: .*HttpOnly; SameSite=Strict' "$T/head"
	! grep -qE 'https?://' "$LIB"/../../cli/ui/page.*
}
port_of() { sed -E 's,.*:([0-9]+)/,\1,' <<<"$SERVER"; }

@test "it listens where it is told to, says why it cannot, and ends when it is told to" {
	ui
	equals "$(in_host h ss -Hlnt | awk '{ print $4 }' | grep ":$(port_of)\$")" "127.0.0.1:$(port_of)"
	fails_with 1 'cannot listen there: Address already in use' netctl ui --listen "127.0.0.1:$(port_of)"
	fails_with 2 'is no address and port such as' netctl ui --listen localhost
	fails_with 2 'is no address and port such as' netctl ui --listen '[::1'
	kill "$UI_PID"
	wait_until 30 has_ended "$UI_PID"
	host_stop h
	fails_with 1 'cannot reach netd' netctl ui
}
