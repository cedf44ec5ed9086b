/* Rows of each stream against what the venue said of it. */
#include "sim/rows_parts.h"

static void same(struct rows *rows, unsigned index, const char *what, uint64_t stored,
                 uint64_t told)
{
    const struct house *house = &rows->bourse->house[bourse_host(rows->bourse, index)];
    if (stored != told)
        world_fail(rows->world, "%llu %s of %s at %s are stored, %llu were told",
                   (unsigned long long)stored, what,
                   bourse_truth(rows->bourse, index)->market->is.symbol, house->feed->name,
                   (unsigned long long)told);
    rows->streams += stored == told && told > 0;
}

static void count_market(struct rows *rows, unsigned index)
{
    const struct rows_book *book = &rows->book[index];
    unsigned host = bourse_host(rows->bourse, index);
    const struct house *house = &rows->bourse->house[host];
    const struct market *market = bourse_truth(rows->bourse, index)->market;
    const struct house_count *count = &house->count[house_index(house, market)];
    uint64_t trades = count->messages[SAY_TRADE] / (house->feed->trade_again ? 2 : 1);
    uint64_t tickers = count->messages[SAY_TICKER] + count->messages[SAY_DERIVED] +
                       venues_of(house->feed)->begins_with_ticker;
    same(rows, index, "changes", book->change_rows,
         count->changes - rows->bourse->changes_in_base[host][house_index(house, market)]);
    same(rows, index, "trades", book->trade_rows, trades);
    same(rows, index, "tickers", book->ticker_rows, tickers);
}

void rows_count(struct rows *rows)
{
    const struct bourse *bourse = rows->bourse;
    for (unsigned host = 0; host < bourse->params.venues; host++)
        for (unsigned i = 0; i < bourse->house[host].markets; i++)
            count_market(rows, bourse->truth_base[host] + i);
}
