// SPDX-License-Identifier: GPL-2.0-or-later
// world.c - the kernel in memory: its namespaces and settings, what was called, and what fails
#include "world.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

struct fake_world *fake_world;

struct door fake_door;

/* --- calls --- */

static struct {
	char (*changes)[160];
	char (*names)[32]; /* of all calls */
	size_t n_changes, n_names, n_looks;
	size_t fail_in;
	int fail_err, named_err;
	char named[32];
	bool failed;
} calls;

int fake_enter(const char *operation, enum fake_call_kind kind, const char *format, ...)
{
	char *change;
	va_list args;
	int len;

	(void)snprintf(*fake_push(calls.names, calls.n_names), sizeof(*calls.names), "%s",
		       operation);
	if (kind == FAKE_LOOK) {
		calls.n_looks++;
	} else {
		fake_watches_wake();
		change = *fake_push(calls.changes, calls.n_changes);
		len = snprintf(change, sizeof(*calls.changes), "%s ", operation);
		va_start(args, format);
		(void)vsnprintf(change + len, sizeof(*calls.changes) - (size_t)len, format, args);
		va_end(args);
	}
	if (calls.named_err < 0 && strcmp(calls.named, operation) == 0) {
		calls.failed = true;
		return calls.named_err;
	}
	if (kind == FAKE_CHANGE && calls.fail_in > 0 && --calls.fail_in == 0) {
		calls.failed = true;
		return calls.fail_err;
	}
	return 0;
}

int fake_fails(const char *operation, int err, struct error *error)
{
	return error_system(error, err, "%s was made to fail", operation);
}

size_t fake_n_changes(void)
{
	return calls.n_changes;
}

const char *fake_change(size_t i)
{
	return i < calls.n_changes ? calls.changes[i] : "";
}

size_t fake_n_looks(void)
{
	return calls.n_looks;
}

size_t fake_n_calls(const char *operation)
{
	size_t n = 0;

	for (size_t i = 0; i < calls.n_names; i++)
		n += strcmp(calls.names[i], operation) == 0;
	return n;
}

void fake_calls_clear(void)
{
	calls.n_changes = calls.n_names = calls.n_looks = 0;
}

static bool is_of(const char *change, const char *operation)
{
	size_t len = strlen(operation);

	return strncmp(change, operation, len) == 0 && change[len] == ' ';
}

void fake_expect_changes(const char *operation, ...)
{
	size_t i = 0;
	va_list args;

	va_start(args, operation);
	for (; operation; operation = va_arg(args, const char *), i++)
		if (!is_of(fake_change(i), operation)) {
			va_end(args);
			fail_msg("change %zu was \"%s\", wanted %s", i, fake_change(i), operation);
		}
	va_end(args);
	if (i != calls.n_changes)
		fail_msg("change %zu was \"%s\", wanted none", i, fake_change(i));
}

void fake_fail_nth(size_t nth, int err)
{
	calls.fail_in = nth;
	calls.fail_err = err;
	calls.failed = false;
}

void fake_fail(const char *operation, int err)
{
	(void)snprintf(calls.named, sizeof(calls.named), "%s", operation ? operation : "");
	calls.named_err = err;
	calls.failed = false;
}

bool fake_has_failed(void)
{
	return calls.failed;
}

/* --- settings --- */

/* What an interface has when it comes, and all netd looks at; the host's defaults. */
static const struct {
	const char *family, *key, *value;
} link_settings[] = {
	{ "ipv4", "forwarding", "0" },
	{ "ipv4", "route_localnet", "0" },
	{ "ipv4", "proxy_arp", "0" },
	{ "ipv4", "arp_ignore", "0" },
	{ "ipv4", "arp_announce", "0" },
	{ "ipv4", "rp_filter", "0" },
	{ "ipv4", "accept_redirects", "1" },
	{ "ipv6", "disable_ipv6", "0" },
	{ "ipv6", "forwarding", "0" },
	{ "ipv6", "accept_ra", "1" },
	{ "ipv6", "accept_dad", "1" },
	{ "ipv6", "ndisc_notify", "0" },
	{ "ipv6", "accept_redirects", "1" },
	{ "ipv6", "mldv2_unsolicited_report_interval", "1000" },
};

static struct fake_setting *find_setting(const struct fake_netns *netns, const char *path)
{
	for (size_t i = 0; i < netns->n_settings; i++)
		if (strcmp(netns->settings[i].path, path) == 0)
			return &netns->settings[i];
	return NULL;
}

static void add_setting(struct fake_netns *netns, const char *path, const char *value)
{
	struct fake_setting *setting = find_setting(netns, path);

	if (!setting)
		setting = fake_push(netns->settings, netns->n_settings);
	(void)snprintf(setting->path, sizeof(setting->path), "%s", path);
	(void)snprintf(setting->value, sizeof(setting->value), "%s", value);
}

