#include "exchange/frame.h"

#include <stdio.h>

#include "test.h"

TEST(accept_is_the_example_of_the_standard)
{
    char accept[FRAME_ACCEPT_BYTES + 1] = "";
    frame_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, accept);
    CHECK_EQ_STR(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

/* A client's frame of so many bytes, in pieces of every length. */
static void take(size_t payload, unsigned extra)
{
    static char wire[70100];
    static const char mask[4] = {0x11, 0x22, 0x33, 0x44};
    struct frame frame;
    size_t head = 2 + extra;
    memset(wire, 0, sizeof wire);
    wire[0] = (char)0x81;
    wire[1] = (char)(0x80 | (extra == 0 ? payload : extra == 2 ? 126 : 127));
    for (unsigned i = 0; i < extra; i++)
        wire[2 + i] = (char)(payload >> 8 * (extra - 1 - i));
    memcpy(wire + head, mask, 4);
    for (size_t i = 0; i < payload; i++)
        wire[head + 4 + i] = (char)('a' + i % 26) ^ mask[i % 4];
    size_t all = head + 4 + payload;
    for (size_t part = 0; part < all; part += part < 20 ? 1 : 997)
        CHECK_EQ_I64(frame_take(&frame, wire, part), 0);
    CHECK_EQ_I64(frame_take(&frame, wire, all + 3), (int64_t)all);
    CHECK_EQ_I64(frame.opcode, FRAME_TEXT);
    CHECK(frame.final);
    CHECK_EQ_U64(frame.bytes, payload);
    for (size_t i = 0; i < payload; i++)
        CHECK_EQ_I64(frame.payload[i], (char)('a' + i % 26));
}

TEST(frames_of_all_lengths_are_taken)
{
    take(0, 0);
    take(125, 0);
    take(126, 2);
    take(70000, 8);
}

TEST(unmasked_and_reserved_frames_are_refused)
{
    struct frame frame;
    char plain[] = {(char)0x81, 1, 'x'}, reserved[] = {(char)0xC1, (char)0x81, 0, 0, 0, 0, 'x'};
    CHECK_EQ_I64(frame_take(&frame, plain, sizeof plain), -1);
    CHECK_EQ_I64(frame_take(&frame, reserved, sizeof reserved), -1);
}

TEST(heads_say_length_and_end)
{
    char head[FRAME_HEAD_MAX];
    CHECK_EQ_U64(frame_head(head, FRAME_TEXT, true, 125), 2);
    CHECK_EQ_MEM(head, "\x81\x7d", 2);
    CHECK_EQ_U64(frame_head(head, FRAME_MORE, false, 126), 4);
    CHECK_EQ_MEM(head, "\x00\x7e\x00\x7e", 4);
    CHECK_EQ_U64(frame_head(head, FRAME_PING, true, 0x12345), 10);
    CHECK_EQ_MEM(head, "\x89\x7f\0\0\0\0\0\x01\x23\x45", 10);
}
