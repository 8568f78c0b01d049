// SPDX-License-Identifier: GPL-2.0-or-later
// settings.c - settings of the host's that netd counts on, watched
#include "engine/wire/wire.h"

#include "base/cleanup.h"
#include "base/grow.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

/* The kernel tells of forwarding by netlink, of other settings by nothing. But a file of /proc/sys
 * is written like any other, which inotify sees; held open (O_PATH), it stays the same inode.
 * netd's own writes go through another procfs (kernel/sysctl.c). fd keeps the inode in memory; the
 * kernel would drop it otherwise, and inotify's watch with it. */
struct setting {
	const struct network *network; /* NULL: of the host */
	int wd, fd;
};

/* Where these are on, ports of containers that publish are not isolated (link_isolates): switched
 * off, nothing would keep their neighbours from them. They come with a module, maybe late. */
static const char *const bridge_filter_paths[] = {
	"/proc/sys/net/bridge/bridge-nf-call-iptables",
	"/proc/sys/net/bridge/bridge-nf-call-ip6tables",
};

/* network NULL: those of the host. */
void settings_unwatch(struct engine *engine, const struct network *network)
{
	/* From the end, because a removal puts the last one in its place. */
	for (size_t i = engine->wire->n_settings; i-- > 0;) {
		struct setting *setting = &engine->wire->settings[i];

		if (setting->network != network)
			continue;
		(void)inotify_rm_watch(engine->wire->inotify_fd,
				       setting->wd); /* gone with its file */
		(void)close(setting->fd);
		*setting = engine->wire->settings[--engine->wire->n_settings];
	}
}

/* The kernel gives one number for one inode. */
static bool is_setting(const struct engine *engine, int wd)
{
	for (size_t i = 0; i < engine->wire->n_settings; i++)
		if (engine->wire->settings[i].wd == wd)
			return true;
	return false;
}

/* What cannot be watched is seen by the next resync. Adds one watch. A file that is not there (a
 * module that is not loaded) has none. */
static void watch_setting(struct engine *engine, const struct network *network, const char *path)
{
	struct setting *more, setting = { .network = network };

	more = grow(engine->wire->settings, &engine->wire->room_settings,
		    engine->wire->n_settings + 1, sizeof(*more));
	if (!more)
		return;
	engine->wire->settings = more;
	/* O_PATH opens without reading: a sysctl's handler is not run, and the inode stays the
	 * one that is watched. */
	setting.fd = open(path, O_PATH | O_CLOEXEC);
	if (setting.fd < 0)
		return;
	setting.wd = inotify_add_watch(engine->wire->inotify_fd, path, IN_MODIFY);
	/* Two networks watch the same file of the host. One watch is enough, and the kernel gave
	 * the same number for it. */
	if (setting.wd < 0 || is_setting(engine, setting.wd)) /* which is one that is known */
		(void)close(setting.fd);
	else
		more[engine->wire->n_settings++] = setting;
}

/* Called whenever a bridge was made, for a bridge that is made again has new files. */
void settings_watch(struct engine *engine, const struct network *network)
{
	char path[80];

	/* Its bridges may have changed. To watch all of them anew is simpler than to find out
	 * which. */
	settings_unwatch(engine, network);
	network_foreach_segment(network, number)
	{
		(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/route_localnet",
			       network_segment_name(network, number)); /* fits: 58 */
		watch_setting(engine, network, path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bridge_filter_paths); i++)
		watch_setting(engine, NULL, bridge_filter_paths[i]);
}

/* True: the event was about a setting, and nobody else need look at it. */
bool settings_follow(struct engine *engine, int wd)
{
	if (!is_setting(engine, wd))
		return false;
	/* What the value is now is not asked here. The comparison reads it with everything else. */
	later_resync(engine);
	return true;
}

void settings_done(struct engine *engine)
{
	for (size_t i = 0; i < engine->wire->n_settings; i++)
		(void)close(engine->wire->settings[i].fd);
	free(engine->wire->settings);
}
