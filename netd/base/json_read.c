// SPDX-License-Identifier: GPL-2.0-or-later
// json_read.c - JSON read by jansson, whatever becomes of memory meanwhile
#include "base/json_read.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Where jansson 2.14 has no memory while it reads it frees or writes what is
 * not its own, or goes on without a character of a string. So while it reads, it is never without:
 * what malloc has not got comes from a reserve here, and from then on the text has no more. Then it
 * fails as it does for any text that ends too early, everything of the reserve is given back, and
 * the reading counts as one without memory. It asks for text by the kilobyte, which bounds what it
 * takes from the reserve: less than a tenth of it for the worst that a kilobyte can say. */

#define CHUNK_MAX 256 /* less at a time than it would take */
static _Alignas(max_align_t) char reserve[256 * 1024];
static size_t n_used;
/* Whether a reading is under way. The reserve is one for the process, which has one thread here. */
static bool reads;

/* Blocks are aligned as malloc's are. */
static void *reserve_malloc(size_t size)
{
	void *at = malloc(size);
	size_t rounded = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);

	/* Only while it reads: whoever builds JSON copes with NULL, and would hold blocks of a
	 * reserve that is emptied. */
	if (at || !reads || rounded > sizeof(reserve) - n_used)
		return at;
	at = reserve + n_used;
	n_used += rounded;
	return at;
}

static void reserve_free(void *at)
{
	uintptr_t place = (uintptr_t)at, begin = (uintptr_t)reserve;

	/* Blocks of the reserve are not freed one by one. All go at once, when the reading is
	 * over. */
	if (place < begin || place >= begin + sizeof(reserve))
		free(at);
}

struct source {
	const char *text;
	size_t left;
};

/* jansson asks for more text by this. 0 means the end, which is how a text ends early. */
static size_t more(void *buffer, size_t size, void *data)
{
	struct source *source = data;
	size_t n = source->left < CHUNK_MAX ? source->left : CHUNK_MAX;

	if (n > size)
		n = size;
	if (n_used > 0)
		return 0;
	/* The reserve has been touched: no more text. */
	memcpy(buffer, source->text, n);
	source->text += n;
	source->left -= n;
	return n;
}

/* NULL: *ret_no_memory says whether memory was the reason, otherwise ret_why is jansson's words. */
json_t *json_read(const char *text, size_t len, size_t flags, json_error_t *ret_why,
		  bool *ret_no_memory)
{
	struct source source = { text, len };
	json_t *json;

	/* Set each time, which costs nothing, so that nobody has to do it at the start of a
	 * program. */
	json_set_alloc_funcs(reserve_malloc, reserve_free);
	reads = true;
	json = json_load_callback(more, &source, flags, ret_why);
	reads = false;
	*ret_no_memory = n_used > 0;
	if (n_used > 0) {
		/* Before the reserve is empty again: parts of the value may lie in it. */
		json_decref(json);
		json = NULL;
		n_used = 0;
	}
	return json;
}

/* For short texts of netd's own, where nobody asks why it failed. */
json_t *json_read_text(const char *text)
{
	json_error_t why;
	bool no_memory;

	return json_read(text, strlen(text), 0, &why, &no_memory);
}
