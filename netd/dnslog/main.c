// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-dns-log: questions of containers as lines of JSON or of a table, for a client of
// the API
#include "base/cleanup.h"
#include "base/log.h"
#include "dnslog/dnslog.h"
#include "kernel/caps.h"
#include "kernel/fdkind.h"
#include "kernel/narrow.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Theory of operation. netd starts this for GET /netd/v1/dns/log, with the ring in which the
 * resolver notes questions, the client's socket, and a pipe of which netd has the other end. What
 * is in the ring was written by a process that is not trusted, of names that strangers have made
 * up. So before it is looked at, all rights are given up: no capability is left, no file can be
 * opened, and no call is allowed that does more than reading memory and writing the reply.
 *
 * The order: the ring is mapped, then the rights go, then the first entry is read. The reply's head
 * is written by this process as well. */

/* The daemon puts them at these numbers before it starts the program. */
enum { RING_FD = 3, SOCKET_FD, PIPE_FD, END_FD };

static const char help[] =
	"Usage: netd-dns-log FROM [--follow] [--failed] [--table] [--name CONTAINER]\n"
	"\n"
	"Started by netd, for netctl dns log: writes what containers ask the resolver to the\n"
	"socket that it is given.\n";

/* The limit on descriptors is what keeps even an allowed call from opening a file. */
static int give_up(void)
{
	/* All below it are in use, so none can be opened any more. */
	const struct rlimit files = { END_FD, END_FD }, core = { 0, 0 };
	int err = caps_keep(0);

	/* A client that has gone is seen by the call that writes. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setrlimit(RLIMIT_CORE, &core);
	if (err == 0 && setrlimit(RLIMIT_NOFILE, &files) < 0)
		err = -errno;
	return err < 0 ? err : narrow_calls(false);
}

/* The memory must be of the size that both programs were built with, and sealed against
 * shrinking. */
static int map_ring(struct dnslog *dnslog)
{
	void *memory;

	if (!fdkind_is_memory(RING_FD, sizeof(*dnslog->ring)))
		return -EPROTO;
	/* Writable, because a reader says in the ring that it reads. */
	memory = mmap(NULL, sizeof(*dnslog->ring), PROT_READ | PROT_WRITE, MAP_SHARED, RING_FD, 0);
	if (memory == MAP_FAILED)
		return -errno;
	dnslog->ring = memory;
	return 0;
}

/* Looked at by netd before: digits, perhaps behind a plus. "": the last ones, or with --follow only
 * what comes. "N": the last N. "+N": from number N on. */
static uint64_t first_of(const struct dnslog *dnslog, const char *from)
{
	uint64_t number;

	if (*from == '\0')
		return dns_log_first(dnslog->ring, dnslog->follow ? 0 : DNS_LOG_ENTRIES);
	number = strtoull(from + (*from == '+'), NULL, 10);
	if (*from != '+')
		return dns_log_first(dnslog->ring, number);
	return number > 0 ? number : 1;
}

/* false: it was not started by netd, or by one of another version. */
static bool read_options(int argc, char **argv, struct dnslog *dnslog)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--follow") == 0)
			dnslog->follow = true;
		else if (strcmp(argv[i], "--failed") == 0)
			dnslog->failed = true;
		else if (strcmp(argv[i], "--table") == 0)
			dnslog->table = true;
		else if (strcmp(argv[i], "--name") == 0 && i + 1 < argc)
			dnslog->name = argv[++i];
		else
			return false;
	}
	return argc >= 2 && argv[1][0] != '-';
}

/* The end of the client's connection is no failure. */
int main(int argc, char **argv)
{
	struct dnslog dnslog = { 0 };
	int err;

	if (!read_options(argc, argv, &dnslog)) {
		bool is_help = argc == 2 && strcmp(argv[1], "--help") == 0;

		(void)fputs(help, is_help ? stdout : stderr);
		return is_help ? 0 : 2;
	}
	log_init("dns-log", LOG_LEVEL_WARN);
	err = map_ring(&dnslog);
	if (err == 0)
		err = give_up();
	if (err < 0) {
		log_error("cannot show questions: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	dnslog.next = first_of(&dnslog, argv[1]);
	err = serve(&dnslog, SOCKET_FD, PIPE_FD);
	return err < 0 && err != -EPIPE && err != -ECONNRESET ? EXIT_FAILURE : 0;
}
