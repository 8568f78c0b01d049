// SPDX-License-Identifier: GPL-2.0-or-later
// log.c - log lines to stderr, with journald priorities when a journal reads them
#include "base/log.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Lines go out in two forms. In a journal each one has its priority in front; elsewhere it has the
 * word for the level. */

/* A line is written by one write(2) to the standard error. Nothing is kept, and no memory is asked
 * for here: a line must be possible when there is none. Lines about an object may have fields,
 * which journald keeps beside the text; without a journal they are plain lines. */

const char *const log_level_name[LOG_LEVEL_N] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

/* sd-daemon(3): the priorities of syslog(3) in angle brackets. */
static const int journal_priority[LOG_LEVEL_N] = {
	[LOG_LEVEL_ERROR] = 3,
	[LOG_LEVEL_WARN] = 4,
	[LOG_LEVEL_INFO] = 6,
	[LOG_LEVEL_DEBUG] = 7,
};

/* Read by the macros before they build a line, so that a line that is not wanted costs nothing. */
enum log_level log_max_level = LOG_LEVEL_INFO;

/* Cut at 15 characters, which no program's name here has. */
static char log_tag[16] = "netd";
/* Set once, at the start. */
static bool log_to_journal;

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the stream the journal reads. The variable
 * is inherited by children whose stderr goes elsewhere, hence the comparison. The journal reads the
 * stream of stderr, and tells which one by this variable. */
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

/* tag is the program's name in each line. Before it is called lines have the tag "netd", and the
 * level is info. */
void log_init(const char *tag, enum log_level level)
{
	(void)snprintf(log_tag, sizeof(log_tag), "%s", tag);
	log_max_level = level;
	log_to_journal = stderr_is_journal();
}

/* Names that other programs use are taken as well. false leaves *ret_level as it is. */
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

/* One message is one line, whatever a stranger's name or a server's reply puts into it. A line feed
 * within a message would begin a line that looks like netd's own. */
static void blank_controls(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	}
}

/* What stands before the text. A tag is at most 15 characters, so it fits. */
static size_t log_head(enum log_level level, char *line, size_t size)
{
	int len;

	if (log_to_journal)
		len = snprintf(line, size, "<%d>%s: ", journal_priority[level], log_tag);
	else
		len = snprintf(line, size, "%s: %s: ", log_tag, log_level_name[level]);
	return len < 0 ? 0 : (size_t)len;
}

/* The text behind the line's head, without the characters that no line has. Returns its length,
 * which leaves room for a newline and the NUL. A line that is too long is cut. */
__attribute__((format(printf, 3, 0))) static size_t
put_text(char line[static LOG_LINE_MAX + 2], size_t len, const char *format, va_list args)
{
	int n = vsnprintf(line + len, LOG_LINE_MAX + 1 - len, format, args);

	if (n > 0)
		len += (size_t)n < LOG_LINE_MAX - len ? (size_t)n : LOG_LINE_MAX - len;
	blank_controls(line, len);
	return len;
}

/* One write, so that lines of the two processes do not mix. A failure can be told nowhere. Up to
 * PIPE_BUF bytes a pipe takes them as one (pipe(7)). */
__attribute__((format(printf, 2, 0))) static void say(enum log_level level, const char *format,
						      va_list args)
{
	char line[LOG_LINE_MAX + 2]; /* a newline and the NUL */
	size_t len = put_text(line, log_head(level, line, LOG_LINE_MAX), format, args);

	line[len++] = '\n';
	/* The result is looked at for the compiler's sake. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void log_write(enum log_level level, const char *format, ...)
{
	/* A caller may log between a call that failed and the use of its errno. */
	int saved_errno = errno;
	va_list args;

	va_start(args, format);
	say(level, format, args);
	va_end(args);
	errno = saved_errno;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* systemd's Native Journal Protocol: a datagram of lines KEY=VALUE. A value with a newline would
 * need another form; ours have none. */
#define FIELD_MAX 256 /* of a value: a name is as long as NAME_LEN_MAX */

static int journal_fd = -1;
static pid_t journal_pid; /* whose descriptor it is: a child may have closed it */

/* NETD_JOURNAL_SOCKET is for tests. Without a journal there is nothing to open, and no failure is
 * told: plain lines are written instead. */
void log_open_journal(void)
{
	const char *path = getenv("NETD_JOURNAL_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (!path && !log_to_journal)
		return;
	if (!path)
		path = JOURNAL_SOCKET;
	if (strlen(path) >= sizeof(addr.sun_path))
		return;
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	/* Not blocking: a journal that does not read must not hold netd. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		(void)close(fd);
		return;
	}
	journal_fd = fd;
	journal_pid = getpid();
}

/* Room for a text and six fields. On the stack, for memory may be short. */
struct datagram {
	char data[LOG_LINE_MAX + 6 * (FIELD_MAX + 32)];
	size_t len;
};

/* A field without a value is left out, and so is one that does not fit. max bounds the value, so
 * one field cannot take the room of all. */
static void put_field(struct datagram *out, const char *key, const char *value, int max)
{
	char *at = out->data + out->len;
	int len;

	if (!value || !*value)
		return;
	len = snprintf(at, sizeof(out->data) - out->len, "%s=%.*s", key, max, value);
	if (len < 0 || (size_t)len + 1 >= sizeof(out->data) - out->len)
		return;
	blank_controls(at, (size_t)len);
	at[len] = '\n';
	out->len += (size_t)len + 1;
}

/* False: it has not got there, and is said as any line. journald drops what does not begin as one
 * of its fields. MESSAGE comes last, since it is the longest. */
static bool tell_journal(enum log_level level, const struct log_about *about, const char *text)
{
	struct datagram out = { .len = 0 };
	char priority[4];

	if (journal_fd < 0 || journal_pid != getpid())
		return false;
	(void)snprintf(priority, sizeof(priority), "%d", journal_priority[level]);
	put_field(&out, "PRIORITY", priority, FIELD_MAX);
	put_field(&out, "SYSLOG_IDENTIFIER", log_tag, FIELD_MAX);
	put_field(&out, "NETD_CODE", about->code, FIELD_MAX);
	put_field(&out, "NETD_CONTAINER", about->container, FIELD_MAX);
	put_field(&out, "NETD_NETWORK", about->network, FIELD_MAX);
	put_field(&out, "MESSAGE", text, LOG_LINE_MAX);
	/* A full socket fails with EAGAIN, as it does not block. */
	return write(journal_fd, out.data, out.len) == (ssize_t)out.len;
}

/* The descriptor is not used in a child: it may have been closed there and be something else's.
 * about has texts that are borrowed for the time of the call. */
void log_write_about(enum log_level level, const struct log_about *about, const char *format, ...)
{
	char text[LOG_LINE_MAX + 2];
	int saved_errno = errno;
	va_list args;

	va_start(args, format);
	text[put_text(text, 0, format, args)] = '\0';
	va_end(args);
	if (!tell_journal(level, about, text))
		log_write(level, "%s", text);
	errno = saved_errno;
}
