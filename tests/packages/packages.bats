# packages.bats - the packages in a fresh Debian that systemd has booted: what a person gets, keeps, and is rid of
# SPDX-License-Identifier: GPL-2.0-or-later
#
# NETD_TREE: the root of that Debian, with what the packages depend on in apt's cache; NETD_PACKAGES: the folder of the packages.
# Both by scripts/check-packages.

load ../system/lib
load ../system/boot
load ../system/loads

setup() {
	loads_are_there
	mkdir "$T/packages"
	cp "${NETD_PACKAGES:?}"/*.deb "$T/packages/"
	box_new "" "${NETD_TREE:?}"
	wait_until 30 addresses_are_checked # by the kernel, which then has routes to them
	before=$(picture)
}
in_wire() { nsenter --net="/run/netns/$P-h" -- "${GUARD[@]}" "$@"; }
addresses_are_checked() { [[ -z $(in_wire ip -o addr show tentative) && -n $(in_wire ip -o -6 addr show scope link) ]]; }
teardown() {
	[[ -z $BOX ]] || box_done
	teardown_default
}

boxctl() { in_box env NETD_HOST=unix:///run/netd/netd.sock netctl "$@"; }
# A container's namespace, which the box has; the programs are the machine's.
in_box_c() { $EXEC nsenter --net="/proc/$BOX/root/run/netns/$1" -- "${GUARD[@]}" "${@:2}"; }
apt_get() { in_box env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends "$@" >"$T/apt.log" 2>&1 || { cat "$T/apt.log"; return 1; }; }
install_all() { apt_get install "$T"/packages/{netd,libnetd0}_*.deb; }
netd_answers() { boxctl ps; }

# All of a host that netd may touch. Statistics, and what the kernel itself counts in a setting, are left out.
picture() {
	in_wire sh -c '
		ip -o link show | sed "s/ qdisc .*//"
		ip -o addr show | sed "s/ valid_lft.*//"
		ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
		nft list ruleset
		sysctl -a 2>/dev/null | grep "^net\." | grep -vE "nf_conntrack_count|\.stable_secret"'
	in_box sh -c 'find / -xdev \( -path /proc -o -path /sys \) -prune -o -name "*netd*" -print | grep -v "^$1\|netdev" | sort' sh "$T"
}

two_containers() {
	upstream
	in_box ip netns add web
	in_box ip netns add client
	boxctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	boxctl attach web --netns /run/netns/web --network n -p 9000:9000 -p 9000:9000/udp
	boxctl attach client --netns /run/netns/client --network n
	spawn in_box_c web $PYTHON -I -S "$T/steady.py" echo "$T/echo" 9000
	wait_until 30 test -e "$T/echo"
}
settings() { boxctl inspect web client | jq -S 'map(.NetworkSettings, .Name, .Id)' && boxctl network inspect n bridge | jq -S 'map(del(.Containers))'; }
address_of() { boxctl inspect "$1" | jq -r '.[0].NetworkSettings.Networks.n.IPAddress'; }

@test "installed, netd runs and is enabled, is trusted with what it needs only, and shows how to go on" {
	install_all
	equals "$(in_box systemctl is-active netd)" active
	equals "$(in_box systemctl is-enabled netd netd.socket netd-docker 2>&1 | xargs)" "enabled disabled disabled"
	equals "$(boxctl network ls -q | wc -l)" 3
	equals "$(in_box stat -c '%a %U %G' /var/lib/netd /run/netd/netd.sock | xargs)" "700 root root 660 root netd"
	equals "$(in_box find /var/lib/netd /run/netd -type f -perm /077)" ""
	equals "$(in_box systemd-analyze security --no-pager --threshold=40 netd >"$T/exposure" && echo low)" low
	matches "$(in_box ps -e -o comm=)" netd-resolver
	in_box dpkg --verify netd libnetd0
	for file in /usr/share/bash-completion/completions/netctl /usr/share/zsh/vendor-completions/_netctl \
		/usr/share/fish/vendor_completions.d/netctl.fish \
		/usr/share/man/man8/netd.8.gz /usr/share/man/man1/netctl.1.gz /usr/share/doc/netd/copyright /usr/lib/cni/netd-cni; do
		in_box test -e "$file" || { echo "$file is missing"; return 1; }
	done
	in_box systemctl restart netd
	wait_until 30 netd_answers
	[[ $(in_box journalctl --no-pager -u netd) != *[Ll]eft-over* ]]
	# A setting that is wrong is told in a sentence, and does not end in restarts without end.
	in_box sh -c 'echo "{ \"no-such\": 1 }" >/etc/netd/netd.json'
	in_box systemctl restart netd || true
	wait_until 60 netd_has_given_up
	matches "$(in_box journalctl --no-pager -o cat -u netd | tail -20)" 'no-such'
}
netd_has_given_up() { [[ $(in_box systemctl is-active netd) == failed ]]; }

