// SPDX-License-Identifier: GPL-2.0-or-later
// nft_tool.c - drives kernel/nft and model/rules/ruleset from a shell test: commands on stdin, one
// answer line each
#include "../own_netns.h"
#include "base/cleanup.h"
#include "kernel/conntrack.h"
#include "kernel/netns.h"
#include "kernel/nft.h"
#include "model/rules/ruleset.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// clang-format off
/* usage: nft_tool [--own]; then on stdin, one answer line each:
 *
 *   net NAME BRIDGE [4=PREFIX] [6=PREFIX] [noicc] [nomasq] [internal]   adds to what is collected
 *   from NET ADDRESS                                                    adds to what is collected
 *   port CONTAINER NET PROTO HOSTADDR HOSTPORT TARGET CONTAINERPORT     adds to what is collected
 *   ports N FIRST TARGET PORT   N TCP ports in a row on every address, to PORT or (0) the same ones
 *   strangers 4|6               netd switched forwarding on for that family
 *   only SET FROM N             keeps N of what is collected in SET, from the FROMth on
 *   clear                       collects anew
 *
 *   reset | add | delete        with what is collected: "ok MICROSECONDS" or "error CODE: TEXT"
 *   user FILE | user-none       loads the administrator's rules
 *   present SET N               whether the Nth collected element of SET is there: "ok 1", "ok 0"
 *   remove | probe | owner | count SET | dns PORT | dns-remove | forget
 *   watch-open | watch MS       "ok touched" or "ok quiet"
 *   bench-dns N | bench-add N   median of N times, in microseconds
 */
// clang-format on

#define WORDS_MAX 12
#define NETS_MAX 64
#define PORTS_MAX 32768

static struct nft *nft;
static struct nft_watch *watch;
static struct ruleset_elems elems;
static struct network nets[NETS_MAX];
static size_t n_nets;
static struct port ports[PORTS_MAX];
static struct container containers[PORTS_MAX]; /* of the ports: elements point to their names */
static size_t n_ports;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void answer(int err, const struct error *error, double start)
{
	if (err < 0)
		printf("error %d: %s\n", err, error->text);
	else
		printf("ok %.0f\n", now_us() - start);
}

static void die(const char *what)
{
	fprintf(stderr, "nft_tool: bad %s\n", what);
	exit(2);
}

static struct addr addr_of(const char *text)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0)
		die(text);
	return addr;
}

static void do_net(char **words, int n)
{
	if (n < 3 || n_nets == NETS_MAX)
		die("net");

	struct network_spec *spec = &nets[n_nets].spec;

	snprintf(spec->name, sizeof(spec->name), "%s", words[1]);
	snprintf(spec->bridge, sizeof(spec->bridge), "%s", words[2]);
	spec->icc = spec->masquerade = true;
	for (int i = 3; i < n; i++) {
		if (strncmp(words[i], "4=", 2) == 0)
			spec->has[FAMILY_4] = prefix_parse(words[i] + 2,
							   &spec->subnet[FAMILY_4].prefix) == 0;
		else if (strncmp(words[i], "6=", 2) == 0)
			spec->has[FAMILY_6] = prefix_parse(words[i] + 2,
							   &spec->subnet[FAMILY_6].prefix) == 0;
		else if (strcmp(words[i], "noicc") == 0)
			spec->icc = false;
		else if (strcmp(words[i], "nomasq") == 0)
			spec->masquerade = false;
		else if (strcmp(words[i], "internal") == 0)
			spec->internal = true;
		else
			die(words[i]);
	}
	ruleset_add_network(&elems, &nets[n_nets++]);
	printf("ok\n");
}

static struct network *net_of(const char *name)
{
	for (size_t i = 0; i < n_nets; i++) {
		if (strcmp(nets[i].spec.name, name) == 0)
			return &nets[i];
	}
	die(name);
	return NULL;
}

static void do_from(char **words, int n)
{
	if (n != 3)
		die("from");

	static struct container container = { .spec.name = "some" };
	struct addr addr = addr_of(words[2]);
	struct endpoint endpoint = { .network = net_of(words[1]), .container = &container };

	if (addr.family == AF_INET6)
		endpoint.ip[FAMILY_6] = addr;
	else
		endpoint.ip[FAMILY_4] = addr;
	ruleset_add_sources(&elems, &endpoint, &endpoint);
	printf("ok\n");
}

