#include "store/local_walk.h"

#include <stdio.h>

#include "test.h"
#include "walk_tree.h"

enum { KEYS = 6000, ROOM = 64 << 10 };

static uint8_t memory[WALK_BYTES];
static struct local_walk walk;

static struct walk_params all_of(const struct td_disk *disk)
{
    return (struct walk_params){.disk = disk,
                                .root = "t",
                                .folder = "",
                                .filter = "",
                                .after = "",
                                .memory = memory,
                                .room = ROOM};
}

/* The walk tells just those keys of the tree that are wanted, in their order. */
static void check_walk(struct walk_tree *tree, const char *prefix, const char *after, uint32_t room)
{
    struct td_disk disk = walk_tree_disk(tree);
    struct walk_params params = all_of(&disk);
    struct store_entry entry;
    char folder[PLACE_KEY_MAX] = "";
    const char *slash = strrchr(prefix, '/');
    params.filter = slash ? slash + 1 : prefix;
    memcpy(folder, prefix, (size_t)(params.filter - prefix));
    params.folder = folder;
    params.after = after;
    params.room = room;
    CHECK_EQ_I64(walk_begin(&walk, &params), 0);
    for (size_t i = 0; i < tree->count; i++) {
        if (strncmp(tree->key[i], prefix, strlen(prefix)) != 0 || strcmp(tree->key[i], after) <= 0)
            continue;
        CHECK_EQ_I64(walk_next(&walk, &entry), 1);
        CHECK_EQ_STR(entry.key, tree->key[i]);
        CHECK_EQ_I64(entry.bytes, (int64_t)strlen(tree->key[i]));
        CHECK(!entry.is_prefix);
    }
    CHECK_EQ_I64(walk_next(&walk, &entry), 0);
    CHECK_EQ_I64(walk_next(&walk, &entry), 0);
}

static char text[KEYS][64];
static char *key[KEYS];

static void add(struct walk_tree *tree, const char *name)
{
    tree->key = key;
    snprintf(text[tree->count], sizeof text[0], "%s", name);
    key[tree->count] = text[tree->count];
    tree->count++;
}

TEST(whole_names_are_in_byte_order)
{
    static const char *const name[] = {"a/b",     "a-b",   "a.b",    "a/b-c", "a0",
                                       "a/b.c/d", "a=1/x", "a=10/x", "a=2/x", "\xc3\xa9/x",
                                       "Z/x",     "z",     "a b/x",  "%41"};
    struct walk_tree tree = {0};
    for (unsigned i = 0; i < sizeof name / sizeof *name; i++)
        add(&tree, name[i]);
    walk_tree_settle(&tree);
    CHECK_EQ_U64(tree.count, sizeof name / sizeof *name);
    check_walk(&tree, "", "", ROOM);
    for (size_t i = 0; i < tree.count; i++)
        check_walk(&tree, "", tree.key[i], ROOM);
}

static uint32_t dice(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % below;
}

/* Few letters, so that names are beginnings of each other; some of those that sort around the slash. */
static void random_tree(struct walk_tree *tree, uint32_t *state, unsigned keys)
{
    static const char letters[] = "ab-./0=";
    *tree = (struct walk_tree){0};
    for (unsigned i = 0; i < keys; i++) {
        char name[24];
        unsigned bytes = 1 + dice(state, 12);
        for (unsigned b = 0; b < bytes; b++)
            name[b] = letters[dice(state, sizeof letters - 1)];
        name[bytes] = 0;
        if (walk_key_fine(name))
            add(tree, name);
    }
    walk_tree_settle(tree);
}

TEST(any_tree_from_any_name_on)
{
    struct walk_tree tree;
    uint32_t state = 7, walks = 0;
    for (unsigned round = 0; round < 200; round++) {
        random_tree(&tree, &state, 10 + dice(&state, 60));
        check_walk(&tree, "", "", ROOM);
        for (unsigned i = 0; i < 20 && tree.count > 0; i++, walks++) {
            char after[64], prefix[64];
            snprintf(after, sizeof after, "%s", tree.key[dice(&state, (uint32_t)tree.count)]);
            snprintf(prefix, sizeof prefix, "%s", tree.key[dice(&state, (uint32_t)tree.count)]);
            after[dice(&state, (uint32_t)strlen(after) + 1)] = 0;
            prefix[dice(&state, (uint32_t)strlen(prefix) + 1)] = 0;
            check_walk(&tree, prefix, after, ROOM);
        }
    }
    CHECK(walks > 3000);
}

