/* The receipt beside a segment: _<segment>.json, one flat object. Fields that a receipt lacks are
   marked absent; unknown fields are passed over. */
#ifndef TD_LAKE_RECEIPT_H
#define TD_LAKE_RECEIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum receipt_number {
    RECEIPT_ROWS,
    RECEIPT_BYTES,
    RECEIPT_CRC32C,
    RECEIPT_RECV_MIN_US,
    RECEIPT_RECV_MAX_US,
    RECEIPT_EVENT_MIN_US,
    RECEIPT_EVENT_MAX_US,
    RECEIPT_FRAME_FIRST,
    RECEIPT_FRAME_LAST,
    RECEIPT_NUMBERS
};

struct receipt {
    int64_t number[RECEIPT_NUMBERS];
    bool has[RECEIPT_NUMBERS];
    bool null[RECEIPT_NUMBERS]; /* stated as null: the segment has no such value */
    char sha256[65];            /* "" when absent */
    char deck[64];              /* "" when absent; these three too */
    char build[128], config_hash[32];
};

/* Name of a field in the file. */
const char *receipt_field(enum receipt_number number);

/* TD_E_SYNTAX: not one JSON object, or a field of the wrong kind. */
td_err receipt_parse(const char *text, size_t bytes, struct receipt *receipt);
/* Path of the receipt that belongs to a segment. False when it does not fit. */
bool receipt_path(const char *segment_path, char *out, size_t cap);
/* And back: the segment of a receipt. */
bool receipt_segment_path(const char *receipt_path, char *out, size_t cap);
/* Reads the segment's receipt. TD_E_MISSING: there is none. TD_E_SYNTAX; those of source_open(). */
td_err receipt_load(const char *segment_path, struct receipt *receipt);

#endif
