// SPDX-License-Identifier: GPL-2.0-or-later
// cli.h - what every subcommand of netctl shares: exit codes, the daemon, messages
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "cli/line/args.h"
#include "client/client.h"

#include <jansson.h>
#include <stdio.h>

enum cli_exit {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	/* As docker run: netctl's own failure, a command that cannot be run, one that is not there.
	 */
	CLI_RUN_FAILED = 125,
	CLI_RUN_CANNOT = 126,
	CLI_RUN_MISSING = 127,
};

struct cli {
	const char *host;      /* -H, NETD_HOST or the default */
	struct client *client; /* opened by the first call */
};

/* One line on stderr. Both return the exit code. */
int cli_fail(const struct error *error);
__attribute__((format(printf, 2, 3))) int cli_usage(const struct args *args, const char *format,
						    ...);

/* Asks whether to go on, behind a sentence that says with what. Only a clear yes is one. */
bool cli_is_confirmed(void);

/* Does one for each operand in turn. One that fails does not keep the others: the exit code is
 * CLI_FAILED then, and each has told of itself. */
int cli_each(struct cli *cli, const struct args *args,
	     int (*one)(struct cli *cli, const struct args *args, const char *operand));

/* One call of the API. 0 and, unless ret_json is NULL, the answer (new reference, JSON null when it
 * is empty); or a negative errno with netd's own sentence in error, kind by HTTP status, and with
 * what was meant where something is not there. */
int cli_call(struct cli *cli, const char *method, const char *path, const json_t *body,
	     json_t **ret_json, struct error *error);
/* The same where it is no mistake that something is not there: nobody looks for what was meant.
 * error may be NULL. */
int cli_ask(struct cli *cli, const char *method, const char *path, const json_t *body,
	    json_t **ret_json, struct error *error);
/* Whether there is a netd that answers. */
bool cli_is_answered(struct cli *cli);
/* A GET whose answer is read as it stands: appended to ret_text. For answers of many objects. */
int cli_call_text(struct cli *cli, const char *path, struct buf *ret_text, struct error *error);

/* Connects unless that has happened. */
int cli_connect(struct cli *cli, struct error *error);

/* netd is reached through ssh, and so on another host. */
bool cli_is_remote(const struct cli *cli);
/* Connects, but refuses ssh:// for commands that need netd's own kernel; what names the command. */
int cli_require_local(struct cli *cli, const char *what, struct error *error);

/* "/networks/" + quoted name + "/connect" */
void cli_path(struct buf *path, const char *before, const char *name, const char *after);
/* Removes what has this path, as of cli_path(), and prints its name. The exit code. */
int cli_remove(struct cli *cli, const char *before, const char *name, const char *after);
/* Appends "?filters=…" or "&filters=…" made of --filter KEY=VALUE; nothing where there is none. */
int cli_filters(const struct args *args, struct buf *path, struct error *error);

/* "k=v" or "k" into an object of strings; what names the flag. */
int cli_put_pair(json_t *object, const char *pair, const char *what, bool value_required,
		 struct error *error);
/* {"k": "v"} from every value of a flag; new reference. */
int cli_pairs(const struct args *args, const char *flag, bool value_required, json_t **ret_object,
	      struct error *error);
/* Sets key to value (stolen, as json_object_set_new); -ENOMEM with error when either fails. */
int cli_set(json_t *object, const char *key, json_t *value, struct error *error);
/* Member of a JSON object as text, "" when it is not there. */
const char *cli_str(const json_t *object, const char *key);

/* A whole file, or standard input where path is "-". ERROR_TOO_LARGE: it has more than max bytes.
 */
int cli_read_file(const char *path, size_t max, struct buf *out, struct error *error);
/* For what tells of the host: a new file is its owner's alone, whatever the umask; an old one is
 * emptied and keeps its mode. NULL: errno says why. */
FILE *cli_open_private(const char *path);
/* The text and a newline into such a file; a pipe from which nobody reads is not waited for. */
int cli_save(const char *path, const char *text, struct error *error);
