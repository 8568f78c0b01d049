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

/* Theory of operation. One errand at a time goes through four stations: ask_start makes a key,
 * or ask_renew takes the one that there is, and it connects; on_met judges whom TLS has met and
 * only then says the secret; on_heard takes the answer; on_ended reports to the plumber, once,
 * whatever the way there was. Every path ends in finish(), which forgets the key and the secret.
 *
 * The other host is a stranger until tls_judge has found the authority of the token in what it
 * shows. After that it is believed, but its words still come through the readers of words.c
 * alone. */

/* The errand that is under way. It holds a private key and the secret of a token, so it is
 * cleared as a whole when it ends. There is no need for a second one: a host joins one cluster. */
static struct {
	uint32_t id; /* 0: nobody asks */
	struct usher_ask ask;
	/* what is said to the other host once it is known */
	struct usher_request request;
	/* filled piece by piece: the key first, then the authority and the own address, at last
	 * the certificate and the members; the plumber gets it only with is_done */
	struct usher_admitted admitted;
	/* the answer was good: the end of the connection is no failure then */
	bool is_done;
	/* what on_ended says when this side gave up; "": the connection failed by itself */
	char why[HERALD_WHY_LEN_MAX + 1];
	/* owned; it outlives the connection, which holds a reference of its own */
	SSL_CTX *context;
} errand;

/* Answers the plumber and ends the errand. status: 0, or a negative errno that goes with why.
 * The sentence names the place, for a person who typed the address reads it; why is cut so that
 * both fit. */
static void finish(int status, const char *why)
{
	char sentence[HERALD_WHY_LEN_MAX + 1];
	/* A copy, because the errand is cleared below. */
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

/* Gives up from within a callback. talk_end carries no reason, so why is kept for on_ended,
 * which comes when the callback has returned. */
static void fail(struct talk *talk, const char *why)
{
	(void)snprintf(errand.why, sizeof(errand.why), "%s", why);
	talk_end(talk);
}

/* By which address of this host the other one is reached. The kernel has chosen it by its
 * routes, so it is the address by which hosts over there can reach this one: the default for
 * --advertise-addr. False: the socket does not say. */
static bool find_own(SSL *tls, struct addr *ret_addr)
{
	struct sockaddr_storage place = { 0 };
	socklen_t len = sizeof(place);
	uint16_t port;

	return getsockname(SSL_get_fd(tls), (struct sockaddr *)&place, &len) == 0 &&
	       addr_from_sockaddr((const struct sockaddr *)&place, ret_addr, &port);
}

/* The handshake is done, and nothing has been said yet. This is the one place that decides
 * whether the other host hears the secret. */
static void on_met(struct talk *talk, void *data)
{
	/* Static, for it is large; it is cleared after use, for the secret is in it. */
	static uint8_t space[USHER_MESSAGE_MAX];
	struct wire out = wire_writer(space, sizeof(space));
	const char *why = tls_judge(talk_tls(talk), errand.ask.digest, &errand.ask.addr,
				    errand.admitted.ca, sizeof(errand.admitted.ca));

	(void)data;
	/* The address is asked for now: later the socket may be closed, and an answer without an
	 * address is of no use to the plumber. */
	if (!why && !find_own(talk_tls(talk), &errand.admitted.own))
		why = "this host's own address there cannot be found";
	if (why) {
		fail(talk, why);
		return;
	}
	/* Not before: who is not of the cluster hears no secret of its. out cannot fail: a
	 * request is smaller than the space. */
	usher_words_put_request(&out, &errand.request);
	talk_say(talk, space, out.pos);
	explicit_bzero(space, sizeof(space));
}

/* The one message of the other side: a refusal with a sentence, or a certificate and the
 * members. The sentence was checked to be printable by its reader. */
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
		(void)snprintf(errand.admitted.serving, sizeof(errand.admitted.serving), "%s",
			       answer.serving);
		errand.admitted.serves = answer.serves;
		errand.admitted.members = answer.members;
		errand.is_done = true;
		talk_end(talk);
	}
}

/* The only way out of an errand that had a connection. A refusal by the other host, a failure of
 * TLS and a host that hangs up are all ECONNREFUSED for the plumber; the sentence tells them
 * apart. */
static void on_ended(struct talk *talk, const char *why, void *data)
{
	(void)talk, (void)data;
	if (errand.is_done)
		finish(0, "");
	else
		finish(-ECONNREFUSED, errand.why[0] ? errand.why : why ? why : "it has hung up");
}

/* A socket that is about to be connected, owned by the caller, or a negative errno. EINPROGRESS
 * is the rule: the handshake finds out whether the connection comes about. */
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

/* With a key. From here on talk_new owns the descriptor, also when it fails. */
static void go(struct ev_loop *loop)
{
	const struct talk_ears ears = { .met = on_met, .heard = on_heard, .ended = on_ended };
	int fd = connect_to(&errand.ask);

	if (fd < 0)
		finish(fd, strerror(-fd));
	else if (!talk_new(loop, errand.context, fd, true, &ears))
		finish(-ENOMEM, "there is no memory left for a connection");
}

void ask_renew(struct ev_loop *loop, uint32_t id, const struct usher_renew *renew)
{
	size_t key_len = sizeof(errand.request.key);

	if (errand.id != 0) {
		channel_refused(id, -EBUSY, "this host asks already");
		return;
	}
	errand.id = id;
	errand.ask.addr = renew->addr;
	errand.ask.port = renew->port;
	memcpy(errand.admitted.key, renew->key, sizeof(errand.admitted.key));
	/* No secret: what is shown says enough. */
	errand.context = tls_client();
	if (!errand.context || !tls_show(errand.context, renew->cert, renew->key) ||
	    authority_digest(renew->ca, errand.ask.digest) < 0 ||
	    authority_public(renew->key, errand.request.key, &key_len) < 0) {
		finish(-EINVAL, "this host's own certificate is no good");
		return;
	}
	errand.request.key_len = (uint16_t)key_len;
	go(loop);
}

void ask_start(struct ev_loop *loop, uint32_t id, const struct usher_ask *ask)
{
	size_t key_len = sizeof(errand.request.key);

	/* Refused and not queued: the plumber asks once, so a second ask comes from a second
	 * caller. */
	if (errand.id != 0) {
		channel_refused(id, -EBUSY, "this host asks already to be let in");
		return;
	}
	errand.id = id;
	errand.ask = *ask;
	memcpy(errand.request.secret, ask->secret, sizeof(errand.request.secret));
	/* The key is made here and never leaves this host: only its public half goes into the
	 * request. A failure from here on goes through finish(), which clears what there is
	 * already. */
	errand.context = tls_client();
	if (!errand.context ||
	    authority_make_key(errand.admitted.key, errand.request.key, &key_len) < 0) {
		finish(-ENOMEM, "no key can be made for this host");
		return;
	}
	errand.request.key_len = (uint16_t)key_len;
	go(loop);
}
