# fish completion for netctl; made by 'netctl completion fish'

# The path of the command in front of the cursor (a line of its own), and how many words follow.
function __netctl_line
	set -l path
	set -l operands 0
	set -l skip no
	for word in (commandline -opc)[2..-1]
		if test $skip = yes
			set skip no
			continue
		end
		switch $word
			case -H --host
				set skip yes
			case '-*'
			case '*'
				set -l longer (string join -- / $path $word)
				if string match -q -- $longer $__netctl_paths; or string match -q -- "$longer/*" $__netctl_paths
					set path $longer
				else
					set operands (math $operands + 1)
				end
		end
	end
	echo "$path"
	echo $operands
end

function __netctl_at
	contains -- (__netctl_line)[1] $argv
end

function __netctl_first
	test (__netctl_line)[2] -eq 0
end

# The words that lead on from here; none where a command is whole.
function __netctl_below
	set -l path (__netctl_line)[1]
	if test -z "$path"
		string replace -r '/.*' '' -- $__netctl_paths | sort -u
	else
		string match -- "$path/*" $__netctl_paths | string replace -- "$path/" '' | sort -u
	end
end

function __netctl_networks
	netctl network ls --format '{{.Name}}' 2>/dev/null
end

function __netctl_containers
	netctl ps --format '{{.Names}}' 2>/dev/null
end

function __netctl_services
	netctl service ls -q 2>/dev/null
end

function __netctl_nodes
	netctl node ls --format '{{.Name}}' 2>/dev/null
	netctl node ls -q 2>/dev/null
end

complete -c netctl -f
complete -c netctl -n '__netctl_first' -a '(__netctl_below)'
complete -c netctl -n 'test -z (__netctl_line)[1]' -l version -d 'Print the version'

complete -c netctl -n '__netctl_at network/create' -s d -l driver -x -a 'bridge host none' -d 'bridge (the default), host or none'
complete -c netctl -n '__netctl_at network/create' -l subnet -x -d 'Subnet, one of each family; 0.0.0.0/24 or ::/64: any of that size'
complete -c netctl -n '__netctl_at network/create' -l gateway -x -d 'Gateway of the subnet that contains it'
complete -c netctl -n '__netctl_at network/create' -l ip-range -x -d 'Part of a subnet that addresses are chosen from'
complete -c netctl -n '__netctl_at network/create' -l aux-address -x -d 'Address in a subnet to leave alone; may be repeated'
complete -c netctl -n '__netctl_at network/create' -l dns -x -d 'Server for names netd does not know, asked for containers without --dns of their own; may be repeated'
complete -c netctl -n '__netctl_at network/create' -l interface-name -x -d 'Name of its bridge on the host'
complete -c netctl -n '__netctl_at network/create' -l outgoing-address -x -d 'What its containers leave the host with, one of each family; else the address of the way out'
complete -c netctl -n '__netctl_at network/create' -l ipv4 -d 'IPv4 addresses: on unless --ipv4=false'
complete -c netctl -n '__netctl_at network/create' -l ipv6 -d 'IPv6 addresses'
complete -c netctl -n '__netctl_at network/create' -l internal -d 'No way out of the network'
complete -c netctl -n '__netctl_at network/create' -l attachable -d 'Recorded for docker\'s sake; every network is attachable'
complete -c netctl -n '__netctl_at network/create' -s l -l label -x -d 'Label of the network; may be repeated'
complete -c netctl -n '__netctl_at network/create' -s o -l opt -x -d 'Option of the driver: mtu, icc, masquerade, bridge, …; may be repeated'
complete -c netctl -n '__netctl_at network/create' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/create' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at network/ls network/list' -s f -l filter -x -d 'Only what matches; keys: dangling driver id label name scope type'
complete -c netctl -n '__netctl_at network/ls network/list' -l no-trunc -d 'Whole ids'
complete -c netctl -n '__netctl_at network/ls network/list' -s q -l quiet -d 'Only ids'
complete -c netctl -n '__netctl_at network/ls network/list' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at network/ls network/list' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/ls network/list' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at network/inspect' -s f -l format -x -a 'json table' -d 'json, or a Go template such as \'{{.Name}}\', for each of them'
complete -c netctl -n '__netctl_at network/inspect' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/inspect' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at network/inspect' -a '(__netctl_networks)'

