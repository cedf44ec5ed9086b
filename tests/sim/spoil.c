/* Wrong texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/bourse.h"
#include "sim/dice.h"

static char *find(struct td_str *text, const char *what)
{
    return memmem(text->at, text->bytes, what, strlen(what));
}

/* The digits at `at` are replaced. */
static void put_number(struct td_str *text, char *at, const char *number)
{
    char *end = at + strspn(at, "-0123456789");
    size_t behind = (size_t)(text->at + text->bytes - end), more = strlen(number);
    memmove(at + more, end, behind);
    memcpy(at, number, more);
    text->bytes = (size_t)(at + more - text->at) + behind;
    text->at[text->bytes] = '\0';
}

static bool change_number(struct td_str *text, const char *key, int64_t by, const char *fixed)
{
    char *at = find(text, key), number[32];
    if (at == NULL)
        return false;
    at += strlen(key);
    snprintf(number, sizeof number, "%lld", strtoll(at, NULL, 10) + (long long)by);
    put_number(text, at, fixed ? fixed : number);
    return true;
}

static bool change_sequence(const struct sim_venue *venue, struct td_str *text, enum kind kind)
{
    int64_t by = kind == KIND_seq_back ? -1000 : INT64_C(1) << 31;
    const char *fixed = kind == KIND_seq_zero   ? "0"
                        : kind == KIND_seq_huge ? "9223372036854775808"
                                                : NULL;
    if (venue->seq_at[0] == NULL || !change_number(text, venue->seq_at[0], by, fixed))
        return false;
    return venue->seq_at[1] == NULL || change_number(text, venue->seq_at[1], by, fixed);
}

static bool change_stamp(const struct sim_venue *venue, struct td_str *text, enum kind kind)
{
    char *at = find(text, "\"time\":\"20");
    at = at ? at + 8 : (at = find(text, "\"timestamp\":\"20")) ? at + 13 : NULL;
    if (at == NULL && venue->stamp_at == NULL)
        return false;
    if (at == NULL)
        return change_number(text, venue->stamp_at, kind == KIND_stamp_future ? 86400000 : 0,
                             kind == KIND_stamp_future ? NULL
                             : kind == KIND_stamp_1970 ? "1"
                                                       : "1767225600");
    if (kind == KIND_stamp_unit) /* another spelling of the offset */
        return false;
    memcpy(at, kind == KIND_stamp_future ? "2031" : "1970", 4);
    return true;
}

static bool spoil_sum(struct td_str *text)
{
    char *at = find(text, "\"checksum\":");
    if (at == NULL)
        return false;
    at += strlen("\"checksum\":");
    *at = *at == '9' ? '1' : (char)(*at + 1);
    return true;
}

static bool insert(struct td_str *text, const char *mark, const char *level)
{
    char *at = mark && level ? find(text, mark) : NULL;
    if (at == NULL)
        return false;
    size_t more = strlen(level);
    at += strlen(mark);
    bool comma = *at != ']';
    memmove(at + more + comma, at, (size_t)(text->at + text->bytes - at) + 1);
    memcpy(at, level, more);
    if (comma)
        at[more] = ',';
    text->bytes += more + comma;
    return true;
}

/* A market that is named by a number would become another one, whose book nobody knows to be spoilt. */
static void turn_bits(struct bourse *bourse, const struct sim_venue *venue, struct td_str *text)
{
    const char *comma = venue->by_channel ? memchr(text->at, ',', text->bytes) : NULL;
    size_t from = comma ? (size_t)(comma - text->at) : 0;
    for (unsigned i = 0; i < 3; i++) /* still UTF-8 */
        text->at[from + dice_below(&bourse->dice, text->bytes - from)] ^=
            (char)(1 << dice_below(&bourse->dice, 7));
}

static void put_before(struct td_str *text, const char *what)
{
    size_t more = strlen(what);
    memmove(text->at + more, text->at, text->bytes + 1);
    memcpy(text->at, what, more);
    text->bytes += more;
}

bool spoil_text(struct bourse *bourse, const struct sim_venue *venue, enum kind kind,
                struct td_str *text, bool *wrong)
{
    *wrong = true;
    switch (kind) {
    case KIND_msg_cut:
        text->bytes = 1 + dice_below(&bourse->dice, text->bytes - 1);
        return true;
    case KIND_msg_bits:
        turn_bits(bourse, venue, text);
        return true;
    case KIND_msg_bom:
        put_before(text, "\xEF\xBB\xBF");
        return true;
    case KIND_msg_two:
        td_str_add(text, "{\"type\":\"heartbeat\"}");
        return true;
    case KIND_msg_nul:
        text->at[dice_below(&bourse->dice, text->bytes)] = '\0';
        return true;
    case KIND_bad_checksum:
        *wrong = false;
        return spoil_sum(text);
    case KIND_bad_level:
        return insert(text, venue->feed->bad_at, venue->feed->bad_level);
    case KIND_seq_back:
    case KIND_seq_jump:
    case KIND_seq_zero:
    case KIND_seq_huge:
        return change_sequence(venue, text, kind);
    case KIND_stamp_future:
    case KIND_stamp_1970:
    case KIND_stamp_unit:
        *wrong = false;
        return change_stamp(venue, text, kind);
    case KIND_book_crossed:
        return insert(text, venue->feed->bad_at, venue->crossing);
    default:
        return false;
    }
}

/* ---- texts that nobody asked for ---------------------------------------------------------------------------------------- */

static const char *with_symbol(struct bourse *bourse, const char *format, const char *raw)
{
    struct td_str out = td_str_on(bourse->scratch, HOUSE_TEXT_BYTES);
    const char *hole = strstr(format, "%s");
    td_str_add_bytes(&out, format, (size_t)(hole - format));
    td_str_add(&out, raw);
    td_str_add(&out, hole + 2);
    return bourse->scratch;
}

const char *spoil_extra(struct bourse *bourse, const struct sim_venue *venue, const char *raw,
                        enum kind kind, size_t *bytes)
{
    const char *text = NULL, *of_market = NULL;
    struct td_str out = td_str_on(bourse->scratch, HOUSE_TEXT_BYTES);
    if (kind == KIND_msg_array)
        text = "[[1,2],[3,\"4\"]]";
    else if (kind == KIND_msg_error)
        text = venue->error;
    else if (kind == KIND_msg_unknown)
        text = venue->unknown;
    else if (kind == KIND_msg_foreign_symbol)
        text = venue->foreign;
    else if (kind == KIND_msg_nan)
        of_market = venue->nan;
    else if (kind == KIND_msg_long_number)
        of_market = venue->long_number;
    else if (kind == KIND_msg_duplicate_key)
        text = "{\"type\":\"noise\",\"type\":\"more\",\"channel\":\"a\",\"channel\":\"b\"}";
    else if (kind == KIND_msg_escapes)
        text = "{\"type\":\"\\ud800\",\"message\":\"\\u0000\\udfff\\\"\"}";
    else if (kind == KIND_book_empty_snapshot)
        of_market = venue->empty_snapshot;
    else if (kind == KIND_msg_deep) {
        for (unsigned i = 0; i < 10000; i++)
            td_str_add_char(&out, '[');
        text = bourse->scratch;
    }
    text = of_market ? with_symbol(bourse, of_market, raw) : text;
    *bytes = text ? strlen(text) : 0;
    return text;
}
