// SPDX-License-Identifier: GPL-2.0-or-later
// test_explained.c - screens of verdicts, as a person sees them
#include "cli/show/explained.h"

#include "tests/unit/cli/show/screens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK                                                                                   \
	"{\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"db\",\"Port\":5432,\"Protocol\":\"tcp\"}" \
	","                                                                                        \
	"\"Verdict\":\"unreachable\",\"Cause\":\"db listens on 127.0.0.1 only\","                  \
	"\"Why\":\"What listens on 127.0.0.1 is reached from inside db only.\","                   \
	"\"Fix\":[{\"Say\":\"let it listen on 0.0.0.0 (postgres: listen_addresses)\","             \
	"\"Argv\":[]}],\"Hops\":["                                                                 \
	"{\"State\":\"ok\",\"Where\":\"name\",\"Say\":\"db is 10.61.0.3 (network blue)\"},"        \
	"{\"State\":\"ok\",\"Where\":\"web\",\"Say\":\"eth0 10.61.0.2, neighbour known\","         \
	"\"Facts\":{\"Mtu\":1500,\"Mac\":\"02:00:00:00:00:01\"}},"                                 \
	"{\"State\":\"bad\",\"Where\":\"db\",\"Say\":\"5432/tcp is open on 127.0.0.1 only "        \
	"(postgres, pid 4711)\"},"                                                                 \
	"{\"State\":\"skipped\",\"Where\":\"back\",\"Say\":\"not reached\"}],"                     \
	"\"Source\":\"netd\",\"TookMilliseconds\":1.94}"

static struct buf screen_of(const char *text, bool colour, bool verbose)
{
	return screens_of(explained_screen, text, colour, verbose);
}

static void shows(const char *text, const char *want)
{
	screens_show(explained_screen, text, want);
}

static void a_fault_is_told_hop_by_hop_with_what_to_do(void **state)
{
	(void)state;
	shows(LOOPBACK, "web -> db:5432/tcp    DOES NOT WORK    db listens on 127.0.0.1 only\n"
			"\n"
			"  ok  name    db is 10.61.0.3 (network blue)\n"
			"  ok  web     eth0 10.61.0.2, neighbour known\n"
			"  !!  db      5432/tcp is open on 127.0.0.1 only (postgres, pid 4711)\n"
			"   -  back    not reached\n"
			"\n"
			"why  What listens on 127.0.0.1 is reached from inside db only.\n"
			"do   let it listen on 0.0.0.0 (postgres: listen_addresses)\n"
			"see  netctl explain --probe web db:5432\n");
}

/* The one code that no facts show, for the tracer alone sees it. */
static void a_wrong_checksum_has_its_screen(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"web\"},"
	      "\"To\":{\"Name\":\"db\",\"Port\":80,\"Protocol\":\"tcp\"},"
	      "\"Verdict\":\"unreachable\",\"Code\":\"checksum\","
	      "\"Cause\":\"its checksum is wrong when it comes to db\","
	      "\"Why\":\"A packet with a wrong checksum is thrown away without a word. Somebody on "
	      "the way made it so: a link that computes checksums wrongly, or a program that "
	      "changes packets and forgets theirs.\","
	      "\"Fix\":[{\"Say\":\"let the links on the way compute no checksums, one by one: "
	      "ethtool -K LINK tx off\",\"Argv\":[]}],"
	      "\"Hops\":[{\"State\":\"bad\",\"Where\":\"db\",\"Say\":\"its checksum is wrong when "
	      "it comes to db\"}],"
	      "\"Probe\":{\"Outcome\":\"silent\",\"By\":null,\"Milliseconds\":201.5,\"Agrees\":"
	      "true},"
	      "\"Trace\":{\"Lines\":[{\"Milliseconds\":0.031,\"Where\":\"db\",\"Link\":\"eth0\","
	      "\"State\":\"bad\",\"Say\":\"DROPPED TCP_CSUM (tcp_v4_rcv)\"}],\"Agrees\":true},"
	      "\"Source\":\"netd\",\"TookMilliseconds\":230}",
	      "web -> db:80/tcp    DOES NOT WORK    its checksum is wrong when it comes to db\n"
	      "\n"
	      "  !!  db      its checksum is wrong when it comes to db\n"
	      "\n"
	      "why  A packet with a wrong checksum is thrown away without a word. Somebody on\n"
	      "     the way made it so: a link that computes checksums wrongly, or a program\n"
	      "     that changes packets and forgets theirs.\n"
	      "do   let the links on the way compute no checksums, one by one: ethtool -K LINK\n"
	      "     tx off\n"
	      "seen a real connection got no answer, 201.5 ms\n"
	      "    0.031  db      eth0          DROPPED TCP_CSUM (tcp_v4_rcv)\n");
}

