/* Where data lies, as a user writes it: a folder, s3://bucket/prefix, gs://bucket/prefix. Pure, any thread, no memory. */
#ifndef TD_STORE_PLACE_H
#define TD_STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { PLACE_BUCKET_MAX = 256, PLACE_KEY_MAX = 1025 /* S3's 1,024 bytes */ };

enum place_kind { PLACE_LOCAL, PLACE_S3, PLACE_GCS };

struct place {
    enum place_kind kind;
    char bucket[PLACE_BUCKET_MAX]; /* "" of a folder */
    char prefix
        [PLACE_KEY_MAX]; /* of names in the bucket, no slash at either end, "" all of it; a folder's path as it was given */
};

/* Whether the text names a store rather than a folder: s3:// or gs:// at its beginning. */
bool place_is_remote(const char *text);

/* TD_E_SYNTAX: an unknown scheme, a bucket that no store allows; TD_E_RANGE: too long. Backslashes of a folder become '/'. */
td_err place_parse(struct place *place, const char *text);

/* "s3://bucket/prefix/name" as a person may paste it; false when it does not fit. name "" : the place alone. */
bool place_text(const struct place *place, const char *name, char *out, size_t cap);

/* "<prefix>/<name>", or the name where there is no prefix. False: longer than a name may be. */
bool place_key(const struct place *place, const char *name, char out[PLACE_KEY_MAX]);

#endif
