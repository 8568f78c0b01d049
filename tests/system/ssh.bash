# ssh.bash - a real sshd in a host's namespaces with keys and configuration of its own
# SPDX-License-Identifier: GPL-2.0-or-later

# sshd_on_host NAME: port 2222 of the host's addresses. Clients find their configuration through $T/bin/ssh.
sshd_on_host() {
	mkdir -p "$T/sshd" "$T/home/.ssh" "$T/bin" "$T/$1/etc/ssh"
	chmod 700 "$T/sshd" "$T/home/.ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$T/sshd/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$T/home/.ssh/id"
	cp "$T/home/.ssh/id.pub" "$T/sshd/authorized_keys"
	# What the far side runs finds netctl and its socket, and docker's dial-stdio becomes netctl's.
	cat >"$T/sshd/command" <<-COMMAND
	#!/bin/sh
	export NETD_HOST=unix://$(host_sock "$1") PATH=$NETD_BUILD:\$PATH
	case "\$SSH_ORIGINAL_COMMAND" in
	*docker*dial-stdio*) exec netctl system dial-stdio ;;
	*) exec sh -c "\$SSH_ORIGINAL_COMMAND" ;;
	esac
	COMMAND
	chmod 755 "$T/sshd/command"
	cat >"$T/sshd/config" <<-CONFIG
	Port 2222
	HostKey $T/sshd/host_key
	AuthorizedKeysFile $T/sshd/authorized_keys
	PidFile none
	UsePAM no
	StrictModes no
	PermitRootLogin yes
	PasswordAuthentication no
	ForceCommand $T/sshd/command
	CONFIG
	cat >"$T/home/.ssh/config" <<-CONFIG
	Host *
		IdentityFile $T/home/.ssh/id
		UserKnownHostsFile /dev/null
		StrictHostKeyChecking no
		LogLevel ERROR
	CONFIG
	printf '#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n' "$T/home/.ssh/config" >"$T/bin/ssh"
	chmod 755 "$T/bin/ssh"
	# sshd wants its privilege separation directory and user in the host's own /run and /etc.
	in_host "$1" sh -c 'mount -t tmpfs sshd /run/sshd 2>/dev/null || { mkdir -p /run/sshd; }; chmod 755 /run/sshd'
	spawn in_host "$1" /usr/sbin/sshd -D -e -f "$T/sshd/config"
	wait_until 30 bash -c "nsenter --net=/run/netns/$P-$1 ss -Hlnt | grep -q :2222"
}
