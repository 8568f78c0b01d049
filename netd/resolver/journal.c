// SPDX-License-Identifier: GPL-2.0-or-later
// journal.c - questions over UDP that were read and not answered, in memory that outlives the
// process

#include "resolver/journal.h"

#include "base/log.h"
#include "ipc/msg.h"
#include "resolver/clock.h"
#include "resolver/listener.h"
#include "resolver/state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static_assert(sizeof(struct journal_page) <= IPC_JOURNAL_SIZE, "the file holds a page");

/* A store that is made when those before it have been, and before those behind it. */
#define STORE(variable, value) __atomic_store_n(&(variable), value, __ATOMIC_SEQ_CST)

static struct journal_slot *find_free(struct journal *journal)
{
	for (unsigned i = 0; i < JOURNAL_SLOTS; i++) {
		struct journal_slot *slot = &journal->page->slots[journal->next];

		journal->next = (journal->next + 1) % JOURNAL_SLOTS;
		if (slot->used == 0)
			return slot;
	}
	return NULL;
}

static struct journal_slot *put(struct journal *journal, uint64_t netns_inode,
				const union peer *peer, const uint8_t *query, size_t len)
{
	struct journal_slot *slot = len > 0 && len <= JOURNAL_QUERY_MAX ? find_free(journal) : NULL;

	if (slot == NULL)
		return NULL;
	slot->netns_inode = netns_inode;
	slot->arrived_ms = journal->again != NULL ? journal->again->arrived_ms : clock_ms();
	slot->peer = *peer;
	slot->len = (uint16_t)len;
	slot->lives = 0;
	slot->owed = false;
	memcpy(slot->query, query, len);
	STORE(slot->used, 1);
	return slot;
}

/* What was in the hands of the process before, out of the way of our own reads. */
static void rescue_batch(struct journal *journal)
{
	struct journal_batch *batch = &journal->page->batch;

	for (size_t i = 0; batch->netns_inode != 0 && i < RESOLVER_BATCH; i++) {
		struct journal_slot *slot = put(journal, batch->netns_inode, &batch->peers[i],
						batch->queries[i], batch->in[i].msg_len);

		if (slot != NULL)
			slot->lives = 1;
	}
	STORE(batch->netns_inode, 0);
}

static void look_through(struct journal *journal)
{
	uint64_t now_ms = clock_ms();

	for (unsigned i = 0; i < JOURNAL_SLOTS; i++) {
		struct journal_slot *slot = &journal->page->slots[i];

		if (slot->used == 0)
			continue;
		if (slot->lives >= JOURNAL_LIVES || slot->len > JOURNAL_QUERY_MAX ||
		    now_ms - slot->arrived_ms > DNS_BUDGET_MS) {
			STORE(slot->used, 0);
			continue;
		}
		slot->owed = true;
		journal->n_owed++;
	}
}

int journal_init(struct journal *journal, int fd)
{
	struct stat status;
	bool is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		       status.st_size == IPC_JOURNAL_SIZE;

	*journal = (struct journal) { .fd = is_file ? fd : -1 };
	journal->page = mmap(NULL, sizeof(*journal->page), PROT_READ | PROT_WRITE,
			     is_file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, journal->fd, 0);
	if (journal->page == MAP_FAILED)
		return -ENOMEM;
	rescue_batch(journal);
	look_through(journal);
	return 0;
}

void journal_begin(struct journal *journal, const struct view *view)
{
	struct journal_batch *batch = &journal->page->batch;

	for (size_t i = 0; i < RESOLVER_BATCH; i++)
		batch->in[i].msg_len = 0;
	STORE(batch->netns_inode, view->netns_inode);
}

void journal_end(struct journal *journal)
{
	STORE(journal->page->batch.netns_inode, 0);
}

struct journal_slot *journal_note(struct journal *journal, const struct view *view,
				  const union peer *peer, const uint8_t *query, size_t len)
{
	return put(journal, view->netns_inode, peer, query, len);
}

void journal_forget(struct journal_slot *slot)
{
	if (slot != NULL)
		STORE(slot->used, 0);
}

static void answer_again(struct resolver *resolver, struct journal_slot *slot)
{
	struct view *view = view_find_netns(&resolver->views, slot->netns_inode);
	uint8_t query[JOURNAL_QUERY_MAX];
	union peer peer = slot->peer;
	size_t len = slot->len;

	if (view == NULL || len > sizeof(query))
		return;
	memcpy(query, slot->query, len);
	STORE(slot->lives, slot->lives + 1); /* should we die of it */
	resolver->journal.again = slot;
	listener_answer(view, &peer, query, len);
	resolver->journal.again = NULL;
}

/* Where a question waits again, it has another slot before it leaves this one. */
void journal_replay(struct resolver *resolver)
{
	struct journal *journal = &resolver->journal;

	if (journal->replayed)
		return;
	journal->replayed = true;
	if (journal->n_owed > 0)
		log_info("%u questions that were not answered are", journal->n_owed);
	for (unsigned i = 0; i < JOURNAL_SLOTS; i++) {
		struct journal_slot *slot = &journal->page->slots[i];

		if (slot->used == 0 || !slot->owed)
			continue;
		answer_again(resolver, slot);
		journal_forget(slot);
	}
}
