// SPDX-License-Identifier: GPL-2.0-or-later
// dns.c - netctl dns lookup
#include "base/addr.h"
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/command/dns_trace.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/listing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The question goes through netd's API and not to port 53: so it can be asked
 * as any container would ask it, without entering that one's namespace, and it reaches a netd
 * behind ssh:// too. The answers of the two address types are one list, for a person wants to know
 * where a name leads and not of which family. */

/* An answer other than NOERROR, and a name without a record of the type, end with exit code 1, so a
 * script can use the command as a test. */
static const struct listing_field fields[] = {
	{ "Data", "DATA" }, { "Name", "NAME" }, { "TTL", "TTL" }, { "Type", "TYPE" }, { 0 },
};

/* The columns stand in the order of a zone file: name, time to live, type, data. */
static const struct listing listing = {
	.fields = fields,
	.table = "{{.Name}}\t{{.TTL}}\t{{.Type}}\t{{.Data}}",
};

/* What is asked: a name, or the reverse name of an address; and the types. Two questions at the
 * most are asked for one name, and the third entry is the NULL that ends them. */
struct question {
	struct buf name;
	const char *types[3]; /* NULL-terminated */
};

static void question_done(struct question *question)
{
	buf_done(&question->name);
}

/* RFC 1035, 3.5 and RFC 3596, 2.5. The name under which a PTR record of the address is looked
 * for. */
static void reverse_name(const struct addr *addr, struct buf *name)
{
	for (int i = addr_size(addr); i-- > 0;)
		/* A name in the DNS begins with its most special part, so the bytes come last one
		 * first. IPv6 has a label for each half of a byte, again the lower one first. */
		if (addr->family == AF_INET)
			buf_printf(name, "%u.", addr->bytes[i]);
		else
			buf_printf(name, "%x.%x.", addr->bytes[i] & 0xf, addr->bytes[i] >> 4);
	buf_puts(name, addr->family == AF_INET ? "in-addr.arpa" : "ip6.arpa");
}

/* A lack of memory is noted in the buffer of the name. */
static void make_question(const struct args *args, struct question *question)
{
	const char *type = args_text(args, "type");
	struct addr addr;

	/* Whoever gives a type means the name as it is spelled, even where it looks like an
	 * address. */
	if (!type && addr_parse(args->operands[0], &addr) == 0) {
		reverse_name(&addr, &question->name);
		question->types[0] = "PTR";
		return;
	}
	buf_puts(&question->name, args->operands[0]);
	/* The two that getaddrinfo(3) asks for when a program does not say which it wants. */
	question->types[0] = type ? type : "A";
	question->types[1] = type ? NULL : "AAAA";
}

/* 0 and the answer, a new reference, or the error is set. --from names a container by its name or
 * id; netd asks as if it came from there. */
static int ask(struct cli *cli, const struct args *args, const char *name, const char *type,
	       json_t **ret_answer, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	const char *from = args_text(args, "from");

	cli_path(&path, "/netd/v1/dns/lookup?name=", name, "&type=");
	/* Which types there are is netd's to say: it refuses one that is none. */
	client_quote(&path, type);
	if (from)
		cli_path(&path, "&from=", from, "");
	buf_puts(&path, args_switch(args, "trace") ? "&trace=1" : "");
	if (path.err < 0)
		return error_system(error, path.err, "asking for %s", name);
	return cli_call(cli, "GET", path.data, NULL, ret_answer, error);
}

/* TTL is in seconds. */
static json_t *answer_row(const json_t *record)
{
	/* Room for 64 bits in digits, with a sign. */
	char ttl[24];

	(void)snprintf(ttl, sizeof(ttl), "%lld",
		       (long long)json_integer_value(json_object_get(record, "TTL")));
	/* A row is made of texts only, which is what a listing takes (show/listing.h). Without
	 * memory, or with a text that is no UTF-8, it is NULL, and appending NULL fails. */
	return json_pack("{s:s, s:s, s:s, s:s}", "Data", cli_str(record, "Data"), "Name",
			 cli_str(record, "Name"), "TTL", ttl, "Type", cli_str(record, "Type"));
}

