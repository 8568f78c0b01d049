// SPDX-License-Identifier: GPL-2.0-or-later
// test_log.c - log lines as they leave on stderr
#include "base/log.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int real_stderr = -1, captured = -1;

/* stderr becomes a file in memory; the environment says that a journal reads it, if it does. */
static void capture(bool journal, enum log_level level)
{
	char stream[64] = "1:1";
	struct stat st;

	real_stderr = dup(STDERR_FILENO);
	captured = memfd_create("stderr", MFD_CLOEXEC);
	assert_true(real_stderr >= 0 && captured >= 0);
	assert_true(dup2(captured, STDERR_FILENO) >= 0);
	assert_int_equal(fstat(captured, &st), 0);
	if (journal)
		(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
			       (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_init("netd", level);
}

static const char *release(void)
{
	static char text[4 * LOG_LINE_MAX];
	ssize_t n = pread(captured, text, sizeof(text) - 1, 0);

	assert_true(dup2(real_stderr, STDERR_FILENO) >= 0);
	(void)close(real_stderr);
	(void)close(captured);
	(void)unsetenv("JOURNAL_STREAM");
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void lines_name_their_level(void **state)
{
	(void)state;
	capture(false, LOG_LEVEL_DEBUG);
	log_error("no %s", "bridge");
	log_warn("two");
	log_info("three");
	log_debug("four");
	assert_string_equal(release(), "netd: error: no bridge\n"
				       "netd: warn: two\n"
				       "netd: info: three\n"
				       "netd: debug: four\n");
}

static void a_journal_gets_priorities(void **state)
{
	(void)state;
	capture(true, LOG_LEVEL_DEBUG);
	log_error("one");
	log_warn("two");
	log_info("three");
	log_debug("four");
	assert_string_equal(release(),
			    "<3>netd: one\n<4>netd: two\n<6>netd: three\n<7>netd: four\n");
}

static void lines_below_the_level_are_not_even_formatted(void **state)
{
	int formatted = 0;

	(void)state;
	capture(false, LOG_LEVEL_WARN);
	log_info("%d", ++formatted);
	log_debug("%d", ++formatted);
	log_warn("seen");
	assert_string_equal(release(), "netd: warn: seen\n");
	assert_int_equal(formatted, 0);
}

static void a_message_is_one_line_whatever_it_holds(void **state)
{
	(void)state;
	capture(false, LOG_LEVEL_INFO);
	log_info("name %s", "a\n<0>b\r\x1b[31m\x7f\xc3\xa9");
	assert_string_equal(release(), "netd: info: name a <0>b  [31m \xc3\xa9\n");
}

static void a_long_message_is_cut_at_the_limit(void **state)
{
	_cleanup_free_ char *text = malloc(5000);
	const char *line;

	(void)state;
	memset(text, 'x', 4999);
	text[4999] = '\0';
	capture(false, LOG_LEVEL_INFO);
	log_info("%.*s", LOG_LINE_MAX - (int)strlen("netd: info: "), text);
	line = release();
	assert_int_equal(strlen(line), LOG_LINE_MAX + 1);
	capture(false, LOG_LEVEL_INFO);
	log_info("%s", text);
	line = release();
	assert_int_equal(strlen(line), LOG_LINE_MAX + 1);
	assert_int_equal(line[LOG_LINE_MAX], '\n');
}

static void logging_leaves_errno_alone(void **state)
{
	(void)state;
	capture(false, LOG_LEVEL_INFO);
	errno = ENOTCONN;
	log_info("x");
	assert_int_equal(errno, ENOTCONN);
	(void)release();
}

/* A socket that plays journald; what it was sent. */
static int play_journal(char path[static 64])
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(path, 64, "/tmp/netd-test-journal.%d", getpid());
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	(void)unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setenv("NETD_JOURNAL_SOCKET", path, 1), 0);
	log_open_journal();
	assert_int_equal(unsetenv("NETD_JOURNAL_SOCKET"), 0);
	return fd;
}

static const char *hear(int fd)
{
	static char text[2 * LOG_LINE_MAX];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static void what_a_line_is_about_is_fields_of_the_journal(void **state)
{
	const struct log_about about = { .code = "conflict", .container = "we\nb", .network = "" };
	char path[64], *value = malloc(NAME_LEN_MAX + 1), *long_text = malloc(5000);
	struct log_about with_long = { .network = value };
	int fd;

	(void)state;
	memset(value, 'n', NAME_LEN_MAX);
	value[NAME_LEN_MAX] = '\0';
	memset(long_text, 'x', 4999);
	long_text[4999] = '\0';
	capture(false, LOG_LEVEL_INFO);
	fd = play_journal(path);
	log_about(LOG_LEVEL_WARN, &about, "port %d is\ntaken", 80);
	/* A line that came with a newline would be another field. */
	assert_string_equal(hear(fd), "PRIORITY=4\nSYSLOG_IDENTIFIER=netd\nNETD_CODE=conflict\n"
				      "NETD_CONTAINER=we b\nMESSAGE=port 80 is taken\n");
	log_about(LOG_LEVEL_DEBUG, &about, "below the level");
	assert_string_equal(hear(fd), "");
	log_about(LOG_LEVEL_ERROR, &with_long, "%s", long_text);
	assert_non_null(strstr(hear(fd), value));
	log_info("about nothing");
	/* The journal has gone: a line is said as any other. */
	(void)close(fd);
	(void)unlink(path);
	log_about(LOG_LEVEL_WARN, &about, "said");
	assert_string_equal(release(), "netd: info: about nothing\nnetd: warn: said\n");
	free(value);
	free(long_text);
}

static void levels_have_dockers_names(void **state)
{
	enum log_level level = LOG_LEVEL_INFO;

	(void)state;
	for (unsigned int i = 0; i < LOG_LEVEL_N; i++) {
		assert_true(log_level_parse(log_level_name[i], &level));
		assert_int_equal(level, i);
	}
	assert_true(log_level_parse("warning", &level));
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_true(log_level_parse("fatal", &level));
	assert_int_equal(level, LOG_LEVEL_ERROR);
	assert_false(log_level_parse("INFO", &level));
	assert_false(log_level_parse("", &level));
	assert_int_equal(level, LOG_LEVEL_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_name_their_level),
		cmocka_unit_test(a_journal_gets_priorities),
		cmocka_unit_test(lines_below_the_level_are_not_even_formatted),
		cmocka_unit_test(a_message_is_one_line_whatever_it_holds),
		cmocka_unit_test(a_long_message_is_cut_at_the_limit),
		cmocka_unit_test(logging_leaves_errno_alone),
		cmocka_unit_test(what_a_line_is_about_is_fields_of_the_journal),
		cmocka_unit_test(levels_have_dockers_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
