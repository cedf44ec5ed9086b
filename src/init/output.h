/* What a child writes, cut into lines: the kernel's log and the console get them at a bounded rate, the last one is kept for the report. */
#ifndef TD_INIT_OUTPUT_H
#define TD_INIT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTPUT_LINE_MAX = 400, OUTPUT_LAST_MAX = 160, OUTPUT_BURST = 60, OUTPUT_PER_S = 5 };

struct output {
    int fd; /* -1: none */
    char line[OUTPUT_LINE_MAX];
    size_t bytes;
    char last
        [OUTPUT_LAST_MAX]; /* the last line that says something and is not set in, plain ASCII */
    int64_t full_ns;       /* when the allowance is whole again */
    uint64_t passed_over;  /* lines beyond the rate since the last said one */
};

/* Pure: bytes in; each whole line goes to say, if it is within the rate. Control characters and what is no ASCII become '?'. */
typedef void output_say_fn(void *arg, const char *line);
void output_take(struct output *output, const char *bytes, size_t count, int64_t now_ns,
                 output_say_fn *say_line, void *arg);
/* The last line may have no end. */
void output_flush(struct output *output, int64_t now_ns, output_say_fn *say_line, void *arg);

/* Reads what is there, a bounded amount; closes at the end. fd: as process_start gave it. */
void output_begin(struct output *output, int fd);
void output_turn(struct output *output, const char *who, int64_t now_ns);
/* The child is gone: the rest, and closed. */
void output_end(struct output *output, const char *who, int64_t now_ns);

#endif