complete -c netctl -n '__netctl_at network/update' -l dns-add -x -d 'One more server for names netd does not know, as of now; may be repeated'
complete -c netctl -n '__netctl_at network/update' -l dns-drop -x -d 'A server that is not to be asked any more; may be repeated'
complete -c netctl -n '__netctl_at network/update' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/update' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at network/update' -a '(__netctl_networks)'

complete -c netctl -n '__netctl_at network/rm network/remove' -s f -l force -d 'A network that is not there is no error'
complete -c netctl -n '__netctl_at network/rm network/remove' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/rm network/remove' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at network/rm network/remove' -a '(__netctl_networks)'

complete -c netctl -n '__netctl_at network/prune' -l filter -x -d 'Only networks that match: label=…, label!=…, until=…; may be repeated'
complete -c netctl -n '__netctl_at network/prune' -s f -l force -d 'Do not ask'
complete -c netctl -n '__netctl_at network/prune' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/prune' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at network/connect' -l ip -x -d 'IPv4 address'
complete -c netctl -n '__netctl_at network/connect' -l ip6 -x -d 'IPv6 address'
complete -c netctl -n '__netctl_at network/connect' -l link-local-ip -x -d 'Another address of the interface, of 169.254.0.0/16 or fe80::/10; may be repeated'
complete -c netctl -n '__netctl_at network/connect' -l mac-address -x -d 'MAC address'
complete -c netctl -n '__netctl_at network/connect' -l alias -x -d 'Another name of the container on the network; may be repeated'
complete -c netctl -n '__netctl_at network/connect' -l link -x -d 'Name of another container that only this one sees; may be repeated'
complete -c netctl -n '__netctl_at network/connect' -l driver-opt -x -d 'Option of the driver for this connection; may be repeated'
complete -c netctl -n '__netctl_at network/connect' -l service -x -a '(__netctl_services)' -d 'Service of the network to stand behind; may be repeated'
complete -c netctl -n '__netctl_at network/connect' -l bandwidth -x -d 'What it receives and sends at the most, as in=10mbit,out=5mbit'
complete -c netctl -n '__netctl_at network/connect' -l ifname -x -d 'Name of the interface in the container'
complete -c netctl -n '__netctl_at network/connect' -l gw-priority -x -d 'The network with the highest one gives the default route'
complete -c netctl -n '__netctl_at network/connect' -l route -x -d 'Route inside, as 10.9.0.0/16,10.20.0.9; VIA may be blackhole; may be repeated'
complete -c netctl -n '__netctl_at network/connect' -l metric -x -d 'Metric of the default route, beside that of another network'
complete -c netctl -n '__netctl_at network/connect' -l no-default-route -d 'No default route'
complete -c netctl -n '__netctl_at network/connect' -l host-interface-name -x -d 'Name of the interface\'s other end, on the host'
complete -c netctl -n '__netctl_at network/connect' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/connect' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at network/connect; and __netctl_first' -a '(__netctl_networks)'
complete -c netctl -n '__netctl_at network/connect; and not __netctl_first' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at network/disconnect' -s f -l force -d 'A container or network that is gone is no error'
complete -c netctl -n '__netctl_at network/disconnect' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at network/disconnect' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at network/disconnect; and __netctl_first' -a '(__netctl_networks)'
complete -c netctl -n '__netctl_at network/disconnect; and not __netctl_first' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at attach' -l netns -r -F -d 'Network namespace; a name without a slash is one of ip netns'
complete -c netctl -n '__netctl_at attach' -l pid -x -d 'Process whose network namespace it is'
complete -c netctl -n '__netctl_at attach' -l network -x -a '(__netctl_networks)' -d 'Network to be on, in order; keys: ip ip6 link-local-ip mac alias ifname priority, or an option of the driver; container:NAME is for run alone'
complete -c netctl -n '__netctl_at attach' -l ip -x -d 'IPv4 address on the first network'
complete -c netctl -n '__netctl_at attach' -l ip6 -x -d 'IPv6 address on the first network'
complete -c netctl -n '__netctl_at attach' -l link-local-ip -x -d 'Another, link-local address on the first network; may be repeated'
complete -c netctl -n '__netctl_at attach' -l mac-address -x -d 'MAC address on the first network'
complete -c netctl -n '__netctl_at attach' -l alias -x -d 'Another name on the first network; may be repeated'
complete -c netctl -n '__netctl_at attach' -l route -x -d 'Route by the first network, as 10.9.0.0/16,10.20.0.9; VIA may be blackhole; may be repeated'
complete -c netctl -n '__netctl_at attach' -l metric -x -d 'Metric of the default route by the first network, beside that of another network'
complete -c netctl -n '__netctl_at attach' -l no-default-route -d 'No default route by the first network'
complete -c netctl -n '__netctl_at attach' -l host-interface-name -x -d 'Name of the interface\'s other end on the host, on the first network'
complete -c netctl -n '__netctl_at attach' -l link -x -a '(__netctl_containers)' -d 'Name of another container that only this one sees; may be repeated'
complete -c netctl -n '__netctl_at attach' -s p -l publish -x -d 'Publish a port, or a range of ports, on the host; may be repeated'
complete -c netctl -n '__netctl_at attach' -l hostname -x -d 'Host name inside; else the short id'
complete -c netctl -n '__netctl_at attach' -l dns -x -d 'Server for names netd does not know; may be repeated'
complete -c netctl -n '__netctl_at attach' -l dns-search -x -d 'Domain to complete short names with; may be repeated'
complete -c netctl -n '__netctl_at attach' -l dns-option -x -d 'Line for options in resolv.conf; may be repeated'
complete -c netctl -n '__netctl_at attach' -l add-host -x -d 'Line for the hosts file; host-gateway is an address too; may be repeated'
complete -c netctl -n '__netctl_at attach' -s l -l label -x -d 'Label of the container; may be repeated'
complete -c netctl -n '__netctl_at attach' -l service -x -a '(__netctl_services)' -d 'Service to stand behind, on whichever network it is; may be repeated'
complete -c netctl -n '__netctl_at attach' -l bandwidth -x -d 'What it receives and sends at the most on each network, as in=10mbit,out=5mbit'
complete -c netctl -n '__netctl_at attach' -l id -x -d 'Id of the container: 64 hex digits; else a random one'
complete -c netctl -n '__netctl_at attach' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at attach' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at detach' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at detach' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at detach' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at update container/update' -l bandwidth -x -d 'in=10mbit,out=5mbit in place of what was, as of now; none: no limits'
complete -c netctl -n '__netctl_at update container/update' -l network -x -a '(__netctl_networks)' -d 'On this network only; else on all of the container\'s'
complete -c netctl -n '__netctl_at update container/update' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at update container/update' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at update container/update' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at ps' -s a -l all -d 'Accepted for docker\'s sake; all are shown anyway'
complete -c netctl -n '__netctl_at ps' -s f -l filter -x -d 'Only what matches; keys: id name label network status'
complete -c netctl -n '__netctl_at ps' -l no-trunc -d 'Whole ids'
complete -c netctl -n '__netctl_at ps' -s q -l quiet -d 'Only ids'
complete -c netctl -n '__netctl_at ps' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at ps' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at ps' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at inspect' -s f -l format -x -a 'json table' -d 'json, or a Go template such as \'{{.Name}}\', for each of them'
complete -c netctl -n '__netctl_at inspect' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at inspect' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at inspect' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at run' -l name -x -d 'Name of the container; else a random one'
complete -c netctl -n '__netctl_at run' -s d -l detach -d 'Leave the command running and print the id; netctl logs has its output'
complete -c netctl -n '__netctl_at run' -l rm -d 'With -d: keep no output once it has ended; else nothing is kept anyway'
complete -c netctl -n '__netctl_at run' -l network -x -a '(__netctl_networks)' -d 'Network to be on, in order; keys: ip ip6 link-local-ip mac alias ifname priority, or an option of the driver; container:NAME is for run alone'
complete -c netctl -n '__netctl_at run' -l ip -x -d 'IPv4 address on the first network'
complete -c netctl -n '__netctl_at run' -l ip6 -x -d 'IPv6 address on the first network'
complete -c netctl -n '__netctl_at run' -l link-local-ip -x -d 'Another, link-local address on the first network; may be repeated'
complete -c netctl -n '__netctl_at run' -l mac-address -x -d 'MAC address on the first network'
complete -c netctl -n '__netctl_at run' -l alias -x -d 'Another name on the first network; may be repeated'
complete -c netctl -n '__netctl_at run' -l route -x -d 'Route by the first network, as 10.9.0.0/16,10.20.0.9; VIA may be blackhole; may be repeated'
complete -c netctl -n '__netctl_at run' -l metric -x -d 'Metric of the default route by the first network, beside that of another network'
complete -c netctl -n '__netctl_at run' -l no-default-route -d 'No default route by the first network'
complete -c netctl -n '__netctl_at run' -l host-interface-name -x -d 'Name of the interface\'s other end on the host, on the first network'
complete -c netctl -n '__netctl_at run' -l link -x -a '(__netctl_containers)' -d 'Name of another container that only this one sees; may be repeated'
complete -c netctl -n '__netctl_at run' -s p -l publish -x -d 'Publish a port, or a range of ports, on the host; may be repeated'
complete -c netctl -n '__netctl_at run' -l hostname -x -d 'Host name inside; else the short id'
complete -c netctl -n '__netctl_at run' -l dns -x -d 'Server for names netd does not know; may be repeated'
complete -c netctl -n '__netctl_at run' -l dns-search -x -d 'Domain to complete short names with; may be repeated'
complete -c netctl -n '__netctl_at run' -l dns-option -x -d 'Line for options in resolv.conf; may be repeated'
complete -c netctl -n '__netctl_at run' -l add-host -x -d 'Line for the hosts file; host-gateway is an address too; may be repeated'
complete -c netctl -n '__netctl_at run' -s l -l label -x -d 'Label of the container; may be repeated'
complete -c netctl -n '__netctl_at run' -l service -x -a '(__netctl_services)' -d 'Service to stand behind, on whichever network it is; may be repeated'
complete -c netctl -n '__netctl_at run' -l bandwidth -x -d 'What it receives and sends at the most on each network, as in=10mbit,out=5mbit'
complete -c netctl -n '__netctl_at run' -l id -x -d 'Id of the container: 64 hex digits; else a random one'
complete -c netctl -n '__netctl_at run' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at run' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at run' -a '(__fish_complete_command)'

