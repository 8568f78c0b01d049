# lib.bash - what the tests of the runtimes share: the hosts of tests/system, images, and a wait for nothing left
# SPDX-License-Identifier: GPL-2.0-or-later
source "$(dirname "${BASH_SOURCE[0]}")/../system/lib.bash"

# Ids of all containers netd knows, one a line.
netd_ids() { netctl_in "${1:-h}" ps -q; }
no_containers() { [[ -z $(netd_ids "${1:-h}") ]]; }

# Host ends of pairs and published ports that exist; empty when nothing is left behind.
left_behind() { # HOST
	links_of "$1" | grep -E '^nd[0-9a-f]{12}' || true
	in_host "$1" nft -j list ruleset |
		jq -r '.nftables[] | (.set // .map // empty) | select(.name | test("^(publish|open|self)")) | select(.elem) | .name'
}
nothing_left() { [[ -z $(left_behind "$1") ]] && no_containers "$1"; }
settled() { # HOST: within a moment nothing is left; what is, is shown
	wait_until 5 nothing_left "$1" || { left_behind "$1" && netctl_in "$1" ps && return 1; }
}

# An image of busybox as a tree: DIRECTORY/bin/* and the files runtimes expect.
busybox_tree() { # DIRECTORY
	local name
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,www}
	cp "$(command -v busybox)" "$1/bin/busybox"
	for name in sh sleep wget httpd nslookup ip ping cat hostname true nc; do
		ln -sf busybox "$1/bin/$name"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}
