// SPDX-License-Identifier: GPL-2.0-or-later
// cluster.c - netctl cluster: init, join, leave, status
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/members.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Theory of operation. init and join take the same options and differ in the path alone. netd
 * does all of it; netctl reads the files of certificates, since netd runs as somebody else, and
 * perhaps on another host. What is shown of a status is made in show/members.c. */

/* The flags of init and join alike. Certificates are given as files and sent as texts. */
static const struct flag enter_flags[] = {
	{ .name = "advertise-addr",
	  .value = "ADDRESS",
	  .help = "By which the other hosts reach this one; twice for IPv4 and IPv6" },
	{ .name = "etcd",
	  .value = "URL[,URL…]",
	  .help = "Members of an etcd that is there: https://ADDRESS:PORT; may be repeated" },
	{ .name = "cacert",
	  .value = "FILE",
	  .help = "Certificate of the authority that etcd's certificates are of",
	  .noun = NOUN_FILE },
	{ .name = "cert", .value = "FILE", .help = "This host's certificate", .noun = NOUN_FILE },
	{ .name = "key", .value = "FILE", .help = "Its key", .noun = NOUN_FILE },
	{ .name = "name",
	  .value = "NAME",
	  .help = "What this host is called in the cluster (its hostname)" },
	{ 0 },
};

/* A host that joins by etcd alone needs no token. */
static const struct flag join_flags[] = {
	{ .name = "token",
	  .value = "TOKEN",
	  .help = "What `netctl cluster token` prints on the host at ADDRESS" },
	{ 0 },
};

/* Each value of an option that may be repeated, and what stands between commas. An empty value
 * between commas is kept, so that netd refuses it by name. The list is the caller's. NULL, or a
 * list with too few entries, only without memory; cli_set() or netd refuses it then. */
static json_t *words(const struct args *args, const char *flag)
{
	json_t *list = json_array();
	const char *value;
	size_t cursor = 0;

	while ((value = args_each(args, flag, &cursor)) != NULL)
		/* strchrnul(3) gives the end of the text where there is no comma. */
		for (const char *end = value; *value; value = end + (*end == ',')) {
			end = strchrnul(value, ',');
			(void)json_array_append_new(list,
						    json_stringn(value, (size_t)(end - value)));
		}
	return list;
}

/* netd reads no files of its callers'. The size is limited here, so that a mistyped path to
 * something large is told before it is sent. 0, or the error is set. The contents go into the body
 * as one text; what they hold is netd's to judge. */
static int put_file(const struct args *args, const char *flag, const char *key, json_t *body,
		    struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	const char *path = args_text(args, flag);
	int err;

	if (!path)
		return error_set(error, ERROR_INVALID, "--%s FILE is missing", flag);
	err = cli_read_file(path, CLUSTER_PEM_LEN_MAX, &text, error);
	if (err < 0)
		return err;
	return cli_set(body, key, json_stringn(text.data ? text.data : "", text.len), error);
}

/* Where etcd is, and what it takes to speak to it; without, netd runs its own. A certificate
 * without --etcd has no use, and the user who gave it believes otherwise, so it is refused. With
 * --etcd all three files are wanted: netd speaks to a foreign etcd over TLS alone. */
static int put_etcd(const struct args *args, json_t *body, struct error *error)
{
	static const char *const files[] = { "cacert", "cert", "key" };
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(files) && !args_text(args, "etcd"); i++)
		if (args_text(args, files[i]))
			return error_set(error, ERROR_INVALID,
					 "--%s is of an etcd that is there: --etcd URL is missing",
					 files[i]);
	if (!args_text(args, "etcd"))
		return 0;
	if ((err = cli_set(body, "Etcd", words(args, "etcd"), error)) < 0 ||
	    (err = put_file(args, "cacert", "CACert", body, error)) < 0 ||
	    (err = put_file(args, "cert", "Cert", body, error)) < 0)
		return err;
	return put_file(args, "key", "Key", body, error);
}

/* What is missing is said by the option's name, which netd does not know. */
/* Whom to ask, and by what. A token and a host's address go together, and either of them alone is
 * refused. Without both the host joins through etcd, or makes a cluster of its own. */
static int put_token(const struct args *args, json_t *body, struct error *error)
{
	const char *token = args_text(args, "token");
	int err;

	if (!token && args->n_operands > 0)
		return error_set(error, ERROR_INVALID,
				 "a host is asked with a token: --token TOKEN is missing");
	if (!token)
		return 0;
	if (args->n_operands == 0)
		return error_set(error, ERROR_INVALID,
				 "say which host to ask, behind the token: ADDRESS[:PORT]");
	if (args_text(args, "etcd"))
		return error_set(error, ERROR_INVALID,
				 "--token and --etcd are two ways in: give one of them");
	err = cli_set(body, "Token", json_string(token), error);
	return err < 0 ? err : cli_set(body, "Remote", json_string(args->operands[0]), error);
}

