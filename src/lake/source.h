/* Where a reader's bytes come from: a regular file, read by position (a mapping would turn a bad
   sector or a file cut under us into a signal), or memory. */
#ifndef TD_LAKE_SOURCE_H
#define TD_LAKE_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct source {
    int fd; /* -1: memory, or closed */
    const uint8_t *data;
    int64_t bytes;
};

/* TD_E_IO (source_error() says why), also for what is not a regular file. */
td_err source_open(struct source *source, const char *path);
struct source source_memory(const void *data, size_t bytes);
/* All of the bytes or TD_E_IO; at + bytes must lie within source->bytes. */
td_err source_read(struct source *source, int64_t at, void *out, size_t bytes);
void source_close(struct source *source);

/* The last failure in words; static text of the C library. */
const char *source_error(void);

#endif
