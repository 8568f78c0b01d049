// SPDX-License-Identifier: GPL-2.0-or-later
// call.h - one request on its way through the API: what handlers read, and how they wait
#pragma once

#include "api/call/cluster.h"
#include "api/call/explainer.h"
#include "api/call/path.h"
#include "api/call/starter.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/list.h"
#include "engine/engine.h"

#include <jansson.h>
#include <sys/types.h>

struct MHD_Connection;
struct MHD_UpgradeResponseHandle;
struct once;
struct api_call;
struct api_http;
struct api_requests;

#define API_VERSION_MAX "1.52"
#define API_VERSION_MIN "1.24"
enum { API_MAJOR = 1, API_MINOR_MIN = 24, API_MINOR_MAX = 52 };

/* What a handler that returns this has done: kept the call, which it will finish later with
 * api_call_resume. */
enum { API_LATER = 1 };

/* Decodes, decides, does, and fills the reply. 0, API_LATER, or a negative errno with call->error
 * filled: then the reply is that error. */
typedef int (*api_handler)(struct api_call *call);

enum api_body {
	API_BODY_NONE,	 /* what comes is read and thrown away */
	API_BODY_JSON,	 /* call->json is an object before the handler runs */
	API_BODY_BACKUP, /* the same, as long as a backup may be */
};

struct api_route {
	const char *method, *pattern; /* see api_path_match */
	api_handler handler;
	enum api_body body;
	bool greets; /* the reply has the headers a Docker client negotiates with */
};

/* What a call waits for that has returned API_LATER, and how it is given up. Whoever waits clears
 * it when his turn has come. */
struct api_pending {
	void (*forget)(void *data); /* NULL: nothing */
	void *data;
};

/* A reply that goes on by itself: its body is read piece by piece. */
struct api_stream {
	/* As libmicrohttpd's MHD_ContentReaderCallback. NULL: the reply is no stream. */
	ssize_t (*read)(void *data, uint64_t pos, char *piece, size_t max);
	void (*end)(void *data); /* what has been written is still read */
	void (*free)(void *data);
	void *data;
	bool is_endless; /* it goes on until its client has enough: such have a bound of their own
			  */
};

/* A reply of 101, behind which the connection is somebody else's. */
struct api_upgrade {
	const char *protocol; /* NULL: the reply is none */
	/* As libmicrohttpd's MHD_UpgradeHandler, with the call; it clears this. */
	void (*handler)(void *data, struct MHD_Connection *connection, void *call,
			const char *extra, size_t extra_len, int fd,
			struct MHD_UpgradeResponseHandle *handle);
	void (*forget)(void *data); /* the call ends without it */
	void *data;
};

enum api_call_state {
	API_CALL_READING,   /* the body is coming in */
	API_CALL_SUSPENDED, /* a handler or a stream waits; the HTTP server leaves the call alone */
	API_CALL_READY,	    /* the reply can be sent */
	API_CALL_SENT,	    /* the HTTP server has the reply */
};

struct api_call {
	struct list node; /* in the list of all calls */
	struct api_requests *requests;
	struct api_http *http;
	struct MHD_Connection *connection;
	enum api_call_state state, state_before; /* it was suspended */

	char method[8];
	struct api_path path;
	const struct api_route *route;
	enum operation operation; /* that the route asks for */
	const char *ref;	  /* the object the path names; NULL for none */
	unsigned int minor;	  /* of the API version spoken */
	struct buf body;
	size_t body_seen; /* with what was thrown away */
	bool speechless;  /* there was no memory even to say what is wrong */
	json_t *json;	  /* the body, for API_BODY_JSON */
	struct error error;
	double began_s; /* of CLOCK_MONOTONIC: the whole request was there */

	int status;
	struct buf reply;
	const char *content_type;
	struct api_stream stream; /* the reply, when it goes on by itself */
	struct api_upgrade upgrade;
	struct api_pending pending;
	/* A program of its own answers, over a duplicate of the connection's socket: nothing is
	 * sent from here, and the connection ends with that program. */
	bool is_handed;
	/* is_done: the change is made, and so is the reply, which the waiter alone holds back,
	 * until what the change left is done. */
	bool is_done;
	struct engine_waiter waiter;
};

struct engine *api_call_engine(const struct api_call *call);
struct once *api_call_refused(const struct api_call *call);
const struct api_explainer *api_call_explainer(const struct api_call *call);
const struct api_starter *api_call_starter(const struct api_call *call);
const struct api_cluster *api_call_cluster(const struct api_call *call);
struct api_explanations *api_call_explanations(const struct api_call *call);
struct ev_loop *api_call_loop(const struct api_call *call);

/* A query parameter, decoded; NULL: not given. The caller frees. Malformed or out of memory: the
 * error is filled and negative returned. */
int api_call_query(struct api_call *call, const char *name, char **ret_value);
/* As Docker: absent, "", "0", "no", "false" and "none" are false, all else true. */
int api_call_flag(struct api_call *call, const char *name, bool *ret_value);
/* A request header, or NULL. */
const char *api_call_header(const struct api_call *call, const char *name);

/* Takes the connection out of the HTTP server's hands until api_call_resume: for a handler that
 * returns API_LATER, and for a stream with nothing to send. */
void api_call_suspend(struct api_call *call);
void api_call_resume(struct api_call *call);
/* Gives up what the call waits for, if it does. */
void api_call_forget(struct api_call *call);
/* The connection's socket. */
int api_call_fd(const struct api_call *call);
