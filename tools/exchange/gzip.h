/* A gzip member without a library: stored blocks, which every reader of the format takes. */
#ifndef EXCHANGE_GZIP_H
#define EXCHANGE_GZIP_H

#include <stddef.h>

/* Room that `bytes` need at most. */
size_t gzip_bound(size_t bytes);
/* Bytes written to `out`. */
size_t gzip_pack(const void *data, size_t bytes, char *out);

#endif
