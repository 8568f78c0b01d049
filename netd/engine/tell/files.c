// SPDX-License-Identifier: GPL-2.0-or-later
// files.c - resolv.conf, hosts and hostname of a container, ready to be bind-mounted
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/log.h"
#include "dns/table.h"
#include "engine/tell/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. Each container has a folder with three files, which the adapter mounts into
 * it. They are written by the attach and again when a network comes or goes, when the container is
 * renamed, and when somebody it links to comes or goes. A write that fails makes the attach fail;
 * later it is a debt (OWED_FILES) and is tried again each second. The folder goes with the
 * container.
 *
 * The text is made in memory first and as a whole, so that a want of memory leaves the old file as
 * it is. */

/* In place: a bind mount holds the inode, so a new file would never be seen inside. The old text is
 * written over and not thrown away first: who reads meanwhile finds no empty file, and a full disk
 * takes nothing from a text that did not grow. */
static int write_file(const char *dir, const char *name, const struct buf *text,
		      struct error *error)
{
	char path[PATH_LEN_MAX + 1];
	bool is_new = true;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (text->err < 0)
		return error_system(error, text->err, "cannot write %s", path);
	/* The folder is netd's own. A link in it would be somebody's try to have root write
	 * elsewhere. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 && errno == EEXIST) {
		is_new = false;
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	}
	if (fd < 0)
		return error_system(error, -errno, "cannot write %s", path);
	n = write(fd, text->data ? text->data : "", text->len);
	/* Cut to the new length at the end only. Before the write the file would be empty for a
	 * moment, and a reader inside would have no name server. */
	if (n != (ssize_t)text->len || (!is_new && ftruncate(fd, n) < 0)) {
		/* A short write is a full disk; write(2) reports it with a count and without an
		 * errno. */
		int err = n >= 0 && n != (ssize_t)text->len ? -ENOSPC : -errno;

		(void)close(fd);
		return error_system(error, err, "cannot write %s", path);
	}
	(void)close(fd); /* tmpfs: nothing is left to fail */
	return 0;
}

