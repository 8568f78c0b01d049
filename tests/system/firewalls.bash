# firewalls.bash - Debian's firewalld and ufw on a host of the tests: unpacked, never installed on the machine
# SPDX-License-Identifier: GPL-2.0-or-later
#
# scripts/install-deps has unpacked them. What was unpacked lies over the host's /usr, in its own mount namespace; /etc is
# the host's own anyway. The bus is the host's own too: a dbus-daemon that starts nothing by itself, on /run/dbus of that
# mount namespace.

UNPACKED=/usr/local/lib/netd-tests

# firewalls_host NAME: as host_new, without netd.
firewalls_host() {
	local name=$1 over=$T/$1/over package
	HOST_NAMES+=("$name")
	host_ns "$name"
	N_HOSTS=$((N_HOSTS + 1))
	# Beside /usr, for layers must not lie in one another.
	mkdir -p "$T/$name/dbus" "$over/usr/lib"
	for package in firewalld python3-firewall ufw; do
		cp -a "$UNPACKED/$package/." "$over/"
	done
	cp -a "$over/lib/ufw" "$over/usr/lib/"
	cp -a "$over/etc/." "$T/$name/etc/"
	cp -a "$over/usr/share/ufw/ufw.conf" "$over"/usr/share/ufw/iptables/*.rules "$T/$name/etc/ufw/"
	in_host "$name" sh -c "mount -t overlay overlay -o lowerdir='$over/usr:/usr' /usr &&
		mount --bind '$T/$name/dbus' /run/dbus"
}

bus_start() { # HOST [SOCKET]: that, or the usual one, which lies in the test's folder
	local socket=${2:-/run/dbus/system_bus_socket}
	cat >"$T/$1/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		<type>system</type><listen>unix:path=$socket</listen><auth>EXTERNAL</auth>
		<policy context="default">
		<allow user="*"/><allow own="*"/><allow send_type="*"/><allow receive_type="*"/>
		</policy>
		</busconfig>
	END
	spawn_to "$T/bus.log" in_host "$1" dbus-daemon --nofork --nopidfile --config-file="$T/$1/bus.conf"
	wait_until 30 test -S "${2:-$T/$1/dbus/system_bus_socket}"
}

# firewalld_start HOST: its pid is in FIREWALLD_PID.
firewalld_start() {
	spawn_to "$T/firewalld.log" in_host "$1" firewalld --nofork --nopid --log-file "$T/firewalld.messages"
	FIREWALLD_PID=$SPAWNED
	wait_until 60 in_host "$1" firewall-cmd --state
}

# From the start of firewalld, or its reload, to the bridges' being in.
bridges_are_in() { # HOST BRIDGES
	wait_until 30 in_zone_netd "$@" || {
		in_host "$1" firewall-cmd --get-active-zones
		return 1
	}
}
in_zone_netd() { [[ $(in_host "$1" firewall-cmd --zone=netd --list-interfaces | xargs -n1 | sort | xargs) == "$2" ]]; }
