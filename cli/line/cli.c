// SPDX-License-Identifier: GPL-2.0-or-later
// cli.c - what every subcommand of netctl shares: exit codes, the daemon, messages
#include "cli/line/cli.h"

#include "base/cleanup.h"
#include "cli/line/meant.h"
#include "client/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

int cli_fail(const struct error *error)
{
	(void)fflush(stdout); /* what was found comes before what was not */
	(void)fprintf(stderr, "netctl: %s\n", error->text);
	return CLI_FAILED;
}

int cli_usage(const struct args *args, const char *format, ...)
{
	/* The words as far as they were understood: --help of those is the page that helps. */
	const char *path = args->command ? args->command->path : args->group;
	const char *space = *path ? " " : "";
	va_list list;

	(void)fprintf(stderr, "netctl%s%s: ", space, path);
	va_start(list, format);
	(void)vfprintf(stderr, format, list);
	va_end(list);
	(void)fprintf(stderr, "; see 'netctl%s%s --help'\n", space, path);
	return CLI_USAGE;
}

/* When it is first needed: what is wrong with the command line is said without a daemon. */
int cli_connect(struct cli *cli, struct error *error)
{
	/* Without -H it is the client that looks at NETD_HOST, and knows the default. */
	return cli->client ? 0 : client_open(cli->host, &cli->client, error);
}

bool cli_is_remote(const struct cli *cli)
{
	/* In the client's own order: -H counts before the variable. */
	const char *host = cli->host ? cli->host : getenv(NETD_HOST_VARIABLE);

	return host && strncmp(host, "ssh://", 6) == 0;
}

int cli_require_local(struct cli *cli, const char *what, struct error *error)
{
	/* Processes and paths that are given to netd are those of its own host. */
	if (!cli_is_remote(cli))
		return cli_connect(cli, error);
	return error_set(
		error, ERROR_INVALID,
		"netctl %s works only on netd's own host, because network namespaces cannot be "
		"entered through ssh; run it over there",
		what);
}

int cli_each(struct cli *cli, const struct args *args,
	     int (*one)(struct cli *cli, const struct args *args, const char *operand))
{
	int code = CLI_DONE;

	for (size_t i = 0; i < args->n_operands; i++)
		if (one(cli, args, args->operands[i]) != CLI_DONE)
			code = CLI_FAILED;
	return code;
}

int cli_ask(struct cli *cli, const char *method, const char *path, const json_t *body,
	    json_t **ret_json, struct error *error)
{
	int err = cli_connect(cli, error);

	/* What netd refuses comes back as an error, its own sentence included (client/calls.h). */
	return err < 0 ? err : calls_json(cli->client, method, path, body, ret_json, error);
}

int cli_call(struct cli *cli, const char *method, const char *path, const json_t *body,
	     json_t **ret_json, struct error *error)
{
	int err = cli_ask(cli, method, path, body, ret_json, error);

	if (err < 0 && error->kind == ERROR_NOT_FOUND)
		meant_add_to_answer(cli->client, error);
	return err;
}

bool cli_is_answered(struct cli *cli)
{
	json_t *version = NULL;

	/* Why there is no answer is not wanted. */
	if (cli_ask(cli, "GET", "/version", NULL, &version, NULL) < 0)
		return false;
	json_decref(version);
	return true;
}

bool cli_is_confirmed(void)
{
	char answer[16];

	(void)fputs("Go on? [y/N] ", stdout);
	(void)fflush(stdout);
	/* Anything but a clear yes is a no, the end of the input included. A line that is longer
	 * than the buffer comes cut, without its newline, and is a no as well. */
	return fgets(answer, sizeof(answer), stdin) &&
	       (strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0);
}

int cli_call_text(struct cli *cli, const char *path, struct buf *ret_text, struct error *error)
{
	int status, err = cli_connect(cli, error);

	if (err == 0)
		err = client_call(cli->client, "GET", path, NULL, &status, ret_text, error);
	if (err < 0)
		return err;
	return status < 200 || status >= 300 ? calls_refusal(status, ret_text, error) : 0;
}

void cli_path(struct buf *path, const char *before, const char *name, const char *after)
{
	/* Only the name comes from outside. A slash or a '?' in it must not become part of the
	 * path's form (RFC 3986, 3.3). */
	buf_puts(path, before);
	client_quote(path, name);
	buf_puts(path, after);
}

int cli_remove(struct cli *cli, const char *before, const char *name, const char *after)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct error error = { 0 };
	int err;

	cli_path(&path, before, name, after);
	err = path.err < 0 ? error_system(&error, path.err, "removing %s", name)
			   : cli_call(cli, "DELETE", path.data, NULL, NULL, &error);
	if (err < 0)
		return cli_fail(&error);
	(void)printf("%s\n", name);
	return CLI_DONE;
}

int cli_set(json_t *object, const char *key, json_t *value, struct error *error)
{
	/* json_string() gives NULL for what is no UTF-8, and jansson refuses NULL as a value: so
	 * one look tells of both calls. The value is jansson's now, even after a failure. */
	if (json_object_set_new(object, key, value) == 0)
		return 0;
	return error_set(error, ERROR_INVALID, "%s is not valid UTF-8, or there is no memory", key);
}