static void with_verbose_each_hop_has_its_facts(void **state)
{
	struct buf out = screen_of(LOOPBACK, false, true);

	(void)state;
	assert_non_null(strstr(out.data, "  ok  web     eth0 10.61.0.2, neighbour known\n"
					 "                Mtu 1500\n"
					 "                Mac 02:00:00:00:00:01\n"));
	assert_non_null(strstr(out.data, "took 1.9 ms\n"));
	buf_done(&out);
}

static void what_works_is_a_line_and_what_to_know(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"db\",\"Port\":80,"
	      "\"Protocol\":\"tcp\"},\"Verdict\":\"reachable\",\"Hops\":["
	      "{\"State\":\"ok\",\"Where\":\"name\"},{\"State\":\"ok\",\"Where\":\"web\"},"
	      "{\"State\":\"ok\",\"Where\":\"web\"},{\"State\":\"ok\",\"Where\":\"db\"}],"
	      "\"Also\":[{\"State\":\"warn\",\"Say\":\"db's accept queue was full 23 times since "
	      "it started (ListenOverflows)\"}],\"TookMilliseconds\":0.3}",
	      "web -> db:80/tcp    WORKS    0.3 ms\n"
	      "  ok  name, web, db (4 hops, -v shows them)\n"
	      "warn db's accept queue was full 23 times since it started (ListenOverflows)\n");
}

/* The command may be copied as it is: words are quoted, lines are joined as a shell does. */
static void commands_can_be_copied(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"db\"},\"Verdict\":\"unreachable\","
	      "\"Cause\":\"no name db in web's networks\",\"Fix\":["
	      "{\"Say\":\"they then find each other by name\",\"Argv\":[\"netctl\",\"network\","
	      "\"connect\",\"red\",\"web\"]},"
	      "{\"Say\":\"let that firewall accept br-171e28d97dbb, e.g. before that rule\","
	      "\"Argv\":[\"nft\",\"insert\",\"rule\",\"inet\",\"corp\",\"f\",\"iifname\","
	      "\"br-171e28d97dbb\",\"accept\",\"comment\",\"it's mine\"]}],"
	      "\"Note\":\"netd cannot overrule a drop of another table.\"}",
	      "web -> db    DOES NOT WORK    no name db in web's networks\n"
	      "\n"
	      "do   one of\n"
	      "     netctl network connect red web    they then find each other by name\n"
	      "     let that firewall accept br-171e28d97dbb, e.g. before that rule:\n"
	      "       nft insert rule inet corp f iifname br-171e28d97dbb accept comment \\\n"
	      "           'it'\\''s mine'\n"
	      "note netd cannot overrule a drop of another table.\n");
}

/* What a shell is to run is a line each, and the shell is left out where the one that gets it does.
 */
