#include "exchange/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void *memory_take(size_t bytes)
{
    void *at = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        fprintf(stderr, "exchange: %zu bytes of memory are refused\n", bytes);
        exit(1);
    }
    return at;
}
