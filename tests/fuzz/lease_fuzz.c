/* What a DHCP server may put into udhcpc's environment, and a lease file: texts come through as addresses or not at all. */
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "init/lease.h"

enum { WORDS_MAX = 32, TEXT_MAX = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_lines(const char *text, const char *allowed)
{
    TD_ASSERT(text[strspn(text, allowed)] == '\0', "only what lease.c writes stands in its files");
}

/* What was read, written and read again is the same. */
static void check_lease(const struct lease *lease)
{
    struct lease again;
    char text[LEASE_TEXT_MAX], text_again[LEASE_TEXT_MAX];
    TD_ASSERT(lease_text(lease, text) < LEASE_TEXT_MAX - 1, "the file's text fits");
    check_lines(text, "abcdefghijklmnopqrstuvwxyz0123456789.=\n ");
    TD_ASSERT(lease_parse(&again, text) == 0, "a lease that was written is read");
    lease_text(&again, text_again);
    TD_ASSERT(strcmp(text, text_again) == 0, "and is the same");
    lease_resolv(lease->dns, lease->dns_count, text);
    check_lines(text, "nameservopti:ut 0123456789.\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char text[TEXT_MAX], *words[WORDS_MAX] = {NULL};
    struct lease lease;
    size_t length = bytes < TEXT_MAX - 1 ? bytes : TEXT_MAX - 1;
    memcpy(text, data, length);
    text[length] = '\0';
    if (lease_parse(&lease, text) == 0)
        check_lease(&lease);
    /* Zeros part the words of an environment. */
    unsigned count = 0;
    for (size_t at = 0; at < length && count < WORDS_MAX - 1; at += strlen(text + at) + 1)
        words[count++] = text + at;
    if (lease_read(&lease, words) == 0)
        check_lease(&lease);
    return 0;
}
