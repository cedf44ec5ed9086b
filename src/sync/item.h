/* What is to be carried: one object of the source, its name the same at both ends. */
#ifndef TD_SYNC_ITEM_H
#define TD_SYNC_ITEM_H

#include "store/op.h"

enum sync_kind {
    SYNC_SEGMENT, /* a sealed segment with its receipt: verified against it, the receipt goes last */
    SYNC_PLAIN, /* any other file: certificates, manifests; identity is worked out; never deleted at the source */
    SYNC_KINDS
};

struct sync_item {
    enum sync_kind kind;
    char
        from_key[PLACE_KEY_MAX]; /* at the source, below its place: "book/exchange=.../x.parquet" */
    char to_key
        [PLACE_KEY_MAX]; /* at the destination: "bronze/book/exchange=.../x.parquet" (SPEC Y5), or the same */
    int64_t bytes; /* as listed */
};

/* Key of the receipt of a segment's key: "<folder>/_<name>.json". False: it is no segment's key, or too long. */
bool item_receipt_key(const char *segment_key, char out[PLACE_KEY_MAX]);

#endif
