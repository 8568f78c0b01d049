// SPDX-License-Identifier: GPL-2.0-or-later
// seen_process.c - what a process of netd's uses of the machine
#include "model/seen/seen_process.h"

#include "model/seen/seen_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. /proc/PID/stat has one line. Its second field is the program's name in
 * brackets, and a name may have brackets and blanks itself: so the last bracket is looked for,
 * and fields are counted from there. Times are in ticks since the machine was started, and
 * memory is in pages. */

#define BILLION 1000000000

/* "PID (NAME) STATE", ten numbers, utime, stime, six numbers, starttime, vsize, rss; the name may
 * hold anything, parentheses too. Fields are those of proc_pid_stat(5). 0, or -EBADMSG, and then
 * *ret_process is as it was. Name, pid and descriptors are the caller's to fill. */
int seen_process_parse(const char *text, const struct seen_process_units *units,
		       struct seen_process *ret_process)
{
	const char *name_end = strrchr(text, ')');
	uint64_t user, system, start, size, resident, ns;

	/* Without a number of ticks nothing could be divided. */
	if (!name_end || units->ticks_per_s == 0 ||
	    sscanf(name_end + 1,
		   " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64
		   " %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &user, &system, &start, &size, &resident) != 5)
		return -EBADMSG;
	/* Both are summed up: what the kernel did for the process is its own use as well. */
	ret_process->cpu_us = (user + system) * 1000000 / units->ticks_per_s;
	ret_process->virtual_bytes = size;
	ret_process->resident_bytes = resident * units->page_bytes;
	/* Ticks become nanoseconds in two parts, so that nothing overflows. */
	ns = (uint64_t)units->booted.tv_nsec +
	     start % units->ticks_per_s * (BILLION / units->ticks_per_s);
	ret_process->started.tv_sec = units->booted.tv_sec + (time_t)(start / units->ticks_per_s) +
				      (time_t)(ns / BILLION);
	ret_process->started.tv_nsec = (long)(ns % BILLION);
	return 0;
}

/* Descriptors that could not be counted are left out. All numbers are of the process alone, without
 * its children. */
void seen_process_write(struct buf *out, const struct seen_process *process)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Name", process->name);
	seen_text_number(out, "Pid", process->pid);
	seen_text_number(out, "CpuMicroseconds", process->cpu_us);
	seen_text_number(out, "ResidentBytes", process->resident_bytes);
	seen_text_number(out, "VirtualBytes", process->virtual_bytes);
	if (process->n_fds > 0)
		seen_text_number(out, "OpenDescriptors", process->n_fds);
	seen_text_number(out, "StartedMilliseconds",
			 (uint64_t)process->started.tv_sec * 1000 +
				 (uint64_t)process->started.tv_nsec / 1000000);
	buf_puts(out, "}");
}
