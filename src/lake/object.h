/* An object of a store, read by ranges. Few requests: its end comes with opening; ranges that will be wanted are told beforehand, and
   those that lie close together are fetched as one, several at once. What came is kept until something else is fetched (8 MiB at most, or the
   largest single range). An object that is replaced meanwhile is noticed. One thread. */
#ifndef TD_LAKE_OBJECT_H
#define TD_LAKE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    OBJECT_TAIL_BYTES = 64 << 10,  /* of its end, when it is opened */
    OBJECT_GAP_BYTES = 32 << 10,   /* unwanted bytes cost less than another request */
    OBJECT_FETCH_FIRST = 1 << 20,  /* ranges are joined up to so much; then twice as much ... */
    OBJECT_FETCH_BYTES = 8 << 20,  /* ... up to so much: `cat --limit 20` reads little */
    OBJECT_WHOLE_BYTES = 16 << 20, /* a request of object_save() */
};

struct object;

/* Paths that will be opened soon, of stores (others are passed over), STORES_TOGETHER at most: their ends are fetched at once. Nobody is told of
   a failure: opening asks again. Those of the call before that were not opened are forgotten. */
void object_ahead(const char *const *path, unsigned count);

/* Errors as in lake/stores.h, and TD_E_NO_MEMORY; stores_why() says why. */
td_err object_open(const char *path, struct object **out);
int64_t object_bytes(const struct object *object);
/* at + bytes lies within. */
td_err object_read(struct object *object, int64_t at, void *out, size_t bytes);
/* Whether it is here already. */
bool object_has(const struct object *object, int64_t at, size_t bytes);

struct object_range {
    int64_t at, bytes;
};
/* What will be read, in any order; copied, in place of what was told before. Without memory nothing is known beforehand. */
void object_expect(struct object *object, const struct object_range *range, size_t count);
/* Writes all of it to a file from its beginning, right after opening; each byte is fetched once. TD_E_IO. */
td_err object_save(struct object *object, int file);
void object_close(struct object *object); /* NULL is fine */

#endif
