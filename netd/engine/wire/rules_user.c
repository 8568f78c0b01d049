// SPDX-License-Identifier: GPL-2.0-or-later
// rules_user.c - the administrator's own rules, and a copy of the last that were right
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. A file with a mistake must neither leave a host without network after a
 * reboot nor without the rules that were in force before it. So what nft(8) has accepted is copied
 * into the state directory, no rules at all included, and stands in when the files are refused. The
 * fault is logged and shown until the files are right. Only where nothing was ever accepted does
 * netd not start. */

#define MARK_USER_RULES "user-rules" /* the chain may hold something */
#define WAY_OUT "correct it or move it away, see `netd --check`, and `systemctl reload netd`"

/* suffix is ".new" for the copy that is being written. */
static void kept_path(const struct engine *engine, const char *suffix, char *ret_path, size_t size)
{
	(void)snprintf(ret_path, size, "%s/rules.nft%s", engine->state_dir, suffix);
}

/* Every *.nft of the folder is the inside of a chain; "": there is none. nft(8) reads the files
 * itself, by a pattern, in the order of their names. */
static void include_files(const char *rules_dir, char *ret_text, size_t size)
{
	char pattern[PATH_LEN_MAX + 1];
	glob_t files = { 0 };

	(void)snprintf(pattern, sizeof(pattern), "%s/*.nft", rules_dir);
	if (glob(pattern, 0, NULL, &files) == 0)
		(void)snprintf(ret_text, size, "include \"%s\"\n", pattern);
	else
		ret_text[0] = '\0';
	globfree(&files);
}

/* --- the copy --------------------------------------------------------------------------------- */

/* A folder, a FIFO or a device among the files would be read like a file, or refused by read(2). */
static int append_file(struct buf *buf, const char *path)
{
	/* Not to wait should it be a FIFO: nft has not waited either. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_append(buf, chunk, (size_t)n);
		/* A bound, because the copy is read whole into memory. */
		if (buf->len > RULESET_USER_KEPT_MAX)
			return -EFBIG;
	}
	return n < 0 ? -errno : buf->err;
}

/* In the order of their names, as nft(8) includes them (glob(3) sorts). */
static int append_files(struct buf *buf, const char *rules_dir)
{
	char pattern[PATH_LEN_MAX + 1];
	glob_t files = { 0 };
	int err = 0;

	(void)snprintf(pattern, sizeof(pattern), "%s/*.nft", rules_dir);
	if (glob(pattern, 0, NULL, &files) == 0)
		for (size_t i = 0; err == 0 && i < files.gl_pathc; i++) {
			err = append_file(buf, files.gl_pathv[i]);
			buf_puts(buf, "\n"); /* the last line of a file may have no end */
		}
	globfree(&files);
	return err < 0 ? err : buf->err;
}

/* Whether the copy is what would be written. */
static bool is_kept(const char *path, const struct buf *text)
{
	struct buf kept = { 0 };
	bool same = append_file(&kept, path) == 0 && kept.len == text->len &&
		    (text->len == 0 || memcmp(kept.data, text->data, text->len) == 0);

	buf_done(&kept);
	return same;
}

/* Whole, or as it was. The copy is root's alone: rules may tell more than everybody should know. */
static int write_kept(const struct engine *engine, const char *path, const struct buf *text)
{
	char fresh[PATH_LEN_MAX + 1];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	kept_path(engine, ".new", fresh, sizeof(fresh));
	/* O_TRUNC: a file of this name is what an earlier netd left when it was killed. */
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = text->len > 0 ? write(fd, text->data, text->len) : 0;
	if (n >= 0 && n != (ssize_t)text->len)
		return -ENOSPC;
	/* The data before the name. After a power cut the name leads to one whole file, the old
	 * or the new one. */
	if (n < 0 || fsync(fd) < 0 || rename(fresh, path) < 0)
		return -errno;
	return 0;
}

