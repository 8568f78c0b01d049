// SPDX-License-Identifier: GPL-2.0-or-later
// steps_json.c - how a question was decided, as JSON and in words
#include "api/handlers/steps_json.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "dns/type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. A row for each kind of step: its code, which scripts go by, its words,
 * and as what its parts are shown. In the words %n is the step's name, %o its other text, %a its
 * address, %s the server, %v its number, %c that number as a code, %t as a type, %e as an errno.
 *
 * Codes are a part of the API and stay as they are; words may become better. An object has the
 * members that its row names, so a script never finds a member that means something else.
 *
 * Two things are made here: the steps that the resolver tells, and, without it, what a program
 * of the container does before it asks: a line of its hosts, and the names that it makes of one
 * by its resolv.conf. Names, addresses and both files come from containers and from servers that
 * anybody runs. They are read within their lengths, and printed with escapes. */

/* As what the number of a step becomes a member of its object. */
enum shown_as { AS_NOTHING, AS_NUMBER, AS_CODE, AS_TYPE };

struct row {
	/* text NULL: put_view writes it */
	const char *code, *text;
	const char *name, *other, *value; /* members of the object; NULL: none */
	enum shown_as value_is;
};

/* A row for each step that the resolver can tell; the index is the kind. */
static const struct row rows[DNS_STEP_N_KINDS] = {
	/* The trace of a question has a bound; what did not fit is counted in this step. */
	[DNS_STEP_LEFT_OUT] = { "left-out", "%v more steps, for which there was no room",
				.value = "Count", .value_is = AS_NUMBER },
	[DNS_STEP_VIEW] = { .code = "view",
			    .text = NULL,
			    .name = "Container",
			    .value = "Networks",
			    .value_is = AS_NUMBER },
	[DNS_STEP_FAULT] = { .code = "fault",
			     .text = "this is no question that is answered: %c",
			     .value = "Code",
			     .value_is = AS_CODE },
	[DNS_STEP_LOCALHOST] = { .code = "localhost",
				 .text = "localhost is everybody's own, and nobody is asked for "
					 "it" },
	[DNS_STEP_LINK] = { .code = "link",
			    .text = "%n is a link to %o",
			    .name = "Name",
			    .other = "Target" },
	[DNS_STEP_LINK_ADDRESS] = { .code = "link-address",
				    .text = "%n is %a: an entry for this container alone",
				    .name = "Name" },
	[DNS_STEP_LACKS] = { .code = "not-in-network",
			     .text = "network %o has no %n",
			     .name = "Name",
			     .other = "Network" },
	[DNS_STEP_NONE_HAS] = { .code = "in-no-network",
				.text = "none of the networks has %n",
				.name = "Name",
				.value = "Networks",
				.value_is = AS_NUMBER },
	[DNS_STEP_HAS] = { .code = "in-network",
			   .text = "network %o has %n",
			   .name = "Name",
			   .other = "Network",
			   .value = "Addresses",
			   .value_is = AS_NUMBER },
	[DNS_STEP_CONTAINER] = { .code = "container",
				 .text = "%a is container %n",
				 .name = "Container" },
	[DNS_STEP_DOMAIN] = { .code = "domain",
			      .text = "%o is the domain of all networks: looked for is %n",
			      .name = "Name",
			      .other = "Domain" },
	[DNS_STEP_ONE] = { .code = "one-address",
			   .text = "one of its addresses is given at a time, drawn for each "
				   "answer" },
	[DNS_STEP_REVERSE] = { .code = "reverse", .text = "%a is %n", .name = "Name" },
	[DNS_STEP_REVERSE_LACKS] = { .code = "no-reverse",
				     .text = "%a is no container of these networks" },
	[DNS_STEP_ZONE] = { .code = "zone",
			    .text = "%n is answered by netd alone: what it does not know there is "
				    "not "
				    "there",
			    .name = "Zone" },
	[DNS_STEP_SERVICE] = { .code = "service",
			       .text = "nobody outside is asked for services of %n, which is a "
				       "container",
			       .name = "Name" },
	[DNS_STEP_SINGLE] = { .code = "single-label",
			      .text = "a name without a dot is a container's, or there is none: "
				      "nobody "
				      "outside is asked for it" },
	[DNS_STEP_ENCLOSED] = { .code = "no-way-out",
				.text = "all networks of the container are internal: nothing "
					"outside is "
					"there for it" },
	[DNS_STEP_NO_RECORD] = { .code = "no-record",
				 .text = "it has no record of type %t",
				 .value = "Type",
				 .value_is = AS_TYPE },
	[DNS_STEP_OUTSIDE] = { .code = "outside",
			       .text = "it is nothing that netd knows: servers are asked" },
	[DNS_STEP_OWN_REACHED] = { .code = "own-servers-reached",
				   .text = "all networks of the container are internal, but a "
					   "route leads "
					   "to a server of its own" },
	[DNS_STEP_OWN_UNREACHED] = { .code = "own-servers-unreached",
				     .text = "all networks of the container are internal, and no "
					     "route "
					     "leads to a server of its own: nothing outside is "
					     "there" },
	[DNS_STEP_OWN_SERVERS] = { .code = "own-servers",
				   .text = "the container has servers of its own (--dns)",
				   .value = "Servers",
				   .value_is = AS_NUMBER },
	[DNS_STEP_HOST_SERVERS] = { .code = "host-servers",
				    .text = "the servers of the host's resolv.conf",
				    .value = "Servers",
				    .value_is = AS_NUMBER },
	[DNS_STEP_NO_SERVERS] = { .code = "no-servers",
				  .text = "there is no server that could be asked" },
	[DNS_STEP_CACHED] = { .code = "cache",
			      .text = "the answer is known from a question before" },
	[DNS_STEP_NOT_CACHED] = { .code = "not-in-cache",
				  .text = "no answer is known from a question before" },
	[DNS_STEP_ONLY_CACHED] = { .code = "only-cache", .text = "and nobody is to be asked" },
	[DNS_STEP_JOINED] = { .code = "joined",
			      .text = "somebody asked the same %v ms ago: his answer is awaited",
			      .value = "Milliseconds",
			      .value_is = AS_NUMBER },
	[DNS_STEP_DEMOTED] = { .code = "demoted",
			       .text = "%s did not answer of late: it comes after the others" },
	[DNS_STEP_ASK_FIRST] = { .code = "ask-first", .text = "%s is asked" },
	[DNS_STEP_ASK_NEXT] = { .code = "ask-next", .text = "%s is asked, too" },
	[DNS_STEP_ASK_AGAIN] = { .code = "ask-again", .text = "all were asked: %s once more" },
	[DNS_STEP_ASK_PROBE] = { .code = "ask-probe",
				 .text = "%s is asked beside, to see whether it answers again" },
	[DNS_STEP_ASK_PLAIN] = { .code = "ask-plain",
				 .text = "%s does not know EDNS, and is asked without" },
	[DNS_STEP_ASK_STREAM] = { .code = "ask-stream",
				  .text = "%s is asked over TCP: its answer did not fit a "
					  "datagram, or one "
					  "was forged" },
	[DNS_STEP_NOT_SENT] = { .code = "not-sent",
				.text = "there was no socket for that question" },
	[DNS_STEP_SILENT] = { .code = "silent",
			      .text = "%s has not answered %v ms after the question",
			      .value = "Milliseconds",
			      .value_is = AS_NUMBER },
	[DNS_STEP_ANSWERED] = { .code = "answered",
				.text = "%s answered: %c",
				.value = "Code",
				.value_is = AS_CODE },
	[DNS_STEP_HEDGED] = { .code = "hedged",
			      .text = "%s, which was not asked first, answered: %c",
			      .value = "Code",
			      .value_is = AS_CODE },
	[DNS_STEP_REFUSED] = { .code = "refused",
			       .text = "%s said %c, and is not asked again",
			       .value = "Code",
			       .value_is = AS_CODE },
	[DNS_STEP_FAILED] = { .code = "failed",
			      .text = "%s: %e",
			      .value = "Errno",
			      .value_is = AS_NUMBER },
	[DNS_STEP_SIBLING] = { .code = "sibling",
			       .text = "no server answered; the same question for the other family "
				       "of "
				       "addresses may tell whether there is such a name" },
	[DNS_STEP_TOLD] = { .code = "told",
			    .text = "no server answered, but one did for the other family of "
				    "addresses: "
				    "%c",
			    .value = "Code",
			    .value_is = AS_CODE },
	[DNS_STEP_BUDGET] = { .code = "time-over",
			      .text = "%v ms are over, after which a client gives up",
			      .value = "Milliseconds",
			      .value_is = AS_NUMBER },
};