static void several_commands_are_lines(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"a\"},\"To\":{\"Name\":\"b\"},\"Verdict\":\"unreachable\","
	      "\"Fix\":[{\"Say\":\"put it back\",\"Argv\":[\"nsenter\",\"--net=/run/netns/a\","
	      "\"sh\",\"-c\",\"ip link set dev eth0 up; ip route replace default via 10.1.0.1\"]},"
	      "{\"Say\":\"or accept it\",\"Argv\":[\"sh\",\"-c\",\"nft one; nft two\"]},"
	      "{\"Say\":\"or so\",\"Argv\":[\"sh\",\"-c\",\"echo it's; true\"]}]}",
	      "a -> b    DOES NOT WORK\n"
	      "\n"
	      "do   one of\n"
	      "     put it back:\n"
	      "       nsenter --net=/run/netns/a sh -c '\n"
	      "           ip link set dev eth0 up\n"
	      "           ip route replace default via 10.1.0.1'\n"
	      "     or accept it:\n"
	      "       nft one\n"
	      "       nft two\n"
	      "     sh -c 'echo it'\\''s; true'    or so\n");
}

static void undecided_says_what_is_unknown_and_by_whom_it_was_seen(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"fd00::3\",\"Port\":80,"
	      "\"Protocol\":\"tcp\"},\"Verdict\":\"undecided\",\"Cause\":\"a rule is not "
	      "understood\",\"Hops\":[{\"State\":\"unknown\",\"Where\":\"host\",\"Say\":\"inet "
	      "corp, chain f, handle 2\"},{\"State\":\"warn\",\"Where\":\"back\",\"Say\":\"by "
	      "wg0\"}],\"Unknown\":[{\"Where\":\"host\",\"Why\":\"expression inner\"}],"
	      "\"Probe\":{\"Outcome\":\"refused\",\"By\":\"ICMP 3/3 from 10.61.0.1\","
	      "\"Milliseconds\":0.21,\"Agrees\":true},\"Source\":\"records\"}",
	      "web -> [fd00::3]:80/tcp    UNDECIDED    a rule is not understood\n"
	      "\n"
	      "  ??  host    inet corp, chain f, handle 2\n"
	      "   !  back    by wg0\n"
	      "\n"
	      "??   host: expression inner\n"
	      "seen a real connection was refused by ICMP 3/3 from 10.61.0.1, 0.2 ms\n"
	      "note netd does not answer: this is from its records and the kernel\n");
}

static void a_probe_that_disagrees_is_in_the_first_line(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"a\"},\"To\":{\"Name\":\"b\"},\"Verdict\":\"unreachable\","
	      "\"Cause\":\"b is down\",\"Probe\":{\"Outcome\":\"connected\",\"Milliseconds\":1,"
	      "\"Agrees\":false},\"Source\":\"file\"}",
	      "a -> b    DOES NOT WORK\n"
	      "    but a real connection says otherwise, and this was read: b is down\n"
	      "\n"
	      "seen a real connection was made, 1.0 ms\n"
	      "note judged from a file: nothing was asked of a kernel\n");
}

static void a_ping_is_told_as_one(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"a\"},\"To\":{\"Name\":\"b\",\"Port\":null,"
	      "\"Protocol\":\"icmp\",\"Assumed\":true},\"Verdict\":\"unreachable\","
	      "\"Cause\":\"b does not answer ping\"}",
	      "a -> b (ping)    DOES NOT WORK    b does not answer ping\n"
	      "\n"
	      "see  netctl explain --probe a b\n"
	      "note no port was asked for, so this is about ping: B:PORT asks for one\n");
	shows("{\"From\":{\"Name\":\"a\"},\"To\":{\"Name\":\"b\",\"Port\":null,"
	      "\"Protocol\":\"icmp\",\"Assumed\":false},\"Verdict\":\"partly\","
	      "\"Cause\":\"x\",\"Probe\":{\"Outcome\":\"answered\",\"Milliseconds\":0.2,"
	      "\"Agrees\":true,\"Large\":{\"Bytes\":1500,\"Outcome\":\"silent\"}}}",
	      "a -> b/icmp    PARTLY    x\n"
	      "\n"
	      "seen a real ping was answered, 0.2 ms; one of 1500 bytes got no answer\n");
}

