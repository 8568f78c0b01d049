#!/bin/bash
# ip-forward-on-and-off.sh - two that write 1 to ip_forward may both succeed, and nothing forwards
#
# One would guess: several programs that switch IPv4 forwarding on at the same moment do no harm. All want the same, each
# write(2) succeeds, and when ip_forward reads 1 then the host forwards.
# What happens: it may read 1 for good while no interface forwards and those to come will not either. To write 1 again
# changes nothing, for it is no change; a 0 in between helps. A writer that finds the lock of the interfaces (RTNL) taken
# puts the old value back and begins again. In between another one may read the 1, take it for what was there before, and
# store a 1 that nobody acts on; the first then finds it and has nothing left to do either.
# Where: net/ipv4/devinet.c, devinet_sysctl_forward().
# Here four processes write while a hundred interfaces are deleted with one message, which holds the lock for a while. That
# is tried 200 times at the most; in eleven runs on two busy processors it came within 1 to 31.
# Seen with Linux 6.18.44 (interfaces made by iproute2 6.1.0):
#   round 6: ip_forward 1, default 0, lo 0; after another 1: ip_forward 1, default 0, lo 0;
#   after 0 and 1: ip_forward 1, default 1, lo 1
# As root. 0: it is still so, 1: it has changed, 77: this machine cannot show it.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
packages=(iproute2=6.1.0-3)

cannot() {
	echo "cannot be shown here: $*" >&2
	exit 77
}
changed() {
	echo "changed: $*" >&2
	exit 1
}

if [[ ${1:-} != inside ]]; then
	[[ $(id -u) -eq 0 ]] || cannot "namespaces need root"
	[[ $(nproc) -gt 1 ]] || cannot "two have to write at the same moment, and there is one processor"
	script=$(realpath "$0") tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	cd "$tmp"
	apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}" >said 2>&1 ||
		cannot "${packages[*]}: $(tail -n 1 said)"
	for package in *.deb; do
		dpkg-deb -x "$package" .
	done
	PATH=$tmp/bin:$tmp/sbin:$PATH unshare --net bash "$script" inside
	exit
fi

ip link add probe type veth >said 2>&1 || cannot "no interface can be made: $(tail -n 1 said)"
met=$(
	python3 <<'END'
import os, subprocess, sys

ROUNDS, WRITERS, PAIRS = 200, 4, 50
SWITCH = "ip_forward"
CONF = ["conf/default/forwarding", "conf/lo/forwarding"]


def write(name, value):
    fd = os.open("/proc/sys/net/ipv4/" + name, os.O_WRONLY)
    os.write(fd, value)
    os.close(fd)


def read(name):
    with open("/proc/sys/net/ipv4/" + name) as file:
        return file.read().strip()


def state():
    return "ip_forward %s, default %s, lo %s" % (read(SWITCH), *map(read, CONF))


def is_there(link):
    with open("/proc/self/net/dev") as file:
        return link + ":" in file.read()


def wait(pid):
    if os.waitpid(pid, 0)[1] != 0:
        sys.exit("a write failed")


def write_together():
    start, go = os.pipe()
    writers = []
    for _ in range(WRITERS):
        pid = os.fork()
        if pid == 0:
            os.read(start, 1)
            write(SWITCH, b"1")
            os._exit(0)
        writers.append(pid)
    deleting = subprocess.Popen(["ip", "link", "del", "group", "7"])
    # Gone from the list, they are still to be taken apart, and the lock is held meanwhile.
    while is_there("held0") and deleting.poll() is None:
        pass
    os.write(go, b"." * WRITERS)
    for pid in writers:
        wait(pid)
    deleting.wait()
    os.close(start)
    os.close(go)


def switched_on():
    return "1" in map(read, CONF)


links = "".join("link add held%d group 7 type veth peer name other%d group 7\n" % (n, n) for n in range(PAIRS))
for n in range(1, ROUNDS + 1):
    write(SWITCH, b"0")
    subprocess.run(["ip", "-batch", "-"], input=links, text=True, check=True)
    write_together()
    if switched_on():
        continue
    said = "round %d: %s" % (n, state())
    write(SWITCH, b"1")
    said += "; after another 1: " + state()
    write(SWITCH, b"0")
    write(SWITCH, b"1")
    print(said + "; after 0 and 1: " + state())
    sys.exit()
END
) || cannot "the writers did not end as they should"
[[ -n $met ]] || changed "in 200 rounds forwarding was on each time when four had switched it on"
off="ip_forward 1, default 0, lo 0" on="ip_forward 1, default 1, lo 1"
[[ $met == "round "*": $off; after another 1: $off; after 0 and 1: $on" ]] || changed "$met"
echo "as stated, on Linux $(uname -r): $met"
