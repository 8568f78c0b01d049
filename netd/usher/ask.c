// SPDX-License-Identifier: GPL-2.0-or-later
// ask.c - asks for this host to be let into a cluster, at another one's door
#include "authority/authority.h"
#include "base/cleanup.h"
#include "usher/talk.h"
#include "usher/tls.h"
#include "usher/usher.h"
#include "usher/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One at a time. */
static struct {
	uint32_t id; /* 0: nobody asks */
	struct usher_ask ask;
	struct usher_request request;
	struct usher_admitted admitted;
	bool is_done;
	char why[HERALD_WHY_LEN_MAX + 1];
	SSL_CTX *context;
} errand;

static void finish(int status, const char *why)
{
	char sentence[HERALD_WHY_LEN_MAX + 1];
	uint32_t id = errand.id;

	(void)snprintf(sentence, sizeof(sentence), "%s port %u: %.180s", ADDR_STR(&errand.ask.addr),
		       errand.ask.port, why);
	if (status == 0)
		channel_admitted(id, &errand.admitted);
	else
		channel_refused(id, status, sentence);
	SSL_CTX_free(errand.context);
	explicit_bzero(&errand, sizeof(errand));
}

static void fail(struct talk *talk, const char *why)
{
	(void)snprintf(errand.why, sizeof(errand.why), "%s", why);
	talk_end(talk);
}

/* By which address of this host it was reached. */
static bool find_own(SSL *tls, struct addr *ret_addr)
{
	struct sockaddr_storage place = { 0 };
	socklen_t len = sizeof(place);
	uint16_t port;

	return getsockname(SSL_get_fd(tls), (struct sockaddr *)&place, &len) == 0 &&
	       addr_from_sockaddr((const struct sockaddr *)&place, ret_addr, &port);
}

static void on_met(struct talk *talk, void *data)
{
	static uint8_t space[USHER_MESSAGE_MAX];
	struct wire out = wire_writer(space, sizeof(space));
	const char *why = tls_judge(talk_tls(talk), errand.ask.digest, &errand.ask.addr,
				    errand.admitted.ca, sizeof(errand.admitted.ca));

	(void)data;
	if (!why && !find_own(talk_tls(talk), &errand.admitted.own))
		why = "this host's own address there cannot be found";
	if (why) {
		fail(talk, why);
		return;
	}
	/* Not before: who is not of the cluster hears no secret of its. */
	usher_words_put_request(&out, &errand.request);
	talk_say(talk, space, out.pos);
	explicit_bzero(space, sizeof(space));
}

static void on_heard(struct talk *talk, const uint8_t *message, size_t len, void *data)
{
	static struct usher_answer answer; /* large */
	struct wire in = wire_reader(message, len);

	(void)data;
	usher_words_get_answer(&in, &answer);
	if (in.err != 0)
		fail(talk, "it answers in words of another release of netd");
	else if (answer.why[0])
		fail(talk, answer.why);
	else {
		(void)snprintf(errand.admitted.cert, sizeof(errand.admitted.cert), "%s",
			       answer.cert);
		errand.admitted.members = answer.members;
		errand.is_done = true;
		talk_end(talk);
	}
}

static void on_ended(struct talk *talk, const char *why, void *data)
{
	(void)talk, (void)data;
	if (errand.is_done)
		finish(0, "");
	else
		finish(-ECONNREFUSED, errand.why[0] ? errand.why : why ? why : "it has hung up");
}

static int connect_to(const struct usher_ask *ask)
{
	_cleanup_close_ int fd = socket(ask->addr.family,
					SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_storage place;
	socklen_t len = addr_to_sockaddr(&ask->addr, ask->port, &place);

	if (fd < 0 ||
	    (connect(fd, (const struct sockaddr *)&place, len) < 0 && errno != EINPROGRESS))
		return -errno;
	return take_fd(&fd);
}

void ask_start(struct ev_loop *loop, uint32_t id, const struct usher_ask *ask)
{
	const struct talk_ears ears = { .met = on_met, .heard = on_heard, .ended = on_ended };
	size_t key_len = sizeof(errand.request.key);
	int fd;

	if (errand.id != 0) {
		channel_refused(id, -EBUSY, "this host asks already to be let in");
		return;
	}
	errand.id = id;
	errand.ask = *ask;
	memcpy(errand.request.secret, ask->secret, sizeof(errand.request.secret));
	errand.context = tls_client();
	if (!errand.context ||
	    authority_make_key(errand.admitted.key, errand.request.key, &key_len) < 0) {
		finish(-ENOMEM, "no key can be made for this host");
		return;
	}
	errand.request.key_len = (uint16_t)key_len;
	fd = connect_to(ask);
	if (fd < 0)
		finish(fd, strerror(-fd));
	else if (!talk_new(loop, errand.context, fd, true, &ears))
		finish(-ENOMEM, "there is no memory left for a connection");
}