static void copy_host_file(struct buf *text, const char *path)
{
	/* O_NONBLOCK, for the open of a FIFO would wait for a writer, and the loop with it. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO? */
	char chunk[4096];
	ssize_t n;

	/* A bound, because the host's file is copied into memory: one of some gigabytes must not
	 * end netd. */
	while (fd >= 0 && text->len < HOST_FILE_MAX && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_append(text, chunk, (size_t)n);
}

/* Whether there is a socket at 127.0.0.11 in the container. The first network decides. */
static bool has_resolver(const struct container *container)
{
	return !container->host_mode && container->n_endpoints > 0 &&
	       container->endpoints[0]->network->spec.kind->named;
}

/* The container's own setting, else the daemon's, else the host's. */
struct search {
	const struct hostdns_conf *host; /* NULL: not the host's */
	char **words;
	size_t n;
};

static struct search search_of(const struct engine *engine, const struct container_spec *spec)
{
	const struct config *config = engine->config;
	bool own = spec->n_dns_search > 0;
	struct search search = { .words = own ? spec->dns_search : config->dns_search,
				 .n = own ? spec->n_dns_search : config->n_dns_search };

	/* The host's list is pointed to and not copied, for it is used at once: nothing else runs
	 * before the text is written. */
	if (search.n == 0 && hostdns_conf(engine->tell->hostdns)->n_search > 0)
		search.host = hostdns_conf(engine->tell->hostdns);
	else if (search.n == 1 && strcmp(search.words[0], ".") == 0) /* "no list", as Docker */
		search.n = 0;
	return search;
}

/* first: a domain that is searched before the others, or NULL. */
static void put_search(struct buf *text, const struct search *search, const char *first)
{
	if (search->n == 0 && !search->host)
		return;
	buf_puts(text, "search");
	if (first)
		buf_printf(text, " %s", first);
	for (size_t i = 0; i < search->n; i++)
		buf_printf(text, " %s", search->words[i]);
	for (size_t i = 0; search->host && i < search->host->n_search; i++)
		buf_printf(text, " %s", search->host->search[i]);
	buf_puts(text, "\n");
}

/* Returns whether they say ndots. */
static bool put_options(struct buf *text, const struct engine *engine,
			const struct container_spec *spec)
{
	const struct hostdns_conf *host = hostdns_conf(engine->tell->hostdns);
	const struct config *config = engine->config;
	bool own = spec->n_dns_options > 0;
	char **words = own ? spec->dns_options : config->dns_options;
	size_t n = own ? spec->n_dns_options : config->n_dns_options;
	/* ndots of the host counts only where its options are used at all, that is, without any
	 * of the container's or the daemon's. */
	bool ndots = n == 0 && strstr(host->options, "ndots:");

	for (size_t i = 0; i < n; i++) {
		buf_printf(text, " %s", words[i]);
		ndots |= strncmp(words[i], "ndots:", 6) == 0;
	}
	if (n == 0 && host->options[0])
		buf_printf(text, " %s", host->options);
	return ndots;
}

/* A bare container name means the container before the search list is tried: podman#26198. Without
 * a list ndots:0 says so. With one it would switch the list off for musl, which searches for names
 * with fewer dots only, and before it asks for the bare name: there the domain of all networks goes
 * first. Who says ndots has chosen. */
static void put_client_config(struct buf *text, const struct engine *engine,
			      const struct container_spec *spec)
{
	struct search search = search_of(engine, spec);
	bool searches = search.n > 0 || search.host;
	struct buf options = { 0 };
	bool ndots = put_options(&options, engine, spec);

	put_search(text, &search, ndots ? NULL : DNS_TABLE_DOMAIN);
	buf_printf(text, "options%.*s", (int)options.len, options.data ? options.data : "");
	buf_puts(text, ndots ? "\n" : searches ? " ndots:1\n" : " ndots:0\n");
	/* The first error of either text is kept and makes the write fail: half a file would be
	 * worse than the old one. */
	text->err = text->err < 0 ? text->err : options.err;
	buf_done(&options);
}

/* Three kinds: a copy of the host's, one that names netd's resolver, and one with the servers that
 * were asked for. */
static int write_resolv_conf(struct engine *engine, struct container *container,
			     struct error *error)
{
	struct search search = search_of(engine, &container->spec);
	struct buf text = { 0 };
	int err;

	/* In the host's namespace 127.0.0.11 is nobody's: the program has the host's servers. */
	if (container->host_mode && container->spec.n_dns == 0) {
		copy_host_file(&text, "/etc/resolv.conf");
	} else if (has_resolver(container)) {
		buf_puts(&text, "# netd's resolver; it follows the host's resolv.conf by itself\n"
				"nameserver 127.0.0.11\n");
		put_client_config(&text, engine, &container->spec);
		/* A container with neither a resolver nor the host's namespace (network none) may
		 * still have been given servers; it reaches them if somebody else gives it an
		 * interface. */
	} else {
		for (size_t i = 0; i < container->spec.n_dns; i++)
			buf_printf(&text, "nameserver %s\n", container->spec.dns[i]);
		put_search(&text, &search, NULL);
	}
	err = write_file(container->dir, "resolv.conf", &text, error);
	buf_done(&text);
	return err;
}

/* "name:ip" or "name:host-gateway"; the syntax was checked when it was decoded. */
static void put_extra_host(struct buf *text, const struct engine *engine, const char *entry)
{
	const char *colon = strchr(entry, ':');
	struct network *bridge = map_get_str(engine->network_by_name, "bridge");
	int len = colon ? (int)(colon - entry) : 0;

	if (!colon)
		return;
	if (strcmp(colon + 1, "host-gateway") != 0) {
		buf_printf(text, "%s\t%.*s\n", colon + 1, len, entry);
		return;
	}
	/* What the daemon's configuration calls the host's gateway comes first, and may be one
	 * address of each family. Otherwise it is the gateway of the default bridge, as in
	 * Docker. */
	for (size_t i = 0; i < engine->config->n_host_gateway; i++)
		buf_printf(text, "%s\t%.*s\n", engine->config->host_gateway[i], len, entry);
	if (engine->config->n_host_gateway > 0 || !bridge)
		return;
	for (enum family family = 0; family < FAMILY_N; family++)
		if (network_has(&bridge->spec, family))
			buf_printf(text, "%s\t%.*s\n",
				   ADDR_STR(&bridge->spec.subnet[family].gateway), len, entry);
}

/* The container's own line for one of its addresses. The full name stands first where there is one:
 * the first word of a line is the canonical name (hosts(5)). */
static void put_own(struct buf *text, const struct container *container, const struct addr *addr)
{
	const struct container_spec *spec = &container->spec;

	if (!addr_is_set(addr))
		return;
	if (spec->domainname[0])
		buf_printf(text, "%s\t%s.%s %s\n", ADDR_STR(addr), spec->hostname, spec->domainname,
			   spec->hostname);
	else if (strchr(spec->hostname, '.')) /* a full name; its first label is an alias */
		buf_printf(text, "%s\t%s %.*s\n", ADDR_STR(addr), spec->hostname,
			   (int)strcspn(spec->hostname, "."), spec->hostname);
	else
		buf_printf(text, "%s\t%s\n", ADDR_STR(addr), spec->hostname);
}

/* --- links on the default bridge, which have been lines of this file since before there were names
 * - */

/* Links mean something else on other networks: there they are names that the resolver gives to this
 * container alone (names.c). */
static bool is_on_bridge(const struct endpoint *endpoint)
{
	return strcmp(endpoint->network->spec.name, "bridge") == 0;
}

/* One line: the alias first, and then what else the target is called, each once. */
static void put_link(struct buf *text, const struct container *target, const struct addr *addr,
		     const char *alias)
{
	const struct container_spec *spec = &target->spec;

	if (!addr_is_set(addr))
		return;
	buf_printf(text, "%s\t%s", ADDR_STR(addr), alias);
	if (strcmp(spec->hostname, alias) != 0)
		buf_printf(text, " %s", spec->hostname);
	if (strcmp(spec->name, alias) != 0 && strcmp(spec->name, spec->hostname) != 0)
		buf_printf(text, " %s", spec->name);
	buf_puts(text, "\n");
}

/* The lines of one list of links. */
static void put_links(struct buf *text, struct engine *engine, const struct link *links,
		      size_t n_links)
{
	struct container *target;

	for (size_t i = 0; i < n_links; i++) {
		/* Whom it links to may not be there yet, or not any more. The line appears with
		 * files_links when it comes. */
		if (engine_container_find(engine, links[i].container, &target, NULL) < 0)
			continue;
		for (size_t k = 0; k < target->n_endpoints; k++) {
			const struct endpoint *endpoint = target->endpoints[k];

			/* Only what is up is named: an endpoint of a plan that is not complete
			 * may still go, and its address with it. */
			if (!is_on_bridge(endpoint) || endpoint->state != ENDPOINT_UP)
				continue;
			for (enum family family = 0; family < FAMILY_N; family++)
				put_link(text, target, &endpoint->ip[family], links[i].alias);
		}
	}
}

/* Links stand in the container's settings or in those of one network; both kinds count for the
 * bridge. */
static void put_all_links(struct buf *text, struct engine *engine,
			  const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (!is_on_bridge(endpoint))
			continue;
		put_links(text, engine, container->spec.links, container->spec.n_links);
		put_links(text, engine, endpoint->spec.links, endpoint->spec.n_links);
	}
}

