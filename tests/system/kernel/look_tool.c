// SPDX-License-Identifier: GPL-2.0-or-later
// look_tool.c - looks at a namespace, asks questions, and prints the facts
//
// usage: look_tool NETNS|host PID [QUESTION...]     PID 0: none is known; host: the namespace that
// it is run in, whose links and sockets are in the picture when they are asked for. A question is
// one argument of words:
//   "way TO [from=ADDR] [in=LINK] [proto=N] [sport=N] [port=N] [uid=N] [mark=N]"
//   "taker PROTO FROM SPORT TO PORT", "flow PROTO FROM SPORT TO PORT"
//   "element FAMILY TABLE SET HEXKEY", "owner INODE", "sockets PROTO PORT", "link NAME|NUMBER",
//   "links", "neighbour LINK ADDR", "addr ADDR", "addrs 4|6 [LINK]"
// and between two questions
//   "searched"   says on standard error how owners were looked for until now, as "asked N of N:
//                PID…": of how many processes it was asked where they are, and which were searched
//   "end PID"    kills that process, and goes on when it has ended
//   "blind"      gives up the right to look at other processes (CAP_SYS_PTRACE)
#include "../own_netns.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "diag/facts_json.h"
#include "kernel/caps.h"
#include "kernel/look_parts.h"
#include "kernel/netns.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#define WORDS_N 16

static struct facts facts;
static const struct facts_space *space;
static struct look *look;

static struct addr addr_arg(const char *text)
{
	struct addr addr = { 0 };

	if (!text || addr_parse(text, &addr) < 0) {
		fprintf(stderr, "not an address: %s\n", text ? text : "");
		exit(2);
	}
	return addr;
}

static uint32_t number_arg(const char *text)
{
	return text ? (uint32_t)strtoul(text, NULL, 0) : 0;
}

/* "sport=80" among the words -> "80"; NULL: it is not there. */
static const char *word_of(char **words, const char *name)
{
	size_t len = strlen(name);

	for (; *words; words++)
		if (strncmp(*words, name, len) == 0 && (*words)[len] == '=')
			return *words + len + 1;
	return NULL;
}

static void ask_way(char **words)
{
	struct facts_way_asked asked = {
		.dst = addr_arg(words[1]),
		.protocol = (uint8_t)number_arg(word_of(words, "proto")),
		.sport = (uint16_t)number_arg(word_of(words, "sport")),
		.dport = (uint16_t)number_arg(word_of(words, "port")),
		.uid = number_arg(word_of(words, "uid")),
		.mark = number_arg(word_of(words, "mark")),
	};
	const char *in = word_of(words, "in"), *from = word_of(words, "from");

	if (from)
		asked.src = addr_arg(from);
	if (in)
		(void)snprintf(asked.iif, sizeof(asked.iif), "%s", in);
	(void)facts_ask_way(&facts, space, &asked);
}

static void ask_element(char **words)
{
	struct facts_element_asked asked = { .family = (uint8_t)number_arg(words[1]) };
	const char *hex = words[4] ? words[4] : "";
	unsigned byte;

	(void)snprintf(asked.table, sizeof(asked.table), "%s", words[2]);
	(void)snprintf(asked.set, sizeof(asked.set), "%s", words[3]);
	while (asked.key_len < sizeof(asked.key) && sscanf(hex, "%2x", &byte) == 1) {
		asked.key[asked.key_len++] = (uint8_t)byte;
		hex += 2;
	}
	(void)facts_ask_element(&facts, space, &asked);
}

static void ask_link(const char *which)
{
	int ifindex = (int)number_arg(which);

	(void)(ifindex > 0 ? facts_link(space, ifindex) : facts_link_named(space, which));
}

static void ask_neighbour(char **words)
{
	const struct facts_link *link = facts_link_named(space, words[1]);
	struct addr addr = addr_arg(words[2]);

	(void)facts_neighbour(space, link ? link->ifindex : 0, &addr);
}

/* Of one link, or of all. */
static void ask_addrs(char **words)
{
	const struct facts_link *link = words[2] ? facts_link_named(space, words[2]) : NULL;

	facts_ask_addrs(space, link ? link->ifindex : 0,
			number_arg(words[1]) == 6 ? AF_INET6 : AF_INET);
}

static void tell_search(void)
{
	const struct look_place *place = look_place(look, space->key);
	const struct look_owners *owners = place ? place->owners : NULL;
	bool has_begun = owners && owners->has_begun;

	fprintf(stderr, "asked %zu of %zu:", has_begun ? look->processes.n - owners->n_left : 0,
		has_begun ? look->processes.n : 0);
	for (size_t i = 0; owners && i < owners->n_walked; i++)
		fprintf(stderr, " %d", (int)owners->queued[i].pid);
	fputc('\n', stderr);
}

/* Its parent may wait for it later: ended it has by then. */
static void end_process(pid_t pid)
{
	struct pollfd ended = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	if (ended.fd < 0 || kill(pid, SIGKILL) < 0 ||
	    deadline_poll(&ended, 1, deadline_after(30000)) != 1) {
		fprintf(stderr, "%d does not end\n", (int)pid);
		exit(2);
	}
	(void)close(ended.fd);
}