/* More names than fit into a share: the folder is read again, and nothing is lost or told twice. */
TEST(a_large_folder_in_little_memory)
{
    struct walk_tree tree = {0};
    for (unsigned i = 0; i < KEYS; i++) {
        char name[48];
        snprintf(name, sizeof name, "%s%u/x%u", i % 3 ? "" : "deep/", i * 7919 % KEYS, i);
        add(&tree, name);
    }
    walk_tree_settle(&tree);
    CHECK_EQ_U64(tree.count, KEYS);
    check_walk(&tree, "", "", ROOM);
    unsigned small = tree.lists;
    check_walk(&tree, "deep/5", "deep/51", ROOM);
    tree.lists = 0;
    check_walk(&tree, "", "", WALK_BYTES);
    CHECK(small > tree.lists);
}

TEST(a_delimiter_tells_folders)
{
    static const char *const name[] = {"a-b/x", "a/b/c", "a/d", "b", "c/x/y"};
    struct walk_tree tree = {0};
    struct store_entry entry;
    for (unsigned i = 0; i < 5; i++)
        add(&tree, name[i]);
    walk_tree_settle(&tree);
    struct td_disk disk = walk_tree_disk(&tree);
    static const struct {
        const char *after, *wanted;
        bool told;
    } run[] = {{"", "a-b/ a/ b c/ ", true},  {"a-b/", "a/ b c/ ", true}, {"a/", "b c/ ", true},
               {"a/b/c", "a/ b c/ ", false}, {"b", "c/ ", true},         {"c/", "", true},
               {"c/", "c/ ", false}};
    for (unsigned i = 0; i < sizeof run / sizeof *run; i++) {
        struct walk_params params = all_of(&disk);
        char told[256] = "";
        params.delimited = true;
        params.after = run[i].after;
        params.skip_prefix = run[i].told;
        CHECK_EQ_I64(walk_begin(&walk, &params), 0);
        while (walk_next(&walk, &entry) == 1) {
            CHECK_EQ_I64(entry.is_prefix, entry.key[strlen(entry.key) - 1] == '/');
            strncat(told, entry.key, sizeof told - strlen(told) - 1);
            strncat(told, " ", sizeof told - strlen(told) - 1);
        }
        CHECK_EQ_STR(told, run[i].wanted);
    }
}

/* Names that went away meanwhile are passed over, those that came behind the walk's place in a folder not yet read are told. */
TEST(a_tree_that_changes_meanwhile)
{
    static char gone[] = "a/2";
    struct walk_tree tree = {0};
    struct store_entry entry;
    add(&tree, "a/1");
    add(&tree, gone);
    add(&tree, "a/3");
    add(&tree, "b/1");
    struct td_disk disk = walk_tree_disk(&tree);
    struct walk_params params = all_of(&disk);
    CHECK_EQ_I64(walk_begin(&walk, &params), 0);
    CHECK_EQ_I64(walk_next(&walk, &entry), 1);
    CHECK_EQ_STR(entry.key, "a/1");
    snprintf(text[1], sizeof text[1], "b/0");
    CHECK_EQ_I64(walk_next(&walk, &entry), 1);
    CHECK_EQ_STR(entry.key, "a/3");
    walk_tree_settle(&tree);
    CHECK_EQ_I64(walk_next(&walk, &entry), 1);
    CHECK_EQ_STR(entry.key, "b/0");
    CHECK_EQ_I64(walk_next(&walk, &entry), 1);
    CHECK_EQ_STR(entry.key, "b/1");
    CHECK_EQ_I64(walk_next(&walk, &entry), 0);
}

static int broken_list(void *ctx, const char *path,
                       int (*visit)(void *arg, const char *name, bool is_dir), void *arg)
{
    return strcmp(path, "t/b") == 0 ? TD_E_IO : walk_tree_list(ctx, path, visit, arg);
}

TEST(a_folder_that_cannot_be_read_is_an_error)
{
    struct walk_tree tree = {0};
    struct store_entry entry;
    add(&tree, "a/1");
    add(&tree, "b/1");
    struct td_disk disk = walk_tree_disk(&tree);
    struct walk_params params = all_of(&disk);
    disk.list = broken_list;
    CHECK_EQ_I64(walk_begin(&walk, &params), 0);
    CHECK_EQ_I64(walk_next(&walk, &entry), 1);
    CHECK_EQ_I64(walk_next(&walk, &entry), TD_E_IO);
}

TEST(folders_too_deep_are_an_error)
{
    static char deep[2 * WALK_DEPTH + 2];
    struct walk_tree tree = {.key = key, .count = 1};
    struct store_entry entry;
    for (unsigned i = 0; i < 2 * WALK_DEPTH; i++)
        deep[i] = i % 2 ? '/' : 'a';
    deep[2 * WALK_DEPTH] = 'x';
    key[0] = deep;
    struct td_disk disk = walk_tree_disk(&tree);
    struct walk_params params = all_of(&disk);
    CHECK_EQ_I64(walk_begin(&walk, &params), 0);
    CHECK_EQ_I64(walk_next(&walk, &entry), TD_E_RANGE);
}