static void put_hosts(struct buf *text, struct engine *engine, const struct container *container)
{
	if (container->host_mode) {
		copy_host_file(text, "/etc/hosts");
	} else {
		buf_puts(text, "127.0.0.1\tlocalhost\n"
			       "::1\tlocalhost ip6-localhost ip6-loopback\n"
			       "fe00::\tip6-localnet\n"
			       "ff00::\tip6-mcastprefix\n"
			       "ff02::1\tip6-allnodes\n"
			       "ff02::2\tip6-allrouters\n");
	}
	for (size_t i = 0; i < container->spec.n_extra_hosts; i++)
		put_extra_host(text, engine, container->spec.extra_hosts[i]);
	/* In the order in which they were connected: a program that looks its own name up takes
	 * the first line. */
	for (size_t i = 0; i < container->n_endpoints; i++) {
		for (enum family family = 0; family < FAMILY_N; family++)
			put_own(text, container, &container->endpoints[i]->ip[family]);
	}
	put_all_links(text, engine, container);
}

/* The whole file, from nothing. Lines that a program inside has added are gone with the next
 * write. */
static int write_hosts(struct engine *engine, struct container *container, struct error *error)
{
	struct buf text = { 0 };
	int err;

	put_hosts(&text, engine, container);
	err = write_file(container->dir, "hosts", &text, error);
	buf_done(&text);
	return err;
}

int engine_dns_files(struct engine *engine, const char *ref, struct buf *resolv_conf,
		     struct buf *hosts, struct error *error)
{
	struct container *container;
	int err = engine_container_find(engine, ref, &container, error);

	if (err < 0)
		return err;
	/* One that asks somebody else than netd's resolver has no question that netd decides. */
	if (has_resolver(container))
		put_client_config(resolv_conf, engine, &container->spec);
	put_hosts(hosts, engine, container);
	err = resolv_conf->err < 0 ? resolv_conf->err : hosts->err;
	return err < 0 ? error_system(error, err, "cannot look up") : 0;
}

/* Whoever is meant: a container by one name and id of its own, or NULL, which is anybody. */
static bool has_link(const struct link *links, size_t n_links, const char *name, const char *id)
{
	/* A link may name its target by the beginning of its id, as on the command line. */
	for (size_t i = 0; i < n_links; i++)
		if (!name || strcmp(links[i].container, name) == 0 ||
		    strncmp(links[i].container, id, strlen(links[i].container)) == 0)
			return true;
	return false;
}

