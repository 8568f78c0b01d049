# demo.bash - how the demos say what they do, and look at what comes back; scripts/demo and scripts/demo-cluster load it
# SPDX-License-Identifier: GPL-2.0-or-later

bold=$(tput bold 2>/dev/null || true) plain=$(tput sgr0 2>/dev/null || true)
[[ -t 1 ]] || bold='' plain=''

say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
# With several hosts, at is the one where it is typed.
typed() { printf '%s%s$ %s%s\n' "$bold" "${at:-}" "$*" "$plain"; }
show() { # what is typed and what comes back
	typed "$@"
	"$@"
}
expect() { # TEXT COMMAND…: shows it; the answer must hold TEXT
	local text=$1 out
	shift
	typed "$@"
	out=$("$@" 2>&1) || {
		echo "$out"
		echo "failed" >&2
		return 1
	}
	printf '%s\n' "$out"
	grep -qF -- "$text" <<<"$out" || {
		echo "expected \"$text\"" >&2
		return 1
	}
}
expect_failure() { # TEXT COMMAND…: must fail, saying TEXT
	local text=$1 out
	shift
	typed "$@"
	if out=$("$@" 2>&1); then
		printf '%s\nexpected it to fail\n' "$out" >&2
		return 1
	fi
	printf '%s\n' "$out"
	grep -qF -- "$text" <<<"$out" || {
		echo "expected \"$text\"" >&2
		return 1
	}
}
wait_for() { # SECONDS COMMAND…
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[[ $SECONDS -lt $deadline ]] || {
			echo "waited too long for: $*" >&2
			return 1
		}
		sleep 0.05
	done
}

# What must be as it was when the demo is over.
machine() {
	command ip -o link | sort
	command ip -o addr | sed 's/valid_lft.*//' | sort
	command ip route
}
