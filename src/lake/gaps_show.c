#include "lake/gaps_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "lake/show.h"

enum { STRIP_CELLS = 96, LINES_MAX = 20, DURATION_MAX = 32 };
static const int64_t second_us = 1000000, hour_us = 3600 * INT64_C(1000000);

/* ---- which ---- */

static bool wanted_stream(const struct gaps_show *show, const struct hole_stream *stream)
{
    return (!show->exchange || strcmp(show->exchange, stream->exchange) == 0) &&
           (!show->symbol || strcmp(show->symbol, stream->symbol) == 0);
}

/* The device's and a connection's holes are shown whatever stream was asked for: they concern it too. */
static bool wanted(const struct gaps_show *show, const struct hole *hole)
{
    const struct hole_stream *stream = holes_stream(show->holes, hole->stream);
    if (hole->kind == TD_GAP_PLANNED && strcmp(stream->symbol, "_all") != 0)
        return false; /* not configured: not to be recorded */
    if (holes_of_device(stream))
        return true;
    if (strcmp(stream->symbol, "_all") == 0)
        return !show->exchange || strcmp(show->exchange, stream->exchange) == 0;
    return wanted_stream(show, stream);
}

size_t gaps_show_count(const struct gaps_show *show)
{
    size_t count = 0;
    for (size_t i = 0; i < show->holes->count; i++)
        count += wanted(show, holes_at(show->holes, i));
    return count;
}

/* ---- words ---- */

