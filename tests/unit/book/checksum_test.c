#include "book/checksum.h"

#include "base/crc.h"
#include "base/decimal.h"
#include "recorded.h"

/* ---- hand-made --------------------------------------------------------------------------- */

static uint32_t crc_of(const char *text)
{
    return td_crc32(0, text, strlen(text));
}

TEST(asks_rise_then_bids_fall)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_ASK, 101, 1);
    book_set(book, TD_SIDE_ASK, 102, 2);
    book_set(book, TD_SIDE_BID, 99, 3);
    book_set(book, TD_SIDE_BID, 98, 4);
    CHECK_EQ_U64(book_checksum_kraken(book, 0, 0, 0, 0), crc_of("1011102299"
                                                                "3984"));
}

TEST(only_ten_levels_a_side_count)
{
    struct book *book = kept_book();

    for (int i = 0; i < 10; i++) {
        book_set(book, TD_SIDE_ASK, 200 + i, 1);
        book_set(book, TD_SIDE_BID, 100 - i, 1);
    }
    uint32_t before = book_checksum_kraken(book, 1, 0, 1, 0);
    book_set(book, TD_SIDE_ASK, 210, 1);
    book_set(book, TD_SIDE_BID, 90, 1);
    CHECK_EQ_U64(book_checksum_kraken(book, 1, 0, 1, 0), before);
    book_set(book, TD_SIDE_BID, 91, 2);
    CHECK(book_checksum_kraken(book, 1, 0, 1, 0) != before);
}

/* 0.05 printed with 4 decimals is "0.0500": "500"; steps finer than the print lose their zeros. */
TEST(tokens_follow_the_printed_decimals)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_ASK, 5, 1230000);
    CHECK_EQ_U64(book_checksum_kraken(book, 2, 8, 4, 4), crc_of("500"
                                                                "123"));
    CHECK_EQ_U64(book_checksum_kraken(book, 2, 8, 2, 8), crc_of("5"
                                                                "1230000"));
    book_set(book, TD_SIDE_ASK, 5, INT64_MAX);
    CHECK_EQ_U64(book_checksum_kraken(book, 0, 0, 18, 18),
                 crc_of("5000000000000000000"
                        "9223372036854775807000000000000000000"));
}

TEST(empty_book)
{
    CHECK_EQ_U64(book_checksum_kraken(kept_book(), 5, 8, 5, 8), 0);
}

/* ---- recorded ---------------------------------------------------------------------------- */

enum { BOOKS_MAX = 16, DEPTH = 1000 };

struct recorded_book {
    char pair[24];
    struct book *book;
    int price_decimals, size_decimals; /* -1 until seen */
};

struct replay {
    struct book_pool *pool;
    struct recorded_book book[BOOKS_MAX];
    uint32_t books, snapshots, checksums;
};

static struct recorded_book *book_of(struct replay *replay, const char *pair, size_t bytes)
{
    for (uint32_t i = 0; i < replay->books; i++) {
        if (strlen(replay->book[i].pair) == bytes && memcmp(replay->book[i].pair, pair, bytes) == 0)
            return &replay->book[i];
    }
    CHECK(replay->books < BOOKS_MAX && bytes < sizeof(replay->book[0].pair));
    struct recorded_book *book = &replay->book[replay->books++];
    memcpy(book->pair, pair, bytes);
    book->book = book_init(malloc(book_footprint()), replay->pool);
    book->price_decimals = book->size_decimals = -1;
    return book;
}

/* The token at `at`, a string; its decimals must be what the book's other tokens have. Returns the
 * place behind it. */
static char *token(char *at, int64_t *steps, int *decimals)
{
    char *end = strchr(at + 1, '"'), *point = memchr(at, '.', (size_t)(end - at));

    CHECK(*at == '"' && point != NULL);
    if (*decimals < 0)
        *decimals = (int)(end - point - 1);
    CHECK_EQ_I64(end - point - 1, *decimals);
    CHECK_EQ_I64(td_decimal_to_steps(at + 1, (size_t)(end - at - 1), *decimals, steps), 0);
    return end + 1;
}

/* `at` is behind `"a":[` or the like: [px,vol,time(,"r")] ... ] */
static void apply_levels(struct recorded_book *book, char *at, uint8_t side)
{
    while (at != NULL && *at == '[') {
        int64_t price, size;
        at = token(at + 1, &price, &book->price_decimals);
        at = token(at + 1, &size, &book->size_decimals);
        CHECK(book_set(book->book, side, price, size) >= 0);
        at = strchr(at, ']') + 1;
        if (*at == ',')
            at++;
    }
}

static void prune(struct book *book)
{
    int64_t price, size;

    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        while (book_beyond(book, side, DEPTH, &price, &size))
            CHECK(book_set(book, side, price, 0) == BOOK_DELETED);
    }
}

static void replay_frame(struct replay *replay, char *frame)
{
    char *name = strstr(frame, ",\"book-1000\",\"");
    if (frame[0] != '[' || name == NULL)
        return;
    char *pair = name + strlen(",\"book-1000\",\"");
    struct recorded_book *book = book_of(replay, pair, (size_t)(strchr(pair, '"') - pair));
    char *asks = strstr(frame, "\"as\":["), *bids = strstr(frame, "\"bs\":["),
         *sum = strstr(frame, "\"c\":\"");
    if (asks != NULL || bids != NULL) {
        replay->snapshots++;
        book_clear(book->book);
        apply_levels(book, asks + 6, TD_SIDE_ASK);
        apply_levels(book, bids + 6, TD_SIDE_BID);
        book_settle(book->book);
        return;
    }
    if ((asks = strstr(frame, "\"a\":[")) != NULL)
        apply_levels(book, asks + 5, TD_SIDE_ASK);
    if ((bids = strstr(frame, "\"b\":[")) != NULL)
        apply_levels(book, bids + 5, TD_SIDE_BID);
    prune(book->book);
    CHECK(sum != NULL);
    replay->checksums++;
    CHECK_EQ_U64(book_checksum_kraken(book->book, book->price_decimals, book->size_decimals,
                                      book->price_decimals, book->size_decimals),
                 strtoul(sum + 5, NULL, 10));
}

TEST(every_recorded_checksum_holds)
{
    struct replay replay = {0};
    size_t bytes;
    char *text = capture_text("KRAKEN.ws.50.zst", &bytes);

    replay.pool = book_pool_init(malloc(book_pool_footprint(65536)), 65536);
    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n'), *frame = strstr(line, "\t<\t");
        CHECK(end != NULL);
        *end = '\0';
        if (frame != NULL && frame < end)
            replay_frame(&replay, frame + 3);
        line = end + 1;
    }
    CHECK_EQ_I64(replay.books, 10);
    CHECK_EQ_I64(replay.snapshots, 10);
    CHECK_EQ_I64(replay.checksums, 2836);
    for (uint32_t i = 0; i < replay.books; i++)
        free(replay.book[i].book);
    free(replay.pool);
    free(text);
}
