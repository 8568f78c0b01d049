#!/usr/bin/env bats
# library.bats - libnetd as others build with it: installed, found by pkg-config, and spoken to a real netd
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup_file() {
	local root=$BATS_FILE_TMPDIR
	make -s -C "$BATS_TEST_DIRNAME/../.." B="${NETD_BUILD:-$BATS_TEST_DIRNAME/../../build}" PREFIX="$root" install >/dev/null
	cat >"$root/ensure.c" <<-'END'
		#include <netd.h>
		#include <stdio.h>

		int main(int argc, char **argv)
		{
			struct netd_client *netd;
			struct netd_error error;
			char *container;

			if (netd_open(NULL, &netd, &error) < 0 || netd_ensure(netd, argv[argc - 1], &container, &error) < 0)
				return printf("%s: %s\n", error.code, error.message), 1;
			return puts(container) < 0;
		}
	END
	# shellcheck disable=SC2046 # the flags are words
	PKG_CONFIG_PATH=$root/lib/pkgconfig gcc -std=c99 -pedantic -Wall -Wextra -Werror -o "$root/ensure" "$root/ensure.c" \
		$(PKG_CONFIG_PATH=$root/lib/pkgconfig pkg-config --cflags --libs netd)
}

ID=$(printf '%064d' 7)
AS=() # what runs it
ensure() { # NAME NETWORKS: the container in the namespace of that name
	in_host h "${AS[@]}" env NETD_HOST="unix://$(host_sock h)" LD_LIBRARY_PATH="$BATS_FILE_TMPDIR/lib" "$BATS_FILE_TMPDIR/ensure" \
		"{\"Id\": \"$ID\", \"Name\": \"web\", \"NetnsPath\": \"$(container_path "$1")\", \"Networks\": $2}"
}
networks() { jq -cS '.NetworkSettings.Networks | map_values(.IPAddress)' <<<"$1"; }

@test "a program of ten lines attaches a container, says so again, and connects what is missing" {
	local first more
	netctl network create --subnet 10.7.0.0/24 one >/dev/null
	netctl network create --subnet 10.8.0.0/24 two >/dev/null
	container_ns a >/dev/null
	first=$(ensure a '{"one": {}}')
	equals "$(networks "$first")" '{"one":"10.7.0.2"}'
	matches "$(in_c a ip -4 addr show eth0)" 'inet 10\.7\.0\.2/24'
	equals "$(networks "$(ensure a '{"one": {}}')")" '{"one":"10.7.0.2"}'
	equals "$(jq -r .Id <<<"$first")" "$ID"
	more=$(ensure a '{"one": {}, "two": {"IPAMConfig": {"IPv4Address": "10.8.0.9"}}}')
	equals "$(networks "$more")" '{"one":"10.7.0.2","two":"10.8.0.9"}'
	# the address that is asked for now is another one
	more=$(ensure a '{"one": {}, "two": {"IPAMConfig": {"IPv4Address": "10.8.0.10"}}}')
	equals "$(networks "$more")" '{"one":"10.7.0.2","two":"10.8.0.10"}'
	matches "$(in_c a ip -4 addr show eth1)" 'inet 10\.8\.0\.10/24'
}

@test "an interface that cannot have the address that is asked for now keeps the one it had" {
	local before
	netctl network create --subnet 10.7.0.0/24 one >/dev/null
	netctl network create --subnet 10.8.0.0/24 two >/dev/null
	container_ns a >/dev/null
	attach b --network two:ip=10.8.0.9
	before=$(ensure a '{"one": {}, "two": {"Aliases": ["db"]}}')
	fails_with 1 '^address-in-use: ' ensure a '{"one": {}, "two": {"IPAMConfig": {"IPv4Address": "10.8.0.9"}}}'
	# and one that could have it goes back when another cannot
	fails_with 1 '^address-in-use: ' ensure a '{"one": {"IPAMConfig": {"IPv4Address": "10.7.0.7"}}, "two": {"IPAMConfig": {"IPv4Address": "10.8.0.9"}}}'
	equals "$(networks "$(netctl inspect web | jq '.[0]')")" "$(networks "$before")"
	equals "$(netctl inspect web | jq -c '.[0].NetworkSettings.Networks.two.Aliases')" '["db"]'
	matches "$(in_c a ip -4 addr show)" 'inet 10\.8\.0\.2/24'
	matches "$(in_c a ip -4 addr show)" 'inet 10\.7\.0\.2/24'
}

@test "a container that starts again in another namespace is moved there" {
	container_ns a >/dev/null
	container_ns b >/dev/null
	ensure a '{"bridge": {}}' >/dev/null
	ensure b '{"bridge": {}}' >/dev/null
	in_c b ip link show eth0 >/dev/null
	refused in_c a ip link show eth0
	equals "$(netctl ps -q | wc -l)" 1
}