const char *fake_setting_get(const struct fake_netns *netns, const char *path)
{
	const struct fake_setting *setting = find_setting(netns, path);

	return setting ? setting->value : NULL;
}

/* The folder of a link; a new one has what "default" says. */
void fake_settings_of_link(struct fake_netns *netns, const char *name)
{
	char path[96], model[96], copy[32];

	for (size_t i = 0; i < ARRAY_SIZE(link_settings); i++) {
		const char *value;

		(void)snprintf(path, sizeof(path), "net/%s/conf/%s/%s", link_settings[i].family,
			       name, link_settings[i].key);
		(void)snprintf(model, sizeof(model), "net/%s/conf/default/%s",
			       link_settings[i].family, link_settings[i].key);
		value = fake_setting_get(netns, model);
		(void)snprintf(copy, sizeof(copy), "%s", value ? value : link_settings[i].value);
		add_setting(netns, path, copy); /* which may move those that value is among */
	}
}

/* "net/ipv4/conf/NAME/KEY": the key, or NULL where the folder is another's. */
static const char *key_of(const struct fake_setting *setting, const char *name)
{
	const char *folder = setting->path + strlen("net/ipv4/conf/");
	const char *slash = strchr(folder, '/');
	size_t len = strlen(name);

	return strstr(setting->path, "/conf/") && slash && (size_t)(slash - folder) == len &&
			       strncmp(folder, name, len) == 0
		       ? slash + 1
		       : NULL;
}

void fake_settings_rename(struct fake_netns *netns, const char *name, const char *to)
{
	for (size_t i = 0; i < netns->n_settings; i++) {
		struct fake_setting *setting = &netns->settings[i];
		const char *key = key_of(setting, name);
		char path[96];

		if (!key)
			continue;
		(void)snprintf(path, sizeof(path), "%.14s%s/%s", setting->path, to, key);
		memcpy(setting->path, path, sizeof(path));
	}
}

void fake_settings_drop(struct fake_netns *netns, const char *name)
{
	for (size_t i = netns->n_settings; i-- > 0;)
		if (key_of(&netns->settings[i], name))
			fake_remove(netns->settings, netns->n_settings, i);
}

bool fake_setting_is(const struct fake_netns *netns, const char *family, const char *ifname,
		     const char *key, const char *value)
{
	char path[96];
	const char *present;

	(void)snprintf(path, sizeof(path), "net/%s/conf/%s/%s", family, ifname, key);
	present = fake_setting_get(netns, path);
	return present && strcmp(present, value) == 0;
}

/* The switch for all interfaces sets those of each when it changes: devinet_sysctl_forward(),
 * addrconf_fixup_forwarding().
 */
static void forward_all(struct fake_netns *netns, const char *family, const char *value)
{
	char start[32];

	(void)snprintf(start, sizeof(start), "net/%s/conf/", family);
	for (size_t i = 0; i < netns->n_settings; i++) {
		struct fake_setting *setting = &netns->settings[i];
		const char *key = strrchr(setting->path, '/');

		if (strncmp(setting->path, start, strlen(start)) == 0 &&
		    strcmp(key, "/forwarding") == 0)
			(void)snprintf(setting->value, sizeof(setting->value), "%s", value);
	}
}

int fake_setting_put(struct fake_netns *netns, const char *path, const char *value)
{
	struct fake_setting *setting = find_setting(netns, path);
	bool changes;
	char *end;

	if (!setting)
		return -ENOENT;
	(void)strtol(value, &end, 10);
	if (end == value || *end)
		return -EINVAL;
	changes = strcmp(setting->value, value) != 0;
	(void)snprintf(setting->value, sizeof(setting->value), "%s", value);
	fake_links_heed_settings(netns);
	if (strcmp(path, "net/ipv4/ip_forward") == 0 ||
	    strcmp(path, "net/ipv4/conf/all/forwarding") == 0) {
		if (fake_world->n_races > 0 && strcmp(value, "1") == 0)
			fake_world->n_races--;
		else if (changes)
			forward_all(netns, "ipv4", value);
		add_setting(netns, "net/ipv4/ip_forward", value);
	}
	if (changes && strcmp(path, "net/ipv6/conf/all/forwarding") == 0)
		forward_all(netns, "ipv6", value);
	return 0;
}

const char *fake_setting(const char *netns, const char *path)
{
	return fake_setting_get(fake_netns_at(netns), path);
}

void fake_setting_write(const char *netns, const char *path, const char *value)
{
	assert_int_equal(fake_setting_put(fake_netns_at(netns), path, value), 0);
	fake_watches_wake();
}

