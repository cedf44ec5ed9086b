/* What is no longer stored while the disk is nearly full (SPEC 1.12). Everything goes on being followed: only rows stop, so that a book
   whose rows come again begins with an image of what it is, not with a wait for the venue. */
#include "app/core_parts.h"
#include "base/text.h"

#define STORED_AGAIN "rows are stored again"

enum book_rows { ROWS_ALL, ROWS_BEST, ROWS_NONE };

static enum book_rows book_rows_at(uint8_t level)
{
    return level >= TD_SHED_BOOK ? ROWS_NONE : level >= TD_SHED_DEPTH ? ROWS_BEST : ROWS_ALL;
}

static void open_shed(struct core *core, unsigned index, enum td_channel channel, const char *text)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note note = {.kind = TD_GAP_SHED, .note = text};
    in->shed[channel].from_ns = core->frame->recv_ns;
    core_count_book_time(core, index);
    ledger_hole_open(core, index, channel, &in->shed[channel], &note);
    core_count_book_time(core, index);
}

static void close_shed(struct core *core, unsigned index, enum td_channel channel, const char *text)
{
    struct core_instrument *in = &core->instrument[index];
    struct ledger_note note = {.note = text};
    core_count_book_time(core, index);
    ledger_hole_close(core, index, channel, &in->shed[channel], &note);
    core_count_book_time(core, index);
}

static void shed_channel(struct core *core, unsigned index, enum td_channel channel, bool shed)
{
    if (shed && core_has_channel(core, index, channel))
        open_shed(core, index, channel, "rows are not stored");
    else if (!shed)
        close_shed(core, index, channel, STORED_AGAIN);
}

static void shed_book(struct core *core, unsigned index, enum book_rows was, enum book_rows now)
{
    if (was == now || !core_has_channel(core, index, TD_CHANNEL_BOOK))
        return;
    close_shed(core, index, TD_CHANNEL_BOOK, STORED_AGAIN);
    if (now == ROWS_NONE)
        open_shed(core, index, TD_CHANNEL_BOOK, "rows are not stored");
    else
        core_book_image(core, index);
    if (now == ROWS_BEST)
        open_shed(core, index, TD_CHANNEL_BOOK, "the best 50 levels a side alone are stored");
}

void core_shed_join(struct core *core, unsigned index)
{
    shed_channel(core, index, TD_CHANNEL_TICKER, core->shed >= TD_SHED_TICKER);
    shed_channel(core, index, TD_CHANNEL_TRADES, core->shed >= TD_SHED_TRADES);
    shed_book(core, index, ROWS_ALL, book_rows_at(core->shed));
}

void core_shed_leave(struct core *core, unsigned index)
{
    for (unsigned channel = 0; channel < CORE_CHANNELS; channel++)
        close_shed(core, index, (enum td_channel)channel, "no longer configured");
}

static void say(struct core *core, const char *text)
{
    struct ledger_note note = {.kind = TD_GAP_SHED, .note = text};
    ledger_hole_close(core, LEDGER_DEVICE, TD_CHANNEL_ALL, &core->shed_hole, &note);
    core->shed_hole.from_ns = core->frame->recv_ns;
    if (core->shed != TD_SHED_NONE)
        ledger_hole_open(core, LEDGER_DEVICE, TD_CHANNEL_ALL, &core->shed_hole, &note);
}

void core_shed(struct core *core)
{
    static const char *const words[TD_SHED_LEVELS] = {
        [TD_SHED_NONE] = "everything is stored",
        [TD_SHED_FRAMES] = "frames are not stored",
        [TD_SHED_FEATURES] = "features are not stored either",
        [TD_SHED_PREDICTIONS] = "predictions are not stored either",
        [TD_SHED_TICKER] = "tickers are not stored either",
        [TD_SHED_DEPTH] = "the best 50 levels of a book alone are stored",
        [TD_SHED_BOOK] = "books are not stored either",
        [TD_SHED_TRADES] = "trades are not stored either",
    };
    int64_t level, free_mb;
    if (!core_number(core->frame, "level", &level) || level < 0 || level >= TD_SHED_LEVELS ||
        words[level] == NULL || level == core->shed)
        return;
    char text[TD_TEXT_MAX];
    struct td_str out = td_str_on(text, sizeof text);
    td_str_add_format(&out, "level %d: %s", (int)level, words[level]);
    if (core_number(core->frame, "free_mb", &free_mb))
        td_str_add_format(&out, "; %lld MB are free", (long long)free_mb);
    uint8_t was = core->shed;
    core->shed = (uint8_t)level;
    say(core, text);
    for (unsigned i = 0; i < core->instrument_count; i++) {
        shed_channel(core, i, TD_CHANNEL_TICKER, level >= TD_SHED_TICKER);
        shed_channel(core, i, TD_CHANNEL_TRADES, level >= TD_SHED_TRADES);
        shed_book(core, i, book_rows_at(was), book_rows_at((uint8_t)level));
    }
}
