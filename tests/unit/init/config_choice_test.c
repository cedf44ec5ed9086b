#include "init/config_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/file.h"
#include "init/places.h"
#include "test.h"

static char path[INIT_PLACE_MAX], content[1 << 20];
static struct config_choice choice;
static char checked[32];

/* Sound: what begins with "good". The words are as `tapedeck config` says them. */
static int check(const char *file, char *words, unsigned cap)
{
    int64_t bytes = file_read(file, checked, sizeof checked - 1);
    checked[bytes > 0 ? bytes : 0] = 0;
    if (strncmp(checked, "good", 4) == 0)
        return 0;
    snprintf(words, cap, "%s:3:1: there is no \"symbls\"\n    symbls = X\n    ^\n", file);
    return 1;
}

static void put_bytes(const char *place, const void *text, size_t bytes)
{
    CHECK_EQ_I64(file_replace(init_place(place, path), text, bytes, NULL), 0);
}

static void put(const char *place, const char *text)
{
    put_bytes(place, text, strlen(text));
}

static const char *get(const char *place)
{
    int64_t bytes = file_read(init_place(place, path), content, sizeof content - 1);
    content[bytes > 0 ? bytes : 0] = 0;
    return bytes >= 0 ? content : NULL;
}

/* A card as it was flashed, another one for each test. */
static void new_card(void)
{
    static char root[300];
    static int count;
    snprintf(root, sizeof root, "%s/%d", test_tmpdir(), count++);
    init_places_under(root);
    static const char *const folders[] = {"/card", "/data", "/run", "/etc"};
    for (unsigned i = 0; i < 4; i++)
        CHECK_EQ_I64(file_make_folder(init_place(folders[i], path)), 0);
    put("/card/autoboot.txt", "[all]\n");
    put(INIT_SHIPPED_CONFIG, "good shipped");
}

static void choose(void)
{
    config_choose(&choice, check);
    config_keep(&choice);
}

TEST(a_sound_card_is_taken_and_kept)
{
    new_card();
    put("/card/tapedeck.ini", "good card");
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_CARD);
    CHECK_EQ_STR(choice.complaint, "");
    CHECK_EQ_STR(get(INIT_RUN_CONFIG), "good card");
    CHECK_EQ_STR(get(INIT_LAST_GOOD), "good card");
    struct stat status;
    CHECK(stat(init_place(INIT_RUN_CONFIG, path), &status) == 0);
    CHECK_EQ_I64(status.st_mode & 0777, 0644);
}

static int check_with_words(const char *file, char *words, unsigned cap)
{
    snprintf(words, cap,
             "tapedeck: [kraken] using the symbol list that was kept 3 h ago\n"
             "%s:3:2: unknown section [krakn] (left out)\n    [krakn]\n     ^\n"
             "configuration is fine: 1 venue(s), 1 symbol(s), file %s\n",
             file, file);
    return 0;
}

TEST(what_is_left_out_of_a_sound_text_is_said)
{
    new_card();
    put("/card/tapedeck.ini", "good card");
    config_choose(&choice, check_with_words);
    CHECK_EQ_I64(choice.source, CONFIG_CARD);
    CHECK_EQ_STR(choice.complaint,
                 "tapedeck.ini:3:2: unknown section [krakn] (left out)\n    [krakn]\n     ^\n");
}

TEST(the_last_good_one_is_written_when_it_changed)
{
    struct stat first, second;
    new_card();
    put("/card/tapedeck.ini", "good card");
    choose();
    CHECK(stat(init_place(INIT_LAST_GOOD, path), &first) == 0);
    choose();
    CHECK(stat(init_place(INIT_LAST_GOOD, path), &second) == 0);
    CHECK_EQ_I64((int64_t)first.st_ino, (int64_t)second.st_ino);
    put("/card/tapedeck.ini", "good other");
    choose();
    CHECK_EQ_STR(get(INIT_LAST_GOOD), "good other");
}

TEST(a_bad_card_falls_back_to_the_last_good_and_says_the_line)
{
    new_card();
    put("/card/tapedeck.ini", "good card");
    choose();
    put("/card/tapedeck.ini", "bad");
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_LAST_GOOD);
    CHECK_EQ_STR(choice.complaint,
                 "tapedeck.ini:3:1: there is no \"symbls\"\n    symbls = X\n    ^\n");
    CHECK_EQ_STR(get(INIT_RUN_CONFIG), "good card");
    CHECK_EQ_STR(get(INIT_LAST_GOOD), "good card");
}

