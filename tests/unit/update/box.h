/* A whole appliance as updates see it: a small card with both slots filled, a FAT with autoboot.txt, bundles beside it, and what init
   would call. The firmware is a model of its own: it reads the FAT's bytes without the code under test. */
#ifndef TD_UPDATE_BOX_H
#define TD_UPDATE_BOX_H

#include "update/apply.h"
#include "update/made.h"
#include "update/rig.h"

enum {
    BOX_SLOT_A = 3 << 20,
    BOX_SLOT_B = BOX_SLOT_A + (256 << 10),
    BOX_SLOT_BYTES = 256 << 10,
    BOX_CARD_BYTES = 4 << 20,
    BOX_OLD_BYTES = 100 << 10,
    BOX_NEW_BYTES = 160 << 10,
    BOX_BAD_BYTES = 120 << 10,
    BOX_TOOL_BYTES = 40 << 10 /* a recorder */
};
#define BOX_FOLDER "fat"
#define BOX_UPDATES "data/update"
#define BOX_RECORDER "run/tapedeck"

struct box_texts {
    struct made_key key;
    uint8_t old_image[BOX_OLD_BYTES], new_image[BOX_NEW_BYTES], bad_image[BOX_BAD_BYTES],
        tool[BOX_TOOL_BYTES];
};

/* What never changes, made once. */
static inline const struct box_texts *box_texts(void)
{
    static struct box_texts texts;
    if (!texts.key.open[0]) {
        texts.key = made_key(1);
        made_image(texts.old_image, BOX_OLD_BYTES, 10);
        made_image(texts.new_image, BOX_NEW_BYTES, 11);
        made_image(texts.tool, BOX_TOOL_BYTES, 12);
        made_image(texts.bad_image, BOX_BAD_BYTES, 13);
        rig_word(texts.old_image + 510, 0xaa55, 2);
        rig_word(texts.new_image + 510, 0xaa55, 2);
        rig_word(texts.bad_image + 510, 0xaa55, 2);
    }
    return &texts;
}

struct box {
    struct sim_disk *sim;
    struct boot_card card;
    struct boot_record record;
};

static inline struct box box_open(struct sim_disk *sim)
{
    const struct td_disk *table = sim_disk_table(sim);
    struct box box = {.sim = sim,
                      .card = {table, table->open(table->ctx, "card", O_RDWR, 0), RIG_FAT_START}};
    TD_ASSERT(box.card.file >= 0, "the card is there");
    return box;
}

static inline void box_put_file(struct sim_disk *sim, const char *path, const void *data,
                                size_t bytes)
{
    const struct td_disk *table = sim_disk_table(sim);
    int file = table->open(table->ctx, path, O_RDWR | O_CREAT | O_TRUNC, 0644);
    int64_t put = bytes == 0 ? 0 : table->write_at(table->ctx, file, data, bytes, 0);
    TD_ASSERT(file >= 0 && put == (int64_t)bytes && table->sync_all(table->ctx, file) == 0,
              "a file on the card");
    table->close(table->ctx, file);
}

/* As flashed: both slots the old system, the first one boots. */
static inline struct box box_flash(struct sim_disk *sim)
{
    const struct box_texts *texts = box_texts();
    struct boot_card card = rig_card(sim, BOX_CARD_BYTES);
    rig_make_fat(&card, &rig_fat12, BOOT_SLOT_A);
    rig_put(&card, texts->old_image, BOX_OLD_BYTES, BOX_SLOT_A);
    rig_put(&card, texts->old_image, BOX_OLD_BYTES, BOX_SLOT_B);
    const struct td_disk *table = card.disk;
    TD_ASSERT(table->make_dirs(table->ctx, BOX_FOLDER) == 0 &&
                  table->make_dirs(table->ctx, "run") == 0 &&
                  table->sync_all(table->ctx, card.file) == 0,
              "a flashed card");
    struct box box = {.sim = sim, .card = card, .record = {.active = BOOT_SLOT_A}};
    return box;
}

static inline void box_add_bundle(struct box *box, const char *name, enum bundle_kind kind,
                                  const char *version, const uint8_t *image, size_t bytes)
{
    static uint8_t file[1 << 20];
    char path[64];
    size_t made =
        made_bundle(kind, version, image, bytes, box_texts()->key.secret, file, sizeof file);
    snprintf(path, sizeof path, BOX_FOLDER "/%s", name);
    box_put_file(box->sim, path, file, made);
}

static inline struct apply box_apply(struct box *box, enum boot_slot booted, const char *version)
{
    return (struct apply){.card = box->card,
                          .slot_start = booted == BOOT_SLOT_A ? BOX_SLOT_B : BOX_SLOT_A,
                          .slot_bytes = BOX_SLOT_BYTES,
                          .booted = booted,
                          .record = &box->record,
                          .updates_dir = BOX_UPDATES,
                          .running_version = version,
                          .key_pem = box_texts()->key.open};
}

/* ---- the firmware ---------------------------------------------------------------------------- */

static inline const uint8_t *box_bytes(struct sim_disk *sim)
{
    static uint8_t card[BOX_CARD_BYTES];
    int64_t got = sim_disk_peek(sim, "card", card, sizeof card);
    TD_ASSERT(got == BOX_CARD_BYTES, "the card has its size");
    return card;
}

/* 2 or 3; 0: autoboot.txt says nothing that could boot. By eye: the root is behind both tables, the entry its third, the text ends at a line. */
static inline int box_firmware(const uint8_t *card)
{
    const uint8_t *fat = card + RIG_FAT_START;
    unsigned tables = fat[14] + fat[16] * (fat[22] + 256u * fat[23]);
    const uint8_t *entry = fat + 512 * (size_t)tables + 64;
    unsigned cluster = entry[26] + 256u * entry[27], bytes = entry[28] + 256u * entry[29];
    const char *text =
        (const char *)fat + 512 * ((size_t)tables + 32 + (size_t)(cluster - 2) * fat[13]);
    if (memcmp(entry, "AUTOBOOTTXT", 11) != 0 || bytes != 512)
        return 0;
    for (unsigned i = 23; i < 512; i++)
        if (text[i - 1] != '\n' && i > 23)
            return 0;
    if (memcmp(text, "[all]\nboot_partition=2\n", 23) == 0)
        return 2;
    return memcmp(text, "[all]\nboot_partition=3\n", 23) == 0 ? 3 : 0;
}

/* "0.5.0", "0.6.0", "0.7.0" (the bad one): what complete system stands there; NULL: none. */
static inline const char *box_system(const uint8_t *card, enum boot_slot slot)
{
    const struct box_texts *texts = box_texts();
    const uint8_t *at = card + (slot == BOOT_SLOT_A ? BOX_SLOT_A : BOX_SLOT_B);
    if (memcmp(at, texts->old_image, BOX_OLD_BYTES) == 0)
        return "0.5.0";
    if (memcmp(at, texts->bad_image, BOX_BAD_BYTES) == 0)
        return "0.7.0";
    return memcmp(at, texts->new_image, BOX_NEW_BYTES) == 0 ? "0.6.0" : NULL;
}

#endif
