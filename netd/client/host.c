// SPDX-License-Identifier: GPL-2.0-or-later
// host.c - where netd is: unix://PATH or ssh://[user@]host[:port][/PATH], taken apart
#include "client/host.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

/* Theory of operation. A host is text from a user or from the environment. It is taken apart once
 * and every part is checked, because the parts become a path in sockaddr_un and arguments of
 * ssh(1). The whole text is kept for sentences. */

/* Safe for one that is all zero. */
void client_host_done(struct client_host *host)
{
	free(host->text);
	free(host->path);
	free(host->user);
	free(host->name);
	free(host->port);
	*host = (struct client_host) { 0 };
}

static int no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "parsing the host");
}

/* Also for the path behind an ssh host. */
static int parse_unix(const char *path, struct client_host *host, struct error *error)
{
	/* What a relative path means would depend on where the program was started. */
	if (*path != '/')
		return error_set(error, ERROR_INVALID,
				 "host '%s': the socket's path must be absolute", host->text);
	/* A longer one would be cut by the copy into sun_path, and another socket be meant. */
	if (strlen(path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return error_set(error, ERROR_INVALID,
				 "host '%s': a socket's path has at most %zu characters",
				 host->text, sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	host->path = strdup(path);
	return host->path ? 0 : no_memory(error);
}

/* Letters of host and user names and of addresses, with their zones (%); no shell or ssh ever sees
 * another one. With a dash in front it would be an option of ssh, ProxyCommand among them. */
static bool is_plain(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"._-:%";

	return *text && *text != '-' && text[strspn(text, letters)] == '\0';
}

/* From 1 to 65535. */
static bool is_port(const char *text)
{
	size_t len = strspn(text, "0123456789");
	/* Five digits at the most, so strtol(3) cannot overflow. */
	long port = len > 0 && len <= 5 && text[len] == '\0' ? strtol(text, NULL, 10) : 0;

	return port > 0 && port <= UINT16_MAX;
}

/* The end of the name, at the port's colon or the text's end; *ret_name is free of brackets. NULL:
 * brackets that do not close. */
static const char *split_name(const char *text, char **ret_name)
{
	const char *end;

	/* Brackets hold the colons of an IPv6 address (RFC 3986, 3.2.2). */
	if (*text == '[') {
		end = strchr(text, ']');
		if (!end)
			return NULL;
		*ret_name = strndup(text + 1, (size_t)(end - text - 1));
		return end + 1;
	}
	end = text + strcspn(text, ":");
	*ret_name = strndup(text, (size_t)(end - text));
	return end;
}

/* [user@]host[:port]. The parts are the host's to free, also when this fails. */
static int parse_authority(const char *text, struct client_host *host, struct error *error)
{
	/* The last one: a user name may hold an @, a host name never. */
	const char *at = strrchr(text, '@'), *end;

	if (at) {
		host->user = strndup(text, (size_t)(at - text));
		if (!host->user)
			return no_memory(error);
		text = at + 1;
	}
	end = split_name(text, &host->name);
	if (end && !host->name)
		return no_memory(error);
	if (end && *end == ':') {
		host->port = strdup(end + 1);
		if (!host->port)
			return no_memory(error);
		/* The rest is the port, so nothing is left over. */
		end = "";
	}
	/* All three become arguments of ssh, and what is_plain() refuses never gets there. */
	if (!end || *end || !is_plain(host->name) || (host->user && !is_plain(host->user)) ||
	    (host->port && !is_port(host->port)))
		return error_set(error, ERROR_INVALID,
				 "host '%s' is not ssh://[user@]host[:port][/PATH]", host->text);
	return 0;
}

/* A path "/" alone means the default socket over there. */
static int parse_ssh(const char *rest, struct client_host *host, struct error *error)
{
	const char *slash = strchr(rest, '/');
	_cleanup_free_ char *authority = slash ? strndup(rest, (size_t)(slash - rest))
					       : strdup(rest);
	int err;

	host->ssh = true;
	if (!authority)
		return no_memory(error);
	err = parse_authority(authority, host, error);
	if (err < 0 || !slash || slash[1] == '\0')
		return err;
	return parse_unix(slash, host, error);
}

/* *ret_host is the caller's, to be given to client_host_done(). */
int client_host_parse(const char *text, struct client_host *ret_host, struct error *error)
{
	_cleanup_(client_host_done) struct client_host host = { .text = strdup(text) };
	int err;

	if (!host.text)
		return no_memory(error);
	if (strncmp(text, "unix://", 7) == 0)
		err = parse_unix(text + 7, &host, error);
	else if (strncmp(text, "ssh://", 6) == 0)
		err = parse_ssh(text + 6, &host, error);
	else
		err = error_set(
			error, ERROR_INVALID,
			"host '%s' is neither unix://PATH nor ssh://[user@]host[:port][/PATH]",
			text);
	if (err < 0)
		return err;
	*ret_host = take_struct(host);
	return 0;
}

/* code is a positive errno. */
int client_host_unreachable(const struct client_host *host, int code, struct error *error)
{
	const char *hint = "";

	/* No socket, or one that nobody listens on: both are what a netd that is stopped looks
	 * like. */
	if (code == ENOENT || code == ECONNREFUSED)
		hint = "; is netd running?";
	else if (code == EACCES || code == EPERM)
		hint = "; root and the members of the group netd may";
	return error_set(error, ERROR_UNAVAILABLE, "cannot reach netd at %s: %s%s", host->text,
			 strerror(code), hint);
}
