/* Sums over "price:size" pairs: hand-made, and every one that OKX and Bitget sent in the recordings. */
#include "book/checksum.h"

#include "base/crc.h"
#include "base/decimal.h"
#include "recorded.h"

/* ---- hand-made --------------------------------------------------------------------------- */

static uint32_t crc_of(const char *text)
{
    return td_crc32(0, text, strlen(text));
}

TEST(bids_and_asks_take_turns)
{
    struct book *book = kept_book();

    CHECK_EQ_U64(book_checksum_okx(book, 1, 2, CHECKSUM_SHORTEST, CHECKSUM_SHORTEST), 0);
    book_set(book, TD_SIDE_BID, 33661, 700);
    book_set(book, TD_SIDE_BID, 33660, 650);
    book_set(book, TD_SIDE_BID, 5, 7);
    book_set(book, TD_SIDE_ASK, 33670, 801);
    CHECK_EQ_U64(book_checksum_okx(book, 1, 2, CHECKSUM_SHORTEST, CHECKSUM_SHORTEST),
                 crc_of("3366.1:7:3367:8.01:3366:6.5:0.5:0.07"));
    CHECK_EQ_U64(book_checksum_okx(book, 1, 2, 1, 4),
                 crc_of("3366.1:7.0000:3367.0:8.0100:3366.0:6.5000:0.5:0.0700"));
    CHECK_EQ_U64(book_checksum_okx(book, 0, 2, 0, 2),
                 crc_of("33661:7.00:33670:8.01:33660:6.50:5:0.07"));
    book_clear(book);
    book_set(book, TD_SIDE_ASK, 5000, 1230000); /* our scale is finer than what is printed */
    CHECK_EQ_U64(book_checksum_okx(book, 3, 6, 1, 2), crc_of("5.0:1.23"));
    book_set(book, TD_SIDE_ASK, 5000, INT64_MAX);
    CHECK_EQ_U64(book_checksum_okx(book, 3, 18, 0, 18), crc_of("5:9.223372036854775807"));
}

TEST(only_twenty_five_levels_a_side_count)
{
    struct book *book = kept_book();

    for (int i = 0; i < 25; i++) {
        book_set(book, TD_SIDE_ASK, 200 + i, 1);
        book_set(book, TD_SIDE_BID, 100 - i, 1);
    }
    uint32_t before = book_checksum_okx(book, 1, 0, 1, 0);
    book_set(book, TD_SIDE_ASK, 225, 1);
    book_set(book, TD_SIDE_BID, 75, 1);
    CHECK_EQ_U64(book_checksum_okx(book, 1, 0, 1, 0), before);
    book_set(book, TD_SIDE_BID, 76, 2);
    CHECK(book_checksum_okx(book, 1, 0, 1, 0) != before);
}

TEST(bitfinex_prints_as_javascript_does)
{
    struct book *book = kept_book();

    CHECK_EQ_U64(book_checksum_bitfinex(book, 1, 8), 0);
    book_set(book, TD_SIDE_BID, 61230, 125000000);
    book_set(book, TD_SIDE_ASK, 61235, 2);
    book_set(book, TD_SIDE_ASK, 61240, 100);
    book_set(book, TD_SIDE_BID, 61225, 15);
    CHECK_EQ_U64(book_checksum_bitfinex(book, 1, 8),
                 crc_of("6123:1.25:6123.5:-2e-8:6122.5:1.5e-7:6124:-0.000001"));
    book_clear(book);
    book_set(book, TD_SIDE_BID, 7, 100000000);
    CHECK_EQ_U64(book_checksum_bitfinex(book, 12, 8), crc_of("7e-12:1"));
}

/* ---- recorded ---------------------------------------------------------------------------- */

enum { BOOKS_MAX = 16, SCALE = 8 };

struct recorded_book {
    char name[24];
    struct book *book;
    int price_decimals, size_decimals; /* the most that were seen */
};

struct replay {
    struct book_pool *pool;
    bool shortest;
    struct recorded_book book[BOOKS_MAX];
    uint32_t books, snapshots, checksums;
};

