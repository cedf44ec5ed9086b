#include "init/lamp.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "base/text.h"

enum { NAME_BYTES = 64, PATH_BYTES = 512, TURNS_MAX = 4 };

/* Lit, dark, lit, dark ... in ms, over and over. */
static const struct {
    bool steady, lit;
    int32_t ms[TURNS_MAX];
} patterns[] = {
    [LAMP_STARTING] = {.steady = true, .lit = true}, [LAMP_RECORDING] = {.ms = {100, 1900}},
    [LAMP_WARNING] = {.ms = {100, 200, 100, 1600}},  [LAMP_ALARM] = {.ms = {125, 125}},
    [LAMP_UPDATING] = {.ms = {1500, 500}},           [LAMP_STOPPED] = {.steady = true},
};

static struct {
    int fd; /* of the brightness + 1; 0: none */
    enum lamp_pattern pattern;
    bool begins, shown, known;
    int64_t began_ns;
} lamp;

bool lamp_lit(enum lamp_pattern pattern, int64_t since_ns, int64_t *until_ns)
{
    *until_ns = INT64_MAX;
    if (patterns[pattern].steady)
        return patterns[pattern].lit;
    int64_t round_ms = 0;
    for (unsigned i = 0; i < TURNS_MAX; i++)
        round_ms += patterns[pattern].ms[i];
    int64_t at_ns = since_ns % (round_ms * TD_NS_PER_MS);
    for (unsigned i = 0; i < TURNS_MAX; i++) {
        *until_ns = patterns[pattern].ms[i] * TD_NS_PER_MS - at_ns;
        if (*until_ns > 0)
            return i % 2 == 0;
        at_ns = -*until_ns;
    }
    return false;
}

/* The kernel's trees call it ACT, led-act or led0; the red one beside it (PWR) shows that there is power. */
static int rank_of(const char *name)
{
    static const char *const names[] = {"ACT", "led-act", "led0"};
    for (int i = 0; i < 3; i++)
        if (td_text_equal_nocase(name, names[i]))
            return i;
    for (const char *at = name; *at; at++) {
        char three[4];
        td_text_copy(three, sizeof three, at, strnlen(at, 3));
        if (td_text_equal_nocase(three, "act"))
            return 3;
    }
    return 4;
}

struct search {
    char name[NAME_BYTES];
    int rank;
};

static int consider(void *arg, const char *name, bool is_dir)
{
    struct search *search = arg;
    (void)is_dir;
    if (rank_of(name) < search->rank && strlen(name) < NAME_BYTES) {
        search->rank = rank_of(name);
        td_text_copy(search->name, sizeof search->name, name, strlen(name));
    }
    return 0;
}

static int open_part(const char *leds_dir, const char *name, const char *part)
{
    char path[PATH_BYTES];
    struct td_str str = td_str_on(path, sizeof path);
    td_str_add_format(&str, "%s/%s/%s", leds_dir, name, part);
    return str.cut ? -1 : open(path, O_WRONLY | O_CLOEXEC);
}

void lamp_open(const char *leds_dir)
{
    struct search search = {.rank = 4};
    const struct td_disk *disk = &td_os_linux()->disk;
    if (lamp.fd)
        close(lamp.fd - 1);
    lamp.fd = 0;
    lamp.known = false;
    disk->list(disk->ctx, leds_dir, consider, &search);
    if (search.rank == 4)
        return;
    /* The kernel shows the card's traffic on it; from here on it is ours. */
    int trigger = open_part(leds_dir, search.name, "trigger");
    if (trigger >= 0) {
        disk->write_at(disk->ctx, trigger, "none", 4, 0);
        close(trigger);
    }
    lamp.fd = open_part(leds_dir, search.name, "brightness") + 1;
}

void lamp_set(enum lamp_pattern pattern)
{
    lamp.begins |= pattern != lamp.pattern;
    lamp.pattern = pattern;
}

int64_t lamp_turn(int64_t mono_ns)
{
    int64_t until_ns;
    if (lamp.begins || mono_ns < lamp.began_ns)
        lamp.began_ns = mono_ns;
    lamp.begins = false;
    bool lit = lamp_lit(lamp.pattern, mono_ns - lamp.began_ns, &until_ns);
    if (lamp.fd && (!lamp.known || lit != lamp.shown)) {
        const struct td_disk *disk = &td_os_linux()->disk;
        disk->write_at(disk->ctx, lamp.fd - 1, lit ? "1" : "0", 1, 0);
    }
    lamp.shown = lit;
    lamp.known = lamp.fd != 0;
    return lamp.fd ? until_ns : INT64_MAX;
}