/* Adds the records of one answer behind those of the one before. */
static int add_rows(json_t *rows, const json_t *answer, struct error *error)
{
	json_t *record;
	size_t i;

	json_array_foreach (json_object_get(answer, "Answers"), i, record)
		if (json_array_append_new(rows, answer_row(record)) < 0)
			return error_system(error, -ENOMEM, "looking up");
	return 0;
}

/* Each question is shown with its own steps, since they differ: one type may be in the cache and
 * the other not. */
static int show_traced(const struct args *args, json_t *answer, const char *name, bool is_first,
		       struct error *error)
{
	const char *from = args_text(args, "from");
	bool done;
	int err = format_value(args, answer, &done, error);

	if (err < 0 || done)
		return err;
	return dns_trace_show(answer, name, from, is_first, error);
}

/* Asks for each type. A status other than NOERROR ends it: the other type has the same one. 0:
 * there is a record at least. The rows stay the caller's also after an error. */
static int look_up(struct cli *cli, const struct args *args, const struct question *question,
		   json_t *rows, struct error *error)
{
	const char *name = question->name.data;

	for (size_t i = 0; question->types[i]; i++) {
		json_auto_t *answer = NULL;
		int err = ask(cli, args, name, question->types[i], &answer, error);

		if (err == 0 && args_switch(args, "trace"))
			err = show_traced(args, answer, name, i == 0, error);
		if (err < 0)
			return err;
		if (strcmp(cli_str(answer, "Status"), "NOERROR") != 0)
			return error_set(error, ERROR_NOT_FOUND, "%s: %s", name,
					 cli_str(answer, "Status"));
		err = add_rows(rows, answer, error);
		if (err < 0)
			return err;
	}
	/* NOERROR without a record is no answer either (NODATA, RFC 2308, 2.2). It fails like a
	 * name that is not there, so that a script may go by the exit code. */
	if (json_array_size(rows) > 0)
		return 0;
	return error_set(error, ERROR_NOT_FOUND, "%s: there is such a name, without %s%s%s records",
			 name, question->types[0], question->types[1] ? " and " : "",
			 question->types[1] ? question->types[1] : "");
}

/* With --trace the steps are printed while questions are asked, and an error comes behind them. */
static int run_lookup(struct cli *cli, const struct args *args)
{
	_cleanup_(question_done) struct question question = { 0 };
	json_auto_t *rows = json_array();
	bool is_traced = args_switch(args, "trace");
	struct error error = { 0 };

	/* With the steps it is an object for each question, else a row for each record. */
	if ((is_traced ? format_check(args, &error) : listing_check(&listing, args, &error)) < 0)
		return cli_usage(args, "%s", error.text);
	if (!*args->operands[0])
		return cli_usage(args, "the name to look up is empty");
	make_question(args, &question);
	/* Only memory can be short here: the name is copied, and not judged. */
	if (question.name.err < 0 || !rows)
		(void)error_system(&error, -ENOMEM, "looking up");
	else if (look_up(cli, args, &question, rows, &error) == 0 &&
		 (is_traced || listing_print(&listing, args, rows, &error) == 0))
		return CLI_DONE;
	return cli_fail(&error);
}

static const struct flag lookup_flags[] = {
	{ .name = "from",
	  .value = "CONTAINER",
	  .noun = NOUN_CONTAINER,
	  .help = "Ask as this container would; else as the host, which sees every network" },
	{ .name = "type",
	  .letter = 't',
	  .value = "TYPE",
	  .noun = NOUN_RECORD_TYPE,
	  .help = "Type of record; else A and AAAA, or PTR for an address" },
	{ .name = "trace", .help = "How the answer comes about, step by step" },
	{ 0 },
};

const struct command command_dns_lookup = {
	.path = "dns lookup",
	.operands = "NAME",
	.summary = "Ask netd's resolver for a name, or for the name of an address",
	.example = "netctl dns lookup --from web db",
	.detail = "Fields for --format: Name TTL Type Data; with --trace an object for each\n"
		  "question: Question Status Answers Steps, and Hosts Search of a container",
	.flags = { lookup_flags, format_flags },
	.min_operands = 1,
	.max_operands = 1,
	.run = run_lookup,
};
