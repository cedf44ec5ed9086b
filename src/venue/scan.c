#include "venue/scan.h"

#include "base/decimal.h"
#include "base/limits.h"
#include "base/utc.h"

const int64_t scan_pow10[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

void scan_space(struct scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t'))
        scan->at++;
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static bool is_hex(char c)
{
    return is_digit(c) || (unsigned char)((c | 0x20) - 'a') < 6;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && is_digit(*at))
        at++;
    return at;
}

/* Behind "e-7", or NULL. */
static const char *skip_exponent(const char *at, const char *end)
{
    at += at < end && (*at == '+' || *at == '-');
    const char *behind = skip_digits(at, end);
    return behind > at ? behind : NULL;
}

bool scan_number_text(struct scan *scan, struct td_text *number)
{
    const char *first = scan->at, *end = scan->end;
    const char *whole = first + (first < end && *first == '-');
    const char *at = skip_digits(whole, end);
    if (at == whole || (*whole == '0' && at - whole > 1))
        return false;
    if (at < end && *at == '.') {
        const char *point = at;
        at = skip_digits(point + 1, end);
        if (at == point + 1)
            return false;
    }
    if (at < end && (*at | 0x20) == 'e' && (at = skip_exponent(at + 1, end)) == NULL)
        return false;
    *number = (struct td_text){first, (uint32_t)(at - first)};
    scan->at = at;
    return true;
}

bool scan_integer_text(struct scan *scan, struct td_text *number)
{
    int64_t value;
    number->at = scan->at;
    bool fits = scan_integer(scan, &value);
    number->bytes = (uint32_t)(scan->at - number->at);
    return fits;
}

static bool escape(struct scan *scan)
{
    if (scan->at == scan->end)
        return false;
    char c = *scan->at++;
    if (c != 'u')
        return c && memchr("\"\\/bfnrt", c, 8);
    for (int i = 0; i < 4; i++)
        if (scan->at == scan->end || !is_hex(*scan->at++))
            return false;
    return true;
}

/* Behind the opening quote to behind the closing one. */
static bool string_rest(struct scan *scan)
{
    for (;;) {
        while (scan->end - scan->at >= 8) {
            uint64_t stops = scan_string_stops(scan_word(scan->at));
            if (stops) {
                scan->at += __builtin_ctzll(stops) >> 3;
                break;
            }
            scan->at += 8;
        }
        if (scan->at == scan->end)
            return false;
        unsigned char c = (unsigned char)*scan->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !escape(scan)))
            return false;
    }
}

static bool scalar(struct scan *scan)
{
    struct td_text number;
    if (SCAN(scan, "\""))
        return string_rest(scan);
    if (SCAN(scan, "true") || SCAN(scan, "false") || SCAN(scan, "null"))
        return true;
    return scan_number_text(scan, &number);
}

/* Open containers: one bit each, set for objects, the innermost lowest. */
struct nest {
    uint64_t objects;
    unsigned depth;
};

static bool key(struct scan *scan)
{
    scan_space(scan);
    if (!SCAN(scan, "\"") || !string_rest(scan))
        return false;
    scan_space(scan);
    return SCAN(scan, ":");
}

static bool open_container(struct scan *scan, struct nest *nest, bool object, bool *empty)
{
    if (nest->depth == SCAN_DEPTH_MAX)
        return false;
    nest->depth++;
    nest->objects = nest->objects << 1 | object;
    scan_space(scan);
    *empty = scan->at < scan->end && *scan->at == (object ? '}' : ']');
    return *empty || !object || key(scan);
}

/* Behind a value: close what ends here; true in `more` when another value must follow. */
static bool after_value(struct scan *scan, struct nest *nest, bool *more)
{
    *more = false;
    while (nest->depth) {
        bool object = nest->objects & 1;
        scan_space(scan);
        if (SCAN(scan, ",")) {
            *more = true;
            return !object || key(scan);
        }
        if (!(object ? SCAN(scan, "}") : SCAN(scan, "]")))
            return false;
        nest->objects >>= 1;
        nest->depth--;
    }
    return true;
}

