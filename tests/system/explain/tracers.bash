# tracers.bash - what a tracer needs, and what of it may not be left behind
# SPDX-License-Identifier: GPL-2.0-or-later

# What the tracer needs and only the kernel, or who started this, can give; everything else is a failure.
kernel_lacks() {
	local rights file=/sys/kernel/security/lockdown
	rights=0x$(awk '$1 == "CapEff:" { print $2 }' /proc/self/status)
	if [[ ! -r /sys/kernel/btf/vmlinux ]]; then
		echo "this kernel has no BTF"
	elif (((rights >> 38 & 3) != 3)); then
		echo "CAP_PERFMON and CAP_BPF were taken away"
	elif [[ -r $file ]] && grep -qF '[confidentiality]' "$file"; then
		echo "the kernel is locked down"
	fi
}

# How many of the tracer's programs a process holds; with "orphaned", those that no process holds, for others may trace meanwhile.
programs() { # PID|orphaned
	$PYTHON -I -S -c '
import ctypes, glob, os, platform, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
call = {"x86_64": 321, "aarch64": 280}[platform.machine()]
NEXT_ID, FD_BY_ID, INFO_BY_FD = 11, 13, 15

def bpf(command, attr):
    return libc.syscall(call, command, attr, 128)

def name_of(program):
    fd = bpf(FD_BY_ID, ctypes.create_string_buffer(struct.pack("=III", program, 0, 0), 128))
    if fd < 0:  # gone meanwhile
        return b""
    info = ctypes.create_string_buffer(256)
    bpf(INFO_BY_FD, ctypes.create_string_buffer(struct.pack("=IIQ", fd, 256, ctypes.addressof(info)), 128))
    os.close(fd)
    return info.raw[64:80].rstrip(b"\0")  # struct bpf_prog_info: name

names, last = [], 0
while True:
    attr = ctypes.create_string_buffer(struct.pack("=III", last, 0, 0), 128)
    if bpf(NEXT_ID, attr) < 0:
        break
    last = struct.unpack_from("=I", attr.raw, 4)[0]
    names.append((last, name_of(last)))
held = set()
orphaned = sys.argv[1] == "orphaned"
for path in glob.glob("/proc/%s/fdinfo/*" % ("[0-9]*" if orphaned else sys.argv[1])):
    try:
        with open(path) as file:
            held.update(int(line.split()[1]) for line in file if line.startswith("prog_id:"))
    except OSError:  # gone meanwhile
        pass
print(sum(name == b"netd_trace" and (number in held) != orphaned for number, name in names))' "$1"
}

tables_of_trace() { for ns in $(own_namespaces); do ip netns exec "$ns" nft list tables; done | grep netd-trace; }

# What a tracer and a probe could leave behind, on the host and in the two containers.
state_of_world() {
	local where
	for where in host web db; do
		within "$where" nft --stateless list ruleset
		within "$where" sh -c 'cd /proc/sys/net && grep -r . ipv4/conf ipv4/ip_forward ipv6/conf bridge 2>/dev/null | sort'
		within "$where" ip -d -o link | grep -o '^[0-9]*: [^:]*\|mtu.*link/\|promiscuity [0-9]*'
		within "$where" tc qdisc show
		within "$where" ss -Hltn
	done
	ip netns list | grep "^$P-" | sort
	find "$T/h" -not -path '*.db*' | sort
}

# The kernel works out a moment later that a new bridge has no carrier.
no_new_bridge() { ! within host ip -o link show type bridge | grep -q 'state UNKNOWN'; }
note_world() {
	wait_until 50 no_new_bridge
	state_of_world >"$T/before"
}

# Tracers are children of the process that netd has for them.
no_program_below() { # PID
	local pid
	for pid in $(children_below "$1"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != netd-trace || $(programs "$pid") -eq 0 ]] || return 1
	done
}
no_table_of_trace() { [[ -z $(tables_of_trace) ]]; }
no_program() { [[ $(programs orphaned) -eq 0 ]]; }
same_as_before() {
	state_of_world >"$T/after"
	diff "$T/before" "$T/after" >"$T/diff"
}
# Those of this test alone: others may trace meanwhile.
children_below() { # PID
	local child
	for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		echo "$child"
		children_below "$child"
	done
}
# killed_one_of PID: of the program that the shell PID stands before, and of all below it, one is killed, or all of them. The shell
# is held first: it starts nothing that nobody has seen.
killed_one_of() {
	local first each=() victim
	kill -STOP "$1" 2>/dev/null || true
	until grep -q '^State:[[:space:]]*[TZ]' "/proc/$1/status" 2>/dev/null || [[ ! -e /proc/$1 ]]; do :; done
	first=$(cat "/proc/$1/task/$1/children" 2>/dev/null || true)
	mapfile -t each < <(children_below "$1")
	victim=$((RANDOM % (${#each[@]} + 1)))
	echo "$1 ${each[*]}" >>"$T/killed"
	if ((victim == ${#each[@]})); then
		kill -9 "${each[@]}" 2>/dev/null || true
	else
		kill -9 "${each[$victim]}" 2>/dev/null || true # it may have gone by itself, as helpers do
	fi
	# Whoever it was, the program ends, too: what it has started must go by itself.
	# shellcheck disable=SC2086 # one, or none yet
	kill -9 $first "$1" 2>/dev/null || true
}
killed_below() { # PID: whether there was anything to kill
	local all
	all=$(children_below "$1")
	[[ -n $all ]] || return 1
	# shellcheck disable=SC2086 # several
	echo $all >>"$T/killed"
	# shellcheck disable=SC2086
	kill -9 $all "$1" 2>/dev/null || true
}
no_tracer() {
	local pid
	for pid in $(cat "$T/killed"); do
		[[ ! -e /proc/$pid || $(cat "/proc/$pid/comm" 2>/dev/null) != netd-* ]] || return 1
	done
}
