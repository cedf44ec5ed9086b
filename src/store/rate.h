/* A limit of bytes a second that several senders share. Pure: time comes in. A sender asks, moves what it likes and says how much; what was too
   much is waited for afterwards, so that the mean is kept whatever the pieces are. */
#ifndef TD_STORE_RATE_H
#define TD_STORE_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
    int64_t bytes_per_s;      /* 0: no limit */
    int64_t left_thousandths; /* of bytes; below zero: owed */
    int64_t at_ms;
};

void rate_begin(struct rate *rate, int64_t bytes_per_s, int64_t now_ms);
/* Time has passed. What is not used within a quarter of a second is lost. */
void rate_pass(struct rate *rate, int64_t now_ms);
bool rate_allows(const struct rate *rate);
void rate_used(struct rate *rate, int64_t bytes);
/* Until it allows again; 0: now. */
int64_t rate_wait_ms(const struct rate *rate);
/* A piece of the size that is moved at once, at most `most`: an eighth of a second's. */
size_t rate_piece(const struct rate *rate, size_t most);

#endif
