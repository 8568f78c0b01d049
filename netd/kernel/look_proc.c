// SPDX-License-Identifier: GPL-2.0-or-later
// look_proc.c - settings and counters of a namespace that /proc alone tells
#include "base/cleanup.h"
#include "kernel/look_parts.h"
#include "kernel/sysctl.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. What netlink does not tell stands in files: settings below /proc/sys, and
 * counters below /proc/thread-self/net. Both are those of the thread's namespace, so the part runs
 * inside. Every value is a name and a number in the picture.
 *
 * A file takes some 15 us, and a judge asks for a few values of the forty, so a file is read when
 * its first value is asked for (facts_more); only a look at everything reads all of them.
 *
 * What is not there is no error: a module that is not loaded has no files, and a kernel may be
 * built without a counter. The picture then lacks the value, and the judge knows no answer to what
 * depends on it. */

/* A name that is too long for a picture is left out: only a link with a long name has one. -ENOMEM,
 * or -E2BIG where the picture is full. */
int look_value(struct look_shot *shot, const char *name, int64_t value)
{
	struct facts_value *added;
	int err;

	if (strlen(name) >= sizeof(added->name))
		return 0;
	added = LOOK_ADD(shot, values, &err);
	if (!added)
		return err;
	memcpy(added->name, name, strlen(name) + 1);
	added->value = value;
	return 0;
}

/* ---- settings ---- */

/* Below /proc/sys. Those of each link come with the links. A value is one number. */
static const char *const settings[] = {
	"net/ipv4/ip_forward",
	"net/ipv4/ip_default_ttl",
	"net/ipv4/icmp_echo_ignore_all",
	"net/ipv4/conf/all/rp_filter",
	"net/ipv4/conf/all/arp_ignore",
	"net/ipv4/conf/all/accept_local",
	"net/ipv4/conf/all/src_valid_mark",
	"net/ipv4/conf/all/route_localnet",
	"net/ipv6/conf/all/forwarding",
	"net/ipv6/conf/all/disable_ipv6",
	"net/ipv6/icmp/echo_ignore_all",
	"net/bridge/bridge-nf-call-iptables",
	"net/bridge/bridge-nf-call-ip6tables",
	"net/bridge/bridge-nf-call-arptables",
	"net/netfilter/nf_conntrack_count",
	"net/netfilter/nf_conntrack_max",
};

/* "net/ipv4/ip_forward", "" -> "net.ipv4.ip_forward" Slashes become dots, as sysctl(8) has it.
 * suffix: of a file with several numbers. */
static int note_setting(struct look_shot *shot, const char *path, const char *suffix, int64_t value)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	for (char *at = name; *at; at++)
		if (*at == '/')
			*at = '.';
	return look_value(shot, name, value);
}

/* One that is not there belongs to a kernel, or a module, that is not there. */
static int read_setting(struct look_shot *shot, const char *path)
{
	char text[64];

	return sysctl_read(path, text, sizeof(text)) == 0
		       ? note_setting(shot, path, "", strtoll(text, NULL, 10))
		       : 0;
}

/* Two numbers in one file. */
static int read_port_range(struct look_shot *shot)
{
	static const char path[] = "net/ipv4/ip_local_port_range";
	char text[64], *rest;
	int err;

	if (sysctl_read(path, text, sizeof(text)) < 0)
		return 0;
	err = note_setting(shot, path, ".from", strtoll(text, &rest, 10));
	return err == 0 ? note_setting(shot, path, ".to", strtoll(rest, NULL, 10)) : err;
}

/* ---- counters ---- */

/* The kernel writes each group as two lines, which have the same number of words. Groups come in
 * any order, and a kernel may have more of them. */

/* Of the hundreds in snmp and netstat: those which rise when a packet is lost. Names are those that
 * nstat(8) shows, with a dot behind the group. */
