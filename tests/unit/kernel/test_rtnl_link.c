// SPDX-License-Identifier: GPL-2.0-or-later
// test_rtnl_link.c - links as the kernel describes them, read
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct rtnl_batch said;

static int tear_down(void **state)
{
	(void)state;
	rtnl_batch_done(&said);
	said = (struct rtnl_batch) { 0 };
	return 0;
}

static void begin(uint8_t family, unsigned int flags)
{
	const struct ifinfomsg header = { .ifi_family = family,
					  .ifi_index = 7,
					  .ifi_flags = flags };

	rtnl_batch_add(&said, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnl_put_string(&said, IFLA_IFNAME, "br0");
	rtnl_put_u32(&said, IFLA_MTU, 1400);
}

static struct rtnl_link read_it(void)
{
	struct rtnl_link link = { 0 };

	assert_int_equal(said.err, 0);
	assert_int_equal(rtnl_link_parse(nlmsg_hdr(said.messages[0]), &link), 0);
	return link;
}

#define SAYS_LESS (-1)

/* A bridge, with one option that is not as netd sets it, or 0; SAYS_LESS: of a kernel that does not
 * know the youngest of them. */
static struct rtnl_link read_bridge(int option)
{
	static const int off[] = { IFLA_BR_MCAST_SNOOPING, IFLA_BR_NF_CALL_IPTABLES,
				   IFLA_BR_NF_CALL_IP6TABLES, IFLA_BR_NF_CALL_ARPTABLES };
	const struct br_boolopt_multi unlearned = {
		.optval = option == IFLA_BR_MULTI_BOOLOPT ? 0 : 1U << BR_BOOLOPT_NO_LL_LEARN,
	};
	struct nlattr *info, *data;
	struct rtnl_link link;

	(void)tear_down(NULL);
	begin(AF_UNSPEC, IFF_UP | IFF_RUNNING);
	info = rtnl_nest(&said, IFLA_LINKINFO);
	rtnl_put_string(&said, IFLA_INFO_KIND, "bridge");
	data = rtnl_nest(&said, IFLA_INFO_DATA);
	rtnl_put_u32(&said, IFLA_BR_STP_STATE, option == IFLA_BR_STP_STATE);
	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		rtnl_put_u8(&said, off[i], option == off[i]);
	if (option != SAYS_LESS)
		rtnl_put(&said, IFLA_BR_MULTI_BOOLOPT, &unlearned, sizeof(unlearned));
	rtnl_nest_end(&said, data);
	rtnl_nest_end(&said, info);
	link = read_it();
	assert_string_equal(link.kind, "bridge");
	return link;
}

static void a_bridge_differs_by_any_option_that_netd_sets(void **state)
{
	static const int options[] = { IFLA_BR_STP_STATE,	  IFLA_BR_MCAST_SNOOPING,
				       IFLA_BR_NF_CALL_IPTABLES,  IFLA_BR_NF_CALL_IP6TABLES,
				       IFLA_BR_NF_CALL_ARPTABLES, IFLA_BR_MULTI_BOOLOPT };

	(void)state;
	assert_false(read_bridge(0).bridge_differs);
	assert_false(read_bridge(SAYS_LESS).bridge_differs);
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		assert_true(read_bridge(options[i]).bridge_differs);
}

/* A port as the bridge's own message tells of it. */
static uint32_t read_port(int attribute, uint8_t value, unsigned int flags)
{
	struct nlattr *port;

	(void)tear_down(NULL);
	begin(AF_BRIDGE, flags);
	port = rtnl_nest(&said, IFLA_PROTINFO);
	rtnl_put_u8(&said, attribute, value);
	rtnl_nest_end(&said, port);
	return read_it().port;
}

static void a_port_has_its_modes_and_whatever_else_is_not_as_usual(void **state)
{
	static const int unusual[][2] = {
		{ IFLA_BRPORT_LEARNING, 0 },	{ IFLA_BRPORT_UNICAST_FLOOD, 0 },
		{ IFLA_BRPORT_MCAST_FLOOD, 0 }, { IFLA_BRPORT_BCAST_FLOOD, 0 },
		{ IFLA_BRPORT_LOCKED, 1 },	{ IFLA_BRPORT_NEIGH_SUPPRESS, 1 },
		{ IFLA_BRPORT_PROTECT, 1 }
	};

	(void)state;
	assert_int_equal(read_port(IFLA_BRPORT_ISOLATED, 1, IFF_UP), RTNL_PORT_ISOLATED);
	assert_int_equal(read_port(IFLA_BRPORT_ISOLATED, 0, IFF_UP), 0);
	assert_int_equal(read_port(IFLA_BRPORT_MODE, 1, IFF_UP), RTNL_PORT_HAIRPIN);
	for (size_t i = 0; i < ARRAY_SIZE(unusual); i++) {
		uint8_t value = (uint8_t)unusual[i][1];

		assert_int_equal(read_port(unusual[i][0], value, IFF_UP), RTNL_PORT_OTHER);
		assert_int_equal(read_port(unusual[i][0], !value, IFF_UP), 0);
	}
}

static void a_port_that_is_held_up_counts_only_with_a_carrier(void **state)
{
	(void)state;
	assert_int_equal(read_port(IFLA_BRPORT_STATE, BR_STATE_BLOCKING, IFF_UP | IFF_RUNNING),
			 RTNL_PORT_OTHER);
	assert_int_equal(read_port(IFLA_BRPORT_STATE, BR_STATE_DISABLED, IFF_UP), 0);
	assert_int_equal(read_port(IFLA_BRPORT_STATE, BR_STATE_FORWARDING, IFF_UP | IFF_RUNNING),
			 0);
}

static void one_is_asleep_until_the_kernel_has_given_it_a_queue(void **state)
{
	(void)state;
	begin(AF_UNSPEC, IFF_UP);
	rtnl_put_string(&said, IFLA_QDISC, "noop");
	assert_true(read_it().asleep);
	(void)tear_down(NULL);
	begin(AF_UNSPEC, IFF_UP);
	rtnl_put_string(&said, IFLA_QDISC, "noqueue");
	assert_false(read_it().asleep);
	(void)tear_down(NULL);
	begin(AF_UNSPEC, 0);
	rtnl_put_string(&said, IFLA_QDISC, "noop");
	assert_false(read_it().asleep); /* it is down, which is no sleep */
}

static void what_is_too_long_is_cut_and_what_is_no_mac_is_none(void **state)
{
	const struct mac none = { { 0 } };
	char alias[300];
	struct rtnl_link link;

	(void)state;
	memset(alias, 'a', sizeof(alias) - 1);
	alias[sizeof(alias) - 1] = '\0';
	begin(AF_UNSPEC, 0);
	rtnl_put_string(&said, IFLA_IFALIAS, alias);
	rtnl_put(&said, IFLA_ADDRESS, alias, 20); /* of another sort of link */
	link = read_it();
	assert_int_equal(strlen(link.alias), sizeof(link.alias) - 1);
	assert_memory_equal(&link.mac, &none, sizeof(none));
	assert_string_equal(link.name, "br0");
	assert_int_equal(link.ifindex, 7);
	assert_int_equal(link.mtu, 1400);
}

static void a_message_that_is_cut_off_is_none(void **state)
{
	struct rtnl_link link = { 0 };
	struct nlmsghdr *nlh;

	(void)state;
	begin(AF_UNSPEC, 0);
	nlh = nlmsg_hdr(said.messages[0]);
	nlh->nlmsg_len = NLMSG_HDRLEN + sizeof(struct ifinfomsg) - 4;
	assert_int_equal(rtnl_link_parse(nlh, &link), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_bridge_differs_by_any_option_that_netd_sets, tear_down),
		cmocka_unit_test_teardown(a_port_has_its_modes_and_whatever_else_is_not_as_usual,
					  tear_down),
		cmocka_unit_test_teardown(a_port_that_is_held_up_counts_only_with_a_carrier,
					  tear_down),
		cmocka_unit_test_teardown(one_is_asleep_until_the_kernel_has_given_it_a_queue,
					  tear_down),
		cmocka_unit_test_teardown(what_is_too_long_is_cut_and_what_is_no_mac_is_none,
					  tear_down),
		cmocka_unit_test_teardown(a_message_that_is_cut_off_is_none, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
