/* The way through a list that comes in pages: where the next one begins, and whether the pages lead in a circle. Pure; zero is the beginning. */
#ifndef TD_STORE_PAGES_H
#define TD_STORE_PAGES_H

#include "store/op.h"

struct pages {
    char token[STORE_TOKEN_MAX];   /* of the page to be asked for next */
    char earlier[STORE_TOKEN_MAX]; /* one that was given before, every now and then the newest */
    uint32_t count;                /* of pages had */
};

/* For the operation; NULL: from the beginning. */
const char *pages_token(const struct pages *pages);

/* A page is had, `token` is its result's ("" the list is over). False: a place that was given before, so the list has no end. Of a circle of
   n pages that is known within 4 n pages behind its first. */
bool pages_next(struct pages *pages, const char *token);

#endif
