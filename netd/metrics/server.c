// SPDX-License-Identifier: GPL-2.0-or-later
// server.c - pages of metrics over HTTP
#include "metrics/server.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "metrics/accept.h"
#include "metrics/page.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. One thread, one loop. Who asks for a page has a snapshot gathered, for which
 * all others wait: netd answers all who ask at the same time with one and the same anyway. A page
 * that was just made is given again, so that many who ask cost what one costs; it is one text for
 * all who still read it. Requests are read and pages are written as clients take them, and one that
 * does neither is closed after a while. */

/* A page of each format, until it is too old; response NULL: none. */
struct kept {
	struct MHD_Response *response;
	int64_t until_ms;
};

/* One server in the process; libmicrohttpd's callbacks find it here. */
static struct {
	struct MHD_Daemon *daemon;
	struct observed *observed;
	struct kept kept[PAGE_FORMAT_N];
} its;

/* The response may be NULL, for want of memory. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status,
			      struct MHD_Response *response)
{
	/* Without one the connection is closed. */
	return response ? MHD_queue_response(connection, status, response) : MHD_NO;
}

/* The text belongs to the response from here on, and to nobody where that cannot be made: then
 * it is freed. A response that lacks its header is better than none. */
static struct MHD_Response *make_response(char *text, size_t len, const char *type)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(len, text,
									MHD_RESPMEM_MUST_FREE);

	if (!response)
		free(text);
	else
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	return response;
}

/* The connection holds the response as long as it is written, so it can be let go of here. */
static enum MHD_Result say(struct MHD_Connection *connection, unsigned int status, const char *text)
{
	struct buf out = { 0 };
	struct MHD_Response *response;
	enum MHD_Result result;

	buf_printf(&out, "%s\n", text);
	response = out.data ? make_response(out.data, out.len, "text/plain; charset=utf-8") : NULL;
	if (response && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		/* RFC 9110, 15.5.6: who gets 405 is told what is allowed. */
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = answer(connection, status, response);
	if (response)
		MHD_destroy_response(response);
	return result;
}

/* --- the page --------------------------------------------------------------------------------- */

/* The time covers gathering and hearing alone, and not the writing of the page. */
static int make_page(enum page_format format, struct buf *out, struct error *error)
{
	_cleanup_(buf_done) struct buf snapshot = { 0 }, report = { 0 };
	double begun_s = deadline_now_s();
	int err = observed_get(its.observed, &snapshot, &report, error);
	double took_s = deadline_now_s() - begun_s;
	const struct page_source source = { .snapshot = snapshot.data ? snapshot.data : "",
					    .len = snapshot.len,
					    .report = report.data,
					    .report_len = report.len,
					    .drops = &its.observed->drops,
					    .took_us = (uint64_t)(took_s * 1e6) };

	return err < 0 ? err : page_write(&source, format, out, error);
}

static int keep_page(enum page_format format, struct error *error)
{
	struct kept *kept = &its.kept[format];
	struct buf out = { 0 };
	int err;

	/* METRICS_FRESH_MS is short: a page is given again to those who ask at about the same
	 * time. */
	if (kept->response && !deadline_passed(kept->until_ms))
		return 0;
	if (kept->response)
		/* libmicrohttpd counts its users. */
		MHD_destroy_response(kept->response); /* who reads it goes on */
	kept->response = NULL;
	err = make_page(format, &out, error);
	/* Of a page that was half written nothing is kept. */
	if (err < 0) {
		buf_done(&out);
		return err;
	}
	kept->response = make_response(out.data, out.len, page_content_type[format]);
	kept->until_ms = deadline_after(METRICS_FRESH_MS);
	return kept->response ? 0 : error_system(error, -ENOMEM, "cannot make a page");
}

/* It is called when the head of a request has been read. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **request)
{
	const char *accept;
	enum page_format format;
	struct error error = { 0 };

	/* The answer to what has a body comes before that, and ends the connection. */
	(void)cls, (void)version, (void)upload, (void)upload_len, (void)request;
	/* HEAD is answered as GET; libmicrohttpd leaves the body out. */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is understood");
	if (strcmp(url, "/metrics") != 0)
		return say(connection, MHD_HTTP_NOT_FOUND, "netd's metrics are at /metrics");
	accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	format = accept_format(accept);
	/* 503: a reader of metrics then knows "no data", which is not "all numbers are 0". */
	if (keep_page(format, &error) < 0)
		return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, error.text);
	return answer(connection, MHD_HTTP_OK, its.kept[format].response);
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Of clients that hang up, mostly. At the level debug: a stranger could fill the log. */
__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *format,
							 va_list args)
{
	/* A log takes one line. */
	char text[ERROR_TEXT_MAX];

	(void)cls;
	(void)vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("HTTP: %s", text);
}

/* The limits: how many clients at once, how many of one address, how long one may be silent,
 * and how large a head may be. No thread is started: MHD_run() does all the work in the
 * caller's loop. */
int server_start(int tcp_fd, struct observed *observed, struct error *error)
{
	its.observed = observed;
	its.daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, NULL,
		/* first, so that it is in place when others complain */
		MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET, tcp_fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned int)METRICS_CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned int)METRICS_PER_ADDRESS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)METRICS_CONNECTION_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)METRICS_HEADER_MAX, MHD_OPTION_END);
	return its.daemon ? 0
			  : error_set(error, ERROR_INTERNAL, "cannot start the server of metrics");
}

/* epoll's descriptor is readable when any client or the listening socket is. */
int server_fd(void)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(its.daemon,
							       MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

/* Never, where no client is waited for. */
int64_t server_deadline(void)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(its.daemon, &ms) != MHD_YES)
		return DEADLINE_NEVER;
	return deadline_after(ms < UINT32_MAX ? (unsigned int)ms : UINT32_MAX);
}

void server_turn(void)
{
	(void)MHD_run(its.daemon); /* what fails is one connection's */
}
