/* Where a reader's bytes come from: a regular file, read by position (a mapping would turn a bad
   sector or a file cut under us into a signal), an object of a store (s3://, gs://), or memory. */
#ifndef TD_LAKE_SOURCE_H
#define TD_LAKE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lake/object.h"

struct source {
    int fd;                /* -1: memory, an object, or closed */
    struct object *object; /* NULL: the others */
    const uint8_t *data;
    int64_t bytes;
};

/* TD_E_MISSING: there is none; TD_E_IO, also for what is not a regular file; of an object also TD_E_NET_* and TD_E_CONFIG.
   source_error() says why. */
td_err source_open(struct source *source, const char *path);
/* The same for who reads all of it: an object is fetched once, into a file without a name in TMPDIR (/tmp). */
td_err source_open_whole(struct source *source, const char *path);
struct source source_memory(const void *data, size_t bytes);
/* All of the bytes or an error; at + bytes must lie within source->bytes. */
td_err source_read(struct source *source, int64_t at, void *out, size_t bytes);
/* Whether a read of these bytes costs no request to a store. */
bool source_has(const struct source *source, int64_t at, size_t bytes);
/* Whether telling beforehand what will be read saves requests; then do (object_expect()). */
bool source_is_far(const struct source *source);
void source_expect(struct source *source, const struct object_range *range, size_t count);
void source_close(struct source *source);

/* 0; TD_E_MISSING; else as source_open(). */
td_err source_exists(const char *path);

/* The last failure in words; static text. */
const char *source_error(void);

#endif