# newer VERSION: the packages once more, with a version behind theirs
newer() {
	local file
	mkdir "$T/newer"
	for file in "$T"/packages/{netd,libnetd0}_*.deb; do
		dpkg-deb -R "$file" "$T/newer/tree"
		sed -i "s/^Version: .*/&+1/" "$T/newer/tree/DEBIAN/control"
		dpkg-deb --root-owner-group -Znone -b "$T/newer/tree" "$T/newer/$(basename "$file")" >/dev/null
		rm -r "$T/newer/tree"
	done
}

@test "upgraded under load it loses nothing, keeps what was set, and is the new one" {
	local version was pid
	install_all
	in_box sh -c 'echo "{ \"log-level\": \"debug\" }" >/etc/netd/netd.json'
	in_box systemctl reload netd
	two_containers
	was=$(settings)
	pid=$(box_netd)
	version=$(in_box dpkg-query -W -f '${Version}' netd)
	newer
	start_loads "in_box_c client" "$(address_of web)"
	apt_get install "$T"/newer/*.deb
	wait_until 30 netd_answers
	each_sent 30
	end_loads
	equals "$(in_box dpkg-query -W -f '${Version}' netd)" "$version+1"
	[[ $(box_netd) != "$pid" ]]
	equals "$(settings)" "$was"
	matches "$(in_box cat /etc/netd/netd.json)" 'log-level'
}

@test "removed, containers go on; installed again, netd knows them; purged, the host is as it was" {
	local was
	install_all
	two_containers
	was=$(settings)
	apt_get remove netd
	equals "$(in_box systemctl is-active netd || true)" inactive
	equals "$(echo hello | in_out timeout 60 socat -t 30 - "TCP4:$(host_addr h):9000")" hello
	install_all
	wait_until 30 netd_answers
	equals "$(settings)" "$was"
	apt_get purge netd libnetd0
	comes_back_to "$before" picture
}

@test "purged after it was removed, without a container, and twice: nothing is left" {
	install_all
	boxctl network create n
	apt_get remove netd libnetd0
	apt_get purge netd
	comes_back_to "$before" picture
	in_box dpkg --purge netd libnetd0
	comes_back_to "$before" picture
}

# page FILE TITLE: the indented lines of a section of docs/, pasted in the box, where build/deb/ has packages of $T/FOLDER
page() {
	local folder=$T/${3:-packages}
	mkdir -p "$T/clone/build"
	ln -sfn "$folder" "$T/clone/build/deb"
	awk -v title="## $2" '/^## / { on = ($0 == title) } on && sub(/^    /, "")' "$BATS_TEST_DIRNAME/../../docs/$1" >"$T/paste"
	[[ -s $T/paste ]]
	# Only what a package depends on is there to be had.
	in_box sh -c 'echo "APT::Install-Recommends \"false\";" >/etc/apt/apt.conf.d/99here'
	in_box env DEBIAN_FRONTEND=noninteractive sh -exc "cd '$T/clone' && . '$T/paste'" >"$T/pasted" 2>&1 || { cat "$T/pasted"; return 1; }
}

@test "the lines of docs/install.md follow from one another, and the last ones leave nothing" {
	page install.md Packages
	matches "$(cat "$T/pasted")" '^active$'
	matches "$(cat "$T/pasted")" 'bridge .*172\.17\.0\.0/16'
	page install.md Settings
	page install.md "Started by who calls first"
	matches "$(cat "$T/pasted")" 'bridge .*172\.17\.0\.0/16'
	page install.md "Away again"
	comes_back_to "$before" picture
}

@test "the lines of docs/upgrade.md, there and back, keep what runs" {
	local was
	install_all
	two_containers
	was=$(settings)
	newer
	page upgrade.md Steps newer
	matches "$(in_box dpkg-query -W -f '${Version}' netd)" '\+1$'
	equals "$(settings)" "$was"
	page upgrade.md "Back again"
	equals "$(settings)" "$was"
}
