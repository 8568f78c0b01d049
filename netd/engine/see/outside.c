// SPDX-License-Identifier: GPL-2.0-or-later
// outside.c - what others than netd know, asked for while the rest of a snapshot is gathered
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/watcher.h"
#include "engine/see/see.h"
#include "kernel/fdkind.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. Neither is waited for. The resolver is asked as at a beat, and has so long
 * to answer. The kernel is read by a process of its own: a dump of links waits for the RTNL lock,
 * which somebody who deletes a namespace may hold for seconds, and a dump of a large set begins at
 * its first element again for each piece. That process writes into files of memory, and its end
 * says that they are complete, or that nothing more will come. A text that is whole ends with a
 * newline; one that begins with neither [ nor { is a sentence that says why there is none. */

#define OF_RESOLVER (SEEN_BIT(SEEN_RESOLVER) | SEEN_BIT(SEEN_DNS))

/* What is waited for. It is freed with its gathering, whether or not everything has come. */
struct outside {
	struct engine *engine;
	unsigned int parts;
	/* Called once, when the last of the two has ended; never if neither is waited for. */
	void (*settled)(struct engine *engine);

	bool waits_for_resolver, has_counted;
	/* Whom the counters are of. Another one may have taken over when they come. */
	uint32_t resolver_pid;
	uint64_t until_answer; /* that many: resolver_link_ask */
	double asked_s, counted_s;
	struct ipc_stats stats;
	struct asked *asked; /* what it said of questions */
	ev_timer silence;

	bool waits_for_reader;
	pid_t reader; /* 0: it has not said so yet */
	/* The reader has the other end, and so the pipe ends with it, however it ends. */
	int pipe_fd; /* our end */
	int fds[ENGINE_N_READ];
	const char *failed; /* why nothing is read */
	char failed_text[ERROR_TEXT_MAX];
	ev_io end;
	ev_timer hung;
};

bool outside_is_settled(const struct outside *outside)
{
	return !outside->waits_for_resolver && !outside->waits_for_reader;
}

/* Called after each of the two has ended. */
static void tell_settled(struct outside *outside)
{
	if (outside_is_settled(outside))
		outside->settled(outside->engine);
}

/* --- the resolver ----------------------------------------------------------------------------- */

/* The resolver has not answered in time. Its beat finds out what is wrong with it. */
static void on_silence(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct outside *outside = timer->data;

	(void)loop, (void)revents;
	/* The part is missing in the document. What has come of the questions is not shown. */
	outside->waits_for_resolver = false;
	tell_settled(outside);
}

/* Without a resolver nothing is waited for. */
static void ask_resolver(struct outside *outside)
{
	struct engine *engine = outside->engine;

	if (!(outside->parts & OF_RESOLVER) || !engine->tell->link)
		return;
	/* Before the counters, whose answer says that this one has come. */
	if (outside->parts & SEEN_BIT(SEEN_DNS))
		resolver_link_ask_figures(engine->tell->link);
	/* Noted now: an answer of its successor must not be taken for its own. */
	outside->resolver_pid = resolver_link_pid(engine->tell->link);
	outside->asked_s = engine_now_s();
	outside->until_answer = resolver_link_ask(engine->tell->link);
	outside->waits_for_resolver = true;
	ev_timer_set(&outside->silence, SNAPSHOT_RESOLVER_S, 0.);
	ev_timer_start(engine->loop, &outside->silence);
}

/* Of one that was asked and has gone nothing comes any more. */
struct asked *outside_asked(const struct outside *outside)
{
	return outside->waits_for_resolver ? outside->asked : NULL;
}

/* Of one that takes over from the one that was asked there is nothing to be said yet: that it
 * counts from nothing would look as if nobody had ever asked. */
void outside_resolver_counted(struct engine *engine, struct outside *outside)
{
	bool is_another = engine_resolver_pid(engine) != outside->resolver_pid;

	if (!outside->waits_for_resolver ||
	    (!is_another && resolver_link_n_answers(engine->tell->link) < outside->until_answer))
		return;
	outside->stats = engine->keep->stats;
	outside->counted_s = engine_now_s();
	/* With another one has_counted stays false, and the wait is over all the same. */
	outside->has_counted = !is_another;
	outside->waits_for_resolver = false;
	ev_timer_stop(engine->loop, &outside->silence);
	tell_settled(outside);
}

/* With how long the answer took, which is a figure by itself. */
static void write_resolver(const struct outside *outside, struct buf *out)
{
	const struct ipc_stats *stats = &outside->stats;
	const struct seen_counter counters[] = {
		{ "Queries", stats->queries },
		{ "Local", stats->local },
		{ "Forwarded", stats->forwarded },
		{ "Cached", stats->cached },
		{ "Failed", stats->failed },
		{ "Refused", stats->refused },
		{ "Relayed", stats->relayed },
		{ "Views", stats->views },
		{ "Names", stats->names },
		{ "CacheEntries", stats->cache_entries },
		{ "Shed", stats->shed },
		{ "Late", stats->late },
		{ "TcpClosed", stats->tcp_closed },
		{ "FlowsRefused", stats->flows_refused },
		{ "NoDescriptor", stats->no_descriptor },
		{ "Misfits", stats->misfits },
	};

	buf_printf(out, "{\"Pid\":%u,\"AnsweredMicroseconds\":%.0f,\"Counters\":",
		   outside->resolver_pid, /* who counted, whoever there is by now */
		   (outside->counted_s - outside->asked_s) * 1e6);
	seen_figures_counters(out, counters, ARRAY_SIZE(counters));
	buf_puts(out, "}");
}

/* NULL: it has said all that it was asked. The sentence stands in the head of the document. */
static const char *why_silent(const struct outside *outside, enum seen_part part)
{
	if (!outside->has_counted && outside->asked_s == 0.)
		return "there is no resolver at the moment; it is being started again";
	if (!outside->has_counted)
		return "no answer: the resolver did not say in time what it counts, or another has "
		       "taken over";
	if (part == SEEN_DNS && !asked_is_whole(outside->asked))
		return "the resolver is of an older release, which does not count this";
	return NULL;
}

/* One of the two parts that are the resolver's. */
static void deliver_resolver(const struct outside *outside, enum seen_part part,
			     struct document *document)
{
	const char *why = why_silent(outside, part);
	struct piece *piece;

	if (why) {
		document_lacks(document, part, why);
		return;
	}
	piece = document_add_piece(document, part, NULL);
	if (piece && part == SEEN_RESOLVER)
		write_resolver(outside, &piece->text);
	else if (piece)
		asked_write(outside->asked, &piece->text);
	if (!piece || piece->text.err < 0)
		document_lacks(document, part, "there was no memory for it");
}

/* --- the kernel ------------------------------------------------------------------------------- */

/* Twice is no harm. */
static void stop_waiting(struct outside *outside)
{
	ev_io_stop(outside->engine->loop, &outside->end);
	ev_timer_stop(outside->engine->loop, &outside->hung);
	outside->waits_for_reader = false;
}

/* First the pid, then an end. Whatever the reader has written is judged by its text. */
static void on_pipe(struct ev_loop *loop, ev_io *io, int revents)
{
	struct outside *outside = io->data;
	pid_t pid;
	ssize_t n;

	if (watcher_again(loop, io, revents))
		return;
	/* A write of a pid is smaller than PIPE_BUF, so it comes whole (pipe(7)). */
	n = read(outside->pipe_fd, &pid, sizeof(pid));
	if (n == (ssize_t)sizeof(pid))
		outside->reader = pid;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	stop_waiting(outside);
	tell_settled(outside);
}

/* The pipe has no end yet, so the pid is still its own. */
static void end_reader(const struct outside *outside)
{
	if (outside->waits_for_reader && outside->reader > 0)
		(void)kill(outside->reader, SIGKILL);
}

/* The reader has a bound of its own (an alarm); this one is the plumber's. */
static void on_hung(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct outside *outside = timer->data;

	(void)loop, (void)revents;
	end_reader(outside);
	stop_waiting(outside);
	tell_settled(outside);
}

/* The sentence stands in the place of each part. The snapshot goes on without the kernel's
 * parts. */
static void fail_to_read(struct outside *outside, int err)
{
	struct error error;

	(void)error_system(&error, err, "the kernel cannot be read"); /* fills error */
	(void)snprintf(outside->failed_text, sizeof(outside->failed_text), "%s", error.text);
	outside->failed = outside->failed_text;
}

/* Files of memory: nothing has to be removed, whatever becomes of the child. */
static int open_files(struct outside *outside)
{
	for (size_t i = 0; i < ENGINE_N_READ; i++) {
		if (!(outside->parts & SEEN_BIT(engine_read_parts[i])))
			continue;
		/* One file for each part that somebody wants. The others stay -1. */
		outside->fds[i] = fdkind_new_memory("netd-snapshot");
		if (outside->fds[i] < 0)
			return outside->fds[i];
	}
	return 0;
}

/* The child's end of the pipe is the only one that is open for writing afterwards. */
static int start_reader(struct outside *outside)
{
	const struct engine_reader_host *host = &outside->engine->see->reader_host;
	int ends[2], err;

	/* O_NONBLOCK for our end; the child writes a few bytes only. */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	outside->pipe_fd = ends[0];
	err = host->start(outside->fds, ends[1], host->data);
	(void)close(ends[1]); /* whoever was started has it */
	return err;
}

/* A failure here is no failure of the snapshot. */
static void read_kernel(struct outside *outside)
{
	struct ev_loop *loop = outside->engine->loop;
	int err;

	if (!(outside->parts & SEEN_KERNEL))
		return;
	if (!outside->engine->see->reader_host.start) {
		outside->failed = "nobody reads the kernel here";
		return;
	}
	err = open_files(outside);
	if (err == 0)
		err = start_reader(outside);
	if (err < 0) {
		fail_to_read(outside, err);
		return;
	}
	/* Set only when somebody runs whose end will be seen. */
	outside->waits_for_reader = true;
	ev_io_set(&outside->end, outside->pipe_fd, EV_READ);
	ev_io_start(loop, &outside->end);
	ev_timer_set(&outside->hung, SNAPSHOT_READER_S, 0.);
	ev_timer_start(loop, &outside->hung);
}

/* It has ended, so nobody writes any more. NULL: there is nothing. The mapping stays valid when the
 * descriptor is closed. */
static const char *map_text(int fd, size_t *ret_len)
{
	struct stat status;
	const char *text;

	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size == 0)
		return NULL;
	text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED)
		return NULL;
	*ret_len = (size_t)status.st_size;
	return text;
}

