#include "base/metrics.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/err.h"

struct td_metrics td_metrics;

enum kind { COUNTER, GAUGE };

static const struct {
    const char *name, *help;
    enum kind kind;
} described[TD_METRICS] = {
#define X(field, kind, unit, help) {#field, help, kind},
#include "base/metrics.def"
#undef X
};

const char *td_metric_name(enum td_metric metric)
{
    TD_ASSERT((unsigned)metric < TD_METRICS, "metric is declared");
    return described[metric].name;
}

const char *td_metric_help(enum td_metric metric)
{
    TD_ASSERT((unsigned)metric < TD_METRICS, "metric is declared");
    return described[metric].help;
}

void td_metrics_print(FILE *out)
{
    for (unsigned i = 0; i < TD_METRICS; i++) {
        uint64_t value = td_metric_get((enum td_metric)i);
        bool counter = described[i].kind == COUNTER;
        if (!counter && value == TD_METRIC_UNKNOWN)
            continue;
        const char *suffix = counter ? "_total" : "";
        fprintf(out, "# HELP tapedeck_%s%s %s\n", described[i].name, suffix, described[i].help);
        fprintf(out, "# TYPE tapedeck_%s%s %s\n", described[i].name, suffix,
                counter ? "counter" : "gauge");
        if (counter)
            fprintf(out, "tapedeck_%s%s %" PRIu64 "\n", described[i].name, suffix, value);
        else
            fprintf(out, "tapedeck_%s %" PRId64 "\n", described[i].name, (int64_t)value);
    }
}
