// SPDX-License-Identifier: GPL-2.0-or-later
// request.c - a client that waits for the answer to a forwarded question

#include "resolver/ask/request.h"

#include "resolver/ask/admission.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. A request is a client's question that cannot be answered at once. It is on
 * two lists: of its flight or its line, and of its owner, who may go away. reply() brings the
 * answer to the client, by whatever transport. Exactly one of request_finish() and request_free()
 * ends it. */

/* template has what the caller knows; lists and places begin empty. NULL: out of memory. */
struct request *request_new(const struct request *template, const uint8_t *query, size_t len)
{
	/* One block with its question: a request lives for milliseconds, and there are many. */
	struct request *request = malloc(sizeof(*request) + len);

	if (request == NULL)
		return NULL;
	*request = *template;
	request->admission = NULL;
	request->gone = NULL;
	request->waits = false;
	request->query_len = (uint16_t)len;
	memcpy(request->query, query, len);
	list_init(&request->by_flight);
	list_init(&request->by_owner);
	return request;
}

/* Its place goes to somebody else before anything is freed. Without an answer. */
void request_free(struct request *request)
{
	admission_leave(request);
	list_remove(&request->by_flight);
	list_remove(&request->by_owner);
	if (request->gone != NULL)
		request->gone(request);
	free(request->steps);
	free(request);
}

/* The client is answered, the answer is counted, and the request is freed. */
void request_finish(struct request *request, const uint8_t *reply, size_t len)
{
	/* Off the lists first: the reply may make the owner go away, and the owner frees what is
	 * on its list. */
	list_remove(&request->by_flight);
	list_remove(&request->by_owner);
	if (request->answered != NULL)
		request->answered(request, reply, len);
	request->reply(request, reply, len);
	request_free(request);
}

/* For an owner that goes away for good. */
void request_free_all(struct list *owned)
{
	list_foreach (owned, struct request, request, by_owner)
		request_free(request);
}

/* For requests whose client has gone. */
static void reply_to_nobody(struct request *request, const uint8_t *reply, size_t len)
{
	(void)request, (void)reply, (void)len;
}

/* For an owner that goes away while its requests still count: they get another owner. */
void request_abandon_all(struct list *owned, struct list *heir)
{
	list_foreach (owned, struct request, request, by_owner) {
		/* What has not been asked yet costs nothing to give up. */
		if (request->waits) {
			request_free(request);
			continue;
		}
		/* What has been asked stays and counts until it is answered: otherwise whoever
		 * closes and comes again could ask without end. */
		request->reply = reply_to_nobody;
		request->owner = NULL;
		list_remove(&request->by_owner);
		list_append(heir, &request->by_owner);
	}
}
