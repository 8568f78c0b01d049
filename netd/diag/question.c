// SPDX-License-Identifier: GPL-2.0-or-later
// question.c - what is asked: A and B as a person writes them, taken apart
#include "diag/question.h"

#include "base/cleanup.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Grammar of what is read:
 *
 * A: CONTAINER | ADDRESS | host | outside:ADDRESS | pid:N | netns:PATH
 * B: the same, then :PORT, :PORT/tcp, :PORT/udp, /icmp or :/icmp
 *    an IPv6 address with a port stands in brackets: [fd00::3]:80
 *
 * The end is taken off first (protocol, then port), because names have neither colons nor
 * slashes. Paths and IPv6 addresses have both, and each has a rule of its own for that
 * (take_protocol(), find_port()). Nothing is looked up here: who a name is is known only with
 * the facts (question_who.c).
 *
 * All text is a stranger's. It is checked for control characters before anything else, since it
 * is shown again in answers. */

#define FORMS "CONTAINER, ADDRESS, host, outside:ADDRESS, pid:N or netns:PATH"

/* strtoul(3) takes signs and spaces, so digits are checked first. Ten of them cannot overflow.
 * Digits and nothing else, of a number from 1 to max; 0: it is none. */
static unsigned long number_of(const char *text, unsigned long max)
{
	size_t len = strlen(text);
	unsigned long number;

	if (len == 0 || len > 10 || strspn(text, "0123456789") != len)
		return 0;
	number = strtoul(text, NULL, 10);
	return number <= max ? number : 0;
}

/* 0: it is none of those that can be asked for. */
static uint8_t protocol_of(const char *name)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} known[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP } };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].protocol;
	return 0;
}

/* Takes "/udp" off the end. A path may end in anything: of one that is a protocol only behind a
 * port, or behind the colon of one that is left out: "netns:/run/netns/x:/icmp". Sets
 * end->protocol only where there is one. */
static int take_protocol(struct question_end *end, const char *whole, struct error *error)
{
	char *slash = strrchr(end->text, '/');
	bool is_path = strncmp(end->text, "netns:", 6) == 0;
	char *colon = slash ? memrchr(end->text, ':', (size_t)(slash - end->text)) : NULL;

	/* A name without a slash has no protocol. */
	if (!slash)
		return 0;
	/* The text in front of the slash is cut off for a moment, so that it can be read as a
	 * number. */
	if (is_path) {
		*slash = '\0';
		is_path = !colon || colon == end->text + 5 ||
			  (colon[1] != '\0' && number_of(colon + 1, 99999) == 0);
		*slash = '/';
	}
	if (is_path)
		return 0;
	/* From here on what stands behind the slash must be a protocol. */
	end->protocol = protocol_of(slash + 1);
	if (end->protocol == 0)
		return error_set(error, ERROR_INVALID,
				 "'%s' asks for protocol '%s', and there is tcp, udp and icmp",
				 whole, slash + 1);
	*slash = '\0';
	return 0;
}

/* Where the port of "db:80" or "[fd00::3]:80" begins, behind its colon; NULL: there is none. An
 * address with colons of its own and without brackets has no port. In front of the colon stands
 * the name. */
static char *find_port(char *text)
{
	char *colon = strrchr(text, ':');
	struct addr addr;

	/* "fd00::3" is an address as a whole. */
	if (!colon || addr_parse(text, &addr) == 0)
		return NULL;
	/* Behind a bracket a colon begins a port only if the bracket is closed. */
	if (*text == '[' && (colon == text || colon[-1] != ']'))
		return NULL;
	/* A path may have colons, too; what stands behind the last one is a port if it could be. */
	if (*text == '/' && strchr(colon, '/'))
		return NULL;
	return colon + 1;
}

/* rest: of end->text, behind "outside:" and the like. Cuts port and brackets off, and sets the
 * protocol where only a port was written. */
static int take_port(struct question_end *end, char *rest, const char *whole, struct error *error)
{
	char *port = find_port(rest);
	size_t len;

	/* "db:/icmp": there is no port to write. */
	if (port && *port == '\0' && end->protocol == IPPROTO_ICMP) {
		port[-1] = '\0';
		port = NULL;
	}
	/* number_of() gives 0 for what is no number, too. */
	if (port) {
		end->port = (uint16_t)number_of(port, UINT16_MAX);
		if (end->port == 0)
			return error_set(error, ERROR_INVALID,
					 "'%s' asks for port '%s', and ports are numbers from 1 to "
					 "65535",
					 whole, port);
		port[-1] = '\0';
	}
	len = strlen(rest);
	/* The brackets have done their work. */
	if (len > 2 && rest[0] == '[' && rest[len - 1] == ']') {
		memmove(rest, rest + 1, len - 2);
		rest[len - 2] = '\0';
	}
	/* Contradictions get a sentence of their own, with what to write instead. */
	if (end->protocol == IPPROTO_ICMP && end->port)
		return error_set(error, ERROR_INVALID,
				 "'%s' asks for a port of ICMP, which has none", whole);
	if (end->protocol != 0 && end->protocol != IPPROTO_ICMP && !end->port)
		return error_set(error, ERROR_INVALID,
				 "'%s' asks for a protocol without a port: write NAME:PORT/%s",
				 whole, end->protocol == IPPROTO_UDP ? "udp" : "tcp");
	/* A port alone means TCP, as everywhere. */
	if (end->port && !end->protocol)
		end->protocol = IPPROTO_TCP;
	return 0;
}