/* Writes a name in the form of a master file (RFC 1035, 5.1), with dots as they are. It may have
 * any bytes, and the text may end up on somebody's terminal. A blank is escaped, too, for it
 * would end the name. */
static void put_name(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (*text == '\\')
			buf_puts(out, "\\\\");
		else if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
			buf_printf(out, "\\%03u", (unsigned char)*text);
		else
			buf_append(out, text, 1);
}

/* The server of a step: its address, and the port where that says something. */
static void put_server(struct buf *out, const struct dns_step *step)
{
	buf_puts(out, ADDR_STR(&step->addr));
	/* Nearly all have the same, and an address in brackets reads worse. */
	if (step->port != 53)
		buf_printf(out, " port %u", step->port);
}

/* One part of the words, by the letter behind %. out->err tells of a want of memory. */
static void put_part(struct buf *out, char what, const struct dns_step *step)
{
	char word[DNS_TYPE_TEXT];

	switch (what) {
	case 'n':
		put_name(out, step->name);
		break;
	case 'o':
		put_name(out, step->other);
		break;
	case 'a':
		buf_puts(out, ADDR_STR(&step->addr));
		break;
	case 's':
		put_server(out, step);
		break;
	case 'c':
		buf_puts(out, dns_type_print_rcode(step->value, word));
		break;
	case 't':
		buf_puts(out, dns_type_print((uint16_t)step->value, word));
		break;
	case 'e':
		buf_puts(out, step->value == EBADMSG ? "its answer is malformed"
						     : strerror((int)step->value));
		break;
	default:
		buf_printf(out, "%u", step->value);
	}
}

