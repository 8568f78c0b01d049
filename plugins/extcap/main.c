// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-extcap: containers and networks as interfaces of Wireshark and tshark
#include "base/buf.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "client/client.h"
#include "client/outflow.h"
#include "plugins/extcap/interfaces.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Wireshark starts what is in its folder for extcap and asks which interfaces
 * there are, and later to capture on one of them into a pipe. It runs as whoever looks at packets,
 * and so does this: netd opens what has to be opened (GET /netd/v1/capture), for whoever may use
 * netd. Where netd does not answer there is no interface; Wireshark must not fail for that.
 *
 * Each call is one process with one action. The exit status is 0 even where there are no
 * interfaces. What goes wrong is said on stderr, which Wireshark shows when a capture fails. */

/* What the last of the options on the command line asked for. */
enum action { ACTION_NONE, ACTION_INTERFACES, ACTION_DLTS, ACTION_CONFIG, ACTION_CAPTURE };

/* Texts are borrowed from the arguments; NULL: not given. */
struct options {
	enum action action;
	const char *interface, *fifo, *filter;
	bool both, loopback, drops;
};

/* For _cleanup_; client_close() takes NULL. */
static void client_closep(struct client **client)
{
	client_close(*client);
}

/* The exit status of a failure. */
static int fail(const struct error *error)
{
	(void)fprintf(stderr, "netd-extcap: %s\n", error->text);
	return 1;
}

/* ---- what Wireshark asks first ---- */

/* out gets the lines; it is the caller's on failure as well. All or nothing: half a list would look
 * like a whole one. */
static int list_interfaces(struct buf *out, struct error *error)
{
	_cleanup_(client_closep) struct client *client = NULL;
	json_auto_t *containers = NULL, *networks = NULL;
	int err = client_open(NULL, &client, error);

	if (err == 0)
		err = calls_containers(client, NULL, &containers, error);
	if (err == 0)
		err = calls_json(client, "GET", "/networks", NULL, &networks, error);
	if (err == 0)
		interfaces_write(containers, networks, out);
	return err;
}

/* One line about this program, and one for each interface. The status is 0 in any case: netd that
 * is not there is no fault of Wireshark's. */
static int show_interfaces(void)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	struct error error = { 0 };

	(void)puts("extcap {version=" NETD_VERSION "}{display=netd}");
	if (list_interfaces(&out, &error) < 0)
		(void)fail(&error);
	else if (out.len > 0 && out.err == 0)
		(void)fputs(out.data, stdout);
	return 0;
}

/* DLT 1 is Ethernet (pcap-linktype(7)). */
static int show_dlts(void)
{
	(void)puts("dlt {number=1}{name=EN10MB}{display=Ethernet}");
	return 0;
}

/* Arguments in Wireshark's dialog. call is the option with which they come back. */
static int show_config(const struct options *options)
{
	const char *name = options->interface ? interfaces_name(options->interface) : NULL;

	if (!name)
		return 0;
	(void)puts("arg {number=2}{call=--drops}{display=What the kernel throws away, too}"
		   "{type=boolflag}{default=false}");
	/* A network has one bridge, and nothing more to choose. */
	if (strncmp(name, INTERFACES_OF_NETWORK, strlen(INTERFACES_OF_NETWORK)) == 0)
		return 0;
	(void)puts("arg {number=0}{call=--both}{display=The host's end, too}{type=boolflag}"
		   "{default=false}\n"
		   "arg {number=1}{call=--loopback}{display=lo, too: its questions to 127.0.0.11}"
		   "{type=boolflag}{default=false}");
	return 0;
}

/* ---- packets ---- */

/* Sends the request and reads the header of its answer. After it the connection carries the
 * capture. *ret_early is what came behind the header already: the first bytes of the capture. */
static int ask(struct client *client, const struct options *options, struct buf *ret_early,
	       struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 }, body = { 0 };
	int status, err;

	buf_puts(&path, "/netd/v1/capture?name=");
	/* The name without its prefix, quoted: it comes from a stranger's command line. What is not
	 * asked for is left out, and netd takes its default. */
	client_quote(&path, interfaces_name(options->interface));
	if (options->both)
		buf_puts(&path, "&both=1");
	if (options->loopback)
		buf_puts(&path, "&loopback=1");
	if (options->drops)
		buf_puts(&path, "&drops=1");
	if (options->filter && *options->filter) {
		buf_puts(&path, "&filter=");
		client_quote(&path, options->filter);
	}
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	/* 101: netd has switched the connection over. Any other status is a refusal, with netd's
	 * sentence in the body. */
	err = client_upgrade(client, path.data, "netd-capture", &status, &body, error);
	if (err == 0 && status != 101)
		return calls_refusal(status, &body, error);
	if (err == 0)
		*ret_early = take_struct(body);
	return err;
}

