// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-trace: where packets of a flow come by, and where the kernel throws them away
#include "base/cleanup.h"
#include "base/json_write.h"
#include "base/log.h"
#include "kernel/caps.h"
#include "kernel/confine.h"
#include "tracer/tracer.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Theory of operation. Programs of BPF at five of the kernel's tracepoints report packets of the
 * namespaces that are asked for, and of no other: they look themselves. netd-explain --trace starts
 * this, says what is wanted on its standard input (trace/order.h), and reads lines of JSON.
 *
 * To load a program into the kernel takes rights that nobody else in netd has, so it is a program
 * of its own: it gives up everything but CAP_BPF, CAP_PERFMON and CAP_SYSLOG at once, and the
 * system calls when its programs are loaded. Nothing is pinned, and no tracefs and no kprobe is
 * used: how ever it ends, the kernel is as before. docs/decisions/0024-a-tracer-of-its-own.md.
 *
 * The process reads what strangers send (packets) only through these programs, as records of fixed
 * size. */

static const char help[] =
	"Usage: netd-trace [--follow | --count | --drops | --serve]\n"
	"\n"
	"Reads what is wanted from its standard input, a line each, and writes a JSON object for\n"
	"each packet seen:\n"
	"\n"
	"  netns INODE        packets of that namespace\n"
	"  address ADDRESS    and of these those from or to the address\n"
	"  flow tcp|udp PORT  of that port, or flow icmp ID\n"
	"  go                 that is all\n"
	"\n"
	"With --follow the packets of one container, wherever they go:\n"
	"\n"
	"  netns INODE        a namespace that they may come by\n"
	"  own INODE          the container's\n"
	"  address ADDRESS    the container's\n"
	"  published tcp|udp ADDRESS PORT\n"
	"                     what leads to it, on the host\n"
	"  only tcp|udp|icmp, port N, peer ADDRESS\n"
	"                     of them those\n"
	"\n"
	"With --count how many packets those namespaces lost, and where: `tell` instead of "
	"events,\n"
	"and `forget INODE` where one has ended.\n"
	"\n"
	"With --drops the packets themselves that are thrown away: of `own INODE` all, of `netns\n"
	"INODE` those from or to an address, of each as many as `bytes N` says.\n"
	"\n"
	"With --serve it is netd's, at descriptor 3, and makes such tracers for it.\n"
	"\n"
	"It ends with its input. A person calls netctl explain --trace, or netctl trace.\n";

/* CAP_SYSLOG is for addresses in kallsyms. */
static int give_up(struct error *error)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	int err;

	/* Kernels before 5.11 count BPF's memory as locked, and to raise the limit is a right that
	 * goes below. Others do not ask. */
	(void)setrlimit(RLIMIT_MEMLOCK, &none);
	err = caps_keep(CAPS_BIT(CAP_BPF) | CAPS_BIT(CAP_PERFMON) | CAPS_BIT(CAP_SYSLOG));
	return err < 0 ? error_system(error, err, "cannot give up privileges") : 0;
}

/* Whoever started it reads no standard error. The line is read by netd-explain, which tells it. */
static void tell_error(const struct error *error)
{
	json_auto_t *json = json_pack("{s:i, s:b, s:o}", "Version", 1, "Ready", 0, "Lacks",
				      json_text(error->text));
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT);

	(void)printf("%s\n", text ? text
				  : "{\"Version\":1,\"Ready\":false,"
				    "\"Lacks\":\"there is no memory for it\"}");
	(void)fflush(stdout); /* there is nobody left to tell */
}

/* With --serve the parent never comes here again: it goes on in tracer_serve(), and only its
 * children return. */
int main(int argc, char **argv)
{
	static struct tracer tracer = { .kallsyms_fd = -1 };
	struct error error = { 0 };
	bool serves = false;
	int err;

	if (argc == 2 && strcmp(argv[1], "--follow") == 0) {
		tracer.kind = PROGRAM_FOLLOW;
	} else if (argc == 2 && strcmp(argv[1], "--serve") == 0) {
		serves = true;
	} else if (argc == 2 && strcmp(argv[1], "--drops") == 0) {
		tracer.kind = PROGRAM_DROPS;
	} else if (argc == 2 && strcmp(argv[1], "--count") == 0) {
		tracer.kind = PROGRAM_COUNT;
	} else if (argc > 1) {
		bool is_help = argc == 2 && strcmp(argv[1], "--help") == 0;

		(void)fputs(help, is_help ? stdout : stderr);
		return is_help ? 0 : 2;
	}
	log_init("trace", LOG_LEVEL_WARN);
	err = confine_tracer_begin(&error);
	if (err == 0)
		err = give_up(&error);
	/* Of those that serve the filter is made once, and each child loads it. */
	if (err == 0 && serves)
		err = confine_tracer_finish(&error);
	if (err == 0 && serves && !tracer_serve(&tracer))
		return 0;
	if (err == 0)
		err = tracer_attach(&tracer, &error);
	if (err == 0)
		err = confine_tracer(&error);
	if (err == 0)
		err = tracer_watch(&tracer, &error);
	if (err < 0)
		tell_error(&error);
	tracer_done(&tracer);
	return err < 0 ? EXIT_FAILURE : 0;
}
