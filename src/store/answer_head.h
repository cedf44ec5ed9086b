/* What an answer's headers say of an object: sums, identity, ranges. Pure. */
#ifndef TD_STORE_ANSWER_HEAD_H
#define TD_STORE_ANSWER_HEAD_H

#include "store/carrier.h"

struct answer_range {
    int64_t from, to, total; /* both ends are in */
};

/* etag, the writer's identity and the store's own sums of the whole object, where they are said and well-formed. */
void answer_head_object(const struct exchange *exchange, struct store_result *result);
/* "Content-Range: bytes 0-9/100". False: not there, not such, or one that cannot be. */
bool answer_head_range(const struct exchange *exchange, struct answer_range *range);
/* "Content-Range: bytes * /100" (without the blank): 100; -1: not there or not such. */
int64_t answer_head_unsatisfied(const struct exchange *exchange);
/* Copy for a person: one line of ASCII, cut. */
void answer_head_words(char out[STORE_WORDS_MAX], const char *text);

#endif
