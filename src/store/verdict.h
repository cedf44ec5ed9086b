/* What a store's refusal means for the operation. Pure. */
#ifndef TD_STORE_VERDICT_H
#define TD_STORE_VERDICT_H

#include "store/op.h"

/* status: that of the answer, 200 too when its body is an error; code: the store's own, "" none; message: its text. */
enum store_outcome verdict_of(const struct store_op *op, int status, const char *code,
                              const char *message);

/* Whether the text has the word in it, in any case of ASCII. */
bool verdict_mentions(const char *text, const char *word);

#endif
