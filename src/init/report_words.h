/* Figures in words for people, and the sheet that they are written on. For report*.c only. */
#ifndef TD_INIT_REPORT_WORDS_H
#define TD_INIT_REPORT_WORDS_H

#include "base/text.h"
#include "init/report.h"

enum { WORDS_MAX = 40 };
/* "12 s", "4 min", "3 h 4 min", "142 days"; "-" for what is negative. All return out. */
const char *words_span(int64_t ms, char out[WORDS_MAX]);
/* "24.1 GB" */
const char *words_bytes(int64_t bytes, char out[WORDS_MAX]);
/* "2026-11-22 02:14 UTC"; "an unknown time" before 2000. */
const char *words_moment(int64_t ns, char out[WORDS_MAX]);
/* "99.9987 %", rounded down: 100 is only what is whole. */
const char *words_share(double share, char out[WORDS_MAX]);

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
