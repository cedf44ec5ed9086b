#include "features/asof.h"

#include <string.h>

#include "base/err.h"

void asof_init(struct asof *asof, const struct asof_params *params)
{
    TD_ASSERT(params->grid_ns > 0, "a grid has a width");
    memset(asof, 0, sizeof *asof);
    asof->params = *params;
    asof->last_ns = INT64_MIN;
}

static int64_t bucket_end(int64_t ts_ns, int64_t grid_ns)
{
    int64_t rest = ts_ns % grid_ns;
    return ts_ns - rest + (rest < 0 ? 0 : grid_ns);
}

bool asof_next(struct asof *asof, int64_t now_ns, struct asof_row *row)
{
    if (now_ns > asof->last_ns)
        asof->last_ns = now_ns;
    if (!asof->have || now_ns < asof->due_ns)
        return false;
    int64_t staleness = asof->due_ns - asof->original_ns, most = asof->params.max_staleness_ns;
    *row = (struct asof_row){asof->due_ns, asof->original_ns, staleness, asof->records,
                             most >= 0 && staleness > most};
    asof->records = 0;
    asof->due_ns += asof->params.grid_ns;
    if (!asof->params.forward_fill)
        asof->have = false;
    return true;
}

void asof_record(struct asof *asof, int64_t ts_ns)
{
    if (ts_ns > asof->last_ns)
        asof->last_ns = ts_ns;
    int64_t end = bucket_end(asof->last_ns, asof->params.grid_ns);
    if (!asof->have || asof->due_ns != end)
        asof->records = 0;
    asof->have = true;
    asof->due_ns = end;
    asof->original_ns = asof->last_ns;
    asof->records++;
}

void asof_lost(struct asof *asof)
{
    asof->have = false;
    asof->records = 0;
}
