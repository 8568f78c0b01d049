// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netavark: Podman's network helper, which has netd do the work
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/whole.h"
#include "client/calls.h"
#include "plugins/netavark/options.h"
#include "plugins/netavark/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <netd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The netavark whose part this plays; Podman shows it and looks at the number. */
#define COMPATIBLE_VERSION "1.17.2"

#define HELP                                                                                       \
	"netavark " COMPATIBLE_VERSION " (netd " NETD_VERSION                                      \
	"): wires Podman's containers with netd\n"                                                 \
	"usage: netavark [OPTION]... setup NETNS | teardown NETNS | update NETWORK |\n"            \
	"                            create | version | firewalld-reload\n"                        \
	"  -f, --file FILE               read the request there instead of from stdin\n"           \
	"  -r, --rootless true|false     whether Podman runs without root\n"                       \
	"      --network-dns-servers A,B name servers of the network, for update\n"                \
	"  -V, --version                 print the version\n"                                      \
	"  -c, -a, -p, --firewall-driver are Podman's and have no meaning here\n"                  \
	"NETD_HOST says where netd listens (unix:///run/netd/netd.sock).\n"

/* Theory of operation. One call, one answer: the request comes on stdin (or in a file), netd is
 * asked over its socket, and the answer is one JSON object on stdout. An error is an object with
 * the field "error" and a non-zero exit code. Nothing is kept between calls: what netavark would
 * have in its files is in netd.
 *
 * Podman runs this program for each step in the life of a container or a network. It has no state
 * and no lock: what must be done whole is done by one request to netd. */

/* For _cleanup_; client_close() takes NULL. */
static void client_closep(struct client **client)
{
	client_close(*client);
}

static int read_all(int fd, const char *what, struct buf *text, struct error *error)
{
	int err = whole_read_to_end(fd, API_BODY_MAX, text);

	return err < 0 ? error_system(error, err, "reading %s", what) : 0;
}

/* -f is for people who look for a mistake; Podman uses stdin. */
static int read_request(const struct netavark_options *options, struct buf *text,
			struct error *error)
{
	_cleanup_close_ int fd = -1;