/* 0 and a new reference in *ret_body, or the error is set. A host that joins by a token need not
 * give its address. */
static int make_body(const struct args *args, json_t **ret_body, struct error *error)
{
	json_auto_t *body = json_object();
	int err;

	if (!args_text(args, "advertise-addr") && !args_text(args, "token"))
		return error_set(error, ERROR_INVALID, "--advertise-addr ADDRESS is missing");
	/* The first that fails has filled the error. */
	if ((args_text(args, "advertise-addr") &&
	     (err = cli_set(body, "AdvertiseAddr", words(args, "advertise-addr"), error)) < 0) ||
	    (err = put_etcd(args, body, error)) < 0 || (err = put_token(args, body, error)) < 0)
		return err;
	/* Without a name netd takes the hostname. */
	if (args_text(args, "name") &&
	    (err = cli_set(body, "Host", json_string(args_text(args, "name")), error)) < 0)
		return err;
	*ret_body = json_incref(body);
	return 0;
}

/* The mistakes of the command line are told before netd is asked. The exit code: CLI_DONE,
 * CLI_USAGE for the command line, CLI_FAILED for netd's refusal. One line tells the name under
 * which the host is known and how many there are. */
static int enter(struct cli *cli, const struct args *args, const char *path)
{
	json_auto_t *body = NULL, *answer = NULL;
	struct error error = { 0 };

	if (make_body(args, &body, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "POST", path, body, &answer, &error) < 0)
		return cli_fail(&error);
	(void)printf("%s is in the cluster, of %lld hosts\n", cli_str(answer, "Host"),
		     (long long)json_integer_value(json_object_get(answer, "Hosts")));
	return CLI_DONE;
}

/* The line to type on other hosts. The time until which the token is good is shown in the zone of
 * the user, who compares it with the clock on the wall. --quiet prints the token and nothing else,
 * for scripts. */
static int show_token(struct cli *cli, const json_t *body, bool quiet)
{
	json_auto_t *token = NULL;
	struct error error = { 0 };
	time_t expires;
	char until[32];
	struct tm tm;

	if (cli_call(cli, "POST", "/netd/v1/cluster/token", body, &token, &error) < 0)
		return cli_fail(&error);
	expires = (time_t)json_integer_value(json_object_get(token, "Expires"));
	(void)strftime(until, sizeof(until), "%F %T %Z", localtime_r(&expires, &tm));
	if (quiet)
		(void)printf("%s\n", cli_str(token, "Token"));
	else
		(void)printf("On another host, until %s:\n    netctl cluster join --token %s %s\n",
			     until, cli_str(token, "Token"), cli_str(token, "Remote"));
	return CLI_DONE;
}

/* A host with an etcd of its own prints the token at once, since the next thing to do is to join
 * another host. With a foreign etcd hosts join by its certificates. */
static int run_init(struct cli *cli, const struct args *args)
{
	json_auto_t *body = json_object();
	int code = enter(cli, args, "/netd/v1/cluster/init");

	return code == CLI_DONE && !args_text(args, "etcd") ? show_token(cli, body, false) : code;
}

/* --valid is in seconds, and counts for a token that is made by this call. */
static const struct flag token_flags[] = {
	{ .name = "rotate", .help = "Another one; those before let nobody in any more" },
	{ .name = "valid", .value = "SECONDS", .help = "For how long a new one is good (86400)" },
	{ .name = "quiet", .letter = 'q', .help = "The token alone" },
	{ 0 },
};

/* Without --rotate a token that was shown before stays good. At most nine digits are taken, so that
 * atoll() cannot overflow. */
static int run_token(struct cli *cli, const struct args *args)
{
	const char *valid = args_text(args, "valid");
	json_auto_t *body = json_object();
	struct error error = { 0 };
	int err = 0;

	if (args_switch(args, "rotate"))
		err = cli_set(body, "Rotate", json_true(), &error);
	if (err == 0 && valid &&
	    (strlen(valid) > 9 || strspn(valid, "0123456789") != strlen(valid)))
		return cli_usage(args, "--valid %s is no number of seconds", valid);
	if (err == 0 && valid)
		err = cli_set(body, "Valid", json_integer(atoll(valid)), &error);
	return err < 0 ? cli_fail(&error) : show_token(cli, body, args_switch(args, "quiet"));
}

