// SPDX-License-Identifier: GPL-2.0-or-later
// compiled.c - a filter as a program of classic BPF, and how a process without rights hands it over
#include "capture/compiled.h"

#include <string.h>

/* Theory of operation. A child that has no rights compiles the filter, and what it writes is read
 * by the process that captures: one byte, then either instructions or a sentence. The child is not
 * trusted, because it has read a stranger's text; the kernel checks the program again, and the
 * sentence is cleaned. */

/* A byte says which it is. The rest of the bytes is all of it. */
#define IS_PROGRAM 'P'
#define IS_REFUSAL 'R'

/* n instructions of 8 bytes. */
void compiled_put_program(struct buf *buf, const void *code, size_t n)
{
	buf_append(buf, (char[]) { IS_PROGRAM }, 1);
	buf_append(buf, code, n * sizeof(struct sock_filter));
}

/* A sentence of libpcap's, as it is. */
void compiled_put_refusal(struct buf *buf, const char *why)
{
	buf_append(buf, (char[]) { IS_REFUSAL }, 1);
	buf_puts(buf, why);
}

/* Anything but printable ASCII becomes a question mark. */
static int read_refusal(const char *text, size_t len, struct error *error)
{
	char plain[128];

	if (len >= sizeof(plain))
		len = sizeof(plain) - 1;
	for (size_t i = 0; i < len; i++)
		plain[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	plain[len] = '\0';
	return error_set(error, ERROR_INVALID, "%s", plain);
}

/* The child may have been killed in the middle: half a program is refused. */
int compiled_read(const void *data, size_t len, struct compiled *ret_compiled, struct error *error)
{
	const char *bytes = data;
	size_t n = len > 0 ? (len - 1) / sizeof(struct sock_filter) : 0;

	if (len > 1 && bytes[0] == IS_REFUSAL)
		return read_refusal(bytes + 1, len - 1, error);
	if (len == 0 || bytes[0] != IS_PROGRAM || n == 0 || n > BPF_MAXINSNS ||
	    (len - 1) % sizeof(struct sock_filter) != 0)
		return error_set(error, ERROR_INTERNAL,
				 "what compiles filters ended before it had one");
	memcpy(ret_compiled->code, bytes + 1, len - 1);
	ret_compiled->n = n;
	return 0;
}

/* Without a filter: one instruction, which keeps snaplen bytes of each packet. */
void compiled_take_all(uint32_t snaplen, struct compiled *ret_compiled)
{
	ret_compiled->code[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, snaplen);
	ret_compiled->n = 1;
}
