// SPDX-License-Identifier: GPL-2.0-or-later
// noting.c - what containers ask and are told is noted in a ring of memory, while somebody looks

#include "resolver/listen/noting.h"

#include "resolver/listen/view.h"
#include "resolver/loop/clock.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Theory of operation. The ring is memory of the plumber's that readers map as well (dns/log.h).
 * looks says whether somebody was reading when the present question came: it is asked once a
 * question, and not again for the answer, so that an entry has both times. */

/* Entries that are no question say what the log may lack. syscalls: clock_gettime */
static void say(struct noting *noting, enum dns_log_kind kind)
{
	const struct dns_log_note note = { .kind = kind, .at_ns = clock_ns() };

	dns_log_write(noting->ring, &note);
}

/* The memory is the plumber's, and of a size that stays. A ring that was there before is given up.
 * syscalls: fstat newfstatat mmap munmap */
int noting_take(struct noting *noting, int fd)
{
	struct stat status;
	void *memory;

	if (fstat(fd, &status) < 0 || status.st_size != (off_t)sizeof(*noting->ring))
		return -EPROTO;
	memory = mmap(NULL, sizeof(*noting->ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	if (noting->ring != NULL)
		(void)munmap(noting->ring, sizeof(*noting->ring));
	*noting = (struct noting) { .ring = memory };
	if (__atomic_load_n(&noting->ring->last, __ATOMIC_ACQUIRE) == 0)
		return 0;
	/* In use before, by another process. What that one was asked it has noted; so there is no
	 * gap of questions that nobody looked for. */
	noting->looks = dns_log_is_read(noting->ring, clock_ns());
	say(noting, DNS_LOG_RESOLVER);
	return 0;
}

/* Called when a question, or a batch of them, was read. */
void noting_came(struct noting *noting)
{
	bool looked = noting->looks;

	noting->came_ns = clock_ns();
	noting->looks = false;
	if (noting->ring == NULL || __atomic_load_n(&noting->ring->until_ns, __ATOMIC_RELAXED) == 0)
		return;
	noting->looks = dns_log_is_read(noting->ring, noting->came_ns);
	if (noting->looks && !looked)
		say(noting, DNS_LOG_BEGUN);
}

/* Only for questions that came while somebody looked. */
void noting_write(struct noting *noting, const struct noting_answer *answer)
{
	const struct dns_log_note note = { .kind = DNS_LOG_QUESTION,
					   .at_ns = answer->answered_ns,
					   .took_ns = answer->answered_ns - answer->came_ns,
					   .source = answer->source,
					   .tcp = answer->tcp,
					   .who = view_name(answer->view),
					   .query = answer->query,
					   .query_len = answer->query_len,
					   .reply = answer->reply_len > 0 ? answer->reply : NULL,
					   .reply_len = answer->reply_len };

	dns_log_write(noting->ring, &note);
}
