#include <stdio.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "base/crc.h"
#include "lake/source.h"
#include "lake/verify.h"

enum { BLOCK_BYTES = 1 << 20 };

struct digest {
    uint8_t sha256[32];
    uint32_t crc32c;
};

static td_err digest_source(struct verify_file *f, struct source *source, struct digest *digest)
{
    mbedtls_sha256_context sha;
    td_err err = lake_reserve(&f->v->block, BLOCK_BYTES);
    digest->crc32c = 0;
    mbedtls_sha256_init(&sha);
    mbedtls_sha256_starts(&sha, 0);
    for (int64_t at = 0; at < source->bytes && !err;) {
        int64_t bytes = source->bytes - at < BLOCK_BYTES ? source->bytes - at : BLOCK_BYTES;
        err = source_read(source, at, f->v->block.data, (size_t)bytes);
        if (err)
            break;
        mbedtls_sha256_update(&sha, f->v->block.data, (size_t)bytes);
        digest->crc32c = td_crc32c(digest->crc32c, f->v->block.data, (size_t)bytes);
        at += bytes;
    }
    mbedtls_sha256_finish(&sha, digest->sha256);
    mbedtls_sha256_free(&sha);
    return err;
}

static void check_hashes(struct verify_file *f, const struct receipt *receipt)
{
    struct digest digest;
    char hex[65];
    td_err err = digest_source(f, reader_source(f->reader), &digest);
    if (err) {
        verify_tell(f, verify_kind_of(err, VERIFY_DISK), "%s", source_error());
        return;
    }
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest.sha256[i]);
    if (strcmp(hex, receipt->sha256) != 0)
        verify_tell(f, VERIFY_HASH, "sha256 is %.16s..., the receipt says %.16s...", hex,
                    receipt->sha256);
    if (receipt->has[RECEIPT_CRC32C] && receipt->number[RECEIPT_CRC32C] != digest.crc32c)
        verify_tell(f, VERIFY_HASH, "crc32c is %08x, the receipt says %08x", digest.crc32c,
                    (unsigned)receipt->number[RECEIPT_CRC32C]);
}

static void check_number(struct verify_file *f, const struct receipt *receipt,
                         enum receipt_number which, int64_t is)
{
    if (receipt->has[which] && receipt->number[which] != is)
        verify_tell(f, VERIFY_RECEIPT, "%s is %lld, the receipt says %lld", receipt_field(which),
                    (long long)is, (long long)receipt->number[which]);
}

static void check_range(struct verify_file *f, const struct receipt *receipt,
                        enum receipt_number first, enum receipt_number last,
                        const struct verify_range *is)
{
    if (is->any == (receipt->has[first] && receipt->has[last])) {
        check_number(f, receipt, first, is->any ? is->min : 0);
        check_number(f, receipt, last, is->any ? is->max : 0);
    } else {
        verify_tell(f, VERIFY_RECEIPT, "%s and %s are %s, the receipt says otherwise",
                    receipt_field(first), receipt_field(last), is->any ? "known" : "not known");
    }
}

/* The journal's range is stated twice, in the receipt and in the file; rows lie within both. */
static void check_frames(struct verify_file *f, const char *where, bool known, int64_t first,
                         int64_t last)
{
    if (!known)
        verify_tell(f, VERIFY_RECEIPT, "%s does not state the journal's range", where);
    else if (f->frame.any && (f->frame.min < first || f->frame.max > last))
        verify_tell(f, VERIFY_RECEIPT, "rows come from frames %lld to %lld, %s says %lld to %lld",
                    (long long)f->frame.min, (long long)f->frame.max, where, (long long)first,
                    (long long)last);
}

static void check_file_frames(struct verify_file *f)
{
    int64_t first = 0, last = 0;
    bool known = segment_number(f->meta, "journal_first_frame", &first) &&
                 segment_number(f->meta, "journal_last_frame", &last);
    check_frames(f, "the file's metadata", known, first, last);
}

static void check_all(struct verify_file *f, const struct receipt *receipt)
{
    for (int i = 0; i < RECEIPT_NUMBERS; i++)
        if (!receipt->has[i] && !receipt->null[i])
            verify_tell(f, VERIFY_RECEIPT, "the receipt lacks %s", receipt_field(i));
    if (!receipt->sha256[0])
        verify_tell(f, VERIFY_RECEIPT, "the receipt lacks sha256");
    check_number(f, receipt, RECEIPT_ROWS, f->meta->rows);
    check_number(f, receipt, RECEIPT_BYTES, reader_bytes(f->reader));
    if (f->v->quick)
        return;
    check_range(f, receipt, RECEIPT_RECV_MIN_US, RECEIPT_RECV_MAX_US, &f->recv);
    check_range(f, receipt, RECEIPT_EVENT_MIN_US, RECEIPT_EVENT_MAX_US, &f->event);
    check_frames(f, "the receipt",
                 receipt->has[RECEIPT_FRAME_FIRST] && receipt->has[RECEIPT_FRAME_LAST],
                 receipt->number[RECEIPT_FRAME_FIRST], receipt->number[RECEIPT_FRAME_LAST]);
    if (receipt->sha256[0])
        check_hashes(f, receipt);
}

void verify_against_receipt(struct verify_file *f)
{
    struct receipt receipt;
    if (f->table && !f->v->quick)
        check_file_frames(f);
    td_err err = receipt_load(f->path, &receipt);
    if (err == TD_E_MISSING) {
        /* Files of other makers have none. */
        if (f->info.has_partition)
            verify_tell(f, VERIFY_ORPHAN, "segment without a receipt");
    } else if (err == TD_E_SYNTAX) {
        verify_tell(f, VERIFY_RECEIPT, "the receipt is not readable");
    } else if (err) {
        verify_tell(f, verify_kind_of(err, VERIFY_DISK), "receipt: %s", source_error());
    } else {
        check_all(f, &receipt);
    }
}
