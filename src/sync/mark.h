/* The mark `_<segment>.done` beside a segment: a copy was verified in a store (docs/FORMAT.md). One JSON object a line, a line a destination:
   {"to": "s3://bucket/prefix", "bytes": N, "sha256": "...", "verified": "2026-..Z"}. The recorder's retention looks for its presence; sync
   believes it only when destination, size and sum are those of the segment's receipt. `to` is what store_known_as() says. */
#ifndef TD_SYNC_MARK_H
#define TD_SYNC_MARK_H

#include "store/op.h"

enum { MARK_MAX = 8192 };

/* A mark is made in three steps, so that many share the sync, which the recorder's card feels: put beside its place, synced, renamed into it. After a
   power cut there is none or the whole one. Lines of other destinations stay. */
td_err mark_put(const struct td_disk *disk, const char *segment_path, const char *to,
                const struct store_identity *identity, int64_t wall_ns);
/* What was put on this one's file system is on the disk, and so are names that were placed before. */
td_err mark_sync(const struct td_disk *disk, const char *segment_path);
/* All that was written to the file system of this file, names too. TD_E_MISSING: there is no such file. */
td_err sync_file_system(const struct td_disk *disk, const char *path);
td_err mark_place(const struct td_disk *disk, const char *segment_path);
/* 1 it is marked for this destination with these sums; 0 not; identity NULL: whatever its sums. */
int mark_read(const struct td_disk *disk, const char *segment_path, const char *to,
              const struct store_identity *identity);

/* Takes the mark back: the destination could not prove its copy. 0 also where there is none. */
td_err mark_remove(const struct td_disk *disk, const char *segment_path);

/* Whether a mark's text says so; as mark_read. Pure. */
bool mark_says(const char *text, size_t bytes, const char *to,
               const struct store_identity *identity);

/* "<folder>/_<name><end>" of a segment's path, as ".json" and ".done"; false: no segment's, or too long. */
bool mark_path_beside(const char *segment_path, const char *end, char *out, size_t cap);

#endif
