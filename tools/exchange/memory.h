/* All memory of the exchange: one reservation at start, of which only touched pages cost anything. Nothing is given back. */
#ifndef EXCHANGE_MEMORY_H
#define EXCHANGE_MEMORY_H

#include <stddef.h>

/* Zeroed bytes, aligned to a cache line. Ends the process with a message when the system refuses. One thread. */
void *memory_take(size_t bytes);

#endif
