/* The receipt beside a segment on any bytes, and both names of the pair. */
#include <string.h>

#include "lake/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void receipt_names(const char *text, size_t bytes)
{
    char name[256], receipt[300], back[300];
    if (bytes >= sizeof name || memchr(text, 0, bytes) != NULL)
        return;
    memcpy(name, text, bytes);
    name[bytes] = 0;
    if (receipt_path(name, receipt, sizeof receipt))
        TD_ASSERT(receipt_segment_path(receipt, back, sizeof back) && strcmp(back, name) == 0,
                  "the way to the receipt leads back");
    if (receipt_segment_path(name, back, sizeof back))
        TD_ASSERT(receipt_path(back, receipt, sizeof receipt) && strcmp(receipt, name) == 0,
                  "the way to the segment leads back");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct receipt receipt;
    const char *text = (const char *)data;
    receipt_names(text, bytes);
    if (receipt_parse(text, bytes, &receipt) < 0)
        return 0;
    for (int i = 0; i < RECEIPT_NUMBERS; i++)
        TD_ASSERT(!(receipt.has[i] && receipt.null[i]) || receipt_field(i)[0] != 0,
                  "a field has a name");
    TD_ASSERT(strlen(receipt.sha256) < sizeof receipt.sha256 &&
                  strlen(receipt.deck) < sizeof receipt.deck &&
                  strlen(receipt.build) < sizeof receipt.build &&
                  strlen(receipt.config_hash) < sizeof receipt.config_hash,
              "texts end");
    return 0;
}
