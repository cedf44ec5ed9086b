#include "net/clockwork.h"

#include <string.h>

#include "base/decimal.h"
#include "base/limits.h"
#include "base/text.h"

#define STEP_NS (100 * TD_NS_PER_MS)
#define TELL_NS (60 * TD_NS_PER_S)

static const char *const state_words[] = {"unsynced", "stepped", "synced", "holdover"};
static const char *const method_words[] = {"none", "sntp", "ntp", "rtc", "floor"};

struct clockwork_sample clockwork_look(const struct td_clock *clock)
{
    struct clockwork_sample sample = {.wall_ns = clock->wall_ns(clock->ctx),
                                      .mono_ns = clock->mono_ns(clock->ctx)};
    sample.known = clock->discipline && clock->discipline(clock->ctx, &sample.discipline) >= 0;
    return sample;
}

/* Wall progress beyond the monotonic one; the ends of int64 for what lies beyond them. */
static int64_t apart_ns(const struct clockwork *work, const struct clockwork_sample *sample)
{
    __int128 apart =
        (__int128)sample->wall_ns - work->wall_ns - ((__int128)sample->mono_ns - work->mono_ns);
    return apart > INT64_MAX ? INT64_MAX : apart < INT64_MIN ? INT64_MIN : (int64_t)apart;
}

static bool is_step(int64_t apart_ns)
{
    return apart_ns >= STEP_NS || apart_ns <= -STEP_NS;
}

/* A step that no daemon vouches for ends the holdover: what was known of the clock is void. */
static void judge(struct clockwork *work, const struct clockwork_sample *sample,
                  struct clockwork_reading *reading)
{
    bool synced = sample->known && sample->discipline.synced;
    work->was_synced = synced || (work->was_synced && !reading->has_step);
    reading->state = reading->has_step  ? TD_CLOCK_STEPPED
                     : synced           ? TD_CLOCK_SYNCED
                     : work->was_synced ? TD_CLOCK_HOLDOVER
                                        : TD_CLOCK_UNSYNCED;
    reading->method = work->was_synced ? TD_CLOCK_NTP
                      : work->floor    ? TD_CLOCK_FLOOR
                                       : TD_CLOCK_NONE;
    reading->has_offset = reading->has_error =
        synced; /* without a daemon the kernel's figures are no bound */
    reading->has_freq = sample->known;
    reading->offset_ns = sample->discipline.offset_ns;
    reading->error_ns = sample->discipline.error_ns;
    reading->freq_ppb = sample->discipline.freq_ppb;
}

bool clockwork_tick(struct clockwork *work, const struct clockwork_sample *sample,
                    struct clockwork_reading *reading)
{
    *reading = (struct clockwork_reading){0};
    reading->step_ns = work->started ? apart_ns(work, sample) : 0;
    reading->has_step = is_step(reading->step_ns);
    judge(work, sample, reading);
    work->wall_ns = sample->wall_ns, work->mono_ns = sample->mono_ns;
    bool changed = reading->state != work->state || reading->method != work->method;
    if (work->started && !changed && !reading->has_step &&
        sample->mono_ns - work->told_mono_ns < TELL_NS)
        return false;
    work->started = true;
    work->state = reading->state, work->method = reading->method;
    work->told_mono_ns = sample->mono_ns;
    return true;
}

/* ---- text ---- */

static void add_number(struct td_str *str, const char *key, bool has, int64_t value)
{
    if (!has)
        return;
    td_str_add(str, key);
    td_str_add_i64(str, value);
}

size_t clockwork_write(const struct clockwork_reading *reading, char out[CLOCKWORK_TEXT_MAX])
{
    struct td_str str = td_str_on(out, CLOCKWORK_TEXT_MAX);
    td_str_add(&str, "state=");
    td_str_add(&str, state_words[reading->state]);
    td_str_add(&str, " method=");
    td_str_add(&str, method_words[reading->method]);
    add_number(&str, " offset_ns=", reading->has_offset, reading->offset_ns);
    add_number(&str, " error_ns=", reading->has_error, reading->error_ns);
    add_number(&str, " freq_ppb=", reading->has_freq, reading->freq_ppb);
    add_number(&str, " step_ns=", reading->has_step, reading->step_ns);
    TD_ASSERT(!str.cut, "four numbers and two words fit");
    return str.bytes;
}

static bool same(const char *text, size_t bytes, const char *word)
{
    return strlen(word) == bytes && memcmp(text, word, bytes) == 0;
}

static td_err read_word(const char *text, size_t bytes, const char *const *words, unsigned count,
                        uint8_t *value)
{
    for (unsigned i = 0; i < count; i++)
        if (same(text, bytes, words[i])) {
            *value = (uint8_t)i;
            return 0;
        }
    return TD_E_SYNTAX;
}

static td_err read_number(const char *text, size_t bytes, bool *has, int64_t *value)
{
    TD_FAIL_IF(*has || td_integer_parse(text, bytes, value) < 0, TD_E_SYNTAX);
    *has = true;
    return 0;
}

struct found {
    bool state, method;
};

static td_err read_pair(const char *key, size_t key_bytes, const char *value, size_t bytes,
                        struct clockwork_reading *reading, struct found *found)
{
    int64_t freq_ppb = 0;
    if (same(key, key_bytes, "state")) {
        found->state = true;
        return read_word(value, bytes, state_words, sizeof state_words / sizeof *state_words,
                         &reading->state);
    }
    if (same(key, key_bytes, "method")) {
        found->method = true;
        return read_word(value, bytes, method_words, sizeof method_words / sizeof *method_words,
                         &reading->method);
    }
    if (same(key, key_bytes, "offset_ns"))
        return read_number(value, bytes, &reading->has_offset, &reading->offset_ns);
    if (same(key, key_bytes, "error_ns"))
        return read_number(value, bytes, &reading->has_error, &reading->error_ns);
    if (same(key, key_bytes, "step_ns"))
        return read_number(value, bytes, &reading->has_step, &reading->step_ns);
    if (!same(key, key_bytes, "freq_ppb"))
        return 0;
    TD_TRY(read_number(value, bytes, &reading->has_freq, &freq_ppb));
    TD_FAIL_IF(freq_ppb < INT32_MIN || freq_ppb > INT32_MAX, TD_E_SYNTAX);
    reading->freq_ppb = (int32_t)freq_ppb;
    return 0;
}

td_err clockwork_read(const char *text, size_t bytes, struct clockwork_reading *reading)
{
    struct found found = {0};
    *reading = (struct clockwork_reading){0};
    for (const char *end = text + bytes; text < end;) {
        const char *blank = memchr(text, ' ', (size_t)(end - text));
        const char *stop = blank ? blank : end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        TD_FAIL_IF(equals == NULL, TD_E_SYNTAX);
        TD_TRY(read_pair(text, (size_t)(equals - text), equals + 1, (size_t)(stop - equals - 1),
                         reading, &found));
        text = blank ? blank + 1 : end;
    }
    TD_FAIL_IF(!found.state || !found.method, TD_E_SYNTAX);
    return 0;
}
