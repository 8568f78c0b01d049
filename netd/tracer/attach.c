// SPDX-License-Identifier: GPL-2.0-or-later
// attach.c - the kernel's fields are looked up, and programs that know them are loaded
#include "base/cleanup.h"
#include "base/limits.h"
#include "kernel/caps.h"
#include "trace/count.h"
#include "tracer/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. The order matters: rights are checked, so that the sentence can name them;
 * the layout is read; maps are made, for programs hold their descriptors; programs are loaded and
 * attached; kallsyms is opened while CAP_SYSLOG is there. After this the process gives up all that
 * it took.
 *
 * The kernels' differences end here: what follows has programs and maps that work. */

/* The kernel's own types. Modules have files of their own, which are not needed. */
#define BTF_PATH "/sys/kernel/btf/vmlinux"

/* Kernels since 6.16 let it be mapped, which spares a thousand reads of a page. */
static bool map_whole(int fd, struct tracer *tracer)
{
	struct stat stat;
	void *data;

	if (fstat(fd, &stat) < 0 || stat.st_size <= 0 || stat.st_size > TRACE_BTF_MAX)
		return false;
	data = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	tracer->btf_data = data;
	tracer->btf_len = (size_t)stat.st_size;
	tracer->btf_is_mapped = true;
	return true;
}

/* Files of sysfs say no size that can be relied on. TRACE_BTF_MAX is a bound. A file that is larger
 * is cut, and refused by its reader. *ret_data is the caller's to free. */
static int read_whole(int fd, void **ret_data, size_t *ret_len)
{
	_cleanup_free_ char *data = malloc(TRACE_BTF_MAX);
	size_t len = 0;

	if (!data)
		return -ENOMEM;
	while (len < TRACE_BTF_MAX) {
		ssize_t n = read(fd, data + len, TRACE_BTF_MAX - len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	*ret_data = take_ptr(data);
	*ret_len = len;
	return 0;
}

/* The BTF stays in memory: names of reasons point into it. The layout has numbers only, and needs
 * no BTF behind this. */
static int read_layout(struct tracer *tracer, struct layout *layout, struct error *error)
{
	_cleanup_close_ int fd = open(BTF_PATH, O_RDONLY | O_CLOEXEC);
	struct btf btf;
	int err = 0;

	if (fd < 0)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the kernel does not say where its fields are: " BTF_PATH
				 " cannot be read (%s; CONFIG_DEBUG_INFO_BTF)",
				 strerror(errno));
	if (!map_whole(fd, tracer))
		err = read_whole(fd, &tracer->btf_data, &tracer->btf_len);
	if (err == 0)
		err = btf_init(tracer->btf_data, tracer->btf_len, &btf);
	if (err < 0)
		return error_system(error, err, "cannot read " BTF_PATH);
	err = layout_read(&btf, layout, error);
	event_reasons_read(&btf, &tracer->reasons);
	btf_done(&btf);
	return err;
}

/* Root has both unless somebody took them: an unprivileged container, or systemd. They are told by
 * name because nobody else's tool needs these two. CAP_PERFMON lets programs read the kernel's
 * memory. */
static int check_rights(struct error *error)
{
	const uint64_t wanted = CAPS_BIT(CAP_BPF) | CAPS_BIT(CAP_PERFMON);

	if ((caps_permitted() & wanted) == wanted)
		return 0;
	return error_set(error, ERROR_UNAVAILABLE,
			 "the tracer needs CAP_BPF and CAP_PERFMON, and was started without %s",
			 caps_permitted() & wanted ? "one of them" : "them");
}

/* The kernel's errno as a sentence that says what to do about it. what: the object in the
 * sentence. */
static int refused(int err, const char *what, struct error *error)
{
	if (err == -EPERM || err == -EACCES)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the kernel refuses %s: it is locked down, or this is a container "
				 "without rights of its host's",
				 what);
	if (err == -ENOSYS)
		return error_set(error, ERROR_UNAVAILABLE,
				 "this kernel is without BPF, or a "
				 "filter of system calls hides it");
	return error_set(error, ERROR_UNAVAILABLE, "the kernel does not take %s: %s", what,
			 strerror(-err));
}

/* Which maps there are depends on the kind of program. Entries: type, size of a key, size of a
 * value, number of entries. The sizes are those that the programs are written for. */