complete -c netctl -n '__netctl_at exec' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at exec' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at exec; and __netctl_first' -a '(__netctl_containers)'
complete -c netctl -n '__netctl_at exec; and not __netctl_first' -a '(__fish_complete_command)'

complete -c netctl -n '__netctl_at stop' -s s -l signal -x -d 'Signal that asks it to end (default TERM)'
complete -c netctl -n '__netctl_at stop' -s t -l timeout -x -d 'Until it is killed (default 10); -1: never'
complete -c netctl -n '__netctl_at stop' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at stop' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at stop' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at restart' -s s -l signal -x -d 'Signal that asks it to end (default TERM)'
complete -c netctl -n '__netctl_at restart' -s t -l timeout -x -d 'Until it is killed (default 10); -1: never'
complete -c netctl -n '__netctl_at restart' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at restart' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at restart' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at kill' -s s -l signal -x -d 'Signal to send (default KILL)'
complete -c netctl -n '__netctl_at kill' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at kill' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at kill' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at logs' -s f -l follow -d 'Go on with what comes, until it ends'
complete -c netctl -n '__netctl_at logs' -s n -l tail -x -d 'Begin with the last N lines (default: all that is kept)'
complete -c netctl -n '__netctl_at logs' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at logs' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at logs' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at explain' -s v -l verbose -d 'Every hop, with the facts that it rests on'
complete -c netctl -n '__netctl_at explain' -l graph -d 'Draw the way, and where it breaks'
complete -c netctl -n '__netctl_at explain' -l all -d 'Each listener of B, at each of its addresses; B has no port then'
complete -c netctl -n '__netctl_at explain' -l probe -d 'Make one real connection, too, and reset it before a byte is sent; or ping once'
complete -c netctl -n '__netctl_at explain' -l trace -d 'That, and show where the kernel saw it come by or threw it away; takes root'
complete -c netctl -n '__netctl_at explain' -l wait -x -d 'Until it works, for so long at the most (30s, 2m); then the reason'
complete -c netctl -n '__netctl_at explain' -l with -r -F -d 'As if nft -f FILE had been done on the host, which it is not; takes root'
complete -c netctl -n '__netctl_at explain' -l save -r -F -d 'Write the facts there, to be judged elsewhere'
complete -c netctl -n '__netctl_at explain' -l facts -r -F -d 'Judge the facts in a file; A and B are those it was saved for, unless given'
complete -c netctl -n '__netctl_at explain' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at explain' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at explain' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at explain' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at explain' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at explain; and __netctl_first' -a '(__netctl_containers)'
complete -c netctl -n '__netctl_at explain; and not __netctl_first' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at doctor' -s v -l verbose -d 'Everything that was found, however long'
complete -c netctl -n '__netctl_at doctor' -l fix -d 'Have netd repair what is its own, and look again'
complete -c netctl -n '__netctl_at doctor' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at doctor' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at doctor' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at doctor' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at doctor' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at doctor' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at reach' -s v -l verbose -d 'Each pair and address, however many'
complete -c netctl -n '__netctl_at reach' -l network -x -a '(__netctl_networks)' -d 'Of all containers those on this network ask; and the host, and who is outside'
complete -c netctl -n '__netctl_at reach' -l save -r -F -d 'Write the matrix there, to be compared with later'
complete -c netctl -n '__netctl_at reach' -l diff -r -F -d 'Show only what has changed since FILE was saved'
complete -c netctl -n '__netctl_at reach' -l with -r -F -d 'As if nft -f FILE had been done on the host, which it is not; takes root'
complete -c netctl -n '__netctl_at reach' -l json -d 'As --format json'
complete -c netctl -n '__netctl_at reach' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at reach' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at reach' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at reach' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at reach' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at reach' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at capture' -s w -l write -r -F -d 'Write there; - is standard output, which is the default when it is piped'
complete -c netctl -n '__netctl_at capture' -l both -d 'At the host\'s end of the container\'s interfaces, too'
complete -c netctl -n '__netctl_at capture' -l loopback -d 'The container\'s lo, too, with its questions to 127.0.0.11'
complete -c netctl -n '__netctl_at capture' -l drops -d 'What the kernel throws away, too, with its reason as a comment'
complete -c netctl -n '__netctl_at capture' -s c -l count -x -d 'End after so many packets'
complete -c netctl -n '__netctl_at capture' -l for -x -d 'End then: after 500ms, 10s, 5m, 2h'
complete -c netctl -n '__netctl_at capture' -s s -l snaplen -x -d 'Of each packet no more than its first BYTES'
complete -c netctl -n '__netctl_at capture' -l bytes -x -d 'End before there are more than that (500k, 10M, 2G)'
complete -c netctl -n '__netctl_at capture' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at capture' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at capture' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at capture' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at capture' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at graph' -l format -x -a 'text dot svg json html' -d 'text (the default), dot, svg, json or html'
complete -c netctl -n '__netctl_at graph' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at graph' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at trace' -l count -x -d 'End after so many events'
complete -c netctl -n '__netctl_at trace' -l for -x -d 'End after so long (30s, 2m)'
complete -c netctl -n '__netctl_at trace' -l no-rules -d 'Without the rules of nftables that they meet'
complete -c netctl -n '__netctl_at trace' -s n -l numeric -d 'Addresses instead of names'
complete -c netctl -n '__netctl_at trace' -s v -l verbose -d 'Drops that mean nothing, too, such as copies for others'
complete -c netctl -n '__netctl_at trace' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at trace' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at trace' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at trace' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at trace' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at trace' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at drops' -l count -x -d 'End after so many lines'
complete -c netctl -n '__netctl_at drops' -l for -x -d 'End after so long (30s, 2m)'
complete -c netctl -n '__netctl_at drops' -s v -l verbose -d 'Drops that mean nothing, too, such as copies for others'
complete -c netctl -n '__netctl_at drops' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at drops' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at drops' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at drops' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at drops' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at drops' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at ui' -l listen -x -d 'Where the page is; 127.0.0.1:7347 unless given, port 0 for any that is free'
complete -c netctl -n '__netctl_at ui' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at ui' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at port' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at port' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at port' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at port/ls port/list' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at port/ls port/list' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at port/ls port/list' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at port/ls port/list' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at port/add' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at port/add' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at port/add' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at port/rm port/remove' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at port/rm port/remove' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at port/rm port/remove' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at service/create' -l network -x -a '(__netctl_networks)' -d 'Network of the service and of those who stand behind it; required'
complete -c netctl -n '__netctl_at service/create' -s p -l port -x -d 'Port of the service, and of the containers; required, may be repeated'
complete -c netctl -n '__netctl_at service/create' -l publish -x -d 'Port of the host, and of each one of the cluster, that leads to the service (and to which of its ports); may be repeated'
complete -c netctl -n '__netctl_at service/create' -l affinity -x -d 'client: a client stays with the container that it was led to first'
complete -c netctl -n '__netctl_at service/create' -l ip -x -d 'IPv4 address of the service'
complete -c netctl -n '__netctl_at service/create' -l ip6 -x -d 'IPv6 address of the service'
complete -c netctl -n '__netctl_at service/create' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at service/create' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at service/update' -s p -l port -x -d 'Port that it has from now on, in the place of all before; may be repeated'
complete -c netctl -n '__netctl_at service/update' -l publish-add -x -d 'Port of the hosts that leads to it from now on, too; may be repeated'
complete -c netctl -n '__netctl_at service/update' -l publish-rm -x -d 'Port of the hosts that does not any more; may be repeated'
complete -c netctl -n '__netctl_at service/update' -l affinity -x -d 'client: a client stays with the container that it was led to first'
complete -c netctl -n '__netctl_at service/update' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at service/update' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at service/update' -a '(__netctl_services)'

