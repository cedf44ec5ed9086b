/* The state of one load of the configuration, shared by config.c (settings), config_file.c (lines of the file),
   config_letters.c (what editors do to them) and config_complaint.c (what is wrong, and where). For config*.c only. */
#ifndef TD_APP_CONFIG_LOADER_H
#define TD_APP_CONFIG_LOADER_H

#include "app/config_value.h"

enum { SECTION_NONE = -1, SECTION_DEVICE = -2, SECTION_SKIPPED = -3 };

struct config_loader {
    struct td_config *config;
    const struct td_config_input *input;
    unsigned errors;

    /* what a complaint shows: the text's name, the current line without its end, 0 for a line without a number */
    const char *label, *line;
    size_t line_bytes;
    int line_number;

    const char *next, *end; /* of the text being read */
    bool
        line_pending; /* a line that should be a setting and was not delivered as one: it has no '=' */

    int section; /* index of the venue, or SECTION_* */
    char section_name[64];
    int venue_line[TD_SOURCES_MAX]; /* where a venue's section began */
    enum td_config_origin origin;
};

/* ---- config.c */

/* Settings that follow belong to this section; `at` is its place in the line. */
void config_enter_section(struct config_loader *in, const char *name, size_t at);

/* One setting in the current section; where its name and its value stand in the line. */
void config_apply(struct config_loader *in, const char *name, const char *value, size_t name_at,
                  size_t value_at);

/* ---- config_file.c */

void config_read_text(struct config_loader *in, const char *label, const char *text, size_t bytes);

/* Where in the current line the value begins: behind the first '=' or ':' and its spaces. */
size_t config_value_place(const struct config_loader *in);

/* Finds the file as config.h says and reads it. TD_E_MISSING: one that was named is not there (said). */
td_err config_find_file(struct config_loader *in);

/* ---- config_letters.c */

/* False: the current line, a section's or a setting's, holds letters that nobody meant to write; said, and the line means nothing. */
bool config_letters_fine(struct config_loader *in);

/* ---- config_complaint.c */

/* Counts and shows an error; `at`: byte of the line that the caret points to. */
void config_complain(struct config_loader *in, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Complaints are about this line from now on; NULL and 0: about the whole of `label`. */
void config_at_line(struct config_loader *in, const char *label, const char *line, int number);

/* The nearest of some names, for "did you mean": start with {.wanted, .distance = UINT32_MAX}. */
struct config_nearest {
    const char *wanted, *name; /* name: NULL while none is near enough */
    unsigned distance;
};
void config_consider(struct config_nearest *nearest, const char *name);
/* What stands here for a key that other recorders have; NULL where none does. */
const char *config_instead(const char *name);

#endif
