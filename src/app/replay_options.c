/* What a replay may be told of features and models, as a configuration says it. */
#include <stdio.h>
#include <string.h>

#include "app/config.h"
#include "app/exits.h"
#include "app/replay_parts.h"
#include "base/text.h"

int replay_complain(const char *what, const char *which)
{
    fprintf(stderr, "tapedeck replay: %s: %s\n  see `tapedeck replay --help`\n", what, which);
    return EXIT_USAGE;
}

/* One line of a configuration, its section before it. */
int replay_add_setting(struct replay *r, const char *text)
{
    const char *dot = strchr(text, '.'), *equals = strchr(text, '=');
    bool known = strncmp(text, "features.", 9) == 0 || strncmp(text, "model.", 6) == 0;
    size_t used = strlen(r->settings);
    struct td_str out = td_str_on(r->settings + used, sizeof r->settings - used);
    if (!known || equals == NULL || equals < dot)
        return replay_complain("not features.KEY=VALUE or model.KEY=VALUE", text);
    td_str_add_format(&out, "[%.*s]\n%.*s = %s\n", (int)(dot - text), text, (int)(equals - dot - 1),
                      dot + 1, equals + 1);
    return out.cut ? replay_complain("too many settings", text) : EXIT_FINE;
}

int replay_set_features(struct replay *r)
{
    static struct td_config config; /* too large for the stack */
    if (td_config_parse(&config, "--set", r->settings, strlen(r->settings), NULL, stderr) < 0)
        return EXIT_USAGE;
    r->deck.features = feature_config_of(&config);
    return EXIT_FINE;
}
