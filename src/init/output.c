#include "init/output.h"

#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"
#include "init/console.h"

enum { READ_MAX = 4096, READS_MAX = 16 };

static const int64_t line_ns = TD_NS_PER_S / OUTPUT_PER_S;

/* A bucket of OUTPUT_BURST lines that fills again by OUTPUT_PER_S. */
static bool allowed(struct output *output, int64_t now_ns)
{
    int64_t from_ns = output->full_ns > now_ns ? output->full_ns : now_ns;
    if (from_ns + line_ns - now_ns > OUTPUT_BURST * line_ns)
        return false;
    output->full_ns = from_ns + line_ns;
    return true;
}

static void end_line(struct output *output, int64_t now_ns, output_say_fn *say_line, void *arg)
{
    char text[64];
    struct td_str str = td_str_on(text, sizeof text);
    if (output->bytes == 0)
        return;
    output->line[output->bytes] = '\0';
    if (output->line[0] != ' ') /* set in: what to do, below what is wrong */
        td_text_copy(output->last, sizeof output->last, output->line, output->bytes);
    output->bytes = 0;
    if (!allowed(output, now_ns)) {
        output->passed_over++;
        return;
    }
    if (output->passed_over > 0) {
        td_str_add_format(&str, "(%llu lines passed over)",
                          (unsigned long long)output->passed_over);
        say_line(arg, text);
        output->passed_over = 0;
    }
    say_line(arg, output->line);
}

void output_take(struct output *output, const char *bytes, size_t count, int64_t now_ns,
                 output_say_fn *say_line, void *arg)
{
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i];
        if (c == '\n') {
            end_line(output, now_ns, say_line, arg);
        } else if (c != '\r' && output->bytes < OUTPUT_LINE_MAX - 1) {
            output->line[output->bytes++] = c >= ' ' && c <= '~' ? c : c == '\t' ? ' ' : '?';
        }
    }
}

void output_flush(struct output *output, int64_t now_ns, output_say_fn *say_line, void *arg)
{
    end_line(output, now_ns, say_line, arg);
}

static void to_console(void *who, const char *line)
{
    console_child(who, line);
}

void output_begin(struct output *output, int fd)
{
    output->fd = fd;
    output->bytes = 0;
    output->last[0] = '\0';
}

void output_turn(struct output *output, const char *who, int64_t now_ns)
{
    char bytes[READ_MAX];
    for (int i = 0; i < READS_MAX && output->fd >= 0; i++) {
        ssize_t got = read(output->fd, bytes, sizeof bytes);
        if (got > 0) {
            output_take(output, bytes, (size_t)got, now_ns, to_console, (void *)who);
            continue;
        }
        if (got == 0) {
            close(output->fd);
            output->fd = -1;
        }
        return;
    }
}

void output_end(struct output *output, const char *who, int64_t now_ns)
{
    output_turn(output, who, now_ns);
    output_flush(output, now_ns, to_console, (void *)who);
    if (output->fd >= 0)
        close(output->fd);
    output->fd = -1;
}