const struct command command_cluster_token = {
	.path = "cluster token",
	.summary = "Print the line that other hosts join by",
	.example = "netctl cluster token --rotate",
	.flags = { token_flags },
	.run = run_token,
};

static int run_join(struct cli *cli, const struct args *args)
{
	return enter(cli, args, "/netd/v1/cluster/join");
}

const struct command command_cluster_init = {
	.path = "cluster init",
	.summary = "Make a cluster whose hosts agree through an etcd; this host is its first",
	.example = "netctl cluster init --advertise-addr 192.0.2.10",
	.detail = "Without --etcd netd runs the etcd of this host's distribution (etcd-server).",
	.flags = { enter_flags },
	.run = run_init,
};

/* The operand is the host to ask, and goes with --token. */
const struct command command_cluster_join = {
	.path = "cluster join",
	.operands = "[ADDRESS[:PORT]]",
	.summary = "Have this host join a cluster: by a token of another host's, or its etcd",
	.example = "netctl cluster join --token TOKEN 192.0.2.10",
	.flags = { join_flags, enter_flags },
	.max_operands = 1,
	.run = run_join,
};

static int run_leave(struct cli *cli, const struct args *args)
{
	json_auto_t *answer = NULL;
	struct error error = { 0 };

	/* With force netd leaves although it cannot tell etcd. */
	if (cli_call(cli, "DELETE",
		     args_switch(args, "force") ? "/netd/v1/cluster?force=1" : "/netd/v1/cluster",
		     NULL, &answer, &error) < 0)
		return cli_fail(&error);
	(void)puts("this host has left the cluster");
	return CLI_DONE;
}

static const struct flag leave_flags[] = {
	{ .name = "force", .letter = 'f', .help = "Also when etcd cannot be told" },
	{ 0 },
};

const struct command command_cluster_leave = {
	.path = "cluster leave",
	.summary = "Take this host out of its cluster",
	.example = "netctl cluster leave",
	.flags = { leave_flags },
	.run = run_leave,
};

#define SECONDS_OF_A_DAY 86400

/* For a person: when the first certificate ends, and what that means. A script has both numbers. */
static void tell_certificate(json_t *status)
{
	const json_t *certificate = json_object_get(status, "Certificate");
	long long left_s = json_integer_value(json_object_get(certificate, "Left"));
	const char *ends = cli_str(certificate, "Ends"), *why = cli_str(certificate, "Why");
	json_t *text;

	if (!certificate)
		return;
	if (left_s <= 0)
		text = json_sprintf("ended %s: no member of etcd takes it; leave, and join again",
				    ends);
	else if (*why)
		text = json_sprintf("ends %s, in %lld days, and is not renewed: %s", ends,
				    left_s / SECONDS_OF_A_DAY, why);
	else if (json_is_true(json_object_get(certificate, "Soon")))
		text = json_sprintf("ends %s, in %lld days: leave, and join again before that",
				    ends, left_s / SECONDS_OF_A_DAY);
	else
		text = json_sprintf("ends %s, in %lld days", ends, left_s / SECONDS_OF_A_DAY);
	/* Without memory it is shown as a script has it. */
	(void)json_object_set_new(status, "Certificate", text);
}

/* For a person: which host does not publish which port of which service, and who has it there. */
static void tell_unpublished(json_t *status)
{
	json_t *list = json_object_get(status, "Unpublished"), *lines = json_array(), *item;
	size_t i;

	json_array_foreach (list, i, item)
		(void)json_array_append_new(
			lines,
			json_sprintf("%s: %lld/%s of service %s: %s", cli_str(item, "Host"),
				     (long long)json_integer_value(json_object_get(item, "Port")),
				     cli_str(item, "Protocol"), cli_str(item, "Service"),
				     cli_str(item, "Why")));
	/* Without memory it is shown as a script has it. */
	if (list)
		(void)json_object_set(status, "Unpublished", lines);
	json_decref(lines);
}

/* The format is checked before netd is asked, as everywhere. */
static int run_status(struct cli *cli, const struct args *args)
{
	json_auto_t *status = NULL;
	struct error error = { 0 };

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", "/netd/v1/cluster", NULL, &status, &error) < 0)
		return cli_fail(&error);
	if (!args_text(args, "format")) {
		tell_certificate(status);
		tell_unpublished(status);
	}
	return members_show_wrapped(args, status);
}

const struct command command_cluster_status = {
	.path = "cluster status",
	.summary = "Show how this host stands in its cluster, and what is wrong with etcd",
	.example = "netctl cluster status",
	.flags = { members_flags },
	.run = run_status,
};
