/* Update bundles of any bytes. The key is that of the seeds (tests/fuzz/seeds/bundle/signed.tdu): what is not signed by it ends at the signature, so the
   manifest's parser and the unpacking are driven past it too. */
#include <string.h>

#include "update/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
                          "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE04EZQ2kJ0tASJjUsKrb9q3ePG0X6\n"
                          "nGin185I99DNn+TTuhNPca72Kt/uVOmW3AvVAgqlicPn07wwGFgwIpb11g==\n"
                          "-----END PUBLIC KEY-----\n";

struct input {
    const uint8_t *data;
    size_t bytes;
};

static int64_t read_at(void *ctx, int file, void *out, size_t bytes, int64_t offset)
{
    const struct input *input = ctx;
    (void)file;
    if (offset >= (int64_t)input->bytes)
        return 0;
    size_t left = input->bytes - (size_t)offset;
    memcpy(out, input->data + offset, bytes < left ? bytes : left);
    return (int64_t)(bytes < left ? bytes : left);
}

static int64_t size(void *ctx, int file)
{
    (void)file;
    return (int64_t)((const struct input *)ctx)->bytes;
}

static td_err take(void *arg, int64_t offset, const uint8_t *data, size_t bytes)
{
    const struct bundle *bundle = arg;
    TD_ASSERT(bytes > 0 && bytes <= BUNDLE_PIECE &&
                  offset + (int64_t)bytes <= bundle->image_bytes && offset % BUNDLE_PIECE == 0,
              "a piece within the image");
    return data == NULL;
}

static void check_said(td_err err, const char *const *why)
{
    TD_ASSERT(err <= 0 && *why != NULL && (err == 0 || **why != 0), "an error says why");
}

/* The payload as it stands behind the head, with a manifest that promises what its frame says. */
static void unpack(const struct bundle_file *from, const uint8_t *data, size_t bytes)
{
    const char *why = NULL;
    if (bytes < BUNDLE_HEAD_BYTES + 4)
        return;
    struct bundle bundle = {.payload_at = BUNDLE_HEAD_BYTES + data[12] + 256 * (data[13] % 4)};
    bundle.payload_bytes = (int64_t)bytes - bundle.payload_at;
    bundle.image_bytes = 1 + (int64_t)data[16] * 256;
    if (bundle.payload_bytes <= 0)
        return;
    check_said(bundle_check_payload(from, &bundle, &why), &why);
    check_said(bundle_unpack(from, &bundle, take, &bundle, &why), &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct input input = {data, bytes};
    const struct td_disk disk = {.read_at = read_at, .size = size, .ctx = &input};
    const struct bundle_file from = {.disk = &disk};
    const char *why = NULL;
    struct bundle bundle;
    td_err err = bundle_open(&from, key, &bundle, &why);
    check_said(err, &why);
    if (err == 0) {
        check_said(bundle_check_payload(&from, &bundle, &why), &why);
        check_said(bundle_unpack(&from, &bundle, take, &bundle, &why), &why);
    }
    if (bundle_parse_manifest((const char *)data, bytes, &bundle) == 0)
        TD_ASSERT(bundle_version_compare(bundle.version, bundle.version, &err) == 0 && err == 0 &&
                      bundle.image_bytes > 0 && bundle.payload_bytes > 0 &&
                      strlen(bundle.board) < sizeof bundle.board,
                  "what is taken is whole");
    unpack(&from, data, bytes);
    return 0;
}
