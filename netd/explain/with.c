// SPDX-License-Identifier: GPL-2.0-or-later
// with.c - the host's ruleset as it would be, were a file of nftables loaded
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "diag/rules/replay.h"
#include "diag/rules/rules.h"
#include "diag/verdict_json.h"
#include "explain/explain.h"
#include "kernel/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. The present ruleset is made again in a namespace of this process alone,
 * nft(8) loads the file there, and from then on the judge has that namespace's rules in the
 * place of the host's, read from the kernel as any others. The host is read and nothing else.
 * docs/decisions/0025-a-change-is-loaded-elsewhere.md. The steps: read the whole present
 * ruleset; make dummy links for the names that it or the file mention; send the ruleset table
 * by table; run nft; read what has come of it; put that in the place of the host's picture. */

#define NETD_TITLE "inet netd"

struct trial {
	const char *file;
	struct facts *facts;
	struct look *look;
	struct look_scratch *scratch;
	struct replay *replay;
	/* present: the host's messages. named: all texts in which a link may be named, the
	 * file's first. */
	struct buf present, named;
	/* The table that is being made, for the messages about it. */
	size_t table;	   /* that is made */
	char refused[256]; /* what nothing can stand for; "": nothing */
};

static void trial_done(struct trial *trial)
{
	replay_free(trial->replay);
	buf_done(&trial->present);
	buf_done(&trial->named);
}

/* The reason is told with the file's name; err says what the kernel said. */
static int cannot(const struct trial *trial, int err, const char *what, struct error *error)
{
	return error_system(error, err, "cannot tell what %s would do: %s", trial->file, what);
}

/* ---- the links that the file may name ---- */

/* -EXDEV: which they are cannot be seen. Then each link of the host is made. That costs time,
 * and misses nothing. */
static int read_text(const char *file, struct buf *out)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char data[16384];
	struct stat st;
	ssize_t n;

	/* What can be read once is nft's to read. A pipe or a device gives its text once, and
	 * nft is to have it. */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > WITH_TEXT_MAX)
		return -EXDEV;
	/* The file may have grown since its size was looked at. */
	while ((n = read(fd, data, sizeof(data))) > 0 && out->len <= WITH_TEXT_MAX)
		buf_append(out, data, (size_t)n);
	if (out->err < 0)
		return out->err;
	/* A file that includes others may name links in those. The word may stand in a comment,
	 * too; that costs time, and nothing else. */
	return n != 0 || !out->data || strstr(out->data, "include") ? -EXDEV : 0;
}

/* A link costs a third of a millisecond, and a host has one for each container: those that are
 * named nowhere are left out. A name stands as it is written, in the file and in the kernel's
 * messages. nft(8) looks up a link that a rule names by iif or oif, and a chain of the family
 * netdev is bound to one: both fail without it. */
static int make_links(struct trial *trial, struct error *error)
{
	const char *link = NULL;
	char what[64];
	int err = read_text(trial->file, &trial->named);
	bool all = err == -EXDEV;

	if (err == -ENOMEM)
		return cannot(trial, err, "reading it", error);
	/* The kernel's messages contain the names as text. */
	buf_append(&trial->named, trial->present.data, trial->present.len);
	facts_ask_links(facts_space(trial->facts, "host"));
	if (trial->named.err < 0)
		return cannot(trial, trial->named.err, "reading it", error);
	err = look_scratch_links(trial->scratch, facts_space(trial->facts, "host"),
				 all ? NULL : &trial->named, &link);
	(void)snprintf(what, sizeof(what), "no link %s to try it with", link ? link : "");
	return err < 0 ? cannot(trial, err, what, error) : 0;
}

/* ---- the present ruleset ---- */

/* The kernel refuses messages of a batch by their numbers; the first error is the cause of the
 * others. replay_refused() is true when something can stand for what was refused, and the next
 * try has it. */
static void on_refused(void *data, uint32_t seq, int err)
{
	struct trial *trial = data;
	char what[32];

	if (replay_refused(trial->replay, trial->table, seq, what, sizeof(what)) ||
	    trial->refused[0])
		return; /* what follows from the first says less */
	(void)snprintf(trial->refused, sizeof(trial->refused),
		       "%s of table %.64s cannot be made a second time: %s", what,
		       replay_name(trial->replay, trial->table), strerror(-err));
}

/* Rules that the kernel does not take as it shows them are stood for at the next try. */
static int make_table(struct trial *trial, size_t table, struct error *error)
{
	int err = -EBADMSG;

	trial->table = table;
	/* A fixed number of tries: each one replaces at least one rule, and a ruleset that
	 * still fails will not be made. */
	for (int tries = 0; err == -EBADMSG && tries < REPLAY_TRIES; tries++) {
		_cleanup_(buf_done) struct buf batch = { 0 };

		err = replay_batch(trial->replay, table, &batch);
		/* The kernel gives out handles by counting, and the file may delete by handle:
		 * the numbers are counted up again to those that the host has. A table with a
		 * long history takes too many. */
		if (err == -E2BIG)
			return error_set(error, ERROR_INTERNAL,
					 "cannot tell what %s would do: table %s has had more than "
					 "%d rules, and their numbers are counted again for it",
					 trial->file, replay_name(trial->replay, table),
					 REPLAY_NUMBERS_MAX);
		if (err < 0)
			break;
		/* A table with an owner is sent by a socket of its own, as the owner's. */
		err = look_scratch_send(trial->scratch, replay_owner(trial->replay, table), &batch,
					on_refused, trial);
		if (trial->refused[0])
			return error_set(error, ERROR_INTERNAL, "cannot tell what %s would do: %s",
					 trial->file, trial->refused);
	}
	return err < 0 ? cannot(trial, err, "making the present ruleset again", error) : 0;
}

