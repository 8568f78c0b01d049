#!/usr/bin/env bats
# store_damage.bats - a record that is damaged costs nothing that runs: the other one stands in, or netd says what it needs
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# Two networks with names, addresses, a published port; netd is killed, as it is in life, and all files are kept.
set_up() {
	netctl network create --subnet 10.40.0.0/24 one
	cp -a "$T/h/state" "$T/older.state" && cp -a "$T/h/run" "$T/older.run"
	netctl network create --subnet 10.41.0.0/24 --label kind=second two
	attach a --network one:ip=10.40.0.20 -p 8080:80
	attach b --network one:ip=10.40.0.30 --network two
	netctl network create --subnet 10.42.0.0/24 three
	serve a 80
	LINKS=$(host_links) RULES=$(rules) NETWORKS=$(networks)
	host_stop h KILL
	cp -a "$T/h/state" "$T/kept.state" && cp -a "$T/h/run" "$T/kept.run"
}
host_links() { ip -n "$P-h" -j link | jq -c 'sort_by(.ifname)[] | [.ifindex, .ifname, .master, .address, .ifalias]'; }
rules() { in_host h nft list table inet netd | sed -E '1,2d; s/packets [0-9]+ bytes [0-9]+//'; } # the owner went
networks() { netctl network ls --format '{{.Name}} {{.ID}}' | sort; }

# The files as the killed netd left them.
undamaged() {
	local dir
	for dir in state run; do
		find "$T/h/$dir" -maxdepth 1 -type f \( -name '*.db*' -o -name '*.journal*' \) -delete
		cp -a "$T/kept.$dir"/{networks,run}.* "$T/h/$dir/" 2>/dev/null || true
	done
}

flip() { # FILE OFFSET (of the end when negative)
	$PYTHON -I -S - "$1" "$2" <<-'END'
		import sys
		path, at = sys.argv[1], int(sys.argv[2])
		data = bytearray(open(path, "rb").read())
		data[at] ^= 4
		open(path, "r+b").write(data)
	END
}
flip_text() { # FILE TEXT: in the first place where it stands
	flip "$1" "$(grep -abo -- "$2" "$1" | head -1 | cut -d: -f1)"
}
cut_to() { truncate -s "$(($(stat -c %s "$1") * $2 / 100))" "$1"; } # FILE PERCENT
checkpointed() { sqlite3 "$db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null; } # all of it is in the file itself
older() { cp -a "$T/older.$half/${db##*/}$1" "$db$1"; }

# Nothing was touched, and all of it works.
runs_on() {
	equals "$(host_links)" "$LINKS"
	equals "$(rules)" "$RULES"
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	matches "$(get_from b http://10.40.0.20/)" '^a from'
	equals "$(ask b a.one)" 10.40.0.20
	equals "$(ask a b)" 10.40.0.30
}
is_whole() {
	host_start h
	runs_on
	equals "$(networks)" "$NETWORKS"
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "a b"
}
# netd_ends STATUS PATTERN [WRAPPER…]: in one sentence.
netd_ends() {
	local status=$1 pattern=$2
	shift 2
	fails_with "$status" "error: .*$pattern" in_host h timeout 60 "$@" "$NETD_BUILD/netd" \
		--run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)"
}
# One sentence, nothing was touched, and systemd does not try again (78, netd.service): somebody has to decide.
is_refused() { # PATTERN
	netd_ends 78 "$1"
	runs_on
}

in_both() { # COMMANDS: on the files of both databases
	local half db journal text sql
	for half in state run; do
		case $half in
		state) db=$T/h/state/networks.db text=10.41.0 sql="UPDATE network SET body = '{' WHERE name = 'one'" ;;
		run) db=$T/h/run/run.db text=10.40.0.20 sql="UPDATE container SET body = 'x' WHERE name = 'a'" ;;
		esac
		journal=${db%.db}.journal
		eval "$1"
	done
}

