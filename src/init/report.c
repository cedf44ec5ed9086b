/* The ten lines. */
#include "init/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/status.h"
#include "base/limits.h"
#include "base/utc.h"
#include "init/sheet.h"

struct counts {
    unsigned markets, good, venues;
    double messages_per_s;
    int64_t covered_ms, proven_ms;
    uint64_t trades_missed;
};

static struct counts count_all(const struct report_facts *facts)
{
    const struct page_view *page = facts->page;
    const struct status status = {.view = page, .life = facts->life, .mono_ns = facts->mono_ns};
    struct counts counts = {.markets = page->deck.book_count, .venues = page->deck.source_count};
    for (uint32_t i = 0; i < page->deck.book_count; i++) {
        const struct page_book *book = &page->book[i];
        counts.good += status_lamp_of(&status, book) != STATUS_BAD;
        counts.trades_missed += book->trades_missed_today;
        counts.covered_ms += book->covered_ms_today;
        counts.proven_ms += book->proven_ms_today;
    }
    for (uint32_t i = 0; i < page->deck.source_count; i++)
        counts.messages_per_s += page->source[i].frames_per_s;
    return counts;
}

static const char *plural(unsigned count)
{
    return count == 1 ? "" : "s";
}

/* "today", or since when on this day: what was before, this run of the recorder does not count. */
static const char *period_words(const struct page_deck *deck, char out[WORDS_MAX])
{
    char moment[WORDS_MAX];
    words_moment(deck->since_ns, moment);
    bool today = td_utc_plausible(deck->since_ns) && deck->since_ns > deck->day_ns;
    snprintf(out, WORDS_MAX, "%s%s", today ? "since " : "today", today ? moment + 11 : "");
    return out;
}

/* ---- line by line ---- */

static void add_since(const struct report_facts *facts, struct sheet *sheet)
{
    char moment[WORDS_MAX], span[WORDS_MAX];
    sheet_line(sheet, "Running    since %s, for %s",
               words_moment(facts->wall_ns - facts->mono_ns, moment),
               words_span(facts->mono_ns / TD_NS_PER_MS, span));
}

/* What still has to go, after "; uploads: "; "" when there are none. */
static void uploads_words(const struct report_facts *facts, char out[REPORT_LINE_MAX])
{
    const struct sync_status *sync = &facts->sync;
    char bytes[WORDS_MAX];
    out[0] = '\0';
    if (!facts->uploads)
        return;
    if (facts->uploader[0])
        snprintf(out, REPORT_LINE_MAX, "; UPLOADS FAIL");
    else if (sync->updated_ns == 0 || sync->backlog_segments < 0)
        snprintf(out, REPORT_LINE_MAX, "; uploads begin");
    else if (sync->backlog_segments == 0)
        snprintf(out, REPORT_LINE_MAX, "; uploads: all is in the store");
    else
        snprintf(out, REPORT_LINE_MAX, "; uploads: %" PRId64 " file%s wait (%s)%s%s",
                 sync->backlog_segments, plural(sync->backlog_segments == 1 ? 1 : 2),
                 words_bytes(sync->backlog_bytes, bytes),
                 sync->health == SYNC_HEALTH_FINE ? "" : ", ",
                 sync->health == SYNC_HEALTH_FINE ? "" : sync_health_words[sync->health]);
}

static void add_network(const struct report_facts *facts, struct sheet *sheet)
{
    char uploads[REPORT_LINE_MAX];
    uploads_words(facts, uploads);
    sheet_line(sheet, "Network    %s%s", facts->address[0] ? facts->address : "not known yet",
               uploads);
}

static void add_records(const struct report_facts *facts, struct sheet *sheet)
{
    if (facts->data_trouble) {
        sheet_line(sheet, "Records    NOTHING: %s", facts->data_trouble);
    } else if (!report_is_recording(facts)) {
        bool begun = report_has_begun(facts);
        sheet_line(sheet, "Records    %s: %s%s",
                   begun || report_is_starting(facts) ? "nothing yet" : "NOTHING",
                   begun ? "the recorder is " : "",
                   facts->recorder[0] ? facts->recorder : "the recorder is about to start");
    } else {
        struct counts counts = count_all(facts);
        char part[WORDS_MAX] = "";
        if (counts.good < counts.markets)
            snprintf(part, sizeof part, "%u of ", counts.good);
        sheet_line(sheet, "Records    %s%u market%s at %u venue%s, %.0f messages a second%s%s",
                   part, counts.markets, plural(counts.markets), counts.venues,
                   plural(counts.venues), counts.messages_per_s,
                   facts->page->deck.replaying ? "; catching up from its journal" : "",
                   facts->page->deck.shed_level ? "; SOME TABLES ARE LEFT OUT" : "");
    }
}

static void add_missing(const struct report_facts *facts, struct sheet *sheet)
{
    if (!report_is_recording(facts)) {
        sheet_line(sheet, "Missing    %s",
                   report_is_starting(facts) && !facts->data_trouble
                       ? "not known yet"
                       : "EVERYTHING, until this is well again");
        return;
    }
    struct counts counts = count_all(facts);
    char missing[WORDS_MAX], all[WORDS_MAX], part[WORDS_MAX], trades[WORDS_MAX] = "";
    char period[WORDS_MAX];
    period_words(&facts->page->deck, period);
    int64_t missing_ms = counts.covered_ms - counts.proven_ms;
    unsigned bad = counts.markets - counts.good;
    snprintf(part, sizeof part, "; now %u market%s", bad, plural(bad));
    if (counts.trades_missed)
        snprintf(trades, sizeof trades, ", %" PRIu64 " trades", counts.trades_missed);
    if (missing_ms <= 0 && counts.trades_missed == 0)
        sheet_line(sheet, "Missing    nothing %s%s", period, bad ? part : "");
    else
        sheet_line(sheet, "Missing    %s %s of %s of order books%s%s", period,
                   words_span(missing_ms > 0 ? missing_ms : 0, missing),
                   words_span(counts.covered_ms, all), trades, bad ? part : "");
}