complete -c netctl -n '__netctl_at service/ls service/list' -s q -l quiet -d 'Only names'
complete -c netctl -n '__netctl_at service/ls service/list' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at service/ls service/list' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at service/ls service/list' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at service/inspect' -s f -l format -x -a 'json table' -d 'json, or a Go template such as \'{{.Name}}\', for each of them'
complete -c netctl -n '__netctl_at service/inspect' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at service/inspect' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at service/inspect' -a '(__netctl_services)'

complete -c netctl -n '__netctl_at service/rm service/remove' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at service/rm service/remove' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at service/rm service/remove' -a '(__netctl_services)'

complete -c netctl -n '__netctl_at dns/lookup' -l from -x -a '(__netctl_containers)' -d 'Ask as this container would; else as the host, which sees every network'
complete -c netctl -n '__netctl_at dns/lookup' -s t -l type -x -a 'A AAAA PTR SRV TXT MX CNAME NS SOA ANY' -d 'Type of record; else A and AAAA, or PTR for an address'
complete -c netctl -n '__netctl_at dns/lookup' -l trace -d 'How the answer comes about, step by step'
complete -c netctl -n '__netctl_at dns/lookup' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at dns/lookup' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at dns/lookup' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at dns/log' -s f -l follow -d 'Go on with what is asked from now on'
complete -c netctl -n '__netctl_at dns/log' -s n -l from -x -d 'Begin with the last N of those noted, or with number N where it is +N'
complete -c netctl -n '__netctl_at dns/log' -l failed -d 'Only what was not answered with NOERROR'
complete -c netctl -n '__netctl_at dns/log' -l format -x -a 'json table' -d 'json, or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at dns/log' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at dns/log' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at dns/log' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at stats' -l no-stream -d 'One look, which has no rates'
complete -c netctl -n '__netctl_at stats' -l no-trunc -d 'Whole ids'
complete -c netctl -n '__netctl_at stats' -l reasons -d 'What was lost inside of those that are named, by reason'
complete -c netctl -n '__netctl_at stats' -l interval -x -d 'From one look to the next, 0.1 to 3600; 1 unless given'
complete -c netctl -n '__netctl_at stats' -l networks -d 'A line for each network of a container'
complete -c netctl -n '__netctl_at stats' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at stats' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at stats' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at stats' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at top' -l interval -x -d 'From one look to the next, 0.1 to 3600; 1 unless given'
complete -c netctl -n '__netctl_at top' -l networks -d 'A line for each network of a container'
complete -c netctl -n '__netctl_at top' -l run-dir -r -F -d 'Where netd\'s records are when netd does not answer'
complete -c netctl -n '__netctl_at top' -l state-dir -r -F -d 'And those of its networks'
complete -c netctl -n '__netctl_at top' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at top' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at top' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at connections' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at connections' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at connections' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at connections' -a '(__netctl_containers)'

