// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_question.c - any two lines as A and B: what is taken has a sense, what is not has a sentence
#include "diag/belief.h"
#include "diag/question.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char host[] =
	"{\"Networks\":[{\"Id\":\"n\",\"Name\":\"blue\",\"Subnets\":[{\"Subnet\":\"10.61.0.0/"
	"24\"}]}],"
	"\"Containers\":[{\"Id\":\"aaaa1111\",\"Name\":\"web\",\"Endpoints\":[{\"Network\":\"n\","
	"\"Ip\":\"10.61.0.2\",\"Names\":[\"web\",\"www\"]}]},{\"Id\":\"aaaa2222\",\"Name\":\"db\"}]"
	"}";

static void check_end(const struct question_end *end, bool is_target)
{
	assert(end->kind != DIAG_NOBODY && end->text[0]);
	assert(memchr(end->text, '\0', sizeof(end->text)));
	assert((end->kind == DIAG_OF_ADDRESS || end->kind == DIAG_OF_OUTSIDE) ==
	       addr_is_set(&end->addr));
	assert((end->kind == DIAG_OF_PROCESS) == (end->pid > 0));
	assert(end->kind != DIAG_OF_NETNS || question_path(end)[0] == '/');
	assert(is_target || (end->port == 0 && end->protocol == 0));
	/* TCP and UDP have ports, and nothing else does. */
	assert((end->port != 0) == (end->protocol == IPPROTO_TCP || end->protocol == IPPROTO_UDP));
}

static void check_who(const struct question *question)
{
	struct diag_verdict *verdict = calloc(1, sizeof(*verdict));
	struct facts facts = { 0 };
	struct error error = { 0 };

	assert(verdict && belief_read(host, strlen(host), &facts, &error) == 0);
	if (question_resolve(question, &facts, verdict, &error) < 0)
		assert(error.text[0]);
	else
		assert(verdict->from.kind != DIAG_NOBODY && verdict->from.name &&
		       verdict->to.name && verdict->to.port == question->to.port);
	verdict_done(verdict);
	free(verdict);
	facts_done(&facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *to;
	struct question question;
	struct error error = { 0 };

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	to = strchr(text, '\n');
	if (to) {
		*to++ = '\0';
		if (question_parse(text, to, &question, &error) == 0) {
			check_end(&question.from, false);
			check_end(&question.to, true);
			check_who(&question);
		} else {
			assert(error.code < 0 && error.text[0]);
		}
	}
	free(text);
	return 0;
}
