#include "journal/record.h"

enum {
    TAG_NUMBER = 1,
    TAG_MONO = 2,
    TAG_CONN = 4,
    TAG_SOURCE = 8,
    TAG_STATUS = 16,
    TAG_KIND = 32,
    TAG_ORIGIN = 64,
    TAG_KNOWN = 127
};

static uint8_t *put_varint(uint8_t *out, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        *out++ = (uint8_t)(value | 128);
    *out++ = (uint8_t)value;
    return out;
}

static uint64_t zigzag(uint64_t difference)
{
    return difference << 1 ^ (uint64_t) - (int64_t)(difference >> 63);
}

static uint64_t unzigzag(uint64_t value)
{
    return value >> 1 ^ -(value & 1);
}

static uint8_t tag_of(const struct td_frame *frame, const struct td_frame *before,
                      uint64_t mono_differs)
{
    return (uint8_t)((frame->number != before->number + 1 ? TAG_NUMBER : 0) |
                     (mono_differs ? TAG_MONO : 0) | (frame->conn != before->conn ? TAG_CONN : 0) |
                     (frame->source != before->source ? TAG_SOURCE : 0) |
                     (frame->status != before->status ? TAG_STATUS : 0) |
                     (frame->kind != before->kind ? TAG_KIND : 0) |
                     (frame->origin != before->origin ? TAG_ORIGIN : 0));
}

size_t journal_record_put(uint8_t *out, const struct td_frame *frame, struct td_frame *before)
{
    TD_ASSERT(frame->number > before->number, "frame numbers rise");
    uint64_t recv = (uint64_t)frame->recv_ns - (uint64_t)before->recv_ns;
    uint64_t mono = (uint64_t)frame->mono_ns - (uint64_t)before->mono_ns;
    uint8_t tag = tag_of(frame, before, mono - recv), *at = out;
    *at++ = tag;
    if (tag & TAG_NUMBER)
        at = put_varint(at, frame->number - before->number);
    at = put_varint(at, zigzag(recv));
    if (tag & TAG_MONO)
        at = put_varint(at, zigzag(mono - recv));
    if (tag & TAG_CONN)
        at = put_varint(at, frame->conn);
    if (tag & TAG_SOURCE)
        at = put_varint(at, frame->source);
    if (tag & TAG_STATUS)
        at = put_varint(at, frame->status);
    if (tag & TAG_KIND)
        *at++ = frame->kind;
    if (tag & TAG_ORIGIN)
        *at++ = frame->origin;
    at = put_varint(at, frame->bytes);
    *before = *frame;
    return (size_t)(at - out);
}

/* Reads on to `end`; `at` becomes NULL at the first thing that cannot be, and stays so. */
struct input {
    const uint8_t *at, *end;
};

static uint64_t get_varint(struct input *in, uint64_t most)
{
    uint64_t value = 0;
    for (unsigned shift = 0; in->at && in->at < in->end && shift < 64; shift += 7) {
        uint8_t byte = *in->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 127) << shift;
        if (byte >= 128)
            continue;
        if (value > most)
            break;
        return value;
    }
    in->at = NULL;
    return 0;
}

static uint8_t get_byte(struct input *in)
{
    if (!in->at || in->at >= in->end) {
        in->at = NULL;
        return 0;
    }
    return *in->at++;
}

int journal_record_get(const uint8_t *data, size_t bytes, struct td_frame *before,
                       struct td_frame *frame)
{
    struct input in = {data, data + bytes};
    uint8_t tag = get_byte(&in);
    TD_FAIL_IF(tag & ~TAG_KNOWN, TD_E_JOURNAL_CORRUPT);
    *frame = *before;
    uint64_t step = tag & TAG_NUMBER ? get_varint(&in, UINT64_MAX - before->number) : 1;
    uint64_t recv = unzigzag(get_varint(&in, UINT64_MAX));
    uint64_t mono = recv + (tag & TAG_MONO ? unzigzag(get_varint(&in, UINT64_MAX)) : 0);
    frame->number = before->number + step;
    frame->recv_ns = (int64_t)((uint64_t)before->recv_ns + recv);
    frame->mono_ns = (int64_t)((uint64_t)before->mono_ns + mono);
    if (tag & TAG_CONN)
        frame->conn = (uint32_t)get_varint(&in, UINT32_MAX);
    if (tag & TAG_SOURCE)
        frame->source = (uint16_t)get_varint(&in, UINT16_MAX);
    if (tag & TAG_STATUS)
        frame->status = (uint16_t)get_varint(&in, UINT16_MAX);
    if (tag & TAG_KIND)
        frame->kind = get_byte(&in);
    if (tag & TAG_ORIGIN)
        frame->origin = get_byte(&in);
    frame->bytes = (uint32_t)get_varint(&in, TD_FRAME_BYTES_MAX);
    frame->payload = NULL;
    TD_FAIL_IF(!in.at || frame->number <= before->number, TD_E_JOURNAL_CORRUPT);
    *before = *frame;
    return (int)(in.at - data);
}