static void do_port(char **words, int n)
{
	if (n != 8 || n_ports == PORTS_MAX)
		die("port");

	struct container *container = &containers[n_ports];
	struct port *port = &ports[n_ports++];
	struct endpoint endpoint = { .network = net_of(words[2]) }, *list = &endpoint;

	*container = (struct container) { .endpoints = &list, .n_endpoints = 1 };
	*port = (struct port) { .protocol = strcmp(words[3], "udp") == 0 ? IPPROTO_UDP
									 : IPPROTO_TCP,
				.host_addr = addr_of(words[4]),
				.host_port = (uint16_t)atoi(words[5]),
				.target = addr_of(words[6]),
				.container_port = (uint16_t)atoi(words[7]) };
	snprintf(container->spec.name, sizeof(container->spec.name), "%s", words[1]);
	if (port->target.family == AF_INET6)
		endpoint.ip[FAMILY_6] = port->target;
	else
		endpoint.ip[FAMILY_4] = port->target;
	ruleset_add_port(&elems, port, container);
	*container = (struct container) { .spec = container->spec };
	printf("ok\n");
}

/* Of the ith port: the container's address is shared by all, its port if all lead to the same. */
static bool is_repeated(const struct ruleset_elem *elem, int i, bool same_port)
{
	bool self = elem->set == RULESET_SELF4 || elem->set == RULESET_SELF6;

	return i > 0 && ruleset_set_is_shared(elem->set) && (self || same_port);
}

/* As the engine does it: what several ports share is added once. */
static void do_ports(char **words, int n)
{
	if (n != 5)
		die("ports");

	static const struct container container = { .spec.name = "many" };
	struct port port = { .protocol = IPPROTO_TCP, .target = addr_of(words[3]) };

	port.host_addr.family = port.target.family;
	for (int i = 0; i < atoi(words[1]); i++) {
		size_t from = elems.n;

		port.host_port = (uint16_t)(atoi(words[2]) + i);
		port.container_port = (uint16_t)atoi(words[4]);
		if (port.container_port == 0)
			port.container_port = port.host_port;
		ruleset_add_port(&elems, &port, &container);
		for (size_t k = from; k < elems.n; k++) {
			if (!is_repeated(&elems.items[k], i, atoi(words[4]) != 0))
				elems.items[from++] = elems.items[k];
		}
		elems.n = from;
	}
	printf("ok\n");
}

static enum ruleset_set set_of(const char *name)
{
	for (size_t i = 0; i < RULESET_N_SETS; i++) {
		if (strcmp(ruleset_set_info[i].name, name) == 0)
			return (enum ruleset_set)i;
	}
	die(name);
	return RULESET_N_SETS;
}

static void do_only(char **words, int n)
{
	if (n != 4)
		die("only");

	enum ruleset_set set = set_of(words[1]);
	size_t seen = 0, kept = 0, from = (size_t)atoi(words[2]), count = (size_t)atoi(words[3]);

	for (size_t i = 0; i < elems.n; i++) {
		if (elems.items[i].set != set)
			continue;
		if (seen >= from && seen < from + count)
			elems.items[kept++] = elems.items[i];
		seen++;
	}
	elems.n = kept;
	printf("ok %zu\n", kept);
}

static void do_present(char **words)
{
	enum ruleset_set set = set_of(words[1]);
	int left = atoi(words[2]);

	for (size_t i = 0; i < elems.n; i++) {
		if (elems.items[i].set == set && left-- == 0)
			printf("ok %d\n", nft_elem_present(nft, &elems.items[i]));
	}
}

static void do_watch(int timeout_ms)
{
	struct pollfd pollfd = { .fd = nft_watch_fd(watch), .events = POLLIN };
	double end = now_us() + timeout_ms * 1e3;
	bool touched = false;
	int left;

	while (!touched && (left = (int)((end - now_us()) / 1e3)) > 0) {
		if (poll(&pollfd, 1, left) > 0)
			touched = nft_watch_read(watch);
	}
	printf("ok %s\n", touched ? "touched" : "quiet");
}