int cli_put_pair(json_t *object, const char *pair, const char *what, bool value_required,
		 struct error *error)
{
	/* At the first '=': the value may have others. */
	size_t len = strcspn(pair, "=");
	_cleanup_free_ char *key = strndup(pair, len);

	if (!key)
		return error_system(error, -ENOMEM, "reading --%s", what);
	if (len == 0 || (value_required && pair[len] == '\0'))
		return error_set(error, ERROR_INVALID, "--%s '%s' is not KEY=VALUE", what, pair);
	/* A key that comes again replaces the former value, as with docker. */
	return cli_set(object, key, json_string(pair[len] ? pair + len + 1 : ""), error);
}

int cli_pairs(const struct args *args, const char *flag, bool value_required, json_t **ret_object,
	      struct error *error)
{
	json_auto_t *object = json_object();
	const char *pair;
	size_t cursor = 0;
	int err = object ? 0 : error_system(error, -ENOMEM, "reading --%s", flag);

	/* The object is given away only when it is whole. */
	while (err == 0 && (pair = args_each(args, flag, &cursor)))
		err = cli_put_pair(object, pair, flag, value_required, error);
	if (err == 0)
		*ret_object = take_ptr(object);
	return err;
}

const char *cli_str(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	/* Never NULL: it goes to printf(3) and to json_pack(), which both want a text. */
	return text ? text : "";
}

/* {"key": {"value": true}}, as Docker's own clients write it. The form of the JSON is the one that
 * netd and Docker's daemon both read. */
static int add_filter(json_t *filters, const char *pair, struct error *error)
{
	size_t len = strcspn(pair, "=");
	_cleanup_free_ char *key = strndup(pair, len);
	json_t *values;

	if (!key)
		return error_system(error, -ENOMEM, "reading --filter");
	/* A filter without a value would match nothing, or everything, and neither was meant. */
	if (len == 0 || pair[len] == '\0')
		return error_set(error, ERROR_INVALID, "--filter '%s' is not KEY=VALUE", pair);
	/* "label!=x" is Docker's way of saying not; the key is then "label!". */
	values = json_object_get(filters, key);
	if (!values) {
		int err = cli_set(filters, key, json_object(), error);

		if (err < 0)
			return err;
		values = json_object_get(filters, key);
	}
	/* The values are keys here: what was said twice counts once. */
	return cli_set(values, pair + len + 1, json_true(), error);
}

int cli_filters(const struct args *args, struct buf *path, struct error *error)
{
	json_auto_t *filters = json_object();
	_cleanup_free_ char *text = NULL;
	const char *pair;
	size_t cursor = 0;
	int err = filters ? 0 : error_system(error, -ENOMEM, "reading --filter");

	while (err == 0 && (pair = args_each(args, "filter", &cursor)))
		err = add_filter(filters, pair, error);
	/* Without a filter the path stays as it is, which means all. */
	if (err < 0 || json_object_size(filters) == 0)
		return err;
	text = json_dumps(filters, JSON_COMPACT);
	if (!text)
		return error_system(error, -ENOMEM, "writing the filters");
	/* Behind other parameters the path has its '?' already. */
	buf_puts(path, path->data && strchr(path->data, '?') ? "&filters=" : "?filters=");
	client_quote(path, text);
	return 0;
}

int cli_read_file(const char *path, size_t max, struct buf *out, struct error *error)
{
	bool is_stdin = strcmp(path, "-") == 0;
	_cleanup_close_ int opened = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	int fd = is_stdin ? STDIN_FILENO : opened;
	char chunk[16384];
	ssize_t n = 0;

	/* A descriptor of stdin is not ours to close, so `opened` is -1 for it. */
	if (fd < 0)
		return error_system(error, -errno, "cannot read %s", path);
	/* One byte more than is allowed is enough to know that it is too much. */
	while (out->len <= max && out->err == 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_append(out, chunk, (size_t)n);
	if (n < 0 || out->err < 0)
		return error_system(error, n < 0 ? -errno : out->err, "cannot read %s", path);
	if (out->len > max)
		return error_set(error, ERROR_TOO_LARGE, "%s has more than %zu bytes", path, max);
	return 0;
}

/* NULL: errno says why. The mode holds for a new file alone; the umask can only take rights away
 * from it. */
static FILE *open_private(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (fd >= 0 && !file)
		cleanup_close(&fd);
	return file;
}

/* Without O_NONBLOCK: a capture may be written into a pipe whose reader starts later. */
FILE *cli_open_private(const char *path)
{
	return open_private(path, 0);
}

int cli_save(const char *path, const char *text, struct error *error)
{
	FILE *file = open_private(path, O_NONBLOCK);
	int err = 0;

	if (!file && errno == ENXIO)
		return error_set(error, ERROR_UNAVAILABLE,
				 "cannot write %s: it is a pipe that nobody reads from", path);
	if (!file)
		return error_system(error, -errno, "cannot write %s", path);
	/* Whoever reads may do so slowly. */
	if (fcntl(fileno(file), F_SETFL, 0) < 0 || fprintf(file, "%s\n", text) < 0)
		err = -errno;
	if (fclose(file) != 0 && err == 0)
		err = -errno;
	return err < 0 ? error_system(error, err, "cannot write %s", path) : 0;
}
