#include "app/setup_talk.h"

#include <stdlib.h>

#include "app/exits.h"
#include "test.h"
#include "venue/packed.h"

static const struct td_config_venue section = {.name = "x"};

static size_t answer_ping(struct td_text message, char *out, size_t cap)
{
    if (message.bytes != sizeof PACKED_PING_TEXT - 1 ||
        memcmp(message.at, PACKED_PING_TEXT, message.bytes) != 0)
        return 0;
    return (size_t)snprintf(out, cap, "pong");
}

static const struct venue packing = {.name = "packing",
                                     .answer = answer_ping,
                                     .compression = VENUE_GZIP,
                                     .headers = "Origin: x\r\n",
                                     .subscribe_delay_ms = 1000};

/* A setup with endpoints of these venues. */
static struct setup *setup_of(const struct venue *a, const struct venue *b)
{
    struct setup *setup = calloc(1, sizeof *setup);
    setup->subscriber[0].venue = a;
    setup->subscriber[1].venue = b;
    CHECK_EQ_I64(setup_talk(setup, &section, 0), EXIT_FINE);
    CHECK_EQ_I64(setup_talk(setup, &section, 1), EXIT_FINE);
    return setup;
}

static size_t ask(const struct wire_endpoint *wire, bool binary, const void *bytes, size_t count)
{
    char out[WIRE_ANSWER_MAX];
    size_t said = wire->answer(wire->answer_arg, binary, (struct td_text){bytes, (uint32_t)count},
                               out, sizeof out);
    if (said > 0)
        CHECK_EQ_MEM(out, "pong", 4);
    return said;
}

TEST(what_the_venue_states_reaches_the_wire)
{
    struct venue silent = {.name = "silent"};
    struct setup *setup = setup_of(&packing, &silent);
    CHECK_EQ_STR(setup->endpoint[0].headers, "Origin: x\r\n");
    CHECK_EQ_U64(setup->endpoint[0].subscribe_delay_ms, 1000);
    CHECK(setup->endpoint[1].headers == NULL && setup->endpoint[1].answer == NULL);
    free(setup);
}

TEST(questions_are_unpacked_before_the_venue_reads_them)
{
    unsigned char frame[PACKED_BOMB_BYTES + 64], bomb[PACKED_BOMB_BYTES];
    struct venue plain = packing;
    plain.compression = VENUE_PLAIN;
    struct setup *setup = setup_of(&packing, &plain);
    const struct wire_endpoint *packed = &setup->endpoint[0], *open = &setup->endpoint[1];
    size_t bytes = packed_text(PACKED_PING_TEXT, frame);
    CHECK_EQ_U64(ask(packed, true, frame, bytes), 4);
    CHECK_EQ_U64(ask(packed, true, frame, bytes - 1), 0);
    CHECK_EQ_U64(ask(packed, true, frame, packed_text("{\"ch\":1}", frame)), 0);
    packed_bomb(bomb, false);
    bytes = packed_gzip(bomb, sizeof bomb, 0, PACKED_BOMB_TEXT, frame);
    CHECK_EQ_U64(ask(packed, true, frame, bytes), 0);
    CHECK_EQ_U64(ask(packed, false, PACKED_PING_TEXT, sizeof PACKED_PING_TEXT - 1), 4);
    CHECK_EQ_U64(ask(open, true, PACKED_PING_TEXT, sizeof PACKED_PING_TEXT - 1), 4);
    CHECK_EQ_U64(ask(open, false, "{}", 2), 0);
    free(setup);
}

static size_t dial_nothing(struct td_text answer, char *out, size_t cap)
{
    (void)answer, (void)out, (void)cap;
    return 0;
}

TEST(the_token_is_asked_for_where_the_source_has_its_rest_address)
{
    struct venue asks = {.name = "asks", .token_path = "/api/bullet", .dial_url = dial_nothing};
    struct setup *setup = calloc(1, sizeof *setup);
    setup->subscriber[0].venue = &asks;
    setup->endpoint[0].source = 2;
    setup->deck.source[2].rest_url = "https://rest.example";
    CHECK_EQ_I64(setup_talk(setup, &section, 0), EXIT_FINE);
    CHECK_EQ_STR(setup->endpoint[0].token_url, "https://rest.example/api/bullet");
    CHECK(setup->endpoint[0].dial_url == dial_nothing);
    free(setup);
}