static struct recorded_book *book_of(struct replay *replay, const char *name, size_t bytes)
{
    for (uint32_t i = 0; i < replay->books; i++) {
        if (strlen(replay->book[i].name) == bytes && memcmp(replay->book[i].name, name, bytes) == 0)
            return &replay->book[i];
    }
    CHECK(replay->books < BOOKS_MAX && bytes < sizeof(replay->book[0].name));
    struct recorded_book *book = &replay->book[replay->books++];
    memcpy(book->name, name, bytes);
    book->book = book_init(malloc(book_footprint()), replay->pool);
    return book;
}

/* The token at `at`, a string. Returns the place behind it. */
static char *token(char *at, int64_t *steps, int *decimals)
{
    char *end = strchr(at + 1, '"'), *point = memchr(at, '.', (size_t)(end - at));
    int printed = point == NULL ? 0 : (int)(end - point - 1);

    CHECK(*at == '"');
    *decimals = printed > *decimals ? printed : *decimals;
    CHECK_EQ_I64(td_decimal_to_steps(at + 1, (size_t)(end - at - 1), SCALE, steps), 0);
    return end + 1;
}

/* `at` is behind `"asks":[`: ["px","sz"(,"0","n")], ... ] */
static void apply_levels(struct recorded_book *book, char *at, uint8_t side)
{
    while (*at == '[') {
        int64_t price, size;
        at = token(at + 1, &price, &book->price_decimals);
        at = token(at + 1, &size, &book->size_decimals);
        CHECK(book_set(book->book, side, price, size) >= 0);
        at = strchr(at, ']') + 1;
        if (*at == ',')
            at++;
    }
}

static void replay_frame(struct replay *replay, char *frame)
{
    char *asks = strstr(frame, "\"asks\":["), *bids = strstr(frame, "\"bids\":["),
         *sum = strstr(frame, "\"checksum\":"), *name = strstr(frame, "\"instId\":\"");
    if (strstr(frame, "\"channel\":\"books\"") == NULL || sum == NULL)
        return;
    name += strlen("\"instId\":\"");
    struct recorded_book *book = book_of(replay, name, (size_t)(strchr(name, '"') - name));
    bool snapshot = strstr(frame, "\"action\":\"snapshot\"") != NULL;
    if (snapshot)
        book_clear(book->book);
    apply_levels(book, asks + strlen("\"asks\":["), TD_SIDE_ASK);
    apply_levels(book, bids + strlen("\"bids\":["), TD_SIDE_BID);
    if (snapshot)
        book_settle(book->book);
    sum += strlen("\"checksum\":");
    replay->checksums++;
    int price = replay->shortest ? CHECKSUM_SHORTEST : book->price_decimals;
    int size = replay->shortest ? CHECKSUM_SHORTEST : book->size_decimals;
    CHECK_EQ_U64(book_checksum_okx(book->book, SCALE, SCALE, price, size),
                 (uint32_t)strtol(sum + (*sum == '"'), NULL, 10));
}

static void replay_all(const char *name, bool shortest, uint32_t books, uint32_t checksums)
{
    struct replay replay = {.shortest = shortest};
    size_t bytes;
    char *text = capture_text(name, &bytes);

    replay.pool = book_pool_init(malloc(book_pool_footprint(65536)), 65536);
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n'), *frame = strstr(line, "\t<\t");
        CHECK(end != NULL);
        *end = '\0';
        if (frame != NULL && frame < end)
            replay_frame(&replay, frame + 3);
        line = end + 1;
    }
    CHECK_EQ_I64(replay.books, books);
    CHECK_EQ_I64(replay.checksums, checksums);
    for (uint32_t i = 0; i < replay.books; i++)
        free(replay.book[i].book);
    free(replay.pool);
    free(text);
}

/* OKX leaves out zeros at the end; Bitget prints a constant number of decimals for each symbol. */
TEST(every_recorded_sum_of_okx_holds)
{
    replay_all("OKX.ws.1.zst", true, 3, 189);
}

TEST(every_recorded_sum_of_bitget_spot_holds)
{
    replay_all("BITGET.ws.1.zst", false, 8, 278);
}

TEST(every_recorded_sum_of_bitget_futures_holds)
{
    replay_all("BITGET.ws.2.zst", false, 2, 127);
}
