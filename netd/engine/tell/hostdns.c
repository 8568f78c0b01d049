// SPDX-License-Identifier: GPL-2.0-or-later
// hostdns.c - the host's resolv.conf: parsed, and followed while netd runs
#include "engine/tell/hostdns.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Theory of operation. The file is followed by inotify: the file itself, its folder, and the
 * folder of what it is a link to (systemd-resolved and NetworkManager both replace a file behind
 * a link). An event says only that something may have changed. So one timer collects events, and
 * the file is read as a whole and compared with what was known; the owner hears of a difference
 * and of nothing else. Reading is by one read(2), for who writes the file in two steps causes
 * another event.
 *
 * The parser takes what resolv.conf(5) describes and passes over everything else in silence, as
 * the C library does: a host whose file has a mistake in one line still has the servers of the
 * others. */

struct hostdns {
	/* conf is what on_change was told last; a reader of hostdns_conf sees that and nothing
	 * newer. */
	struct ev_loop *loop;
	ev_io io;
	ev_timer settle; /* a tool writes in several steps: look once, shortly after */
	char *path;
	struct hostdns_conf conf;
	void (*on_change)(void *data);
	void *data;
};

/* One word after "nameserver": an address, with a zone behind '%' if it is link-local. */
static void parse_server(struct hostdns_conf *conf, char *word)
{
	char *zone = strchr(word, '%');
	struct addr addr;

	if (zone)
		*zone++ = '\0';
	/* Servers beyond the bound, and what is no address, are passed over: the others still
	 * serve. */
	if (conf->n_servers == DNS_SERVERS_MAX || addr_parse(word, &addr) < 0)
		return;
	/* To any other address a zone says nothing. */
	if (zone && addr.family == AF_INET6 && addr_is_link_local(&addr))
		(void)snprintf(conf->zones[conf->n_servers], sizeof(conf->zones[0]), "%s",
			       zone); /* a cut one is the name of no interface */
	conf->servers[conf->n_servers++] = addr;
}

