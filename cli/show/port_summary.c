// SPDX-License-Identifier: GPL-2.0-or-later
// port_summary.c - published ports in words
#include "cli/show/port_summary.h"

#include "base/cleanup.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A range of a thousand ports is two thousand objects in the answer, one for
 * each port and family. People have given it as one range and want to see it as one. So ports that
 * continue a run already begun are added to it, and each run is printed once. */

/* Ports of one address and protocol that go up together. */
struct run {
	const char *address, *type;
	json_int_t public, private, n;
};

/* A number that is missing is 0, which is no port. */
static json_int_t number(const json_t *port, const char *key)
{
	return json_integer_value(json_object_get(port, key));
}

/* Whether the port goes on where the run ends, at the same address and by the same protocol. */
static bool extends(const struct run *run, const json_t *port)
{
	/* A port that is only exposed has no public one, and is never part of a run. */
	return run->public > 0 && number(port, "PublicPort") == run->public + run->n &&
	       number(port, "PrivatePort") == run->private + run->n &&
	       strcmp(run->address, cli_str(port, "IP")) == 0 &&
	       strcmp(run->type, cli_str(port, "Type")) == 0;
}

/* Each address has a run of its own, and few addresses take turns: looking back a little is enough.
 */
static struct run *find_run(struct run *runs, size_t n, const json_t *port)
{
	/* From the end, for the run that was touched last is the likeliest one. The bound keeps a
	 * long list from being walked for each of its ports. */
	for (size_t i = n; i > 0 && n - i < 4; i--)
		if (extends(&runs[i - 1], port))
			return &runs[i - 1];
	return NULL;
}

void port_summary_host(struct buf *out, const char *address, const char *port)
{
	/* An address that has colons itself stands in brackets before a port (RFC 3986, 3.2.2). */
	buf_printf(out, strchr(address, ':') ? "[%s]:%s" : "%s:%s", address, port);
}

/* "0.0.0.0:8080-8089->80-89/tcp", in the form of `docker ps`. */
static void print_run(const struct run *run, struct buf *out)
{
	/* Two numbers of 64 bits with a sign and what joins them are 41 bytes. */
	char public[48], private[48];
	json_int_t more = run->n - 1;

	(void)snprintf(public, sizeof(public), more ? "%lld-%lld" : "%lld", (long long)run->public,
		       (long long)(run->public + more));
	(void)snprintf(private, sizeof(private), more ? "%lld-%lld" : "%lld",
		       (long long)run->private, (long long)(run->private + more));
	buf_puts(out, out->len ? ", " : "");
	/* As docker shows a port that is only exposed: "80/tcp". */
	if (run->public) {
		port_summary_host(out, run->address, public);
		buf_puts(out, "->");
	}
	buf_printf(out, "%s/%s", private, run->type);
}

/* The runs are in the order in which their first ports came. */
void port_summary(const json_t *ports, struct buf *out)
{
	/* One more than there can be: calloc(3) may answer NULL when asked for nothing. */
	_cleanup_free_ struct run *runs = calloc(json_array_size(ports) + 1, sizeof(*runs));
	size_t n = 0, i;
	json_t *port;

	if (!runs) {
		/* The buffer carries the error to whoever looks at it in the end. */
		out->err = -ENOMEM;
		return;
	}
	json_array_foreach (ports, i, port) {
		struct run *run = find_run(runs, n, port);

		if (run) {
			run->n++;
			continue;
		}
		/* The texts are the answer's, which outlives the runs. */
		runs[n] = (struct run) { .address = cli_str(port, "IP"),
					 .type = cli_str(port, "Type"),
					 .public = number(port, "PublicPort"),
					 .private = number(port, "PrivatePort"),
					 .n = 1 };
		n++;
	}
	for (i = 0; i < n; i++)
		print_run(&runs[i], out);
}
