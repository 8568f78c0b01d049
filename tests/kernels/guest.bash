# guest.bash - the second half of the boot, and what is tried on a kernel that is not the machine's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs as the first process, on a root that is the machine's with a memory above it. Each breakage is that of
# tests/system/explain: made, told, repaired. Lines that begin with "@" are for scripts/check-kernels.

parameter() { sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
say() { echo "@ $*"; }
end() { # without a wait for anybody
	sync
	sleep 1 # the console is slower
	echo o >/proc/sysrq-trigger
	sleep 60
}
trap end EXIT

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
NETD_BUILD=$(parameter build) MODULES=$(parameter modules)
export NETD_BUILD
cd "$(parameter tree)" || exit
mount -t tmpfs run /run
mkdir -p /dev/pts /dev/shm /run/netns /lib/modules
ln -s /proc/self/fd /dev/fd
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs modules /lib/modules
mkdir "/lib/modules/$(uname -r)"
mount --bind "$MODULES" "/lib/modules/$(uname -r)"
mount --make-rshared /
ip link set lo up

# What the kernel's own loader would find by itself, and what it looks for by no name that leads there.
for module in bridge br_netfilter veth nf_tables nf_conntrack nft_ct nft_nat nft_masq nft_fib_inet nft_reject_inet nf_nat \
	xfrm_user sch_ingress cls_bpf act_bpf inet_diag tcp_diag udp_diag unix_diag; do
	modprobe -q "$module" || say "lacks module $module"
done

export NETD_MACHINE_NS=/proc/$$/ns/net BATS_TEST_DIRNAME=$PWD/tests/system/explain
T=$(mktemp -d)
source tests/system/lib.bash
source tests/system/explain/world.bash
source tests/system/explain/breakages.bash
# Patience is for a processor, and not for one that is emulated beside other work.
eval "native_$(declare -f wait_until)"
wait_until() { native_wait_until $(($1 * 10)) "${@:2}"; }

# Whatever fails while the world is made ends it.
no_world() {
	say "FAILED  the world is made"
	{ tail -20 "$T/world.out"; say_log h; } | sed 's/^/@         /'
	say "ended"
	end
}
trap no_world EXIT
set -e
explain_world >"$T/world.out" 2>&1
set +e
trap end EXIT
sed -n 's/^netd: warning: /@ lacks /p' "$T/h/netd.log"
# Those that are asked for, or a word of each list of breakages for all of it.
for function in $(tr , ' ' <<<"$(parameter breakages)"); do
	if try_breakage "$function" >"$T/try.out" 2>&1; then
		say "ok      $function"
	elif grep -q '^failed: ' "$T/try.out" && ! grep -q '^explain says' "$T/try.out"; then
		say "lacks   $function: it cannot be made here: $(grep -v '^failed: ' "$T/try.out" | head -1)"
	elif grep -q '^broken, .* sees "answered' "$T/try.out"; then
		say "lacks   $function: what breaks it is taken and does nothing here"
	else
		say "FAILED  $function"
		sed 's/^/@         /' "$T/try.out"
	fi
done

# The tracer is to see one connection leave web and arrive at db.
netns_inode() { stat -Lc %i "$(netns_of "$1")"; }
seen_by_tracer() { grep "\"Netns\":$(netns_inode "$1")\>" "$T/traced" | grep -q 10.61.0.3; }
tracer_sees() {
	local order
	mkfifo "$T/orders"
	spawn sh -c 'exec "$1" <"$2" >"$3"' tracer "$NETD_BUILD/netd-trace" "$T/orders" "$T/traced"
	exec {order}>"$T/orders"
	printf 'netns %s\n' "$(netns_inode web)" "$(netns_inode db)" >&"$order"
	echo go >&"$order"
	wait_until 60 grep -q '"Ready"' "$T/traced" || return
	! grep -m1 -o '"Lacks":.*' "$T/traced" || return
	reach 5000 web db:80/tcp
	wait_until 30 seen_by_tracer web && wait_until 30 seen_by_tracer db
}
if tracer_sees >"$T/try.out" 2>&1; then
	say "ok      the tracer"
else
	# In its own words, where it has any: a kernel may lack what it takes.
	say "$(grep -q Lacks "$T/try.out" && echo "lacks  " || echo "FAILED ") the tracer: $(head -1 "$T/try.out")"
	tail -5 "$T/traced" | sed 's/^/@         /'
fi
say "ended"