/* Who asks. Without a name it is the host, for whom names of all networks are looked up. */
static void put_view(struct buf *out, const struct dns_step *step)
{
	if (!*step->name) {
		buf_puts(out, "the host asks, which sees every network");
		return;
	}
	put_name(out, step->name);
	buf_printf(out, " asks, which sees %u network%s", step->value, step->value == 1 ? "" : "s");
}

/* The words of a step, with its parts put in. */
static void put_text(struct buf *out, const struct dns_step *step)
{
	const char *at = rows[step->kind].text;

	/* Who asks is the one step whose words depend on more than its kind. */
	if (!at)
		put_view(out, step);
	for (; at && *at; at++)
		if (*at == '%')
			put_part(out, *++at, step);
		else
			buf_append(out, at, 1);
}

/* Sets a member to what was written. An empty buffer has no memory of its own. 0 or a negative
 * errno. */
static int set_text(json_t *object, const char *member, const struct buf *text)
{
	return text->err < 0 ? text->err
	       : json_object_set_new(object, member, json_string(text->data ? text->data : "")) < 0
		       ? -ENOMEM
		       : 0;
}

/* Sets a name, unless the row has none or the step does not say it: an absent member reads
 * better than an empty one. */
static int set_name(json_t *object, const char *member, const char *name)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	if (!member || !*name)
		return 0;
	put_name(&text, name);
	return set_text(object, member, &text);
}