/* A "." alone means the root and adds nothing to a name, so it is left out of the list. */
static void parse_search(struct hostdns_conf *conf, char *rest)
{
	char *save, *word;

	/* The last search or domain line counts, as in resolv.conf(5). The list before it is
	 * forgotten. */
	conf->n_search = 0;
	for (word = strtok_r(rest, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
		if (conf->n_search < DNS_SEARCH_MAX && strlen(word) <= NAME_LEN_MAX &&
		    strcmp(word, ".") != 0)
			(void)snprintf(conf->search[conf->n_search++], NAME_LEN_MAX + 1, "%s",
				       word);
}

/* An option that does not fit any more is left out as a whole: the beginning of a word would be
 * another option. */
static void parse_options(struct hostdns_conf *conf, char *rest)
{
	char *save, *word;

	for (word = strtok_r(rest, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		size_t len = strlen(conf->options);

		if (len + strlen(word) + 2 <= sizeof(conf->options))
			(void)snprintf(conf->options + len, sizeof(conf->options) - len, "%s%s",
				       len ? " " : "", word);
	}
}

/* A comment begins at '#' or ';' wherever it stands in the line. */
static void parse_line(char *line, struct hostdns_conf *conf)
{
	char *save, *keyword;

	line[strcspn(line, "#;\r")] = '\0';
	keyword = strtok_r(line, " \t", &save);
	if (!keyword)
		return;
	if (strcmp(keyword, "nameserver") == 0) {
		char *word = strtok_r(NULL, " \t", &save);

		if (word)
			parse_server(conf, word);
	} else if (strcmp(keyword, "search") == 0 || strcmp(keyword, "domain") == 0) {
		parse_search(conf, save);
	} else if (strcmp(keyword, "options") == 0) {
		parse_options(conf, save);
	}
}

/* Knows no files, so that a test can call it. */
void hostdns_parse(const char *text, struct hostdns_conf *ret_conf)
{
	*ret_conf = (struct hostdns_conf) { 0 };
	while (*text) {
		size_t len = strcspn(text, "\n");
		char line[1024];

		/* A line that is too long is no server's; to cut it could make another name of
		 * it. */
		if (len < sizeof(line)) {
			memcpy(line, text, len);
			line[len] = '\0';
			parse_line(line, ret_conf);
		}
		text += len + (text[len] == '\n');
	}
}

/* A file that cannot be read is treated as an empty one: netd goes on with no servers, and the next
 * event reads again. */
static void read_file(const char *path, struct hostdns_conf *ret_conf)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = calloc(1, RESOLV_CONF_MAX + 1);
	ssize_t n = fd >= 0 && text ? read(fd, text, RESOLV_CONF_MAX) : -1;

	/* on_settled compares the whole struct, so what is not used has to be the same each
	 * time. */
	*ret_conf = (struct hostdns_conf) { 0 };
	/* A file that is missing or empty means no servers. */
	if (n > 0)
		hostdns_parse(text, ret_conf);
}

/* Watches are by inode, so they are set anew each time: the file may be another one now. Adding one
 * that is there changes nothing. */
static void watch_all(struct hostdns *hostdns)
{
	static const uint32_t file_mask = IN_CLOSE_WRITE | IN_MODIFY | IN_DELETE_SELF |
					  IN_MOVE_SELF | IN_ATTRIB;
	static const uint32_t dir_mask = IN_CREATE | IN_MOVED_TO | IN_DELETE;
	char dir[PATH_MAX], target[PATH_MAX];
	int fd = hostdns->io.fd;

	(void)inotify_add_watch(fd, hostdns->path, file_mask); /* it may not exist yet */
	(void)snprintf(dir, sizeof(dir), "%s", hostdns->path);
	if (inotify_add_watch(fd, dirname(dir), dir_mask) < 0)
		log_debug("cannot watch the folder of %s: %s", hostdns->path, strerror(errno));
	if (realpath(hostdns->path, target) && strcmp(target, hostdns->path) != 0)
		(void)inotify_add_watch(fd, dirname(target),
					dir_mask); /* best effort: a link's target */
}

/* Events have come, and the tool has had time to end what it does. */
static void on_settled(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct hostdns *hostdns = timer->data;
	struct hostdns_conf conf;

	(void)revents;
	/* Watches first, then the file: what is written between the two causes another event. The
	 * other way round it would be lost. */
	ev_timer_stop(loop, timer);
	watch_all(hostdns);
	read_file(hostdns->path, &conf);
	if (memcmp(&conf, &hostdns->conf, sizeof(conf)) == 0)
		return;
	hostdns->conf = conf;
	log_info("%s changed: %zu name servers", hostdns->path, conf.n_servers);
	hostdns->on_change(hostdns->data);
}

/* The events are read only to empty the queue. */
static void on_inotify(struct ev_loop *loop, ev_io *io, int revents)
{
	struct hostdns *hostdns = io->data;
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	if (watcher_again(loop, io, revents))
		return;
	while (read(io->fd, events, sizeof(events)) > 0)
		; /* which it was does not matter: the file is read again */
	/* The timer is not set anew by further events: a tool that writes all the time would put
	 * the look off for ever. */
	if (!ev_is_active(&hostdns->settle)) {
		ev_timer_set(&hostdns->settle, 0.02, 0.);
		ev_timer_start(loop, &hostdns->settle);
	}
}

/* The file need not exist. Only inotify and memory can fail here, and both end the start. */
int hostdns_open(struct ev_loop *loop, const char *path, void (*on_change)(void *data), void *data,
		 struct hostdns **ret_hostdns, struct error *error)
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct hostdns *hostdns;

	if (fd < 0)
		return error_system(error, -errno, "cannot watch %s", path);
	hostdns = calloc(1, sizeof(*hostdns));
	if (!hostdns || !(hostdns->path = strdup(path))) {
		free(hostdns);
		return error_system(error, -ENOMEM, "cannot watch %s", path);
	}
	hostdns->loop = loop;
	hostdns->on_change = on_change;
	hostdns->data = data;
	ev_io_init(&hostdns->io, on_inotify, take_fd(&fd), EV_READ);
	hostdns->io.data = hostdns;
	ev_timer_init(&hostdns->settle, on_settled, 0., 0.);
	hostdns->settle.data = hostdns;
	/* The same order as above, for the same reason. */
	watch_all(hostdns);
	read_file(path, &hostdns->conf);
	ev_io_start(loop, &hostdns->io);
	*ret_hostdns = hostdns;
	return 0;
}

/* Closing the inotify descriptor ends all watches with it (inotify(7)). */
void hostdns_close(struct hostdns *hostdns)
{
	if (!hostdns)
		return;
	ev_io_stop(hostdns->loop, &hostdns->io);
	ev_timer_stop(hostdns->loop, &hostdns->settle);
	(void)close(hostdns->io.fd);
	free(hostdns->path);
	free(hostdns);
}

const struct hostdns_conf *hostdns_conf(const struct hostdns *hostdns)
{
	return &hostdns->conf;
}
