#include "model/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "base/decimal.h"
#include "base/text.h"
#include "model/model_parts.h"

enum key { KEY_MODEL, KEY_FEATURES, KEY_N, KEY_MEAN, KEY_M2, KEY_W, KEY_C, KEY_SHA256, KEYS };
static const char *const key_names[KEYS] = {"model", "features", "n", "mean",
                                            "m2",    "w",        "c", "sha256"};

enum { SHA_TEXT = 64, SHOWN_MAX = 40 };
/* Tighter than what a model may come to, so that one that starts here has far to go before its state could not be loaded again. A variance
   below the least comes from no feature, and dividing by its root would blow up. */
static const double N_MOST = 1e15, MEAN_MOST = SCALER_INPUT_MOST, M2_MOST = 1e150,
                    WEIGHT_MOST = 1e80;
static const double VARIANCE_LEAST = 1e-100;

/* A piece of the text. */
struct span {
    const char *at;
    size_t bytes;
};

struct reading {
    struct span rest;
    const struct model_params *params;
    struct weights *out;
    unsigned line, seen; /* seen: a bit a key */
    struct td_str complaint;
};

static td_err complain(struct reading *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Always TD_E_CONFIG. */
static td_err complain(struct reading *in, const char *format, ...)
{
    char text[200];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (in->line > 0)
        td_str_add_format(&in->complaint, "line %u: ", in->line);
    td_str_add(&in->complaint, text);
    return TD_E_CONFIG;
}

/* For complaints: what a terminal can show of it. */
static const char *shown(struct span span, char out[SHOWN_MAX])
{
    size_t bytes = span.bytes < SHOWN_MAX - 1 ? span.bytes : SHOWN_MAX - 1;
    for (size_t i = 0; i < bytes; i++)
        out[i] = span.at[i] >= ' ' && span.at[i] <= '~' ? span.at[i] : '?';
    out[bytes] = '\0';
    return out;
}

static struct span trimmed(struct span span)
{
    while (span.bytes > 0 && (span.at[0] == ' ' || span.at[0] == '\t')) {
        span.at++;
        span.bytes--;
    }
    while (span.bytes > 0 && strchr(" \t\r", span.at[span.bytes - 1]) != NULL &&
           span.at[span.bytes - 1] != '\0')
        span.bytes--;
    return span;
}

static bool says(struct span span, const char *text)
{
    return span.bytes == strlen(text) && memcmp(span.at, text, span.bytes) == 0;
}

/* Up to `stop` or the end; *rest begins behind it. */
static struct span cut(struct span *rest, char stop)
{
    const char *end = rest->bytes ? memchr(rest->at, stop, rest->bytes) : NULL;
    struct span piece = {rest->at, end != NULL ? (size_t)(end - rest->at) : rest->bytes};
    size_t gone = piece.bytes + (end != NULL);
    rest->at += gone;
    rest->bytes -= gone;
    return piece;
}

/* ---- values ------------------------------------------------------------------------------------------------------------------------- */

static td_err read_model(struct reading *in, struct span value)
{
    char text[SHOWN_MAX];
    if (!says(value, in->params->id))
        return complain(in, "model is '%s', not '%s'", shown(value, text), in->params->id);
    return 0;
}

static td_err read_features(struct reading *in, struct span value)
{
    char text[SHOWN_MAX];
    uint32_t count = 0;
    while (value.bytes > 0) {
        struct span name = trimmed(cut(&value, '+'));
        int feature = feature_find(name.at, (unsigned)name.bytes);
        if (feature < 0)
            return complain(in, "feature '%s' is not known", shown(name, text));
        if (count == in->params->input_count)
            return complain(in, "feature '%s' is one more than the model's %u", shown(name, text),
                            in->params->input_count);
        if (feature != in->params->input[count])
            return complain(in, "feature %u is '%s', the model's is '%s'", count + 1,
                            shown(name, text), feature_at(in->params->input[count])->name);
        count++;
    }
    if (count != in->params->input_count)
        return complain(in, "%u features, the model has %u", count, in->params->input_count);
    return 0;
}

static td_err read_n(struct reading *in, struct span value)
{
    char text[SHOWN_MAX];
    int64_t n;
    if (td_integer_parse(value.at, value.bytes, &n) < 0 || n < 0)
        return complain(in, "n is no count: '%s'", shown(value, text));
    in->out->scaler.n = (uint64_t)n;
    return 0;
}

static td_err read_number(struct reading *in, const char *key, struct span value, double *out)
{
    char text[SHOWN_MAX];
    if (td_decimal_to_double(value.at, value.bytes, out) < 0)
        return complain(in, "%s: '%s' is no finite number", key, shown(value, text));
    return 0;
}

static td_err read_numbers(struct reading *in, const char *key, struct span value,
                           double out[MODEL_INPUTS_MAX])
{
    uint32_t count = 0, wanted = in->params->input_count;
    for (; value.bytes > 0; value = trimmed(value)) {
        struct span word = cut(&value, ' ');
        if (count == wanted)
            return complain(in, "%s has more than %u numbers", key, wanted);
        TD_TRY(read_number(in, key, word, &out[count++]));
    }
    if (count != wanted)
        return complain(in, "%s has %u numbers, the model has %u features", key, count, wanted);
    return 0;
}

/* Hash of all that stands before the line. */
static td_err read_sha256(struct reading *in, struct span value, struct span before)
{
    unsigned char digest[SHA_TEXT / 2];
    char hex[SHA_TEXT + 1], text[SHOWN_MAX];
    mbedtls_sha256((const unsigned char *)before.at, before.bytes, digest, 0);
    for (int i = 0; i < SHA_TEXT / 2; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    if (!says(value, hex))
        return complain(in, "sha256 of the lines above is %.16s..., the file says '%s'", hex,
                        shown(value, text));
    return 0;
}

/* ---- lines -------------------------------------------------------------------------------------------------------------------------- */

static td_err read_value(struct reading *in, enum key key, struct span value, struct span before)
{
    struct weights *out = in->out;
    switch (key) {
    case KEY_MODEL:
        return read_model(in, value);
    case KEY_FEATURES:
        return read_features(in, value);
    case KEY_N:
        return read_n(in, value);
    case KEY_MEAN:
        return read_numbers(in, "mean", value, out->scaler.mean);
    case KEY_M2:
        return read_numbers(in, "m2", value, out->scaler.m2);
    case KEY_W:
        return read_numbers(in, "w", value, out->sgd.w);
    case KEY_C:
        return read_number(in, "c", value, &out->sgd.c);
    default:
        return read_sha256(in, value, before);
    }
}

static td_err read_line(struct reading *in, struct span line, struct span before)
{
    char text[SHOWN_MAX];
    struct span value = line, name = trimmed(cut(&value, '='));
    unsigned key = 0;
    if (name.bytes + 1 > line.bytes || memchr(line.at, '=', line.bytes) == NULL)
        return complain(in, "no 'key = value': '%s'", shown(line, text));
    while (key < KEYS && !says(name, key_names[key]))
        key++;
    if (key == KEYS)
        return complain(in, "'%s' is not known", shown(name, text));
    if (in->seen >> KEY_SHA256 & 1)
        return complain(in, "'%s' behind sha256, which is the last line", key_names[key]);
    if (in->seen >> key & 1)
        return complain(in, "'%s' stands twice", key_names[key]);
    in->seen |= 1U << key;
    return read_value(in, key, trimmed(value), before);
}

static td_err read_lines(struct reading *in, struct span text)
{
    struct span rest = text;
    while (rest.bytes > 0) {
        struct span before = {text.at, (size_t)(rest.at - text.at)};
        struct span line = trimmed(cut(&rest, '\n'));
        in->line++;
        if (line.bytes > 0)
            TD_TRY(read_line(in, line, before));
    }
    in->line = 0;
    for (unsigned key = 0; key < KEYS; key++)
        if (!(in->seen >> key & 1))
            return complain(in, "'%s' is missing", key_names[key]);
    return 0;
}

static const char *scaler_fault(double n, double mean, double m2)
{
    if (!(fabs(mean) <= MEAN_MOST))
        return "mean is beyond 1e70";
    if (!(m2 >= 0 && m2 <= M2_MOST))
        return "m2 is negative or beyond 1e150";
    if ((n < 1 && mean != 0) || (n < 2 && m2 != 0))
        return "mean or m2 of fewer samples than n says";
    if (m2 > 0 && m2 / n < VARIANCE_LEAST)
        return "m2 is too small to scale by";
    return NULL;
}

static td_err check_sanity(struct reading *in)
{
    const struct weights *out = in->out;
    double n = (double)out->scaler.n;
    if (n > N_MOST)
        return complain(in, "n is beyond 1e15");
    if (!(fabs(out->sgd.c) <= WEIGHT_MOST))
        return complain(in, "c is beyond 1e80");
    for (uint32_t i = 0; i < in->params->input_count; i++) {
        const char *fault = scaler_fault(n, out->scaler.mean[i], out->scaler.m2[i]);
        if (fault == NULL && !(fabs(out->sgd.w[i]) <= WEIGHT_MOST))
            fault = "w is beyond 1e80";
        if (fault != NULL)
            return complain(in, "%s: %s", feature_at(in->params->input[i])->name, fault);
    }
    return 0;
}

td_err weights_read(const char *text, size_t bytes, const struct model_params *params,
                    struct weights *out, char *complaint, size_t cap)
{
    struct reading in = {.params = params, .out = out, .complaint = td_str_on(complaint, cap)};
    *out = (struct weights){0};
    if (bytes > MODEL_WEIGHTS_TEXT_MAX)
        return complain(&in, "longer than %d bytes", MODEL_WEIGHTS_TEXT_MAX);
    TD_TRY(read_lines(&in, (struct span){text, bytes}));
    TD_TRY(check_sanity(&in));
    scaler_settle(&out->scaler, params->input_count);
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------------------------------------------------ */

static void write_numbers(struct td_str *out, const char *key, const double *value, uint32_t count)
{
    td_str_add_format(out, "%s =", key);
    for (uint32_t i = 0; i < count; i++)
        td_str_add_format(out, " %.17g", value[i]);
    td_str_add_char(out, '\n');
}

static void write_sha256(struct td_str *out)
{
    unsigned char digest[SHA_TEXT / 2];
    mbedtls_sha256((const unsigned char *)out->at, out->bytes, digest, 0);
    td_str_add(out, "sha256 = ");
    for (int i = 0; i < SHA_TEXT / 2; i++)
        td_str_add_format(out, "%02x", digest[i]);
    td_str_add_char(out, '\n');
}

int weights_write(const struct weights *weights, const struct model_params *params, char *out,
                  size_t cap)
{
    struct td_str text = td_str_on(out, cap);
    uint32_t count = params->input_count;
    td_str_add_format(&text, "model = %s\nfeatures = ", params->id);
    for (uint32_t i = 0; i < count; i++)
        td_str_add_format(&text, "%s%s", i ? "+" : "", feature_at(params->input[i])->name);
    td_str_add_format(&text, "\nn = %" PRIu64 "\n", weights->scaler.n);
    write_numbers(&text, "mean", weights->scaler.mean, count);
    write_numbers(&text, "m2", weights->scaler.m2, count);
    write_numbers(&text, "w", weights->sgd.w, count);
    write_numbers(&text, "c", &weights->sgd.c, 1);
    write_sha256(&text);
    return text.cut ? TD_E_NO_ROOM : (int)text.bytes;
}

td_err model_weights_check(const char *text, size_t bytes, const struct model_params *params,
                           char *complaint, size_t cap)
{
    struct weights weights;
    return weights_read(text, bytes, params, &weights, complaint, cap);
}

bool model_weights_take(struct model *model, const char *text, size_t bytes)
{
    struct weights weights;
    char complaint[1];
    if (weights_read(text, bytes, &model->params, &weights, complaint, sizeof complaint) < 0)
        return false;
    model->scaler = weights.scaler;
    model->sgd = weights.sgd;
    return true;
}

int model_weights_text(const struct model *model, char *out, size_t cap)
{
    struct weights weights = {.scaler = model->scaler, .sgd = model->sgd};
    return weights_write(&weights, &model->params, out, cap);
}
