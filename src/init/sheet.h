/* The sheet that the report is written on, and what its parts ask of the facts. For report*.c only. */
#ifndef TD_INIT_SHEET_H
#define TD_INIT_SHEET_H

#include "app/words.h"
#include "base/text.h"
#include "init/report.h"

struct sheet {
    struct td_str text;
    const char *line_end; /* "\n" or "\r\n" */
};
/* One line. Control characters in it become '?', for some of it is what others sent; more than REPORT_LINE_MAX bytes are cut. */
void sheet_line(struct sheet *sheet, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Lines of a text, each indented. */
void sheet_lines(struct sheet *sheet, const char *text);

/* Is the recorder at work; is it too early to say. */
bool report_is_recording(const struct report_facts *facts);
bool report_is_starting(const struct report_facts *facts);
/* Its process is there ("running ...") and its page not yet. */
bool report_has_begun(const struct report_facts *facts);
bool report_has_network(const struct report_facts *facts);

void report_ten_lines(const struct report_facts *facts, struct sheet *sheet);

#endif
