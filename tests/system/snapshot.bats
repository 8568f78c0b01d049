#!/usr/bin/env bats
# snapshot.bats - one snapshot of all that netd knows and the kernel counts: GET /netd/v1/snapshot
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

snapshot() { # [PARTS]
	api_body GET "/netd/v1/snapshot${1:+?parts=$1}"
}

@test "a snapshot says what netctl, ip and nft say" {
	netctl network create --ipv6 n
	attach a --network n -p 8080:80
	snapshot >"$T/snap"
	cat "$T/snap"
	jq . "$T/snap"
	false
}
