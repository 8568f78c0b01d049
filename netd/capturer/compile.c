// SPDX-License-Identifier: GPL-2.0-or-later
// compile.c - a filter in tcpdump's language becomes a program, by a process that has no rights
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/whole.h"
#include "capturer/capturer.h"
#include "kernel/caps.h"
#include "kernel/narrow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/ethernet.h>
#include <pcap/pcap.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. The text is a stranger's, and libpcap's compiler is large: a scanner, a
 * grammar and an optimizer in C. So a child compiles, before anything is opened that it could
 * inherit: it is nobody, has no capability and no system call but to read public files (names of
 * ports and protocols) and to write, and not for long. What it writes is a program for the kernel,
 * which looks at it by itself, or a sentence.
 *
 * The order in give_up() matters: the user first, which takes a right; limits; capabilities; then
 * the filter of system calls, under which none of these is possible. */

#define NOBODY 65534

_Static_assert(sizeof(struct bpf_insn) == sizeof(struct sock_filter) &&
		       offsetof(struct bpf_insn, k) == offsetof(struct sock_filter, k),
	       "libpcap writes what the kernel reads");

/* It runs in the child. */
static int give_up(void)
{
	const struct rlimit memory = { CAPTURE_COMPILE_MEMORY, CAPTURE_COMPILE_MEMORY };
	const struct rlimit time = { CAPTURE_COMPILE_CPU_S, CAPTURE_COMPILE_CPU_S };
	int err;

	/* A process that has no right to become nobody has none to give up either, but for the
	 * capabilities. */
	if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0)
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
#if !defined(__SANITIZE_ADDRESS__) /* its shadow takes 20 TiB */
	(void)setrlimit(RLIMIT_AS, &memory);
#else
	(void)memory;
#endif
	(void)setrlimit(RLIMIT_CPU, &time);
	err = caps_keep(0);
	return err < 0 ? err : narrow_calls(false);
}

/* The optimizer of libpcap is on (1). The result goes into out. */
static void compile(const struct capture_asked *asked, struct buf *out)
{
	/* Ethernet, as the interfaces of containers and bridges are. */
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, (int)asked->snaplen);
	struct bpf_program program;

	if (!pcap) {
		compiled_put_refusal(out, "there is no memory for it");
		return;
	}
	/* Without a netmask a filter for broadcasts of IPv4 is refused (pcap_compile(3)). */
	if (pcap_compile(pcap, &program, asked->filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		compiled_put_refusal(out, pcap_geterr(pcap));
	else
		compiled_put_program(out, program.bf_insns, program.bf_len);
	/* The process ends here. */
}

/* _exit(2): nothing of the parent's is flushed or run. */
__attribute__((noreturn)) static void run_child(const struct capture_asked *asked, int fd)
{
	struct buf out = { 0 };

	/* Nothing of the capture's is its own: neither who started it, nor a tracer of netd's. */
	(void)close_range(STDERR_FILENO + 1, (unsigned int)fd - 1, 0);
	(void)close_range((unsigned int)fd + 1, ~0U, 0);
	if (give_up() < 0)
		_exit(1);
	compile(asked, &out);
	/* The pipe holds all of it, so this hardly ever waits. */
	_exit(out.err < 0 || whole_write(fd, out.data, out.len) < 0 ? 1 : 0);
}

/* *ret_len is 0 where the child wrote nothing. */
static int hear(const struct capture_asked *asked, void *data, size_t size, size_t *ret_len)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	int64_t deadline_ms = deadline_after(CAPTURE_COMPILE_MS);
	int ends[2], err, status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ours = ends[0];
	theirs = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(asked, theirs);
	/* The end of the pipe would never show while this process holds the writing end itself. */
	cleanup_close(&theirs);
	theirs = -1;
	err = helper_hear(ours, deadline_ms, data, size, ret_len);
	(void)helper_end(pid, deadline_ms, &status); /* killed then: it has not written all */
	return err == -ETIME ? 0 : err;
}

/* data is larger than the largest program. */
int capturer_compile(const struct capture_asked *asked, struct compiled *ret_compiled,
		     struct error *error)
{
	static char data[COMPILED_SIZE];
	size_t len = 0;
	int err;

	if (!asked->filter[0]) {
		compiled_take_all(asked->snaplen, ret_compiled);
		return 0;
	}
	err = hear(asked, data, sizeof(data), &len);
	if (err < 0)
		return error_system(error, err, "cannot compile the filter");
	err = compiled_read(data, len, ret_compiled, error);
	if (err < 0)
		error_prefix(error, "the filter '%.200s'", asked->filter);
	return err;
}

/* The kernel has loads of its own (of a VLAN's tag, of the packet's kind), which libpcap writes for
 * an interface that is open, and not for these. */
bool capturer_can_ask(const struct compiled *filter)
{
	return bpf_validate((const struct bpf_insn *)(const void *)filter->code, (int)filter->n);
}

/* The filter is one for Ethernet, so the packet gets a header of that, from nobody to nobody. */
bool capturer_passes(const struct compiled *filter, const struct dropped *dropped)
{
	static uint8_t frame[ETH_HLEN + TRACE_BYTES_MAX];
	const uint16_t type = htons(dropped->is_six ? ETH_P_IPV6 : ETH_P_IP);

	memcpy(frame + ETH_HLEN - sizeof(type), &type, sizeof(type));
	memcpy(frame + ETH_HLEN, dropped->data, dropped->len);
	return bpf_filter((const struct bpf_insn *)(const void *)filter->code, frame,
			  (unsigned int)(ETH_HLEN + dropped->full_len),
			  (unsigned int)(ETH_HLEN + dropped->len)) != 0;
}
