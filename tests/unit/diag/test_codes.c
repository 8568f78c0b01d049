// SPDX-License-Identifier: GPL-2.0-or-later
// test_codes.c - every code has its words, and docs/diagnosis.md says what the table says
#include "diag/codes.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAGE "docs/diagnosis.md"

static void each_code_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < CODE_N; i++) {
		const struct code *code = &codes[i];

		if (!code->word)
			fail_msg("code %zu has no row", i);
		assert_ptr_equal(code_find(code->word), code);
		assert_true(code->cause[0] && code->why[0] && code->seen[0] && code->fact[0]);
		/* The first line has room for little more; a whole sentence ends. */
		if (strlen(code->cause) > 72)
			fail_msg("%s: the cause is too long", code->word);
		if (code->why[strlen(code->why) - 1] != '.' && code->why[0] != '{')
			fail_msg("%s: why is no sentence", code->word);
		assert_non_null(code->fixes[0].say);
	}
	assert_null(code_find("nonsense"));
}

static void placeholders_are_filled(void **state)
{
	struct code_words words = { 0 };
	struct buf out = { 0 };

	(void)state;
	code_word(&words, "a", "web");
	code_word(&words, "port", "%u", 80U);
	assert_true(code_fill(&words, "{a} asks {port}.", &out));
	assert_string_equal(out.data, "web asks 80.");
	buf_done(&out);
	assert_false(code_fill(&words, "{b} is {a", &out));
	assert_string_equal(out.data, "? is {a");
	buf_done(&out);
	code_word(&words, "a", "db");
	assert_string_equal(code_word_get(&words, "a"), "db");
	code_word_drop(&words, "a");
	assert_null(code_word_get(&words, "a"));
	assert_string_equal(code_word_get(&words, "port"), "80");
}

static void words_beyond_the_last_are_not_written(void **state)
{
	static char keys[CODE_WORDS_MAX + 2][4];
	struct code_words words = { 0 };

	(void)state;
	for (size_t i = 0; i < CODE_WORDS_MAX + 2; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "%zu", i);
		code_word(&words, keys[i], "%zu", i);
	}
	assert_int_equal(words.n, CODE_WORDS_MAX);
	assert_string_equal(code_word_get(&words, "0"), "0");
}

static void a_command_is_cut_into_words(void **state)
{
	static const char *const wanted[] = { "nsenter", "--net=/run/netns/web", "sh", "-c",
					      "ip link set dev eth0 up; true" };
	struct diag_verdict verdict = { 0 };
	struct code_words words = { 0 };

	(void)state;
	code_word(&words, "place", "web");
	code_word(&words, "link", "eth0");
	code_word(&words, "in", "nsenter --net=/run/netns/web");
	code_word(&words, "restore", "sh -c 'ip link set dev eth0 up; true'");
	code_tell(&words, CODE_LINK_DOWN, "from.link", &verdict);
	assert_string_equal(verdict.code, "link-down");
	assert_string_equal(verdict.hop, "from.link");
	assert_string_equal(verdict.cause, "eth0 in web is down");
	assert_int_equal(verdict.n_fixes, 1);
	assert_int_equal(verdict.fixes[0].n_argv, 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(verdict.fixes[0].argv[i], wanted[i]);
	/* What comes after the cause is listed behind it. */
	code_tell(&words, CODE_LOOPBACK_DOWN, "from.link", &verdict);
	assert_string_equal(verdict.code, "link-down");
	assert_int_equal(verdict.n_also, 1);
	verdict_done(&verdict);
}

/* A value is one word, whatever is in it; without one there is no command. */
static void no_value_becomes_a_command(void **state)
{
	struct diag_verdict verdict = { 0 };
	struct code_words words = { 0 };

	(void)state;
	code_word(&words, "place", "web");
	code_word(&words, "link", "eth0 down; reboot");
	code_word(&words, "network", "blue");
	code_tell(&words, CODE_PORT_DOWN, "bridge.port", &verdict);
	assert_int_equal(verdict.fixes[0].n_argv, 6);
	assert_string_equal(verdict.fixes[0].argv[4], "eth0 down; reboot");
	verdict_done(&verdict);
	code_word_drop(&words, "link");
	code_tell(&words, CODE_PORT_DOWN, "bridge.port", &verdict);
	assert_int_equal(verdict.fixes[0].n_argv, 0);
	assert_string_equal(verdict.fixes[0].say, "bring it up");
	verdict_done(&verdict);
}

static char *read_page(void)
{
	_cleanup_free_ char *text = calloc(1, 1 << 20);
	FILE *file = fopen(PAGE, "r");

	assert_non_null(text);
	if (!file)
		return take_ptr(text);
	(void)!fread(text, 1, (1 << 20) - 1, file);
	(void)fclose(file);
	return take_ptr(text);
}

/* A link's name may have a dot, as eth0.100 has, and sysctl(8) takes dots for slashes. */
static void a_dot_in_a_links_name_is_a_slash_to_sysctl(void **state)
{
	struct diag_verdict verdict = { 0 };
	struct code_words words = { 0 };

	(void)state;
	code_word(&words, "in", "%s", "");
	code_word(&words, "link", "eth0.100");
	code_word(&words, "sysctl", "net.ipv4.conf.eth0.100.forwarding");
	code_tell(&words, CODE_FORWARDING_OFF_LINK, "host.forwarding", &verdict);
	assert_int_equal(verdict.fixes[0].n_argv, 3);
	assert_string_equal(verdict.fixes[0].argv[2], "net.ipv4.conf.eth0/100.forwarding=1");
	verdict_done(&verdict);
	code_word(&words, "sysctl", "net.ipv4.conf.blue0.forwarding");
	code_tell(&words, CODE_FORWARDING_OFF_LINK, "host.forwarding", &verdict);
	assert_string_equal(verdict.fixes[0].argv[2], "net.ipv4.conf.blue0.forwarding=1");
	verdict_done(&verdict);
}

/* What leads the host's packets elsewhere is a person's decision, as what opens a firewall is. */
static void advice_that_reroutes_the_host_is_a_choice(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < CODE_N; i++)
		for (size_t k = 0; k < 3 && codes[i].fixes[k].say; k++) {
			const struct code_fix *fix = &codes[i].fixes[k];

			if (fix->who != DIAG_ADMIN || !fix->argv || !strstr(fix->argv, " del ") ||
			    !strstr(fix->argv, "ip {ip} "))
				continue;
			if (!fix->is_choice)
				fail_msg("%s: \"%s\" is no choice", codes[i].word, fix->argv);
			n++;
		}
	assert_int_equal(n, 3);
}

