// SPDX-License-Identifier: GPL-2.0-or-later
// reset.c - `netd --reset`: what a reset does before and after the engine has taken back its part
#include "plumber/reset.h"

#include "base/log.h"
#include "engine/engine.h"
#include "kernel/door.h"
#include "plumber/cluster_file.h"
#include "plumber/orphan.h"
#include "role/role.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Theory of operation. A reset is a start that listens nowhere, and then an end that leaves nothing
 * (engine_reset). So it takes over whatever a netd before has left, in whatever state that was:
 * what is half made is finished or undone first, as by any start. */

int reset_prepare(const struct dirs *dirs, bool force, struct error *error)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" CLUSTER_FILE, dirs->state);
	if (access(path, F_OK) < 0)
		return 0;
	if (!force)
		return error_set(error, ERROR_CONFLICT,
				 "this host is in a cluster, which would go on counting on it: "
				 "leave that first with `netctl cluster leave`, or use --force");
	/* Without it neither a herald nor an etcd is started. */
	return unlink(path) < 0 ? error_system(error, -errno, "cannot remove %s", path) : 0;
}

int reset_forget_records(const struct dirs *dirs, struct error *error)
{
	size_t n_links = 0;
	int err = engine_reset_links(&door_kernel, &n_links, error);

	/* In this order: a reset that is broken off finds the same damage the next time. */
	if (err == 0 && dirs_forget_records(dirs) == 0 && n_links == 0)
		err = error_set(error, ERROR_INTERNAL,
				"there are no records of what was made here, and no links");
	return err;
}

/* By its pid file; one that has ended, or whose number another process has, is left alone. */
static void end_role(const struct dirs *dirs, const struct role *role)
{
	char path[PATH_MAX];
	int pid = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s.pid", dirs->run, role->name);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%d", &pid) == 1)
		orphan_end_pid(role, pid);
	(void)fclose(file); /* read only */
}

void reset_finish(const struct dirs *dirs)
{
	for (unsigned i = 0; i < ROLE_N; i++)
		end_role(dirs, &role_table[i]);
	dirs_clear(dirs);
}
