// SPDX-License-Identifier: GPL-2.0-or-later
// going.c - what was removed on this host and the cluster still has: networks that span hosts, and
// services
#include "engine/state/going.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/state/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. Who removes a network or a service does not wait for etcd, which may be away
 * for long, and a record that is told again makes the thing again. So what is on its way out is
 * kept (far->going) until the cluster has forgotten it, and in a file, for netd may end before.
 * The file is written before the thing itself goes: a netd that is killed in between finds a line
 * of what is still there, and drops it. It is what etcd has of each: the key, a space, and the
 * value, which is one line.
 *
 * What etcd has forgotten is a line too many, which a start finds to be one. So those that are
 * forgotten at one time, by the hundred where much was removed, are taken out of the file a moment
 * later and together: to write it takes two fsyncs in the loop. */

/* In the state directory, which outlives the host's boot as etcd's records do. */
#define GOING_FILE "cluster-removed"

static void path_of(const struct engine *engine, const char *behind, char *ret_path, size_t size)
{
	(void)snprintf(ret_path, size, "%s/" GOING_FILE "%s", engine->state_dir, behind);
}

static void print(const struct engine *engine, enum cluster_kind kind,
		  struct cluster_record *record, struct buf *out)
{
	size_t cursor = 0;

	while (cluster_state_next(engine->far->going, kind, &cursor, record)) {
		char key[CLUSTER_KEY_SIZE];

		buf_printf(out, "%s ", cluster_key_print(&record->key, key));
		cluster_record_write(record, out);
		buf_puts(out, "\n");
	}
}

/* The data before the name: after a power cut the name leads to one whole file. */
static int write_text(const char *path, const char *fresh, const struct buf *text)
{
	_cleanup_close_ int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text->data, text->len);
	if (n >= 0 && (size_t)n != text->len)
		return -ENOSPC;
	return n < 0 || fsync(fd) < 0 || rename(fresh, path) < 0 ? -errno : 0;
}

static int sync_dir(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Nothing to be written is no file. That one comes back after a power cut does no harm: what it
 * says is compared with what etcd has. */
static int write_file(const struct engine *engine)
{
	struct cluster_record *record = malloc(sizeof(*record));
	char path[PATH_LEN_MAX + 1], fresh[PATH_LEN_MAX + 1];
	struct buf text = { 0 };
	int err = record ? 0 : -ENOMEM;

	path_of(engine, "", path, sizeof(path));
	path_of(engine, ".new", fresh, sizeof(fresh));
	if (err == 0) {
		print(engine, CLUSTER_NET, record, &text);
		print(engine, CLUSTER_SVC, record, &text);
		err = text.err < 0 ? -ENOMEM : text.len >= GOING_FILE_MAX ? -EFBIG : 0;
	}
	if (err == 0 && text.len == 0)
		(void)unlink(path); /* mostly there is none */
	else if (err == 0)
		err = write_text(path, fresh, &text);
	if (err == 0 && text.len > 0)
		err = sync_dir(engine->state_dir);
	if (err < 0)
		(void)unlink(fresh); /* or it was never made */
	buf_done(&text);
	free(record);
	return err;
}

/* Without a cluster there is nobody who has it. */
int going_note(struct engine *engine, const struct cluster_record *record, struct error *error)
{
	int change = cluster_state_put(engine->far->going, record);
	int err = change < 0 ? change : 0;

	if (change > CLUSTER_SAME && addr_is_set(&engine->far->tunnel)) {
		err = write_file(engine);
		if (err < 0)
			(void)cluster_state_remove(engine->far->going, &record->key);
		else /* with what was forgotten before */
			ev_timer_stop(engine->loop, &engine->far->forgotten);
	}
	return err < 0 ? error_system(error, err, "cannot note that %s goes from the cluster",
				      record->key.name)
		       : 0;
}

/* Lines too many that stay do no harm. */
static void write_less(struct engine *engine)
{
	int err = write_file(engine);

	ev_timer_stop(engine->loop, &engine->far->forgotten);
	if (err < 0)
		log_warn("cannot write %s/" GOING_FILE ": %s", engine->state_dir, strerror(-err));
}

void going_forget(struct engine *engine, const struct cluster_key *key)
{
	struct far *far = engine->far;

	if (cluster_state_remove(far->going, key) != CLUSTER_REMOVED)
		return;
	/* The file goes with the last, which takes no fsync. */
	if (cluster_state_count(far->going) == 0)
		write_less(engine);
	if (cluster_state_count(far->going) > 0 && !ev_is_active(&far->forgotten)) {
		ev_timer_set(&far->forgotten, GOING_WRITE_S, 0.);
		ev_timer_start(engine->loop, &far->forgotten);
	}
}

void going_forget_all(struct engine *engine)
{
	char path[PATH_LEN_MAX + 1];

	cluster_state_begin(engine->far->going);
	(void)cluster_state_end(engine->far->going, NULL, NULL); /* nobody hears of it */
	ev_timer_stop(engine->loop, &engine->far->forgotten);
	path_of(engine, "", path, sizeof(path));
	(void)unlink(path); /* mostly there is none */
}

/* Only kinds that are written here. */
static void read_line(struct engine *engine, const char *line, struct cluster_record *record)
{
	const char *value = strchr(line, ' ');
	struct cluster_key key;

	if (!value || cluster_key_parse(line, (size_t)(value - line), &key) < 0 ||
	    (key.kind != CLUSTER_NET && key.kind != CLUSTER_SVC) ||
	    cluster_record_read(&key, value + 1, strlen(value + 1), record) < 0 ||
	    cluster_state_put(engine->far->going, record) < 0)
		log_warn("a line of %s/" GOING_FILE " makes no sense: what it is about may come "
			 "back",
			 engine->state_dir);
}

static void on_forgotten(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	write_less(timer->data);
}

static void read_all(struct engine *engine)
{
	_cleanup_free_ struct cluster_record *record = malloc(sizeof(*record));
	_cleanup_free_ char *text = malloc(GOING_FILE_MAX);
	char path[PATH_LEN_MAX + 1], *rest = NULL;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	path_of(engine, "", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	n = fd < 0 || !text || !record ? -1 : read(fd, text, GOING_FILE_MAX - 1);
	if (n < 0) {
		log_warn("cannot read %s: what was removed while etcd was away may come back",
			 path);
		return;
	}
	text[n] = '\0';
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		read_line(engine, line, record);
}

void going_start(struct engine *engine)
{
	ev_timer_init(&engine->far->forgotten, on_forgotten, 0., 0.);
	engine->far->forgotten.data = engine;
	read_all(engine);
}

void going_stop(struct engine *engine)
{
	if (ev_is_active(&engine->far->forgotten))
		write_less(engine);
}