void fake_forwarding_races(unsigned n)
{
	fake_world->n_races = n;
}

static int settings_read(const char *path, char *ret_value, size_t size)
{
	int err = fake_enter("settings.read", FAKE_LOOK, "%s", path);
	const char *value = fake_setting_get(fake_world->current, path);

	if (err < 0)
		return err;
	if (!value)
		return -ENOENT;
	if (size == 0)
		return -EINVAL;
	(void)snprintf(ret_value, size, "%s", value);
	return 0;
}

static int settings_write(const char *path, const char *value, struct error *error)
{
	int err = fake_enter("settings.write", FAKE_CHANGE, "%s=%s", path, value);

	if (err == 0)
		err = fake_setting_put(fake_world->current, path, value);
	if (err < 0)
		return error_system(error, err, "cannot set sysctl %s to %s", path, value);
	return 0;
}

const struct door_settings fake_settings = { .read = settings_read, .write = settings_write };

/* --- namespaces --- */

static struct fake_netns *netns_new(const char *path, pid_t pid)
{
	struct fake_netns *netns = calloc(1, sizeof(*netns));
	struct stat st;

	(void)snprintf(netns->path, sizeof(netns->path), "%s", path);
	netns->pid = pid;
	netns->fd = *path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
			  : memfd_create("netns", MFD_CLOEXEC);
	assert_true(netns->fd >= 0);
	assert_int_equal(fstat(netns->fd, &st), 0);
	netns->inode = st.st_ino;
	fake_settings_of_link(netns, "default");
	fake_settings_of_link(netns, "all");
	add_setting(netns, "net/ipv4/ip_forward", "0");
	fake_link_new(netns, "lo", "")->link.mtu = 65536;
	*fake_push(fake_world->all, fake_world->n_all) = netns;
	return netns;
}

void fake_netns_free(struct fake_netns *netns)
{
	while (netns->n_links > 0)
		fake_link_drop(netns->links[0]);
	fake_table_clear(&netns->table);
	(void)close(netns->fd);
	free(netns->links);
	free(netns->addrs);
	free(netns->routes);
	free(netns->settings);
	free(netns->far);
	free(netns->services);
	free(netns->ingress);
	free(netns);
}

struct fake_netns *fake_netns_at(const char *path)
{
	if (!path)
		return fake_world->host;
	for (size_t i = 0; i < fake_world->n_all; i++)
		if (!fake_world->all[i]->gone &&
		    (strcmp(fake_world->all[i]->path, path) == 0 ||
		     (*path && strcmp(fake_world->all[i]->alias, path) == 0)))
			return fake_world->all[i];
	return NULL;
}

void fake_netns_name_host(const char *path)
{
	(void)snprintf(fake_world->host->alias, sizeof(fake_world->host->alias), "%s", path);
}

void fake_netns_add(const char *path, pid_t pid)
{
	(void)netns_new(path, pid);
}

/* Its links go with it, and the ends that others have of them. */
void fake_netns_remove(const char *path)
{
	struct fake_netns *netns = fake_netns_at(path);

	netns->gone = true;
	(void)unlink(path);
	while (netns->n_links > 0)
		fake_link_drop(netns->links[0]);
	fake_watches_wake();
}

uint64_t fake_netns_inode(const char *path)
{
	return fake_netns_at(path)->inode;
}

uint16_t fake_redirect(const char *netns)
{
	return fake_netns_at(netns)->redirect;
}

static int open_netns(const struct fake_netns *netns, uint64_t *ret_inode)
{
	int fd = fcntl(netns->fd, F_DUPFD_CLOEXEC, 0);

	*ret_inode = netns->inode;
	return fd < 0 ? -errno : fd;
}

static int netns_open_at(const char *path, uint64_t *ret_inode, struct error *error)
{
	int err = fake_enter("netns.open_path", FAKE_LOOK, "%s", path);
	const struct fake_netns *netns = fake_netns_at(path);

	if (err < 0)
		return error_system(error, err, "cannot open network namespace %s", path);
	if (!netns)
		return error_because(error, ERROR_REASON_NETNS_NOT_FOUND,
				     error_set(error, ERROR_NOT_FOUND,
					       "network namespace %s does not exist", path));
	return open_netns(netns, ret_inode);
}

static int netns_open_of(pid_t pid, uint64_t *ret_inode, struct error *error)
{
	int err = fake_enter("netns.open_pid", FAKE_LOOK, "%d", (int)pid);

	if (err < 0)
		return error_system(error, err, "cannot open the network namespace of process %d",
				    (int)pid);
	if (pid <= 0)
		return error_set(error, ERROR_INVALID, "%d is not a process id", (int)pid);
	for (size_t i = 0; i < fake_world->n_all; i++)
		if (!fake_world->all[i]->gone && fake_world->all[i]->pid == pid)
			return open_netns(fake_world->all[i], ret_inode);
	return error_because(error, ERROR_REASON_NETNS_NOT_FOUND,
			     error_set(error, ERROR_NOT_FOUND, "no such process: %d", (int)pid));
}

