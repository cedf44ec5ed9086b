/* Torn and garbled files: an error or a value, never a crash, a hang or memory without bound. The
   sanitizers of the unit build are the judge. */
#include "foreign.h"
#include "fuzz/parquet_fuzz.c"

enum { MUTATIONS = 3000, EDITS_MAX = 6 };

static const char *const seeds[] = {"arrow_small", "arrow_required", "arrow_empty", "hostile_v2",
                                    "hostile_delta"};

static unsigned char *seed(const char *name, size_t *bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.parquet", foreign_files(), name);
    return foreign_load(path, bytes);
}

/* A copy of exact size, so that a read past its end is caught. */
static void try_bytes(const unsigned char *data, size_t bytes)
{
    unsigned char *copy = malloc(bytes ? bytes : 1);
    CHECK(copy != NULL);
    memcpy(copy, data, bytes);
    LLVMFuzzerTestOneInput(copy, bytes);
    free(copy);
}

TEST(a_file_torn_at_any_byte_is_an_error)
{
    size_t bytes;
    unsigned char *data = seed("arrow_small", &bytes);
    for (size_t cut = 0; cut < bytes; cut++) {
        struct reader *reader = NULL;
        unsigned char *copy = malloc(cut ? cut : 1);
        CHECK(copy != NULL);
        memcpy(copy, data, cut);
        CHECK_EQ_I64(reader_open_memory(copy, cut, NULL, &reader), TD_E_PARQUET);
        CHECK(reader_why(reader)[0] != 0);
        reader_close(reader);
        free(copy);
    }
    free(data);
}

/* The footer's length moved so that the footer starts elsewhere: what is parsed then is any bytes. */
TEST(a_footer_that_starts_anywhere_is_no_harm)
{
    size_t bytes;
    unsigned char *data = seed("arrow_small", &bytes);
    for (uint32_t length = 0; length < bytes + 16; length++) {
        memcpy(data + bytes - 8, &length, 4);
        try_bytes(data, bytes);
    }
    free(data);
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Half of the edits go to the last part of the file, where the footer is. */
static void mutate(unsigned char *data, size_t bytes, uint64_t *state)
{
    static const unsigned char telling[] = {0x00, 0x7f, 0x80, 0xff, 0x01, 0x15, 0xfe, 0x0f};
    size_t edits = 1 + next(state) % EDITS_MAX;
    for (size_t i = 0; i < edits; i++) {
        size_t at = next(state) % bytes;
        if (next(state) & 1)
            at = bytes - 1 - next(state) % (bytes / 2 + 1);
        if (at >= bytes - 4 || at < 4) /* the magic stays, else nothing behind it is reached */
            continue;
        data[at] =
            next(state) & 1 ? (unsigned char)next(state) : telling[next(state) % sizeof telling];
    }
}

TEST(garbled_files_are_no_harm)
{
    uint64_t state = 88172645463325252u;
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        size_t bytes;
        unsigned char *data = seed(seeds[s], &bytes), *copy = malloc(bytes);
        CHECK(copy != NULL);
        for (int i = 0; i < MUTATIONS; i++) {
            memcpy(copy, data, bytes);
            mutate(copy, bytes, &state);
            LLVMFuzzerTestOneInput(copy, bytes);
        }
        free(copy);
        free(data);
    }
}
