// SPDX-License-Identifier: GPL-2.0-or-later
// words.c - what hosts say to each other when one joins: each reader right under its writer
#include "usher/words.h"

#include <string.h>

void usher_words_put_request(struct wire *wire, const struct usher_request *request)
{
	wire_put_u8(wire, USHER_WORDS_VERSION);
	wire_put_str(wire, request->secret);
	wire_put_u16(wire, request->key_len);
	wire_put_bytes(wire, request->key, request->key_len);
}

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
	if (wire->err == 0)
		*ret_request = request;
}

void usher_words_put_answer(struct wire *wire, const struct usher_answer *answer)
{
	wire_put_u8(wire, USHER_WORDS_VERSION);
	wire_put_str(wire, answer->why);
	if (answer->why[0])
		return;
	wire_put_str(wire, answer->cert);
	usher_msg_put_members(wire, &answer->members);
}

/* It becomes a line of a terminal. */
static bool is_plain(const char *text)
{
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return *text == '\0';
}

void usher_words_get_answer(struct wire *wire, struct usher_answer *ret_answer)
{
	struct usher_answer *answer = ret_answer; /* large: there is one */

	memset(answer, 0, sizeof(*answer));
	if (wire_u8(wire) != USHER_WORDS_VERSION)
		wire_fail(wire);
	wire_str(wire, answer->why, sizeof(answer->why));
	if (!is_plain(answer->why))
		wire_fail(wire);
	if (!answer->why[0]) {
		wire_str(wire, answer->cert, sizeof(answer->cert));
		usher_msg_get_members(wire, &answer->members);
	}
	wire_end(wire);
}
