/* One open segment file: what is known of it while it grows, and how a row group is appended. The file itself is opened for
   each group and closed after it, so that hundreds of streams need no descriptors. Disk thread. */
#ifndef TD_SEGMENT_FILE_H
#define TD_SEGMENT_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <mbedtls/sha256.h>

#include "base/os.h"
#include "segment/column.h"
#include "segment/counters.h"
#include "segment/meta.h"
#include "segment/path.h"

struct range {
    int64_t least, greatest;
    bool known;
};

/* What becomes of a finished file (standing.h). */
enum file_fate {
    FATE_PUBLISH,
    FATE_STANDS, /* the same file stands in ready/: ours is dropped, the receipt goes there again */
    FATE_COVERED, /* one that differs holds the same frames: ours is dropped */
};

struct segment_file {
    bool open; /* it exists under active/ */
    int64_t hour_ns;
    int64_t offset; /* bytes so far */
    uint32_t crc32c;
    mbedtls_sha256_context
        sha256; /* of those bytes: the receipt is written before the file is read back */
    unsigned char sha256_sum[32]; /* of the finished file */
    enum file_fate fate;
    uint32_t groups;
    uint64_t rows;
    uint64_t frame_first, frame_last;
    uint32_t scale_epoch; /* of all its groups */
    struct range recv_us, event_us;
    int8_t price_scale, size_scale;
    int64_t first_recv_ns;
    uint32_t counter;
    char name[PATH_NAME_MAX]; /* of both */
    char ready_name
        [PATH_NAME_MAX]; /* the same, but where another file stands in ready/ (standing.h) */
    struct meta_list meta;
};

/* What the files of one writer share. */
struct file_shared {
    const struct td_disk *disk;
    char active[PATH_MAX_BYTES], ready[PATH_MAX_BYTES]; /* roots */
    char deck[TD_DECK_NAME_MAX];                        /* sanitised */
    char build[96], config_hash[32];
    struct encoder *encoder;
    struct meta_pool meta;
    struct counters counters;
    _Atomic uint64_t remade, differs; /* writer_stats */
    bool counters_unknown;            /* no state was loaded: names in ready/ are looked at */
    unsigned char *buffer;            /* FILE_BUFFER_BYTES: gathers writes, and reads back */
    struct table features;            /* with the columns that are on */
};
enum { FILE_BUFFER_BYTES = 64 << 10 };

/* The table as files of this writer have it. */
const struct table *file_table(const struct file_shared *shared, const char *name);

/* Begins the file of `partition`: name with its next counter, magic. */
td_err file_begin(struct segment_file *file, struct file_shared *shared,
                  const struct path_partition *partition, int64_t hour_ns, int64_t first_recv_ns);

/* Appends the group and keeps its metadata. On an error the file is torn: it must not be sealed. */
td_err file_append(struct segment_file *file, struct file_shared *shared,
                   const struct path_partition *partition, const struct cut *cut,
                   const struct group_view *view);

/* Appends indices, footer and magic; sets the sum of the whole file. */
td_err file_finish(struct segment_file *file, struct file_shared *shared,
                   const struct path_partition *partition);

/* Path of the file under active/ or ready/. */
td_err file_path(const struct segment_file *file, const char *root,
                 const struct path_partition *partition, char out[PATH_MAX_BYTES]);

/* Forgets the file; its metadata blocks are free again. */
void file_forget(struct segment_file *file, struct file_shared *shared);

#endif
