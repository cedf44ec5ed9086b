/* Payload of the START frame: why the recorder starts, and which frames are set aside. Text, so that it reads in `tape journal dump`:

     tapedeck version 0.1.0 (build abc)
     cause=crash
     set_aside=4711

   Pure. */
#ifndef TD_APP_START_H
#define TD_APP_START_H

#include <stddef.h>
#include <stdint.h>

enum start_cause {
    START_FIRST,      /* an empty journal */
    START_STOP,       /* after an orderly stop */
    START_CRASH,      /* the process died; the frame log was there and nothing is lost */
    START_POWER_LOSS, /* neither stop nor frame log: up to a sync interval is lost */
    START_CAUSES
};
extern const char *const start_cause_words[START_CAUSES];

enum { START_ASIDE_MAX = 64, START_TEXT_MAX = 4096 };
struct start_note {
    enum start_cause cause;
    unsigned aside_count;
    uint64_t aside[START_ASIDE_MAX]; /* rising */
};

/* Bytes of the text in out, NUL-terminated. */
size_t start_text(const struct start_note *note, const char *build, char out[START_TEXT_MAX]);
/* What is missing or unreadable reads as START_FIRST and none (journals of older versions). */
struct start_note start_read(const char *text, size_t bytes);

#endif