/* Walks over all containers, for nobody knows who links to whom: links are rare, and an index of
 * them would have to follow every rename. */
static void rewrite_links(struct engine *engine, const struct container *target, const char *name,
			  const char *id)
{
	for (size_t i = 0; i < engine->n_containers; i++) {
		struct container *container = engine->containers[i];
		const struct container_spec *spec = &container->spec;
		bool concerns = has_link(spec->links, spec->n_links, name, id);
		struct error error;

		for (size_t k = 0; k < container->n_endpoints; k++)
			concerns |= has_link(container->endpoints[k]->spec.links,
					     container->endpoints[k]->spec.n_links, name, id);
		/* The target's own file is written by its change. One without a folder is not
		 * attached completely, and its attach writes the file. */
		if (concerns && container != target && container->dir &&
		    write_hosts(engine, container, &error) < 0) {
			/* The change itself is done and is not taken back for a line in another
			 * container's file. The debt is paid every second until the file is
			 * right. */
			log_warn("container %s: %s; it is tried again", spec->name, error.text);
			later_owe(engine, container, OWED_FILES);
		}
	}
}

/* Called after the target's own change is done. */
void files_links(struct engine *engine, const struct container *target)
{
	rewrite_links(engine, target, target ? target->spec.name : NULL,
		      target ? target->spec.id : NULL);
}

/* The former name and id are no longer in the tables, so they come as arguments. */
void files_links_former(struct engine *engine, const struct container *target, const char *name,
			const char *id)
{
	rewrite_links(engine, target, name, id);
}

/* One line, as in hostname(5). */
static int write_hostname(struct container *container, struct error *error)
{
	struct buf text = { 0 };
	int err;

	buf_printf(&text, "%s\n", container->spec.hostname);
	err = write_file(container->dir, "hostname", &text, error);
	buf_done(&text);
	return err;
}

/* May be called at any time: what is there is written over with the same text. */
int files_write(struct engine *engine, struct container *container, struct error *error)
{
	int err;

	if (!container->dir && asprintf(&container->dir, "%s/containers/%s", engine->run_dir,
					container->spec.id) < 0) {
		container->dir = NULL;
		return error_system(error, -ENOMEM, "cannot write the container's files");
	}
	/* It is there when a start finds the container again. Its files are written over in
	 * place. */
	if (mkdir(container->dir, 0755) < 0 && errno != EEXIST)
		return error_system(error, -errno, "cannot make %s", container->dir);
	err = write_resolv_conf(engine, container, error);
	if (err == 0)
		err = write_hosts(engine, container, error);
	if (err == 0)
		err = write_hostname(container, error);
	return err;
}

/* Only files of these three names are removed, by unlink(2), which follows no link. Nothing else in
 * the folder is touched. */
static void remove_dir(struct engine *engine, const char *dir)
{
	static const char *const names[] = { "resolv.conf", "hosts", "hostname" };
	char path[PATH_LEN_MAX + 1];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		/* Not there is as good as removed: an attach that failed half-way wrote only some
		 * of them. */
		if (unlink(path) < 0 && errno != ENOENT)
			log_warn("cannot remove %s: %s", path, strerror(errno));
	}
	/* The folder may hold what somebody else put there. It is kept, and looked at again
	 * later, for it must not be taken for a container's at the next start. */
	if (rmdir(dir) < 0 && errno != ENOENT) {
		log_warn("cannot remove %s: %s; it is tried again", dir, strerror(errno));
		later_owe(engine, NULL, OWED_FILES);
	}
}

/* Without a folder the attach failed before it made one. */
void files_remove(struct engine *engine, struct container *container)
{
	if (container->dir)
		remove_dir(engine, container->dir);
}

/* One folder of RUN_DIR/containers, by its name. */
static int remove_stranger(const char *path, const char *name, void *data)
{
	struct engine *engine = data;

	/* What begins with a dot is a mark of plan/marks.c, which says that a change was under
	 * way. */
	if (name[0] != '.' && !map_get_str(engine->container_by_id, name))
		remove_dir(engine, path);
	return 0;
}

/* At the end of a start, when all containers are known, and again while a folder is owed. */
void files_remove_strangers(struct engine *engine)
{
	/* Cleared first: each folder that cannot be removed sets it again. */
	engine->owes_files = false;
	if (run_dir_each_container(engine, remove_stranger, engine) < 0)
		later_owe(engine, NULL, OWED_FILES);
}
