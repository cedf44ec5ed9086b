/* Bearer tokens of a GCS service account: a claim signed by its key (JWT, RS256) is exchanged at the account's token endpoint for a token that
   holds for about an hour. It moves no bytes itself: it fills in the exchange and reads the answer, its caller hands it to the carrier, so that
   other calls go on meanwhile. One thread; mbedTLS allocates. Nothing of key or token is ever in a message. */
#ifndef TD_STORE_TOKEN_H
#define TD_STORE_TOKEN_H

#include <stdio.h>

#include "store/account.h"
#include "store/carrier.h"

struct token;

enum {
    TOKEN_EARLY_S =
        120 /* a token with less than this left is not begun with; of one for minutes: a tenth of its life */
};

/* Allocated. Reads account->service_account: client_email, private_key, private_key_id, token_uri. TD_E_CONFIG: unreadable, not such a file, no RSA
   key, a token_uri without TLS to another machine; TD_E_NO_MEMORY. Said in `errors`. */
td_err token_open(const struct store_account *account, const struct td_os *os, FILE *errors,
                  struct token **out);

/* The token, or NULL: none yet, dropped, or less than TOKEN_EARLY_S left. Valid until the next call on it. */
const char *token_now(const struct token *token, int64_t wall_ns);
/* The store refused it: the next one is asked for. */
void token_drop(struct token *token);

/* Fills in the whole of a POST to the token endpoint, body and take included; they are the token's, and one exchange is under way at a time.
   wall_ns is the store's time (ours and the offset learnt). TD_E_NO_MEMORY. */
td_err token_ask(struct token *token, int64_t wall_ns, struct exchange *exchange);
/* The exchange is back: STORE_FINE and token_now() has one; LOST and AGAIN as for any call; DENIED: key or account refused (its error and description
   in code and words); SKEWED: the endpoint says that the claim is from another time. Fills in outcome, err, http_status, code, words,
   retry_after_ms. */
enum store_outcome token_take(struct token *token, const struct exchange *exchange, int64_t wall_ns,
                              struct store_result *result);

void token_close(struct token *token);

#endif
