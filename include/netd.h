// SPDX-License-Identifier: GPL-2.0-or-later
// netd.h - what a program that talks to netd may rely on: where netd is, the keys and codes that
// are netd's own, and a client
//
// The API itself is described in docs/api.md.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where netd listens unless told otherwise (--host, "hosts" in netd.json), as netctl's -H takes it.
 */
#define NETD_DEFAULT_HOST "unix:///run/netd/netd.sock"
/* The environment variable with which netctl and the plugins are told of another place. */
#define NETD_HOST_VARIABLE "NETD_HOST"

#define NETD_DEFAULT_CONFIG "/etc/netd/netd.json" /* --config; may be absent */
#define NETD_DEFAULT_RUN_DIR "/run/netd"	  /* --run-dir: as old as the kernel's objects */
#define NETD_DEFAULT_STATE_DIR "/var/lib/netd"	  /* --state-dir: survives a reboot */

/* Where a container's resolver answers, in each container. */
#define NETD_DNS_ADDRESS "127.0.0.11"

/* A container's label that says which runtime asked for it: "docker". */
#define NETD_LABEL_RUNTIME "org.netd.runtime"
/* DriverOpts of an endpoint, "true": the caller moves the interface into the container, names it
 * and gives it its addresses (docs/api.md, Attach). */
#define NETD_OPTION_HANDOVER "org.netd.endpoint.handover"
/* The name of the interface in the container; Docker's word. */
#define NETD_OPTION_IFNAME "com.docker.network.endpoint.ifname"
/* More DriverOpts of an endpoint (docs/api.md, Routes by one of the networks): the metric of its
 * default routes; "false": none; routes, separated by commas. */
#define NETD_OPTION_METRIC "org.netd.endpoint.metric"
#define NETD_OPTION_DEFAULT_ROUTE "org.netd.endpoint.default-route"
#define NETD_OPTION_ROUTES "org.netd.endpoint.routes"
/* The name of the interface's other end, on the host. */
#define NETD_OPTION_HOST_IFNAME "org.netd.endpoint.host-ifname"
/* And "one": each answer to a name of the container there holds one address; "all". */
#define NETD_OPTION_ALIAS_ANSWER "org.netd.endpoint.alias-answer"
/* "true": the container may be on the network already, and gets one more interface there. */
#define NETD_OPTION_ANOTHER "org.netd.endpoint.another"

/* Codes of errors (docs/api.md, Errors): what is in the way. */
#define NETD_CODE_NETWORK_NOT_FOUND "network-not-found"
#define NETD_CODE_CONTAINER_NOT_FOUND "container-not-found"
#define NETD_CODE_NETNS_NOT_FOUND "netns-not-found"
#define NETD_CODE_CONTAINER_IN_USE "container-in-use"
#define NETD_CODE_NETWORK_EXISTS "network-exists"
#define NETD_CODE_NETNS_IN_USE "netns-in-use"
#define NETD_CODE_ADDRESS_IN_USE "address-in-use"
#define NETD_CODE_ADDRESS_AWAITED "address-awaited" /* this host has asked for more: try again */
#define NETD_CODE_PORT_IN_USE "port-in-use"
#define NETD_CODE_CONNECTED "connected"
/* And the codes of the status, where nothing more is to be said. */
#define NETD_CODE_INVALID "invalid"
#define NETD_CODE_FORBIDDEN "forbidden"
#define NETD_CODE_NOT_FOUND "not-found"
#define NETD_CODE_CONFLICT "conflict"
#define NETD_CODE_TOO_LARGE "too-large"
#define NETD_CODE_INTERNAL "internal"
#define NETD_CODE_NOT_IMPLEMENTED "not-implemented"
#define NETD_CODE_UNAVAILABLE "unavailable" /* also when netd cannot be reached */

/* --- libnetd: cc … $(pkg-config --cflags --libs netd) ------------------------------------------
 *
 * Bodies and answers are JSON in text, so that a program uses what it has for that. What a ret_
 * returns is written only on success, may be NULL where it is not wanted, and belongs to the
 * caller, who frees it with free(3). Functions return 0, or a negative number, and then fill
 * *error, which may be NULL: its code tells what it was. A client is one connection: threads have
 * one each. No function writes to the terminal, ends the process or changes signals.
 */

struct netd_client;

struct netd_error {
	int status;	   /* of HTTP; 0: netd_open, netd_call or netd_follow had no answer */
	char code[32];	   /* NETD_CODE_…, or one of a newer netd */
	char message[512]; /* one sentence for a person */
};

/* host as netctl's -H takes it (unix://PATH, ssh://[user@]host[:port][/PATH]); NULL: what NETD_HOST
 * says, else NETD_DEFAULT_HOST. NETD_CODE_UNAVAILABLE: nobody answers there. */
int netd_open(const char *host, struct netd_client **ret_client, struct netd_error *error);
void netd_close(struct netd_client *client); /* NULL is fine */

/* One request. path begins with a slash, and what was put into it went through netd_quote; body may
 * be NULL. A status of 300 or more is an error. A connection that netd has closed meanwhile is
 * opened again. */
int netd_call(struct netd_client *client, const char *method, const char *path, const char *body,
	      char **ret_answer, struct netd_error *error);

/* Follows what does not end by itself (GET /events): on_data is called with each piece until netd
 * ends it (then 0 is returned), or until on_data returns a positive number, which is returned; else
 * it returns 0. */
int netd_follow(struct netd_client *client, const char *path,
		int (*on_data)(const char *data, size_t len, void *user), void *user,
		struct netd_error *error);

/* Attaches a container unless it is attached the same way. body is that of POST
 * /netd/v1/containers, with Id and NetnsPath. A container with this id that is seen to be in
 * another network namespace is what an earlier start left, and is detached; where that cannot be
 * seen, from another host or without the right to look, it is a conflict. One in this namespace
 * gets the interfaces and published ports that it lacks, all of them or, on an error, none; an
 * interface whose address or MAC is another one is taken off and connected anew, or put back with
 * those it had where anything fails. *ret_container is as GET /netd/v1/containers/{id} shows it.
 * Repeating it is no error. */
int netd_ensure(struct netd_client *client, const char *body, char **ret_container,
		struct netd_error *error);
/* Takes a container (name, id or beginning of an id) off all its networks. What is not there is
 * success. */
int netd_detach(struct netd_client *client, const char *container, struct netd_error *error);

/* text for a segment of a path or the value of a query; NULL: no memory. */
char *netd_quote(const char *text);

#ifdef __cplusplus
}
#endif
