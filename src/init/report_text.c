/* STATUS.txt: the ten lines, and below them what a person needs to put things right. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/report.h"
#include "app/status.h"
#include "base/limits.h"
#include "init/sheet.h"

static void add_heading(struct sheet *sheet, const char *words)
{
    sheet_line(sheet, "%s", "");
    sheet_line(sheet, "%s", words);
}

static void add_troubles(const struct report_facts *facts, struct sheet *sheet)
{
    static struct report_trouble troubles[REPORT_TROUBLES_MAX];
    unsigned count = report_troubles(facts, troubles);
    add_heading(sheet, "WHAT IS WRONG");
    if (count == 0)
        sheet_line(sheet, report_is_starting(facts)
                              ? "  Nothing so far: it has just been switched on."
                              : "  Nothing.");
    for (unsigned i = 0; i < count; i++) {
        sheet_line(sheet, "  %s: %s", troubles[i].red ? "ALARM" : "Warning", troubles[i].what);
        sheet_line(sheet, "    To do: %s", troubles[i].next);
    }
}

static void add_config(const struct report_facts *facts, struct sheet *sheet)
{
    static const char *const in_force[] = {
        [CONFIG_CARD] = "  tapedeck.ini of this card is in force.",
        [CONFIG_LAST_GOOD] =
            ("  In force is the last tapedeck.ini that was sound, not the one on this "
             "card. What is wrong with this one (file:line:column):"),
        [CONFIG_SHIPPED] = "  In force is the configuration as it was delivered. Why:",
    };
    add_heading(sheet, "CONFIGURATION");
    sheet_line(sheet, "%s", in_force[facts->config.source]);
    sheet_lines(sheet, facts->config.complaint);
    if (facts->settings_complaints[0])
        sheet_line(sheet, "  Of network.ini these lines were not taken:");
    sheet_lines(sheet, facts->settings_complaints);
}

static void add_gaps(const uint32_t gaps[TD_GAP_KINDS], struct td_str *out)
{
    const char *comma = "";
    for (unsigned kind = 0; kind < TD_GAP_KINDS; kind++)
        if (gaps[kind]) {
            td_str_add_format(out, "%s%" PRIu32 " %s", comma, gaps[kind],
                              report_gap_word((enum td_gap_kind)kind));
            comma = ", ";
        }
    td_str_add(out, *comma ? "" : "no gaps");
}

static void add_market(const struct status *status, const struct page_book *book,
                       struct sheet *sheet)
{
    static const char *const lamps[] = {"good", "wait", "BAD"};
    char gaps[REPORT_LINE_MAX], age[WORDS_MAX], share[WORDS_MAX];
    struct td_str str = td_str_on(gaps, sizeof gaps);
    add_gaps(book->gaps_today, &str);
    if (book->trades_missed_today)
        td_str_add_format(&str, ", %" PRIu64 " trades missed", book->trades_missed_today);
    sheet_line(sheet, "  %-5s %-14s %-16s %10s  %10s  %s", lamps[status_lamp_of(status, book)],
               book->exchange, book->symbol,
               words_span(status_age_ms(status, book->last_mono_ns), age),
               words_share(book->completeness_today, share), gaps);
}

static void add_markets(const struct report_facts *facts, struct sheet *sheet)
{
    if (!facts->page)
        return;
    const struct page_view *page = facts->page;
    const struct status status = {.view = page, .life = facts->life, .mono_ns = facts->mono_ns};
    add_heading(sheet, report_is_recording(facts) ? "MARKETS" : "MARKETS, as last heard of");
    sheet_line(sheet, "  %-5s %-14s %-16s %10s  %10s  %s", "", "venue", "market", "last news",
               "complete", "today");
    for (uint32_t i = 0; i < page->deck.book_count; i++)
        add_market(&status, &page->book[i], sheet);
    for (uint32_t i = 0; i < page->deck.source_count; i++)
        if (page->source[i].error[0])
            sheet_line(sheet, "  %s: %s", page->source[i].name, page->source[i].error);
}

static void add_card(const struct report_facts *facts, struct sheet *sheet)
{
    if (!facts->page || !facts->page->deck.card.known)
        return;
    const struct page_card *card = &facts->page->deck.card;
    char today[WORDS_MAX], ever[WORDS_MAX], since[WORDS_MAX], share[WORDS_MAX];
    add_heading(sheet, "CARD");
    sheet_line(sheet, "  Written today %s; %s since %s, with %" PRIu32 " cut%s of the power.",
               words_bytes(card->device_today_bytes, today),
               words_bytes(card->device_ever_bytes, ever), words_moment(card->since_ns, since),
               card->cuts, card->cuts == 1 ? "" : "s");
    if (card->used_share >= 0)
        sheet_line(sheet, "  Used up of what [card] in tapedeck.ini says it bears: %s",
                   words_share(card->used_share, share));
}

static void add_recorder(const struct report_facts *facts, struct sheet *sheet)
{
    add_heading(sheet, "RECORDER");
    sheet_line(sheet, "  %s", facts->recorder[0] ? facts->recorder : "not started yet");
    if (facts->page && facts->page->deck.writer_error[0])
        sheet_line(sheet, "  Writing segments: %s", facts->page->deck.writer_error);
    if (facts->page && facts->page->deck.journal_error[0])
        sheet_line(sheet, "  Writing the journal: %s", facts->page->deck.journal_error);
    if (facts->reason[0][0])
        sheet_line(sheet, "  What happened before, newest first:");
    for (unsigned i = 0; i < REPORT_REASONS && facts->reason[i][0]; i++)
        sheet_line(sheet, "    %s", facts->reason[i]);
}

static void add_uploads(const struct report_facts *facts, struct sheet *sheet)
{
    const struct sync_status *sync = &facts->sync;
    char waiting[WORDS_MAX], oldest[WORDS_MAX], last[WORDS_MAX], sent[WORDS_MAX];
    if (!facts->uploads)
        return;
    add_heading(sheet, "UPLOADS");
    if (sync->updated_ns == 0) {
        sheet_line(sheet, "  %s", facts->uploader[0] ? facts->uploader : "not begun yet");
        return;
    }
    sheet_line(sheet, "  To %s: %s%s%s", sync->to, sync_health_words[sync->health],
               sync->words[0] ? ": " : "", sync->words);
    if (sync->backlog_segments > 0)
        sheet_line(sheet, "  %" PRId64 " files wait, %s, the oldest of the hour from %s.",
                   sync->backlog_segments, words_bytes(sync->backlog_bytes, waiting),
                   words_moment(sync->oldest_backlog_ns, oldest));
    if (sync->last_verified_ns != 0)
        sheet_line(sheet, "  Last one proven in the store at %s; since the start %s were sent.",
                   words_moment(sync->last_verified_ns, last),
                   words_bytes(sync->sent_bytes_total, sent));
    if (sync->failed + sync->blocked + sync->conflicts > 0)
        sheet_line(sheet,
                   "  Of the last pass %" PRId64 " failed, %" PRId64
                   " differ from their receipt, %" PRId64 " names are taken by something else.",
                   sync->failed, sync->blocked, sync->conflicts);
}

static void add_legend(struct sheet *sheet)
{
    add_heading(sheet, "THE GREEN LAMP");
    sheet_line(sheet, "  lit                          starting");
    sheet_line(sheet, "  a short flash each 2 s       recording, all is well");
    sheet_line(sheet, "  two short flashes each 2 s   recording, something wants to be looked at");
    sheet_line(sheet, "  fast blinking                data is or will be missing: read STATUS.txt");
    sheet_line(sheet, "  long flashes                 an update is being written: leave it on");
    sheet_line(sheet, "  dark                         stopped: the card may be taken out");
}

size_t report_text(const struct report_facts *facts, char out[REPORT_TEXT_MAX])
{
    struct sheet sheet = {.text = td_str_on(out, REPORT_TEXT_MAX), .line_end = "\r\n"};
    char moment[WORDS_MAX];
    report_ten_lines(facts, &sheet);
    sheet_line(&sheet, "%s", "");
    sheet_line(&sheet,
               "The box wrote this file at %s and writes it again; your changes to it are lost.",
               words_moment(facts->wall_ns, moment));
    add_troubles(facts, &sheet);
    add_config(facts, &sheet);
    add_recorder(facts, &sheet);
    add_card(facts, &sheet);
    add_uploads(facts, &sheet);
    add_legend(&sheet);
    add_markets(facts, &sheet);
    return sheet.text.bytes;
}
