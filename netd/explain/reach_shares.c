// SPDX-License-Identifier: GPL-2.0-or-later
// reach_shares.c - who asks in a matrix is shared out among processes, one for each processor
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"
#include "base/helper.h"
#include "base/limits.h"
#include "base/whole.h"
#include "diag/reach.h"
#include "explain/explain.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A pair takes a processor a tenth of a millisecond and more, and a hundred
 * containers are ten thousand pairs. So there is a process for each processor, born when all
 * pictures are there. Each takes the next asker that nobody has taken; which one that is stands in
 * memory that they share. When there is none left the children tell what they have judged, over a
 * socket, and rows and gaps are put together in the order of askers: the answer is the same however
 * many have judged. What a child that ends early had taken is lost, and then there is no answer. */

/* Of one asker: his rows and what could not be looked at, among those of who judged him. */
struct part {
	size_t asker, at, len, gaps_at, gaps_len;
};

/* What one process has judged. */
struct share {
	struct part *parts;
	size_t n_parts, room;
	char *rows;
	struct buf gaps; /* two texts for each, with their ends */
};

/* What a child tells first; its parts, its rows and its gaps follow. */
struct told {
	struct error error;
	int err;
	bool is_moving;
	size_t n_parts, rows_len, gaps_len;
	size_t n_pairs, n[DIAG_N_OUTCOMES];
};

struct child {
	pid_t pid; /* 0: there is none */
	int fd;
	struct share share;
};

struct sharing {
	struct facts *facts;
	struct look *look;
	struct diag_reach *reach;
	size_t *next; /* of the askers, and everybody's */
	struct share own;
	struct child children[REACH_JUDGES_MAX - 1];
	size_t n_children;
};

static size_t count_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);

	return n < 1 ? 1 : n > REACH_JUDGES_MAX ? REACH_JUDGES_MAX : (size_t)n;
}

/* --- what each of them does ------------------------------------------------------------------- */

static void put_gaps(const struct diag_verdict *gaps, struct buf *out)
{
	for (size_t i = 0; i < gaps->n_unknown; i++) {
		const struct diag_gap *gap = &gaps->unknown[i];
		const char *where = gap->where ? gap->where : "", *why = gap->why ? gap->why : "";

		buf_append(out, where, strlen(where) + 1);
		buf_append(out, why, strlen(why) + 1);
	}
}

/* The gaps are each asker's own until all are put together: what one of them has met first hangs on
 * who was judged before by the same process. */
static int judge_one(struct sharing *sharing, size_t asker, struct error *error)
{
	struct diag_reach *reach = sharing->reach;
	struct share *own = &sharing->own;
	size_t before = reach->pairs.len, gaps_before = own->gaps.len;
	struct part *parts;
	int err = reach_judge_asker(sharing->facts, reach, asker, error);

	if (err < 0)
		return err;
	put_gaps(&reach->gaps, &own->gaps);
	parts = grow(own->parts, &own->room, own->n_parts + 1, sizeof(*parts));
	if (!parts || own->gaps.err < 0 || reach->gaps.err == -ENOMEM)
		return error_system(error, -ENOMEM, "cannot judge so many");
	verdict_done(&reach->gaps);
	own->parts = parts;
	/* Without the comma behind the rows before. */
	if (before > 0 && reach->pairs.len > before)
		before++;
	parts[own->n_parts++] = (struct part) { asker, before, reach->pairs.len - before,
						gaps_before, own->gaps.len - gaps_before };
	return 0;
}

static int judge_share(struct sharing *sharing, struct error *error)
{
	int err = 0;

	while (err == 0) {
		size_t asker = __atomic_fetch_add(sharing->next, 1, __ATOMIC_RELAXED);

		if (asker >= sharing->reach->n_askers)
			break;
		err = judge_one(sharing, asker, error);
	}
	return err;
}

/* --- the children ----------------------------------------------------------------------------- */

