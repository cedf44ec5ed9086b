#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "model/model.h"

enum { HORIZON_MS_MOST = 3600000, WORD_MAX = 48 };

/* What is read: "id@horizon=feature+feature" words. */
struct spec {
    struct model_params *params;
    struct td_str complaint;
    char word[WORD_MAX]; /* of the complaint, what fits */
};

static const char *word_of(struct spec *spec, const char *at, size_t bytes)
{
    td_text_copy(spec->word, sizeof spec->word, at, bytes);
    return spec->word;
}

static const char *nearest_feature(const char *wanted)
{
    const char *best = NULL;
    unsigned least = 4;
    for (unsigned i = 0; i < FEATURES; i++) {
        unsigned distance = td_text_distance(wanted, feature_at(i)->name);
        if (distance < least) {
            least = distance;
            best = feature_at(i)->name;
        }
    }
    return best;
}

static td_err unknown_feature(struct spec *spec, const char *at, size_t bytes)
{
    const char *word = word_of(spec, at, bytes), *near = nearest_feature(word);
    td_str_add_format(&spec->complaint, "feature '%s' of model %s is not known", word,
                      spec->params->id);
    if (near != NULL)
        td_str_add_format(&spec->complaint, "; did you mean %s?", near);
    return TD_E_CONFIG;
}

static td_err add_feature(struct spec *spec, const char *at, size_t bytes)
{
    struct model_params *params = spec->params;
    int feature = feature_find(at, (unsigned)bytes);
    const char *wrong = NULL;
    if (feature < 0)
        return unknown_feature(spec, at, bytes);
    if (feature_at((unsigned)feature)->type == FEATURE_WORD)
        wrong = "is a word, not a number";
    for (uint32_t i = 0; i < params->input_count; i++)
        if (params->input[i] == feature)
            wrong = "stands twice";
    if (wrong == NULL && params->input_count == MODEL_INPUTS_MAX)
        wrong = "is one too many (16 is the most)";
    if (wrong != NULL) {
        td_str_add_format(&spec->complaint, "feature '%s' of model %s %s", word_of(spec, at, bytes),
                          params->id, wrong);
        return TD_E_CONFIG;
    }
    params->input[params->input_count++] = (uint16_t)feature;
    return 0;
}

static td_err read_features(struct spec *spec, const char *at, const char *end)
{
    spec->params->input_count = 0;
    for (;; at++) {
        const char *stop = memchr(at, '+', (size_t)(end - at));
        size_t bytes = (size_t)((stop != NULL ? stop : end) - at);
        TD_TRY(add_feature(spec, at, bytes));
        at += bytes;
        if (stop == NULL)
            return 0;
    }
}

static td_err read_horizon(struct spec *spec, const char *at, size_t bytes)
{
    int64_t ms;
    if (td_integer_parse(at, bytes, &ms) < 0 || ms < 1 || ms > HORIZON_MS_MOST) {
        td_str_add_format(&spec->complaint,
                          "horizon '%s' of model %s is no number of milliseconds from 1 to %d",
                          word_of(spec, at, bytes), spec->params->id, HORIZON_MS_MOST);
        return TD_E_CONFIG;
    }
    spec->params->horizon_ms = (uint32_t)ms;
    return 0;
}

/* It names rows of a table and lines of a file: no spaces, no signs that mean something there. */
static td_err read_id(struct spec *spec, const char *at, size_t bytes)
{
    bool fine = bytes >= 1 && bytes < MODEL_ID_MAX;
    for (size_t i = 0; i < bytes && fine; i++)
        fine = (at[i] >= 'a' && at[i] <= 'z') || (at[i] >= 'A' && at[i] <= 'Z') ||
               (at[i] >= '0' && at[i] <= '9') || strchr("-_.", at[i]) != NULL;
    if (!fine) {
        td_str_add_format(&spec->complaint,
                          "model id '%s' is not 1 to %d letters, digits, '-', '_' or '.'",
                          word_of(spec, at, bytes), MODEL_ID_MAX - 1);
        return TD_E_CONFIG;
    }
    td_text_copy(spec->params->id, MODEL_ID_MAX, at, bytes);
    return 0;
}

static td_err read_model(struct spec *spec, const char *at, size_t bytes)
{
    const char *end = at + bytes;
    const char *equals = memchr(at, '=', bytes);
    const char *head_end = equals != NULL ? equals : end;
    const char *horizon = memchr(at, '@', (size_t)(head_end - at));
    TD_TRY(read_id(spec, at, (size_t)((horizon != NULL ? horizon : head_end) - at)));
    if (horizon != NULL)
        TD_TRY(read_horizon(spec, horizon + 1, (size_t)(head_end - horizon - 1)));
    return equals != NULL ? read_features(spec, equals + 1, end) : 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

static td_err check_new(struct spec *spec, const struct model_params *out, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(out[i].id, out[count].id) == 0) {
            td_str_add_format(&spec->complaint, "model id '%s' stands twice", out[i].id);
            return TD_E_CONFIG;
        }
    return 0;
}

int model_parse(const char *text, const struct model_params *base, struct model_params *out,
                char *complaint, size_t cap)
{
    struct spec spec = {.complaint = td_str_on(complaint, cap)};
    int count = 0;
    for (const char *at = text; *at != '\0';) {
        size_t bytes = 0;
        while (at[bytes] != '\0' && !is_space(at[bytes]))
            bytes++;
        if (bytes > 0 && count == MODELS_MAX) {
            td_str_add_format(&spec.complaint, "model '%s' is one too many (%d is the most)",
                              word_of(&spec, at, bytes), MODELS_MAX);
            return TD_E_CONFIG;
        }
        if (bytes > 0) {
            out[count] = *base;
            spec.params = &out[count];
            TD_TRY(read_model(&spec, at, bytes));
            TD_TRY(check_new(&spec, out, count));
            count++;
        }
        at += bytes + (at[bytes] != '\0');
    }
    return count;
}
