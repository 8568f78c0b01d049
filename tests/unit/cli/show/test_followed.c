// SPDX-License-Identifier: GPL-2.0-or-later
// test_followed.c - a packet as a person sees it, with what NAT made of it and who dropped it
#include "cli/show/followed.h"

#include "cli/show/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SYN                                                                                        \
	"\"Packet\":{\"From\":\"10.61.0.2\",\"FromName\":\"web\",\"To\":\"10.61.0.3\","            \
	"\"ToName\":\"db\",\"FromPort\":40200,\"ToPort\":80,\"Protocol\":\"tcp\",\"Bytes\":74,"    \
	"\"Flags\":\"SYN\"}"

static const struct followed_look plain = { 0 };

static void shows_as(const char *text, const struct followed_look *look, const char *want)
{
	json_t *json = json_loads(text, 0, NULL);
	struct buf out = { 0 };

	assert_non_null(json);
	assert_int_equal(followed_screen(json, look, &out), want != NULL);
	assert_string_equal(out.data ? out.data : "", want ? want : "");
	for (const char *line = out.data; line && *line; line = strchr(line, '\n') + 1)
		assert_true(look->colour || strcspn(line, "\n") <= LINES_WIDTH);
	buf_done(&out);
	json_decref(json);
}

static void hops_are_a_line_each(void **state)
{
	const struct followed_look numeric = { .numeric = true };

	(void)state;
	shows_as("{\"Event\":\"sent\",\"Microseconds\":0,\"Place\":\"web\",\"LinkName\":"
		 "\"eth0\"," SYN "}",
		 &plain, "     0.000  web      eth0         out web:40200 > db:80 SYN\n");
	shows_as("{\"Event\":\"received\",\"Microseconds\":1234567.8,\"Place\":\"host\","
		 "\"LinkName\":"
		 "\"web's port\"," SYN "}",
		 &numeric,
		 "  1234.568  host     web's port   in 10.61.0.2:40200 > 10.61.0.3:80 SYN\n");
}

static void nat_is_below_it(void **state)
{
	(void)state;
	shows_as("{\"Event\":\"sent\",\"Microseconds\":61,\"Place\":\"host\",\"LinkName\":\"blue\","
		 "\"Was\":{\"From\":\"10.61.0.2\",\"FromName\":\"web\",\"FromPort\":40200,\"To\":"
		 "\"192.0.2.10\",\"ToName\":\"host\",\"ToPort\":8081}," SYN "}",
		 &plain,
		 "     0.061  host     blue         out web:40200 > db:80 SYN\n"
		 "                                  NAT to host:8081 -> db:80\n");
}

static void a_loss_is_red_and_what_means_nothing_is_left_out(void **state)
{
	const struct followed_look colour = { .colour = true }, verbose = { .verbose = true };

	(void)state;
	shows_as("{\"Event\":\"dropped\",\"Microseconds\":76,\"Place\":\"host\",\"LinkName\":\"web'"
		 "s "
		 "port\",\"Reason\":\"NETFILTER_DROP\",\"Function\":\"nf_hook_slow\",\"Decoy\":"
		 "false," SYN "}",
		 &colour,
		 "     0.076  host     web's port   \033[1;31mDROPPED web:40200 > db:80 SYN: "
		 "NETFILTER_DROP\n                                  (nf_hook_slow)\033[0m\n");
	shows_as("{\"Event\":\"dropped\",\"Microseconds\":76,\"Place\":\"x\",\"LinkName\":\"eth0\","
		 "\"Reason\":\"OTHERHOST\",\"Function\":\"ip_rcv_core\",\"Decoy\":true," SYN "}",
		 &plain, NULL);
	shows_as("{\"Event\":\"dropped\",\"Microseconds\":76,\"Place\":\"x\",\"LinkName\":\"eth0\","
		 "\"Reason\":\"\",\"Function\":\"\",\"Decoy\":true," SYN "}",
		 &verbose,
		 "     0.076  x        eth0         left web:40200 > db:80 SYN: the kernel does\n"
		 "                                  not say why\n");
	shows_as("{\"Version\":1,\"Ready\":true}", &plain, NULL);
}

static void refusals_and_others_have_words(void **state)
{
	(void)state;
	shows_as("{\"Event\":\"reset\",\"Microseconds\":5,\"Place\":\"db\",\"LinkName\":"
		 "\"eth0\"," SYN "}",
		 &plain,
		 "     0.005  db       eth0         REFUSES web:40200 > db:80 SYN: by a reset\n");
	shows_as("{\"Event\":\"sent\",\"Microseconds\":5,\"Place\":\"a\",\"LinkName\":\"eth0\","
		 "\"IcmpType\":128,\"IcmpCode\":0,\"Packet\":{\"From\":\"2001:db8::1\",\"To\":"
		 "\"2001:db8::2\",\"Protocol\":\"icmp\",\"Bytes\":104}}",
		 &plain,
		 "     0.005  a        eth0         out 2001:db8::1 > 2001:db8::2 ICMP echo\n"
		 "                                  request\n");
	shows_as("{\"Event\":\"rule\",\"Place\":\"host\",\"Family\":\"inet\",\"Table\":\"corp\","
		 "\"Chain\":\"f\",\"Handle\":2,\"Verdict\":\"drop\",\"Say\":\"tcp dport 80\"}",
		 &plain,
		 "            host     rule         inet corp, chain f, handle 2: DROP (tcp dport\n"
		 "                                  80)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hops_are_a_line_each),
		cmocka_unit_test(nat_is_below_it),
		cmocka_unit_test(a_loss_is_red_and_what_means_nothing_is_left_out),
		cmocka_unit_test(refusals_and_others_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