/* A copy that cannot be written is no reason to refuse rules that are right. */
static void keep(const struct engine *engine)
{
	char path[PATH_LEN_MAX + 1];
	struct buf text = { 0 };
	int err = append_files(&text, engine->wire->rules_dir);

	kept_path(engine, "", path, sizeof(path));
	/* Each SIGHUP loads the same files as a rule, and an fsync for each would be for
	 * nothing. */
	if (err == 0 && !is_kept(path, &text))
		err = write_kept(engine, path, &text);
	buf_done(&text);
	if (err == 0)
		return;
	/* Older ones are not what was accepted last. */
	(void)unlink(path);
	log_warn("the rules of %s cannot be kept in %s: %s", engine->wire->rules_dir, path,
		 strerror(-err));
}

/* --- loading ---------------------------------------------------------------------------------- */

/* Rules that are none are loaded where there may be others. Hands the text to nft(8), whose result
 * goes into the chain user-forward in one transaction. The mark in the run directory says that a
 * table of a netd before may have rules in that chain. */
static int load(struct engine *engine, const char *rules, struct error *error)
{
	int err = 0;

	/* nft(8) costs a process and some milliseconds. Where no rules were and none are, it is
	 * not started. */
	if (rules[0] || engine->wire->has_user_rules || run_dir_has_mark(engine, MARK_USER_RULES))
		err = engine->door->rules.load_user(engine->nft, rules, error);
	if (err < 0)
		return err;
	/* Noted after success, for the chain has what it had before when loading fails. */
	engine->wire->has_user_rules = rules[0];
	run_dir_set_mark(engine, MARK_USER_RULES, rules[0]);
	return 0;
}

/* From the administrator's files. On success they are the ones that are kept. */
static int load_files(struct engine *engine, struct error *error)
{
	char rules[PATH_LEN_MAX + 32];
	int err;

	include_files(engine->wire->rules_dir, rules, sizeof(rules));
	err = load(engine, rules, error);
	if (err < 0) {
		error_prefix(error, "the rules in %s", engine->wire->rules_dir);
		return err;
	}
	/* The files are right again. */
	engine->wire->rules_fault[0] = '\0';
	keep(engine);
	return 0;
}

/* The last that were right. Whoever has never had any gets -ENOENT. */
static int load_kept(struct engine *engine, struct error *error)
{
	char path[PATH_LEN_MAX + 1], rules[PATH_LEN_MAX + 32] = "";
	struct stat stat_now;

	kept_path(engine, "", path, sizeof(path));
	if (stat(path, &stat_now) < 0)
		return error_system(error, -errno, "%s", path);
	/* An empty copy says that the files were empty when they were right: then there are no
	 * rules to load, and that is a success. */
	if (stat_now.st_size > 0)
		(void)snprintf(rules, sizeof(rules), "include \"%s\"\n", path);
	return load(engine, rules, error);
}

/* At a start, or when the table was made anew. */
int rules_user_load(struct engine *engine, struct error *error)
{
	struct error fault, why;

	/* Both sentences are needed where both fail: what is wrong with the files, and that there
	 * is nothing to fall back to. */
	if (load_files(engine, &fault) == 0)
		return 0;
	if (load_kept(engine, &why) < 0)
		return error_set(
			error, ERROR_INVALID,
			"%s: correct it or move it away: netd does not start without rules "
			"that it was given, and there are none of before (%s)",
			fault.text, why.text);
	(void)snprintf(engine->wire->rules_fault, sizeof(engine->wire->rules_fault),
		       "%s; the last rules that were right are in force: " WAY_OUT, fault.text);
	log_error("%s", engine->wire->rules_fault);
	return 0;
}

/* SIGHUP. */
int engine_reload_rules(struct engine *engine, struct error *error)
{
	int err = load_files(engine, error);

	/* SIGHUP leaves the rules that are in force. The caller logs the sentence and the fault
	 * is shown until the files are right. */
	if (err < 0)
		(void)snprintf(engine->wire->rules_fault, sizeof(engine->wire->rules_fault),
			       "%s; the rules of before are in force: " WAY_OUT, error->text);
	return err;
}

/* `netd --check`: the rules are loaded in an empty namespace and thrown away. There is no
 * engine. */
int engine_check_rules(const char *rules_dir, struct error *error)
{
	char rules[PATH_LEN_MAX + 32];
	int err = 0;

	include_files(rules_dir, rules, sizeof(rules));
	if (rules[0])
		err = door_kernel.rules.load_user(NULL, rules, error);
	if (err < 0)
		error_prefix(error, "the rules in %s", rules_dir);
	return err;
}
