// SPDX-License-Identifier: GPL-2.0-or-later
// journal.c - questions over UDP that were read and not answered, in memory that outlives the
// process

#include "resolver/listen/journal.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "ipc/msg.h"
#include "resolver/listen/listening.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/job.h"
#include "resolver/loop/share.h"
#include "resolver/loop/turns.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* The page's size is part of what two releases agree on. */
static_assert(sizeof(struct journal_page) <= IPC_JOURNAL_SIZE, "the file holds a page");

/* A store that is made when those before it have been, and before those behind it. */
#define STORE(variable, value) __atomic_store_n(&(variable), value, __ATOMIC_SEQ_CST)

/* Theory of operation. Questions over UDP are read straight into a file of memory that the
 * plumber keeps. Each batch is there from its first byte on, marked by the namespace it came
 * from; a question that has to wait for an upstream is copied into a slot. A slot is valid only
 * while its word "used" is set, which is stored last and cleared first. So whenever this process
 * dies, its successor finds each question exactly once, in the batch or in a slot, and answers it
 * through the container's socket, which lives on as well. A question that several resolvers have
 * died of is given up. */

/* The slot is free for the next question. */
static void release(struct journal *journal, struct journal_slot *slot)
{
	STORE(slot->used, 0);
	journal->free[journal->n_free++] = (uint16_t)(slot - journal->page->slots);
}

/* NULL: there is no room, or the question is too long. It is answered all the same, but not by a
 * successor. */
static struct journal_slot *put(struct journal *journal, uint64_t netns_inode,
				const union peer *peer, const uint8_t *query, size_t len)
{
	struct journal_slot *slot;

	if (len == 0 || len > JOURNAL_QUERY_MAX || journal->n_free == 0)
		return NULL;
	/* From the list of free slots, so that finding one costs nothing however many are in
	 * use. */
	slot = &journal->page->slots[journal->free[--journal->n_free]];
	slot->netns_inode = netns_inode;
	slot->arrived_ms = journal->again != NULL ? journal->again->arrived_ms : clock_ms();
	slot->peer = *peer;
	slot->len = (uint16_t)len;
	/* What follows is read by a successor only where used says so, hence that is stored
	 * last. */
	slot->lives = 0;
	memcpy(slot->query, query, len);
	STORE(slot->used, 1);
	return slot;
}

/* Noted in the order in which they are found. */
static void owe(struct journal *journal, const struct journal_slot *slot)
{
	journal->found[journal->n_owed++] = (uint16_t)(slot - journal->page->slots);
}

/* Moves what the process before had in its hands out of the way of our own reads. Called once,
 * before anything is read. */
static void rescue_batch(struct journal *journal)
{
	struct journal_batch *batch = &journal->page->batch;

	for (size_t i = 0; batch->netns_inode != 0 && i < RESOLVER_BATCH; i++) {
		/* What did not fit is lost; its client asks again. */
		struct journal_slot *slot = put(journal, batch->netns_inode, &batch->peers[i],
						batch->queries[i], batch->in[i].msg_len);

		if (slot == NULL)
			continue;
		slot->lives = 1;
		owe(journal, slot);
	}
	STORE(batch->netns_inode, 0);
}

/* Every slot is either free or owed afterwards. */
static void look_through(struct journal *journal)
{
	uint64_t now_ms = clock_ms();

	for (unsigned i = 0; i < JOURNAL_SLOTS; i++) {
		struct journal_slot *slot = &journal->page->slots[i];

		/* Too old: the client has given up. Too often: the process may have died of it. */
		if (slot->used == 0 || slot->lives >= JOURNAL_LIVES ||
		    slot->len > JOURNAL_QUERY_MAX || now_ms - slot->arrived_ms > DNS_BUDGET_MS)
			release(journal, slot);
		else
			owe(journal, slot);
	}
}

/* fd is a number at which the plumber may have put a file. answer is how a question of the process
 * before is answered. */
int journal_init(struct journal *journal, int fd, journal_fn answer)
{
	struct stat status;
	/* Nobody may have given us a file: then the number is that of something else, or of
	 * nothing. */
	bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		       status.st_size == IPC_JOURNAL_SIZE;

	*journal = (struct journal) { .fd = is_file ? fd : -1, .answer = answer };
	/* Without a file the page is private memory: nothing outlives the process then, and all
	 * else is the same. */
	journal->page = mmap(NULL, sizeof(*journal->page), PROT_READ | PROT_WRITE,
			     is_file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, journal->fd, 0);
	if (journal->page == MAP_FAILED)
		return -ENOMEM;
	look_through(journal);
	rescue_batch(journal);
	return 0;
}

/* From here on the batch is in the journal, although nothing has been read yet. */
void journal_begin(struct journal *journal, const struct view *view)
{
	struct journal_batch *batch = &journal->page->batch;

	/* Lengths of the read before would look like questions of this one. */
	for (size_t i = 0; i < RESOLVER_BATCH; i++)
		batch->in[i].msg_len = 0;
	/* Last: from here on the batch is this container's for whoever comes after us. */
	STORE(batch->netns_inode, view->netns_inode);
}

