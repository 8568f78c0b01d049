// SPDX-License-Identifier: GPL-2.0-or-later
// http.c - requests to a member of etcd over TLS, in the loop
#include "herald/http.h"

#include "base/cleanup.h"
#include "base/list.h"
#include "base/watcher.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. libcurl says which descriptors it waits for and until when; both are watched
 * in the loop, and it is told what became of them (curl_multi_socket_action). A call that is done
 * or cancelled within a callback of libcurl's is freed when that has returned: it must not lose its
 * handle under its feet. */

struct http {
	struct ev_loop *loop;
	CURLM *multi;
	ev_timer timer;
	struct curl_slist *headers;
	struct curl_blob ca, cert, key;
	bool inside; /* a callback of libcurl's is on the stack, or of a call's */
	bool was_refused, was_hung_up;
	struct list cancelled, streams; /* http_call.node, http_call.stream */
};

/* A call lives until its done was called or it was cancelled. Freed at once, or, while libcurl is
 * on the stack, when that has returned. */
struct http_call {
	struct list node;   /* in http.cancelled */
	struct list stream; /* in http.streams, where it has lines */
	struct http *http;
	CURL *easy;
	char url[CLUSTER_URL_LEN_MAX + 64], member[CLUSTER_URL_LEN_MAX + 1];
	struct buf body, answer;
	/* NULL: the answer comes as a whole */
	http_line line;
	http_done done;
	void *data;
	bool is_cancelled;
	char reason[CURL_ERROR_SIZE];
};

/* One descriptor of libcurl's. */
struct watched {
	ev_io io;
	struct http *http;
};

/* Never from within libcurl. libcurl forbids to remove a handle from within a callback
 * (curl_multi_remove_handle(3)). */
static void free_call(struct http_call *call)
{
	(void)curl_multi_remove_handle(call->http->multi, call->easy); /* it may not be there */
	curl_easy_cleanup(call->easy);
	list_remove(&call->node);
	list_remove(&call->stream);
	buf_done(&call->body);
	buf_done(&call->answer);
	free(call);
}

/* Frees all that were finished or cancelled meanwhile. */
static void sweep(struct http *http)
{
	list_foreach (&http->cancelled, struct http_call, call, node)
		free_call(call);
}

/* Twice is no harm. The call must not be used by the caller afterwards. */
void http_cancel(struct http_call *call)
{
	if (!call || call->is_cancelled)
		return;
	call->is_cancelled = true;
	/* The list keeps it until sweep: whoever is up the stack may still read its fields. */
	list_append(&call->http->cancelled, &call->node);
	if (!call->http->inside)
		sweep(call->http);
}

/* --- what libcurl is told --- */

/* In TLS 1.3 a certificate is refused when the connection is there already; one that was revoked
 * etcd looks up even later (--client-crl-file), and ends the connection in an orderly way. */
static bool has_hung_up(CURLcode result)
{
	return result == CURLE_SEND_ERROR || result == CURLE_RECV_ERROR ||
	       result == CURLE_GOT_NOTHING;
}

/* Those that say no at once. A certificate of this host's that a member does not take shows as a
 * connection that ends, and so does a member that ends: who relies on this waits for some of them
 * in a row. */
static bool is_refusal(CURLcode result)
{
	return result == CURLE_COULDNT_CONNECT || result == CURLE_PEER_FAILED_VERIFICATION ||
	       result == CURLE_SSL_CERTPROBLEM || result == CURLE_SSL_CONNECT_ERROR ||
	       has_hung_up(result);
}

bool http_was_refused(const struct http *http)
{
	return http->was_refused;
}

bool http_was_hung_up(const struct http *http)
{
	return http->was_hung_up;
}

/* TLS itself says why it takes no certificate: it has expired, or is of another authority. Nobody
 * says a word of one that was revoked. */
static bool has_given_reason(const struct http_call *call)
{
	return strstr(call->reason, "alert") != NULL;
}

/* done is called once, and not for a call that was cancelled. The reason is libcurl's own sentence
 * where it has one. */