static int make_maps(struct tracer *tracer, struct error *error)
{
	const bool follows = tracer->kind == PROGRAM_FOLLOW;
	const bool counts = tracer->kind == PROGRAM_COUNT;
	const bool drops = tracer->kind == PROGRAM_DROPS;
	struct program_maps *made = &tracer->maps;
	const struct {
		uint32_t type, key, value, n;
		int *fd;
		bool is_wanted;
	} maps[] = {
		{ BPF_MAP_TYPE_HASH, 4, 4, TRACE_NETNS_MAX, &made->netns, true },
		{ BPF_MAP_TYPE_HASH, 16, 4, TRACE_ADDRESSES_MAX, &made->address, !counts },
		{ BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record_flow), 1, &made->flow, true },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, PROGRAM_FRAME_SIZE, LAYOUT_N_POINTS, &made->frames,
		  !counts },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, TRACE_RING, &made->events, !counts },
		{ BPF_MAP_TYPE_HASH, sizeof(struct record_end), 4, TRACE_PUBLISHED_MAX,
		  &made->published, follows },
		{ BPF_MAP_TYPE_HASH, 16, 4, TRACE_ADDRESSES_MAX, &made->peer, follows },
		{ BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct record_seen), TRACE_SEEN_MAX, &made->seen,
		  follows },
		{ BPF_MAP_TYPE_LRU_HASH, sizeof(struct record_tuple), 4, TRACE_TUPLES_MAX,
		  &made->tuples, follows },
		{ BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct record_drop),
		  sizeof(struct record_dropped), TRACE_DROPS_MAX, &made->drops, counts },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, PROGRAM_BYTES_SIZE, 1, &made->bytes, drops },
	};
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		if (!maps[i].is_wanted)
			continue;
		*maps[i].fd = bpf_map_new(maps[i].type, maps[i].key, maps[i].value, maps[i].n);
		/* Before 5.8 the kernel knows no such map. */
		if (*maps[i].fd == -EINVAL && maps[i].type == BPF_MAP_TYPE_RINGBUF)
			return error_set(error, ERROR_UNAVAILABLE,
					 "this kernel has no ring buffer of BPF: the tracer takes "
					 "5.8");
		if (*maps[i].fd < 0)
			return refused(*maps[i].fd, "a map of BPF", error);
	}
	/* A count has no events: its numbers are asked for. */
	if (counts)
		return 0;
	err = bpf_ring_open(tracer->maps.events, TRACE_RING, &tracer->ring);
	return err < 0 ? error_system(error, err, "cannot map the events") : 0;
}

/* layout->type is the number of the tracepoint's type, where the program is to be one that knows
 * it. A program with a type may read fields by their offsets, which the verifier checks. */
static int load(const struct tracer *tracer, enum layout_point point, const struct layout *layout)
{
	static struct insns insns; /* large */
	int err = tracer->kind == PROGRAM_COUNT
			  ? count_program(layout, &tracer->maps, &insns)
			  : program_trace(tracer->kind, point, layout, &tracer->maps, &insns);

	return err < 0 ? err
		       : bpf_load(insns.at, insns.n, layout->is_direct ? layout->type[point] : 0,
				  NULL, 0);
}

/* The descriptors stay open until the process ends, and the programs with them. A kernel that does
 * not let its memory be read directly has it read by calls, which cost more. A program with types
 * is attached without a name: the type says where. *layout is changed for all points behind this
 * one. */
static int attach_point(struct tracer *tracer, enum layout_point point, struct layout *layout,
			struct error *error)
{
	int program_fd = load(tracer, point, layout), err;

	while (program_fd < 0 && layout_plainer(layout))
		program_fd = load(tracer, point, layout);
	if (program_fd < 0)
		return refused(program_fd, "the tracer's programs", error);
	err = bpf_attach(program_fd, layout->is_direct ? NULL : layout_point_name[point]);
	return err < 0 ? refused(err, "programs at its tracepoints", error) : 0;
}

/* "0-3": a number for each is in a map that each has its own of. As many as there could be, where
 * that cannot be read. A range may be a list on some machines; only its first part is read then,
 * and the others' numbers are missed. /sys/devices/system/cpu/possible has those that may come
 * later as well: a map has a place for each. */
static size_t count_processors(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned int first = 0, last = TRACE_PROCESSORS_MAX - 1;
	int n = file ? fscanf(file, "%u-%u", &first, &last) : 0;

	if (file)
		(void)fclose(file);
	if (n == 1)
		last = first;
	return n < 1 || last >= TRACE_PROCESSORS_MAX ? TRACE_PROCESSORS_MAX : last + 1;
}

/* Who counts, or wants bytes of dropped packets, looks at no others. */
static bool is_needed(enum program_kind kind, enum layout_point point)
{
	return point == LAYOUT_DROPPED || (kind != PROGRAM_COUNT && kind != PROGRAM_DROPS);
}

/* *tracer is filled as far as this came. What was made goes
 * with the process. */
int tracer_attach(struct tracer *tracer, struct error *error)
{
	struct layout layout;
	int err = check_rights(error);

	if (err == 0)
		err = read_layout(tracer, &layout, error);
	if (err == 0) {
		tracer->gives_reasons = layout_gives_reasons(&layout);
		tracer->n_processors = count_processors();
		err = make_maps(tracer, error);
	}
	for (enum layout_point point = 0; err == 0 && point < LAYOUT_N_POINTS; point++)
		if (layout.n_arguments[point] > 0 && is_needed(tracer->kind, point))
			err = attach_point(tracer, point, &layout, error);
	/* Whether addresses are shown is decided by who opens it. */
	tracer->kallsyms_fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	return err;
}

void tracer_done(struct tracer *tracer)
{
	bpf_ring_close(&tracer->ring);
	if (tracer->btf_is_mapped)
		(void)munmap(tracer->btf_data, tracer->btf_len);
	else
		free(tracer->btf_data);
	tracer->btf_data = NULL;
}
