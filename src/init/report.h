/* What the box says of itself in plain words: ten lines on the console, and STATUS.txt on the card with more below. Pure: facts in, text out. */
#ifndef TD_INIT_REPORT_H
#define TD_INIT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/page.h"
#include "init/clock.h"
#include "init/config_choice.h"
#include "init/lamp.h"
#include "sync/status.h"

enum { REPORT_TEXT_MAX = 128 << 10, REPORT_LINE_MAX = 160, REPORT_REASONS = 10 };

/* Everything the report is made of. Texts may be "". */
struct report_facts {
    /* address: "192.168.1.20 (DHCP)"; without a network it begins with "no ": "no cable", "no answer from DHCP". */
    char version[64], name[64], address[96];
    int64_t wall_ns,
        mono_ns; /* mono since boot, so that a clock that was set later changes nothing */
    struct config_choice config;
    char settings_complaints[1024];
    struct clock_look clock;
    char time_source[128];
    const char *data_trouble;     /* NULL: the data partition is mounted and written */
    const struct page_view *page; /* NULL: no state page */
    enum page_life life;          /* of its recorder */
    /* "running since ..." while there is a process, else "started again in a moment; ended: exit code 3" */
    char recorder[128];
    unsigned restarts_hour;
    /* Uploads are on: their process runs, or waits to be started again. */
    bool uploads;
    char uploader[192];               /* how it ended, when it does so again and again; "" */
    struct sync_status sync;          /* updated_ns 0: it has said nothing yet */
    char update[256];                 /* "slot A, 0.5.0; trial boot 1 of 3" */
    char reason[REPORT_REASONS][160]; /* newest first */
};

/* What is wrong and what to do about it, most urgent first. What passes by itself within a minute (a reconnect, a resync, the first
   REPORT_GRACE_S after boot) is no news: the card is not written for it. */
enum { REPORT_TROUBLES_MAX = 48, REPORT_GRACE_S = 90, REPORT_LASTING_S = 60 };
struct report_trouble {
    bool red; /* data is or will be missing */
    char what[REPORT_LINE_MAX], next[REPORT_LINE_MAX];
};
/* Returns how many. The count and `what` together are the verdict: when they are as before, STATUS.txt need not be written at once. */
unsigned report_troubles(const struct report_facts *facts,
                         struct report_trouble out[REPORT_TROUBLES_MAX]);

/* Ten lines, LF, each at most REPORT_LINE_MAX bytes with it, plain ASCII; and the whole, CRLF. Return bytes. */
size_t report_ten(const struct report_facts *facts, char out[REPORT_TEXT_MAX]);
size_t report_text(const struct report_facts *facts, char out[REPORT_TEXT_MAX]);
/* What the lamp shall show. */
enum lamp_pattern report_lamp(const struct report_facts *facts);
/* Writes STATUS.txt: remounts the card, replaces the file, syncs, puts it back read-only. A failure (a full or worn card) leaves the old
   file and is an error that nothing hangs on: TD_E_IO (no card
   too), TD_E_DISK_FULL. */
td_err report_write(const char *text, size_t bytes);

#endif
