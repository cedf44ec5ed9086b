#include "app/sync_config.h"

#include <string.h>

#include "app/config_value.h"
#include "base/text.h"

static void copy(char *out, size_t cap, const char *text)
{
    td_text_copy(out, cap, text, strlen(text));
}

/* The word of a key; "" for auto, which is what nobody said. */
static void copy_word(char *out, size_t cap, const struct td_config *config, enum td_config_key key)
{
    config_value_text(&config_keys[key], config, out, cap);
    if (strcmp(out, "auto") == 0)
        out[0] = 0;
}

void sync_config_of(const struct td_config *config, struct sync_settings *out)
{
    *out = (struct sync_settings){
        .enabled = config->sync.enabled,
        .insecure = config->sync.insecure,
        .download = config->sync.direction == 1,
        .deletes = config->sync.delete_after_transfer,
        .read_back = config->sync.read_back,
        .interval_s = config->sync.interval_seconds,
        .workers = config->sync.max_workers,
        .nice = config->sync.nice,
        .keep_days = config->sync.keep_days,
        .free_bytes = (int64_t)config->disk.free_mb << 20,
    };
    copy(out->data_dir, sizeof out->data_dir, config->deck.data_dir);
    copy(out->to, sizeof out->to, config->sync.to);
    copy(out->endpoint_url, sizeof out->endpoint_url, config->sync.endpoint_url);
    copy(out->region, sizeof out->region, config->sync.region);
    copy(out->secrets_file, sizeof out->secrets_file, config->sync.secrets_file);
    copy(out->ca_file, sizeof out->ca_file, config->net.ca_file);
    copy(out->paths, sizeof out->paths, config->sync.paths);
    copy(out->bandwidth, sizeof out->bandwidth, config->sync.bandwidth);
    copy(out->quiet_hours, sizeof out->quiet_hours, config->sync.quiet_hours);
    copy_word(out->style, sizeof out->style, config, TD_KEY_sync_style);
    copy_word(out->dialect, sizeof out->dialect, config, TD_KEY_sync_dialect);
}
