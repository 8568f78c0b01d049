# kill.bash - the host of lib.bash without a netd of its own, and the walk on it
# SPDX-License-Identifier: GPL-2.0-or-later

KILL=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
COUNTS='^[a-z/-]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+$' # what the walk says of an operation: points before after neither

build_killer() { ${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -I"$KILL/../../../netd" -o "$1" "$KILL/killer.c"; }

# A host h, three namespaces to attach, and a script that becomes a program on the host.
walk_setup() {
	HOST_NAMES+=(h)
	host_ns h
	: >"$T/h/etc/resolv.conf" # what nobody here has is answered at once
	N_HOSTS=1
	local name
	for name in a b c; do container_ns "$name" >/dev/null; done
	{
		echo '#!/bin/bash'
		printf 'exec nsenter --net=%q --mount=%q -- ' "/run/netns/$P-h" "/proc/${HOLDER[h]}/ns/mnt"
		printf '%q ' "${GUARD[@]}"
		echo '"$@"'
	} >"$T/enter"
	chmod +x "$T/enter"
}

# walk KILLER OPTION… OPERATION…: what it says is in $T/walk.log.
walk() {
	local killer=$1 status=0
	shift
	spawn_to "$T/walk.log" $PYTHON -B -I -S "$KILL/walk.py" --dir "$T/h" --netns "/run/netns/$P-h" --build "$NETD_BUILD" \
		--killer "$killer" --holder "${HOLDER[h]}" --enter "$T/enter" \
		--containers "a=$(container_path a)" "b=$(container_path b)" "c=$(container_path c)" -- "$@"
	wait "$SPAWNED" || status=$?
	return "$status"
}
