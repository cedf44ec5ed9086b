/* A line on a terminal that says how far a long work is. Silent when stderr is no terminal. */
#ifndef TD_LAKE_PROGRESS_H
#define TD_LAKE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool on;
    int64_t files, bytes;           /* to do */
    int64_t files_done, bytes_done; /* so far */
    int64_t start_ns, drawn_ns;
};

struct progress progress_start(int64_t files, int64_t bytes);
/* More was done; draws ten times a second at most. */
void progress_moved(struct progress *progress, int64_t bytes);
void progress_file(struct progress *progress);
/* Removes the line, before other text is printed and at the end. */
void progress_clear(struct progress *progress);

#endif