static int tell(const struct sharing *sharing, struct told *told, int fd)
{
	const struct diag_reach *reach = sharing->reach;
	const struct share *own = &sharing->own;
	int err;

	if (reach->pairs.err < 0)
		told->err = error_system(&told->error, -ENOMEM, "cannot judge so many");
	told->is_moving = sharing->facts->is_moving;
	told->n_parts = own->n_parts;
	told->rows_len = reach->pairs.len;
	told->gaps_len = own->gaps.len;
	told->n_pairs = reach->n_pairs;
	memcpy(told->n, reach->n, sizeof(told->n));
	err = whole_write(fd, told, sizeof(*told));
	if (err == 0)
		err = whole_write(fd, own->parts, own->n_parts * sizeof(*own->parts));
	if (err == 0)
		err = whole_write(fd, reach->pairs.data, reach->pairs.len);
	return err < 0 ? err : whole_write(fd, own->gaps.data, own->gaps.len);
}

static _Noreturn void be_child(struct sharing *sharing, int fd, pid_t parent)
{
	struct told told = { .err = 0 };
	int err;

	if (!helper_goes_with(parent, SIGKILL))
		_exit(EXIT_FAILURE);
	if (sharing->look)
		look_apart(sharing->look);
	told.err = judge_share(sharing, &told.error);
	err = tell(sharing, &told, fd);
	/* _exit(2) and not exit(3): handlers and buffered output are the parent's. */
	_exit(err < 0 ? EXIT_FAILURE : 0);
}

static int start_child(struct sharing *sharing)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		be_child(sharing, theirs, parent);
	sharing->children[sharing->n_children++] = (struct child) { .pid = pid,
								    .fd = take_fd(&ours) };
	return 0;
}

/* --- what they tell --------------------------------------------------------------------------- */

/* What follows, with a NUL behind it. *ret is the caller's to free, also where this fails. */
static int read_block(int fd, size_t len, void *ret)
{
	char *block = malloc(len + 1);

	*(char **)ret = block;
	if (!block)
		return -ENOMEM;
	block[len] = '\0';
	return whole_read(fd, block, len);
}

static void take_gaps(struct diag_reach *reach, const char *gaps, size_t len)
{
	const char *end = gaps + len;

	while (gaps < end) {
		const char *why = gaps + strlen(gaps) + 1;

		if (why >= end)
			break;
		verdict_add_unknown(&reach->gaps, gaps, "%s", why);
		gaps = why + strlen(why) + 1;
	}
}

/* Whether it lies in what was told. */
static bool is_within(size_t at, size_t len, size_t whole)
{
	return at <= whole && len <= whole - at;
}

static int hear_blocks(const struct told *told, struct child *child, size_t n_askers)
{
	struct share *share = &child->share;
	int err = told->n_parts > n_askers || told->rows_len > EXPLAIN_ANSWER_MAX ||
				  told->gaps_len > EXPLAIN_ANSWER_MAX
			  ? -EBADMSG
			  : 0;

	if (err == 0)
		err = read_block(child->fd, told->n_parts * sizeof(struct part), &share->parts);
	if (err == 0)
		err = read_block(child->fd, told->rows_len, &share->rows);
	if (err == 0)
		err = read_block(child->fd, told->gaps_len, &share->gaps.data);
	for (size_t i = 0; i < told->n_parts && err == 0; i++)
		if (!is_within(share->parts[i].at, share->parts[i].len, told->rows_len) ||
		    !is_within(share->parts[i].gaps_at, share->parts[i].gaps_len, told->gaps_len))
			err = -EBADMSG;
	share->n_parts = err == 0 ? told->n_parts : 0;
	return err;
}

