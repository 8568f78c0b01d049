// SPDX-License-Identifier: GPL-2.0-or-later
// test_layout.c - what the programs have to know is found, or what is not there is named
#include "trace/layout.h"

#include "blob.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int read_layout(const struct blob *blob, struct layout *ret_layout, struct error *error)
{
	struct btf btf;
	size_t len;
	void *data = blob_whole(blob, &len);
	int err = btf_init(data, len, &btf);

	assert_int_equal(err, 0);
	err = layout_read(&btf, ret_layout, error);
	btf_done(&btf);
	free(data);
	return err;
}

static void offsets_are_those_of_the_kernel(void **state)
{
	struct blob blob = { 0 };
	struct layout layout;
	struct error error;

	(void)state;
	blob_kernel(&blob);
	assert_int_equal(read_layout(&blob, &layout, &error), 0);
	assert_int_equal(layout.skb_network_header, (160 + 32) / 8);
	assert_int_equal(layout.skb_data, 40);
	assert_int_equal(layout.skb_data_len, 48);
	assert_int_equal(layout.device_net, 264);
	assert_int_equal(layout.net_inode, 176);
	assert_int_equal(layout.sock_net, 48);
	assert_int_equal(layout.n_arguments[LAYOUT_DROPPED], 4);
	assert_int_equal(layout.n_arguments[LAYOUT_SENT], 2);
	assert_int_equal(layout.n_arguments[LAYOUT_ICMP], 0); /* as on 5.10 */
	assert_true(layout.type[LAYOUT_DROPPED] > 0);
	assert_true(layout.is_direct);
}

/* As the kernel has them, in bits. */
static void blob_connections(struct blob *blob)
{
	uint32_t number = blob_int(blob, "int"), half, other, tuple, hash;

	half = blob_struct(blob, "nf_conntrack_man",
			   (struct blob_member[]) { { "u3", number, 0 }, { "u", number, 128 } }, 2);
	other = blob_struct(
		blob, "", (struct blob_member[]) { { "u3", number, 0 }, { "u", number, 128 } }, 2);
	tuple = blob_struct(blob, "nf_conntrack_tuple",
			    (struct blob_member[]) { { "src", half, 0 }, { "dst", other, 160 } },
			    2);
	hash = blob_struct(blob, "nf_conntrack_tuple_hash",
			   (struct blob_member[]) { { "tuple", tuple, 128 } }, 1);
	(void)blob_struct(blob, "nf_conn", (struct blob_member[]) { { "tuplehash", hash, 64 } }, 1);
}

static void where_a_packet_has_its_connection_is_found_or_left_out(void **state)
{
	struct blob blob = { 0 };
	struct layout layout;
	struct error error;

	(void)state;
	blob_kernel(&blob);
	assert_int_equal(read_layout(&blob, &layout, &error), 0);
	assert_false(layout.has_connections);
	blob_connections(&blob);
	assert_int_equal(read_layout(&blob, &layout, &error), 0);
	assert_true(layout.has_connections);
	assert_int_equal(layout.skb_connection, 56);
	assert_int_equal(layout.connection_tuples, 8 + 16);
	assert_true(layout.tuple_step > 0);
	assert_int_equal(layout.tuple_from, 0);
	assert_int_equal(layout.tuple_from_port, 16);
	assert_int_equal(layout.tuple_to, 20);
	assert_int_equal(layout.tuple_to_port, 36);
}

static void what_a_kernel_does_not_take_is_left_out_one_thing_after_the_other(void **state)
{
	struct layout layout = { .is_direct = true, .has_connections = true, .cast_function = 7 };

	(void)state;
	assert_true(layout_plainer(&layout));
	assert_true(layout.cast_function == 0 && layout.is_direct && layout.has_connections);
	assert_true(layout_plainer(&layout));
	assert_true(!layout.is_direct && layout.has_connections);
	assert_true(layout_plainer(&layout));
	assert_false(layout.has_connections);
	assert_false(layout_plainer(&layout));
}

static void a_missing_field_is_named(void **state)
{
	struct blob blob = { 0 };
	struct layout layout;
	struct error error;

	(void)state;
	(void)blob_struct(&blob, "sk_buff",
			  (struct blob_member[]) { { "dev", blob_int(&blob, "int"), 0 } }, 1);
	assert_true(read_layout(&blob, &layout, &error) < 0);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_string_equal(error.text, "this kernel's BTF has no field head of struct sk_buff");
}

/* The tracepoints are the last types of the blob: three each, of 8 bytes and parameters. */
static void a_missing_tracepoint_is_named(void **state)
{
	struct blob blob = { 0 };
	struct layout layout;
	struct error error;

	(void)state;
	blob_kernel(&blob);
	blob.types_len -= 3 * 12 + 4 * 8 + 3 * 12 + 3 * 8; /* tcp_send_reset, net_dev_start_xmit */
	assert_true(read_layout(&blob, &layout, &error) < 0);
	assert_string_equal(error.text,
			    "this kernel has no tracepoint net_dev_start_xmit that netd knows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_are_those_of_the_kernel),
		cmocka_unit_test(where_a_packet_has_its_connection_is_found_or_left_out),
		cmocka_unit_test(what_a_kernel_does_not_take_is_left_out_one_thing_after_the_other),
		cmocka_unit_test(a_missing_field_is_named),
		cmocka_unit_test(a_missing_tracepoint_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