/* The document owns the mapping from here on. */
static void deliver_read(const struct outside *outside, size_t i, struct document *document)
{
	enum seen_part part = engine_read_parts[i];
	size_t len = 0;
	const char *text = outside->failed ? NULL : map_text(outside->fds[i], &len);
	char why[ERROR_TEXT_MAX];

	/* Two marks of a whole text: its last character, and a first one that no sentence has. */
	if (text && text[len - 1] == '\n' && (text[0] == '[' || text[0] == '{')) {
		document->mapped[part] = (struct document_map) { text, len - 1, len };
		return;
	}
	if (outside->failed)
		(void)snprintf(why, sizeof(why), "%s", outside->failed);
	else if (text && text[len - 1] == '\n')
		(void)snprintf(why, sizeof(why), "%.*s", (int)(len < sizeof(why) ? len - 1 : 0),
			       text);
	else
		(void)snprintf(why, sizeof(why),
			       "whoever reads the kernel ended before it was done");
	document_lacks(document, part, why);
	if (text)
		(void)munmap((void *)text, len); /* of our own */
}

/* --- both ------------------------------------------------------------------------------------- */

/* settled is not called from within. */
struct outside *outside_ask(struct engine *engine, unsigned int parts,
			    void (*settled)(struct engine *engine))
{
	struct outside *outside = calloc(1, sizeof(*outside));

	if (!outside)
		return NULL;
	outside->asked = asked_new();
	if (!outside->asked) {
		free(outside);
		return NULL;
	}
	outside->engine = engine;
	outside->parts = parts;
	outside->settled = settled;
	outside->pipe_fd = -1;
	for (size_t i = 0; i < ENGINE_N_READ; i++)
		outside->fds[i] = -1;
	ev_timer_init(&outside->silence, on_silence, 0., 0.);
	ev_timer_init(&outside->hung, on_hung, 0., 0.);
	ev_io_init(&outside->end, on_pipe, -1, 0);
	outside->silence.data = outside->hung.data = outside->end.data = outside;
	/* The reader runs beside netd from here on. */
	read_kernel(outside); /* takes longest */
	ask_resolver(outside);
	return outside;
}

/* Called once, when everything has settled. */
void outside_deliver(struct outside *outside, struct document *document)
{
	for (enum seen_part part = 0; part < SEEN_N; part++)
		if (outside->parts & OF_RESOLVER & SEEN_BIT(part))
			deliver_resolver(outside, part, document);
	for (size_t i = 0; i < ENGINE_N_READ; i++)
		if (outside->parts & SEEN_BIT(engine_read_parts[i]))
			deliver_read(outside, i, document);
}

/* A reader that is still at work is ended. */
void outside_free(struct outside *outside)
{
	struct ev_loop *loop = outside ? outside->engine->loop : NULL;

	if (!outside)
		return;
	ev_timer_stop(loop, &outside->silence);
	/* Nobody is left who wants its text. */
	end_reader(outside);
	stop_waiting(outside);
	cleanup_close(&outside->pipe_fd);
	for (size_t i = 0; i < ENGINE_N_READ; i++)
		cleanup_close(&outside->fds[i]);
	asked_free(outside->asked);
	free(outside);
}
