// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-cni: a CNI plugin that has netd wire the container
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "plugins/cni/result.h"
#include "plugins/cni/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The plugin is run once for each call: arguments in the environment, the configuration on stdin,
 * the result on stdout. It has no options, and its exit status is 0 or 1. Runtimes read the JSON,
 * of a result and of an error alike. */

/* For _cleanup_; client_close() takes NULL. */
static void client_closep(struct client **client)
{
	client_close(*client);
}

/* A little more than the decoder takes, so that it can refuse what is too much. Reads until the
 * end, or until there is too much. text is the caller's to free. */
static int read_stdin(struct buf *text, struct cni_error *error)
{
	/* The limit of netd's own bodies. A configuration is a few kilobytes. */
	const size_t most = (size_t)API_BODY_MAX;
	char data[16384];
	ssize_t n;

	/* A read of nothing is the end. */
	while (text->len <= most && (n = read(STDIN_FILENO, data, sizeof(data))) != 0) {
		/* EINTR: the read is simply tried again. */
		if (n < 0 && errno != EINTR)
			return cni_fail(error, CNI_IO, "reading the configuration: %s",
					strerror(errno));
		if (n > 0)
			buf_append(text, data, (size_t)n);
	}
	/* buf keeps its first error, so it is looked at once, at the end. */
	return text->err < 0 ? cni_fail(error, CNI_INTERNAL, "no memory") : 0;
}

/* client is NULL for VERSION. *ret_result stays NULL for verbs that print nothing. */
static int run_verb(const struct cni_call *call, struct client *client, json_t **ret_result,
		    struct cni_error *error)
{
	switch (call->verb) {
	case CNI_ADD:
		return verb_add(call, client, ret_result, error);
	case CNI_DEL:
		return verb_del(call, client, error);
	case CNI_CHECK:
		return verb_check(call, client, error);
	case CNI_GC:
		return verb_gc(call, client, error);
	case CNI_STATUS:
		return verb_status(call, client, error);
	case CNI_VERSION:
	case CNI_N_VERBS:
		break;
	}
	*ret_result = result_versions(call);
	return 0;
}

/* *ret_client is the caller's to close. */
static int open_netd(const struct cni_call *call, struct client **ret_client,
		     struct cni_error *error)
{
	struct client *client;
	struct error cause;

	if (client_open(call->netd_host, &client, &cause) < 0)
		/* STATUS asks whether an ADD would work, and without netd none does. It has a code
		 * for that. */
		return cause.kind == ERROR_UNAVAILABLE && call->verb == CNI_STATUS
			       ? cni_fail(error, CNI_UNAVAILABLE, "%s", cause.text)
			       : cni_fail_netd(error, &cause);
	/* The netns is a path on this machine, so only a netd on this machine can open it. */
	if (!client_unix_path(client)) {
		client_close(client);
		return cni_fail(error, CNI_BAD_CONFIG,
				"netd must run in the kernel of its containers: netdHost and "
				"NETD_HOST take unix:// only");
	}
	*ret_client = client;
	return 0;
}

/* Everything between the environment and the answer. On failure *call has at least its version. */
static int run(const struct cni_env *env, struct cni_call *call, json_t **ret_result,
	       struct cni_error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	_cleanup_(buf_done) struct buf text = { 0 };
	int err = read_stdin(&text, error);

	if (err == 0)
		err = cni_call_decode(env, text.data ? text.data : "", text.len, call, error);
	if (err == 0 && call->verb != CNI_VERSION)
		err = open_netd(call, &client, error);
	return err < 0 ? err : run_verb(call, client, ret_result, error);
}

/* Errors go to stdout too: that is where the runtime looks for them. 0, or -EIO. stdout may be a
 * pipe whose reader has gone. */
static int print(const json_t *json)
{
	/* A result that was not written whole is a failure: the runtime would read half of it. */
	if (json_dumpf(json, stdout, JSON_INDENT(2)) < 0 || putchar('\n') == EOF ||
	    fflush(stdout) == EOF)
		return -EIO;
	return 0;
}

int main(void)
{
	/* The variables of the specification's section 2, and one of the reference library's
	 * (CNI_NETNS_OVERRIDE). CNI_PATH is for plugins that call others. */
	const struct cni_env env = {
		.command = getenv("CNI_COMMAND"),
		.container = getenv("CNI_CONTAINERID"),
		.netns = getenv("CNI_NETNS"),
		.ifname = getenv("CNI_IFNAME"),
		.args = getenv("CNI_ARGS"),
		.netns_override = getenv("CNI_NETNS_OVERRIDE"),
	};
	struct cni_call call = { .version = CNI_1_1_0 };
	struct cni_error error = { 0 };
	json_t *answer = NULL;
	int err = run(&env, &call, &answer, &error);

	/* Whatever went wrong: a runtime that finds no JSON reports that instead. */
	/* The version of the answer is that of the question, as far as it was understood. */
	if (err < 0)
		answer = result_error(&call, &error);
	if (answer && print(answer) < 0)
		err = -EIO;
	/* json_decref() takes NULL. */
	json_decref(answer);
	cni_call_done(&call);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
