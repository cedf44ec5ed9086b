/* Metrics of the process: plain 64-bit cells, declared once in metrics.def. One writer thread per metric (gauges and
   counters are written with relaxed stores; td_metric_count takes several), any thread reads. */
#ifndef TD_BASE_METRICS_H
#define TD_BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum td_metric {
#define X(field, kind, unit, help) TD_M_##field,
#include "base/metrics.def"
#undef X
    TD_METRICS
};

/* A gauge that cannot be read: printed by no line. */
#define TD_METRIC_UNKNOWN ((uint64_t)INT64_MIN)

struct td_metrics {
    _Atomic uint64_t cell[TD_METRICS];
};

extern struct td_metrics td_metrics;

static inline void td_metric_add(enum td_metric metric, uint64_t amount)
{
    atomic_store_explicit(&td_metrics.cell[metric],
                          atomic_load_explicit(&td_metrics.cell[metric], memory_order_relaxed) +
                              amount,
                          memory_order_relaxed);
}

static inline void td_metric_count(enum td_metric metric, uint64_t amount)
{
    atomic_fetch_add_explicit(&td_metrics.cell[metric], amount, memory_order_relaxed);
}

static inline void td_metric_set(enum td_metric metric, uint64_t value)
{
    atomic_store_explicit(&td_metrics.cell[metric], value, memory_order_relaxed);
}

static inline uint64_t td_metric_get(enum td_metric metric)
{
    return atomic_load_explicit(&td_metrics.cell[metric], memory_order_relaxed);
}

const char *td_metric_name(enum td_metric metric); /* "frames_received" */
const char *td_metric_help(enum td_metric metric);
/* Prometheus text exposition, names `tapedeck_<field>[_total]`. */
void td_metrics_print(FILE *out);

#endif
