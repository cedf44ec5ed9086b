/* What is wrong, in the order in which a person should care. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/status.h"
#include "base/limits.h"
#include "init/sheet.h"

struct list {
    struct report_trouble *out;
    unsigned count;
};

static void add(struct list *list, bool red, const char *next, const char *what, ...)
    __attribute__((format(printf, 4, 5)));

static void add(struct list *list, bool red, const char *next, const char *what, ...)
{
    if (list->count == REPORT_TROUBLES_MAX)
        return;
    struct report_trouble *trouble = &list->out[list->count++];
    trouble->red = red;
    va_list args;
    va_start(args, what);
    vsnprintf(trouble->what, sizeof trouble->what, what, args);
    va_end(args);
    snprintf(trouble->next, sizeof trouble->next, "%s", next);
}

bool report_is_recording(const struct report_facts *facts)
{
    return !facts->data_trouble && facts->page && facts->life == PAGE_ALIVE;
}

bool report_is_starting(const struct report_facts *facts)
{
    return facts->mono_ns < REPORT_GRACE_S * TD_NS_PER_S;
}

bool report_has_begun(const struct report_facts *facts)
{
    return strncmp(facts->recorder, "running", 7) == 0 &&
           !(facts->page && facts->life == PAGE_STALLED);
}

bool report_has_network(const struct report_facts *facts)
{
    return strncmp(facts->address, "no ", 3) != 0;
}

/* ---- alarms that last ---- */

/* How many venues are not connected, and have been silent for long. */
static uint32_t sources_gone(const struct report_facts *facts)
{
    const struct page_deck *deck = &facts->page->deck;
    uint32_t gone = 0;
    for (uint32_t i = 0; i < deck->source_count; i++) {
        const struct page_source *source = &facts->page->source[i];
        gone += source->state != PAGE_UP &&
                facts->mono_ns - source->last_mono_ns > REPORT_LASTING_S * TD_NS_PER_S;
    }
    return gone;
}

/* Then it is not the venue's trouble. */
static bool all_sources_are_gone(const struct report_facts *facts)
{
    return report_is_recording(facts) && !report_is_starting(facts) && report_has_network(facts) &&
           facts->page->deck.source_count > 0 &&
           sources_gone(facts) == facts->page->deck.source_count;
}

static bool book_is_gone(const struct report_facts *facts)
{
    const struct page_deck *deck = &facts->page->deck;
    for (uint32_t i = 0; i < deck->book_count; i++) {
        const struct page_book *book = &facts->page->book[i];
        if (book->open_kind != PAGE_KIND_NONE &&
            deck->published_ns - book->open_since_ns > REPORT_LASTING_S * TD_NS_PER_S)
            return true;
    }
    return false;
}

static uint64_t bit(enum page_alarm alarm)
{
    return UINT64_C(1) << alarm;
}

/* Without those that pass by themselves, and without what init says in its own words. */
static uint64_t lasting_alarms(const struct report_facts *facts)
{
    if (!report_is_recording(facts))
        return 0;
    uint64_t alarms = facts->page->deck.alarms & ~bit(PAGE_ALARM_CLOCK);
    bool early = report_is_starting(facts);
    if (early || sources_gone(facts) == 0 || !report_has_network(facts) ||
        all_sources_are_gone(facts))
        alarms &= ~bit(PAGE_ALARM_SOURCE_DOWN);
    if (early || !book_is_gone(facts))
        alarms &= ~bit(PAGE_ALARM_BOOK_UNPROVEN);
    if (!report_has_network(facts))
        alarms &= ~(bit(PAGE_ALARM_SOURCE_SILENT) | bit(PAGE_ALARM_BOOK_UNPROVEN));
    return alarms;
}

static void add_alarms(struct list *list, const struct report_facts *facts, bool red)
{
    uint64_t alarms = lasting_alarms(facts);
    for (unsigned i = 0; i < PAGE_ALARMS; i++)
        if ((alarms >> i & 1) && page_alarm_words[i].red == red)
            add(list, red, page_alarm_words[i].next, "%s", page_alarm_words[i].what);
}

/* ---- what the recorder cannot know ---- */

static void add_network(struct list *list, const struct report_facts *facts)
{
    if (report_has_network(facts) || report_is_starting(facts))
        return;
    bool cable = strstr(facts->address, "cable") != NULL;
    add(list, true,
        cable ? "plug in the network cable; the lamps at its socket must light"
              : "look whether the router is on and gives addresses, or set a fixed one in "
                "network.ini",
        "there is no network: %s", facts->address);
}

