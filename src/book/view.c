#include "book/view.h"

#include "base/decimal.h"

/* (bid + ask) / 2: the sum is exact, and halving a double is. */
static double mid_of(const struct book_view *view, int price_scale)
{
    int64_t sum;

    if (!__builtin_add_overflow(view->bid_steps, view->ask_steps, &sum))
        return td_steps_to_double(sum, price_scale) / 2;
    return view->bid / 2 + view->ask / 2;
}

static double spread_of(const struct book_view *view, int price_scale)
{
    int64_t spread;

    if (!__builtin_sub_overflow(view->ask_steps, view->bid_steps, &spread))
        return td_steps_to_double(spread, price_scale);
    return view->ask - view->bid;
}

/* Sizes only weigh here, so their steps will do: equal sizes give the mid exactly. */
static double microprice_of(const struct book_view *view)
{
    double bid_size = (double)view->bid_size_steps, ask_size = (double)view->ask_size_steps;
    double total = bid_size + ask_size;

    return total > 0 ? (view->bid * ask_size + view->ask * bid_size) / total : view->mid;
}

struct book_view book_view_of(const struct book *book, int price_scale, int size_scale)
{
    struct book_view view = {0};

    view.has_bid = book_best(book, TD_SIDE_BID, &view.bid_steps, &view.bid_size_steps);
    view.has_ask = book_best(book, TD_SIDE_ASK, &view.ask_steps, &view.ask_size_steps);
    if (view.has_bid) {
        view.bid = td_steps_to_double(view.bid_steps, price_scale);
        view.bid_size = td_steps_to_double(view.bid_size_steps, size_scale);
    }
    if (view.has_ask) {
        view.ask = td_steps_to_double(view.ask_steps, price_scale);
        view.ask_size = td_steps_to_double(view.ask_size_steps, size_scale);
    }
    view.has_mid = view.has_bid && view.has_ask;
    if (view.has_mid) {
        view.mid = mid_of(&view, price_scale);
        view.spread = spread_of(&view, price_scale);
        view.microprice = microprice_of(&view);
    }
    return view;
}
