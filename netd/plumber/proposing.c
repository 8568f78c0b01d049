// SPDX-License-Identifier: GPL-2.0-or-later
// proposing.c - a service that hosts agree about is to be another: etcd decides whether it is
#include "plumber/proposing.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A proposal is one request to the herald: etcd takes the new record if it has
 * the one that was here when somebody asked. The engine is told nothing by this file: what etcd has
 * taken comes in the watch, to this host as to all others, and in the order in which etcd took it.
 * So a host that loses is not what it proposed for a moment, and one that wins does not go back to
 * it when a later change has come first. Its answer and the watch come by two connections; who
 * waits is told when both have come. */

struct proposal {
	struct list node;
	struct spanning *spanning;
	struct cluster_key key;
	struct cluster_svc before;
	bool taken; /* by etcd; else the herald is being asked, and will answer */
	ev_timer patience;
	api_cluster_done done; /* NULL: nobody waits any more */
	void *data;
};

static void free_proposal(struct proposal *proposal)
{
	ev_timer_stop(proposal->spanning->loop, &proposal->patience);
	list_remove(&proposal->node);
	free(proposal);
}

/* Freed first, for who is told may ask again at once. */
static void finish(struct proposal *proposal, int err, const struct error *error)
{
	api_cluster_done done = proposal->done;
	void *data = proposal->data;

	free_proposal(proposal);
	if (done)
		done(err, error, data);
}

/* What is known here is no longer what was before it. */
static bool is_told(const struct proposal *proposal)
{
	static struct cluster_record record;

	return !cluster_state_get(proposal->spanning->cluster->link.records, &proposal->key,
				  &record) ||
	       memcmp(&record.svc, &proposal->before, sizeof(record.svc)) != 0;
}

/* etcd's words are told as they are: they have the member's address, and what it said. */
static int refusal(const struct proposal *proposal, int status, const uint8_t *answer, size_t len,
		   struct error *error)
{
	const char *name = proposal->key.name;

	if (status == -EEXIST) {
		(void)error_set(error, ERROR_CONFLICT,
				"service %s was changed or removed on another host at the same "
				"time: look at it, and ask again",
				name);
		return status;
	}
	if (answer && len > 0 && status != -ETIMEDOUT)
		return error_set(error, ERROR_UNAVAILABLE, "service %s is not changed: %.*s", name,
				 (int)len, (const char *)answer);
	return error_set(error, ERROR_UNAVAILABLE,
			 "etcd has not answered in time: whether service %s is changed "
			 "`netctl service inspect %s` tells",
			 name, name);
}

static void on_answer(int status, const uint8_t *answer, size_t len, void *data)
{
	struct proposal *proposal = data;
	struct error error;

	if (!proposal->done) {
		free_proposal(proposal);
	} else if (status < 0) {
		int err = refusal(proposal, status, answer, len, &error);

		finish(proposal, err, &error);
	} else if (is_told(proposal)) {
		finish(proposal, 0, NULL);
	} else {
		proposal->taken = true;
		ev_timer_start(proposal->spanning->loop, &proposal->patience);
	}
}

/* The watch was interrupted just then. */
static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct proposal *proposal = timer->data;
	struct error error;

	(void)loop, (void)revents;
	(void)error_set(&error, ERROR_UNAVAILABLE,
			"etcd has the change of service %s, and this host follows when it hears "
			"from etcd again",
			proposal->key.name);
	finish(proposal, -EINPROGRESS, &error);
}

int proposing_ask(struct spanning *spanning, const struct cluster_record *before,
		  const struct cluster_record *after, api_cluster_done done, void *done_data,
		  struct error *error)
{
	struct heralding *link = &spanning->cluster->link;
	struct proposal *proposal;
	int err;

	/* Nobody is kept waiting for an etcd that is known not to answer. */
	if (!link->all_told || link->state.standing != HERALD_FRESH)
		return error_set(
			error, ERROR_UNAVAILABLE,
			"service %s spans hosts, and they cannot agree about a change now: "
			"%.255s",
			before->key.name,
			*link->state.why ? link->state.why : "etcd has not been read yet");
	proposal = calloc(1, sizeof(*proposal));
	if (!proposal)
		return error_system(error, -ENOMEM, "cannot change service %s", before->key.name);
	*proposal = (struct proposal) { .spanning = spanning,
					.key = before->key,
					.before = before->svc,
					.done = done,
					.data = done_data };
	ev_timer_init(&proposal->patience, on_patience, SPANNING_PATIENCE_S, 0.);
	proposal->patience.data = proposal;
	list_append(&spanning->proposals, &proposal->node);
	err = heralding_replace(link, before, after, on_answer, proposal);
	if (err == 0)
		return 0;
	free_proposal(proposal);
	return error_set(error, ERROR_UNAVAILABLE, "service %s is not changed: %s",
			 before->key.name,
			 err == -EBUSY ? "too much else is asked of etcd; ask again"
				       : "netd's process that speaks to etcd is not there");
}

void proposing_look(struct spanning *spanning)
{
	list_foreach (&spanning->proposals, struct proposal, proposal, node)
		if (proposal->taken && is_told(proposal))
			finish(proposal, 0, NULL);
}

/* One that the herald is asked for stays until that has answered. */
static void forget(struct proposal *proposal)
{
	proposal->done = NULL;
	if (proposal->taken)
		free_proposal(proposal);
}

void proposing_forget(struct spanning *spanning, const void *done_data)
{
	list_foreach (&spanning->proposals, struct proposal, proposal, node)
		if (proposal->data == done_data)
			forget(proposal);
}

void proposing_stop(struct spanning *spanning)
{
	list_foreach (&spanning->proposals, struct proposal, proposal, node)
		forget(proposal);
}
