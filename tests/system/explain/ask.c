// SPDX-License-Identifier: GPL-2.0-or-later
// ask.c - what netd-explain answers to many questions about one host, from one picture of it
//
// usage: ask HOST RUN-DIR STATE-DIR netd|records <<< 'A B' …
//
// A line of JSON for each line of the input, in the same order: the verdict, or {"message":…}.
// These are the steps of netd-explain's main.c on its libraries, but what netd believes is read
// once, and each network namespace is looked at once: beside these a judgement costs next to
// nothing.
#include "../own_netns.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "client/client.h"
#include "diag/judge.h"
#include "explain/explain.h"

#include <errno.h>
#include <string.h>

static int explain(struct look *look, struct facts *facts, const char *from, const char *to,
		   struct buf *out, struct error *error)
{
	static struct diag_verdict verdict; /* large */
	struct question question;
	int err = question_parse(from, to, &question, error);

	verdict = (struct diag_verdict) { 0 };
	if (err == 0)
		err = question_resolve(&question, facts, &verdict, error);
	if (err == 0)
		err = explain_places_take(look, facts, verdict.from.space, error);
	if (err == 0)
		err = explain_places_take(look, facts, verdict.to.space, error);
	if (err == 0) {
		judge(facts, &verdict);
		verdict.source = facts->source;
		err = verdict_write(&verdict, out);
		if (err < 0)
			(void)error_system(error, err, "cannot write the verdict");
	}
	verdict_done(&verdict);
	return err;
}

static void answer(struct look *look, struct facts *facts, const char *from, const char *to)
{
	struct explain_answer answer = { 0 };
	struct error error = { 0 };

	if (explain(look, facts, from, to, &answer.body, &error) < 0)
		explain_answer_error(&answer, &error);
	buf_puts(&answer.body, "\n");
	if (answer.body.err < 0 ||
	    fwrite(answer.body.data, 1, answer.body.len, stdout) != answer.body.len)
		exit(2);
	buf_done(&answer.body);
}

static int die(const struct error *error)
{
	fprintf(stderr, "%s\n", error->text);
	return 2;
}

int main(int argc, char **argv)
{
	struct explain_options options = { 0 };
	struct client *client = NULL;
	struct facts facts = { 0 };
	struct error error = { 0 };
	char line[512], from[256], to[256];

	own_netns_or_die();
	if (argc != 5)
		return 2;
	options.host = argv[1];
	options.run_dir = argv[2];
	options.state_dir = argv[3];

	struct look *look = look_new(&error);
	if (!look)
		return die(&error);
	if ((strcmp(argv[4], "records") == 0
		     ? explain_records(&options, &facts, &error)
		     : explain_believed(&options, &facts, &client, &error)) < 0)
		return die(&error);
	explain_places_open(look, &facts, DEADLINE_NEVER);
	if (explain_places_take(look, &facts, "host", &error) < 0)
		return die(&error);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%255s %255s", from, to) != 2)
			return 2;
		answer(look, &facts, from, to);
	}
	facts_done(&facts);
	look_free(look);
	client_close(client);
	return 0;
}
