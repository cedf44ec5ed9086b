#include "card_bytes.h"

static struct card card;
static uint8_t before[CARD_SECTOR], after[CARD_SECTOR];
static const char path[] = "card";

/* A card of so many bytes with the image on it. */
static void make_card(int64_t bytes)
{
    make_table(before);
    CHECK(chdir(test_tmpdir()) == 0);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, bytes) != 0)
        SKIP("no sparse file of %lld bytes here", (long long)bytes);
    CHECK(pwrite(fd, before, CARD_SECTOR, 0) == CARD_SECTOR);
    close(fd);
    CHECK_EQ_I64(card_read_table(&card, before, bytes), 0);
    memcpy(card.disk, path, sizeof path);
}

static void read_sector(void)
{
    int fd = open(path, O_RDONLY);
    CHECK(pread(fd, after, CARD_SECTOR, 0) == CARD_SECTOR);
    close(fd);
}

static uint32_t sectors(void)
{
    const uint8_t *at = after + 446 + 48 + 12;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void grow(bool expected)
{
    bool grown = !expected;
    CHECK_EQ_I64(card_grow(&card, &grown), 0);
    CHECK_EQ_I64(grown, expected);
    read_sector();
}

TEST(data_reaches_the_end_and_nothing_else_changes)
{
    make_card(31914983424LL); /* a card sold as 32 GB: not a whole number of 4 MiB */
    grow(true);
    int64_t end = 31914983424LL / (4 * MIB) * (4 * MIB);
    CHECK_EQ_I64(card.length[CARD_DATA], end - 292LL * MIB);
    CHECK_EQ_I64((int64_t)sectors() * CARD_SECTOR, card.length[CARD_DATA]);
    CHECK_EQ_MEM(after, before, 446 + 48 + 5);
    CHECK_EQ_MEM(after + 446 + 48 + 8, before + 446 + 48 + 8, 4);
    CHECK_EQ_MEM(after + 510, before + 510, 2);
    struct card again;
    CHECK_EQ_I64(card_read_table(&again, after, 31914983424LL), 0);
    CHECK_EQ_I64(again.length[CARD_DATA], card.length[CARD_DATA]);
}

TEST(the_second_time_nothing_is_written)
{
    make_card(1000LL * MIB);
    grow(true);
    uint8_t first[CARD_SECTOR];
    memcpy(first, after, sizeof first);
    grow(false);
    CHECK_EQ_MEM(after, first, sizeof first);
    /* And as the next boot finds it. */
    CHECK_EQ_I64(card_read_table(&card, after, 1000LL * MIB), 0);
    grow(false);
    CHECK_EQ_MEM(after, first, sizeof first);
}

TEST(a_card_as_large_as_the_image_stays)
{
    make_card(image_bytes);
    grow(false);
    CHECK_EQ_MEM(after, before, CARD_SECTOR);
}

TEST(less_than_4_mib_are_left_alone)
{
    make_card(image_bytes + 4LL * MIB - CARD_SECTOR);
    grow(false);
    CHECK_EQ_MEM(after, before, CARD_SECTOR);
}

TEST(beyond_2_tib_the_table_ends)
{
    make_card(4LL << 40);
    grow(true);
    CHECK_EQ_I64(card.start[CARD_DATA] + card.length[CARD_DATA], (2LL << 40) - 4LL * MIB);
    CHECK_EQ_I64((int64_t)sectors() * CARD_SECTOR, card.length[CARD_DATA]);
    grow(false);
}

TEST(just_below_2_tib_all_is_used)
{
    make_card((2LL << 40) - 4LL * MIB);
    grow(true);
    CHECK_EQ_I64(card.start[CARD_DATA] + card.length[CARD_DATA], (2LL << 40) - 4LL * MIB);
}

TEST(a_table_that_changed_since_is_left_alone)
{
    bool grown = true;
    make_card(1000LL * MIB);
    int fd = open(path, O_WRONLY);
    CHECK(pwrite(fd, "\0", 1, 446 + 4) == 1);
    close(fd);
    CHECK_EQ_I64(card_grow(&card, &grown), TD_E_CARD);
    CHECK(!grown);
    make_card(1000LL * MIB);
    card.start[CARD_DATA] += 4LL * MIB;
    CHECK_EQ_I64(card_grow(&card, &grown), TD_E_CARD);
    read_sector();
    CHECK_EQ_MEM(after, before, CARD_SECTOR);
}

TEST(a_card_that_is_gone_is_an_error)
{
    bool grown = true;
    make_card(1000LL * MIB);
    CHECK(unlink(path) == 0);
    CHECK_EQ_I64(card_grow(&card, &grown), TD_E_IO);
    CHECK(!grown);
}

TEST(files_that_are_no_ext4_do_not_grow)
{
    CHECK_EQ_I64(card_grow_files("/proc", 1LL << 40), TD_E_IO);
    CHECK_EQ_I64(card_grow_files("/no such folder", 1LL << 40), TD_E_IO);
}
