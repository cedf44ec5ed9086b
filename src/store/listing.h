/* One page of names or parts, kept until all of it has come: a page cut in half is never shown. Allocates as it grows; one thread. */
#ifndef TD_STORE_LISTING_H
#define TD_STORE_LISTING_H

#include "store/op.h"

enum { LISTING_NAMES_MAX = 2 * STORE_LIST_MAX };

/* All zero is an empty one; listing_close() makes it so again. */
struct listing {
    char *text; /* of the names, each with its NUL */
    size_t text_bytes, text_cap;
    struct listed *name;
    struct store_part *part;
    uint32_t names, names_cap, parts, parts_cap;
};

/* TD_E_NO_MEMORY; TD_E_RANGE: more than a page holds. */
td_err listing_add(struct listing *listing, const char *name, size_t name_bytes, int64_t bytes,
                   bool is_prefix);
td_err listing_add_part(struct listing *listing, const struct store_part *part);

/* Shows the names in their byte order, without the place's prefix, to op->visit; once. encoded: they are percent-encoded ('+' a blank).
   TD_E_NET_PROTOCOL: a name that is none, or that the operation did not ask for; nothing was shown then. *shown: what is negative is the visitor's own. */
td_err listing_show(struct listing *listing, const struct place *place, const struct store_op *op,
                    bool encoded, bool *shown);
td_err listing_show_parts(const struct listing *listing, const struct store_op *op);

void listing_close(struct listing *listing);

#endif
