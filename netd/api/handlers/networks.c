// SPDX-License-Identifier: GPL-2.0-or-later
// networks.c - handlers of /networks
#include "api/call/reply.h"
#include "api/handlers/handlers.h"
#include "api/handlers/settling.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_write.h"
#include "model/request/request.h"
#include "model/show/docker_json.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Theory of operation. Each handler is one request of Docker's API: the query and the body are
 * decoded and checked, the engine is called, its answer is shown. The engine says what is wrong
 * in call->error, and a negative return makes that the reply. Networks that a handler looks at
 * are the engine's own and hold until its next change, so they are shown before anything else
 * happens.
 *
 * One request may have to wait: a network that spans hosts is made here at once, and its creator
 * is answered when etcd has it, for another host may be first with its name. */

/* known are the keys that this method takes; another one is refused in Docker's words. */
static int decode_filters(struct api_call *call, const char *const *known,
			  struct filters **ret_filters)
{
	_cleanup_free_ char *text = NULL;
	struct filters *filters;
	int err;

	/* What was not given is NULL, and filters nothing. */
	if ((err = api_call_query(call, "filters", &text)) < 0 ||
	    (err = filters_parse(text, known, &filters, &call->error)) < 0)
		return err;
	err = filters_check(filters, &call->error);
	if (err < 0) {
		filters_free(filters);
		return err;
	}
	*ret_filters = filters;
	return 0;
}

/* A tree and not a text: there are few networks, and their containers are not in the list. */
int api_networks_list(struct api_call *call)
{
	struct filters *filters;
	struct network *const *networks;
	/* NULL for want of memory: json_array_append_new fails then. */
	json_t *array = json_array();
	size_t n;
	int err = decode_filters(call, filters_network_list, &filters);

	if (err < 0) {
		json_decref(array);
		return err;
	}
	/* The array is the engine's, and holds until the next change: nothing changes within this
	 * loop. */
	networks = engine_networks(api_call_engine(call), &n);
	for (size_t i = 0; i < n && err == 0; i++) {
		if (filters_match_network(filters, networks[i], time(NULL)))
			err = json_array_append_new(array, docker_json_network(networks[i], false));
	}
	filters_free(filters);
	/* NULL makes api_reply_json() say that there was no memory. */
	if (err != 0) {
		json_decref(array);
		array = NULL;
	}
	return api_reply_json(call, MHD_HTTP_OK, array);
}

/* verbose is swarm's: here it is only checked. */
static int check_verbose(struct api_call *call)
{
	_cleanup_free_ char *verbose = NULL;
	int err = api_call_query(call, "verbose", &verbose);

	if (err < 0)
		return err;
	/* Only the first letter is looked at: netd makes no use of the value. */
	if (verbose && *verbose && !strchr("01tTfF", *verbose))
		return error_set(&call->error, ERROR_INVALID,
				 "invalid value for verbose: \"%s\": invalid syntax", verbose);
	return 0;
}

/* With the containers that are on it. */
int api_networks_inspect(struct api_call *call)
{
	_cleanup_free_ char *scope = NULL;
	struct network *network;
	int err;

	/* Parameters come first: what is wrong in them is wrong for any network. */
	if ((err = check_verbose(call)) < 0 || (err = api_call_query(call, "scope", &scope)) < 0 ||
	    (err = engine_network_find(api_call_engine(call), call->ref, &network, &call->error)) <
		    0)
		return err;
	/* A network of another scope is not the one that was asked for. */
	if (scope && *scope && strcmp(scope, kind_scope(network->spec.kind)) != 0)
		return error_set(&call->error, ERROR_NOT_FOUND, "network %s not found", call->ref);
	return api_reply_json(call, MHD_HTTP_OK, docker_json_network(network, true));
}

/* The reply to a creation: the id, and what the administrator should know. later is a sentence
 * about what has not happened yet; "": all has. The network is looked for by its id, since it
 * may have been removed while its creator waited. */
static int reply_created(struct api_call *call, const char *id, const char *later)
{
	_cleanup_(buf_done) struct buf warning = { 0 };
	struct network *network;
	int err = engine_network_find(api_call_engine(call), id, &network, &call->error);

	if (err < 0)
		return err;
	/* Docker has one text for all warnings. */
	buf_puts(&warning, network->warning ? network->warning : "");
	if (network->spec.encrypt)
		buf_printf(&warning,
			   "%snetd cannot encrypt yet: what is for another host does not leave "
			   "this one",
			   warning.len > 0 ? "; " : "");
	buf_printf(&warning, "%s%s", warning.len > 0 && *later ? "; " : "", later);
	if (warning.err < 0)
		return error_system(&call->error, warning.err, "network %s is made",
				    network->spec.name);
	return api_reply_json(call, MHD_HTTP_CREATED,
			      json_pack("{s:s, s:o}", "Id", network->spec.id, "Warning",
					json_text(warning.data ? warning.data : "")));
}