static void add_recorder(struct list *list, const struct report_facts *facts)
{
    if (facts->data_trouble || report_is_recording(facts) || report_is_starting(facts))
        return;
    const char *next =
        facts->config.complaint[0]
            ? "correct tapedeck.ini on this card: the lines are named in STATUS.txt"
            : "it is started again by itself; if this stays, switch the box off and on";
    if (facts->page && facts->life == PAGE_STALLED)
        add(list, true, next, "the recorder hangs: %s", facts->recorder);
    else
        add(list, true, report_has_begun(facts) ? "wait a minute" : next, "the recorder %s: %s",
            report_has_begun(facts) ? "has not begun to record" : "does not run", facts->recorder);
}

static void add_config(struct list *list, const struct report_facts *facts)
{
    const struct config_choice *config = &facts->config;
    static const char next[] = "correct the lines that STATUS.txt names, and switch on again";
    if (config->source == CONFIG_LAST_GOOD)
        add(list, false, next,
            "tapedeck.ini on the card is not sound; its last sound text is in force");
    else if (config->source == CONFIG_SHIPPED && config->complaint[0])
        add(list, false, next, "tapedeck.ini on the card cannot be used; it records as delivered");
    else if (config->complaint[0])
        add(list, false, next, "a file of the card is not sound in places");
    if (facts->settings_complaints[0])
        add(list, false, next, "network.ini on the card is not sound in places");
}

static void add_clock(struct list *list, const struct report_facts *facts)
{
    bool page_says = report_is_recording(facts) && facts->page->deck.alarms & bit(PAGE_ALARM_CLOCK);
    if (report_is_starting(facts) || (facts->clock.synced && !page_says))
        return;
    add(list, false,
        facts->clock.synced
            ? "it is being set; if this stays, name a time server that is near in network.ini"
            : "see that the network lets time (NTP, UDP port 123) through, or name a time server "
              "in "
              "network.ini",
        facts->clock.synced ? "the clock is not exact yet"
                            : "the clock is not set by the network: stamps may be wrong");
}

/* No answer and busy stores pass by themselves: they are told when a sealed hour has waited for long. */
static bool uploads_are_late(const struct sync_status *sync, int64_t wall_ns)
{
    static const int64_t patience_ns = 4 * TD_NS_PER_HOUR;
    bool passing = sync->health == SYNC_HEALTH_OFFLINE || sync->health == SYNC_HEALTH_BUSY ||
                   sync->health == SYNC_HEALTH_SKEWED;
    return !passing ||
           (sync->oldest_backlog_ns != 0 && wall_ns - sync->oldest_backlog_ns > patience_ns);
}

static void add_uploads(struct list *list, const struct report_facts *facts)
{
    const struct sync_status *sync = &facts->sync;
    if (!facts->uploads)
        return;
    if (facts->uploader[0])
        add(list, false, "look at [sync] in tapedeck.ini and at secrets.ini: what is wrong is said",
            "nothing is uploaded: %s", facts->uploader);
    else if (sync->updated_ns != 0 && sync->health != SYNC_HEALTH_FINE &&
             uploads_are_late(sync, facts->wall_ns))
        add(list, false, sync->advice[0] ? sync->advice : sync_health_advice[sync->health],
            "uploads stand still: %s%s%s", sync_health_words[sync->health],
            sync->words[0] ? ": " : "", sync->words);
}

unsigned report_troubles(const struct report_facts *facts,
                         struct report_trouble out[REPORT_TROUBLES_MAX])
{
    struct list list = {.out = out};
    if (facts->data_trouble)
        add(&list, true,
            "switch it off, copy what can be read of the card on another computer, flash a new "
            "card",
            "nothing is stored: %s", facts->data_trouble);
    add_network(&list, facts);
    add_recorder(&list, facts);
    if (all_sources_are_gone(facts))
        add(&list, true,
            "look whether the internet works behind the router; it connects again by itself",
            "no venue can be reached");
    add_alarms(&list, facts, true);
    add_config(&list, facts);
    if (facts->restarts_hour > 0)
        add(&list, false, "the reason stands in STATUS.txt; what was missed is marked in the data",
            "the recorder was started again %u time%s in the last hour", facts->restarts_hour,
            facts->restarts_hour == 1 ? "" : "s");
    add_clock(&list, facts);
    add_uploads(&list, facts);
    add_alarms(&list, facts, false);
    return list.count;
}

enum lamp_pattern report_lamp(const struct report_facts *facts)
{
    static struct report_trouble troubles[REPORT_TROUBLES_MAX];
    unsigned count = report_troubles(facts, troubles);
    bool red = false;
    for (unsigned i = 0; i < count; i++)
        red |= troubles[i].red;
    if (red)
        return LAMP_ALARM;
    if (!report_is_recording(facts))
        return LAMP_STARTING;
    return count > 0 ? LAMP_WARNING : LAMP_RECORDING;
}