/* What stands behind "outside:" and the like, without port and protocol. For a bare word it is
 * found out here what it is. */
static int read_kind(struct question_end *end, const char *rest, const char *whole,
		     struct error *error)
{
	switch (end->kind) {
	case DIAG_OF_OUTSIDE:
		if (addr_parse(rest, &end->addr) < 0)
			return error_set(error, ERROR_INVALID,
					 "'%s': '%s' is no IPv4 or IPv6 address", whole, rest);
		return 0;
	case DIAG_OF_PROCESS:
		end->pid = (pid_t)number_of(rest, INT32_MAX);
		if (end->pid == 0)
			return error_set(error, ERROR_INVALID, "'%s': '%s' is no process id", whole,
					 rest);
		return 0;
	case DIAG_OF_NETNS:
		if (*rest != '/')
			return error_set(error, ERROR_INVALID,
					 "'%s': the path of a network namespace begins with a "
					 "slash, such as /run/netns/NAME",
					 whole);
		return 0;
	default:
		break;
	}
	/* "host" is a word of its own, so a container of that name is asked for by its id. */
	if (strcmp(rest, "host") == 0)
		end->kind = DIAG_OF_HOST;
	else if (addr_parse(rest, &end->addr) == 0)
		end->kind = DIAG_OF_ADDRESS;
	else if (strlen(rest) > NAME_LEN_MAX || strpbrk(rest, " \t/:[]"))
		return error_set(error, ERROR_INVALID, "'%s' is none of " FORMS, whole);
	return 0;
}

/* DEL and what is below a space would change how a terminal shows the answer. */
int question_check(const char *what, const char *text, struct error *error)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return error_set(error, ERROR_INVALID, "%s has characters that no name has",
					 what);
	return 0;
}

/* is_target: it is B, which may have a port. */
static int parse_end(const char *whole, bool is_target, struct question_end *end,
		     struct error *error)
{
	static const struct {
		const char *prefix;
		enum diag_kind kind;
	} kinds[] = { { "outside:", DIAG_OF_OUTSIDE },
		      { "pid:", DIAG_OF_PROCESS },
		      { "netns:", DIAG_OF_NETNS } };
	char *rest = end->text;
	int err;

	*end = (struct question_end) { .kind = DIAG_OF_CONTAINER };
	if ((err = question_check(is_target ? "B" : "A", whole, error)) < 0)
		return err;
	/* The room is enough for the longest path that a namespace is given by. */
	if (strlen(whole) >= sizeof(end->text))
		return error_set(error, ERROR_INVALID, "'%.40s…' is too long", whole);
	(void)snprintf(end->text, sizeof(end->text), "%s", whole);
	if (is_target && (err = take_protocol(end, whole, error)) < 0)
		return err;
	/* Only one of the prefixes can match. */
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (strncmp(end->text, kinds[i].prefix, len) != 0)
			continue;
		end->kind = kinds[i].kind;
		rest = end->text + len;
	}
	if (is_target && (err = take_port(end, rest, whole, error)) < 0)
		return err;
	/* "outside:" alone, or ":80". */
	if (*rest == '\0')
		return error_set(error, ERROR_INVALID, "%s is empty, and is one of " FORMS,
				 is_target ? "B" : "A");
	return read_kind(end, rest, whole, error);
}

/* The error is kept aside, so that a better sentence can replace it. */
int question_parse(const char *from, const char *to, struct question *ret_question,
		   struct error *error)
{
	struct error why = { 0 };
	struct question_end aside;
	int err = parse_end(from, false, &ret_question->from, &why);

	/* Somebody who writes a port there has mixed the two up. */
	if (err < 0 && parse_end(from, true, &aside, NULL) == 0 && (aside.port || aside.protocol))
		(void)error_set(&why, ERROR_INVALID,
				"'%s' has a port, and only B has one: netctl explain A B:PORT",
				from);
	if (err == 0)
		err = parse_end(to, true, &ret_question->to, &why);
	if (err < 0 && error)
		*error = why;
	return err;
}

/* --all judges every listener, so a port makes no sense, and whoever is outside has nothing
 * that could be listed. */
int question_check_all(const struct question *question, struct error *error)
{
	const struct question_end *to = &question->to;

	if (to->protocol != 0)
		return error_set(
			error, ERROR_INVALID,
			"--all asks for every port of B: write B without one, such as '%s'",
			to->text);
	if (to->kind == DIAG_OF_OUTSIDE)
		return error_set(error, ERROR_INVALID,
				 "--all asks for what listens in B, and '%s' is not on this host",
				 to->text);
	return 0;
}

/* *list goes behind the comma, also after an error. */
int question_take(const char **list, struct question_end *ret_end, struct error *error)
{
	char text[QUESTION_TEXT_MAX];
	size_t len = strcspn(*list, ",");
	int err;

	if (len >= sizeof(text))
		return error_set(error, ERROR_INVALID, "'%.40s…' is too long", *list);
	(void)snprintf(text, sizeof(text), "%.*s", (int)len, *list);
	*list += len + ((*list)[len] == ',');
	err = parse_end(text, false, ret_end, error);
	/* A comma at the end stands before a name that is empty. */
	if (err == 0 && (*list)[0] == '\0' && (*list)[-1] == ',')
		return error_set(error, ERROR_INVALID, "a name is missing behind '%s,'", text);
	return err;
}