/* A client that deploys a stack makes its networks before its services, which are refused: nothing
 * of it is to be left. */
static int check_no_stack(struct api_call *call, const struct network_spec *spec)
{
	const char *stack =
		json_string_value(json_object_get(spec->labels, "com.docker.stack.namespace"));

	return !stack ? 0
		      : error_set(&call->error, ERROR_NOT_IMPLEMENTED,
				  "stack %.80s is not deployed: netd starts no containers; start "
				  "them where you do, on a network of netd's",
				  stack);
}

/* One that spans hosts is answered when etcd has it, for another host may be first with its name.
 * The reply is the id, and what the administrator should know. */
int api_networks_create(struct api_call *call)
{
	struct network_spec spec;
	struct network *network;
	int err = request_network_create(call->json, &spec, &call->error);

	if (err < 0)
		return err;
	err = check_no_stack(call, &spec);
	if (err == 0)
		err = engine_network_create(api_call_engine(call), &spec, &network, &call->error);
	/* The engine has made a copy of its own. Also after a failure. */
	network_spec_done(&spec);
	if (err < 0)
		return err;
	err = network->spec.kind->spans
		      ? settling_wait(call,
				      &(struct api_made) { .name = network->spec.name,
							   .id = network->spec.id },
				      network->spec.id, reply_created)
		      : -ENOENT;
	/* Without memory to wait with it is told of as ever. */
	return err < 0 ? reply_created(call, network->spec.id, "") : err;
}

/* Another name, other labels, or both. */
int api_networks_update(struct api_call *call)
{
	struct engine *engine = api_call_engine(call);
	struct network_update update;
	struct network *network;
	int err = request_network_update(call->json, &update, &call->error);

	if (err < 0)
		return err;
	err = engine_network_find(engine, call->ref, &network, &call->error);
	/* By its id: the path may have the name that it loses. */
	if (err == 0)
		/* The pointer stays valid: an update changes the network in place. */
		err = engine_network_update(engine, network->spec.id, &update, &call->error);
	network_update_done(&update);
	return err < 0 ? err
		       : api_reply_json(call, MHD_HTTP_OK, docker_json_network(network, true));
}

/* Docker says 404 for a missing network before it looks at the body's container. */
static int find_network(struct api_call *call)
{
	struct network *network;

	return engine_network_find(api_call_engine(call), call->ref, &network, &call->error);
}

/* The endpoint's options are those of the body. Docker answers with an empty body. */
int api_networks_connect(struct api_call *call)
{
	_cleanup_free_ char *container = NULL;
	struct endpoint_spec spec;
	int err;

	/* ref is looked up once more by the engine: two calls, and nothing between them. */
	if ((err = find_network(call)) < 0 ||
	    (err = request_connect(call->ref, call->json, &container, &spec, &call->error)) < 0)
		return err;
	err = engine_connect(api_call_engine(call), container, &spec, &call->error);
	endpoint_spec_done(&spec);
	return err < 0 ? err : api_reply_empty(call, MHD_HTTP_OK);
}

/* The engine refuses a network that still has containers. */
int api_networks_remove(struct api_call *call)
{
	int err = engine_network_remove(api_call_engine(call), call->ref, &call->error);

	return err < 0 ? err : api_reply_empty(call, MHD_HTTP_NO_CONTENT);
}

/* Either all that it removed is told, or nothing was removed and the error is. */
int api_networks_prune(struct api_call *call)
{
	struct filters *filters;
	/* The engine fills it on success only. */
	json_t *names = NULL;
	int err = decode_filters(call, filters_network_prune, &filters);

	if (err < 0)
		return err;
	err = engine_network_prune(api_call_engine(call), filters, &names, &call->error);
	filters_free(filters);
	if (err < 0)
		return err;
	if (json_array_size(names) == 0) { /* Docker says null for none */
		json_decref(names);
		names = json_null();
	}
	return api_reply_json(call, MHD_HTTP_OK, json_pack("{s:o}", "NetworksDeleted", names));
}
