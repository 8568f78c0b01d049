// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json_text.c - a tree as text, with values of it that never were a tree
#include "model/show/docker_json_parts.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A tree has null at the places whose values are text, and a table says
 * which function writes each of them. The objects on the way there are written here key by key;
 * everything else is left to jansson. The objects are of the first level, or the tree itself,
 * whose name is empty. */

/* jansson calls it for each piece. Not 0 ends the writing. */
static int append(const char *data, size_t len, void *buf)
{
	buf_append(buf, data, len);
	return ((struct buf *)buf)->err ? -1 : 0;
}

/* As jansson writes it. A buffer that remembers what did not go into it is all that tells when
 * jansson had no memory for a key (base/json_write.c). */
static void put_tree(const json_t *tree, struct buf *buf)
{
	if (json_dump_callback(tree, append, buf, JSON_COMPACT | JSON_ENCODE_ANY) < 0)
		buf->err = -ENOMEM;
}

/* key NULL: any text within that object. NULL: the value is jansson's to write. */
static const struct docker_json_text *find(const struct docker_json_text *texts, const char *object,
					   const char *key)
{
	for (; texts->put; texts++)
		if (strcmp(texts->object, object) == 0 && (!key || strcmp(texts->key, key) == 0))
			return texts;
	return NULL;
}

/* The values of object, which is called that in the tree. It calls itself once, for an object
 * that has such a place within. */
static void put_values(const json_t *object, const char *name, const struct docker_json_text *texts,
		       const struct container *container, struct buf *buf)
{
	const char *key, *comma = "";
	json_t *value;

	buf_puts(buf, "{");
	json_object_foreach ((json_t *)object, key, value) {
		const struct docker_json_text *text = find(texts, name, key);

		buf_printf(buf, "%s\"%s\":", comma, key); /* ours: nothing in it needs an escape */
		comma = ",";
		/* The function writes its value where the tree has a null. The first error
		 * stays in the buffer, and the rest is written all the same. */
		if (text && text->put(container, buf) < 0)
			buf->err = -ENOMEM;
		else if (!text && name[0] == '\0' && find(texts, key, NULL))
			put_values(value, key, texts, container, buf);
		else if (!text)
			put_tree(value, buf);
	}
	buf_puts(buf, "}");
}

/* The tree is freed in any case. 0 or -ENOMEM. */
int docker_json_put(json_t *tree, const struct docker_json_text *texts,
		    const struct container *container, struct buf *buf)
{
	if (!tree)
		return -ENOMEM;
	put_values(tree, "", texts, container, buf);
	json_decref(tree);
	return buf->err;
}
