#include "app/start.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"

const char *const start_cause_words[START_CAUSES] = {
    [START_FIRST] = "first",
    [START_STOP] = "stop",
    [START_CRASH] = "crash",
    [START_POWER_LOSS] = "power_loss",
};

size_t start_text(const struct start_note *note, const char *build, char out[START_TEXT_MAX])
{
    struct td_str text = td_str_on(out, START_TEXT_MAX);
    td_str_add_format(&text, "%.256s\ncause=%s\n", build, start_cause_words[note->cause]);
    for (unsigned i = 0; i < note->aside_count; i++)
        td_str_add_format(&text, "set_aside=%llu\n", (unsigned long long)note->aside[i]);
    TD_ASSERT(!text.cut, "START_TEXT_MAX holds START_ASIDE_MAX numbers");
    return text.bytes;
}

/* Behind `key` in a line, or NULL. */
static const char *value_of(const char *line, size_t bytes, const char *key)
{
    size_t key_bytes = strlen(key);
    return bytes >= key_bytes && memcmp(line, key, key_bytes) == 0 ? line + key_bytes : NULL;
}

static void read_cause(struct start_note *note, const char *word, size_t bytes)
{
    for (unsigned i = 0; i < START_CAUSES; i++)
        if (strlen(start_cause_words[i]) == bytes && memcmp(start_cause_words[i], word, bytes) == 0)
            note->cause = (enum start_cause)i;
}

/* Digits alone; a list that does not rise was not written by us, and readers rely on the order. */
static void read_aside(struct start_note *note, const char *digits, size_t bytes)
{
    uint64_t frame = 0;
    for (size_t i = 0; i < bytes; i++)
        if (digits[i] < '0' || digits[i] > '9' || __builtin_mul_overflow(frame, 10, &frame) ||
            __builtin_add_overflow(frame, (uint64_t)(digits[i] - '0'), &frame))
            return;
    bool rises = note->aside_count == 0 || frame > note->aside[note->aside_count - 1];
    if (frame != 0 && rises && note->aside_count < START_ASIDE_MAX)
        note->aside[note->aside_count++] = frame;
}

struct start_note start_read(const char *text, size_t bytes)
{
    struct start_note note = {.cause = START_FIRST};
    while (bytes > 0) {
        const char *newline = memchr(text, '\n', bytes), *value;
        size_t line = newline != NULL ? (size_t)(newline - text) : bytes;
        if ((value = value_of(text, line, "cause=")) != NULL)
            read_cause(&note, value, (size_t)(text + line - value));
        else if ((value = value_of(text, line, "set_aside=")) != NULL)
            read_aside(&note, value, (size_t)(text + line - value));
        line += newline != NULL;
        text += line;
        bytes -= line;
    }
    return note;
}