# each_damage WORD 'COMMANDS'…: each is done to both databases of a killed netd at once, and loses nothing; WORD says what
# was made again. quiet: what is lost is nothing, or as much as a netd that was killed had not finished; that is no news.
each_damage() {
	local n=0 warnings
	while [[ $# -gt 0 ]]; do
		undamaged
		echo "damage: $2"
		in_both "$2"
		is_whole
		if [[ $1 != quiet ]]; then
			warnings=$(netctl system info --format '{{join .Warnings "\n"}}')
			matches "$warnings" "networks[.]$1 "
			matches "$warnings" "run[.]$1 "
			equals "$(netctl system info --format '{{.Guard.Healed.Records.Count}}')" 2
		fi
		host_stop h KILL
		n=$((n + 1))
		shift 2
	done
	echo "$n damages"
	((n >= 5))
}

@test "damage to the logs of both databases costs nothing that runs" {
	set_up
	each_damage \
		db 'flip_text $db-wal $text' \
		db 'flip $db-wal 40' \
		quiet 'flip $db-wal -3000' \
		db 'cut_to $db-wal 30' \
		quiet 'cut_to $db-wal 99' \
		db 'rm $db-wal' \
		db ': >$db-wal' \
		quiet 'flip $db-shm 16' \
		quiet 'rm $db-shm' \
		quiet 'cut_to $db-shm 50' \
		db 'older -wal'
}

@test "damage to both database files costs nothing that runs" {
	set_up
	each_damage \
		db 'rm $db' \
		db 'rm $db $db-wal $db-shm' \
		db ': >$db' \
		db 'checkpointed; : >$db' \
		db 'checkpointed; flip_text $db $text' \
		db 'checkpointed; flip $db 3' \
		db 'checkpointed; flip $db 18' \
		db 'checkpointed; flip $db 4100' \
		db 'checkpointed; cut_to $db 60' \
		db 'checkpointed; head -c 4096 /dev/zero | dd of=$db conv=notrunc status=none' \
		db 'older ""; older -wal; rm -f $db-shm'
	# what was damaged is kept for whoever wants to look
	[[ -s $T/h/state/networks.db.damaged && -s $T/h/run/run.db.damaged ]]
}

@test "records that cannot be read, or are missing, and damage to the journals cost nothing that runs" {
	set_up
	each_damage \
		db 'sqlite3 $db "$sql"' \
		db 'checkpointed; sqlite3 $db "$sql"' \
		db 'sqlite3 $db "DELETE FROM $([[ $half == run ]] && echo endpoint || echo network)"' \
		journal 'flip_text $journal $text' \
		journal 'cut_to $journal 50' \
		journal 'sed -i "\$d" $journal' \
		journal ': >$journal' \
		journal 'rm $journal'
	# both go on together
	undamaged
	in_both 'rm $db-wal'
	host_start h
	netctl network create --subnet 10.43.0.0/24 four
	attach c --network four
	host_stop h KILL
	in_both 'rm $db*'
	host_start h
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "a b c"
	equals "$(ask c c.four)" "$(ip4_of c)"
}

@test "what is damaged twice, and what is no database, is refused in one sentence, and nothing is touched" {
	local db
	set_up
	for db in state/networks run/run; do
		undamaged
		rm "$T/h/$db.db-wal"
		flip_text "$T/h/$db.journal" 10.40.0
		is_refused "${db#*/}.db is damaged \(.*\) and its second record ${db#*/}.journal is damaged, so that netd touches nothing"
		# what is not a database was put there by somebody, and is not overwritten
		undamaged
		rm "$T/h/$db.db"-*
		echo "this is something else, and long enough to be seen as such" >"$T/h/$db.db"
		netd_ends 1 "${db#*/}.db is not a database and was left as it is: move it away"
		matches "$(cat "$T/h/$db.db")" 'something else'
		mv "$T/h/$db.db" "$T/moved"
		is_whole
		host_stop h KILL
	done
}

@test "a state directory that is older than what runs, or empty, is refused with a way out" {
	set_up
	rm -f "$T"/h/state/*
	is_refused "container [ab] runs on network [0-9a-f]{12}, which is not in .*/state/networks.db, and so netd touches nothing .*netctl system restore --state-dir .* FILE"
	# what cannot be seen now is no contradiction: that start is tried again
	netd_ends 1 'Too many open files' strace -qq -o "$T/strace" -P "$(container_path a)" -P "$(container_path b)" \
		-e trace=openat -e inject=openat:error=EMFILE
	grep -q INJECTED "$T/strace"
	runs_on
	# what the refused start made is gone again
	equals "$(find "$T/h/state" -type f)" ""
	undamaged
	rm "$T"/h/run/run.{db,journal}*
	is_refused "there is a link nd[0-9a-f]{12} \([ab] on .*\) of a container and no record of any container"
	undamaged
	host_start h
	netctl detach a b
	host_stop h KILL
	LINKS=$(host_links) RULES=$(rules)
	rm -f "$T"/h/state/*
	netd_ends 78 'there is a bridge br-[0-9a-f]* of network .* and no record of any network in'
	equals "$(host_links)" "$LINKS"
	# the way out that it names
	rm -r "$T"/h/run/*
	host_start h
	equals "$(netctl network ls -q | wc -l)" 3
	wait_until 30 no_old_bridge h
	lacks "$(host_links)" br-
}

@test "a netd that did not keep journals hands over to this one" {
	set_up
	local db
	rm "$T"/h/*/*.journal
	for db in "$T/h/state/networks.db" "$T/h/run/run.db"; do
		sqlite3 "$db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger'" | sqlite3 "$db"
		sqlite3 "$db" 'DROP TABLE counter; PRAGMA user_version = 2'
	done
	is_whole
	lacks "$(netctl system info --format '{{json .Warnings}}')" 'journal|networks.db|run.db'
	host_stop h KILL
	rm "$T/h/state/networks.db" "$T/h/run/run.db"
	is_whole
}

@test "rows that somebody changes while netd runs are told of, are in every backup, and count at the next start" {
	netctl network create --subnet 10.40.0.0/24 --label kind=first one
	sqlite3 -cmd '.timeout 30000' "$T/h/state/networks.db" "UPDATE network SET body = replace(body, 'first', 'second') WHERE name = 'one'"
	netctl network create --subnet 10.41.0.0/24 two
	matches "$(netctl system info --format '{{join .Warnings "\n"}}')" 'rows of .*networks.db were changed by somebody else than netd'
	wait_until 30 grep -q 'rows of .*networks.db were changed by somebody else' "$T/h/netd.log"
	netctl system backup "$T/backup"
	matches "$(cat "$T/backup")" second
	host_stop h KILL
	rm "$T"/h/state/networks.db*
	host_start h
	matches "$(netctl network inspect one)" '"kind": "second"'
	equals "$(netctl system restore "$T/backup")" ""
}
