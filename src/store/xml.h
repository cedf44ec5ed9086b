/* XML as stores answer it, read in pieces of any size: elements with their text, nothing else. expat is known here alone. No document types, no
   entities but the five and character numbers; depth, length of a text, bytes that lead to nothing and bytes in all are bounded, whatever
   comes. One thread a reader. */
#ifndef TD_STORE_XML_H
#define TD_STORE_XML_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
    XML_DEPTH_MAX = 12,
    XML_TEXT_MAX = 4096,        /* of one element, with the NUL */
    XML_PENDING_MAX = 64 << 10, /* bytes without the end of a tag or a text: one giant token */
    XML_BYTES_MAX = 8 << 20
};

/* depth: 0 is the root. Names come without a prefix (a:Key is Key). Negative: reading stops with it. */
struct xml_events {
    td_err (*begin)(void *arg, unsigned depth, const char *name);
    /* text: characters right inside the element, NUL-terminated UTF-8, of an element with others inside what stands behind the last of them. NULL:
       more than XML_TEXT_MAX - 1 bytes of it. */
    td_err (*end)(void *arg, unsigned depth, const char *name, const char *text, size_t bytes);
    void *arg;
};

struct xml;

/* Allocated; NULL: no memory. events are copied. */
struct xml *xml_open(const struct xml_events *events);
/* TD_E_SYNTAX: not such XML; TD_E_RANGE: a limit; TD_E_NO_MEMORY; or an event's own. Once negative always so. */
td_err xml_feed(struct xml *xml, const void *data, size_t bytes);
/* 0: a whole document was read; else as above. */
td_err xml_end(struct xml *xml);
void xml_close(struct xml *xml); /* NULL: nothing */

#endif
