// SPDX-License-Identifier: GPL-2.0-or-later
// caps.c - capabilities given up for good
#include "kernel/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* capset(2): version 3 is two words of 32. */
#define WORDS 2

/* Pid 0 in the header is the calling thread. */
static int read_caps(struct __user_cap_data_struct ret_data[static WORDS])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, ret_data) < 0 ? -errno : 0;
}

/* An answer of 0 means "nothing": a process that cannot ask is treated as one without rights. */
uint64_t caps_permitted(void)
{
	struct __user_cap_data_struct data[WORDS];

	if (read_caps(data) < 0)
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* The kernel may know more capabilities than the headers: as far as it answers. Takes what is not
 * in the mask out of the bounding set, so that no program that is started later, not even a set-uid
 * one, gets it back. */
static int bound(uint64_t mask)
{
	for (int cap = 0; cap < 64; cap++) {
		int present = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

		if (present < 0)
			break;
		if (present == 1 && !(mask & CAPS_BIT(cap)) &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return -errno;
	}
	return 0;
}

/* Reduces the process to the capabilities in mask. Nothing that is not permitted today is added, so
 * a call can only take away. All of it is of the calling thread; it is called before there are
 * others. */
int caps_keep(uint64_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[WORDS];
	/* The bounding set first, for dropping from it takes CAP_SETPCAP, which may be given up
	 * below. The order matters. */
	int err = caps_permitted() & CAPS_BIT(CAP_SETPCAP) ? bound(mask) : 0;

	if (err == 0)
		err = read_caps(data);
	if (err < 0)
		return err;
	/* Ambient capabilities would come back with the next execve(2). EINVAL: a kernel before
	 * 4.3 has none. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	for (int i = 0; i < WORDS; i++) {
		data[i].permitted &= (uint32_t)(mask >> (32 * i));
		data[i].effective &= data[i].permitted;
		/* Nothing is inherited by what is started later: each child asks for what it
		 * needs. */
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}
