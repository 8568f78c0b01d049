#!/usr/bin/env bats
# dns_forwarders.bats - containers that run a name server of their own, which asks netd's resolver
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() {
	setup_default
	upstream
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach web --network n
	attach f --network n
}

# Names as the forwarder on ADDRESS of container f gives them, each asked twice: the second answer is the cache's.
through() { in_c f dig @"$1" +tries=2 +time=15 "${@:2}"; }
answers_right() { # ADDRESS
	local again ip4 ip6
	ip4=$(ip4_of web n)
	ip6=$(ip6_of web n)
	for again in first again; do
		equals "$again $(through "$1" +short web)" "$again $ip4"
		equals "$again $(through "$1" +short web AAAA)" "$again $ip6"
		equals "$again $(through "$1" +short web.n)" "$again $ip4"
		matches "$again $(through "$1" +short -x "$ip4")" "$again web.n."
		equals "$again $(rcode "$(through "$1" nobody)")" "$again NXDOMAIN"
		equals "$again $(rcode "$(through "$1" nobody AAAA)")" "$again NXDOMAIN"
		equals "$again $(rcode "$(through "$1" nobody.n)")" "$again NXDOMAIN"
		equals "$again $(rcode "$(through "$1" web MX)")" "$again NOERROR"
		equals "$again $(through "$1" +short www.ok.test)" "$again 203.0.113.7"
		equals "$again $(through "$1" +short www.ok.test AAAA)" "$again 2001:db8:53::7"
		equals "$again $(rcode "$(through "$1" nx.ok.test)")" "$again NXDOMAIN"
	done
}
speaks() { through "$1" +time=1 +short localhost >/dev/null; }

@test "dnsmasq" {
	spawn_to "$T/dnsmasq.log" in_c f dnsmasq --keep-in-foreground --no-resolv --no-hosts --server=127.0.0.11 \
		--listen-address=127.0.0.1 --bind-interfaces --pid-file= --user=root --conf-file=/dev/null --log-facility=-
	wait_until 30 speaks 127.0.0.1
	answers_right 127.0.0.1
}

@test "unbound" {
	cat >"$T/unbound.conf" <<-EOC
	server:
	    interface: 127.0.0.1
	    do-not-query-localhost: no
	    chroot: ""
	    username: ""
	    directory: "$T"
	    pidfile: ""
	    use-syslog: no
	    local-zone: "31.10.in-addr.arpa." nodefault
	    local-zone: "test." nodefault
    local-zone: "10.in-addr.arpa." nodefault
	forward-zone:
	    name: "."
	    forward-addr: 127.0.0.11
	remote-control:
	    control-enable: no
	EOC
	spawn_to "$T/unbound.log" in_c f unbound -d -p -c "$T/unbound.conf"
	wait_until 30 speaks 127.0.0.1
	answers_right 127.0.0.1
}

@test "BIND" {
	mkdir "$T/named"
	cat >"$T/named.conf" <<-EOC
	options {
	    directory "$T/named"; pid-file none; session-keyfile none; lock-file none;
	    managed-keys-directory "$T/named"; dnssec-validation no;
	    listen-on { 127.0.0.1; }; listen-on-v6 { none; };
	    forwarders { 127.0.0.11; }; forward only; empty-zones-enable no;
	};
	controls { };
	EOC
	spawn_to "$T/named.log" in_c f named -g -n 1 -c "$T/named.conf"
	wait_until 30 speaks 127.0.0.1
	answers_right 127.0.0.1
}

RESOLVED=/usr/local/lib/netd-tests/systemd-resolved/lib/systemd/systemd-resolved # scripts/install-deps
# resolved DNSSEC: in a mount namespace where it has its user, its configuration and its own /run/systemd
resolved() {
	mkdir -p "$T/h/etc/systemd"
	grep -q '^systemd-resolve:' "$T/h/etc/passwd" ||
		echo "systemd-resolve:x:64244:64244::/:/usr/sbin/nologin" >>"$T/h/etc/passwd"
	printf '[Resolve]\nDNS=127.0.0.11\nDNSSEC=%s\nDomains=~.\nResolveUnicastSingleLabel=yes\nLLMNR=no\nMulticastDNS=no\n' \
		"$1" >"$T/h/etc/systemd/resolved.conf"
	spawn_to "$T/resolved.log" nsenter --net="$(container_path f)" --mount="/proc/${HOLDER[h]}/ns/mnt" -- "${GUARD[@]}" \
		unshare --mount sh -c "mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && exec env SYSTEMD_LOG_LEVEL=debug '$RESOLVED'"
	wait_until 30 speaks 127.0.0.53
}

@test "systemd-resolved that validates where it can" {
	resolved allow-downgrade
	equals "$(rcode "$(through 127.0.0.53 nx.first.test)")" NXDOMAIN
	answers_right 127.0.0.53
}
