// SPDX-License-Identifier: GPL-2.0-or-later
// options.c - the command line Podman calls netavark with
#include "plugins/netavark/options.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <string.h>

static const char *const netavark_verb_name[NETAVARK_N_VERBS] = {
	[NETAVARK_SETUP] = "setup",
	[NETAVARK_TEARDOWN] = "teardown",
	[NETAVARK_UPDATE] = "update",
	[NETAVARK_CREATE] = "create",
	[NETAVARK_VERSION] = "version",
	[NETAVARK_FIREWALLD_RELOAD] = "firewalld-reload",
	[NETAVARK_FIREWALL_RELOAD] = "firewall-reload",
	[NETAVARK_DHCP_PROXY] = "dhcp-proxy",
};

/* Theory of operation. Podman passes options of its own to netavark, and each version may bring new
 * ones. So unknown options are passed over, and the known ones without a meaning here are listed
 * only because they take a value, which must not be read as the command. Options may stand before
 * and behind the command.
 *
 * The result borrows from argv. */

/* What an option is to take_option(). */
enum option {
	OPTION_FILE,
	OPTION_ROOTLESS,
	OPTION_DNS_SERVERS,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_IGNORED, /* with a value */
	OPTION_UNKNOWN, /* whether it has a value only the form --option=value tells */
};

/* letter: of the short form, 0 for none. */
static const struct {
	const char *name;
	char letter;
	enum option option;
} known[] = {
	{ "file", 'f', OPTION_FILE },
	{ "rootless", 'r', OPTION_ROOTLESS },
	{ "network-dns-servers", '\0', OPTION_DNS_SERVERS },
	{ "version", 'V', OPTION_VERSION },
	{ "help", 'h', OPTION_HELP },
	{ "config", 'c', OPTION_IGNORED },
	{ "aardvark-binary", 'a', OPTION_IGNORED },
	{ "plugin-directory", 'p', OPTION_IGNORED },
	{ "firewall-driver", '\0', OPTION_IGNORED },
};

/* Where the reading of arguments is. */
struct cursor {
	int argc, at; /* at: the next argument */
	char *const *argv;
	struct error *error;
};

/* text: behind the dashes. *ret_inline: the value in the same argument, or NULL. */
static enum option look_up_long(const char *text, const char **ret_inline)
{
	size_t len = strcspn(text, "=");

	*ret_inline = text[len] ? text + len + 1 : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == len && strncmp(known[i].name, text, len) == 0)
			return known[i].option;
	return OPTION_UNKNOWN;
}

/* text: behind the dash, one letter and perhaps its value. NULL: the value is the next argument. */
static enum option look_up_short(const char *text, const char **ret_inline)
{
	/* Both "-fx" and "-f=x" are taken. */
	*ret_inline = text[1] ? text + 1 + (text[1] == '=') : NULL;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].letter && known[i].letter == text[0])
			return known[i].option;
	return OPTION_UNKNOWN;
}

/* The two words that Podman writes. */
static int read_rootless(const char *text, struct netavark_options *options, struct error *error)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return error_set(error, ERROR_INVALID,
				 "option --rootless is \"%s\": true or false is wanted", text);
	options->rootless = strcmp(text, "true") == 0;
	return 0;
}

/* text: the argument with its dashes. Takes the next argument as well where the option has a value
 * there. */
static int take_option(struct cursor *cursor, const char *text, struct netavark_options *options)
{
	bool is_long = text[1] == '-';
	const char *value = NULL;
	enum option option = is_long ? look_up_long(text + 2, &value)
				     : look_up_short(text + 1, &value);

	/* These take no value. The next argument is left alone. */
	if (option == OPTION_VERSION || option == OPTION_HELP) {
		options->show_version |= option == OPTION_VERSION;
		options->show_help |= option == OPTION_HELP;
		return 0;
	}
	/* If it has a value of its own in the next argument, that one is read as a word. */
	if (option == OPTION_UNKNOWN)
		return 0;
	if (!value && cursor->at >= cursor->argc)
		return error_set(cursor->error, ERROR_INVALID, "option %s needs a value", text);
	if (!value)
		value = cursor->argv[cursor->at++];
	if (option == OPTION_FILE)
		options->file = value;
	if (option == OPTION_DNS_SERVERS)
		options->dns_servers = value;
	return option == OPTION_ROOTLESS ? read_rootless(value, options, cursor->error) : 0;
}

/* The words are netavark's. */
static int read_verb(const char *text, struct netavark_options *options, struct error *error)
{
	for (int verb = 0; verb < NETAVARK_N_VERBS; verb++) {
		if (strcmp(text, netavark_verb_name[verb]) == 0) {
			options->verb = (enum netavark_verb)verb;
			return 0;
		}
	}
	return error_set(error, ERROR_INVALID, "unknown command \"%s\"", text);
}

/* Once all options are read: they may stand behind the word that needs them. */
static int check_argument(const struct netavark_options *options, struct error *error)
{
	bool netns = options->verb == NETAVARK_SETUP || options->verb == NETAVARK_TEARDOWN;

	if ((netns || options->verb == NETAVARK_UPDATE) &&
	    (!options->argument || !*options->argument))
		return error_set(
			error, ERROR_INVALID, "%s needs %s", netavark_verb_name[options->verb],
			netns ? "the path of a network namespace" : "the name of a network");
	/* netd opens the path, and its working directory is not the caller's. */
	if (netns && options->argument[0] != '/')
		return error_set(error, ERROR_INVALID,
				 "%s \"%s\": the path of the network namespace must be absolute",
				 netavark_verb_name[options->verb], options->argument);
	return 0;
}

/* *ret_options is set on success only. The last of two equal options counts. */
int netavark_options_parse(int argc, char *const *argv, struct netavark_options *ret_options,
			   struct error *error)
{
	struct netavark_options options = { 0 };
	struct cursor cursor = { .argc = argc, .at = 1, .argv = argv, .error = error };
	bool have_verb = false, only_words = false;

	while (cursor.at < argc) {
		const char *text = argv[cursor.at++];
		int err = 0;

		if (!only_words && strcmp(text, "--") == 0)
			only_words = true;
		/* A lone "-" is a word. */
		else if (!only_words && text[0] == '-' && text[1])
			err = take_option(&cursor, text, &options);
		else if (!have_verb)
			err = read_verb(text, &options, error), have_verb = true;
		/* More words than the command has are passed over, like unknown options. */
		else if (!options.argument)
			options.argument = text;
		if (err < 0)
			return err;
	}
	/* Who wants the help or the version needs no command. */
	if (!options.show_version && !options.show_help) {
		int err = have_verb ? check_argument(&options, error)
				    : error_set(error, ERROR_INVALID,
						"no command: setup, teardown, update, create or "
						"version is wanted");

		if (err < 0)
			return err;
	}
	*ret_options = options;
	return 0;
}
