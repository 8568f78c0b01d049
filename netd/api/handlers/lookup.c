// SPDX-License-Identifier: GPL-2.0-or-later
// lookup.c - GET /netd/v1/dns/lookup: asks the resolver as a container would
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "api/handlers/lookup_json.h"
#include "api/handlers/steps_json.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. The question becomes a message to the resolver (engine_dns_query), and the
 * call is suspended until its answer comes. From then on the lookup belongs to the engine: it is
 * freed in on_answer, which comes exactly once, and it outlives a caller who hangs up. */

/* A question that is out. The engine has no way of taking it back, so the one who asked may be gone
 * when the answer comes; then call is NULL. */
struct lookup {
	struct api_call *call;
	struct lookup_question question;
	bool traced;	 /* how it is decided is wanted, too */
	json_t *program; /* of one that is: what a program does before; NULL: nobody's */
	bool waiting;	 /* the call is suspended */
	bool answered;	 /* before it could be: err says how */
	int err;
};

/* The caller has hung up. */
static void forget(void *data)
{
	struct lookup *lookup = data;

	/* The memory stays: on_answer() is called in any case, if only at the deadline, and frees
	 * it. */
	lookup->call = NULL;
}

/* With what a program does before, if that was asked for. */
static void lookup_free(struct lookup *lookup)
{
	json_decref(lookup->program);
	free(lookup);
}

/* Of a traced question: the resolver's message is the steps, and the answer behind them. Makes
 * the object of the answer with both in it, and with what the program does before. 0, -EBADMSG
 * or -ENOMEM. */
static int traced_json(const struct lookup *lookup, const uint8_t *message, size_t len,
		       json_t **ret_json)
{
	struct dns_steps_reader reader;
	const uint8_t *answer;
	json_t *json = NULL, *steps = NULL;
	int err = dns_steps_open(&reader, message, len, &answer, &len);

	if (err == 0)
		steps = steps_json(&reader, &err);
	if (err == 0)
		err = lookup_json_answer(&lookup->question, answer, len, &json);
	if (err == 0 && lookup->program && json_object_update(json, lookup->program) < 0)
		err = -ENOMEM;
	/* It takes a reference of its own, so steps are given up below in either case. */
	if (err == 0 && json_object_set(json, "Steps", steps) < 0)
		err = -ENOMEM;
	json_decref(steps);
	if (err < 0)
		json_decref(json);
	else
		*ret_json = json;
	return err;
}

/* Turns the DNS message into JSON. */
static int reply(struct lookup *lookup, const uint8_t *answer, size_t len)
{
	struct api_call *call = lookup->call;
	json_t *json = NULL;
	int err = lookup->traced ? traced_json(lookup, answer, len, &json)
				 : lookup_json_answer(&lookup->question, answer, len, &json);

	/* Everything else that fails is memory, and api_reply_json() says so. */
	if (err == -EBADMSG)
		return error_set(&call->error, ERROR_INTERNAL,
				 "the resolver's answer is malformed");
	return api_reply_json(call, MHD_HTTP_OK, err < 0 ? NULL : json);
}

/* Called once for each question that engine_dns_query took, at the latest at its deadline. It may
 * be called before that function returns. */
static void on_answer(int status, const uint8_t *answer, size_t len, void *data)
{
	struct lookup *lookup = data;
	struct api_call *call = lookup->call;
	int err;

	/* Nobody is there to be answered. Only the memory is left. */
	if (!call) {
		lookup_free(lookup);
		return;
	}
	err = status == 0 ? reply(lookup, answer, len) : engine_dns_why(status, &call->error);
	/* The answer came from within engine_dns_query(): a call that is not suspended cannot be
	 * resumed. */
	if (!lookup->waiting) {
		lookup->answered = true;
		lookup->err = err;
		return;
	}
	if (err < 0)
		api_reply_error(call);
	/* Before it is freed, or call_free() would call forget() on freed memory. */
	call->pending = (struct api_pending) { 0 };
	lookup_free(lookup);
	api_call_resume(call);
}

/* What stands in the container's files, and what follows from it for the name. */
static int read_files(struct api_call *call, struct lookup *lookup, const char *from,
		      const char *name)
{
	_cleanup_(buf_done) struct buf conf = { 0 }, hosts = { 0 };
	int err = engine_dns_files(api_call_engine(call), from, &conf, &hosts, &call->error);

	if (err < 0)
		return err;
	lookup->program = steps_json_program(conf.data ? conf.data : "",
					     hosts.data ? hosts.data : "", name);
	return lookup->program ? 0 : error_system(&call->error, -ENOMEM, "cannot look up");
}

/* name= is wanted, type= is A where it is missing. */
static int decode(struct api_call *call, struct lookup *lookup, const char *from)
{
	_cleanup_free_ char *name = NULL, *type = NULL;
	struct lookup_question *question = &lookup->question;
	int err;

	if ((err = api_call_query(call, "name", &name)) < 0 ||
	    (err = api_call_query(call, "type", &type)) < 0)
		return err;
	if (!name || !*name)
		return error_set(&call->error, ERROR_INVALID, "the parameter name is required");
	if ((err = lookup_json_question(name, type, question, &call->error)) < 0 ||
	    (err = api_call_flag(call, "trace", &lookup->traced)) < 0)
		return err;
	/* A name of an address is asked for as it is. */
	if (lookup->traced && from && question->type != DNS_TYPE_PTR &&
	    (err = read_files(call, lookup, from, name)) < 0)
		return err;
	return api_call_flag(call, "cached", &question->cached);
}

/* from= names the container in whose name is asked; without it the host's own servers answer. */
static int ask(struct api_call *call, struct lookup *lookup)
{
	/* An empty from= is as good as none. */
	_cleanup_free_ char *text = NULL;
	uint8_t query[DNS_UDP_PLAIN_MAX];
	const char *from;
	size_t len;
	int err = api_call_query(call, "from", &text);

	if (err < 0)
		return err;
	from = text && *text ? text : NULL;
	if ((err = decode(call, lookup, from)) < 0)
		return err;
	/* It always fits: a question has one name, of 255 bytes at the most. */
	len = lookup_json_query(&lookup->question, query, sizeof(query));
	/* Before the question is sent, since the answer may come at once. */
	lookup->call = call;
	return (lookup->traced ? engine_dns_trace : engine_dns_query)(
		api_call_engine(call), from, query, len, on_answer, lookup, &call->error);
}

/* The lookup is freed here while it is this call's: until the engine has taken the question, or
 * when it was answered from within. Later on_answer frees it. */
int api_lookup(struct api_call *call)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	int err;

	if (!lookup)
		return error_system(&call->error, -ENOMEM, "cannot look up");
	err = ask(call, lookup);
	/* With an error no answer comes any more, so the lookup is freed here. */
	if (err < 0 || lookup->answered) {
		err = err < 0 ? err : lookup->err;
		lookup_free(lookup);
		return err;
	}
	/* Only now may on_answer resume the call. */
	lookup->waiting = true;
	call->pending = (struct api_pending) { forget, lookup };
	api_call_suspend(call);
	return API_LATER;
}
