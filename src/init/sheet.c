#include "init/sheet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_plain(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

void sheet_line(struct sheet *sheet, const char *format, ...)
{
    char line[REPORT_LINE_MAX]; /* the NUL's place is the line end's */
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    make_plain(line);
    td_str_add(&sheet->text, line);
    td_str_add(&sheet->text, sheet->line_end);
}

void sheet_lines(struct sheet *sheet, const char *text)
{
    while (*text) {
        size_t bytes = strcspn(text, "\n");
        sheet_line(sheet, "  %.*s", bytes > REPORT_LINE_MAX ? REPORT_LINE_MAX : (int)bytes, text);
        text += bytes;
        text += *text == '\n';
    }
}