bool scan_value(struct scan *scan, struct td_text *value)
{
    struct nest nest = {0, 0};
    scan_space(scan);
    const char *first = scan->at;
    for (bool more = true; more;) {
        scan_space(scan);
        bool empty = true, object = SCAN(scan, "{");
        if (object || SCAN(scan, "[")) {
            if (!open_container(scan, &nest, object, &empty))
                return false;
            if (!empty)
                continue;
        } else if (!scalar(scan)) {
            return false;
        }
        if (!after_value(scan, &nest, &more))
            return false;
    }
    *value = (struct td_text){first, (uint32_t)(scan->at - first)};
    return true;
}

bool scan_document(const char *text, size_t bytes)
{
    struct scan scan = {text, text + bytes};
    struct td_text value;
    if (!scan_value(&scan, &value))
        return false;
    scan_space(&scan);
    return scan.at == scan.end;
}

/* Days since 1970 of a date from 2000 on; the year starts in March, so that the leap day is its
 * last. */
static int64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    unsigned shifted = year - (month <= 2), of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    return (int64_t)(shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year) -
           719468;
}

/* Eight characters against a form in which '0' stands for any digit: digit values, zero where the form has another
   character. False when a character is not what the form asks for. */
static bool form_digits(const char *text, const char *form, uint64_t digit_limit, uint64_t *digits)
{
    uint64_t word = scan_word(text) ^ scan_word(form);
    *digits = word;
    return ((((word & SCAN_EACH(0x7F)) + digit_limit) | word) & SCAN_EACH(0x80)) == 0;
}

/* The two digits at byte `at` of a word of digit values. */
static unsigned two(uint64_t digits, unsigned at)
{
    return (unsigned)(digits >> (8 * at) & 0xFF) * 10 + (unsigned)(digits >> (8 * at + 8) & 0xFF);
}

/* Bytes that reach 0x80 when added to: a digit from 10 on, any difference elsewhere. The lowest byte is the first. */
#define LIMIT_DATE UINT64_C(0x7F76767F76767676)   /* 0000-00- */
#define LIMIT_CLOCK UINT64_C(0x76767F76767F7676)  /* 00T00:00 */
#define LIMIT_SECOND UINT64_C(0x767676767F76767F) /* :00.0000 */
#define LIMIT_MICROS UINT64_C(0x7F7676767676767F) /* .000000Z */

bool scan_utc_us(const char *text, int64_t *ns)
{
    /* From 2000 to 2099 every fourth year is a leap year; leap seconds are left to the general way. */
    static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    uint64_t date, clock, second_of, micros;
    if (!form_digits(text, "0000-00-", LIMIT_DATE, &date) ||
        !form_digits(text + 8, "00T00:00", LIMIT_CLOCK, &clock) ||
        !form_digits(text + 16, ":00.0000", LIMIT_SECOND, &second_of) ||
        !form_digits(text + 19, ".000000Z", LIMIT_MICROS, &micros))
        return false;
    unsigned year = two(date, 0) * 100 + two(date, 2), month = two(date, 5), day = two(clock, 0);
    unsigned hour = two(clock, 3), minute = two(clock, 6), second = two(second_of, 1);
    if (year < 2000 || year > 2099 || month - 1 > 11 || hour > 23 || minute > 59 || second > 59)
        return false;
    if (day == 0 || day > month_days[month - 1] + (unsigned)(month == 2 && year % 4 == 0))
        return false;
    int64_t us = two(micros, 1) * 10000 + two(micros, 3) * 100 + two(micros, 5);
    int64_t of_day = hour * 3600 + minute * 60 + second;
    *ns = (days_since_1970(year, month, day) * 86400 + of_day) * TD_NS_PER_S + us * TD_NS_PER_US;
    return true;
}