/* Runs until netd ends the capture or Wireshark closes the pipe. */
static int capture(const struct options *options)
{
	_cleanup_(client_closep) struct client *client = NULL;
	_cleanup_(buf_done) struct buf early = { 0 };
	_cleanup_close_ int fd = -1;
	struct outflow outflow = { .to_name = options->fifo, .early = &early };
	struct error error = { 0 };

	if (!options->interface || !interfaces_name(options->interface) || !options->fifo) {
		(void)error_set(&error, ERROR_INVALID,
				"--capture takes --extcap-interface netd:NAME and --fifo FILE");
		return fail(&error);
	}
	/* First, and even where nothing comes: Wireshark's dumpcap reads until the end, and would
	 * wait for ever for somebody who never began. open(2) of a FIFO waits for a reader. */
	fd = open(options->fifo, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		(void)error_system(&error, -errno, "cannot write to %s", options->fifo);
		return fail(&error);
	}
	if (client_open(NULL, &client, &error) < 0 || ask(client, options, &early, &error) < 0)
		return fail(&error);
	/* The connection stays the client's, and is closed with it. */
	outflow.from = client_fd(client);
	outflow.to = fd;
	return outflow_run(&outflow, &error) < 0 ? fail(&error) : 0;
}

/* ---- the command line, as Wireshark has it ---- */

/* Above every character, since getopt_long(3) has one range for letters and for these. */
enum option_id {
	OPTION_INTERFACES = 256,
	OPTION_VERSION,
	OPTION_DLTS,
	OPTION_CONFIG,
	OPTION_INTERFACE,
	OPTION_CAPTURE,
	OPTION_FIFO,
	OPTION_FILTER,
	OPTION_BOTH,
	OPTION_LOOPBACK,
	OPTION_DROPS,
	OPTION_HELP,
};

/* Names that begin with "extcap" and "fifo" and "capture" are Wireshark's; both, loopback and drops
 * are those of show_config(). */
static const struct option long_options[] = {
	{ "extcap-interfaces", no_argument, NULL, OPTION_INTERFACES },
	{ "extcap-version", optional_argument, NULL, OPTION_VERSION },
	{ "extcap-dlts", no_argument, NULL, OPTION_DLTS },
	{ "extcap-config", no_argument, NULL, OPTION_CONFIG },
	{ "extcap-interface", required_argument, NULL, OPTION_INTERFACE },
	{ "extcap-capture-filter", required_argument, NULL, OPTION_FILTER },
	{ "capture", no_argument, NULL, OPTION_CAPTURE },
	{ "fifo", required_argument, NULL, OPTION_FIFO },
	{ "both", no_argument, NULL, OPTION_BOTH },
	{ "loopback", no_argument, NULL, OPTION_LOOPBACK },
	{ "drops", no_argument, NULL, OPTION_DROPS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ 0 },
};

static const char help[] =
	"Usage: netd-extcap --extcap-interfaces\n"
	"       netd-extcap --extcap-interface netd:NAME --extcap-dlts|--extcap-config\n"
	"       netd-extcap --extcap-interface netd:NAME --capture --fifo FILE [--both] "
	"[--loopback] [--drops]\n"
	"                   [--extcap-capture-filter FILTER]\n"
	"\n"
	"Shows containers and networks to Wireshark and tshark as interfaces, and captures there, "
	"for\n"
	"whoever may use netd. NETD_HOST says where netd is. A person calls netctl capture.\n";

/* False: it is none, which getopt_long has said. */
static bool take_option(int id, struct options *options)
{
	switch (id) {
	case OPTION_INTERFACES:
		options->action = ACTION_INTERFACES;
		return true;
	/* Wireshark says its own version with --extcap-version=4.0; the value is optional. */
	case OPTION_VERSION: /* of Wireshark: all get the same */
		return true;
	case OPTION_DLTS:
		options->action = ACTION_DLTS;
		return true;
	case OPTION_CONFIG:
		options->action = ACTION_CONFIG;
		return true;
	case OPTION_INTERFACE:
		options->interface = optarg;
		return true;
	case OPTION_CAPTURE:
		options->action = ACTION_CAPTURE;
		return true;
	case OPTION_FIFO:
		options->fifo = optarg;
		return true;
	case OPTION_FILTER:
		options->filter = optarg;
		return true;
	case OPTION_BOTH:
		options->both = true;
		return true;
	case OPTION_LOOPBACK:
		options->loopback = true;
		return true;
	case OPTION_DROPS:
		options->drops = true;
		return true;
	default:
		return false;
	}
}

/* The exit status. */
static int act(const struct options *options)
{
	switch (options->action) {
	case ACTION_INTERFACES:
		return show_interfaces();
	case ACTION_DLTS:
		return show_dlts();
	case ACTION_CONFIG:
		return show_config(options);
	case ACTION_CAPTURE:
		return capture(options);
	case ACTION_NONE:
		break;
	}
	/* A filter alone: Wireshark asks whether it may be one, and takes silence for yes. */
	if (options->filter)
		return 0;
	(void)fputs(help, stderr);
	return 1;
}

/* Options come in any order, so nothing is done before all of them are read. */
int main(int argc, char **argv)
{
	struct options options = { .action = ACTION_NONE };
	int id;

	while ((id = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		if (id == OPTION_HELP) {
			(void)fputs(help, stdout);
			return 0;
		}
		if (!take_option(id, &options))
			return 1;
	}
	return act(&options);
}
