#include "update/autoboot.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/test.h"
#include "update/rig.h"

static td_err parse(const char *text, enum boot_slot *slot)
{
    return autoboot_parse(text, (unsigned)strlen(text), slot);
}

TEST(the_text_is_as_the_firmware_wants_it)
{
    char text[AUTOBOOT_BYTES + 1] = {0};
    autoboot_text(BOOT_SLOT_B, text);
    CHECK_EQ_I64((int64_t)strlen(text), AUTOBOOT_BYTES);
    CHECK(strncmp(text, "[all]\nboot_partition=3\n\n", 24) == 0);
    CHECK_EQ_I64((int64_t)strspn(text + 23, "\n"), AUTOBOOT_BYTES - 23);
}

TEST(an_editor_may_have_been_there)
{
    enum boot_slot slot;
    CHECK_EQ_I64(parse("[all]\nboot_partition=3\n", &slot), 0);
    CHECK_EQ_I64(slot, BOOT_SLOT_B);
    CHECK_EQ_I64(parse("[all]\r\nboot_partition=2\r\n\r\n", &slot), 0);
    CHECK_EQ_I64(slot, BOOT_SLOT_A);
    CHECK_EQ_I64(parse("boot_partition=3", &slot), 0);
    CHECK_EQ_I64(slot, BOOT_SLOT_B);
    static const char *const wrong[] = {"",
                                        "[all]\n",
                                        "boot_partition=",
                                        "boot_partition=1\n",
                                        "boot_partition=22\n",
                                        "boot_partition=4"};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_EQ_I64(parse(wrong[i], &slot), TD_E_SYNTAX);
}

static void find_and_switch(const struct rig_fat *fat)
{
    struct boot_card card = rig_card(rig_disk(), INT64_C(64) << 20);
    int64_t want = rig_make_fat(&card, fat, BOOT_SLOT_A), at = 0;
    enum boot_slot slot;
    CHECK_EQ_I64(autoboot_find(card.disk, card.file, card.fat_start, &at), 0);
    CHECK_EQ_I64(at, want);
    CHECK_EQ_I64(autoboot_read(card.disk, card.file, at, &slot), 0);
    CHECK_EQ_I64(slot, BOOT_SLOT_A);
    CHECK_EQ_I64(autoboot_switch(card.disk, card.file, at, BOOT_SLOT_B), 0);
    CHECK_EQ_I64(autoboot_read(card.disk, card.file, at, &slot), 0);
    CHECK_EQ_I64(slot, BOOT_SLOT_B);
}

TEST(found_in_a_fat_of_each_width)
{
    find_and_switch(&rig_fat12);
    find_and_switch(&rig_fat16);
    find_and_switch(&rig_fat32);
}

static td_err find_in(const struct rig_fat *fat)
{
    struct boot_card card = rig_card(rig_disk(), INT64_C(64) << 20);
    int64_t at;
    rig_make_fat(&card, fat, BOOT_SLOT_A);
    return autoboot_find(card.disk, card.file, card.fat_start, &at);
}

TEST(a_file_that_is_not_one_sector_is_refused)
{
    struct rig_fat fat = rig_fat12;
    fat.file_bytes = AUTOBOOT_BYTES + 1;
    CHECK_EQ_I64(find_in(&fat), TD_E_CARD);
    fat.file_bytes = 22;
    CHECK_EQ_I64(find_in(&fat), TD_E_CARD);
    fat.file_bytes = 24;
    CHECK_EQ_I64(find_in(&fat), 0);
}

TEST(no_file_and_no_fat)
{
    struct boot_card card = rig_card(rig_disk(), INT64_C(64) << 20);
    int64_t at;
    CHECK_EQ_I64(autoboot_find(card.disk, card.file, card.fat_start, &at), TD_E_CARD);
    rig_make_fat(&card, &rig_fat12, BOOT_SLOT_A);
    rig_put(&card, "B", 1, card.fat_start + 512 * 6 + 64);
    CHECK_EQ_I64(autoboot_find(card.disk, card.file, card.fat_start, &at), TD_E_MISSING);
}

/* Any byte of the boot sector, of the file table's and the root's first sector: an answer, and never a place outside of the card. */
TEST(a_fat_of_nonsense_ends)
{
    static const struct rig_fat *const fats[] = {&rig_fat12, &rig_fat16, &rig_fat32};
    for (unsigned i = 0; i < 3; i++) {
        struct boot_card card = rig_card(rig_disk(), INT64_C(64) << 20);
        rig_make_fat(&card, fats[i], BOOT_SLOT_A);
        for (int64_t at = card.fat_start; at < card.fat_start + 5 * 512; at++) {
            uint8_t was = 0, now;
            CHECK_EQ_I64(card.disk->read_at(card.disk->ctx, card.file, &was, 1, at), 1);
            for (unsigned bit = 0; bit < 8; bit += 1 + (at > card.fat_start + 64) * 7) {
                int64_t found = card.fat_start;
                now = (uint8_t)(was ^ 0x80 >> bit);
                rig_put(&card, &now, 1, at);
                td_err err = autoboot_find(card.disk, card.file, card.fat_start, &found);
                CHECK(err == 0 || err == TD_E_CARD || err == TD_E_MISSING);
                CHECK(found >= card.fat_start && (found - card.fat_start) % 512 == 0);
            }
            rig_put(&card, &was, 1, at);
        }
    }
}

/* Other people's FATs, as the image is made with them. */
static void with_tools(const char *kind, unsigned mb)
{
    const struct td_disk *disk = &td_os_linux()->disk;
    char path[256], command[2048];
    snprintf(path, sizeof path, "%s/%s.fat", test_tmpdir(), kind);
    snprintf(command, sizeof command,
             "set -e; export MTOOLS_SKIP_CHECK=1; f=%s; truncate -s %uM $f; mkfs.fat %s -n "
             "TAPEDECK $f >/dev/null; "
             "printf '[all]\\nboot_partition=2\\n' >$f.txt; head -c 489 /dev/zero | tr '\\0' '\\n' "
             ">>$f.txt; "
             "for i in $(seq 40); do echo $i >$f.long; mcopy -i $f $f.long \"::a long name of "
             "number $i.txt\"; done; "
             "mcopy -i $f $f.txt ::autoboot.txt",
             path, mb, kind);
    CHECK_EQ_I64(system(command), 0); // NOLINT(cert-env33-c): the test's own command
    int file = disk->open(disk->ctx, path, O_RDWR, 0);
    int64_t at;
    CHECK(file >= 0);
    CHECK_EQ_I64(autoboot_find(disk, file, 0, &at), 0);
    CHECK_EQ_I64(autoboot_switch(disk, file, at, BOOT_SLOT_B), 0);
    disk->close(disk->ctx, file);
    snprintf(command, sizeof command,
             "test \"$(mtype -i %s ::autoboot.txt | head -2 | tail -1)\" = boot_partition=3", path);
    CHECK_EQ_I64(system(command), 0); // NOLINT(cert-env33-c): the test's own command
}

TEST(found_in_a_fat_made_by_the_usual_tools)
{
    // NOLINTNEXTLINE(cert-env33-c): the test's own command
    if (system("command -v mkfs.fat mcopy mtype >/dev/null") != 0)
        SKIP("dosfstools and mtools are not installed");
    with_tools("-F12", 4);
    with_tools("-F16", 32);
    with_tools("-F32", 64);
}
