#!/usr/bin/env bats
# traced.bats - each breakage once more with the tracer, and where there can be none: the cause stays the one that was read
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A connection to what is lost is waited for, so all of them take minutes: `make check` has one of each kind, TRACED=all has all, TRACED='NAME…' those.
load ../lib
load world
load breakages

SOME=(link-down own-rules-in tc-drop rules-reject rules-of-b-reset not-listening name-unknown)

setup() {
	explain_world
	TRIED=("${SOME[@]}")
	case ${TRACED:-} in
	'') ;;
	all)
		TRIED=("${A_BREAKAGES[@]}" "${BRIDGE_BREAKAGES[@]}" "${HOST_BREAKAGES[@]}" "${B_BREAKAGES[@]}"
			"${PUBLISHED_BREAKAGES[@]}" "${NAME_BREAKAGES[@]}" "${SERVICE_BREAKAGES[@]}")
		;;
	*) read -ra TRIED <<<"$TRACED" ;;
	esac
}

# In a mount namespace in which the kernel tells nobody about its types.
explain_untraced() {
	in_host h unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$@"' untraced \
		env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" explain --state-dir "$T/h/state" --format json --trace "$@"
}

# alike CODE FILE WHO JQ: the answer in that file has the code, or is undecided, and what is asked of it holds
alike() {
	jq -e --arg code "$1" "(.Code == \$code or .Verdict == \"undecided\") and ($4)" "$2" >/dev/null || {
		echo "$3 it says \"$(jq -r '.Code // .Verdict' "$2" 2>/dev/null)\", and by itself \"$1\":"
		told_in_short "$(cat "$2")"
		jq -c '.Probe, (.Trace | del(.Lines))' "$2"
		return 1
	}
}

# is_told CODE FUNCTION: instead of that of world.bash. Both connections are made at once, for one that is lost is waited for. What
# is sent again after a second may meet a bridge that has learnt meanwhile where db is.
is_told() {
	local code asked=("${PAIR[@]}") lacks='.Trace.Lacks | length > 0'
	local sees='.Trace.Agrees != false and (.Probe.Agrees != false or .Probe.Milliseconds > 900)'
	ADVICE=
	code=$(explain_json "${PAIR[@]}" | jq -r '.Code')
	[[ $code == "$1" ]] || { echo "explain says \"$code\", not \"$1\""; return 1; }
	# The tracer follows a connection to a port. What is wrong with a name is told before any, but where the address is known.
	[[ ${PAIR[1]} == *[:/]* || $1 == name-other-network ]] || asked[1]=${PAIR[1]}:80
	[[ ${asked[1]} == *:* ]] || return 0
	explain_untraced "${asked[@]}" >"$T/untraced" 2>&1 &
	explain_json --trace "${asked[@]}" >"$T/traced" 2>&1 || true
	wait "$!" || true
	alike "$1" "$T/untraced" "without the tracer" "$lacks" && alike "$1" "$T/traced" "with the tracer" "$sees"
}

@test "with the tracer and without it the same cause comes first" {
	try_breakages "${TRIED[@]}"
}
