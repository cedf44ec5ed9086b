/* Bodies of the deck's threads; the argument is the struct deck. Started by deck.c from the table in topology.c. */
#ifndef TD_APP_THREADS_H
#define TD_APP_THREADS_H

void *thread_journal(void *deck);
void *thread_sync(void *deck);
void *thread_core(void *deck);
void *thread_disk(void *deck);
void *thread_wire(void *deck);

#endif