static const char *const counters[] = {
	"Ip.InHdrErrors",
	"Ip.InAddrErrors",
	"Ip.InDiscards",
	"Ip.OutDiscards",
	"Ip.OutNoRoutes",
	"Ip.FragFails",
	"Icmp.OutRateLimitHost",
	"Tcp.InErrs",
	"Tcp.InCsumErrors",
	"Udp.NoPorts",
	"Udp.InErrors",
	"Udp.RcvbufErrors",
	"Udp.InCsumErrors",
	"TcpExt.ListenOverflows",
	"TcpExt.ListenDrops",
	"TcpExt.TCPBacklogDrop",
	"TcpExt.IPReversePathFilter",
	"IpExt.InNoRoutes",
	"IpExt.InCsumErrors",
};

/* By its whole name; NULL: it is none of them. A file has hundreds, so nothing is put together to
 * find out. group has no NUL behind it. */
static const char *find_counter(const char *group, size_t group_len, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
		if (strncmp(counters[i], group, group_len) == 0 && counters[i][group_len] == '.' &&
		    strcmp(counters[i] + group_len + 1, name) == 0)
			return counters[i];
	return NULL;
}

/* "Ip: InReceives InHdrErrors", "Ip: 12 0": a line of names, and one of numbers. strsep(3) cuts the
 * lines up where they stand. Lines without a colon are none of these. */
static int read_pair(struct look_shot *shot, char *names, char *numbers)
{
	char *group = strsep(&names, ":"), *name, *number;
	size_t group_len = group ? strlen(group) : 0;
	int err = 0;

	(void)strsep(&numbers, ":");
	if (!names || !numbers)
		return 0;
	/* The first word of both is empty, for a blank stands behind the colon. It is none of the
	 * counters. */
	while (err == 0 && (name = strsep(&names, " ")) != NULL &&
	       (number = strsep(&numbers, " ")) != NULL) {
		const char *full = find_counter(group, group_len, name);

		if (full)
			err = look_value(shot, full, strtoll(number, NULL, 10));
	}
	return err;
}

/* thread-self: /proc/self/net is that of the process, which may have other threads. Pairs of lines,
 * to the end of the file. A file that is larger than LOOK_PROC_SIZE is read as far as that goes. */
static int read_pairs(struct look_shot *shot, const char *path)
{
	_cleanup_free_ char *text = malloc(LOOK_PROC_SIZE);
	char *at = text, *names, *numbers;
	int err;

	if (!text)
		return -ENOMEM;
	err = look_read(AT_FDCWD, path, text, LOOK_PROC_SIZE);
	if (err < 0)
		return err;
	err = 0;
	while (err == 0 && (names = strsep(&at, "\n")) != NULL &&
	       (numbers = strsep(&at, "\n")) != NULL)
		err = read_pair(shot, names, numbers);
	return err;
}

/* By the first words of the file, which have no dot: "Udp6RcvbufErrors". */
static const struct {
	const char *in_file, *name;
} counters6[] = {
	{ "Ip6InHdrErrors", "Ip6.InHdrErrors" },     { "Ip6InNoRoutes", "Ip6.InNoRoutes" },
	{ "Ip6InAddrErrors", "Ip6.InAddrErrors" },   { "Ip6InDiscards", "Ip6.InDiscards" },
	{ "Ip6OutDiscards", "Ip6.OutDiscards" },     { "Ip6OutNoRoutes", "Ip6.OutNoRoutes" },
	{ "Ip6FragFails", "Ip6.FragFails" },	     { "Udp6NoPorts", "Udp6.NoPorts" },
	{ "Udp6InErrors", "Udp6.InErrors" },	     { "Udp6RcvbufErrors", "Udp6.RcvbufErrors" },
	{ "Udp6InCsumErrors", "Udp6.InCsumErrors" },
};

