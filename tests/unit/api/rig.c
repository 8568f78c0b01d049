// SPDX-License-Identifier: GPL-2.0-or-later
// rig.c - the API server over an engine and a kernel in memory, and a client in the same thread
#include "tests/unit/api/rig.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#define ROUNDS 2000 /* of a millisecond each: far beyond what any answer takes */

static int setup(void **state, const struct api_explainer *explainer,
		 const struct api_starter *starter)
{
	struct api_rig *rig = calloc(1, sizeof(*rig));
	struct api_options options;
	char netns[96];
	void *below;

	assert_non_null(rig);
	assert_int_equal(rig_setup(&below), 0);
	rig->below = below;
	(void)snprintf(netns, sizeof(netns), "%s/netns-of-1", rig->below->dir);
	fake_netns_add(netns, 1);
	rig->resolver = resolver_peer_start(rig->below);
	(void)snprintf(rig->path, sizeof(rig->path), "%s/s", rig->below->dir);
	options = (struct api_options) { .loop = rig->below->loop,
					 .engine = rig->below->engine,
					 .explainer = *explainer,
					 .starter = *starter };
	rig_done(rig->below,
		 api_listen_unix(rig->path, NULL, &options.listen_fd, &rig->below->error));
	rig_done(rig->below, api_server_new(&options, &rig->server, &rig->below->error));
	*state = rig;
	return 0;
}

int api_rig_setup(void **state)
{
	return api_rig_setup_with(state, &(struct api_explainer) { 0 });
}

int api_rig_setup_with(void **state, const struct api_explainer *explainer)
{
	return setup(state, explainer, &(struct api_starter) { 0 });
}

int api_rig_setup_starting(void **state, const struct api_starter *starter)
{
	return setup(state, &(struct api_explainer) { 0 }, starter);
}

int api_rig_teardown(void **state)
{
	struct api_rig *rig = *state;
	void *below = rig->below;

	api_server_free(rig->server);
	resolver_peer_end(rig->resolver);
	free(rig);
	return rig_teardown(&below);
}

void rig_round(struct api_rig *rig)
{
	ev_run(rig->below->loop, EVRUN_NOWAIT);
}

size_t rig_n_subscribers(const struct api_rig *rig)
{
	const struct list *all = &rig->below->engine->subscribers;
	size_t n = 0;

	for (const struct list *one = all->next; one != all; one = one->next)
		n++;
	return n;
}

uint64_t rig_counted(const struct api_rig *rig, enum guard_id id)
{
	return rig->below->engine->guard.counters[id].n;
}

struct client client_open(struct api_rig *rig)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct client client = { .rig = rig };

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", rig->path);
	client.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(client.fd >= 0);
	assert_int_equal(connect(client.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(client.fd, F_SETFL, O_NONBLOCK), 0);
	return client;
}

void client_close(struct client *client)
{
	(void)close(client->fd);
	buf_done(&client->in);
	rig_round(client->rig);
	rig_round(client->rig);
}

void client_turn(struct client *client)
{
	struct pollfd ready = { .fd = client->fd, .events = POLLIN };
	char data[4096];
	ssize_t n;

	rig_round(client->rig);
	if (client->ended || poll(&ready, 1, 1) <= 0)
		return;
	n = recv(client->fd, data, sizeof(data), MSG_DONTWAIT);
	if (n > 0)
		buf_append(&client->in, data, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		client->ended = true;
}

void client_send(struct client *client, const void *data, size_t len)
{
	const char *from = data;

	for (int i = 0; i < ROUNDS && len > 0; i++) {
		ssize_t n = send(client->fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return; /* the server has closed: the test looks at what it said */
		if (n > 0) {
			from += n;
			len -= (size_t)n;
		}
		rig_round(client->rig);
	}
	assert_int_equal(len, 0);
}

void client_puts(struct client *client, const char *text)
{
	client_send(client, text, strlen(text));
}

void client_expect(struct client *client, const char *text)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (client->in.data && strstr(client->in.data, text))
			return;
		client_turn(client);
	}
	fail_msg("\"%s\" did not come, but: %s", text, client->in.data ? client->in.data : "");
}

void client_expect_end(struct client *client)
{
	for (int i = 0; i < ROUNDS && !client->ended; i++)
		client_turn(client);
	assert_true(client->ended);
}

static size_t content_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? strtoul(line + strlen("\r\nContent-Length:"), NULL, 10) : 0;
}

struct reply client_reply(struct client *client, bool head_only)
{
	struct reply reply;
	size_t head, len;

	client_expect(client, "\r\n\r\n");
	head = (size_t)(strstr(client->in.data, "\r\n\r\n") - client->in.data) + 4;
	reply.head = strndup(client->in.data, head);
	assert_int_equal(sscanf(reply.head, "HTTP/1.%*c %d ", &reply.status), 1);
	len = head_only ? 0 : content_length(reply.head);
	for (int i = 0; i < ROUNDS && client->in.len < head + len && !client->ended; i++)
		client_turn(client);
	assert_true(client->in.len >= head + len);
	reply.body = strndup(client->in.data + head, len);
	buf_consume(&client->in, head + len);
	return reply;
}

void reply_done(struct reply *reply)
{
	free(reply->head);
	free(reply->body);
}

static char *make_request(const char *method, const char *path, const char *body)
{
	char *text = NULL;
	int n;

	if (body)
		n = asprintf(&text,
			     "%s %s HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
			     "Content-Length: %zu\r\n\r\n%s",
			     method, path, strlen(body), body);
	else
		n = asprintf(&text, "%s %s HTTP/1.1\r\nHost: d\r\n\r\n", method, path);
	assert_true(n > 0);
	return text;
}

struct reply rig_call(struct api_rig *rig, const char *method, const char *path, const char *body)
{
	_cleanup_free_ char *request = make_request(method, path, body);
	struct client client = client_open(rig);
	struct reply reply;

	client_puts(&client, request);
	reply = client_reply(&client, strcmp(method, "HEAD") == 0);
	client_close(&client);
	return reply;
}

void rig_expect(struct api_rig *rig, const char *method, const char *path, const char *body,
		int status, const char *text)
{
	_cleanup_(reply_done) struct reply reply = rig_call(rig, method, path, body);

	if (reply.status != status || (text && !strstr(reply.body, text)))
		fail_msg("%s %s: wanted %d %s, got %d %s", method, path, status, text ? text : "",
			 reply.status, reply.body);
}
