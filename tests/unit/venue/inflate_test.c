#include "venue/inflate.h"

#include <stdlib.h>

#include "venue/packed.h"

static unsigned char frame[PACKED_STORED_MAX + 64];

static struct inflate *with_room(size_t text_max)
{
    return inflate_init(malloc(inflate_footprint(text_max)),
                        text_max); /* exact: a byte more is seen */
}

/* The input stands in memory of its own length. */
static td_err unpack(struct inflate *inflate, enum venue_compression form, const void *bytes,
                     size_t count, struct td_text *text)
{
    void *copy = malloc(count ? count : 1);
    memcpy(copy, bytes, count);
    td_err err = inflate_frame(inflate, form, (struct td_text){copy, (uint32_t)count}, text);
    free(copy);
    return err;
}

static size_t gzip_ping(unsigned char *out)
{
    return packed_gzip(packed_ping, sizeof packed_ping,
                       td_crc32(0, PACKED_PING_TEXT, sizeof PACKED_PING_TEXT - 1),
                       sizeof PACKED_PING_TEXT - 1, out);
}

TEST(both_forms_give_their_text)
{
    struct inflate *inflate = with_room(1000);
    struct td_text text;
    for (int round = 0; round < 3; round++) {
        CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, gzip_ping(frame), &text), 0);
        CHECK_EQ_U64(text.bytes, sizeof PACKED_PING_TEXT - 1);
        CHECK_EQ_MEM(text.at, PACKED_PING_TEXT, text.bytes);
        CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, packed_ping, sizeof packed_ping, &text), 0);
        CHECK_EQ_U64(text.bytes, sizeof PACKED_PING_TEXT - 1);
        CHECK_EQ_MEM(text.at, PACKED_PING_TEXT, text.bytes);
    }
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, packed_text("", frame), &text), 0);
    CHECK_EQ_U64(text.bytes, 0);
    free(inflate);
}

TEST(one_form_is_not_the_other)
{
    struct inflate *inflate = with_room(1000);
    struct td_text text;
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, packed_ping, sizeof packed_ping, &text), TD_E_SYNTAX);
    CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, frame, gzip_ping(frame), &text), TD_E_SYNTAX);
    free(inflate);
}

TEST(a_text_may_fill_its_room_and_not_one_byte_more)
{
    struct inflate *inflate = with_room(sizeof PACKED_PING_TEXT - 1);
    struct td_text text;
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, gzip_ping(frame), &text), 0);
    CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, packed_ping, sizeof packed_ping, &text), 0);
    free(inflate);
    inflate = with_room(sizeof PACKED_PING_TEXT - 2);
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, gzip_ping(frame), &text), TD_E_NO_ROOM);
    CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, packed_ping, sizeof packed_ping, &text),
                 TD_E_NO_ROOM);
    free(inflate);
}

TEST(a_bomb_ends_at_the_limit)
{
    static unsigned char bomb[PACKED_BOMB_BYTES];
    struct inflate *inflate = with_room(TD_INFLATED_MAX);
    struct td_text text;
    CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, bomb, packed_bomb(bomb, true), &text),
                 TD_E_NO_ROOM);
    size_t bytes = packed_gzip(bomb, sizeof bomb, 0, PACKED_BOMB_TEXT + 1, frame);
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, bytes, &text), TD_E_NO_ROOM);
    /* The largest that is taken, from the same place. */
    CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, bomb, packed_bomb(bomb, false), &text), 0);
    CHECK_EQ_U64(text.bytes, PACKED_BOMB_TEXT);
    for (size_t i = 0; i < text.bytes; i++)
        if (text.at[i] != 'x')
            FAIL("byte %zu is %d", i, text.at[i]);
    bytes = packed_gzip(bomb, sizeof bomb, td_crc32(0, text.at, text.bytes), text.bytes, frame);
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, bytes, &text), 0);
    free(inflate);
}

TEST(cut_anywhere_it_is_refused)
{
    struct inflate *inflate = with_room(1000);
    struct td_text text;
    size_t bytes = gzip_ping(frame);
    for (size_t cut = 0; cut < bytes; cut++)
        CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, cut, &text), TD_E_SYNTAX);
    for (size_t cut = 0; cut < sizeof packed_ping; cut++)
        CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, packed_ping, cut, &text), TD_E_SYNTAX);
    free(inflate);
}

/* Beyond the window's 32 KiB the decoder keeps its window where the input ends too soon. */
TEST(cut_behind_a_long_text_it_is_refused)
{
    static unsigned char bomb[PACKED_BOMB_BYTES];
    struct inflate *inflate = with_room(TD_INFLATED_MAX);
    struct td_text text;
    packed_bomb(bomb, false);
    for (size_t cut = 50; cut < sizeof bomb; cut += 500)
        CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, bomb, cut, &text), TD_E_SYNTAX);
    free(inflate);
}

TEST(what_follows_the_end_is_refused)
{
    struct inflate *inflate = with_room(1000);
    struct td_text text;
    size_t bytes = gzip_ping(frame);
    size_t both = bytes + gzip_ping(frame + bytes);
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, both, &text), TD_E_SYNTAX);
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, bytes + 1, &text), TD_E_SYNTAX);
    memcpy(frame, packed_ping, sizeof packed_ping);
    frame[sizeof packed_ping] = 0;
    CHECK_EQ_I64(unpack(inflate, VENUE_DEFLATE, frame, sizeof packed_ping + 1, &text), TD_E_SYNTAX);
    free(inflate);
}

TEST(damage_is_seen)
{
    struct inflate *inflate = with_room(1000);
    struct td_text text;
    size_t bytes = gzip_ping(frame);
    for (size_t at = 0; at < bytes; at++) {
        /* Nothing depends on gzip's flags, time and system here, nor on the bits that fill the last byte. */
        bool told = at < 3 || (at >= 10 && at != 10 + sizeof packed_ping - 1);
        frame[at] ^= 0x10;
        td_err err = unpack(inflate, VENUE_GZIP, frame, bytes, &text);
        if (told)
            CHECK(err == TD_E_SYNTAX || err == TD_E_NO_ROOM);
        frame[at] ^= 0x10;
    }
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, "no gzip at all", 14, &text), TD_E_SYNTAX);
    CHECK_EQ_I64(unpack(inflate, VENUE_GZIP, frame, bytes, &text), 0);
    free(inflate);
}