/* A name and a number in each line. A kernel without IPv6 has no such file. */
static int read_ipv6(struct look_shot *shot)
{
	_cleanup_free_ char *text = malloc(LOOK_PROC_SIZE);
	char *at = text, *line;
	int err;

	if (!text)
		return -ENOMEM;
	err = look_read(AT_FDCWD, "/proc/thread-self/net/snmp6", text, LOOK_PROC_SIZE);
	if (err < 0)
		return err == -ENOENT ? 0 : err;
	err = 0;
	while (err == 0 && (line = strsep(&at, "\n")) != NULL) {
		size_t len = strcspn(line, " \t");

		for (size_t i = 0; err == 0 && i < ARRAY_SIZE(counters6); i++)
			if (strlen(counters6[i].in_file) == len &&
			    strncmp(counters6[i].in_file, line, len) == 0)
				err = look_value(shot, counters6[i].name,
						 strtoll(line + len, NULL, 10));
	}
	return err;
}

/* A table with a column for each counter and a row for each processor. The sum over all processors
 * is the counter. */
struct sums {
	char *names; /* the first line, cut up as it is walked */
	int64_t values[32];
	char *columns[32];
	size_t n;
};

/* Rows are aligned with spaces, so empty words are passed over. Numbers are hexadecimal, as the
 * kernel prints them there. */
static void add_row(struct sums *sums, char *row)
{
	char *word;

	for (size_t i = 0; i < sums->n && (word = strsep(&row, " ")) != NULL;)
		if (word[0])
			sums->values[i++] += strtoll(word, NULL, 16);
}

/* A line of names, and one of hexadecimal numbers for each processor. The file is there with
 * CONFIG_NF_CONNTRACK_PROCFS. */
static int read_conntrack(struct look_shot *shot)
{
	/* Packets or entries that are lost. The other columns count what is normal. */
	static const char *const wanted[] = { "drop", "early_drop", "insert_failed", "invalid" };
	_cleanup_free_ char *text = malloc(LOOK_PROC_SIZE);
	char *at = text, *word, *row, name[96];
	struct sums sums = { 0 };
	int err;

	if (!text)
		return -ENOMEM;
	err = look_read(AT_FDCWD, "/proc/thread-self/net/stat/nf_conntrack", text, LOOK_PROC_SIZE);
	if (err < 0)
		return err == -ENOENT ? 0 : err; /* without conntrack, or built without the file */
	/* More columns than there is room for are left out: those wanted stand among the first. */
	sums.names = strsep(&at, "\n");
	while (sums.n < ARRAY_SIZE(sums.columns) && (word = strsep(&sums.names, " ")) != NULL)
		if (word[0])
			sums.columns[sums.n++] = word;
	while ((row = strsep(&at, "\n")) != NULL)
		add_row(&sums, row);
	err = 0;
	for (size_t i = 0; i < sums.n && err == 0; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(wanted) && err == 0; k++) {
			if (strcmp(sums.columns[i], wanted[k]) != 0)
				continue;
			(void)snprintf(name, sizeof(name), "nf_conntrack.%s", wanted[k]);
			err = look_value(shot, name, sums.values[i]);
		}
	}
	return err;
}

/* The name is given with its blanks, so that no longer name matches. The first place where name
 * stands in line. */
static bool number_behind(const char *line, const char *name, int64_t *ret_number)
{
	const char *at = strstr(line, name);

	if (at)
		*ret_number = strtoll(at + strlen(name), NULL, 10);
	return at;
}

/* "TCP: inuse 5 orphan 0 tw 3 alloc 8 mem 1": sockets that have a port, and those that wait.
 * Sockets in TIME_WAIT hold a port as well. */
static int read_sockstat(struct look_shot *shot)
{
	char text[1024];
	int64_t in_use, waiting;
	const char *line;
	int err = look_read(AT_FDCWD, "/proc/thread-self/net/sockstat", text, sizeof(text));

	if (err < 0)
		return err;
	line = strstr(text, "TCP: ");
	if (!line || !number_behind(line, " inuse ", &in_use) ||
	    !number_behind(line, " tw ", &waiting))
		return 0;
	err = look_value(shot, "sockstat.TCP.inuse", in_use);
	return err == 0 ? look_value(shot, "sockstat.TCP.tw", waiting) : err;
}

/* What IPsec's policies have thrown away, which a socket counts among its own losses.
 * "XfrmInPolBlock          \t3"; the file is there with CONFIG_XFRM_STATISTICS. */
