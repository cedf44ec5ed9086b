/* One model by hand, for programs that compare it: samples in by lines, what the model says out by lines.

     out/host/model_driver INPUTS ACCURACY_WINDOW <samples

   A line of input: the label the sample is to get (0 or 1), then INPUTS numbers; or the word `stats`. A sample gives
       probability prediction label samples_total
   and `stats` gives
       n0 n1 accuracy balanced_accuracy brier base_rate intercept weight...
   nan: null. Numbers are written so that they read back as they are. Exit code 2: a line that is none of these. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

enum { LINE_MAX_BYTES = 4096 };
static const int64_t NS_PER_MS = 1000000;

static void print_row(void *arg, const struct prediction *row)
{
    const uint64_t *scored = arg;
    if (row->event.frame == *scored)
        printf("%.17g %d %d %llu\n", row->probability, row->prediction, row->label,
               (unsigned long long)row->samples_total);
}

static void print_stats(const struct model *model)
{
    struct model_stats stats = model_stats(model);
    printf("%llu %llu %.17g %.17g %.17g %.17g %.17g", (unsigned long long)stats.samples_no_change,
           (unsigned long long)stats.samples_change, stats.accuracy, stats.balanced_accuracy,
           stats.brier, stats.base_rate, stats.intercept);
    for (uint32_t i = 0; i < model_params_of(model)->input_count; i++)
        printf(" %.17g", stats.weight[i]);
    printf("\n");
}

/* The sample's event; an event without inputs that brings the mid which labels it, and is not learned from; a tick behind its horizon. */
static void feed(struct model *model, const double *inputs, int label)
{
    static uint64_t frame;
    static int64_t now_ns = 1700000000000000000;
    double none[MODEL_INPUTS_MAX];
    for (int i = 0; i < MODEL_INPUTS_MAX; i++)
        none[i] = NAN;
    struct model_event event = {.frame = ++frame, .recv_ns = now_ns += 2000 * NS_PER_MS};
    uint64_t scored = frame;
    model_event(model, &event, 100, inputs, print_row, &scored);
    event = (struct model_event){.frame = ++frame, .recv_ns = now_ns + 100 * NS_PER_MS};
    model_event(model, &event, label ? 101 : 100, none, print_row, &scored);
    model_tick(model, now_ns + 501 * NS_PER_MS, print_row, &scored);
}

static bool read_sample(char *line, uint32_t count, double *inputs, int *label)
{
    char *at = line, *end;
    *label = (int)strtol(at, &end, 10);
    for (uint32_t i = 0; i < count && end != at; i++) {
        at = end;
        inputs[i] = strtod(at, &end);
    }
    return end != at && *label >= 0 && *label <= 1 && strcmp(end, "\n") == 0;
}

int main(int argc, char **argv)
{
    static char line[LINE_MAX_BYTES];
    double inputs[MODEL_INPUTS_MAX];
    int label;
    struct model_params params = model_defaults();
    params.input_count = argc == 3 ? (uint32_t)atoi(argv[1]) : 0;
    params.accuracy_window = argc == 3 ? (uint32_t)atoi(argv[2]) : 0;
    if (params.input_count < 1 || params.input_count > MODEL_INPUTS_MAX ||
        params.accuracy_window < 1 || params.accuracy_window > MODEL_ACCURACY_WINDOW_MAX)
        return 2;
    struct model *model = model_init(aligned_alloc(16, model_footprint(&params)), &params);
    while (fgets(line, sizeof line, stdin) != NULL)
        if (strcmp(line, "stats\n") == 0)
            print_stats(model);
        else if (read_sample(line, params.input_count, inputs, &label))
            feed(model, inputs, label);
        else
            return 2;
    free(model);
    return 0;
}
