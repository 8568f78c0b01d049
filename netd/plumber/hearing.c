// SPDX-License-Identifier: GPL-2.0-or-later
// hearing.c - who names a network that this host has not heard of waits for word of it
#include "plumber/hearing.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A network that somebody has made on another host is told to this one some
 * milliseconds later, and who was told there that it is made may name it here before. So etcd is
 * asked, through the herald, whether this host has heard of all; its answer comes behind what it
 * had to tell. One question is under way at a time. Who comes meanwhile waits for the next one, for
 * this one may have been answered before his network was made: so a thousand who mistype a name are
 * two questions. */

struct hearing {
	struct list node;
	struct spanning *spanning;
	uint32_t question; /* that is his; 0: none yet */
	/* from the call on: whatever etcd does, nobody waits for longer */
	ev_timer patience;
	api_cluster_done done;
	void *data;
};

static void free_hearing(struct hearing *hearing)
{
	ev_timer_stop(hearing->spanning->loop, &hearing->patience);
	list_remove(&hearing->node);
	free(hearing);
}

/* Freed first, for who is told may wait again at once. */
static void finish(struct hearing *hearing)
{
	api_cluster_done done = hearing->done;
	void *data = hearing->data;

	free_hearing(hearing);
	done(0, NULL, data);
}

static void ask(struct spanning *spanning);

/* What is known now is all there is to be known, or etcd does not say. */
static void on_heard(int status, const uint8_t *answer, size_t len, void *data)
{
	struct spanning *spanning = data;
	/* Who is told may wait for the next one at once. */
	uint32_t question = spanning->question;

	(void)status, (void)answer, (void)len;
	spanning->hears = false;
	list_foreach (&spanning->hearings, struct hearing, hearing, node)
		if (hearing->question == question)
			finish(hearing);
	if (!list_empty(&spanning->hearings))
		ask(spanning);
}

/* For all who wait and have none. Where it cannot be asked their patience ends it. */
static void ask(struct spanning *spanning)
{
	if (spanning->hears || heralding_hear(&spanning->cluster->link, on_heard, spanning) < 0)
		return;
	spanning->hears = true;
	spanning->question++;
	list_foreach (&spanning->hearings, struct hearing, hearing, node)
		if (hearing->question == 0)
			hearing->question = spanning->question;
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	finish(timer->data);
}

int hearing_wait(struct spanning *spanning, api_cluster_done done, void *done_data)
{
	const struct cluster *cluster = spanning->cluster;
	struct hearing *hearing;

	/* Nobody is kept waiting for an etcd that is known not to answer. */
	if (!cluster->configured || !cluster->config.joined || !cluster->link.all_told ||
	    cluster->link.state.standing != HERALD_FRESH)
		return -ENOENT;
	hearing = calloc(1, sizeof(*hearing));
	if (!hearing)
		return -ENOMEM;
	*hearing = (struct hearing) { .spanning = spanning, .done = done, .data = done_data };
	ev_timer_init(&hearing->patience, on_patience, HEARING_PATIENCE_S, 0.);
	hearing->patience.data = hearing;
	ev_timer_start(spanning->loop, &hearing->patience);
	list_append(&spanning->hearings, &hearing->node);
	ask(spanning);
	return 0;
}

void hearing_forget(struct spanning *spanning, const void *done_data)
{
	list_foreach (&spanning->hearings, struct hearing, hearing, node)
		if (hearing->data == done_data)
			free_hearing(hearing);
}

void hearing_stop(struct spanning *spanning)
{
	list_foreach (&spanning->hearings, struct hearing, hearing, node)
		free_hearing(hearing);
}
