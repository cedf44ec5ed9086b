#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

enum { DISTANCE_MAX = 64 };

struct td_str td_str_on(char *buffer, size_t cap)
{
    TD_ASSERT(cap > 0, "a text buffer has room for its NUL");
    buffer[0] = 0;
    return (struct td_str){.at = buffer, .cap = cap};
}

void td_str_add_bytes(struct td_str *str, const char *text, size_t bytes)
{
    size_t room = str->cap - 1 - str->bytes;
    if (bytes > room) {
        bytes = room;
        str->cut = true;
    }
    if (bytes)
        memcpy(str->at + str->bytes, text, bytes);
    str->bytes += bytes;
    str->at[str->bytes] = 0;
}

void td_str_add(struct td_str *str, const char *text)
{
    td_str_add_bytes(str, text, strlen(text));
}

void td_str_add_char(struct td_str *str, char c)
{
    td_str_add_bytes(str, &c, 1);
}

void td_str_add_i64(struct td_str *str, int64_t value)
{
    char digits[20];
    size_t used = 0;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[sizeof digits - ++used] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (value < 0)
        td_str_add_char(str, '-');
    td_str_add_bytes(str, digits + sizeof digits - used, used);
}

void td_str_add_format(struct td_str *str, const char *format, ...)
{
    size_t room = str->cap - str->bytes;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(str->at + str->bytes, room, format, args);
    va_end(args);
    TD_ASSERT(length >= 0, "a format of our own is well formed");
    if ((size_t)length >= room) {
        str->cut = true;
        length = (int)room - 1;
    }
    str->bytes += (size_t)length;
}

static void add_json_char(struct td_str *str, unsigned char c)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *pair = letters; *pair; pair += 2)
        if (c == (unsigned char)pair[0]) {
            td_str_add_char(str, '\\');
            td_str_add_char(str, pair[1]);
            return;
        }
    if (c < ' ')
        td_str_add_format(str, "\\u%04x", c);
    else
        td_str_add_char(str, (char)c);
}

void td_str_add_json(struct td_str *str, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        add_json_char(str, (unsigned char)text[i]);
}

bool td_text_copy(char *out, size_t cap, const char *text, size_t bytes)
{
    struct td_str str = td_str_on(out, cap);
    td_str_add_bytes(&str, text, bytes);
    return !str.cut;
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool td_text_equal_nocase(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Three rows of the classic table: a swap looks two rows back. */
unsigned td_text_distance(const char *a, const char *b)
{
    size_t a_bytes = strlen(a), b_bytes = strlen(b);
    if (a_bytes >= DISTANCE_MAX || b_bytes >= DISTANCE_MAX)
        return DISTANCE_MAX;
    unsigned rows[3][DISTANCE_MAX];
    for (unsigned j = 0; j <= b_bytes; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= a_bytes; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= b_bytes; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_bytes % 3][b_bytes];
}