/* Sets the number as the row wants it. An allocation that failed is NULL, which
 * json_object_set_new refuses. */
static int set_value(json_t *object, const struct row *row, const struct dns_step *step)
{
	char word[DNS_TYPE_TEXT];
	json_t *value = NULL;

	switch (row->value_is) {
	case AS_NOTHING:
		return 0;
	case AS_NUMBER:
		value = json_integer((json_int_t)step->value);
		break;
	case AS_CODE:
		value = json_string(dns_type_print_rcode(step->value, word));
		break;
	case AS_TYPE:
		value = json_string(dns_type_print((uint16_t)step->value, word));
		break;
	}
	return json_object_set_new(object, row->value, value) < 0 ? -ENOMEM : 0;
}

/* The address, and its port where it is a server's. A container's has none. */
static int set_address(json_t *object, const struct dns_step *step)
{
	if (!addr_is_set(&step->addr))
		return 0;
	if (json_object_set_new(object, "Address", json_string(ADDR_STR(&step->addr))) < 0)
		return -ENOMEM;
	return step->port == 0							   ? 0
	       : json_object_set_new(object, "Port", json_integer(step->port)) < 0 ? -ENOMEM
										   : 0;
}

/* Appends the object of one step. On a failure a part of it may be in the list, which the caller
 * frees. Time is counted from the question, in microseconds. */
static int append_step(json_t *list, const struct dns_step *step)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	const struct row *row = &rows[step->kind];
	json_t *object = json_pack("{s:s, s:I}", "Step", row->code, "Microseconds",
				   (json_int_t)step->at_us);
	int err;

	/* It takes the reference, whatever comes of it, and NULL is an error there. */
	if (json_array_append_new(list, object) < 0)
		return -ENOMEM;
	put_text(&text, step);
	err = set_text(object, "Text", &text);
	if (err == 0)
		err = set_name(object, row->name, step->name);
	if (err == 0)
		err = set_name(object, row->other, step->other);
	if (err == 0)
		err = set_address(object, step);
	return err < 0 ? err : set_value(object, row, step);
}

/* A list that the caller owns. NULL and *ret_err: -ENOMEM, or what the reader says of bytes that
 * are no steps: they come from another process, which is not believed. */
