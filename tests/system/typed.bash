# typed.bash - pages of docs/ whose lines are typed one after another in a shell of host h
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A section has indented lines: commands behind "$ ", and below each what is seen, or nothing where that does not matter.

# Whatever was typed has the address of this test's netd in its environment, and so has what that has started, whoever knows of it.
nothing_typed_runs() {
	local pids
	pids=$(grep -lzxF "NETD_HOST=unix://$(host_sock h)" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n')
	[[ -n $pids ]] || return 0
	kill -9 $pids 2>/dev/null || true
	return 1
}

block() { awk -v title="## $1" '/^## / { on = ($0 == title) } on && (sub(/^    /, "") || /^$/)' "$PAGE"; }
# Times, processes and networks have other numbers each time, and each version of curl has other words.
alike() { sed -E 's/^(curl: \([0-9]+\)) .*/\1/; s/[0-9.]+ ms/N ms/; s/pid [0-9]+/pid N/; s/br-[0-9a-f]{12}/br-N/; s/@if[0-9]+/@ifN/'; }

typed() { # COMMAND; in a shell of the host's
	in_host h env PATH="$NETD_BUILD:$PATH" NETD_HOST="unix://$(host_sock h)" bash -c "${TYPED_IN:+cd '$TYPED_IN'; }$1" \
		3>&- 4>&- </dev/null 2>&1 || ${TYPED_MUST:-true}
}
# What was started a moment ago may not be there yet.
seen_is() { # COMMAND SHOWN
	[[ -n $2 ]] || { typed "$1"; return; }
	alike <<<"$2" >"$T/shown"
	wait_until 30 shows "$1" && return 0
	echo "\$ $1"
	diff "$T/shown" "$T/seen"
}
shows() {
	typed "$1" | alike >"$T/seen"
	cmp -s "$T/shown" "$T/seen"
}
follows() { # TITLE [LINES AT LEAST]
	local line command= shown= n=0
	while IFS= read -r line; do
		if [[ $line == '$ '* ]]; then
			while [[ $shown == *$'\n' ]]; do shown=${shown%$'\n'}; done
			[[ -z $command ]] || seen_is "$command" "$shown" || return 1
			command=${line#\$ } shown= n=$((n + 1))
		else
			shown+=$line$'\n'
		fi
	done < <(block "$1"; echo '$ true')
	[[ $n -ge ${2:-6} ]]
}