	if (!options->file)
		return read_all(STDIN_FILENO, "stdin", text, error);
	fd = open(options->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_system(error, -errno, "opening %s", options->file);
	return read_all(fd, options->file, text, error);
}

/* A system's netd is in another network namespace than rootless Podman's containers hang on. Who
 * sets NETD_HOST says that there is one in theirs. 0: it may go on. */
static int refuse_rootless(const struct netavark_options *options, struct error *error)
{
	const char *host = getenv(NETD_HOST_VARIABLE);

	if (!options->rootless || (host && *host))
		return 0;
	return error_set(
		error, ERROR_NOT_IMPLEMENTED,
		"netd serves rootful Podman: rootless Podman has a network namespace of its "
		"own, which the system's netd is not in. Leave netd's netavark out of this "
		"user's helper_binaries_dir (containers.conf), so that Podman's own is found");
}

/* *ret_client is the caller's to close. NULL: the host of NETD_HOST, or the default. */
static int open_netd(struct client **ret_client, struct error *error)
{
	struct client *client;
	int err = client_open(NULL, &client, error);

	if (err < 0)
		return err;
	/* A netd at the other end of a TCP connection could open no namespace path of this host. */
	if (!client_unix_path(client)) {
		client_close(client);
		return error_set(error, ERROR_INVALID,
				 "netd must run in the kernel of its containers: NETD_HOST takes "
				 "unix:// only");
	}
	*ret_client = client;
	return 0;
}

/* --- commands --------------------------------------------------------------------------------- */

/* Each gives 0 or a negative error with a sentence. *ret_answer stays NULL where the command prints
 * nothing. */

/* The input is decoded before netd is connected to: a request that is wrong is told as that even
 * while netd is down. */
static int run_container(const struct netavark_options *options, const struct buf *text,
			 json_t **ret_answer, struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	_cleanup_(input_done) struct input input = { 0 };
	int err = refuse_rootless(options, error);

	if (err == 0)
		err = input_decode(text->data ? text->data : "", text->len, &input, error);
	if (err == 0)
		err = open_netd(&client, error);
	if (err < 0)
		return err;
	if (options->verb == NETAVARK_SETUP)
		return verb_setup(&input, options->argument, client, ret_answer, error);
	/* Half a teardown would be worse than a late one. What comes behind the detach, the removal
	 * of networks that nobody uses, is to be done as well. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	return verb_teardown(&input, client, error);
}

/* Podman keeps the servers itself and sends them with each setup. A network that netd does not have
 * yet gets its servers with the first container. */
static int run_update(const struct netavark_options *options, struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	const char *host = getenv("NETD_HOST");
	int err;

	if (!options->dns_servers || (options->rootless && !(host && *host)))
		return 0;
	err = open_netd(&client, error);
	if (err < 0 && error->kind == ERROR_UNAVAILABLE) { /* what Podman changed stays changed */
		(void)fprintf(stderr, "containers that run keep their name servers: %s\n",
			      error->text);
		return 0;
	}
	return err < 0 ? err : verb_update(options->argument, options->dns_servers, client, error);
}

/* Networks can be made while netd is down: it has to be asked only for what to avoid. *ret_answer:
 * the completed network. */
static int run_create(const struct buf *text, json_t **ret_answer, struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	struct error ignored;

	/* verb_create() knows a NULL client. Nothing is attached here, so rootless users may
	 * create, too. */
	(void)open_netd(&client, &ignored);
	return verb_create(text->data ? text->data : "", text->len, client, ret_answer, error);
}

/* netd sees for itself when its rules are gone; a caller wants to hear that they are there. */
static int run_reload(struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	int err = open_netd(&client, error);

	return err < 0 ? err : calls_json(client, "POST", "/netd/v1/resync", NULL, NULL, error);
}

/* The form is netavark's. */
static json_t *version(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", COMPATIBLE_VERSION, "commit",
			 "netd " NETD_VERSION, "build_time", "", "target", "", "default_fw_driver",
			 "nftables");
}

/* Commands without a request on stdin must not read it: it may be a terminal. */
static int run(const struct netavark_options *options, json_t **ret_answer, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	int err = 0;

	if (options->verb == NETAVARK_SETUP || options->verb == NETAVARK_TEARDOWN ||
	    options->verb == NETAVARK_CREATE)
		err = read_request(options, &text, error);
	if (err < 0)
		return err;
	switch (options->verb) {
	case NETAVARK_SETUP:
	case NETAVARK_TEARDOWN:
		return run_container(options, &text, ret_answer, error);
	case NETAVARK_UPDATE:
		return run_update(options, error);
	case NETAVARK_CREATE:
		return run_create(&text, ret_answer, error);
	case NETAVARK_FIREWALLD_RELOAD:
	case NETAVARK_FIREWALL_RELOAD:
		return run_reload(error);
	case NETAVARK_DHCP_PROXY:
		return error_set(error, ERROR_NOT_IMPLEMENTED,
				 "dhcp-proxy: netd wires bridge networks only, for now, whose "
				 "addresses Podman chooses; no DHCP is needed");
	case NETAVARK_VERSION:
	case NETAVARK_N_VERBS:
		break;
	}
	*ret_answer = version();
	return 0;
}

/* 0, or -EIO. */
static int print(const json_t *json)
{
	/* Flushed here, as a full disk or a closed pipe shows only now, and Podman needs the
	 * whole answer. */
	if (json_dumpf(json, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF ||
	    fflush(stdout) == EOF)
		return -EIO;
	return 0;
}

int main(int argc, char **argv)
{
	struct netavark_options options;
	struct error error = { 0 };
	json_t *answer = NULL;
	int err = netavark_options_parse(argc, argv, &options, &error);

	if (err == 0 && (options.show_version || options.show_help)) {
		(void)fputs(options.show_help ? HELP : "netavark " COMPATIBLE_VERSION "\n", stdout);
		return fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (err == 0)
		err = run(&options, &answer, &error);
	/* Podman takes this one field and no other; it reads stdout for errors, too. A text may
	 * hold any bytes, as a path does; json_text() makes valid UTF-8 of them. */
	if (err < 0)
		answer = json_pack("{s:o}", "error", json_text(error.text));
	if (answer && print(answer) < 0)
		err = -EIO;
	json_decref(answer);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
