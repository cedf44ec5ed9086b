#include "book/view.h"

#include "model.h"

/* One book for all tests, emptied; kept to the end of the program. */
static struct book *kept_book(void)
{
    static struct book *book;

    if (book == NULL)
        book = book_init(malloc(book_footprint()),
                         book_pool_init(malloc(book_pool_footprint(100)), 100));
    book_clear(book);
    return book;
}

TEST(empty_is_flagged)
{
    struct book_view view = book_view_of(kept_book(), 2, 8);

    CHECK(!view.has_bid && !view.has_ask && !view.has_mid);
    CHECK_EQ_F64(view.mid, 0.0);
    CHECK_EQ_F64(view.microprice, 0.0);
}

TEST(one_side_has_no_mid)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_ASK, 10050, 300000000);
    struct book_view view = book_view_of(book, 2, 8);
    CHECK(!view.has_bid && view.has_ask && !view.has_mid);
    CHECK_EQ_I64(view.ask_steps, 10050);
    CHECK_EQ_I64(view.ask_size_steps, 300000000);
    CHECK_EQ_F64(view.ask, 100.5);
    CHECK_EQ_F64(view.ask_size, 3.0);
}

TEST(two_sides)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_BID, 10000, 100);
    book_set(book, TD_SIDE_BID, 9000, 7);
    book_set(book, TD_SIDE_ASK, 10001, 300);
    struct book_view view = book_view_of(book, 2, 2);
    CHECK(view.has_mid);
    CHECK_EQ_F64(view.bid, 100.0);
    CHECK_EQ_F64(view.ask, 100.01);
    CHECK_EQ_F64(view.mid, 100.005);
    CHECK_EQ_F64(view.spread, 0.01); /* from steps; 100.01 - 100.0 as doubles is not 0.01 */
    CHECK_EQ_F64(view.microprice, (100.0 * 300.0 + 100.01 * 100.0) / 400.0);
}

TEST(equal_sizes_put_microprice_at_mid)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_BID, 4, 50);
    book_set(book, TD_SIDE_ASK, 8, 50);
    struct book_view view = book_view_of(book, 0, 3);
    CHECK_EQ_F64(view.microprice, 6.0);
    CHECK_EQ_F64(view.mid, 6.0);
}

TEST(crossed_gives_negative_spread)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_BID, 8, 1);
    book_set(book, TD_SIDE_ASK, 4, 1);
    CHECK_EQ_F64(book_view_of(book, 0, 0).spread, -4.0);
}

/* Sum and difference of the steps are beyond int64 here. */
TEST(ends_of_int64_stay_finite)
{
    struct book *book = kept_book();

    book_set(book, TD_SIDE_BID, INT64_MIN, INT64_MAX);
    book_set(book, TD_SIDE_ASK, INT64_MAX, INT64_MAX);
    struct book_view view = book_view_of(book, 0, 0);
    CHECK_EQ_F64(view.mid, -0.5);
    CHECK_EQ_F64(view.spread, 0x1p64);
    CHECK_EQ_F64(view.microprice, 0.0);
    book_clear(book);
    book_set(book, TD_SIDE_BID, INT64_MAX - 1, 1);
    book_set(book, TD_SIDE_ASK, INT64_MAX, 1);
    view = book_view_of(book, 0, 0);
    CHECK_EQ_F64(view.mid, 0x1p63);
    CHECK_EQ_F64(view.spread, 1.0);
}
