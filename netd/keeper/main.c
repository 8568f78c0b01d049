// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-keeper, the process that runs netd's own etcd
#include "base/cleanup.h"
#include "ipc/msg.h"
#include "keeper/keeper.h"
#include "role/run.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. The process has a user of its own and no capability. It inherits two
 * descriptors: the socket where a plumber connects (IPC_LISTEN_FD), and the folder of etcd's
 * data, which it could not open by itself. It has no state that must be kept: the plumber tells
 * its configuration again. */

/* One for the process, and as long as it. */
static struct keeper keeper = { .channel = -1 };

/* Sets all up before the loop. trusted: the user that may connect beside root. 0, or what
 * error_set returns; the process ends then, and nothing has to be undone. */
static int build(uid_t trusted, struct error *error)
{
	/* What etcd and this process make is nobody else's. */
	(void)umask(0077);
	if (fchdir(IPC_JOURNAL_FD) < 0)
		return error_system(error, -errno, "cannot enter the folder of etcd's data");
	/* Entered, it is needed no more; etcd inherits the working directory, not descriptors. */
	(void)close(IPC_JOURNAL_FD);
	keeper.trusted = trusted;
	/* The default loop is the only one that hears of the ends of children. */
	keeper.loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!keeper.loop)
		return error_set(error, ERROR_INTERNAL, "cannot make an event loop");
	etcd_init(&keeper);
	channel_init(&keeper);
	return 0;
}

/* The listening socket is always watched, so the loop does not return but by a mistake. */
static int serve(struct error *error)
{
	ev_run(keeper.loop, 0);
	return error_set(error, ERROR_INTERNAL, "nothing is left to wait for");
}

int main(int argc, char **argv)
{
	/* No seal: what it starts is a program with threads and files. The plumber's filter holds
	 * for both. */
	const struct run_stages stages = { .build = build, .serve = serve };

	return run_role(&role_table[ROLE_KEEPER], &stages, argc, argv);
}