static int netns_enter(int netns_fd, int (*function)(void *data), void *data)
{
	int err = fake_enter("netns.run", FAKE_LOOK, "%d", netns_fd);
	struct fake_netns *before = fake_world->current;
	struct stat st;

	if (err < 0)
		return err;
	if (fstat(netns_fd, &st) < 0)
		return -errno;
	for (size_t i = 0; i < fake_world->n_all; i++) {
		if (fake_world->all[i]->inode != st.st_ino)
			continue;
		fake_world->current = fake_world->all[i];
		err = function(data);
		fake_world->current = before;
		return err;
	}
	return -EINVAL; /* a descriptor of another sort */
}

static int netns_self(void)
{
	return fake_world->host->fd;
}

static uint64_t netns_own_inode(void)
{
	return fake_world->host->inode;
}

const struct door_netns fake_netns = {
	.open_path = netns_open_at,
	.open_pid = netns_open_of,
	.run = netns_enter,
	.self_fd = netns_self,
	.self_inode = netns_own_inode,
};

/* --- the world --- */

static void make_door(void)
{
	fake_door = (struct door) {
		.links = fake_links,
		.bridges = fake_bridges,
		.tunnels = fake_tunnels,
		.veths = fake_veths,
		.shapes = fake_shapes,
		.addrs = fake_addrs,
		.routes = fake_routes,
		.inside = fake_inside,
		.link_watch = fake_link_watch,
		.rules = fake_rules,
		.rules_watch = fake_rules_watch,
		.foreign = fake_foreign,
		.netns = fake_netns,
		.settings = fake_settings,
		.flows = fake_flows,
		.announcer = fake_announcer,
		.host_ports = fake_host_ports,
		.dns_sockets = fake_dns_sockets,
	};
}

void fake_kernel_start(void)
{
	struct fake_link *eth0;
	struct fake_route *out;
	struct fake_addr *addr;

	make_door();
	fake_calls_clear();
	fake_fail_nth(0, 0);
	fake_fail(NULL, 0);
	fake_world = calloc(1, sizeof(*fake_world));
	fake_flows_start();
	fake_world->host = fake_world->current = netns_new("", 0);
	fake_link_set_up(fake_world->host->links[0], true);
	eth0 = fake_link_new(fake_world->host, "eth0", "");
	fake_link_set_up(eth0, true);
	addr = fake_push(fake_world->host->addrs, fake_world->host->n_addrs);
	addr->link = eth0;
	(void)prefix_parse("192.0.2.1/24", &addr->prefix);
	out = fake_push(fake_world->host->routes, fake_world->host->n_routes);
	out->link = eth0;
	out->route.table = 254;
	out->route.dst.addr.family = AF_INET;
	(void)addr_parse("192.0.2.254", &out->route.gateway);
}

void fake_kernel_stop(void)
{
	int n_open = fake_world->n_open;

	for (size_t i = 0; i < fake_world->n_all; i++)
		fake_netns_free(fake_world->all[i]);
	for (size_t i = 0; i < fake_world->n_reserved; i++)
		if (fake_world->reserved[i].peer >= 0)
			(void)close(fake_world->reserved[i].peer);
	free(fake_world->all);
	fake_flows_stop();
	free(fake_world->reserved);
	free(fake_world->watches);
	free(fake_world->said);
	free(fake_world->chains);
	free(fake_world);
	fake_world = NULL;
	free(calls.changes);
	free(calls.names);
	memset(&calls, 0, sizeof(calls));
	assert_int_equal(n_open, 0);
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct fake_setting *)a)->path,
		      ((const struct fake_setting *)b)->path);
}

char *fake_kernel_print(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < fake_world->n_all; i++) {
		struct fake_netns *netns = fake_world->all[i];

		fprintf(out, "netns %s%s redirect %u\n", netns->path, netns->gone ? " gone" : "",
			netns->redirect);
		fake_services_print(netns, out);
		fake_links_print(netns, out);
		qsort(netns->settings, netns->n_settings, sizeof(*netns->settings), by_path);
		for (size_t k = 0; k < netns->n_settings; k++)
			if (!strstr(netns->settings[k].path, "/conf/nd"))
				fprintf(out, "%s=%s\n", netns->settings[k].path,
					netns->settings[k].value);
		fake_table_print(&netns->table, out);
	}
	fprintf(out, "%zu host ports\n", fake_n_reserved());
	(void)fclose(out);
	return text;
}
