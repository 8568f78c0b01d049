// SPDX-License-Identifier: GPL-2.0-or-later
// words.c - what hosts say to each other when one joins: each reader right under its writer
#include "usher/words.h"

#include <string.h>

/* Layout. A request: version (1 byte), secret (string), length of the key (2), the key. An
 * answer: version (1), reason (string), and only behind an empty reason: certificate (string), the
 * address that it serves at (or none) and the certificate for that (string), members. Strings are
 * as base/wire.h writes them. Each message stands alone, and wire_end refuses what follows it.
 *
 * The version comes first in both and has its place for ever: a release that speaks otherwise is
 * told from garbage by it. Nothing is believed here but the form: what a key or a certificate is
 * worth is judged by whoever gets it. */

void usher_words_put_request(struct wire *wire, const struct usher_request *request)
{
	wire_put_u8(wire, USHER_WORDS_VERSION);
	wire_put_str(wire, request->secret);
	wire_put_u16(wire, request->key_len);
	wire_put_bytes(wire, request->key, request->key_len);
}

/* A cursor with an error reads zeros, so the steps need no check between them. The length of the
 * key is the exception: it decides how much is copied into the array. */
void usher_words_get_request(struct wire *wire, struct usher_request *ret_request)
{
	struct usher_request request = { 0 };

	if (wire_u8(wire) != USHER_WORDS_VERSION)
		wire_fail(wire);
	wire_str(wire, request.secret, sizeof(request.secret));
	request.key_len = wire_u16(wire);
	if (request.key_len > sizeof(request.key))
		wire_fail(wire);
	else
		wire_bytes(wire, request.key, request.key_len);
	wire_end(wire);
	/* Written only as a whole: half a request of a stranger is of no use to anybody. */
	if (wire->err == 0)
		*ret_request = request;
}

void usher_words_put_answer(struct wire *wire, const struct usher_answer *answer)
{
	wire_put_u8(wire, USHER_WORDS_VERSION);
	wire_put_str(wire, answer->why);
	/* A refusal ends here: there is nothing else to be told. */
	if (answer->why[0])
		return;
	wire_put_str(wire, answer->cert);
	wire_put_addr(wire, &answer->serves);
	wire_put_str(wire, answer->serving);
	usher_msg_put_members(wire, &answer->members);
}

/* Printable ASCII and nothing else. The sentence becomes a line of a terminal, where an escape
 * sequence of another host could do anything. */
static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return *text == '\0';
}

void usher_words_get_answer(struct wire *wire, struct usher_answer *ret_answer)
{
	struct usher_answer *answer = ret_answer; /* large: there is one */

	/* A reader with an error leaves what is left of it empty, and the caller looks at
	 * wire->err. */
	memset(answer, 0, sizeof(*answer));
	if (wire_u8(wire) != USHER_WORDS_VERSION)
		wire_fail(wire);
	wire_str(wire, answer->why, sizeof(answer->why));
	if (!is_plain(answer->why))
		wire_fail(wire);
	if (!answer->why[0]) {
		wire_str(wire, answer->cert, sizeof(answer->cert));
		answer->serves = wire_addr(wire);
		wire_str(wire, answer->serving, sizeof(answer->serving));
		usher_msg_get_members(wire, &answer->members);
	}
	wire_end(wire);
}