static int hear_child(struct sharing *sharing, struct child *child, struct error *error)
{
	struct diag_reach *reach = sharing->reach;
	struct told told;
	int err = whole_read(child->fd, &told, sizeof(told));

	if (err == 0 && told.err < 0) {
		*error = told.error;
		return told.err;
	}
	if (err == 0)
		err = hear_blocks(&told, child, reach->n_askers);
	if (err < 0)
		return error_system(error, err, "who judges a part of it does not answer");
	sharing->facts->is_moving |= told.is_moving;
	reach->n_pairs += told.n_pairs;
	for (size_t i = 0; i < DIAG_N_OUTCOMES; i++)
		reach->n[i] += told.n[i];
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Of one asker; share NULL: nobody has judged him. */
struct judged {
	const struct share *share;
	const struct part *part;
};

static void place(const struct share *share, struct judged *judged, size_t n)
{
	for (size_t i = 0; i < share->n_parts; i++)
		if (share->parts[i].asker < n)
			judged[share->parts[i].asker] = (struct judged) { share, &share->parts[i] };
}

/* In the order of askers. */
static int put_parts(struct diag_reach *reach, const struct judged *judged, struct buf *all,
		     struct error *error)
{
	for (size_t i = 0; i < reach->n_askers; i++) {
		const struct share *share = judged[i].share;
		const struct part *part = judged[i].part;

		if (!share)
			return error_set(error, ERROR_INTERNAL, "nobody has judged what %s reaches",
					 reach->askers[i].text);
		if (part->len > 0) {
			buf_puts(all, all->len > 0 ? "," : "");
			buf_append(all, share->rows + part->at, part->len);
		}
		if (part->gaps_len > 0)
			take_gaps(reach, share->gaps.data + part->gaps_at, part->gaps_len);
	}
	return reach->n_pairs > REACH_PAIRS_MAX ? reach_too_many(error) : 0;
}

static int put_together(struct sharing *sharing, struct error *error)
{
	struct diag_reach *reach = sharing->reach;
	size_t n = reach->n_askers;
	_cleanup_free_ struct judged *judged = calloc(n + 1, sizeof(*judged));
	struct buf all = { 0 };
	int err;

	if (!judged)
		return error_system(error, -ENOMEM, "cannot judge so many");
	sharing->own.rows = reach->pairs.data;
	place(&sharing->own, judged, n);
	for (size_t i = 0; i < sharing->n_children; i++)
		place(&sharing->children[i].share, judged, n);
	err = put_parts(reach, judged, &all, error);
	buf_done(&reach->pairs);
	reach->pairs = all;
	return err;
}

static void share_done(struct share *share)
{
	free(share->parts);
	buf_done(&share->gaps);
}

static void end_children(struct sharing *sharing)
{
	int status;

	for (size_t i = 0; i < sharing->n_children; i++) {
		struct child *child = &sharing->children[i];

		cleanup_close(&child->fd);
		(void)helper_end(child->pid, DEADLINE_NOW, &status); /* it has told all, or lost */
		free(child->share.rows);
		share_done(&child->share);
	}
	share_done(&sharing->own);
}

static int share_out(struct sharing *sharing, struct error *error)
{
	static struct diag_verdict before; /* large, and one */
	struct diag_reach *reach = sharing->reach;
	size_t n = count_processors();
	int err = 0;

	/* What nobody could look at is of no asker's, and comes first. */
	before = reach->gaps;
	reach->gaps = (struct diag_verdict) { 0 };
	/* Without one this process has more to do. */
	for (size_t i = 1; i < n && i < reach->n_askers && err == 0; i++)
		err = start_child(sharing);
	err = judge_share(sharing, error);
	for (size_t i = 0; i < sharing->n_children && err == 0; i++)
		err = hear_child(sharing, &sharing->children[i], error);
	verdict_done(&reach->gaps); /* of an asker with whom it ended */
	reach->gaps = before;
	if (err == 0)
		err = put_together(sharing, error);
	end_children(sharing);
	return err;
}

int explain_reach_shares(struct facts *facts, struct look *look, struct diag_reach *reach,
			 struct error *error)
{
	struct sharing sharing = { .facts = facts, .look = look, .reach = reach };
	int err;

	sharing.next = mmap(NULL, sizeof(*sharing.next), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sharing.next == MAP_FAILED)
		return error_system(error, -errno, "cannot judge so many");
	err = share_out(&sharing, error);
	(void)munmap(sharing.next, sizeof(*sharing.next));
	return err;
}
