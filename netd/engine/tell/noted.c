// SPDX-License-Identifier: GPL-2.0-or-later
// noted.c - the ring in which the resolver notes questions, for those who look
#include "base/cleanup.h"
#include "dns/log.h"
#include "engine/tell/tell.h"
#include "kernel/fdkind.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Theory of operation. The ring is made when somebody asks for it, is told the resolver, and each
 * one that follows. The plumber itself neither reads nor writes it. It stays when nobody looks any
 * more: what is in it is what somebody may want to see who comes a little later. */

/* Silent without a ring, without a resolver, and for a resolver of a release that knows no ring.
 * The descriptor is duplicated by the message and stays here. */
void noted_tell(struct engine *engine)
{
	struct resolver_link *link = engine->tell->link;
	struct wire wire;

	if (engine->tell->noted < 0 || !link ||
	    resolver_link_version(link) < (uint32_t)IPC_VERSION_LOG)
		return;
	wire = resolver_link_begin(link);
	ipc_put_empty(&wire, IPC_LOG);
	resolver_link_send(link, &wire, &engine->tell->noted, 1);
}

/* At netd's end. A reader who has the ring mapped keeps its memory. */
void noted_done(struct engine *engine)
{
	cleanup_close(&engine->tell->noted);
	engine->tell->noted = -1;
}

/* The file of memory, of zeros: nothing has been noted. */
static int make(int *ret_fd)
{
	/* Of a size that stays: whoever maps it may touch all of it. */
	const unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	_cleanup_close_ int fd = fdkind_new_memory("netd-noted");

	if (fd < 0)
		return fd;
	if (ftruncate(fd, sizeof(struct dns_log_ring)) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* ret_fd stays the engine's: the API sends a duplicate of it to the caller. */
int engine_dns_log(struct engine *engine, int *ret_fd, struct error *error)
{
	struct resolver_link *link = engine->tell->link;
	bool is_new = engine->tell->noted < 0;
	int err;

	/* While there is none, another one is on its way, and is told. */
	if (link && resolver_link_version(link) < (uint32_t)IPC_VERSION_LOG)
		return error_set(
			error, ERROR_UNAVAILABLE,
			"the resolver process is of a release before this one, which notes "
			"no questions: restart netd while no container is attached, or end "
			"process %u, and another takes over",
			resolver_link_pid(link));
	err = is_new ? make(&engine->tell->noted) : 0;
	if (err < 0)
		return error_system(error, err, "cannot have questions noted");
	if (is_new && link) {
		noted_tell(engine);
		names_flush(engine);
	}
	*ret_fd = engine->tell->noted;
	return 0;
}