/* "netd does it" is no advice to a person without what he has to type for that. */
static void what_netd_does_has_a_command(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < CODE_N; i++)
		for (size_t k = 0; k < 3 && codes[i].fixes[k].say; k++) {
			const struct code_fix *fix = &codes[i].fixes[k];

			if (fix->who != DIAG_NETD && !strstr(fix->say, "netd put"))
				continue;
			if (!fix->argv)
				fail_msg("%s: \"%s\" has no command", codes[i].word, fix->say);
			n++;
		}
	assert_true(n >= 5);
}

static void assert_restart(const struct diag_fix *fix)
{
	static const char *const words[] = { "systemctl", "restart", "netd" };

	assert_int_equal(fix->who, DIAG_ADMIN);
	assert_false(fix->is_choice);
	assert_int_equal(fix->n_argv, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(fix->argv[i], words[i]);
}

/* A netd that is dead or stopped answers no netctl. */
static void what_netd_would_do_waits_for_its_start(void **state)
{
	struct diag_verdict verdict = { 0 };
	struct code_words words = { 0 };

	(void)state;
	code_word(&words, "place", "web");
	code_word(&words, "link", "nd1");
	code_word(&words, "network", "blue");
	code_word(&words, "container-a", "web");
	code_word(&words, "hairpin", "netctl doctor --fix db");
	code_tell(&words, CODE_LINK_MISSING, "doctor", &verdict);
	assert_int_equal(verdict.fixes[0].who, DIAG_NETD);
	assert_string_equal(verdict.fixes[0].argv[1], "doctor");
	verdict_done(&verdict);

	code_word(&words, "restart", CODE_RESTART);
	code_tell(&words, CODE_LINK_MISSING, "doctor", &verdict);
	assert_restart(&verdict.fixes[0]);
	assert_string_equal(verdict.fixes[0].say, "start netd anew, which compares and repairs");
	verdict_done(&verdict);
	code_tell(&words, CODE_HAIRPIN_OFF, "bridge.port", &verdict);
	assert_restart(&verdict.fixes[0]);
	verdict_done(&verdict);
	/* What is a person's to decide stays that, and takes a netd that runs. */
	code_tell(&words, CODE_NAME_OTHER_NETWORK, "name", &verdict);
	assert_string_equal(verdict.fixes[0].argv[0], "netctl");
	assert_string_equal(verdict.fixes[0].say,
			    "they then find each other; first start netd anew: " CODE_RESTART);
	verdict_done(&verdict);
	code_word(&words, "hairpin", "netctl port add x 81/tcp");
	code_tell(&words, CODE_HAIRPIN_OFF, "bridge.port", &verdict);
	assert_string_equal(verdict.fixes[0].argv[1], "port");
	assert_non_null(strstr(verdict.fixes[0].say, CODE_RESTART));
	verdict_done(&verdict);
	/* And what takes none is as ever. */
	code_tell(&words, CODE_PORT_DOWN, "bridge.port", &verdict);
	assert_string_equal(verdict.fixes[0].say, "bring it up");
	verdict_done(&verdict);
}

static void the_page_says_what_the_table_says(void **state)
{
	_cleanup_free_ char *page = NULL;
	struct buf out = { 0 };
	FILE *file;

	(void)state;
	codes_write_page(&out);
	assert_int_equal(out.err, 0);
	if (getenv("WRITE_PAGE")) {
		file = fopen(PAGE, "w");
		assert_non_null(file);
		assert_true(fputs(out.data, file) >= 0);
		assert_int_equal(fclose(file), 0);
	}
	page = read_page();
	if (strcmp(page, out.data) != 0)
		fail_msg(PAGE " is not what the table says: WRITE_PAGE=1 "
			      "build/tests/unit/diag/test_codes writes it anew");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_is_complete),
		cmocka_unit_test(placeholders_are_filled),
		cmocka_unit_test(words_beyond_the_last_are_not_written),
		cmocka_unit_test(a_command_is_cut_into_words),
		cmocka_unit_test(no_value_becomes_a_command),
		cmocka_unit_test(a_dot_in_a_links_name_is_a_slash_to_sysctl),
		cmocka_unit_test(advice_that_reroutes_the_host_is_a_choice),
		cmocka_unit_test(what_netd_does_has_a_command),
		cmocka_unit_test(what_netd_would_do_waits_for_its_start),
		cmocka_unit_test(the_page_says_what_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
