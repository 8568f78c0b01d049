# bash completion for netctl; made by 'netctl completion bash'

_netctl_offer()
{
	case $1 in
	none) COMPREPLY=() ;;
	networks) COMPREPLY=($(compgen -W "$(netctl network ls --format '{{.Name}}' 2>/dev/null)" -- "$cur")) ;;
	containers) COMPREPLY=($(compgen -W "$(netctl ps --format '{{.Names}}' 2>/dev/null)" -- "$cur")) ;;
	services) COMPREPLY=($(compgen -W "$(netctl service ls -q 2>/dev/null)" -- "$cur")) ;;
	nodes) COMPREPLY=($(compgen -W "$(netctl node ls --format '{{.Name}} {{.ID}}' 2>/dev/null)" -- "$cur")) ;;
	files) COMPREPLY=($(compgen -f -- "$cur")) ;;
	commands) COMPREPLY=($(compgen -c -- "$cur")) ;;
	*) COMPREPLY=($(compgen -W "$1" -- "$cur")) ;;
	esac
}

_netctl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local path= word i operands=0 flags values first next

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-H | --host) ((i++)) ;;
		-*) ;;
		*) case " $_netctl_paths " in
			*" ${path:+$path/}$word "* | *" ${path:+$path/}$word/"*) path=${path:+$path/}$word ;;
			*) ((operands++)) ;;
			esac ;;
		esac
	done
	COMPREPLY=()
	flags= values= first= next=
	case $path in
	network/create)
		flags='--driver --subnet --gateway --ip-range --aux-address --dns --interface-name --outgoing-address --ipv4 --ipv6 --internal --attachable --label --opt --host --help'
		values=(
			'--driver -d:bridge host none'
			'--subnet:none'
			'--gateway:none'
			'--ip-range:none'
			'--aux-address:none'
			'--dns:none'
			'--interface-name:none'
			'--outgoing-address:none'
			'--label -l:none'
			'--opt -o:none'
			'--host -H:none')
		first='none'
		;;
	network/ls | network/list)
		flags='--filter --no-trunc --quiet --format --host --help'
		values=(
			'--filter -f:none'
			'--format:json table'
			'--host -H:none')
		first='none'
		;;
	network/inspect)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='networks'
		;;
	network/update)
		flags='--dns-add --dns-drop --host --help'
		values=(
			'--dns-add:none'
			'--dns-drop:none'
			'--host -H:none')
		first='networks'
		;;
	network/rm | network/remove)
		flags='--force --host --help'
		values=(
			'--host -H:none')
		first='networks'
		;;
	network/prune)
		flags='--filter --force --host --help'
		values=(
			'--filter:none'
			'--host -H:none')
		first='none'
		;;
	network/connect)
		flags='--ip --ip6 --link-local-ip --mac-address --alias --link --driver-opt --service --bandwidth --ifname --gw-priority --route --metric --no-default-route --host-interface-name --host --help'
		values=(
			'--ip:none'
			'--ip6:none'
			'--link-local-ip:none'
			'--mac-address:none'
			'--alias:none'
			'--link:none'
			'--driver-opt:none'
			'--service:services'
			'--bandwidth:none'
			'--ifname:none'
			'--gw-priority:none'
			'--route:none'
			'--metric:none'
			'--host-interface-name:none'
			'--host -H:none')
		first='networks'
		next='containers'
		;;
	network/disconnect)
		flags='--force --host --help'
		values=(
			'--host -H:none')
		first='networks'
		next='containers'
		;;
	attach)
		flags='--netns --pid --network --ip --ip6 --link-local-ip --mac-address --alias --route --metric --no-default-route --host-interface-name --link --publish --hostname --dns --dns-search --dns-option --add-host --label --service --bandwidth --id --host --help'
		values=(
			'--netns:files'
			'--pid:none'
			'--network:networks'
			'--ip:none'
			'--ip6:none'
			'--link-local-ip:none'
			'--mac-address:none'
			'--alias:none'
			'--route:none'
			'--metric:none'
			'--host-interface-name:none'
			'--link:containers'
			'--publish -p:none'
			'--hostname:none'
			'--dns:none'
			'--dns-search:none'
			'--dns-option:none'
			'--add-host:none'
			'--label -l:none'
			'--service:services'
			'--bandwidth:none'
			'--id:none'
			'--host -H:none')
		first='none'
		;;
	detach)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='containers'
		;;
	update | container/update)
		flags='--bandwidth --network --host --help'
		values=(
			'--bandwidth:none'
			'--network:networks'
			'--host -H:none')
		first='containers'
		;;
	ps)
		flags='--all --filter --no-trunc --quiet --format --host --help'
		values=(
			'--filter -f:none'
			'--format:json table'
			'--host -H:none')
		first='none'
		;;
	inspect)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='containers'
		;;
	run)
		flags='--name --detach --rm --network --ip --ip6 --link-local-ip --mac-address --alias --route --metric --no-default-route --host-interface-name --link --publish --hostname --dns --dns-search --dns-option --add-host --label --service --bandwidth --id --host --help'
		values=(
			'--name:none'
			'--network:networks'
			'--ip:none'
			'--ip6:none'
			'--link-local-ip:none'
			'--mac-address:none'
			'--alias:none'
			'--route:none'
			'--metric:none'
			'--host-interface-name:none'
			'--link:containers'
			'--publish -p:none'
			'--hostname:none'
			'--dns:none'
			'--dns-search:none'
			'--dns-option:none'
			'--add-host:none'
			'--label -l:none'
			'--service:services'
			'--bandwidth:none'
			'--id:none'
			'--host -H:none')
		first='commands'
		;;
	exec)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='containers'
		next='commands'
		;;
	stop)
		flags='--signal --timeout --host --help'
		values=(
			'--signal -s:none'
			'--timeout -t:none'
			'--host -H:none')
		first='containers'
		;;
	restart)
		flags='--signal --timeout --host --help'
		values=(
			'--signal -s:none'
			'--timeout -t:none'
			'--host -H:none')
		first='containers'
		;;
	kill)
		flags='--signal --host --help'
		values=(
			'--signal -s:none'
			'--host -H:none')
		first='containers'
		;;
	logs)
		flags='--follow --tail --host --help'
		values=(
			'--tail -n:none'
			'--host -H:none')
		first='containers'
		;;
	explain)
		flags='--verbose --graph --all --probe --trace --wait --with --save --facts --run-dir --state-dir --format --host --help'
		values=(
			'--wait:none'
			'--with:files'
			'--save:files'
			'--facts:files'
			'--run-dir:files'
			'--state-dir:files'
			'--format:json table'
			'--host -H:none')
		first='containers'
		next='containers'
		;;
	doctor)
		flags='--verbose --fix --run-dir --state-dir --format --host --help'
		values=(
			'--run-dir:files'
			'--state-dir:files'
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	reach)
		flags='--verbose --network --save --diff --with --json --run-dir --state-dir --format --host --help'
		values=(
			'--network:networks'
			'--save:files'
			'--diff:files'
			'--with:files'
			'--run-dir:files'
			'--state-dir:files'
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	capture)
		flags='--write --both --loopback --drops --count --for --snaplen --bytes --run-dir --state-dir --host --help'
		values=(
			'--write -w:files'
			'--count -c:none'
			'--for:none'
			'--snaplen -s:none'
			'--bytes:none'
			'--run-dir:files'
			'--state-dir:files'
			'--host -H:none')
		first='containers'
		;;
	graph)
		flags='--format --host --help'
		values=(
			'--format:text dot svg json html'
			'--host -H:none')
		first='none'
		;;
	trace)
		flags='--count --for --no-rules --numeric --verbose --run-dir --state-dir --format --host --help'
		values=(
			'--count:none'
			'--for:none'
			'--run-dir:files'
			'--state-dir:files'
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	drops)
		flags='--count --for --verbose --run-dir --state-dir --format --host --help'
		values=(
			'--count:none'
			'--for:none'
			'--run-dir:files'
			'--state-dir:files'
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	ui)
		flags='--listen --host --help'
		values=(
			'--listen:none'
			'--host -H:none')
		first='none'
		;;
	port)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='containers'
		;;
	port/ls | port/list)
		flags='--format --host --help'
		values=(
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	port/add)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='containers'
		;;
	port/rm | port/remove)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='containers'
		;;
	service/create)
		flags='--network --port --publish --affinity --ip --ip6 --host --help'
		values=(
			'--network:networks'
			'--port -p:none'
			'--publish:none'
			'--affinity:none'
			'--ip:none'
			'--ip6:none'
			'--host -H:none')
		first='none'
		;;
	service/update)
		flags='--port --publish-add --publish-rm --affinity --host --help'
		values=(
			'--port -p:none'
			'--publish-add:none'
			'--publish-rm:none'
			'--affinity:none'
			'--host -H:none')
		first='services'
		;;
	service/ls | service/list)
		flags='--quiet --format --host --help'
		values=(
			'--format:json table'
			'--host -H:none')
		first='none'
		;;
	service/inspect)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='services'
		;;
	service/rm | service/remove)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='services'
		;;
	dns/lookup)
		flags='--from --type --trace --format --host --help'
		values=(
			'--from:containers'
			'--type -t:A AAAA PTR SRV TXT MX CNAME NS SOA ANY'
			'--format:json table'
			'--host -H:none')
		first='none'
		;;
	dns/log)
		flags='--follow --from --failed --format --host --help'
		values=(
			'--from -n:none'
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	stats)
		flags='--no-stream --no-trunc --reasons --interval --networks --format --host --help'
		values=(
			'--interval:none'
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	top)
		flags='--interval --networks --run-dir --state-dir --host --help'
		values=(
			'--interval:none'
			'--run-dir:files'
			'--state-dir:files'
			'--host -H:none')
		first='containers'
		;;
	connections)
		flags='--format --host --help'
		values=(
			'--format:json table'
			'--host -H:none')
		first='containers'
		;;
	events)
		flags='--filter --since --until --format --host --help'
		values=(
			'--filter -f:none'
			'--since:none'
			'--until:none'
			'--format:json table'
			'--host -H:none')
		first='none'
		;;
	cluster/init)
		flags='--advertise-addr --etcd --cacert --cert --key --name --host --help'
		values=(
			'--advertise-addr:none'
			'--etcd:none'
			'--cacert:files'
			'--cert:files'
			'--key:files'
			'--name:none'
			'--host -H:none')
		first='none'
		;;
	cluster/join)
		flags='--token --advertise-addr --etcd --cacert --cert --key --name --host --help'
		values=(
			'--token:none'
			'--advertise-addr:none'
			'--etcd:none'
			'--cacert:files'
			'--cert:files'
			'--key:files'
			'--name:none'
			'--host -H:none')
		first='none'
		;;
	cluster/leave)
		flags='--force --host --help'
		values=(
			'--host -H:none')
		first='none'
		;;
	cluster/status)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='none'
		;;
	cluster/token)
		flags='--rotate --valid --quiet --host --help'
		values=(
			'--valid:none'
			'--host -H:none')
		first='none'
		;;
	node/ls | node/list)
		flags='--no-trunc --quiet --format --host --help'
		values=(
			'--format:json table'
			'--host -H:none')
		first='none'
		;;
	node/inspect)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='nodes'
		;;
	node/rm | node/remove)
		flags='--force --host --help'
		values=(
			'--host -H:none')
		first='nodes'
		;;
	system/info)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='none'
		;;
	system/snapshot)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='none'
		;;
	system/backup)
		flags='--state-dir --host --help'
		values=(
			'--state-dir:files'
			'--host -H:none')
		first='files'
		;;
	system/restore)
		flags='--state-dir --host --help'
		values=(
			'--state-dir:files'
			'--host -H:none')
		first='files'
		;;
	system/reset)
		flags='--force --run-dir --state-dir --host --help'
		values=(
			'--run-dir:files'
			'--state-dir:files'
			'--host -H:none')
		first='none'
		;;
	version)
		flags='--format --host --help'
		values=(
			'--format -f:json table'
			'--host -H:none')
		first='none'
		;;
	completion)
		flags='--host --help'
		values=(
			'--host -H:none')
		first='bash zsh fish'
		;;
	*) if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W '--version --host --help' -- "$cur"))
	else
		for word in $_netctl_paths; do
			[[ $word == "${path:+$path/}"* ]] || continue
			word=${word#"${path:+$path/}"}
			COMPREPLY+=($(compgen -W "${word%%/*}" -- "$cur"))
		done
	fi
	return ;;
	esac
	for word in "${values[@]}"; do
		if [[ " ${word%%:*} " == *" $prev "* ]]; then
			_netctl_offer "${word#*:}"
			return
		fi
	done
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$flags" -- "$cur"))
	elif ((operands == 0)) || [[ -z $next ]]; then
		_netctl_offer "$first"
	else
		_netctl_offer "$next"
	fi
}
complete -F _netctl netctl
_netctl_paths='network/create network/ls network/list network/inspect network/update network/rm network/remove network/prune network/connect network/disconnect attach detach update container/update ps inspect run exec stop restart kill logs explain doctor reach capture graph trace drops ui port port/ls port/list port/add port/rm port/remove service/create service/update service/ls service/list service/inspect service/rm service/remove dns/lookup dns/log stats top connections events cluster/init cluster/join cluster/leave cluster/status cluster/token node/ls node/list node/inspect node/rm node/remove system/info system/snapshot system/backup system/restore system/reset version completion'