static void finish(struct http_call *call, CURLcode result)
{
	char why[HERALD_WHY_LEN_MAX + 1];

	if (call->is_cancelled)
		return;
	call->is_cancelled = true;
	/* Listed before done is called: done may cancel it once more, which does nothing then. */
	list_append(&call->http->cancelled, &call->node);
	if (result == CURLE_OK) {
		call->done(call->answer.data ? call->answer.data : "", call->answer.len, NULL,
			   call->data);
		return;
	}
	call->http->was_refused = is_refusal(result);
	call->http->was_hung_up = has_hung_up(result) && !has_given_reason(call);
	if (has_hung_up(result))
		(void)snprintf(why, sizeof(why),
			       "%s: it hangs up, as etcd does when it does not take a certificate, "
			       "for it was revoked or is of another authority",
			       call->member);
	else
		(void)snprintf(why, sizeof(why), "%s: %.150s", call->member,
			       call->reason[0] ? call->reason : curl_easy_strerror(result));
	call->done(NULL, 0, why, call->data);
}

/* libcurl tells of finished transfers in a queue of its own (curl_multi_info_read(3)). */
static void look_for_ends(struct http *http)
{
	CURLMsg *message;
	int n_left;

	while ((message = curl_multi_info_read(http->multi, &n_left)) != NULL) {
		struct http_call *call = NULL;
		CURLcode result = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
		/* What it reads must stay until it has read it, whatever it cancels. done may
		 * cancel other calls, and this one. */
		http->inside = true;
		finish(call, result);
		http->inside = false;
	}
	sweep(http);
}

/* Lines that are whole. What is behind the last newline waits for more. A line may cancel the call;
 * then the rest is thrown away. */
static void hand_out_lines(struct http_call *call)
{
	char *newline;
	size_t at = 0;

	while (!call->is_cancelled && at < call->answer.len &&
	       (newline = memchr(call->answer.data + at, '\n', call->answer.len - at)) != NULL) {
		size_t len = (size_t)(newline - call->answer.data) - at;

		if (len > 0)
			call->line(call->answer.data + at, len, call->data);
		at += len + 1;
	}
	buf_consume(&call->answer, at);
}

/* Every call of libcurl that makes progress comes by here. */
static void act(struct http *http, curl_socket_t fd, int what)
{
	int n_running;

	/* Callbacks below only note what is to be freed. */
	http->inside = true;
	(void)curl_multi_socket_action(http->multi, fd, what, &n_running);
	/* Not while they come: whoever reads them asks for something else, which libcurl takes from
	 * none of its own callbacks. */
	list_foreach (&http->streams, struct http_call, call, stream)
		hand_out_lines(call);
	http->inside = false;
	look_for_ends(http);
}

/* libcurl is told which of the two is possible. */
static void on_ready(struct ev_loop *loop, ev_io *io, int revents)
{
	struct watched *watched = io->data;

	if (watcher_again(loop, io, revents))
		return;
	act(watched->http, io->fd,
	    ((revents & EV_READ) ? CURL_CSELECT_IN : 0) |
		    ((revents & EV_WRITE) ? CURL_CSELECT_OUT : 0));
}

/* libcurl's own timeout, for whatever it has set it. */
static void on_time(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct http *http = timer->data;

	(void)revents;
	ev_timer_stop(loop, timer);
	act(http, CURL_SOCKET_TIMEOUT, 0);
}

/* --- what libcurl wants --- */

/* Called by libcurl: this descriptor is to be watched so from now on, or no more. -1 fails the
 * transfer. */
static int want_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
	struct http *http = data;
	struct watched *watched = socket_data;

	(void)easy;
	/* libcurl waits for this descriptor no more, and may close it. A watcher that went on would
	 * watch whatever gets its number next. */
	if (what == CURL_POLL_REMOVE) {
		if (watched)
			ev_io_stop(http->loop, &watched->io);
		free(watched);
		(void)curl_multi_assign(http->multi, fd, NULL);
		return 0;
	}
	if (!watched) {
		watched = calloc(1, sizeof(*watched));
		if (!watched || curl_multi_assign(http->multi, fd, watched) != CURLM_OK) {
			free(watched);
			return -1;
		}
		watched->http = http;
		ev_init(&watched->io, on_ready);
		watched->io.data = watched;
	}
	/* libev must not see a watcher change while it is active. */
	ev_io_stop(http->loop, &watched->io);
	ev_io_set(&watched->io, fd,
		  ((what & CURL_POLL_IN) ? EV_READ : 0) | ((what & CURL_POLL_OUT) ? EV_WRITE : 0));
	ev_io_start(http->loop, &watched->io);
	return 0;
}

/* Called by libcurl. -1: nothing has to be done at any time. */
static int want_time(CURLM *multi, long ms, void *data)
{
	struct http *http = data;

	(void)multi;
	ev_timer_stop(http->loop, &http->timer);
	if (ms < 0)
		return 0;
	/* Not at once, though it be 0: libcurl must not be called from here. */
	ev_timer_set(&http->timer, (double)ms / 1e3, 0.);
	ev_timer_start(http->loop, &http->timer);
	return 0;
}

