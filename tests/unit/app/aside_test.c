#include "app/aside.h"

#include <stdio.h>

#include "journal/memdisk.h"
#include "test.h"

static uint64_t run; /* each death is another run's */

static const struct td_disk *disk(void)
{
    return &td_os_linux()->disk;
}

static void put(const char *dir, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/aside", dir);
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fputs(text, file) >= 0);
    fclose(file);
}

static struct start_note read_note(const char *dir)
{
    struct start_note note = {.cause = START_CRASH};
    CHECK_EQ_I64(aside_read(disk(), dir, &note), 0);
    CHECK_EQ_I64(note.cause, START_CRASH);
    return note;
}

TEST(nothing_is_aside_at_first)
{
    const char *dir = test_tmpdir();
    CHECK_EQ_I64(aside_suspect(disk(), dir, 0, ++run), 0);
    CHECK_EQ_I64(read_note(dir).aside_count, 0);
}

TEST(twice_at_the_same_frame_sets_it_aside)
{
    const char *dir = test_tmpdir();
    CHECK_EQ_I64(aside_suspect(disk(), dir, 70, ++run), 0);
    CHECK_EQ_I64(read_note(dir).aside_count, 0);
    CHECK_EQ_I64(aside_suspect(disk(), dir, 70, ++run), 0);
    struct start_note note = read_note(dir);
    CHECK_EQ_I64(note.aside_count, 1);
    CHECK_EQ_U64(note.aside[0], 70);
}

/* A start that fails finds the same death again. */
TEST(one_death_counts_once)
{
    const char *dir = test_tmpdir();
    for (int starts = 0; starts < 5; starts++)
        CHECK_EQ_I64(aside_suspect(disk(), dir, 70, 4), 0);
    CHECK_EQ_I64(read_note(dir).aside_count, 0);
    CHECK_EQ_I64(aside_suspect(disk(), dir, 70, 5), 0);
    CHECK_EQ_I64(read_note(dir).aside_count, 1);
}

TEST(a_death_elsewhere_between_ends_the_suspicion)
{
    const char *dir = test_tmpdir();
    const uint64_t deaths[] = {70, 71, 70, 0, 70};
    for (unsigned i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        CHECK_EQ_I64(aside_suspect(disk(), dir, deaths[i], ++run), 0);
    CHECK_EQ_I64(read_note(dir).aside_count, 0);
}

TEST(the_list_rises_and_the_oldest_go)
{
    const char *dir = test_tmpdir();
    for (uint64_t n = 1; n <= START_ASIDE_MAX + 3; n++)
        for (int twice = 0; twice < 2; twice++)
            CHECK_EQ_I64(aside_suspect(disk(), dir, 1000 - n, ++run), 0);
    struct start_note note = read_note(dir);
    CHECK_EQ_I64(note.aside_count, START_ASIDE_MAX);
    for (unsigned i = 1; i < note.aside_count; i++)
        CHECK(note.aside[i - 1] < note.aside[i]);
}

TEST(a_damaged_list_reads_as_far_as_it_makes_sense)
{
    const char *dir = test_tmpdir();
    put(dir, "aside 5\nrubbish\naside \naside 3\naside 5\nsuspect 9");
    struct start_note note = read_note(dir);
    CHECK_EQ_I64(note.aside_count, 2);
    CHECK_EQ_U64(note.aside[0], 3);
    CHECK_EQ_U64(note.aside[1], 5);
    CHECK_EQ_I64(aside_suspect(disk(), dir, 9, ++run), 0);
    CHECK_EQ_I64(read_note(dir).aside_count, 3);
}

TEST(a_card_that_fails_at_any_call_leaves_the_old_list_or_the_new)
{
    for (int at = 1; at < 12; at++) {
        struct memdisk *m = memdisk_new();
        struct start_note note = {0};
        CHECK_EQ_I64(aside_suspect(&m->disk, "j", 5, ++run), 0);
        CHECK_EQ_I64(aside_suspect(&m->disk, "j", 5, ++run), 0);
        CHECK_EQ_I64(aside_suspect(&m->disk, "j", 8, ++run), 0);
        m->fault = (struct memdisk_fault){m->changes + at, 1, TD_E_IO};
        int changes = m->changes;
        td_err err = aside_suspect(&m->disk, "j", 8, ++run);
        bool struck = m->changes >= changes + at;
        CHECK_EQ_I64(err, struck ? TD_E_IO : 0);
        CHECK_EQ_I64(aside_read(&m->disk, "j", &note), 0);
        CHECK(note.aside_count == 1 || note.aside_count == 2);
        CHECK_EQ_U64(note.aside[0], 5);
        CHECK(err < 0 || note.aside_count == 2);
        memdisk_free(m);
    }
}

TEST(a_folder_whose_name_does_not_fit_is_an_error)
{
    char folder[600];
    struct memdisk *m = memdisk_new();
    memset(folder, 'j', sizeof folder);
    folder[sizeof folder - 1] = 0;
    CHECK_EQ_I64(aside_suspect(&m->disk, folder, 5, ++run), TD_E_RANGE);
    memdisk_free(m);
}
