# guard.bash - keeps tests, the demo and the benchmarks out of the machine's own network namespace
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests/system/lib.bash (and so by tests/runtimes/lib.bash), scripts/demo, scripts/demo-cluster and scripts/bench. Whatever enters a
# namespace does so through "${GUARD[@]}", which looks once more where it is before it becomes the program:
#
#	nsenter --net="/run/netns/$ns" -- "${GUARD[@]}" netd …
#
# A wrong pid, a holder that is gone or a variable that is empty then ends with 97 and a sentence, and not with a
# firewall loaded into the machine.
#
# The machine's namespace is the one in which the first script of a run started: NETD_MACHINE_NS is the path of that
# process's. Pid 1's is refused too where it can be seen; even root may not. A NETD_MACHINE_NS that is
# not there counts as the machine's own.

export NETD_MACHINE_NS=${NETD_MACHINE_NS:-/proc/$$/ns/net}
IN_OWN_NETNS='[ -e "$NETD_MACHINE_NS" ] && ! [ /proc/self/ns/net -ef "$NETD_MACHINE_NS" ] &&
	! [ /proc/self/ns/net -ef /proc/1/ns/net ]'
GUARD=(sh -c "$IN_OWN_NETNS"' || { echo "refused in the network namespace of the machine: $*" >&2; exit 97; }; exec "$@"' guard)

# pids_in NAME: what runs in a namespace of `ip netns`, for killing it; nothing when that is the machine's or this shell's.
pids_in() {
	local file=/run/netns/$1
	[[ -n $1 && -e $NETD_MACHINE_NS && -e $file ]] || return 0
	[[ ! $file -ef $NETD_MACHINE_NS && ! $file -ef /proc/1/ns/net && ! $file -ef /proc/self/ns/net ]] || return 0
	command ip netns pids "$1" 2>/dev/null || true
}

# guarded COMMAND…: by its path, in the namespace this shell is in.
guarded() { "${GUARD[@]}" "$@"; }

# What a test calls by its bare name, without a namespace in front. (Not ip: a function in the background is a shell.)
nft() { guarded nft "$@"; }
sysctl() { guarded sysctl "$@"; }