TEST(a_bad_card_on_first_boot_takes_the_delivered_one)
{
    new_card();
    put("/card/tapedeck.ini", "bad");
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_SHIPPED);
    CHECK_EQ_STR(get(INIT_RUN_CONFIG), "good shipped");
    CHECK(get(INIT_LAST_GOOD) == NULL);
    put("/card/tapedeck.ini", "");
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_SHIPPED);
}

TEST(a_last_good_one_that_is_damaged_is_not_taken)
{
    new_card();
    CHECK_EQ_I64(file_make_folder(init_place("/data/config", path)), 0);
    put("/card/tapedeck.ini", "bad card");
    put(INIT_LAST_GOOD, "damaged");
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_SHIPPED);
    CHECK_EQ_STR(get(INIT_RUN_CONFIG), "good shipped");
    CHECK_EQ_STR(choice.complaint,
                 "tapedeck.ini:3:1: there is no \"symbls\"\n    symbls = X\n    ^\n"); /* once */
}

TEST(a_missing_file_means_as_delivered)
{
    new_card();
    put("/card/tapedeck.ini", "good card");
    choose();
    CHECK(unlink(init_place("/card/tapedeck.ini", path)) == 0);
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_SHIPPED);
    CHECK_EQ_STR(get(INIT_RUN_CONFIG), "good shipped");
    CHECK_EQ_STR(choice.complaint, "tapedeck.ini is not on the card: it records as delivered\n");
}

TEST(a_card_that_cannot_be_read_means_the_last_good)
{
    new_card();
    put("/card/tapedeck.ini", "good card");
    choose();
    CHECK(unlink(init_place("/card/tapedeck.ini", path)) == 0);
    CHECK(unlink(init_place("/card/autoboot.txt", path)) == 0);
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_LAST_GOOD);
    CHECK_EQ_STR(choice.complaint, "tapedeck.ini cannot be read from the card\n");
}

TEST(a_file_past_the_limit_is_no_configuration)
{
    new_card();
    memset(content, ';', 300 << 10);
    put_bytes("/card/tapedeck.ini", content, 300 << 10);
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_SHIPPED);
    CHECK(strstr(choice.complaint, "larger than 256 KiB") != NULL);
}

TEST(without_a_data_partition_the_card_still_counts)
{
    new_card();
    CHECK(rmdir(init_place("/data", path)) == 0);
    put("/data", "no folder");
    put("/card/tapedeck.ini", "good card");
    choose();
    CHECK_EQ_I64(choice.source, CONFIG_CARD);
    CHECK_EQ_STR(get(INIT_RUN_CONFIG), "good card");
}

TEST(certificates_are_carried_when_they_are_some)
{
    new_card();
    put("/card/tapedeck.ini", "good card");
    put("/card/ca.pem", "words\n-----BEGIN CERTIFICATE-----\n");
    choose();
    CHECK_EQ_STR(get(INIT_RUN_CA), "words\n-----BEGIN CERTIFICATE-----\n");
    CHECK_EQ_STR(choice.complaint, "");
    put("/card/ca.pem", "nonsense");
    choose();
    CHECK(get(INIT_RUN_CA) == NULL);
    CHECK(strstr(choice.complaint, "ca.pem holds no certificate") != NULL);
    CHECK(unlink(init_place("/card/ca.pem", path)) == 0);
    choose();
    CHECK_EQ_STR(choice.complaint, "");
}

TEST(secrets_reach_their_owner_alone_or_nobody)
{
    struct stat status;
    new_card();
    put("/card/tapedeck.ini", "good card");
    put("/card/secrets.ini", "key = 1");
    choose();
    if (geteuid() == 0) {
        CHECK(stat(init_place(INIT_RUN_SECRETS, path), &status) == 0);
        CHECK_EQ_I64(status.st_mode & 0777, 0400);
        CHECK_EQ_I64(status.st_uid, INIT_UID_SYNC);
        CHECK_EQ_STR(get(INIT_RUN_SECRETS), "key = 1");
        CHECK_EQ_STR(choice.complaint, "");
    } else { /* who cannot give it away keeps nothing */
        CHECK(stat(init_place(INIT_RUN_SECRETS, path), &status) != 0);
        CHECK(strstr(choice.complaint, "secrets.ini cannot be handed on") != NULL);
    }
}

static int say_much(const char *file, char *words, unsigned cap)
{
    (void)file;
    memset(words, 'x', cap); /* and no end */
    return 1;
}

TEST(long_words_stay_in_their_room)
{
    new_card();
    put("/card/tapedeck.ini", "bad");
    config_choose(&choice, say_much);
    CHECK_EQ_I64((int64_t)strlen(choice.complaint), CONFIG_COMPLAINT_MAX - 1);
}
