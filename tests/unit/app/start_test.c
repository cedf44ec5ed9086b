#include "app/start.h"

#include "test.h"

TEST(what_is_written_is_read)
{
    char text[START_TEXT_MAX];
    for (unsigned cause = 0; cause < START_CAUSES; cause++) {
        struct start_note note = {.cause = (enum start_cause)cause, .aside_count = 2};
        note.aside[0] = 4711;
        note.aside[1] = UINT64_MAX;
        size_t bytes = start_text(&note, "tapedeck version 0.1.0 (build abc)", text);
        CHECK_EQ_U64(strlen(text), bytes);
        struct start_note read = start_read(text, bytes);
        CHECK_EQ_I64(read.cause, note.cause);
        CHECK_EQ_U64(read.aside_count, 2);
        CHECK_EQ_U64(read.aside[0], 4711);
        CHECK_EQ_U64(read.aside[1], UINT64_MAX);
    }
}

TEST(the_text_is_the_one_of_the_contract)
{
    char text[START_TEXT_MAX];
    struct start_note note = {.cause = START_CRASH, .aside_count = 1, .aside = {4711}};
    start_text(&note, "tapedeck version 0.1.0 (build abc)", text);
    CHECK_EQ_STR(text, "tapedeck version 0.1.0 (build abc)\ncause=crash\nset_aside=4711\n");
}

TEST(the_longest_list_fits)
{
    char text[START_TEXT_MAX], build[300];
    struct start_note note = {.cause = START_POWER_LOSS, .aside_count = START_ASIDE_MAX};
    for (unsigned i = 0; i < START_ASIDE_MAX; i++)
        note.aside[i] = UINT64_MAX - START_ASIDE_MAX + i;
    memset(build, 'b', sizeof build - 1);
    build[sizeof build - 1] = '\0';
    struct start_note read = start_read(text, start_text(&note, build, text));
    CHECK_EQ_U64(read.aside_count, START_ASIDE_MAX);
    CHECK_EQ_U64(read.aside[START_ASIDE_MAX - 1], UINT64_MAX - 1);
}

static struct start_note read_of(const char *text)
{
    return start_read(text, strlen(text));
}

TEST(older_and_foreign_texts_read_as_nothing_known)
{
    static const char *const texts[] = {"",
                                        "\n\n",
                                        "tapedeck version 0.1.0 (build abc)",
                                        "x\ncause=\n",
                                        "x\ncause=crashed\n",
                                        "x\nset_aside=\n",
                                        "x\nset_aside=0\n",
                                        "x\nset_aside=-4\n",
                                        "x\nset_aside=12a\n",
                                        "x\nset_aside=18446744073709551616\n",
                                        "x\n cause=crash\n"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct start_note note = read_of(texts[i]);
        CHECK_EQ_I64(note.cause, START_FIRST);
        CHECK_EQ_U64(note.aside_count, 0);
    }
    CHECK_EQ_U64(read_of("x\nset_aside=9\nset_aside=9\nset_aside=8\nset_aside=10").aside_count, 2);
}

TEST(more_than_the_list_holds_is_left_out)
{
    char text[8192];
    size_t used = 0;
    for (unsigned i = 1; i <= START_ASIDE_MAX + 5; i++) {
        memcpy(text + used, "set_aside=1000", 14);
        text[used + 11] = (char)('0' + i / 10 % 10);
        text[used + 12] = (char)('0' + i % 10);
        text[used + 14] = '\n';
        used += 15;
    }
    CHECK_EQ_U64(start_read(text, used).aside_count, START_ASIDE_MAX);
}
