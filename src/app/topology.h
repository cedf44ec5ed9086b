/* The block diagram: every thread of a deck, every queue, its two ends, its depth, and what happens when it is full. */
#ifndef TD_APP_TOPOLOGY_H
#define TD_APP_TOPOLOGY_H

#include <stdio.h>

struct deck;

struct topology_thread {
    const char *name;
    void *(*body)(void *deck);
    int needs_journal, needs_wire; /* left out where the deck has none */
    const char *does;
};

struct topology_queue {
    const char *name, *from, *to, *depth, *when_full;
};

extern const struct topology_thread topology_threads[];
extern const unsigned topology_thread_count;
extern const struct topology_queue topology_queues[];
extern const unsigned topology_queue_count;

void topology_print(FILE *out);

#endif