@test "a container is found by the id of its network, too" {
	local id
	id=$(netctl network create one)
	container_ns a >/dev/null
	ensure a '{"one": {}}' >/dev/null
	netctl network connect bridge web
	equals "$(networks "$(ensure a "{\"$id\": {}, \"${id:0:20}\": {}}")" | jq -c keys)" '["bridge","one"]'
}

@test "who cannot see whether a container is elsewhere takes nothing off it" {
	container_ns a >/dev/null
	container_ns b >/dev/null
	ensure a '{"bridge": {}}' >/dev/null
	netctl network create one >/dev/null
	netctl network connect one web
	# in a mount namespace of its own the paths of the containers are nowhere
	# shellcheck disable=SC2016 # the shell that is run expands it
	AS=(unshare --mount sh -c 'mount -t tmpfs none /run/netns && exec "$@"' sh)
	fails_with 1 '^container-in-use: ' ensure b '{"bridge": {}}'
	ensure a '{"bridge": {}, "one": {}}' >/dev/null
	equals "$(netctl inspect web | jq -c '.[0].NetworkSettings.Networks | keys')" '["bridge","one"]'
}

@test "what is in the way has a code and a sentence, and half of it does not stay" {
	container_ns a >/dev/null
	fails_with 1 '^network-not-found: network nosuch not found$' ensure a '{"nosuch": {}}'
	fails_with 1 '^invalid: the container must be a JSON object with Id and NetnsPath$' ensure a '{'
	ensure a '{"bridge": {}}' >/dev/null
	netctl network create one >/dev/null
	fails_with 1 '^network-not-found: network nosuch not found$' ensure a '{"bridge": {}, "one": {}, "nosuch": {}}'
	equals "$(netctl inspect web | jq -c '.[0].NetworkSettings.Networks | keys')" '["bridge"]'
	host_stop h
	fails_with 1 '^unavailable: cannot reach netd at unix://' ensure a '{"bridge": {}}'
	host_start h
}

@test "the library shows what netd.h declares, and nothing else" {
	local shown declared
	shown=$(nm -D --defined-only "$BATS_FILE_TMPDIR/lib/libnetd.so" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort)
	declared=$(grep -oP '^(int|void|char) \*?\Knetd_[a-z]+(?=\()' "$BATS_FILE_TMPDIR/include/netd.h" | sort)
	[[ -n $shown ]]
	equals "$shown" "$declared"
	equals "$(nm -D --defined-only "$BATS_FILE_TMPDIR/lib/libnetd.so" | awk '$2 != "T" && $2 != "A"')" ""
	# each code that netd sends has a name there
	equals "$(grep -oP '^#define NETD_CODE_\w+ "\K[^"]+' "$BATS_FILE_TMPDIR/include/netd.h" | grep -v records | sort)" \
		"$(grep -oP '\[ERROR_\w+\] = (\{ -E\w+, \d+, )?"\K[^"]+' "$BATS_TEST_DIRNAME/../../netd/base/error.c" | grep -vx records | sort)"
}

@test "after an install into the system programs find the library, and a package's install touches nothing of it" {
	local tree=$BATS_TEST_DIRNAME/../.. said
	printf '#include <netd.h>\nint main(void) { return !netd_quote(""); }\n' >"$T/quote.c"
	gcc -I"$BATS_FILE_TMPDIR/include" -o "$T/quote" "$T/quote.c" -L"$BATS_FILE_TMPDIR/lib" -lnetd
	said=$(make -s -C "$tree" -o all B="$NETD_BUILD" PREFIX="$T/root" install)
	matches "$said" "does not look for libraries in $T/root/lib"
	refused "$T/quote"
	# what follows has folders of its own where the loader has its settings
	cp -a /etc "$T/etc"
	mkdir "$T/aux"
	echo "$T/root/lib" >"$T/etc/ld.so.conf.d/netd-test.conf"
	cat >"$T/in" <<-'END'
		set -e
		mount --bind "$T/etc" /etc
		[ ! -d /var/cache/ldconfig ] || mount --bind "$T/aux" /var/cache/ldconfig
		before=$(md5sum </etc/ld.so.cache)
		make -s -C "$1" -o all B="$NETD_BUILD" DESTDIR="$T/package" PREFIX="$T/root" install
		test "$(md5sum </etc/ld.so.cache)" = "$before"
		test -e "$T/package/$T/root/lib/libnetd.so.0"
		! "$T/quote" 2>/dev/null
		make -s -C "$1" -o all B="$NETD_BUILD" PREFIX="$T/root" install
		"$T/quote"
	END
	said=$(T=$T unshare --mount sh "$T/in" "$tree")
	equals "$said" ""
}
