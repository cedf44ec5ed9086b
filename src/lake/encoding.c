#include "lake/encoding.h"

#include <stdbool.h>
#include <string.h>

struct bytes {
    const uint8_t *at, *end;
};

static bool varint(struct bytes *in, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        uint8_t b = *in->at++;
        *value |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return true;
    }
    return false;
}

/* Eight bytes from `at`, zeros past the end. */
static uint64_t load64(const uint8_t *at, const uint8_t *end)
{
    uint64_t word = 0;
    if (end - at >= 8)
        memcpy(&word, at, 8);
    else if (at < end)
        memcpy(&word, at, (size_t)(end - at));
    return word;
}

static uint64_t bits_at(const uint8_t *data, const uint8_t *end, uint64_t bit, unsigned width)
{
    const uint8_t *at = data + (bit >> 3);
    unsigned shift = bit & 7;
    uint64_t value = load64(at, end) >> shift;
    if (width + shift > 64 && end - at > 8)
        value |= load64(at + 8, end) << (64 - shift);
    return width == 64 ? value : value & ((UINT64_C(1) << width) - 1);
}

/* ---- runs ---- */

static td_err packed_run(struct bytes *in, uint64_t groups, unsigned width, uint32_t *out,
                         size_t *take)
{
    size_t left = (size_t)(in->end - in->at);
    /* The last group may be cut short by writers that leave the padding away. */
    uint64_t values = groups > *take / 8 ? *take : groups * 8;
    TD_FAIL_IF((values * width + 7) / 8 > left, TD_E_PARQUET);
    for (uint64_t i = 0; i < values; i++)
        out[i] = (uint32_t)bits_at(in->at, in->end, i * width, width);
    uint64_t bytes = groups * width;
    in->at += bytes < left ? bytes : left;
    *take = values;
    return 0;
}

static td_err repeated_run(struct bytes *in, uint64_t length, unsigned width, uint32_t *out,
                           size_t *take)
{
    size_t bytes = (width + 7) / 8;
    uint32_t value = 0;
    TD_FAIL_IF((size_t)(in->end - in->at) < bytes || length == 0, TD_E_PARQUET);
    memcpy(&value, in->at, bytes);
    in->at += bytes;
    TD_FAIL_IF(width < 32 && value >> width, TD_E_PARQUET);
    if (length < *take)
        *take = length;
    for (size_t i = 0; i < *take; i++)
        out[i] = value;
    return 0;
}

td_err encoding_hybrid(const uint8_t *data, size_t bytes, unsigned width, uint32_t *out,
                       size_t count)
{
    struct bytes in = {data, data + bytes};
    TD_FAIL_IF(width > 32, TD_E_PARQUET);
    for (size_t done = 0; done < count;) {
        uint64_t head;
        size_t take = count - done;
        TD_FAIL_IF(!varint(&in, &head) || head >> 1 > UINT32_MAX || head < 2, TD_E_PARQUET);
        if (head & 1)
            TD_TRY(packed_run(&in, head >> 1, width, out + done, &take));
        else
            TD_TRY(repeated_run(&in, head >> 1, width, out + done, &take));
        done += take;
    }
    return 0;
}

/* ---- deltas ---- */

enum { MINIBLOCKS_MAX = 512, BLOCK_MAX = 1 << 20 };

struct delta {
    struct bytes in;
    uint64_t per_block, miniblocks, per_mini;
    unsigned bits;
    uint64_t last; /* sums wrap; as unsigned that is defined */
};

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static int64_t narrow(const struct delta *d, uint64_t value)
{
    return d->bits == 32 ? (int64_t)(int32_t)(uint32_t)value : (int64_t)value;
}

static td_err delta_head(struct delta *d, size_t count)
{
    uint64_t total, first;
    TD_FAIL_IF(!varint(&d->in, &d->per_block) || !varint(&d->in, &d->miniblocks), TD_E_PARQUET);
    TD_FAIL_IF(!varint(&d->in, &total) || !varint(&d->in, &first), TD_E_PARQUET);
    TD_FAIL_IF(d->per_block == 0 || d->per_block > BLOCK_MAX || d->per_block % 128, TD_E_PARQUET);
    TD_FAIL_IF(d->miniblocks == 0 || d->miniblocks > MINIBLOCKS_MAX, TD_E_PARQUET);
    TD_FAIL_IF(d->per_block % d->miniblocks || total != count, TD_E_PARQUET);
    d->per_mini = d->per_block / d->miniblocks;
    TD_FAIL_IF(d->per_mini % 32, TD_E_PARQUET);
    d->last = (uint64_t)unzigzag(first);
    return 0;
}

static td_err delta_mini(struct delta *d, unsigned width, uint64_t min, int64_t *out, size_t take)
{
    size_t left = (size_t)(d->in.end - d->in.at);
    TD_FAIL_IF(width > 64 || (take * width + 7) / 8 > left, TD_E_PARQUET);
    for (size_t i = 0; i < take; i++) {
        d->last += min + bits_at(d->in.at, d->in.end, i * width, width);
        out[i] = narrow(d, d->last);
    }
    uint64_t bytes = d->per_mini * width / 8;
    d->in.at += bytes < left ? bytes : left;
    return 0;
}

static td_err delta_block(struct delta *d, int64_t *out, size_t count, size_t *done)
{
    uint64_t min;
    TD_FAIL_IF(!varint(&d->in, &min), TD_E_PARQUET);
    const uint8_t *width = d->in.at;
    TD_FAIL_IF((uint64_t)(d->in.end - d->in.at) < d->miniblocks, TD_E_PARQUET);
    d->in.at += d->miniblocks;
    /* Widths of miniblocks past the last value may be anything: they are not looked at. */
    for (uint64_t i = 0; i < d->miniblocks && *done < count; i++) {
        size_t take = count - *done < d->per_mini ? count - *done : d->per_mini;
        TD_TRY(delta_mini(d, width[i], (uint64_t)unzigzag(min), out + *done, take));
        *done += take;
    }
    return 0;
}

td_err encoding_delta(const uint8_t *data, size_t bytes, unsigned bits, int64_t *out, size_t count)
{
    struct delta d = {.in = {data, data + bytes}, .bits = bits};
    size_t done = 0;
    TD_TRY(delta_head(&d, count));
    if (count) {
        out[0] = narrow(&d, d.last);
        done = 1;
    }
    while (done < count)
        TD_TRY(delta_block(&d, out, count, &done));
    return 0;
}