/* Called by libcurl with a piece of the answer. A stream's lines are taken out after each round, so
 * the bound holds for a single line. */
static size_t take(char *bytes, size_t each, size_t n, void *data)
{
	struct http_call *call = data;
	size_t len = each * n;

	/* Another number than len ends the transfer. The bound is for all that is kept at a time: a
	 * member of etcd that sends without end must not take the memory. */
	if (call->is_cancelled || call->answer.len + len > HERALD_ANSWER_MAX)
		return 0;
	buf_append(&call->answer, bytes, len);
	return call->answer.err == 0 ? len : 0;
}

/* --- from outside --- */

/* Runs before the seal: libcurl and OpenSSL read files when they begin. */
int http_new(struct ev_loop *loop, struct http **ret_http)
{
	/* A failure here ends the process, so the headers are not freed. */
	_cleanup_free_ struct http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return -ENOMEM;
	http->loop = loop;
	list_init(&http->cancelled);
	list_init(&http->streams);
	ev_init(&http->timer, on_time);
	http->timer.data = http;
	http->headers = curl_slist_append(NULL, "Content-Type: application/json");
	/* A member that is cut off from the others would otherwise answer what it knows, and keep a
	 * watch that says nothing. */
	if (!http->headers || !curl_slist_append(http->headers, "Grpc-Metadata-hasleader: true") ||
	    !curl_slist_append(http->headers, "Expect:") || !(http->multi = curl_multi_init()))
		return -ENOMEM;
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	(void)curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_time);
	(void)curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
	*ret_http = take_ptr(http);
	return 0;
}

/* Copied by each request: the certificate may be another before one has ended. */
static struct curl_blob blob_of(const char *text)
{
	return (struct curl_blob) { (void *)text, strlen(text), CURL_BLOB_COPY };
}

void http_trust(struct http *http, const struct herald_config *config)
{
	http->ca = blob_of(config->ca);
	http->cert = blob_of(config->cert);
	http->key = blob_of(config->key);
}

/* There are no files, so whom to trust is given as it is. */
static bool set_tls(const struct http *http, CURL *easy)
{
	/* The system's authorities count for nothing: a member is trusted only if the cluster's
	 * authority has signed it. */
	return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &http->ca) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &http->cert) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &http->key) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
		       CURLE_OK;
}

/* No proxy, whatever the environment says. HTTP/1.1 is what the gateway speaks best. */
static bool set_request(const struct http *http, struct http_call *call)
{
	CURL *easy = call->easy;

	return curl_easy_setopt(easy, CURLOPT_URL, call->url) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
		       CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)call->body.len) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data) == CURLE_OK;
}

/* NOSIGNAL keeps libcurl from using SIGALRM. A watch has no end, so it has no timeout; its session
 * ends it. */
static bool set_behaviour(struct http_call *call)
{
	CURL *easy = call->easy;

	return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HERALD_CONNECT_MS) ==
		       CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
				call->line ? 0L : (long)HERALD_REQUEST_MS) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->reason) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_WRITEDATA, call) == CURLE_OK &&
	       curl_easy_setopt(easy, CURLOPT_PRIVATE, call) == CURLE_OK;
}

/* body is taken over in any case. */
struct http_call *http_ask(struct http *http, const char *url, const char *path, struct buf *body,
			   http_line line, http_done done, void *data)
{
	struct http_call *call = body->err == 0 ? calloc(1, sizeof(*call)) : NULL;

	if (!call) {
		buf_done(body);
		return NULL;
	}
	call->http = http;
	/* With a line the answer is a stream; without it the answer comes whole. */
	call->line = line;
	call->done = done;
	call->data = data;
	call->body = take_struct(*body);
	list_init(&call->node);
	list_init(&call->stream);
	if (line)
		list_append(&http->streams, &call->stream);
	(void)snprintf(call->member, sizeof(call->member), "%s", url);
	(void)snprintf(call->url, sizeof(call->url), "%s%s", url, path);
	call->easy = curl_easy_init();
	if (call->easy && set_tls(http, call->easy) && set_request(http, call) &&
	    set_behaviour(call) && curl_multi_add_handle(http->multi, call->easy) == CURLM_OK)
		return call;
	free_call(call);
	return NULL;
}
