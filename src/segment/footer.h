/* The end of a segment: column indexes, offset indexes, FileMetaData, its length, magic. Streams from the metadata records, needs no
   buffer of its own. Disk thread. */
#ifndef TD_SEGMENT_FOOTER_H
#define TD_SEGMENT_FOOTER_H

#include "segment/file.h"

/* Appends to `out`, whose error is sticky. */
void footer_write(const struct segment_file *file, const struct file_shared *shared,
                  const struct path_partition *partition, struct out *out);
/* The same with the columns of a table that is none of the recorder's (src/lake/table_writer.c). */
void footer_write_table(const struct table *table, const struct segment_file *file,
                        const struct file_shared *shared, const struct path_partition *partition,
                        struct out *out);

#endif