bool scan_epoch_ms(struct scan *scan, int64_t *ns)
{
    const char *first = scan->at;
    int64_t ms;
    if (!scan_integer(scan, &ms) || scan->at - first != 13 || ms >= INT64_C(4102444800000))
        return false;
    *ns = ms * TD_NS_PER_MS;
    return true;
}

static bool is_listed(struct td_text key, const char *name)
{
    return *name == *key.at && strlen(name) == key.bytes && memcmp(key.at, name, key.bytes) == 0;
}

static bool scan_member(struct scan *scan, const char *const *name, unsigned count,
                        struct td_text *out)
{
    struct td_text key, value;
    unsigned i = 0;
    if (!scan_string(scan, &key) || !SCAN(scan, ":") || scan->at == scan->end)
        return false;
    bool string = *scan->at == '"';
    if (string ? !scan_string(scan, &value) : !scan_value(scan, &value))
        return false;
    while (i < count && !is_listed(key, name[i]))
        i++;
    if (i == count)
        return true;
    bool twice = out[i].at != NULL;
    out[i] = value;
    return !twice;
}

bool scan_members(struct scan *scan, const char *const *name, unsigned count, struct td_text *out)
{
    TD_ASSERT(count <= SCAN_MEMBERS_MAX, "a table of names is short");
    memset(out, 0, count * sizeof *out);
    if (!SCAN(scan, "{"))
        return false;
    if (SCAN(scan, "}"))
        return true;
    do
        if (!scan_member(scan, name, count, out))
            return false;
    while (SCAN(scan, ","));
    return SCAN(scan, "}");
}

/* Digits of a number of at most 18, with a point and an exponent of one or two digits: the exact value over 10^*below. False: another
   form. */
static bool scan_digits(struct scan *scan, uint64_t *value, int *below, unsigned *decimals)
{
    const char *at = scan->at, *end = scan->end;
    const char *first = at, *point = NULL;
    uint64_t sum = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)(*at - '0');
        if (digit <= 9)
            sum = sum * 10 + digit;
        else if (*at == '.' && !point && at > first)
            point = at;
        else
            break;
    }
    if (at == first || at == end || at - first > 18 || point == at - 1)
        return false;
    if (*first == '0' && at - first > 1 && point != first + 1)
        return false;
    *decimals = point ? (unsigned)(at - point) - 1 : 0;
    *below = (int)*decimals;
    if (*at == 'e' || *at == 'E') {
        int sign = ++at < end && *at == '-' ? 1 : -1, power = 0;
        at += at < end && (*at == '-' || *at == '+');
        const char *digits = at;
        for (; at < end && (unsigned char)(*at - '0') <= 9 && at - digits < 3; at++)
            power = power * 10 + (*at - '0');
        if (at == digits || at - digits > 2 || at == end)
            return false;
        *below += sign * power;
    }
    *value = sum;
    scan->at = at;
    return true;
}

/* On the grid of `scale` and within int64, else false: then the general conversion says what is the matter. */
static bool to_grid(uint64_t value, int below, int scale, int64_t *steps)
{
    int up = scale - below;
    uint64_t product;
    if (up < -18 || up > 18)
        return false;
    if (up >= 0) {
        *steps = 0;
        if (__builtin_mul_overflow(value, (uint64_t)td_pow10(up), &product) || product > INT64_MAX)
            return false;
        *steps = (int64_t)product;
        return true;
    }
    uint64_t grain = (uint64_t)td_pow10(-up);
    *steps = (int64_t)(value / grain);
    return value % grain == 0;
}

bool scan_decimal(struct scan *scan, int scale, int64_t *steps, unsigned *decimals)
{
    struct scan cursor = *scan;
    uint64_t value;
    int below;
    if (!scan_digits(&cursor, &value, &below, decimals) || !to_grid(value, below, scale, steps))
        return false;
    scan->at = cursor.at;
    return true;
}
