// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-reader: the short-lived process that reads the kernel for a snapshot
#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "kernel/confine.h"
#include "kernel/door.h"
#include "kernel/fdkind.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Theory of operation. netd starts it (plumber/reader.c) with a pipe, the filter that it is to
 * load, and a file of memory for each part of a snapshot that is wanted. It is a program of its
 * own, for netd's libraries take longer to be loaded than the kernel takes to answer: it has those
 * alone that speak netlink, and of the door to the kernel what only looks. */

static const struct door door_to_look = {
	.links = { .open = rtnl_open,
		   .close = rtnl_close,
		   .counted = rtnl_link_dump_counted,
		   .traffic = rtnl_link_dump_traffic },
	.rules = { .open = nft_open,
		   .close = nft_close,
		   .count = nft_elems_count,
		   .counted = nft_counted },
	.flows = { .counted = conntrack_counted },
};

/* Its pid comes first, so that the plumber can end it; then the filter, before anything of the
 * kernel is read; then one part after the other. A part that fails has words in its file, and the
 * plumber shows it as missing. */
int main(int argc, char **argv)
{
	const char *wants = argc > 1 ? argv[1] : "";
	pid_t pid = getpid();
	int err;

	(void)prctl(PR_SET_NAME, "(netd-reader)", 0, 0, 0);
	log_init("reader", LOG_LEVEL_INFO);
	/* Started by somebody else, or the plumber does not wait any more: nobody would read what
	 * it finds. */
	if (strlen(wants) != ENGINE_N_READ ||
	    write(ENGINE_READER_PIPE, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		return 2;
	/* Should the plumber be stopped it has an end all the same: nothing catches the signal. */
	(void)alarm((unsigned int)SNAPSHOT_READER_S);
	err = confine_take_over(ENGINE_READER_FILTER);
	if (err == 0)
		err = confine_walker();
	if (err < 0) {
		log_warn("the kernel is not read for a snapshot: %s", strerror(-err));
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < ENGINE_N_READ; i++)
		if (wants[i] == '1')
			engine_read_kernel(&door_to_look, engine_read_parts[i],
					   ENGINE_READER_PART + (int)i);
	return 0;
}
