/* What init says: to the console and, kept, to the kernel's log. A console that takes nothing is waited for a moment and then passed over;
   nothing here blocks for longer. */
#ifndef TD_INIT_CONSOLE_H
#define TD_INIT_CONSOLE_H

#include <stddef.h>

enum { CONSOLE_LINE_MAX = 512 };

/* Opens /dev/console and /dev/kmsg, and makes them (or /dev/null) the standard streams. Without it everything below says nothing. */
void console_open(void);
/* "init: ..." and a line end. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line of a child: "recorder: ...". */
void console_child(const char *who, const char *line);
/* Text of several lines, to the console alone. */
void console_text(const char *text, size_t bytes);
/* Waits, two seconds at most, until the console has sent everything: a reset would swallow it. */
void console_drain(void);

#endif
