#include "test.h"

#include <ctype.h>
#include <stdio.h>

#include "base/metrics.h"

TEST(add_set_get)
{
    td_metric_set(TD_M_frames_received, 5);
    td_metric_add(TD_M_frames_received, 3);
    CHECK_EQ_U64(td_metric_get(TD_M_frames_received), 8);
    td_metric_set(TD_M_log_frame, UINT64_MAX);
    CHECK_EQ_U64(td_metric_get(TD_M_log_frame), UINT64_MAX);
}

TEST(names_are_unique_words)
{
    for (unsigned i = 0; i < TD_METRICS; i++) {
        const char *name = td_metric_name((enum td_metric)i);
        CHECK(strlen(td_metric_help((enum td_metric)i)) > 0);
        for (const char *at = name; *at; at++)
            CHECK(islower((unsigned char)*at) || *at == '_');
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(name, td_metric_name((enum td_metric)j)) != 0);
    }
}

TEST(prints_prometheus_text)
{
    static char text[32768];
    FILE *file = fmemopen(text, sizeof text, "w");
    td_metric_set(TD_M_frames_received, 8);
    td_metric_set(TD_M_core_frame, 77);
    td_metrics_print(file);
    fclose(file);
    CHECK(strstr(text, "# HELP tapedeck_frames_received_total frames that entered the frame log\n"
                       "# TYPE tapedeck_frames_received_total counter\n"
                       "tapedeck_frames_received_total 8\n"));
    CHECK(strstr(text, "# TYPE tapedeck_core_frame gauge\ntapedeck_core_frame 77\n"));
    unsigned lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    CHECK_EQ_U64(lines, 3 * TD_METRICS);
}

TEST(what_cannot_be_read_has_no_line)
{
    static char text[32768];
    FILE *file = fmemopen(text, sizeof text, "w");
    td_metric_set(TD_M_temperature_millicelsius, (uint64_t)INT64_C(-12500));
    td_metric_set(TD_M_throttled, TD_METRIC_UNKNOWN);
    td_metrics_print(file);
    fclose(file);
    CHECK(strstr(text, "\ntapedeck_temperature_millicelsius -12500\n"));
    CHECK(strstr(text, "tapedeck_throttled") == NULL);
    td_metric_set(TD_M_disk_syncs, 1);
    td_metric_count(TD_M_disk_syncs, 2);
    CHECK_EQ_U64(td_metric_get(TD_M_disk_syncs), 3);
}
