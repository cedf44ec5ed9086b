/* What stands in ready/ already under the name that a finished file would take there. A replay makes each file again, so the answer is mostly
   "the same"; whatever it is, nothing whole is overwritten and no row is lost. Disk thread. */
#ifndef TD_SEGMENT_STANDING_H
#define TD_SEGMENT_STANDING_H

#include "segment/file.h"

/* Sets file->fate and file->ready_name (the name in ready/, another one where another file stands). The file is finished. */
td_err standing_judge(struct segment_file *file, struct file_shared *shared,
                      const struct path_partition *partition);

#endif
