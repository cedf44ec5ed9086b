/* From active/ to ready/, in batches: footers, a look at what stands in ready/ already, receipts, one syncfs, every new file read back past the
   page cache and compared, then renamed (receipt first, so that no segment is ever seen without one), one syncfs. Whatever part of it
   a crash leaves, the next replay of the same rows ends at the same files. Disk thread. */
#ifndef TD_SEGMENT_SEALING_H
#define TD_SEGMENT_SEALING_H

#include <stdint.h>

#include "segment/file.h"

/* One file of the batch. */
struct seal_item {
    struct segment_file *file;
    struct path_partition partition;
};

/* The batch, one file at a time: `count` items, the n-th by `at`. The files stay open in memory: the caller forgets them. On an
   error nothing of the file it concerns is in ready/; files of the batch that went before may be. */
td_err seal_batch(struct file_shared *shared, uint32_t count,
                  struct seal_item (*at)(void *arg, uint32_t index), void *arg);

#endif
