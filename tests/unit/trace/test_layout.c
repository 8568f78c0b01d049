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
		cmocka_unit_test(a_missing_field_is_named),
		cmocka_unit_test(a_missing_tracepoint_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
