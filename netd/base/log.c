// SPDX-License-Identifier: GPL-2.0-or-later
// log.c - log lines to stderr, with journald priorities when a journal reads them
#include "base/log.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *const log_level_name[LOG_LEVEL_N] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* sd-daemon(3): the priorities of syslog(3) in angle brackets. */
static const int journal_priority[LOG_LEVEL_N] = {
	[LOG_LEVEL_ERROR] = 3,
	[LOG_LEVEL_WARN] = 4,
	[LOG_LEVEL_INFO] = 6,
	[LOG_LEVEL_DEBUG] = 7,
};

enum log_level log_max_level = LOG_LEVEL_INFO;

static char log_tag[16] = "netd";
static bool log_to_journal;

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream the journal reads. The variable
 * is inherited by children whose stderr goes elsewhere, hence the comparison. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[48];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

void log_init(const char *tag, enum log_level level)
{
	(void)snprintf(log_tag, sizeof(log_tag), "%s", tag);
	log_max_level = level;
	log_to_journal = stderr_is_journal();
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
	static const struct {
		const char *name;
		enum log_level level;
	} names[] = {
		{ "debug", LOG_LEVEL_DEBUG },  { "trace", LOG_LEVEL_DEBUG },
		{ "info", LOG_LEVEL_INFO },    { "warn", LOG_LEVEL_WARN },
		{ "warning", LOG_LEVEL_WARN }, { "error", LOG_LEVEL_ERROR },
		{ "fatal", LOG_LEVEL_ERROR },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i].name) == 0) {
			*ret_level = names[i].level;
			return true;
		}
	}
	return false;
}

/* One message is one line, whatever a stranger's name or a server's reply puts into it. */
static void blank_controls(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	}
}

static size_t log_head(enum log_level level, char *line, size_t size)
{
	int len;

	if (log_to_journal)
		len = snprintf(line, size, "<%d>%s: ", journal_priority[level], log_tag);
	else
		len = snprintf(line, size, "%s: %s: ", log_tag, log_level_name[level]);
	return len < 0 ? 0 : (size_t)len;
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX + 2]; /* a newline and the NUL */
	size_t len = log_head(level, line, LOG_LINE_MAX);
	/* A caller may log between a call that failed and the use of its errno. */
	int saved_errno = errno;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line + len, LOG_LINE_MAX + 1 - len, format, args);
	va_end(args);
	if (n > 0)
		len += (size_t)n < LOG_LINE_MAX - len ? (size_t)n : LOG_LINE_MAX - len;
	blank_controls(line, len);
	line[len++] = '\n';
	/* One write, so that lines of the two processes do not mix. A failure can be told
	 * nowhere. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved_errno;
	errno = saved_errno;
}
