/* Symbol lists: megabytes of one shape, so each entry is tokenised alone and the token arena stays
 * small. Core thread. */
#ifndef TD_VENUE_LISTING_H
#define TD_VENUE_LISTING_H

#include "venue/venue.h"

/* Hands every entry of the list at `path` (member names from the root, joined by dots; "" = the
   root is the list; an array, or an object whose values are the entries: their keys stand in listing->raw) to ctx->listing. `entry`
   reads one from ctx->json (token 0: an object in most lists, a text in some) and returns false for one to leave out; its texts need to live
   until it is called again. OK, or MALFORMED when the document is damaged or holds no such list;
   then nothing was handed on. */
int listing_parse(struct venue_ctx *ctx, struct td_text body, const char *path,
                  bool (*entry)(struct venue_ctx *ctx, struct venue_listing *listing));

/* Step of a member that names decimals, as a number or in quotes; absent when it names none. */
struct td_text listing_decimals(const struct json *json, int object, const char *key);

/* "0.00000001" for 8; "" above TD_SCALE_MAX. Static text. */
struct td_text listing_step(int decimals);

#endif
