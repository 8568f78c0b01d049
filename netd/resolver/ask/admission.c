// SPDX-License-Identifier: GPL-2.0-or-later
// admission.c - who may ask outside now, and who waits for a turn

#include "resolver/ask/admission.h"

#include "base/limits.h"
#include "resolver/ask/source.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/job.h"
#include "resolver/loop/party.h"
#include "resolver/loop/share.h"
#include "resolver/loop/turns.h"

/* Theory of operation. A question that is to leave takes one of a bounded number of places. Each
 * container may have a share of what is free at that moment, so the share of a flood shrinks as
 * it takes more, and somebody who comes later still finds places. Who is beyond his share stands
 * in a line of his container's own, counted in bytes. Lines move when a place is given back: each
 * container that may ask has one turn, in which one question leaves, and stands in line again. A
 * question whose time ends in line is answered with a failure just before its client gives up. */

/* Who came first is late first, so only the first is looked at. */
static struct request *find_late(const struct account *account, uint64_t now_ms)
{
	struct request *first = list_first(&account->waiting, struct request, by_flight);

	/* The slack makes up for a timer that fires a little early. */
	return first != NULL && now_ms - first->arrived_ms + CLOCK_SLACK_MS >= DNS_BUDGET_MS ? first
											     : NULL;
}

/* One that is late says so before the client gives up by itself. A turn of an account: one question
 * leaves its line, or is refused. 0: there is nothing to do. */
static unsigned on_next(struct job *job)
{
	struct account *account = container_of(job, struct account, next);
	struct admission *admission = account->admission;
	struct request *late = find_late(account, clock_ms());
	struct request *request = list_first(&account->waiting, struct request, by_flight);

	if (request == NULL || (late == NULL && !admission_is_open(admission, account)))
		return 0;
	/* Out of line before anybody sees it: the handler may put it into another list, or free
	 * it. */
	admission_leave(request);
	admission->turn(request, late != NULL, admission->data);
	job_ready(job); /* and the next */
	/* The cost is what the party's turn is charged. */
	return late != NULL ? COST_RECEIVE : COST_ASK;
}

/* party must be one that is held for the account: admission_account_done() gives it back. */
void admission_account_init(struct account *account, struct admission *admission,
			    struct party *party)
{
	*account = (struct account) { .party = party, .admission = admission };
	list_init(&account->node);
	list_init(&account->waiting);
	job_init(&account->next, party, on_next);
}

/* Nothing may wait in line any more. */
void admission_account_done(struct account *account)
{
	job_cancel(&account->next);
	party_unref(account->party);
	account->party = NULL;
}

/* The question stands behind the struct in the same block. */
static size_t size_of(const struct request *request)
{
	return sizeof(*request) + request->query_len;
}

/* Whether the account may ask one more question now. */
bool admission_is_open(const struct admission *admission, const struct account *account)
{
	/* What is left free decides, so the first to flood is the first to be held back. */
	if (account->n_asked >= share_of(admission->n_asked_max, admission->n_asked,
					 DNS_INFLIGHT_PER_VIEW_MAX, DNS_INFLIGHT_PER_VIEW_MIN))
		return false;
	/* A container's own servers also need a socket inside it. */
	return account->source == NULL || source_is_ready(account->source);
}

/* Takes a place. account NULL: the host's own questions have no share. */
void admission_ask(struct admission *admission, struct account *account, struct request *request)
{
	request->admission = admission;
	request->account = account;
	admission->n_asked++;
	if (account != NULL)
		account->n_asked++;
}

/* false: the line is full, and the caller answers with a failure. */
bool admission_wait(struct admission *admission, struct account *account, struct request *request)
{
	size_t size = size_of(request);

	if (account->waiting_bytes + size >
	    share_of(DNS_WAITING_BYTES_MAX, admission->waiting_bytes,
		     DNS_WAITING_BYTES_PER_VIEW_MAX, DNS_WAITING_BYTES_PER_VIEW_MIN))
		return false;
	request->admission = admission;
	request->account = account;
	/* Bytes, not questions: a long name costs its container more. */
	request->waits = true;
	admission->waiting_bytes += size;
	account->waiting_bytes += size;
	/* The backlog holds lines, not questions: it is as long as there are containers. */
	if (list_empty(&account->waiting))
		list_append(&admission->backlog, &account->node);
	list_append(&account->waiting, &request->by_flight);
	if (!ev_is_active(&admission->late))
		ev_timer_again(admission->loop, &admission->late);
	/* The timer runs while anybody waits. */
	return true;
}

/* Gives back the bytes of the line. */
static void leave_line(struct request *request)
{
	struct admission *admission = request->admission;
	struct account *account = request->account;

	request->waits = false;
	list_remove(&request->by_flight);
	admission->waiting_bytes -= size_of(request);
	account->waiting_bytes -= size_of(request);
	if (list_empty(&account->waiting))
		list_remove(&account->node);
}

/* Gives back a place in line, or the place of a question that is being asked. Safe to call
 * twice. */
void admission_leave(struct request *request)
{
	struct admission *admission = request->admission;

	/* Free of any place: it was answered at once, or is the host's own. */
	if (admission == NULL)
		return;
	if (request->waits) {
		leave_line(request);
	} else {
		admission->freed = true;
		admission->n_asked--;
		if (request->account != NULL)
			request->account->n_asked--;
	}
	request->admission = NULL;
}

/* Called between two rounds of the loop. */
void admission_settle(struct admission *admission)
{
	if (!admission->freed && !admission->sources->freed)
		return;
	/* Taken back first: what has its turn now may free something again. */
	admission->freed = admission->sources->freed = false;
	/* One turn each: on_next stands in line again while there is room, so lines go on side by
	 * side, and not one after the other. */
	list_foreach (&admission->backlog, struct account, account, node)
		if (admission_is_open(admission, account))
			job_ready(&account->next);
}

/* Their turn did not come in time. A timer, because nothing may happen for a while that moves the
 * lines. */
static void on_late(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct admission *admission = watcher->data;
	uint64_t now_ms = clock_ms();

	(void)revents;
	list_foreach (&admission->backlog, struct account, account, node)
		if (find_late(account, now_ms) != NULL)
			job_ready(&account->next);
	if (list_empty(&admission->backlog))
		ev_timer_stop(loop, &admission->late);
}

/* turn is called for a question that has its turn; late says that its time is over. The request is
 * the handler's then. */
void admission_init(struct admission *admission, struct ev_loop *loop, size_t n_fds,
		    struct sources *sources,
		    void (*turn)(struct request *request, bool late, void *data), void *data)
{
	*admission =
		(struct admission) { .loop = loop, .sources = sources, .turn = turn, .data = data };
	/* A quarter of the descriptors: each question that waits upstream is a socket. */
	admission->n_asked_max = n_fds / 4 < DNS_INFLIGHT_MAX ? n_fds / 4 : DNS_INFLIGHT_MAX;
	list_init(&admission->backlog);
	ev_timer_init(&admission->late, on_late, 0.0, DNS_LATE_INTERVAL_S);
	admission->late.data = admission;
}
