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

enum { REPORT_TEXT_MAX = 128 << 10, REPORT_LINE_MAX = 160, REPORT_REASONS = 10 };

/* Everything the report is made of. Texts may be "". */
struct report_facts {
    char version[64], name[64], address[96]; /* "192.168.1.20 (DHCP)", "no cable" */
    int64_t wall_ns, mono_ns, boot_wall_ns;
    struct config_choice config;
    char settings_complaints[1024];
    struct clock_look clock;
    char time_source[128];
    const char *data_trouble;     /* NULL: the data partition is mounted */
    const struct page_view *page; /* NULL: no state page */
    enum page_life life;          /* of its recorder */
    char recorder[128];           /* "running since ...", "restarting in 30 s: exit code 3" */
    unsigned restarts_hour;
    char update[256];                 /* "slot A, 0.5.0; trial boot 1 of 3" */
    char reason[REPORT_REASONS][160]; /* newest first */
};

/* Ten lines, LF; and the whole, CRLF. Return bytes. */
size_t report_ten(const struct report_facts *facts, char out[REPORT_TEXT_MAX]);
size_t report_text(const struct report_facts *facts, char out[REPORT_TEXT_MAX]);
/* What the lamp shall show. */
enum lamp_pattern report_lamp(const struct report_facts *facts);
/* Writes STATUS.txt: remounts the card, replaces the file, syncs, puts it back read-only. */
td_err report_write(const char *text, size_t bytes);

#endif
