#include "init/tunables.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t at;
    int64_t value, low, high;
} table[] = {
    {"hang_s", offsetof(struct tunables, hang_s), 20, 1, 3600},
    {"hangs", offsetof(struct tunables, hangs), 3, 1, 8},
    {"wdt_s", offsetof(struct tunables, wdt_s), 15, 2, 120},
    {"healthy_s", offsetof(struct tunables, healthy_s), 600, 1, 86400},
    {"restart_s", offsetof(struct tunables, restart_s), 30, 1, 3600},
    {"status_s", offsetof(struct tunables, status_s), 900, 1, 86400},
};
enum { TABLE = sizeof table / sizeof table[0] };

/* Decimal digits up to the word's end; false: something else, or out of range. */
static bool number(const char *text, size_t bytes, int64_t low, int64_t high, int64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9' || *value > high)
            return false;
        *value = *value * 10 + (text[i] - '0');
    }
    return bytes > 0 && *value >= low && *value <= high;
}

static void read_word(struct tunables *tunables, const char *word, size_t bytes)
{
    static const char prefix[] = "tapedeck.";
    const char *equals = memchr(word, '=', bytes);
    if (bytes < sizeof prefix - 1 || memcmp(word, prefix, sizeof prefix - 1) != 0 || equals == NULL)
        return;
    const char *name = word + sizeof prefix - 1, *value = equals + 1;
    size_t name_bytes = (size_t)(equals - name), value_bytes = bytes - (size_t)(value - word);
    if (name_bytes == 4 && memcmp(name, "slot", 4) == 0 && value_bytes == 1 &&
        (value[0] == 'A' || value[0] == 'B'))
        tunables->slot = value[0];
    for (unsigned i = 0; i < TABLE; i++) {
        int64_t got;
        if (strlen(table[i].name) == name_bytes && memcmp(table[i].name, name, name_bytes) == 0 &&
            number(value, value_bytes, table[i].low, table[i].high, &got))
            memcpy((char *)tunables + table[i].at, &got, sizeof got);
    }
}

void tunables_read(struct tunables *tunables, const char *cmdline)
{
    *tunables = (struct tunables){0};
    for (unsigned i = 0; i < TABLE; i++)
        memcpy((char *)tunables + table[i].at, &table[i].value, sizeof table[i].value);
    for (const char *at = cmdline; *at != '\0';) {
        size_t bytes = strcspn(at, " \t\n");
        read_word(tunables, at, bytes);
        at += bytes;
        at += strspn(at, " \t\n");
    }
}