static const char *duration(int64_t us, char out[DURATION_MAX])
{
    int64_t s = us / second_us;
    if (us < 100 * second_us)
        snprintf(out, DURATION_MAX, "%" PRId64 ".%" PRId64 " s", s, us % second_us / 100000);
    else if (s < 7200)
        snprintf(out, DURATION_MAX, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else
        snprintf(out, DURATION_MAX, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    return out;
}

/* Seconds are enough for people. */
static const char *when(int64_t us, char out[SHOW_NUMBER_MAX])
{
    size_t bytes = show_time_us(us, out);
    if (bytes == sizeof "2026-09-21T04:00:00.000000Z" - 1)
        memcpy(out + 19, "Z", 2);
    return out;
}

static const char *percent(int64_t ppm, char out[24])
{
    if (ppm < 0)
        snprintf(out, 24, "-");
    else if (ppm == 1000000)
        snprintf(out, 24, "100 %%");
    else
        snprintf(out, 24, "%" PRId64 ".%04" PRId64 " %%", ppm / 10000, ppm % 10000);
    return out;
}

static const char *paint(const struct gaps_show *show, const char *colour)
{
    return show->colour ? colour : "";
}

static const char *colour_of(int64_t ppm)
{
    return ppm == 1000000 ? "\033[32m" : ppm > 0 ? "\033[33m" : "\033[31m";
}

/* ---- text: single holes ---- */

static void print_hole(const struct gaps_show *show, const struct hole *hole)
{
    const struct hole_stream *stream = holes_stream(show->holes, hole->stream);
    char from[SHOW_NUMBER_MAX], to[SHOW_NUMBER_MAX], took[DURATION_MAX];
    bool open = hole->to_us == HOLE_OPEN;
    printf("  %-12s ", hole_kind_word(hole->kind));
    if (!holes_of_device(stream)) {
        show_plain_text(stdout, stream->exchange, strlen(stream->exchange));
        fputc(' ', stdout);
        show_plain_text(stdout, stream->symbol, strlen(stream->symbol));
        printf(" %s  ", hole_channel_word(hole->channel));
    }
    printf("%s to %s", when(hole->from_us, from), open ? "now" : when(hole->to_us, to));
    if (open)
        printf("  %sstill open%s", paint(show, "\033[31m"), paint(show, "\033[0m"));
    else
        printf("  %s", duration(hole->to_us - hole->from_us, took));
    if (hole->missed > 0)
        printf("  missed %" PRId64, hole->missed);
    fputs(hole->note[0] ? "  " : "", stdout);
    show_plain_text(stdout, hole->note, strlen(hole->note));
    fputc('\n', stdout);
}

/* Holes of the device, or (device false) the others that are open. */
static void print_holes(const struct gaps_show *show, const char *title, bool device)
{
    size_t shown = 0, found = 0;
    for (size_t i = 0; i < show->holes->count; i++) {
        const struct hole *hole = holes_at(show->holes, i);
        bool of_device = holes_of_device(holes_stream(show->holes, hole->stream));
        if (of_device != device || !wanted(show, hole) || (!device && hole->to_us != HOLE_OPEN))
            continue;
        if (found++ == 0)
            printf("%s\n", title);
        if (shown < LINES_MAX) {
            print_hole(show, hole);
            shown++;
        }
    }
    if (found > shown)
        printf("  and %zu more: --json lists them all\n", found - shown);
    fputs(found ? "\n" : "", stdout);
}

/* ---- text: streams ---- */

static void print_kinds(const struct completeness *of)
{
    const char *comma = "";
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (of->gaps[kind]) {
            printf("%s%" PRIu32 " %s", comma, of->gaps[kind], hole_kind_word(kind));
            comma = ", ";
        }
    if (of->open)
        printf(" (%" PRIu32 " open at the end)", of->open);
}

static void print_place(const struct inventory_stream *stream, const char *channel)
{
    int used = show_plain_text(stdout, stream->id.exchange, strlen(stream->id.exchange));
    printf("%*s", used < 10 ? 11 - used : 1, "");
    used = show_plain_text(stdout, stream->id.symbol, strlen(stream->id.symbol));
    printf("%*s%-7s", used < 12 ? 13 - used : 1, "", channel);
}

static void count_text(int64_t count, char out[24])
{
    if (count)
        snprintf(out, 24, "%" PRId64, count);
    else
        snprintf(out, 24, "-");
}

static td_err print_channel(struct gaps_show *show, const struct inventory_stream *stream,
                            enum td_channel channel)
{
    struct completeness is;
    char share[24], took[DURATION_MAX], missed[24], filled[24];
    TD_TRY(completeness_of(show->holes, &stream->id, channel, show->begin_us, show->end_us,
                           &show->scratch, &is));
    int64_t ppm = completeness_ppm(&is);
    count_text(is.missed, missed);
    count_text(is.backfilled, filled);
    print_place(stream, hole_channel_word(channel));
    printf(" %s%10s%s %14s %8s %8s  ", paint(show, colour_of(ppm)), percent(ppm, share),
           paint(show, "\033[0m"),
           duration(show->end_us - show->begin_us - is.us[PROOF_PROVEN] - is.idle_us, took), missed,
           filled);
    print_kinds(&is);
    fputc('\n', stdout);
    return 0;
}

/* One stretch of the stream, its worst channel: -1 when nothing of it was recorded. */
static td_err worst_of(struct gaps_show *show, const struct inventory_stream *stream,
                       int64_t from_us, int64_t to_us, int64_t *ppm)
{
    struct completeness is;
    from_us = from_us > show->begin_us ? from_us : show->begin_us;
    to_us = to_us < show->end_us ? to_us : show->end_us;
    *ppm = -1;
    for (unsigned channel = 0; channel < TD_CHANNEL_ALL; channel++) {
        if (!(stream->channels & 1u << channel) || to_us <= from_us)
            continue;
        TD_TRY(completeness_of(show->holes, &stream->id, (enum td_channel)channel, from_us, to_us,
                               &show->scratch, &is));
        int64_t is_ppm = completeness_ppm(&is);
        *ppm = *ppm < 0 || is_ppm < *ppm ? is_ppm : *ppm;
    }
    return 0;
}

static td_err print_strip(struct gaps_show *show, const struct inventory_stream *stream)
{
    const char *painted = "";
    printf("  00 [");
    for (int cell = 0; cell < STRIP_CELLS; cell++) {
        int64_t at_us = show->from_us + cell * (hour_us / 4), ppm;
        TD_TRY(worst_of(show, stream, at_us, at_us + hour_us / 4, &ppm));
        const char *colour = ppm < 0 ? "" : colour_of(ppm);
        if (strcmp(colour, painted) != 0)
            printf("%s%s", paint(show, "\033[0m"), paint(show, colour));
        painted = colour;
        fputc(ppm < 0 ? ' ' : ppm == 1000000 ? '#' : ppm > 0 ? '+' : '.', stdout);
    }
    printf("%s] 24\n", paint(show, "\033[0m"));
    return 0;
}

/* Completeness hour by hour. Rounded down: 100 is only what is whole. */
static td_err print_hours(struct gaps_show *show, const struct inventory_stream *stream,
                          enum td_channel channel)
{
    int64_t from_us = show->begin_us - show->begin_us % hour_us;
    for (; from_us < show->end_us; from_us += hour_us) {
        struct completeness is;
        char begin[SHOW_NUMBER_MAX], share[24], took[DURATION_MAX];
        int64_t first = from_us > show->begin_us ? from_us : show->begin_us;
        int64_t last = from_us + hour_us < show->end_us ? from_us + hour_us : show->end_us;
        TD_TRY(
            completeness_of(show->holes, &stream->id, channel, first, last, &show->scratch, &is));
        int64_t ppm = completeness_ppm(&is);
        show_time_us(from_us, begin);
        printf("  %.13s  %s%10s%s", begin, paint(show, colour_of(ppm)), percent(ppm, share),
               paint(show, "\033[0m"));
        if (is.total)
            printf("  %s  ", duration(last - first - is.us[PROOF_PROVEN] - is.idle_us, took));
        print_kinds(&is);
        fputc('\n', stdout);
    }
    return 0;
}

static td_err print_stream(struct gaps_show *show, const struct inventory_stream *stream)
{
    for (unsigned channel = 0; channel < TD_CHANNEL_ALL; channel++)
        if (stream->channels & 1u << channel) {
            TD_TRY(print_channel(show, stream, (enum td_channel)channel));
            if (show->hourly)
                TD_TRY(print_hours(show, stream, (enum td_channel)channel));
        }
    return show->one_day ? print_strip(show, stream) : 0;
}

td_err gaps_show_text(struct gaps_show *show)
{
    char from[SHOW_NUMBER_MAX], to[SHOW_NUMBER_MAX], span[DURATION_MAX];
    size_t streams = 0;
    printf("recorded: %s to %s, %s\n\n", when(show->begin_us, from), when(show->end_us, to),
           duration(show->end_us > show->begin_us ? show->end_us - show->begin_us : 0, span));
    print_holes(show, "the whole device", true);
    for (size_t i = 0; i < show->inventory->stream_count; i++) {
        const struct inventory_stream *stream = inventory_stream(show->inventory, i);
        if (!wanted_stream(show, &stream->id))
            continue;
        if (streams++ == 0)
            puts("exchange   symbol       channel   complete  without proof   missed   filled  "
                 "gaps");
        TD_TRY(print_stream(show, stream));
    }
    if (streams && show->one_day)
        puts("  a character is 15 minutes of the worst channel: # whole, + partly, . nothing "
             "proven, blank not recorded");
    fputs(streams ? "\n" : "", stdout);
    print_holes(show, "still open", false);
    printf("%zu gaps\n", gaps_show_count(show));
    return 0;
}

/* ---- JSON ---- */

static void json_word(const char *key, const char *value)
{
    printf("\"%s\": ", key);
    show_json_text(stdout, value, strlen(value));
    fputs(", ", stdout);
}

static void json_time(const char *key, int64_t us)
{
    char text[SHOW_NUMBER_MAX];
    show_time_us(us, text);
    if (us == HOLE_OPEN)
        printf("\"%s\": null, ", key);
    else
        json_word(key, text);
}

static void json_place(const struct hole_stream *stream, unsigned channel)
{
    json_word("deck", stream->deck);
    json_word("exchange", stream->exchange);
    json_word("symbol", stream->symbol);
    json_word("channel", hole_channel_word(channel));
}

static void json_figures(const struct completeness *is)
{
    const char *comma = "";
    int64_t ppm = completeness_ppm(is);
    if (ppm < 0)
        printf("\"completeness\": null, \"seconds\": {");
    else
        printf("\"completeness\": %" PRId64 ".%06" PRId64 ", \"seconds\": {", ppm / 1000000,
               ppm % 1000000);
    for (int i = 0; i < PROOFS; i++)
        printf("%s\"%s\": %" PRId64 ".%06" PRId64, i ? ", " : "", proof_words[i],
               is->us[i] / second_us, is->us[i] % second_us);
    printf("}, \"gaps\": {");
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (is->gaps[kind]) {
            printf("%s\"%s\": %" PRIu32, comma, hole_kind_word(kind), is->gaps[kind]);
            comma = ", ";
        }
    printf("}, \"open\": %" PRIu32 ", \"missed\": %" PRId64 ", \"backfilled\": %" PRId64, is->open,
           is->missed, is->backfilled);
}

static td_err json_hours(struct gaps_show *show, const struct inventory_stream *stream,
                         enum td_channel channel)
{
    const char *comma = "";
    int64_t from_us = show->begin_us - show->begin_us % hour_us;
    printf(", \"hours\": [");
    for (; from_us < show->end_us; from_us += hour_us) {
        struct completeness is;
        int64_t first = from_us > show->begin_us ? from_us : show->begin_us;
        int64_t last = from_us + hour_us < show->end_us ? from_us + hour_us : show->end_us;
        TD_TRY(
            completeness_of(show->holes, &stream->id, channel, first, last, &show->scratch, &is));
        printf("%s\n      {", comma);
        json_time("hour", from_us);
        json_figures(&is);
        fputc('}', stdout);
        comma = ",";
    }
    fputc(']', stdout);
    return 0;
}

static td_err json_streams(struct gaps_show *show)
{
    const char *comma = "";
    for (size_t i = 0; i < show->inventory->stream_count; i++) {
        const struct inventory_stream *stream = inventory_stream(show->inventory, i);
        for (unsigned channel = 0; channel < TD_CHANNEL_ALL; channel++) {
            struct completeness is;
            if (!wanted_stream(show, &stream->id) || !(stream->channels & 1u << channel))
                continue;
            TD_TRY(completeness_of(show->holes, &stream->id, (enum td_channel)channel,
                                   show->begin_us, show->end_us, &show->scratch, &is));
            printf("%s\n    {", comma);
            json_place(&stream->id, channel);
            json_figures(&is);
            if (show->hourly)
                TD_TRY(json_hours(show, stream, (enum td_channel)channel));
            fputc('}', stdout);
            comma = ",";
        }
    }
    return 0;
}

static void json_hole(const struct gaps_show *show, const struct hole *hole)
{
    json_place(holes_stream(show->holes, hole->stream), hole->channel);
    printf("\"gap_id\": %" PRId64 ", ", hole->gap_id);
    json_word("kind", hole_kind_word(hole->kind));
    json_time("from", hole->from_us);
    json_time("to", hole->to_us);
    printf("\"open\": %s, \"abandoned\": %s, \"backfilled\": %s, \"missed\": ",
           hole->to_us == HOLE_OPEN ? "true" : "false", hole->abandoned ? "true" : "false",
           hole->action == TD_GAP_ACT_BACKFILLED ? "true" : "false");
    if (hole->missed < 0)
        printf("null, \"note\": ");
    else
        printf("%" PRId64 ", \"note\": ", hole->missed);
    show_json_text(stdout, hole->note, strlen(hole->note));
}

td_err gaps_show_json(struct gaps_show *show)
{
    const char *comma = "";
    printf("{\n  ");
    json_time("from", show->begin_us);
    json_time("to", show->end_us);
    printf("\n  \"streams\": [");
    TD_TRY(json_streams(show));
    printf("\n  ],\n  \"gaps\": [");
    for (size_t i = 0; i < show->holes->count; i++) {
        if (!wanted(show, holes_at(show->holes, i)))
            continue;
        printf("%s\n    {", comma);
        json_hole(show, holes_at(show->holes, i));
        fputc('}', stdout);
        comma = ",";
    }
    printf("\n  ]\n}\n");
    return 0;
}
