/* What lies on the deck: segments with their receipts, as they should be and as they should not. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "store/digest.h"
#include "sync/world.h"

void cargo_write(struct world *world, const char *path, const void *data, int64_t bytes)
{
    const struct td_disk *disk = sim_disk_table(world->disk);
    int file = disk->open(disk->ctx, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || disk->write_at(disk->ctx, file, data, (size_t)bytes, 0) < 0)
        world_fails(world, "the rig cannot write %s", path);
    disk->sync_all(disk->ctx, file);
    disk->close(disk->ctx, file);
}

static enum cargo_kind draw_kind(uint64_t *dice)
{
    uint64_t throw = dice_below(dice, 24);
    if (throw < 5)
        return (enum cargo_kind)(CARGO_WRONG + throw);
    return CARGO_GOOD;
}

static int64_t draw_bytes(uint64_t *dice)
{
    switch (dice_below(dice, 6)) {
    case 0:
        return (int64_t)dice_below(dice, 3);
    case 1: /* in parts */
        return SINGLE_BYTES + 1 + (int64_t)dice_below(dice, WORLD_BYTES_MAX - SINGLE_BYTES - 1);
    case 2: /* whole parts */
        return PART_BYTES * (3 + (int64_t)dice_below(dice, 3));
    default:
        return 1 + (int64_t)dice_below(dice, 4000);
    }
}

static void make_bytes(struct world *world, struct cargo *cargo)
{
    cargo->bytes = draw_bytes(&world->dice);
    cargo->data = world_take(world, cargo->bytes + 8);
    for (int64_t i = 0; i < cargo->bytes; i += 8) {
        uint64_t eight = dice_throw(&world->dice);
        memcpy(cargo->data + i, &eight, 8);
    }
}

static void make_receipt(struct cargo *cargo)
{
    char hex[65];
    struct store_identity is = digest_of(cargo->data, (size_t)cargo->bytes);
    identity_hex(is.sha256, hex);
    cargo->receipt_bytes = snprintf(
        cargo->receipt, sizeof cargo->receipt,
        "{\n  \"rows\": 7,\n  \"bytes\": %lld,\n  \"sha256\": \"%s\",\n  \"crc32c\": \"%08x\"\n}\n",
        (long long)cargo->bytes, hex, (unsigned)is.crc32c);
}

static void name_it(struct world *world, struct cargo *cargo, unsigned index)
{
    static const char *const prefix[] = {"bronze/", "", ""};
    const char *to = prefix[world->direction];
    char folder[96];
    snprintf(folder, sizeof folder, "book/exchange=x/symbol=y/year=2026/month=06/day=09/hour=%02u",
             index / 3);
    if (cargo->kind == CARGO_PLAIN) {
        snprintf(cargo->from_key, sizeof cargo->from_key, "%s/note_%u.json", folder, index);
        snprintf(cargo->to_key, sizeof cargo->to_key, "%s%s", to, cargo->from_key);
        return;
    }
    snprintf(cargo->from_key, sizeof cargo->from_key, "%s/d_%u.parquet", folder, index);
    snprintf(cargo->to_key, sizeof cargo->to_key, "%s%s", to, cargo->from_key);
    snprintf(cargo->receipt_from, sizeof cargo->receipt_from, "%s/_d_%u.json", folder, index);
    snprintf(cargo->receipt_to, sizeof cargo->receipt_to, "%s%s", to, cargo->receipt_from);
}

static void lay(struct world *world, const char *key, const void *data, int64_t bytes)
{
    char path[200];
    if (world->direction != DIRECTION_UP) {
        liar_place(&world->from, key, data, bytes, false, dice_below(&world->dice, 2) == 0);
        return;
    }
    snprintf(path, sizeof path, "ready/%s", key);
    cargo_write(world, path, data, bytes);
}

static void load_one(struct world *world, struct cargo *cargo)
{
    make_bytes(world, cargo);
    if (cargo->kind == CARGO_PLAIN) {
        lay(world, cargo->from_key, cargo->data, cargo->bytes);
        return;
    }
    make_receipt(cargo);
    if (cargo->kind == CARGO_WRONG && cargo->bytes == 0)
        cargo->kind = CARGO_GOOD;
    if (cargo->kind == CARGO_WRONG)
        cargo->data[dice_below(&world->dice, (uint64_t)cargo->bytes)] ^= 1;
    lay(world, cargo->from_key, cargo->data, cargo->bytes);
    if (cargo->kind != CARGO_BARE &&
        (cargo->kind != CARGO_LATE || world->direction != DIRECTION_UP))
        lay(world, cargo->receipt_from, cargo->receipt, cargo->receipt_bytes);
    if (cargo->kind == CARGO_LATE && world->direction != DIRECTION_UP)
        cargo->kind = CARGO_GOOD;
    if (cargo->kind == CARGO_FOREIGN && world->direction == DIRECTION_DOWN)
        cargo->kind = CARGO_GOOD;
    if (cargo->kind == CARGO_FOREIGN)
        liar_place(&world->to, cargo->to_key, "another deck's", 14, true,
                   dice_below(&world->dice, 2) == 0);
}

void cargo_load(struct world *world)
{
    const struct td_disk *disk = sim_disk_table(world->disk);
    char path[160];
    world->cargos = 1 + (unsigned)dice_below(&world->dice, WORLD_ITEMS_MAX);
    for (unsigned i = 0; i < world->cargos; i++) {
        struct cargo *cargo = &world->cargo[i];
        memset(cargo, 0, sizeof *cargo);
        cargo->kind = draw_kind(&world->dice);
        name_it(world, cargo, i);
        snprintf(path, sizeof path,
                 "ready/book/exchange=x/symbol=y/year=2026/month=06/day=09/hour=%02u", i / 3);
        if (i % 3 == 0 && world->direction == DIRECTION_UP)
            disk->make_dirs(disk->ctx, path);
        load_one(world, cargo);
    }
}

/* Receipt first, each in one go: what is open stays what it was. */
void cargo_remake(struct world *world, struct cargo *cargo)
{
    const struct td_disk *disk = sim_disk_table(world->disk);
    char path[220];
    make_bytes(world, cargo);
    make_receipt(cargo);
    cargo->is_remade = true;
    snprintf(path, sizeof path, "ready/%s", cargo->receipt_from);
    cargo_write(world, "ready/made", cargo->receipt, cargo->receipt_bytes);
    disk->rename(disk->ctx, "ready/made", path);
    snprintf(path, sizeof path, "ready/%s", cargo->from_key);
    cargo_write(world, "ready/made", cargo->data, cargo->bytes);
    disk->rename(disk->ctx, "ready/made", path);
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    disk->sync_all(disk->ctx, file);
    disk->close(disk->ctx, file);
}

struct cargo *cargo_of(struct world *world, const char *to_key, bool *is_receipt)
{
    for (unsigned i = 0; i < world->cargos; i++) {
        struct cargo *cargo = &world->cargo[i];
        *is_receipt = strcmp(cargo->receipt_to, to_key) == 0;
        if (*is_receipt || strcmp(cargo->to_key, to_key) == 0)
            return cargo;
    }
    return NULL;
}

bool cargo_is_here(struct world *world, const struct cargo *cargo)
{
    char path[200];
    snprintf(path, sizeof path, "ready/%s", cargo->from_key);
    if (world->direction == DIRECTION_UP)
        return sim_disk_exists(world->disk, path);
    struct object *object = liar_find(&world->from, cargo->from_key);
    return object && object->now.there;
}