json_t *steps_json(struct dns_steps_reader *reader, int *ret_err)
{
	json_t *list = json_array();
	struct dns_step step;
	int err = list ? 0 : -ENOMEM, more = 0;

	while (err == 0 && (more = dns_steps_next(reader, &step)) > 0)
		err = append_step(list, &step);
	if (err == 0 && more < 0)
		err = more;
	*ret_err = err;
	if (err == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* --- what a program does --- */

/* As resolv.conf(5) and hosts(5) separate words. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next word of a line, which ends at end; its length, 0: none. *at is behind the word then,
 * so the word itself begins at *at - length. */
static size_t next_word(const char **at, const char *end)
{
	const char *from;

	while (*at < end && is_blank(**at))
		(*at)++;
	from = *at;
	while (*at < end && !is_blank(**at))
		(*at)++;
	return (size_t)(*at - from);
}

/* Appends the name with len bytes of a domain behind it; 0: the name alone. 0 or a negative
 * errno. */
static int append_name(json_t *names, const char *name, const char *domain, size_t len)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	put_name(&text, name);
	if (len > 0)
		buf_printf(&text, ".%.*s", (int)len, domain);
	if (text.err < 0)
		return text.err;
	return json_array_append_new(names, json_string(text.data ? text.data : "")) < 0 ? -ENOMEM
											 : 0;
}

/* The last line that begins with word, from behind it to *ret_end; "" where there is none. The
 * last one counts, as for the resolvers of libc. Both point into conf, which is not changed. */
static const char *last_line(const char *conf, const char *word, const char **ret_end)
{
	size_t len = strlen(word);
	const char *found = "", *found_end = found;

	for (const char *line = conf; *line;) {
		const char *end = line + strcspn(line, "\n");

		if (strncmp(line, word, len) == 0 && is_blank(line[len])) {
			found = line + len;
			found_end = end;
		}
		line = *end ? end + 1 : end;
	}
	*ret_end = found_end;
	return found;
}

/* How many dots a name must have to be asked for as it is first; 1 unless the file says
 * otherwise (resolv.conf(5)). Of several the last counts. What is no number is 0, as for libc. */
static unsigned long ndots_of(const char *conf)
{
	const char *end, *at = last_line(conf, "options", &end);
	unsigned long ndots = 1;
	size_t len;

	while ((len = next_word(&at, end)) > 0)
		/* 6: the length of "ndots:". Within the line strtoul stops at the blank or the
		 * newline. */
		if (len > 6 && strncmp(at - len, "ndots:", 6) == 0)
			ndots = strtoul(at - len + 6, NULL, 10);
	return ndots;
}

/* Of the name as it was typed, without looking at escapes. */
static size_t count_dots(const char *name)
{
	size_t n = 0;

	for (; *name; name++)
		n += *name == '.';
	return n;
}

/* The names that a program's resolver makes of one, in the order in which it asks for them:
 * domains of the search list behind it, and the name itself first or last. NULL: no memory. */
static json_t *search(const char *conf, const char *name)
{
	const char *end, *at = last_line(conf, "search", &end);
	size_t len = strlen(name);
	/* A final dot says that the name is whole: no domain is put behind it. */
	bool is_whole = len > 0 && name[len - 1] == '.';
	bool first = is_whole || count_dots(name) >= ndots_of(conf);
	json_t *names = json_array();
	int err = names ? 0 : -ENOMEM;

	/* A name with enough dots is more likely whole than a part of one. */
	if (err == 0 && first)
		err = append_name(names, name, NULL, 0);
	while (err == 0 && !is_whole && (len = next_word(&at, end)) > 0)
		err = append_name(names, name, at - len, len);
	if (err == 0 && !first)
		err = append_name(names, name, NULL, 0);
	if (err == 0)
		return names;
	json_decref(names);
	return NULL;
}

/* Whether a line of hosts has the name behind its address, which is written to ret_addr then.
 * Names are compared without case, and have to be equal as a whole. */
static bool line_has(const char *line, const char *end, const char *name, size_t name_len,
		     struct buf *ret_addr)
{
	size_t len = next_word(&line, end);
	const char *addr = line - len;

	while ((len = next_word(&line, end)) > 0)
		if (len == name_len && strncasecmp(line - len, name, len) == 0) {
			buf_append(ret_addr, addr, strcspn(addr, " \t"));
			return true;
		}
	return false;
}

/* The addresses that the file hosts has for the name, in its order. A program that finds one
 * asks nobody. NULL: no memory. */
static json_t *in_hosts(const char *hosts, const char *name)
{
	json_t *list = json_array();
	size_t name_len = strlen(name);
	int err = list ? 0 : -ENOMEM;

	for (const char *line = hosts; err == 0 && *line;) {
		_cleanup_(buf_done) struct buf addr = { 0 };
		/* A comment ends what counts of a line; the line itself goes on to its newline. */
		const char *end = line + strcspn(line, "#\n");

		if (line_has(line, end, name, name_len, &addr) &&
		    (addr.err < 0 || json_array_append_new(list, json_string(addr.data)) < 0))
			err = -ENOMEM;
		line = end + strcspn(end, "\n");
		line += *line != '\0';
	}
	if (err == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* "Hosts" and "Search", for the container whose files these are. Owned by the caller. NULL: no
 * memory. */
json_t *steps_json_program(const char *conf, const char *hosts, const char *name)
{
	/* Each may be NULL, which fails the whole. */
	return json_pack("{s:o, s:o}", "Hosts", in_hosts(hosts, name), "Search",
			 search(conf, name));
}