/* The whole ruleset is read, with elements of sets and with handles, since the file may delete
 * by handle. */
static int make_present(struct trial *trial, struct error *error)
{
	int err = look_ruleset_whole(trial->look, "host", &trial->present);

	if (err == 0)
		err = replay_new(trial->present.data, trial->present.len, &trial->replay);
	if (err < 0)
		return cannot(trial, err, "reading the present ruleset", error);
	err = make_links(trial, error);
	for (size_t i = 0; err == 0 && i < replay_n_tables(trial->replay); i++)
		err = make_table(trial, i, error);
	return err;
}

/* ---- the file ---- */

/* Lines stay lines: they show the place. The quotes that nft writes are three bytes each.
 * Control characters of a file that nft quotes would reach the terminal. */
static void make_plain(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		bool is_quote = strncmp(from, "\u2018", 3) == 0 || strncmp(from, "\u2019", 3) == 0;
		bool is_plain = (*from >= 0x20 && *from <= 0x7e) || *from == '\n' || *from == '\t';

		*to++ = is_quote ? '\'' : is_plain ? *from : '?';
		from += is_quote ? 2 : 0;
	}
	while (to > text && to[-1] == '\n')
		to--;
	*to = '\0';
}

/* 127 is what the child that could not execute nft ends with, as a shell's does. */
static int load(const struct trial *trial, struct error *error)
{
	char said[WITH_SAID_MAX];
	int status = 0;
	int err = look_scratch_run(trial->scratch, said, sizeof(said), &status);

	if (err == -ETIME)
		return error_set(error, ERROR_INTERNAL, "nft did not read %s within %d s",
				 trial->file, LOOK_SCRATCH_MS / 1000);
	if (err < 0)
		return error_system(error, err, "cannot run nft");
	make_plain(said);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "cannot run " NFT_PROGRAM ", which reads what --with names");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(error, ERROR_INVALID, "nft refuses %s: %s", trial->file, said);
	return 0;
}

/* ---- what has come of it ---- */

/* From here on look_space() of "host" is answered from the trial's namespace: sets that are
 * asked for later are the new ones as well. */
static int take(const struct trial *trial, struct error *error)
{
	_cleanup_(buf_done) struct buf ruleset = { 0 };
	struct facts_space *host = facts_space(trial->facts, "host");
	int err = look_scratch_lend(trial->scratch, trial->look, trial->facts, "host");

	if (err == 0)
		/* What was made as a stand-in is shown again as the host has it. */
		err = replay_restore(trial->replay, host->ruleset, host->ruleset_len, &ruleset);
	if (err < 0)
		return cannot(trial, err, "reading what has come of it", error);
	/* The decoded form is made again when it is first asked for. */
	rules_free(host->decoded); /* of what was there before */
	host->decoded = NULL;
	free(host->ruleset);
	host->ruleset_len = ruleset.len;
	host->ruleset = (uint8_t *)take_ptr(ruleset.data);
	return 0;
}

/* A netd that runs makes its table again at once. A kernel before 6.9 does not keep that table
 * from others, and what the host has afterwards is neither with it nor without. An answer that
 * holds for a moment would be wrong when it is read. */
static int check_own_table(const struct trial *trial, struct error *error)
{
	const struct facts_space *host = facts_space(trial->facts, "host");
	size_t n = replay_n_tables(trial->replay), i = 0;

	while (i < n && strcmp(replay_name(trial->replay, i), NETD_TITLE) != 0)
		i++;
	if (strcmp(trial->facts->source, "netd") != 0 || i == n ||
	    replay_stands(trial->replay, i, host->ruleset, host->ruleset_len))
		return 0;
	return error_set(error, ERROR_INTERNAL,
			 "cannot tell what %s would do: it takes netd's own table away, which netd "
			 "makes again behind it (a kernel since Linux 6.9 keeps that table from "
			 "others); leave out \"flush ruleset\", and delete tables by name",
			 trial->file);
}

/* The namespace is made before rights are given up, for then no program can be started any more. */
int explain_with_start(const char *file, struct look_scratch **ret_scratch, struct error *error)
{
	char *const argv[] = { (char *)NFT_PROGRAM, (char *)"-f", (char *)file, NULL };
	int err = look_scratch_new(argv, ret_scratch);

	return err < 0 ? error_system(error, err,
				      "cannot tell what %s would do: no namespace to try it in",
				      file)
		       : 0;
}

/* facts->with is set last: it says that the picture is the changed one. */
int explain_with(const char *file, struct look_scratch *scratch, struct look *look,
		 struct facts *facts, struct error *error)
{
	_cleanup_(trial_done) struct trial trial = {
		.file = file, .facts = facts, .look = look, .scratch = scratch
	};
	int err = make_present(&trial, error);

	if (err == 0)
		err = load(&trial, error);
	if (err == 0)
		err = take(&trial, error);
	if (err == 0)
		err = check_own_table(&trial, error);
	if (err == 0)
		(void)snprintf(facts->with, sizeof(facts->with), "%s", file);
	return err;
}

/* It is written behind the answer's other keys, in the place of the last brace. */
int explain_with_write(const struct facts *facts, struct buf *out)
{
	json_auto_t *with = json_text(facts->with);
	_cleanup_free_ char *text = with ? json_write(with, JSON_ENCODE_ANY) : NULL;

	if (!facts->with[0])
		return 0;
	if (!text || out->len == 0)
		return -ENOMEM;
	out->len--; /* the last brace */
	buf_printf(out, ",\"With\":%s}", text);
	return out->err;
}
