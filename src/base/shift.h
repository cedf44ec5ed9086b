/* A place opens or closes in a short sorted array. By hand, for memmove of the static C library goes byte by byte where areas overlap that
   way, which for some hundred bytes is ten times as long. Pure, any thread. */
#ifndef TD_BASE_SHIFT_H
#define TD_BASE_SHIFT_H

#include <stddef.h>
#include <stdint.h>

/* at[0..count) moves up by one; `value` becomes the first. There is room for count + 1. */
static inline void td_shift_in(int64_t *at, size_t count, int64_t value)
{
    for (size_t i = 0; i < count; i++) {
        int64_t next = at[i];
        at[i] = value;
        value = next;
    }
    at[count] = value;
}

/* The first of count + 1 goes; the others move down by one. */
static inline void td_shift_out(int64_t *at, size_t count)
{
    int64_t value = at[count];
    for (size_t i = count; i-- > 0;) {
        int64_t before = at[i];
        at[i] = value;
        value = before;
    }
}

#endif
