// SPDX-License-Identifier: GPL-2.0-or-later
// judge.c - who is let in: whoever knows the secret of the day
#include "authority/authority.h"
#include "usher/usher.h"
#include "usher/words.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Pure but for the signature: no descriptor, no clock, so it is tested and
 * fuzzed as it is. Whoever says the secret is let in, and nothing else about him is looked at. Who
 * says none and shows a certificate that is good and not revoked gets another like it.
 * His key is signed for a client without an address, and for a member of etcd at the address that
 * his connection came from: he cannot pass for another host with either.
 *
 * The reason of a refusal goes to whoever asks, for an administrator has to read there what is
 * wrong. It gives nothing away that helps a stranger to guess: a secret is random and long. */

/* why becomes a line of the terminal on the other host: ASCII without control characters. */
static void refuse(struct usher_answer *answer, const char *why)
{
	(void)snprintf(answer->why, sizeof(answer->why), "%s", why);
}

/* Whether the stranger said this secret, in a time that says nothing of how much of it was
 * right. Both are arrays of that size, cleared before they were filled, so all of their bytes
 * can be compared. A secret "" is none: a host without one lets nobody in. */
static bool is_same(const char *secret, const char *said)
{
	return secret[0] && CRYPTO_memcmp(secret, said, CLUSTER_SECRET_LEN + 1) == 0;
}

/* Whether it is a secret that was replaced. It is good for nothing but a better sentence. All of
 * them are compared, so the time does not tell which one it was. */
static bool was_one(const struct usher_config *config, const char *said)
{
	bool found = false;

	for (uint8_t i = 0; i < config->n_old; i++)
		found |= is_same(config->old[i], said);
	return found;
}

/* What the host may run a member of etcd with. The address is what was seen of it, and nothing that
 * it says: a host stands for itself alone. Without an address that others can use it is a client,
 * as it is when it cannot be signed. */
static void let_serve(const struct usher_config *config, const struct usher_request *request,
		      const struct addr *from, struct usher_answer *answer)
{
	if (!from || addr_is_loopback(from) || addr_is_link_local(from) ||
	    authority_sign(config->ca, config->ca_key, request->key, request->key_len, from,
			   (long)config->valid_s, answer->serving, sizeof(answer->serving)) < 0)
		answer->serving[0] = '\0';
	else
		answer->serves = *from;
}

static bool is_revoked(const struct usher_config *config, const char *serial)
{
	for (uint16_t i = 0; i < config->n_revoked; i++)
		if (strcmp(config->revoked[i], serial) == 0)
			return true;
	return false;
}

/* A certificate for the key, and the members. serves NULL: it may run none. */
static void let_in(const struct usher_config *config, const struct usher_request *request,
		   const struct addr *serves, struct usher_answer *answer)
{
	if (authority_sign(config->ca, config->ca_key, request->key, request->key_len, NULL,
			   (long)config->valid_s, answer->cert, sizeof(answer->cert)) < 0) {
		refuse(answer, "the key of the host that wants to join cannot be signed");
		return;
	}
	answer->members = config->members;
	let_serve(config, request, serves, answer);
}

/* A host that is in wants another certificate. It is for what the one is for that it shows, and not
 * for where it comes from today. */
static void renew(const struct usher_config *config, const struct usher_request *request,
		  const struct tls_shown *shown, struct usher_answer *answer)
{
	if (is_revoked(config, shown->serial))
		refuse(answer,
		       "its certificate is revoked: this host was removed from the cluster");
	else
		let_in(config, request, addr_is_set(&shown->serves) ? &shown->serves : NULL,
		       answer);
}

/* Fills answer: with the reason of a refusal, or with a certificate and the members. The secret
 * comes first: who does not know it is not told that the token has expired, and no key of his is
 * parsed. */
static void decide(const struct usher_config *config, const struct usher_request *request,
		   const struct judge_guest *guest, uint64_t now_s, struct usher_answer *answer)
{
	/* Every refusal of a token ends with what helps. */
	static const char way_out[] = "`netctl cluster token` on a host with etcd prints one";
	char why[HERALD_WHY_LEN_MAX + 1];

	if (!request->secret[0] && guest->shown) {
		renew(config, request, guest->shown, answer);
	} else if (!is_same(config->secret, request->secret)) {
		(void)snprintf(why, sizeof(why), "the token %s: %s",
			       was_one(config, request->secret) ? "was replaced by another"
								: "is wrong",
			       way_out);
		refuse(answer, why);
	} else if (now_s >= config->expires) {
		(void)snprintf(why, sizeof(why), "the token has expired: %s", way_out);
		refuse(answer, why);
	} else {
		let_in(config, request, guest->from, answer);
	}
}

void judge_request(const struct usher_config *config, const uint8_t *data, size_t len,
		   const struct judge_guest *guest, uint64_t now_s, struct wire *out)
{
	/* One call at a time: nothing of it is kept, and it is cleared below. */
	static struct usher_answer answer; /* large */
	struct wire in = wire_reader(data, len);
	struct usher_request request = { 0 };

	memset(&answer, 0, sizeof(answer));
	usher_words_get_request(&in, &request);
	/* netd's own words are the only ones that are spoken here, so what cannot be read is
	 * most likely of another version. A stranger may read that as well. */
	if (in.err != 0)
		refuse(&answer, "it asks in words of another release of netd");
	else
		decide(config, &request, guest, now_s, &answer);
	usher_words_put_answer(out, &answer);
	/* the secret is in it */
	explicit_bzero(&request, sizeof(request));
}
