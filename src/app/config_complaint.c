#include <stdarg.h>
#include <string.h>

#include "app/config_loader.h"
#include "base/text.h"

/* Columns and the caret count characters, not bytes: UTF-8 continuation bytes take no room. */
static int characters(const char *text, size_t bytes)
{
    int count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

static void show_line(FILE *out, const char *line, size_t bytes, size_t at)
{
    enum { SHOWN_MAX = 200 };
    size_t shown = bytes > SHOWN_MAX ? SHOWN_MAX : bytes;
    fprintf(out, "    %.*s\n    ", (int)shown, line);
    for (size_t i = 0; i < at && i < shown; i++)
        if (((unsigned char)line[i] & 0xC0) != 0x80)
            fputc(line[i] == '\t' ? '\t' : ' ', out);
    fputs("^\n", out);
}

void config_complain(struct config_loader *in, size_t at, const char *format, ...)
{
    FILE *out = in->input->errors;
    if (in->errors++ >= TD_CONFIG_ERRORS_MAX || !out)
        return;
    if (in->line_number)
        fprintf(out, "%s:%d:%d: ", in->label, in->line_number, characters(in->line, at) + 1);
    else
        fprintf(out, "%s: ", in->label);
    va_list args;
    va_start(args, format);
    vfprintf(out, format, args);
    va_end(args);
    fputc('\n', out);
    if (in->line)
        show_line(out, in->line, in->line_bytes, at);
}

void config_at_line(struct config_loader *in, const char *label, const char *line, int number)
{
    in->label = label;
    in->line = line;
    in->line_bytes = line ? strlen(line) : 0;
    in->line_number = number;
}

void config_consider(struct config_nearest *nearest, const char *name)
{
    unsigned distance = td_text_distance(nearest->wanted, name);
    if (distance >= nearest->distance || distance > 1 + strlen(name) / 3)
        return;
    nearest->distance = distance;
    nearest->name = name;
}

const char *config_instead(const char *name)
{
    static const struct {
        const char *name, *instead;
    } known[] = {
        {"delta_ms", "the horizon stands in model.models, as in sgd-v1@500"},
        {"depth_levels", "20 levels are computed; features.without leaves columns out"},
        {"max_levels", "20 levels are computed; features.without leaves columns out"},
        {"bands_bps", "bands are 5 to 100 bps; features.without leaves columns out"},
        {"horizons", "horizons are 1 to 900 s; features.without leaves columns out"},
        {"categories", "features.sets names them"},
        {"enable_stateful", "features.sets without dynamic and rolling is that"},
        {"enable_vpin", "features.without = vpin turns it off"},
        {"use_dynamic_spread_regime", "features.spread_regime is dynamic or static"},
        {"drop_raw_book_arrays", "features.sets without levels is that"},
        {"bar_durations", "`tape bars --durations` makes bars"},
        {"bar_interval_seconds", "`tape bars --durations` makes bars"},
        {"resample_frequency", "`tape resample --frequency` makes the grid"},
        {"bucket", "sync.to names it: s3://BUCKET/PREFIX"},
        {"access_key", "keys stand in the environment or in the file sync.secrets_file"},
        {"secret_key", "keys stand in the environment or in the file sync.secrets_file"},
        {"session_token", "keys stand in the environment or in the file sync.secrets_file"},
        {"max_pool_connections", "sync.max_workers is how many are open at a time"},
        {"compact_before_upload", "segments are carried as they are"},
        {"target_file_size_mb", "segment.max_mb is how large segments become"},
        {"resample_max_staleness", "`tape resample --max-staleness` marks its rows"},
    };

    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].instead;
    return NULL;
}
