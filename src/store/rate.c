#include "store/rate.h"

enum { PIECE_LEAST = 1024, MS_A_S = 1000, LONG_MS = 100 * MS_A_S };

void rate_begin(struct rate *rate, int64_t bytes_per_s, int64_t now_ms)
{
    *rate = (struct rate){.bytes_per_s = bytes_per_s > 0 ? bytes_per_s : 0, .at_ms = now_ms};
}

/* A byte a second is a thousandth of a byte a millisecond: nothing is rounded. */
void rate_pass(struct rate *rate, int64_t now_ms)
{
    int64_t passed = now_ms - rate->at_ms, most = (rate->bytes_per_s / 4 + 1) * MS_A_S;
    rate->at_ms = now_ms;
    rate->left_thousandths += rate->bytes_per_s * (passed < LONG_MS ? passed : LONG_MS);
    if (rate->left_thousandths > most)
        rate->left_thousandths = most;
}

bool rate_allows(const struct rate *rate)
{
    return rate->bytes_per_s == 0 || rate->left_thousandths >= MS_A_S;
}

void rate_used(struct rate *rate, int64_t bytes)
{
    if (rate->bytes_per_s > 0)
        rate->left_thousandths -= bytes * MS_A_S;
}

int64_t rate_wait_ms(const struct rate *rate)
{
    return rate_allows(rate) ? 0 : (MS_A_S - rate->left_thousandths) / rate->bytes_per_s + 1;
}

size_t rate_piece(const struct rate *rate, size_t most)
{
    int64_t piece = rate->bytes_per_s / 8;
    if (rate->bytes_per_s == 0 || piece > (int64_t)most)
        return most;
    return piece < PIECE_LEAST ? PIECE_LEAST : (size_t)piece;
}
