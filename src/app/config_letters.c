/* What editors and web pages put into a line and nobody sees: curly quotes, no-break spaces, letters of another encoding. They are named with
   their place; taken as they are they would give a file name with quotes in it, or a key that looks right and is unknown. */
#include <string.h>

#include "app/config_loader.h"
#include "segment/utf8_text.h"

static bool begins(const char *text, size_t bytes, const char *with)
{
    return bytes >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* The line without the comment behind it: a semicolon after a space begins one. */
static size_t meant_bytes(const struct config_loader *in)
{
    size_t end = 0;
    while (end < in->line_bytes && !(in->line[end] == ';' && end > 0 &&
                                     (in->line[end - 1] == ' ' || in->line[end - 1] == '\t')))
        end++;
    while (end > 0 && (in->line[end - 1] == ' ' || in->line[end - 1] == '\t'))
        end--;
    return end;
}

static const char *unseen(const char *at, size_t bytes)
{
    static const struct {
        const char *letter, *what;
    } known[] = {
        {"\xC2\xA0", "a no-break space, as web pages have them: write a plain space here"},
        {"\xE2\x80\xAF", "a narrow no-break space: write a plain space here"},
        {"\xE2\x80\x8B", "an invisible letter (zero-width space): write this line anew"},
        {"\xEF\xBB\xBF", "a byte order mark, invisible: write this line anew"},
    };
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (begins(at, bytes, known[i].letter))
            return known[i].what;
    return NULL;
}

static bool is_quote(const char *at, size_t bytes)
{
    static const char *const quotes[] = {"\"",           "'",
                                         "\xE2\x80\x98", "\xE2\x80\x99",
                                         "\xE2\x80\x9A", "\xE2\x80\x9C",
                                         "\xE2\x80\x9D", "\xE2\x80\x9E",
                                         "\xC2\xAB",     "\xC2\xBB"};
    for (unsigned i = 0; i < sizeof quotes / sizeof quotes[0]; i++)
        if (begins(at, bytes, quotes[i]))
            return true;
    return false;
}

/* A plain quote at the end of an address may belong to one inside it. */
static bool is_paired(const struct config_loader *in, size_t from, size_t at)
{
    unsigned before = 0;
    for (size_t i = from; i < at; i++)
        before += in->line[i] == in->line[at];
    return before % 2 == 1;
}

/* Around a value: its first letter, or its last one. */
static bool is_around(const struct config_loader *in, size_t end, size_t at, size_t letter)
{
    size_t value = config_value_place(in);
    return at == value ||
           (at > value && at + letter == end && !(letter == 1 && is_paired(in, value, at)));
}

bool config_letters_fine(struct config_loader *in)
{
    size_t end = meant_bytes(in);
    for (size_t at = 0, letter; at < end; at += letter) {
        const char *text = in->line + at;
        letter = utf8_text_char(text, end - at);
        const char *what = letter > 0 ? unseen(text, end - at)
                                      : "a letter that is not UTF-8 (\"ANSI\" in Notepad): save "
                                        "the file as UTF-8";
        if (what == NULL && is_quote(text, end - at) && is_around(in, end, at, letter))
            what = "a value stands without quotes, as in: symbols = BTC-USD";
        if (what == NULL)
            continue;
        config_complain(in, at, "%s", what);
        return false;
    }
    return true;
}