/* All of the batch are answered, or stand in slots. */
void journal_end(struct journal *journal)
{
	STORE(journal->page->batch.netns_inode, 0);
}

/* For a question that waits. NULL: it has no slot. */
struct journal_slot *journal_note(struct view *view, const union peer *peer, const uint8_t *query,
				  size_t len)
{
	struct journal *journal = &view->listening->journal;
	struct journal_slot *slot;

	/* A container has a share of the slots, as of everything that floods could take. */
	if (view->journal.n >= share_of(JOURNAL_SLOTS, JOURNAL_SLOTS - journal->n_free,
					JOURNAL_PER_VIEW_MAX, JOURNAL_PER_VIEW_MIN))
		return NULL;
	slot = put(journal, view->netns_inode, peer, query, len);
	if (slot != NULL)
		view->journal.n++;
	return slot;
}

/* Its answer is sent. */
void journal_forget(struct view *view, struct journal_slot *slot)
{
	/* Not every question that waits has a slot: there are fewer slots than a flood has
	 * questions. */
	if (slot == NULL)
		return;
	view->journal.n--;
	release(&view->listening->journal, slot);
}

/* The successor counts the life before it begins: a question that kills it is not tried for
 * ever. */
static void answer_again(struct view *view, struct journal_slot *slot)
{
	/* The slot is read as a stranger's: whoever wrote it may have been taken over. */
	struct journal *journal = &view->listening->journal;
	uint8_t query[JOURNAL_QUERY_MAX];
	union peer peer = slot->peer;
	size_t len = slot->len;

	/* The process before may have been made to write anything, this length too. */
	if (len > sizeof(query))
		return;
	memcpy(query, slot->query, len);
	STORE(slot->lives, slot->lives + 1); /* should we die of it */
	journal->again = slot;
	journal->answer(view, &peer, query, len);
	journal->again = NULL;
}

/* Takes the first that is owed. NULL: this container has none left. */
static struct journal_slot *take_owed(struct view *view)
{
	struct journal *journal = &view->listening->journal;
	unsigned first = view->journal.owed;

	if (first == JOURNAL_SLOTS)
		return NULL;
	view->journal.owed = journal->next[first];
	return &journal->page->slots[first];
}

/* A question that has to wait again gets another slot before it leaves this one. One question in
 * each turn, so that a crowd of them does not keep new questions waiting. */
static unsigned on_owed(struct job *job)
{
	struct view *view = container_of(job, struct view, journal.job);
	struct journal_slot *slot = take_owed(view);

	if (slot == NULL)
		return 0;
	answer_again(view, slot);
	release(&view->listening->journal, slot);
	job_ready(job);
	return COST_ASK;
}

/* owed JOURNAL_SLOTS: none. The owed are a list through journal->next. */
void journal_share_init(struct journal_share *share, struct party *party)
{
	*share = (struct journal_share) { .owed = JOURNAL_SLOTS };
	job_init(&share->job, party, on_owed);
}

/* A container that goes takes its questions along. */
void journal_share_done(struct view *view)
{
	struct journal_slot *slot;

	job_cancel(&view->journal.job);
	while ((slot = take_owed(view)) != NULL)
		release(&view->listening->journal, slot);
}

/* All views by their netns. NULL: there is no memory for it. The kernel's inode of the namespace is
 * what both processes know a container by. */
static struct map *map_views(struct listening *listening)
{
	struct map *map = map_new();

	list_foreach (&listening->views.all, struct view, view, node)
		if (map != NULL &&
		    map_set(map, &view->netns_inode, sizeof(view->netns_inode), view) < 0) {
			map_free(map);
			return NULL;
		}
	return map;
}

/* From the last to the first, so that each container's are in their order. What is owed beyond a
 * lack of memory is asked again by its client. Called once, when the plumber has told which
 * containers there are. */
void journal_replay(struct listening *listening)
{
	struct journal *journal = &listening->journal;
	struct map *by_netns;

	if (journal->replayed)
		return;
	journal->replayed = true;
	if (journal->n_owed == 0)
		return;
	/* The job of each container answers its own. */
	log_info("%u questions that were not answered are", journal->n_owed);
	by_netns = map_views(listening);
	for (unsigned i = journal->n_owed; i-- > 0;) {
		unsigned number = journal->found[i];
		struct journal_slot *slot = &journal->page->slots[number];
		uint64_t netns_inode = slot->netns_inode;
		struct view *view = by_netns ? map_get(by_netns, &netns_inode, sizeof(netns_inode))
					     : NULL;

		if (view == NULL) {
			release(journal, slot);
			continue;
		}
		journal->next[number] = (uint16_t)view->journal.owed;
		view->journal.owed = number;
		job_ready(&view->journal.job);
	}
	map_free(by_netns);
}