static void add_clock(const struct report_facts *facts, struct sheet *sheet)
{
    if (!facts->clock.synced)
        sheet_line(sheet, "Clock      %s; %s",
                   report_is_starting(facts) ? "not set yet" : "NOT SET BY THE NETWORK",
                   facts->time_source);
    else
        sheet_line(sheet, "Clock      right to %.1f ms; %s", (double)facts->clock.error_ns / 1e6,
                   facts->time_source);
}

static void life_words(const struct page_card *card, char out[WORDS_MAX])
{
    if (!card->known || card->life_years < 0)
        snprintf(out, WORDS_MAX, "life not known yet");
    else if (card->life_years >= 50)
        snprintf(out, WORDS_MAX, "lasts for more than 50 years");
    else if (card->life_years >= 2)
        snprintf(out, WORDS_MAX, "lasts for about %.0f years", card->life_years);
    else
        snprintf(out, WORDS_MAX, "LASTS FOR ABOUT %.0f MONTHS", card->life_years * 12);
}

static void add_card(const struct report_facts *facts, struct sheet *sheet)
{
    char free_bytes[WORDS_MAX], size[WORDS_MAX], life[WORDS_MAX], total[WORDS_MAX] = "",
                                                                  full[WORDS_MAX] = "";
    if (facts->data_trouble) {
        sheet_line(sheet, "Card       NOT USABLE: %s", facts->data_trouble);
        return;
    }
    if (!facts->page || facts->page->deck.disk_free_bytes < 0) {
        sheet_line(sheet, "Card       not known yet");
        return;
    }
    const struct page_deck *deck = &facts->page->deck;
    life_words(&deck->card, life);
    int64_t all = deck->disk_total_bytes > 0 ? deck->disk_total_bytes : deck->card.size_bytes;
    if (all > 0)
        snprintf(total, sizeof total, " of %s", words_bytes(all, size));
    if (deck->disk_days >= 0)
        snprintf(full, sizeof full, ", full in %.0f day%s", deck->disk_days,
                 deck->disk_days >= 1.5 || deck->disk_days < 0.5 ? "s" : "");
    sheet_line(sheet, "Card       %s free%s%s; %s", words_bytes(deck->disk_free_bytes, free_bytes),
               total, full, life);
}

static const char *power_words(const struct page_board *board)
{
    if (board->low_voltage == PAGE_FLAG_YES)
        return "SUPPLY VOLTAGE TOO LOW";
    if (board->low_voltage_seen)
        return "supply voltage was too low at times";
    return board->low_voltage == PAGE_FLAG_NO ? "power good" : "power not measured";
}

static void add_board(const struct report_facts *facts, struct sheet *sheet)
{
    char degrees[WORDS_MAX] = "temperature not measured";
    if (!facts->page) {
        sheet_line(sheet, "Board      not known yet");
        return;
    }
    const struct page_board *board = &facts->page->deck.board;
    if (board->has_temperature)
        snprintf(degrees, sizeof degrees, "%d degrees C%s", board->temperature_mc / 1000,
                 board->is_hot ? ", HOT" : "");
    sheet_line(sheet, "Board      %s; %s%s", degrees, power_words(board),
               board->throttled == PAGE_FLAG_YES ? "; SLOWED DOWN" : "");
}

static bool is_whole(const struct report_facts *facts)
{
    if (!report_is_recording(facts))
        return false;
    struct counts counts = count_all(facts);
    return counts.good == counts.markets;
}

static void add_to_do(const struct report_facts *facts, struct sheet *sheet)
{
    static struct report_trouble troubles[REPORT_TROUBLES_MAX];
    unsigned count = report_troubles(facts, troubles);
    char more[WORDS_MAX] = "";
    if (count > 1)
        snprintf(more, sizeof more, " (%u more in STATUS.txt)", count - 1);
    if (count > 0)
        sheet_line(sheet, "To do      %s%s", troubles[0].next, more);
    else
        sheet_line(sheet, "To do      %s", is_whole(facts) ? "nothing" : "wait a minute");
}

void report_ten_lines(const struct report_facts *facts, struct sheet *sheet)
{
    sheet_line(sheet, "Tapedeck   %s, called %s", facts->version, facts->name);
    add_since(facts, sheet);
    add_network(facts, sheet);
    add_records(facts, sheet);
    add_missing(facts, sheet);
    add_clock(facts, sheet);
    add_card(facts, sheet);
    add_board(facts, sheet);
    sheet_line(sheet, "Update     %s", facts->update[0] ? facts->update : "none");
    add_to_do(facts, sheet);
}

size_t report_ten(const struct report_facts *facts, char out[REPORT_TEXT_MAX])
{
    struct sheet sheet = {.text = td_str_on(out, REPORT_TEXT_MAX), .line_end = "\n"};
    report_ten_lines(facts, &sheet);
    for (size_t i = 0; i < sheet.text.bytes; i++)
        if ((unsigned char)out[i] >= 0x80)
            out[i] = '?';
    return sheet.text.bytes;
}