static void be_blind(void)
{
	if (caps_keep(CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_SYS_ADMIN) |
		      CAPS_BIT(CAP_DAC_READ_SEARCH)) < 0) {
		fprintf(stderr, "rights are not given up\n");
		exit(2);
	}
}

/* Of a bridge, for a MAC. */
static void ask_entry(char *words[])
{
	const struct facts_link *bridge = facts_link_named(space, words[1]);
	struct mac mac;

	if (!bridge || mac_parse(words[2], &mac) < 0) {
		fprintf(stderr, "entry %s %s: no bridge, or no MAC\n", words[1], words[2]);
		exit(2);
	}
	facts_ask_entry(space, bridge, &mac);
}

static void ask(char *question)
{
	char *words[WORDS_N + 1] = { NULL }, *word;

	for (size_t n = 0; n < WORDS_N && (word = strsep(&question, " ")) != NULL;)
		words[n++] = word;
	if (strcmp(words[0], "way") == 0) {
		ask_way(words);
	} else if (strcmp(words[0], "element") == 0) {
		ask_element(words);
	} else if (strcmp(words[0], "owner") == 0) {
		(void)facts_ask_owner(&facts, space,
				      &(struct facts_owner_asked) { number_arg(words[1]) });
	} else if (strcmp(words[0], "searched") == 0) {
		tell_search();
	} else if (strcmp(words[0], "end") == 0) {
		end_process((pid_t)number_arg(words[1]));
	} else if (strcmp(words[0], "blind") == 0) {
		be_blind();
	} else if (strcmp(words[0], "links") == 0) {
		facts_ask_links(space);
	} else if (strcmp(words[0], "link") == 0) {
		ask_link(words[1]);
	} else if (strcmp(words[0], "neighbour") == 0) {
		ask_neighbour(words);
	} else if (strcmp(words[0], "value") == 0) {
		(void)facts_value(space, words[1], &(int64_t) { 0 });
	} else if (strcmp(words[0], "addrs") == 0) {
		ask_addrs(words);
	} else if (strcmp(words[0], "addr") == 0) {
		(void)facts_addr(space, &(struct addr[]) { addr_arg(words[1]) }[0]);
	} else if (strcmp(words[0], "routes") == 0) {
		facts_ask_routes(space);
	} else if (strcmp(words[0], "entry") == 0) {
		ask_entry(words);
	} else if (strcmp(words[0], "sockets") == 0) {
		facts_ask_sockets(&facts, space, (uint8_t)number_arg(words[1]),
				  (uint16_t)number_arg(words[2]));
	} else if (strcmp(words[0], "taker") == 0) {
		(void)facts_ask_taker(
			&facts, space,
			&(struct facts_taker_asked) { .protocol = (uint8_t)number_arg(words[1]),
						      .src = addr_arg(words[2]),
						      .sport = (uint16_t)number_arg(words[3]),
						      .dst = addr_arg(words[4]),
						      .dport = (uint16_t)number_arg(words[5]) });
	} else {
		(void)facts_ask_flow(
			&facts, space,
			&(struct facts_flow_asked) { .protocol = (uint8_t)number_arg(words[1]),
						     .src = addr_arg(words[2]),
						     .sport = (uint16_t)number_arg(words[3]),
						     .dst = addr_arg(words[4]),
						     .dport = (uint16_t)number_arg(words[5]) });
	}
}

/* Adds the namespace that is looked at, and returns the key of its picture; NULL: it is not there.
 */
static const char *add_place(char **argv, struct error *error)
{
	uint64_t inode;
	int fd;

	if (strcmp(argv[1], "host") == 0)
		return "host";
	look_whole(look);
	fd = netns_open_path(argv[1], &inode, error);
	return fd < 0 || look_add(look, "here", fd, (pid_t)number_arg(argv[2])) < 0 ? NULL : "here";
}

static int fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	return 1;
}

int main(int argc, char **argv)
{
	struct error error = { 0 };
	struct buf text = { 0 };
	const char *key;
	uint64_t inside;
	int fd;

	if (argc < 3)
		return fail("usage: look_tool NETNS PID [QUESTION...]");
	own_netns_or_die();
	look = look_new(&error);
	if (!look)
		return fail(error.text);
	key = add_place(argv, &error);
	if (!key)
		return fail(error.text);
	facts = (struct facts) { .ask = &look_ask, .ask_data = look, .source = "records" };
	space = facts_ask_space(&facts, key);
	if (!space)
		return fail("there is no picture");
	for (int i = 3; i < argc; i++)
		ask(argv[i]);
	facts_write(&facts, &text);
	if (text.err < 0 || fwrite(text.data, 1, text.len, stdout) != text.len)
		return fail("cannot write the facts");
	buf_done(&text);
	facts_done(&facts);
	look_free(look);
	/* It came back from everywhere. */
	fd = netns_open_path("/proc/thread-self/ns/net", &inside, &error);
	return fd >= 0 && inside == netns_self_inode() ? 0 : fail("it stayed in another namespace");
}
