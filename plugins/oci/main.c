// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-oci-hook: a hook of runc, crun and their like that has netd wire the container
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/whole.h"
#include "plugins/oci/container.h"
#include "plugins/oci/hook.h"
#include "plugins/oci/text.h"

#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A runtime starts this program twice in a container's life and gives it the
 * state on stdin (runtime.md, Lifecycle). It runs on the host's side, in the runtime's namespaces,
 * so netd's socket and netd's files are reached by their usual paths. A failure at createRuntime
 * stops the start of the container, as it should: a container without its network is not what was
 * asked for. A failure at poststop is a warning of the runtime's and stops nothing. */

/* For _cleanup_; client_close() takes NULL. */
static void client_closep(struct client **client)
{
	client_close(*client);
}

/* Said before ssh is started: a process id means nothing at its far end. *ret_client is the
 * caller's to close. */
static int open_netd(struct client **ret_client, struct error *error)
{
	const char *host = getenv(NETD_HOST_VARIABLE);

	if (host && strncmp(host, "ssh:", 4) == 0)
		return error_set(error, ERROR_INVALID,
				 "netd must run in the kernel of its containers: NETD_HOST takes "
				 "unix:// only");
	return client_open(host, ret_client, error);
}

/* createRuntime. 0 without a look at netd: the container has no part in it. */
static int create(const struct oci_state *state, struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	_cleanup_(oci_bundle_done) struct oci_bundle bundle = { 0 };
	int err = oci_bundle_read(state->bundle, &bundle, error);

	/* Before netd is asked: what has no part in it starts without netd, too. */
	if (err < 0 || bundle.netns == OCI_NETNS_HOST || oci_container_joins_pod(state))
		return err;
	err = open_netd(&client, error);
	return err < 0 ? err : oci_hook_create(state, &bundle, client, error);
}

/* The bundle may be gone by now, and is not needed. */
static int delete (const struct oci_state *state, struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	int err = open_netd(&client, error);

	return err < 0 ? err : oci_hook_delete(state, client, error);
}

static int run_stage(enum oci_stage stage, const struct oci_state *state, struct error *error)
{
	/* No default: the compiler asks about a stage that is new. */
	switch (stage) {
	case OCI_CREATE:
		return create(state, error);
	case OCI_DELETE:
	case OCI_N_STAGES:
		break;
	}
	return delete (state, error);
}

/* argument: NULL where there is none. */
static int run(const char *argument, struct error *error)
{
	_cleanup_(oci_state_done) struct oci_state state = { 0 };
	_cleanup_(buf_done) struct buf text = { 0 };
	enum oci_stage stage = OCI_N_STAGES;
	/* "The state of the container MUST be passed to hooks over stdin" (config.md,
	 * POSIX-platform Hooks). */
	int err = whole_read_to_end(STDIN_FILENO, API_BODY_MAX, &text);

	if (err < 0)
		return error_system(error, err, "cannot read the container's state");
	err = oci_state_decode(text.data ? text.data : "", text.len, &state, error);
	/* The state comes first: where there is no argument, it tells the stage. */
	if (err == 0)
		err = oci_state_stage(&state, argument, &stage, error);
	return err < 0 ? err : run_stage(stage, &state, error);
}

/* Any failure is status 1: the runtime stops the start, or warns, and shows stderr. */
int main(int argc, char **argv)
{
	struct error error = { 0 };

	if (argc > 2) {
		(void)fputs("usage: netd-oci-hook [createRuntime|poststop] < state.json\n", stderr);
		return EXIT_FAILURE;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("netd-oci-hook " NETD_VERSION) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
	if (run(argc == 2 ? argv[1] : NULL, &error) < 0) {
		/* One line: runc shows what a hook says on stderr, behind its own words. */
		(void)fprintf(stderr, "netd-oci-hook: %s\n", error.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
