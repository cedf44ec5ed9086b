/* The receipt beside each sealed segment: one JSON object that says what the file holds and how to know it again (SPEC S7).
   Pure, any thread. */
#ifndef TD_SEGMENT_RECEIPT_H
#define TD_SEGMENT_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "segment/file.h"

enum { RECEIPT_BYTES_MAX = 2048 };

/* JSON with a final newline; length, or TD_E_RANGE. The file is finished: size, sums and ranges are final, its name in ready/ is known. */
int64_t receipt_text(const struct segment_file *file, const struct file_shared *shared,
                     const struct path_partition *partition, char out[RECEIPT_BYTES_MAX]);

/* What a receipt that stands already says of its segment. */
struct receipt_facts {
    unsigned char sha256[32];
    uint64_t frame_first, frame_last;
    int64_t recv_us_min, recv_us_max;
};
/* Reads what receipt_text wrote, one "key": value a line; TD_E_SYNTAX for anything else. */
td_err receipt_facts(const char *text, size_t bytes, struct receipt_facts *facts);

#endif
