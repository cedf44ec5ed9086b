/* A file of weights as a user or a WEIGHTS frame may bring it: first byte how many features the model has, then the text, or the lines of a
   text whose sha256 is made here (a fuzzer cannot). What is refused says why and changes nothing; what is taken is written, and that is
   taken again and says the same; and the model then scores and learns without a number that is none. */
#include <math.h>
#include <string.h>

#include <mbedtls/sha256.h>

#include "base/text.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

enum { TEXT_MAX = 2 * MODEL_WEIGHTS_TEXT_MAX };

static _Alignas(16) unsigned char memory[1 << 16];

static void check_row(void *arg, const struct prediction *row)
{
    (void)arg;
    TD_ASSERT(row->prediction < 0 ? isnan(row->probability)
                                  : row->probability >= 0 && row->probability <= 1,
              "a probability or null");
}

static void use(struct model *model)
{
    double inputs[MODEL_INPUTS_MAX] = {1e70, -1e70, 1e-300, 3};
    for (uint64_t i = 0; i < 40; i++) {
        struct model_event event = {.frame = i, .recv_ns = (int64_t)i * 300000000};
        inputs[3] = inputs[i % 3] * 0.5;
        model_event(model, &event, i % 5 == 0 ? 100 : 101, inputs, check_row, NULL);
    }
    struct model_stats stats = model_stats(model);
    for (uint32_t i = 0; i < model_params_of(model)->input_count; i++)
        TD_ASSERT(isfinite(stats.weight[i]), "weights stay numbers");
    TD_ASSERT(isfinite(stats.intercept), "and the intercept");
}

static void check_text(const struct model_params *params, const char *text, size_t bytes)
{
    static char before[TEXT_MAX], after[TEXT_MAX];
    char complaint[160] = "";
    struct model *model = model_init(memory, params);
    int length = model_weights_text(model, before, sizeof before);
    td_err err = model_weights_check(text, bytes, params, complaint, sizeof complaint);
    bool taken = model_weights_take(model, text, bytes);
    int now = model_weights_text(model, after, sizeof after);
    TD_ASSERT(length > 0 && now > 0, "there is room for any model's text");
    TD_ASSERT(taken == (err == 0), "what is checked is what is taken");
    if (!taken) {
        TD_ASSERT(err == TD_E_CONFIG && complaint[0] != '\0', "a refusal says why");
        TD_ASSERT(now == length && memcmp(before, after, (size_t)now) == 0, "nothing changed");
        return;
    }
    TD_ASSERT(model_weights_take(model, after, (size_t)now), "what is written is taken");
    int again = model_weights_text(model, before, sizeof before);
    TD_ASSERT(again == now && memcmp(before, after, (size_t)now) == 0, "and says the same");
    use(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char text[TEXT_MAX];
    if (bytes == 0 || bytes > TEXT_MAX - 100)
        return 0;
    struct model_params params = model_defaults();
    params.ring = 20;
    params.input_count = 1 + data[0] % 4;
    TD_ASSERT(model_footprint(&params) <= sizeof memory, "room for the model");
    check_text(&params, (const char *)data + 1, bytes - 1);
    struct td_str signed_text = td_str_on(text, sizeof text);
    unsigned char digest[32];
    mbedtls_sha256(data + 1, bytes - 1, digest, 0);
    td_str_add_bytes(&signed_text, (const char *)data + 1, bytes - 1);
    td_str_add(&signed_text, "sha256 = ");
    for (int i = 0; i < 32; i++)
        td_str_add_format(&signed_text, "%02x", digest[i]);
    check_text(&params, text, signed_text.bytes);
    return 0;
}
