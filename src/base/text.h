/* Bounded text builder on a caller's buffer. What does not fit is cut and remembered (`cut`), never
   written past the end; the text is NUL-terminated after every call. One thread per builder, no
   memory of its own. */
#ifndef TD_BASE_TEXT_H
#define TD_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_str {
    char *at;
    size_t bytes; /* without the final NUL */
    size_t cap;   /* with it */
    bool cut;
};

/* cap >= 1; the buffer belongs to the caller and outlives the builder. */
struct td_str td_str_on(char *buffer, size_t cap);

void td_str_add(struct td_str *str, const char *text);
void td_str_add_bytes(struct td_str *str, const char *text, size_t bytes);
void td_str_add_char(struct td_str *str, char c);
void td_str_add_i64(struct td_str *str, int64_t value);
void td_str_add_format(struct td_str *str, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The text as the inside of a JSON string: quotes, backslash and control characters escaped; other
 * bytes as they are. */
void td_str_add_json(struct td_str *str, const char *text, size_t bytes);

/* Copy with cut: at most cap - 1 bytes and a NUL. True when all of it fitted. */
bool td_text_copy(char *out, size_t cap, const char *text, size_t bytes);

/* ASCII only, any locale. */
bool td_text_equal_nocase(const char *a, const char *b);

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; texts longer than 63
 * bytes count as 64 apart. */
unsigned td_text_distance(const char *a, const char *b);

#endif
