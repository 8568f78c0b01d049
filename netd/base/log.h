// SPDX-License-Identifier: GPL-2.0-or-later
// log.h - log lines to stderr, with journald priorities when a journal reads them
#pragma once

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_N };

extern const char *const log_level_name[LOG_LEVEL_N];

/* tag is the process's role ("netd", "resolver"). Level names are those of Docker's log-level, so
 * "warning" and "fatal" are understood too; false: unknown. */
void log_init(const char *tag, enum log_level level);
/* From here on lines that have something to be about go to the journal itself, with their fields,
 * where one reads what this process says: for one that stays in the root it has. */
void log_open_journal(void);
bool log_level_parse(const char *text, enum log_level *ret_level);

__attribute__((format(printf, 2, 3))) void log_write(enum log_level level, const char *format, ...);

/* What a line is about, for who searches a journal: fields NETD_CODE, NETD_CONTAINER and
 * NETD_NETWORK; NULL: none. */
struct log_about {
	const char *code, *container, *network;
};
/* The same with them, where a journal reads; elsewhere the line alone. */
__attribute__((format(printf, 3, 4))) void
log_write_about(enum log_level level, const struct log_about *about, const char *format, ...);

extern enum log_level log_max_level;

#define log_at(level, ...)                                                                         \
	do {                                                                                       \
		if ((level) <= log_max_level)                                                      \
			log_write((level), __VA_ARGS__);                                           \
	} while (0)
#define log_about(level, about, ...)                                                               \
	do {                                                                                       \
		if ((level) <= log_max_level)                                                      \
			log_write_about((level), (about), __VA_ARGS__);                            \
	} while (0)
#define log_error(...) log_at(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_at(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_at(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LEVEL_DEBUG, __VA_ARGS__)
