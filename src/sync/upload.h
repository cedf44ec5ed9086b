/* The record of a multipart upload, so that a restart goes on with it: <state_dir>/uploads/<32 hex of destination and key>. Lines of text, each with
   its own sum: a line torn by a power cut is not there. One thread, one process (the state folder is locked). */
#ifndef TD_SYNC_UPLOAD_H
#define TD_SYNC_UPLOAD_H

#include "store/op.h"

enum { UPLOAD_PARTS_MAX = 256, UPLOAD_FILE_MAX = 64 << 10 };

struct upload {
    bool is_open;
    char id[STORE_UPLOAD_MAX];
    int64_t part_bytes; /* of all but the last */
    uint32_t parts;     /* those that are there, in order, without a hole */
    struct store_part part[UPLOAD_PARTS_MAX];
    int64_t
        end; /* of the record's lines that are whole: the next one goes there, over what a power cut tore */
};

/* What the upload is of. */
struct upload_of {
    const char *state_dir, *to, *key; /* to: the store's name */
    struct store_identity identity;
};

/* Parts of so many bytes, more where there would be too many of them. */
int64_t upload_part_bytes(int64_t object_bytes, int64_t wanted);

/* Durable when it returns 0, as is each part. upload->id and part_bytes are set by the caller. */
td_err upload_begin(const struct td_disk *disk, const struct upload_of *of, struct upload *upload);
/* The next one, number upload->parts + 1; added to upload->part. */
td_err upload_part(const struct td_disk *disk, const struct upload_of *of, struct upload *upload,
                   const struct store_part *part);
/* 1 and the upload; 0: there is no record of this object, or it is not to be understood. */
int upload_load(const struct td_disk *disk, const struct upload_of *of, struct upload *upload);
/* 0 also where there was none. */
td_err upload_forget(const struct td_disk *disk, const struct upload_of *of);

/* A record's text; false: it is not of this object. Pure. */
bool upload_parse(const char *text, size_t bytes, const struct upload_of *of,
                  struct upload *upload);

#endif