static void bench(const char *what, int n)
{
	double *us = calloc((size_t)n, sizeof(*us));
	struct error error = { 0 };

	if (!us || n < 1)
		die("bench");
	for (int i = 0; i < n; i++) {
		double start = now_us();
		int err = strcmp(what, "dns") == 0 ? nft_dns_redirect(nft, 5353, &error)
						   : nft_elems_add(nft, &elems, &error);

		us[i] = now_us() - start;
		if (err == 0)
			err = strcmp(what, "dns") == 0 ? nft_dns_redirect_remove(nft, &error)
						       : nft_elems_delete(nft, &elems, &error);
		if (err < 0) {
			answer(err, &error, start);
			free(us);
			return;
		}
	}
	qsort(us, (size_t)n, sizeof(*us), compare);
	printf("ok %.1f us (min %.1f, 90%% %.1f)\n", us[n / 2], us[0], us[n * 9 / 10]);
	free(us);
}

static void run(char **words, int n)
{
	const char *command = words[0], *text;
	struct error error = { 0 };
	double start = now_us();
	char include[512];
	int err;

	if (strcmp(command, "net") == 0) {
		do_net(words, n);
	} else if (strcmp(command, "from") == 0) {
		do_from(words, n);
	} else if (strcmp(command, "port") == 0) {
		do_port(words, n);
	} else if (strcmp(command, "ports") == 0) {
		do_ports(words, n);
	} else if (strcmp(command, "strangers") == 0 && n == 2) {
		ruleset_add_strangers(&elems, words[1][0] == '6' ? AF_INET6 : AF_INET);
		printf("ok\n");
	} else if (strcmp(command, "present") == 0 && n == 3) {
		do_present(words);
	} else if (strcmp(command, "only") == 0) {
		do_only(words, n);
	} else if (strcmp(command, "clear") == 0) {
		ruleset_elems_done(&elems);
		n_ports = 0;
		n_nets = 0;
		memset(nets, 0, sizeof(nets));
		printf("ok\n");
	} else if (strcmp(command, "reset") == 0) {
		answer(nft_reset(nft, &elems, &error), &error, start);
	} else if (strcmp(command, "add") == 0) {
		answer(nft_elems_add(nft, &elems, &error), &error, start);
	} else if (strcmp(command, "delete") == 0) {
		answer(nft_elems_delete(nft, &elems, &error), &error, start);
	} else if (strcmp(command, "remove") == 0) {
		answer(nft_remove(nft, &error), &error, start);
	} else if (strcmp(command, "owner") == 0) {
		printf("ok %s\n", nft_is_owner(nft) ? "yes" : "no");
	} else if (strcmp(command, "probe") == 0) {
		text = nft_probe(nft);
		printf("ok %s\n", text ? text : "nothing missing");
	} else if (strcmp(command, "count") == 0 && n == 2) {
		printf("ok %d\n", nft_elems_count(nft, set_of(words[1])));
	} else if (strcmp(command, "dns") == 0 && n == 2) {
		answer(nft_dns_redirect(nft, (uint16_t)atoi(words[1]), &error), &error, start);
	} else if (strcmp(command, "dns-remove") == 0) {
		answer(nft_dns_redirect_remove(nft, &error), &error, start);
	} else if (strcmp(command, "forget") == 0) {
		answer(conntrack_forget(ports, n_ports, &error), &error, start);
	} else if (strcmp(command, "user") == 0 && n == 2) {
		snprintf(include, sizeof(include), "include \"%s\"", words[1]);
		answer(nft_user_load(nft, include, &error), &error, start);
	} else if (strcmp(command, "user-none") == 0) {
		answer(nft_user_load(nft, "", &error), &error, start);
	} else if (strcmp(command, "watch-open") == 0) {
		err = nft_watch_open(nft, &watch, &error);
		answer(err, &error, start);
	} else if (strcmp(command, "watch") == 0 && n == 2 && watch) {
		do_watch(atoi(words[1]));
	} else if (strncmp(command, "bench-", 6) == 0 && n == 2) {
		bench(command + 6, atoi(words[1]));
	} else {
		die(command);
	}
}

int main(int argc, char **argv)
{
	bool own = argc > 1 && strcmp(argv[1], "--own") == 0;
	struct error error = { 0 };
	char line[1024];

	own_netns_or_die();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (netns_init(&error) < 0 || nft_open(own, &nft, &error) < 0) {
		printf("error %d: %s\n", error.code, error.text);
		return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		char *words[WORDS_MAX], *save = NULL;
		int n = 0;

		for (char *word = strtok_r(line, " \n", &save); word && n < WORDS_MAX;
		     word = strtok_r(NULL, " \n", &save))
			words[n++] = word;
		if (n > 0)
			run(words, n);
	}
	ruleset_elems_done(&elems);
	nft_watch_close(watch);
	nft_close(nft);
	return 0;
}
