// SPDX-License-Identifier: GPL-2.0-or-later
// dns_log.c - GET /netd/v1/dns/log: what containers have asked the resolver, and what became of it
#include "api/call/handed.h"
#include "api/connect/connection_limits.h"
#include "api/handlers/handlers.h"
#include "base/cleanup.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. None of the questions comes through the daemon: netd-dns-log reads the ring
 * in which the resolver notes them, and answers by itself (api/call/handed.c). */

/* "100": the last so many; "+100": from entry 100 on. The text goes to the program as it is, so
 * what is not a number is refused here. at skips the sign, which is the first character or none. */
static int check_from(struct api_call *call, const char *from)
{
	const char *at = from + (*from == '+');
	size_t n = strspn(at, "0123456789");

	/* 19 digits fit a 64-bit number. */
	if (n > 0 && n < 20 && at[n] == '\0')
		return 0;
	return error_set(&call->error, ERROR_INVALID,
			 "from is a number, of entries before now, or +NUMBER, of the entry to "
			 "begin with: \"%s\"",
			 from);
}

/* resolved is the container's whole name; the query may have named it by its id. The texts are the
 * query's, in memory of this call. NULL: not said. */
struct asked {
	char *from, *name, *resolved;
	bool follow, failed, table;
};

static void asked_done(struct asked *asked)
{
	free(asked->from);
	free(asked->name);
	free(asked->resolved);
}

/* A container is looked up now: the program knows no prefixes of ids. */
static int decode(struct api_call *call, struct asked *asked)
{
	struct container *container;
	int err;

	if ((err = api_call_query(call, "from", &asked->from)) < 0 ||
	    (err = api_call_query(call, "name", &asked->name)) < 0 ||
	    (err = api_call_flag(call, "follow", &asked->follow)) < 0 ||
	    (err = api_call_flag(call, "failed", &asked->failed)) < 0 ||
	    (err = api_call_flag(call, "table", &asked->table)) < 0)
		return err;
	if (asked->from && (err = check_from(call, asked->from)) < 0)
		return err;
	if (!asked->name)
		return 0;
	err = engine_container_find(api_call_engine(call), asked->name, &container, &call->error);
	if (err < 0)
		return err;
	asked->resolved = strdup(container->spec.name);
	return asked->resolved ? 0 : error_system(&call->error, -ENOMEM, "cannot show questions");
}

/* Called by api_handed when its pipe is made. The ring is made by the engine when somebody looks
 * first. */
static int start(struct api_call *call, const void *data, int theirs)
{
	const struct asked *asked = data;
	/* In this order it finds them (dnslog/main.c). */
	int fds[] = { -1, api_call_fd(call), theirs };
	/* Options follow the fixed arguments. The NULLs at the end leave room for all of them. */
	const char *argv[] = {
		"netd-dns-log", asked->from ? asked->from : "", NULL, NULL, NULL, NULL, NULL, NULL
	};
	size_t n = 2;
	int err = engine_dns_log(api_call_engine(call), &fds[0], &call->error);

	if (err < 0)
		return err;
	if (asked->follow)
		argv[n++] = "--follow";
	if (asked->failed)
		argv[n++] = "--failed";
	if (asked->table)
		argv[n++] = "--table";
	if (asked->resolved) {
		argv[n++] = "--name";
		argv[n++] = asked->resolved;
	}
	/* The program has descriptors of its own afterwards. */
	err = api_call_starter(call)->start("netd-dns-log", argv, fds, ARRAY_SIZE(fds));
	if (err == -ENOENT)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED,
				 "netd-dns-log is not installed: it belongs beside netd, or into "
				 "lib/netd");
	return err < 0 ? error_system(&call->error, err, "cannot show questions") : 0;
}

/* Everything that may be refused comes before the program is started: from then on it writes the
 * whole reply, status included. */
int api_dns_log(struct api_call *call)
{
	_cleanup_(asked_done) struct asked asked = { 0 };
	int err;

	if ((err = decode(call, &asked)) < 0)
		return err;
	/* What is asked about with HEAD has no body, and so nobody to write it. */
	if (strcmp(call->method, "HEAD") == 0) {
		call->status = MHD_HTTP_OK;
		return 0;
	}
	if (!api_call_starter(call)->start)
		return error_set(&call->error, ERROR_NOT_IMPLEMENTED, "nobody reads it here");
	/* It counts as a stream, for it may last for ever. This is the last of what can be
	 * refused. */
	if ((err = api_connection_admit_stream(call)) < 0)
		return err;
	return api_handed(call, start, &asked, NULL);
}