complete -c netctl -n '__netctl_at events' -s f -l filter -x -d 'Only what matches; keys: type event network container label scope'
complete -c netctl -n '__netctl_at events' -l since -x -d 'Past ones too: Unix seconds, RFC 3339 or a duration such as 10m'
complete -c netctl -n '__netctl_at events' -l until -x -d 'End then'
complete -c netctl -n '__netctl_at events' -l format -x -a 'json table' -d 'json, or a Go template such as \'{{.Action}}\''
complete -c netctl -n '__netctl_at events' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at events' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at cluster/init' -l advertise-addr -x -d 'By which the other hosts reach this one; twice for IPv4 and IPv6'
complete -c netctl -n '__netctl_at cluster/init' -l etcd -x -d 'Members of an etcd that is there: https://ADDRESS:PORT; may be repeated'
complete -c netctl -n '__netctl_at cluster/init' -l cacert -r -F -d 'Certificate of the authority that etcd\'s certificates are of'
complete -c netctl -n '__netctl_at cluster/init' -l cert -r -F -d 'This host\'s certificate'
complete -c netctl -n '__netctl_at cluster/init' -l key -r -F -d 'Its key'
complete -c netctl -n '__netctl_at cluster/init' -l name -x -d 'What this host is called in the cluster (its hostname)'
complete -c netctl -n '__netctl_at cluster/init' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at cluster/init' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at cluster/join' -l token -x -d 'What `netctl cluster token` prints on the host at ADDRESS'
complete -c netctl -n '__netctl_at cluster/join' -l advertise-addr -x -d 'By which the other hosts reach this one; twice for IPv4 and IPv6'
complete -c netctl -n '__netctl_at cluster/join' -l etcd -x -d 'Members of an etcd that is there: https://ADDRESS:PORT; may be repeated'
complete -c netctl -n '__netctl_at cluster/join' -l cacert -r -F -d 'Certificate of the authority that etcd\'s certificates are of'
complete -c netctl -n '__netctl_at cluster/join' -l cert -r -F -d 'This host\'s certificate'
complete -c netctl -n '__netctl_at cluster/join' -l key -r -F -d 'Its key'
complete -c netctl -n '__netctl_at cluster/join' -l name -x -d 'What this host is called in the cluster (its hostname)'
complete -c netctl -n '__netctl_at cluster/join' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at cluster/join' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at cluster/leave' -s f -l force -d 'Also when etcd cannot be told'
complete -c netctl -n '__netctl_at cluster/leave' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at cluster/leave' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at cluster/status' -s f -l format -x -a 'json table' -d 'json, or a Go template'
complete -c netctl -n '__netctl_at cluster/status' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at cluster/status' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at cluster/token' -l rotate -d 'Another one; those before let nobody in any more'
complete -c netctl -n '__netctl_at cluster/token' -l valid -x -d 'For how long a new one is good (86400)'
complete -c netctl -n '__netctl_at cluster/token' -s q -l quiet -d 'The token alone'
complete -c netctl -n '__netctl_at cluster/token' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at cluster/token' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at node/ls node/list' -l no-trunc -d 'Whole ids'
complete -c netctl -n '__netctl_at node/ls node/list' -s q -l quiet -d 'Only ids'
complete -c netctl -n '__netctl_at node/ls node/list' -l format -x -a 'json table' -d 'json, table, \'table TEMPLATE\' or a Go template such as \'{{.Name}}\''
complete -c netctl -n '__netctl_at node/ls node/list' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at node/ls node/list' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at node/inspect' -s f -l format -x -a 'json table' -d 'json, or a Go template such as \'{{.Name}}\', for each of them'
complete -c netctl -n '__netctl_at node/inspect' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at node/inspect' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at node/inspect' -a '(__netctl_nodes)'

