/* The other half of seal.c: stands in a file of its own because only programs linked with
   -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free,--wrap=aligned_alloc,--wrap=posix_memalign
   may pull it from the archive; without the wrap the __real_ names do not exist. */
#include <stdlib.h>

#include "base/seal.h"

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *at, size_t bytes);
void __real_free(void *at);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
int __real_posix_memalign(void **at, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *at, size_t bytes);
void __wrap_free(void *at);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
int __wrap_posix_memalign(void **at, size_t alignment, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    td_seal_note("malloc");
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    td_seal_note("calloc");
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *at, size_t bytes)
{
    td_seal_note("realloc");
    return __real_realloc(at, bytes);
}

/* A free after the seal means that something allocated came and went with the traffic. */
void __wrap_free(void *at)
{
    if (at)
        td_seal_note("free");
    __real_free(at);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    td_seal_note("aligned_alloc");
    return __real_aligned_alloc(alignment, bytes);
}

int __wrap_posix_memalign(void **at, size_t alignment, size_t bytes)
{
    td_seal_note("posix_memalign");
    return __real_posix_memalign(at, alignment, bytes);
}
