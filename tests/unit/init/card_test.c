#include "card_bytes.h"

static struct card card;
static uint8_t sector[CARD_SECTOR];

TEST(the_images_table_is_read)
{
    make_table(sector);
    CHECK_EQ_I64(card_read_table(&card, sector, image_bytes), 0);
    CHECK_EQ_I64(card.start[CARD_CONFIG], 4LL * MIB);
    CHECK_EQ_I64(card.length[CARD_CONFIG], 32LL * MIB);
    CHECK_EQ_I64(card.start[CARD_SLOT_B], 164LL * MIB);
    CHECK_EQ_I64(card.start[CARD_DATA], 292LL * MIB);
    CHECK_EQ_I64(card.length[CARD_DATA], 128LL * MIB);
    CHECK_EQ_I64(card.bytes, image_bytes);
}

TEST(other_disks_are_nobodys)
{
    make_table(sector);
    le32(sector + 440, 0x54444b32);
    CHECK_EQ_I64(card_read_table(&card, sector, image_bytes), TD_E_MISSING);
    make_table(sector);
    sector[511] = 0;
    CHECK_EQ_I64(card_read_table(&card, sector, image_bytes), TD_E_MISSING);
    memset(sector, 0, sizeof sector);
    CHECK_EQ_I64(card_read_table(&card, sector, image_bytes), TD_E_MISSING);
}

TEST(a_table_that_is_not_ours_is_refused)
{
    static const struct {
        unsigned number;
        uint8_t kind;
        uint32_t start, sectors;
    } bad[] = {
        {1, 0x07, 4 * 2048, 32 * 2048},        /* another kind */
        {1, 0x0c, 2048, 34 * 2048},            /* on the boot record */
        {2, 0x0c, 32 * 2048, 128 * 2048},      /* overlaps the one before */
        {2, 0x0c, 36 * 2048, 130 * 2048},      /* overlaps the one behind */
        {3, 0x0c, 164 * 2048 + 8, 128 * 2048}, /* not aligned */
        {3, 0x0c, 164 * 2048, 0},              /* empty */
        {4, 0x0c, 292 * 2048, 128 * 2048},     /* FAT where ext4 stands */
        {4, 0x83, 292 * 2048, 129 * 2048},     /* past the end of the card */
        {4, 0x83, 292 * 2048, 0xFFFFFFFF},
        {4, 0x83, 0xFFFFE000, 128 * 2048},
        {4, 0x83, 100 * 2048, 40 * 2048}, /* out of order */
        {4, 0, 0, 0},
    };
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        make_table(sector);
        set_entry(sector, bad[i].number, bad[i].kind, bad[i].start, bad[i].sectors);
        if (card_read_table(&card, sector, image_bytes) != TD_E_CARD)
            FAIL("table %u was taken", i);
    }
    make_table(sector);
    sector[446 + 16] = 0x01;
    CHECK_EQ_I64(card_read_table(&card, sector, image_bytes), TD_E_CARD);
}

TEST(every_single_damaged_bit_is_harmless)
{
    for (unsigned bit = 440 * 8; bit < CARD_SECTOR * 8; bit++) {
        make_table(sector);
        sector[bit / 8] ^= (uint8_t)(1u << bit % 8);
        td_err err = card_read_table(&card, sector, image_bytes);
        CHECK(err == 0 || err == TD_E_CARD || err == TD_E_MISSING);
        for (unsigned i = CARD_CONFIG; err == 0 && i <= CARD_DATA; i++)
            CHECK(card.start[i] >= 4LL * MIB && card.start[i] + card.length[i] <= image_bytes);
    }
}

TEST(the_card_is_found_whatever_it_is_called)
{
    struct fake_card fake = fake_folders();
    uint8_t other[CARD_SECTOR];
    make_table(sector);
    memcpy(other, sector, sizeof other);
    le32(other + 440, 0x12345678);
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), TD_E_MISSING);
    fake_disk(&fake, "mmcblk0", other, image_bytes);
    fake_disk(&fake, "mmcblk0boot0", other, 4LL * MIB);
    fake_disk(&fake, "zram0", other, 0);
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), TD_E_MISSING);
    fake_disk(&fake, "mmcblk1", sector, 2 * image_bytes);
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), TD_E_MISSING); /* its partitions are late */
    fake_partition(&fake, "mmcblk1p1");
    fake_partition(&fake, "mmcblk1p2");
    fake_partition(&fake, "mmcblk1p3");
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), TD_E_MISSING);
    fake_partition(&fake, "mmcblk1p4");
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), 0);
    CHECK_EQ_STR(card.disk, text_of("%s/%s", fake.dev, "mmcblk1"));
    CHECK_EQ_STR(card.partition[CARD_DATA], text_of("%s/%s", fake.dev, "mmcblk1p4"));
    CHECK_EQ_I64(card.bytes, 2 * image_bytes);
}

TEST(disks_of_virtual_machines_number_their_partitions_without_a_letter)
{
    struct fake_card fake = fake_folders();
    make_table(sector);
    fake_disk(&fake, "vda", sector, image_bytes);
    fake_partition(&fake, "vda1");
    fake_partition(&fake, "vda2");
    fake_partition(&fake, "vda3");
    fake_partition(&fake, "vda4");
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), 0);
    CHECK_EQ_STR(card.partition[CARD_CONFIG], text_of("%s/%s", fake.dev, "vda1"));
}

TEST(a_card_whose_table_is_damaged_is_told_from_no_card)
{
    struct fake_card fake = fake_folders();
    make_table(sector);
    fake_disk(&fake, "mmcblk0", sector, image_bytes - CARD_SECTOR); /* the copy was cut short */
    CHECK_EQ_I64(card_find(&card, fake.sys, fake.dev), TD_E_CARD);
}
