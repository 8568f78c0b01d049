// SPDX-License-Identifier: GPL-2.0-or-later
// test_flows_screen.c - the connections of a container, for a terminal
#include "cli/show/flows_screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "DIR  PROTO PEER                              PORT STATE        RECEIVED     SENT\n"

static void shows(const char *text, const char *want)
{
	json_t *answer = json_loads(text, 0, NULL);
	struct buf out = { 0 };

	assert_non_null(answer);
	flows_screen(answer, &out);
	assert_int_equal(out.err, 0);
	assert_string_equal(out.data, want);
	for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 1, 80);
	buf_done(&out);
	json_decref(answer);
}

static void what_nat_changes_stands_below(void **state)
{
	(void)state;
	shows("{\"Counted\":true,\"Cut\":false,\"Flows\":[{\"Direction\":\"in\",\"Protocol\":"
	      "\"tcp\","
	      "\"Peer\":\"192.0.2.1\",\"PeerPort\":51514,\"Port\":80,\"State\":\"established\","
	      "\"Destination\":\"192.0.2.10:8080 -> 10.51.0.2:80\",\"Source\":null,"
	      "\"ReceivedBytes\":1234,\"SentBytes\":0},{\"Direction\":\"out\",\"Protocol\":"
	      "\"icmp\","
	      "\"Peer\":\"2001:db8::1\",\"PeerPort\":0,\"Port\":0,\"State\":\"answered\","
	      "\"Destination\":null,\"Source\":null,\"ReceivedBytes\":1,\"SentBytes\":2}]}",
	      HEADER
	      "in   tcp   192.0.2.1:51514                     80 established    1.23kB       0B\n"
	      "           192.0.2.10:8080 -> 10.51.0.2:80\n"
	      "out  icmp  2001:db8::1                          - answered           1B       2B\n");
}

static void a_long_name_leaves_the_port_its_room(void **state)
{
	(void)state;
	shows("{\"Counted\":false,\"Cut\":true,\"Flows\":[{\"Direction\":\"out\","
	      "\"Protocol\":\"udp\",\"Peer\":\"a-container-with-a-name-that-is-quite-long\","
	      "\"PeerPort\":65535,\"Port\":65535,\"State\":\"unanswered\",\"Destination\":null,"
	      "\"Source\":null,\"ReceivedBytes\":null,\"SentBytes\":null},"
	      "{\"Direction\":\"out\",\"Protocol\":\"udp\",\"Peer\":\"2001:db8:1:2:3:4:5:6\","
	      "\"PeerPort\":53,\"Port\":1,\"State\":\"answered\",\"Destination\":null,"
	      "\"Source\":null,\"ReceivedBytes\":null,\"SentBytes\":null}]}",
	      HEADER
	      "out  udp   a-container-with-a-name-th~:65535 65535 unanswered         -        -\n"
	      "out  udp   [2001:db8:1:2:3:4:5:6]:53            1 answered            -        -\n"
	      "Bytes are not counted: sysctl -w net.netfilter.nf_conntrack_acct=1 has the\n"
	      "kernel count those of connections that begin later.\n"
	      "There are more than are shown.\n");
}

static void nothing_is_a_header_alone(void **state)
{
	(void)state;
	shows("{\"Counted\":false,\"Flows\":[]}", HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nat_changes_stands_below),
		cmocka_unit_test(a_long_name_leaves_the_port_its_room),
		cmocka_unit_test(nothing_is_a_header_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