#define TRACED                                                                                     \
	"{\"From\":{\"Name\":\"web\"},\"To\":{\"Name\":\"db\",\"Port\":80,\"Protocol\":\"tcp\"},"  \
	"\"Verdict\":\"unreachable\",\"Cause\":\"a tc filter on vweb drops it\","                  \
	"\"Probe\":{\"Outcome\":\"silent\",\"Milliseconds\":1,\"Agrees\":true},"                   \
	"\"Trace\":{\"Lacks\":null,\"Agrees\":true,\"End\":\"dropped\",\"Lines\":["                \
	"{\"Milliseconds\":0.0,\"Where\":\"web\",\"Link\":\"eth0\",\"State\":\"ok\","              \
	"\"Say\":\"out 10.61.0.2:40200 > 10.61.0.3:80 SYN\"},"                                     \
	"{\"Milliseconds\":0.047,\"Where\":\"host\",\"Link\":\"web's port\",\"State\":\"bad\","    \
	"\"Say\":\"DROPPED TC_INGRESS\"}]}}"

static void what_the_tracer_saw_stands_below(void **state)
{
	(void)state;
	shows(TRACED, "web -> db:80/tcp    DOES NOT WORK    a tc filter on vweb drops it\n"
		      "\n"
		      "seen a real connection got no answer, 1.0 ms\n"
		      "    0.000  web     eth0          out 10.61.0.2:40200 > 10.61.0.3:80 SYN\n"
		      "    0.047  host    web's port    DROPPED TC_INGRESS\n");
}

static void a_tracer_that_disagrees_is_in_the_first_line(void **state)
{
	static const char json[] =
		"{\"From\":{\"Name\":\"a\"},\"To\":{\"Name\":\"b\"},\"Verdict\":\"unreachable\","
		"\"Cause\":\"b is down\",\"Trace\":{\"Lacks\":null,\"Agrees\":false,\"End\":"
		"\"dropped in a: QDISC_DROP\",\"Lines\":[]}}";
	json_t *verdict = json_loads(json, 0, NULL);

	(void)state;
	assert_int_equal(explained_status(verdict), 3);
	json_decref(verdict);
	shows(json,
	      "a -> b    DOES NOT WORK\n"
	      "    but the kernel saw it end elsewhere (dropped in a: QDISC_DROP), and this was\n"
	      "    read: b is down\n");
}

static void a_tracer_that_cannot_work_says_why(void **state)
{
	(void)state;
	shows("{\"From\":{\"Name\":\"a\"},\"To\":{\"Name\":\"b\"},\"Verdict\":\"undecided\","
	      "\"Trace\":{\"Lacks\":\"this kernel has no BTF\",\"Agrees\":true,\"End\":null,"
	      "\"Lines\":[]}}",
	      "a -> b    UNDECIDED\n"
	      "\n"
	      "note nothing was traced: this kernel has no BTF\n");
}

/* Names of 253 characters, forty hops, sixteen of everything. */
static char *a_monster(void)
{
	char name[254] = "";
	struct buf json = { 0 };

	memset(name, 'n', 253);
	buf_printf(&json,
		   "{\"From\":{\"Name\":\"%s\"},\"To\":{\"Name\":\"%s\",\"Port\":65535,"
		   "\"Protocol\":\"tcp\"},\"Verdict\":\"unreachable\",\"Cause\":\"%s %s\","
		   "\"Why\":\"why\",\"Note\":\"note\",\"Hops\":[",
		   name, name, name, name);
	for (int i = 0; i < 40; i++)
		buf_printf(&json, "%s{\"State\":\"%s\",\"Where\":\"%s\",\"Say\":\"hop %d\"}",
			   i ? "," : "",
			   i < 20    ? "ok"
			   : i == 20 ? "bad"
				     : "skipped",
			   name, i);
	buf_puts(&json, "],\"Fix\":[");
	for (int i = 0; i < 16; i++)
		buf_printf(&json, "%s{\"Say\":\"say %d\",\"Argv\":[\"cmd\",\"%d\"]}", i ? "," : "",
			   i, i);
	buf_puts(&json, "],\"Unknown\":[");
	for (int i = 0; i < 16; i++)
		buf_printf(&json, "%s{\"Where\":\"w\",\"Why\":\"%d\"}", i ? "," : "", i);
	buf_puts(&json, "],\"Also\":[");
	for (int i = 0; i < 16; i++)
		buf_printf(&json, "%s{\"State\":\"bad\",\"Say\":\"also %d\"}", i ? "," : "", i);
	buf_puts(&json, "]}");
	return json.data;
}

