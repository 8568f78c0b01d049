// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_lookup.c - any bytes as the answer to a look-up: JSON that can be written, or a refusal
#include "api/handlers/lookup_json.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lookup_question question;
	struct dns_msg msg;
	json_t *json;
	char *text;
	int err;

	if (dns_msg_open(&msg, data, size) < 0 || msg.name_len > sizeof(question.name.wire))
		return 0;
	/* the question it answers, so that the records are looked at */
	question.type = msg.type;
	question.name.len = (uint8_t)msg.name_len;
	for (size_t i = 0; i < msg.name_len; i++)
		question.name.wire[i] = msg.name[i];
	err = lookup_json_answer(&question, data, size, &json);
	assert(err == 0 || err == -EBADMSG);
	if (err == 0) {
		text = json_dumps(json, JSON_COMPACT);
		assert(text);
		free(text);
		json_decref(json);
	}
	return 0;
}
