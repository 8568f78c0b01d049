// SPDX-License-Identifier: GPL-2.0-or-later
// admission.c - who may ask outside now, and who waits for a turn

#include "resolver/admission.h"

#include "base/limits.h"
#include "resolver/clock.h"
#include "resolver/share.h"
#include "resolver/source.h"

#define LATE_INTERVAL_S 0.25

void account_init(struct account *account)
{
	*account = (struct account) { 0 };
	list_init(&account->node);
	list_init(&account->waiting);
}

static size_t size_of(const struct request *request)
{
	return sizeof(*request) + request->query_len;
}

bool admission_is_open(const struct admission *admission, const struct account *account)
{
	if (account->n_asked >= share_of(admission->n_asked_max, admission->n_asked,
					 DNS_INFLIGHT_PER_VIEW_MAX, DNS_INFLIGHT_PER_VIEW_MIN))
		return false;
	return account->source == NULL || source_is_ready(account->source);
}

void admission_ask(struct admission *admission, struct account *account, struct request *request)
{
	request->admission = admission;
	request->account = account;
	admission->n_asked++;
	if (account != NULL)
		account->n_asked++;
}

bool admission_wait(struct admission *admission, struct account *account, struct request *request)
{
	size_t size = size_of(request);

	if (account->waiting_bytes + size >
	    share_of(DNS_WAITING_BYTES_MAX, admission->waiting_bytes,
		     DNS_WAITING_BYTES_PER_VIEW_MAX, DNS_WAITING_BYTES_PER_VIEW_MIN))
		return false;
	request->admission = admission;
	request->account = account;
	request->waits = true;
	admission->waiting_bytes += size;
	account->waiting_bytes += size;
	if (list_empty(&account->waiting)) {
		list_append(&admission->backlog, &account->node);
		admission->n_backlog++;
	}
	list_append(&account->waiting, &request->by_flight);
	if (!ev_is_active(&admission->late))
		ev_timer_again(admission->loop, &admission->late);
	return true;
}

static void leave_line(struct request *request)
{
	struct admission *admission = request->admission;
	struct account *account = request->account;

	request->waits = false;
	list_remove(&request->by_flight);
	admission->waiting_bytes -= size_of(request);
	account->waiting_bytes -= size_of(request);
	if (!list_empty(&account->waiting))
		return;
	list_remove(&account->node);
	admission->n_backlog--;
}

void admission_leave(struct request *request)
{
	struct admission *admission = request->admission;

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

/* Who is first in the backlog, and last from now on. NULL: nobody waits. */
static struct account *next_account(struct admission *admission)
{
	struct account *account = list_first(&admission->backlog, struct account, node);

	if (account == NULL)
		return NULL;
	list_remove(&account->node);
	list_append(&admission->backlog, &account->node);
	return account;
}

bool admission_settle(struct admission *admission)
{
	struct account *account;
	size_t n_passed = 0;
	bool any = false;

	if (!admission->freed)
		return false;
	admission->freed = false;
	/* Once around without room for anybody is the end. */
	while (n_passed < admission->n_backlog && (account = next_account(admission)) != NULL) {
		struct request *request = list_first(&account->waiting, struct request, by_flight);

		if (request == NULL || !admission_is_open(admission, account)) {
			n_passed++;
			continue;
		}
		admission_leave(request);
		admission->turn(request, false, admission->data);
		any = true;
		n_passed = 0;
	}
	return any;
}

static struct request *find_late(const struct account *account, uint64_t now_ms)
{
	struct request *first = list_first(&account->waiting, struct request, by_flight);

	return first != NULL && now_ms - first->arrived_ms + CLOCK_SLACK_MS >= DNS_BUDGET_MS ? first
											     : NULL;
}

/* Their turn did not come in time; they say so before the client gives up by itself. */
static void on_late(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct admission *admission = watcher->data;
	uint64_t now_ms = clock_ms();
	struct request *request;

	(void)revents;
	for (size_t n = admission->n_backlog; n > 0; n--) {
		struct account *account = next_account(admission);

		if (account == NULL)
			break;
		while ((request = find_late(account, now_ms)) != NULL) {
			admission_leave(request);
			admission->turn(request, true, admission->data);
		}
	}
	if (admission->n_backlog == 0)
		ev_timer_stop(loop, &admission->late);
}

void admission_init(struct admission *admission, struct ev_loop *loop, size_t n_fds,
		    void (*turn)(struct request *request, bool late, void *data), void *data)
{
	*admission = (struct admission) { .loop = loop, .turn = turn, .data = data };
	admission->n_asked_max = n_fds / 4 < DNS_INFLIGHT_MAX ? n_fds / 4 : DNS_INFLIGHT_MAX;
	list_init(&admission->backlog);
	ev_timer_init(&admission->late, on_late, 0.0, LATE_INTERVAL_S);
	admission->late.data = admission;
}