static int read_blocked(struct look_shot *shot)
{
	char text[2048];
	int64_t blocked;
	int err = look_read(AT_FDCWD, "/proc/thread-self/net/xfrm_stat", text, sizeof(text));

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	return number_behind(text, "XfrmInPolBlock", &blocked)
		       ? look_value(shot, "xfrm.InPolBlock", blocked)
		       : 0;
}

static int read_snmp(struct look_shot *shot)
{
	return read_pairs(shot, "/proc/thread-self/net/snmp");
}

static int read_netstat(struct look_shot *shot)
{
	return read_pairs(shot, "/proc/thread-self/net/netstat");
}

/* ---- sources ---- */

/* Files with several values, by what the names of these begin with. */
static const struct file {
	const char *groups[4]; /* NULL: no more of them */
	int (*read)(struct look_shot *shot);
} files[] = {
	{ { "net.ipv4.ip_local_port_range." }, read_port_range },
	{ { "Ip.", "Icmp.", "Tcp.", "Udp." }, read_snmp },
	{ { "TcpExt.", "IpExt." }, read_netstat },
	{ { "sockstat." }, read_sockstat },
	{ { "xfrm." }, read_blocked },
	{ { "nf_conntrack." }, read_conntrack },
};

/* A source is a setting or one of these files, by its number: a bit of values_read. */
#define N_SOURCES (ARRAY_SIZE(settings) + ARRAY_SIZE(files))
static_assert(N_SOURCES <= 32, "a bit for each");

/* Any of them may be missing in a kernel; only a failure to read one is an error. Inside. */
static int read_source(struct look_shot *shot, size_t source)
{
	return source < ARRAY_SIZE(settings) ? read_setting(shot, settings[source])
					     : files[source - ARRAY_SIZE(settings)].read(shot);
}

/* data is the shot. */
static int read_all(void *data)
{
	struct look_shot *shot = data;
	int err = shot->look->has_ipv6 ? read_ipv6(shot) : 0;

	for (size_t i = 0; i < N_SOURCES && err == 0; i++)
		err = read_source(shot, i);
	return err;
}

/* "net/ipv4/ip_forward" is "net.ipv4.ip_forward". */
static bool is_setting(const char *path, const char *name)
{
	for (; *path && *path == (*name == '.' ? '/' : *name); path++)
		name++;
	return *path == *name;
}

static bool has_group(const struct file *file, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(file->groups) && file->groups[i]; i++)
		if (strncmp(name, file->groups[i], strlen(file->groups[i])) == 0)
			return true;
	return false;
}

/* N_SOURCES: it is a setting of a link, or nobody knows it. */
static size_t find_source(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (is_setting(settings[i], name))
			return i;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (has_group(&files[i], name))
			return ARRAY_SIZE(settings) + i;
	return N_SOURCES;
}

struct reading {
	struct look_shot *shot;
	size_t source;
};

static int read_one(void *data)
{
	const struct reading *reading = data;

	return read_source(reading->shot, reading->source);
}

/* As facts_more has it. data: the look. */
static void add_value(void *data, struct facts_space *space, const char *name)
{
	struct look_place *place = look_place(data, space->key);
	struct look_shot shot = { .look = data, .place = place, .space = space };
	struct reading reading = { &shot, find_source(name) };
	int err;

	if (!place || reading.source == N_SOURCES || place->values_read & 1U << reading.source)
		return;
	place->values_read |= 1U << reading.source;
	/* They are added behind those that are there. */
	shot.room.values = space->n_values;
	err = look_inside(place, read_one, &reading);
	if (err < 0 && !facts_is_missing(space, "values"))
		(void)facts_missing(space, "values", err);
}

int look_values(struct look_shot *shot)
{
	struct facts_more *more = &shot->space->more;

	if (shot->look->is_whole)
		return look_inside(shot->place, read_all, shot);
	shot->place->values_read = 0;
	more->value = add_value;
	more->data = shot->look;
	more->space = shot->space;
	return 0;
}
