/* The receipt beside each sealed segment: one JSON object that says what the file holds and how to know it again (SPEC S7).
   Pure, any thread. */
#ifndef TD_SEGMENT_RECEIPT_H
#define TD_SEGMENT_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "segment/file.h"

enum { RECEIPT_BYTES_MAX = 2048 };

/* JSON with a final newline; length, or TD_E_RANGE. The file is finished: size, sums and ranges are final. */
int64_t receipt_text(const struct segment_file *file, const struct file_shared *shared,
                     const struct path_partition *partition, const unsigned char sha256[32],
                     char out[RECEIPT_BYTES_MAX]);

#endif