complete -c netctl -n '__netctl_at node/rm node/remove' -s f -l force -d 'Also one that is alive'
complete -c netctl -n '__netctl_at node/rm node/remove' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at node/rm node/remove' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at node/rm node/remove' -a '(__netctl_nodes)'

complete -c netctl -n '__netctl_at system/info' -s f -l format -x -a 'json table' -d 'json, or a Go template'
complete -c netctl -n '__netctl_at system/info' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at system/info' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at system/snapshot' -s f -l format -x -a 'json table' -d 'json, or a Go template'
complete -c netctl -n '__netctl_at system/snapshot' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at system/snapshot' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at system/backup' -l state-dir -r -F -d 'where netd does not run: its files are here'
complete -c netctl -n '__netctl_at system/backup' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at system/backup' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at system/backup' -F

complete -c netctl -n '__netctl_at system/restore' -l state-dir -r -F -d 'where netd does not run: its files are here'
complete -c netctl -n '__netctl_at system/restore' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at system/restore' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at system/restore' -F

complete -c netctl -n '__netctl_at system/reset' -s f -l force -d 'Do not ask, and take containers off that are attached'
complete -c netctl -n '__netctl_at system/reset' -l run-dir -r -F -d 'netd\'s run directory (default /run/netd)'
complete -c netctl -n '__netctl_at system/reset' -l state-dir -r -F -d 'netd\'s state directory (default /var/lib/netd)'
complete -c netctl -n '__netctl_at system/reset' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at system/reset' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at version' -s f -l format -x -a 'json table' -d 'json, or a Go template'
complete -c netctl -n '__netctl_at version' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at version' -s h -l help -d 'Show what this command does and takes'

complete -c netctl -n '__netctl_at completion' -s H -l host -x -d 'netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)'
complete -c netctl -n '__netctl_at completion' -s h -l help -d 'Show what this command does and takes'
complete -c netctl -n '__netctl_at completion' -a 'bash zsh fish'

set -g __netctl_paths network/create network/ls network/list network/inspect network/update network/rm network/remove network/prune network/connect network/disconnect attach detach update container/update ps inspect run exec stop restart kill logs explain doctor reach capture graph trace drops ui port port/ls port/list port/add port/rm port/remove service/create service/update service/ls service/list service/inspect service/rm service/remove dns/lookup dns/log stats top connections events cluster/init cluster/join cluster/leave cluster/status cluster/token node/ls node/list node/inspect node/rm node/remove system/info system/snapshot system/backup system/restore system/reset version completion
