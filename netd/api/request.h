// SPDX-License-Identifier: GPL-2.0-or-later
// request.h - the life of one HTTP request: its bytes in, its handler, its reply out
#pragma once

#include "api/call/call.h"
#include "api/call/http.h"
#include "base/list.h"

#include <microhttpd.h>

/* All requests that are being read, made or answered. */
struct api_requests {
	struct api_http *http;
	struct list calls;
	struct api_call *large[2];	 /* who may send more than API_BODY_MAX: root's, others' */
	struct MHD_Response *speechless; /* for when there is no memory for another */
};

/* 0 or -ENOMEM. */
int api_request_init(struct api_requests *requests, struct api_http *http);
void api_request_done(struct api_requests *requests);
/* Ends what calls wait for, each with an answer, so that the connections can be closed. */
void api_request_cancel_all(struct api_requests *requests);

/* The HTTP server's view of a call (MHD_AccessHandlerCallback, MHD_RequestCompletedCallback). cls
 * of the first are the requests. */
enum MHD_Result api_request_on(void *cls, struct MHD_Connection *connection, const char *url,
			       const char *method, const char *http_version,
			       const char *upload_data, size_t *upload_size, void **ret_call);
void api_request_on_completed(void *cls, struct MHD_Connection *connection, void **ret_call,
			      enum MHD_RequestTerminationCode why);