static void check_bounds(const char *screen, bool is_short)
{
	size_t n = 0, longest = 0;

	for (const char *line = screen; *line; n++) {
		size_t len = strcspn(line, "\n");

		longest = len > longest ? len : longest;
		line += len + 1;
	}
	assert_true(longest <= 80);
	if (is_short)
		assert_true(n <= 20);
	assert_null(strchr(screen, '\033'));
}

static void nothing_is_wider_than_80_columns_or_longer_than_20_lines(void **state)
{
	char *json = a_monster();
	struct buf brief = screen_of(json, false, false), whole = screen_of(json, false, true);

	(void)state;
	check_bounds(brief.data, true);
	check_bounds(whole.data, false);
	/* What matters most is there all the same. */
	assert_non_null(strstr(brief.data, "DOES NOT WORK"));
	assert_non_null(strstr(brief.data, "  !!  nnnnnnnnnnnnn~  hop 20\n"));
	assert_non_null(strstr(brief.data, "why  why\n"));
	assert_non_null(strstr(brief.data, "cmd 0"));
	assert_non_null(strstr(whole.data, "hop 39"));
	assert_non_null(strstr(whole.data, "cmd 15"));
	buf_done(&brief);
	buf_done(&whole);
	free(json);
}

/* Colour is for a terminal, and never the only sign: without it the same is there. */
static void colour_adds_nothing_but_colour(void **state)
{
	struct buf plain = screen_of(LOOPBACK, false, false);
	struct buf coloured = screen_of(LOOPBACK, true, false);
	size_t len = 0;

	(void)state;
	assert_non_null(strstr(coloured.data, "\033[1;31mDOES NOT WORK\033[0m"));
	for (size_t i = 0; i < coloured.len; i++) {
		if (coloured.data[i] == '\033')
			i += strcspn(coloured.data + i, "m");
		else
			coloured.data[len++] = coloured.data[i];
	}
	coloured.data[len] = '\0';
	assert_string_equal(coloured.data, plain.data);
	buf_done(&plain);
	buf_done(&coloured);
}

static void the_exit_status_is_the_verdict(void **state)
{
	static const struct {
		const char *verdict;
		int status;
	} cases[] = {
		{ "{\"Verdict\":\"reachable\"}", 0 }, { "{\"Verdict\":\"unreachable\"}", 1 },
		{ "{\"Verdict\":\"partly\"}", 1 },    { "{\"Verdict\":\"undecided\"}", 3 },
		{ "{\"Verdict\":\"later\"}", 3 },     { "{}", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_t *json = json_loads(cases[i].verdict, 0, NULL);

		assert_int_equal(explained_status(json), cases[i].status);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_told_hop_by_hop_with_what_to_do),
		cmocka_unit_test(a_wrong_checksum_has_its_screen),
		cmocka_unit_test(with_verbose_each_hop_has_its_facts),
		cmocka_unit_test(what_works_is_a_line_and_what_to_know),
		cmocka_unit_test(commands_can_be_copied),
		cmocka_unit_test(several_commands_are_lines),
		cmocka_unit_test(undecided_says_what_is_unknown_and_by_whom_it_was_seen),
		cmocka_unit_test(a_probe_that_disagrees_is_in_the_first_line),
		cmocka_unit_test(a_ping_is_told_as_one),
		cmocka_unit_test(what_the_tracer_saw_stands_below),
		cmocka_unit_test(a_tracer_that_disagrees_is_in_the_first_line),
		cmocka_unit_test(a_tracer_that_cannot_work_says_why),
		cmocka_unit_test(nothing_is_wider_than_80_columns_or_longer_than_20_lines),
		cmocka_unit_test(colour_adds_nothing_but_colour),
		cmocka_unit_test(the_exit_status_is_the_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
