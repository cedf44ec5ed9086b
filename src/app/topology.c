/* The block diagram in code. deck_start() starts just these threads; nothing else runs.

     exchange -> wire -> [frame log] -> journal -> sync      disk: data/journal
                              |
                              +-> core -> [groups] -> disk   disk: data/active -> data/ready
                     wire <- [requests] <-+
*/
#include "app/topology.h"

#include "app/threads.h"

const struct topology_thread topology_threads[] = {
    /* name       body            journal wire  what it does */
    {"journal", thread_journal, 1, 0, "frame log -> blocks in data/journal, one a second"},
    {"sync", thread_sync, 1, 0, "makes written blocks durable; row groups wait for it"},
    {"core", thread_core, 0, 0, "frames -> books, trades, tickers, ledger -> rows"},
    {"disk", thread_disk, 0, 0, "row groups -> Parquet in active/, sealed into ready/"},
    {"wire", thread_wire, 0, 1, "sockets, TLS, WebSocket, HTTP -> frame log"},
};
const unsigned topology_thread_count = sizeof topology_threads / sizeof topology_threads[0];

const struct topology_queue topology_queues[] = {
    /* name        from     to              depth                    when full */
    {"frame log", "wire", "journal, core", "deck.queue_mb",
     "the wire stops reading its sockets; nothing is overwritten"},
    {"groups", "core", "disk", "half of segment.pool_mb",
     "the core waits; the frame log takes the load"},
    {"notes", "main", "wire", "4 frames", "told again a second later"},
    {"requests", "core", "wire", "256 requests",
     "the request is dropped and asked again at a later tick"},
    {"lists", "core", "main", "32 MB", /* where symbols are chosen by patterns */
     "the answer is lost, which is said; lists come again the next day"},
};
const unsigned topology_queue_count = sizeof topology_queues / sizeof topology_queues[0];

void topology_print(FILE *out)
{
    fprintf(out, "threads\n");
    for (unsigned i = 0; i < topology_thread_count; i++)
        fprintf(out, "  %-8s %s\n", topology_threads[i].name, topology_threads[i].does);
    fprintf(out, "queues\n");
    for (unsigned i = 0; i < topology_queue_count; i++) {
        const struct topology_queue *q = &topology_queues[i];
        fprintf(out, "  %-10s %-5s -> %-13s depth %-24s full: %s\n", q->name, q->from, q->to,
                q->depth, q->when_full);
    }
}
