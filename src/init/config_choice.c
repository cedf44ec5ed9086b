#include "init/config_choice.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config.h"
#include "base/log.h"
#include "base/text.h"
#include "init/file.h"
#include "init/places.h"

enum { CERTIFICATES_MAX = 1 << 20, WORDS_MAX = 8192 };
#define TRIED_FOLDER "/run/config/tried" /* so that the file keeps its name in complaints */
#define TRIED TRIED_FOLDER "/tapedeck.ini"

/* Start-up's only buffer: the largest file that is carried. */
static char bytes_of[CERTIFICATES_MAX];

static int64_t read_place(const char *place, size_t cap)
{
    char path[INIT_PLACE_MAX];
    return file_read(init_place(place, path), bytes_of, cap);
}

static td_err write_place(const char *place, size_t bytes, const struct file_rights *rights)
{
    char path[INIT_PLACE_MAX];
    return file_replace(init_place(place, path), bytes_of, bytes, rights);
}

static void make_folder(const char *place)
{
    char path[INIT_PLACE_MAX];
    if (file_make_folder(init_place(place, path)) < 0)
        TD_ERROR("init", "event=no_folder path=%s", path);
}

static void complain(struct config_choice *choice, const char *text)
{
    size_t bytes = strlen(choice->complaint);
    struct td_str str = td_str_on(choice->complaint + bytes, sizeof choice->complaint - bytes);
    td_str_add_format(&str, "%s\n", text);
}

/* ---- the recorder's configuration ---- */

/* The check's words name the file by where its copy lies; the owner knows it as tapedeck.ini. */
static void complain_with(struct config_choice *choice, const char *words)
{
    char tried[INIT_PLACE_MAX];
    init_place(TRIED_FOLDER "/", tried);
    size_t bytes = strlen(choice->complaint), prefix = strlen(tried);
    struct td_str str = td_str_on(choice->complaint + bytes, sizeof choice->complaint - bytes);
    for (const char *at = words; *at;) {
        if (strncmp(at, tried, prefix) == 0)
            at += prefix;
        else
            td_str_add_char(&str, *at++);
    }
    if (str.bytes && str.at[str.bytes - 1] != '\n')
        td_str_add_char(&str, '\n');
}

/* Of a sound text what it says of single lines, with the line itself and its caret: "tapedeck.ini:3:2: ...". The rest is no complaint. */
static void keep_complaints(char *words)
{
    char tried[INIT_PLACE_MAX], *to = words;
    init_place(TRIED ":", tried);
    bool keeps = false;
    for (const char *at = words; *at;) {
        size_t bytes = strcspn(at, "\n");
        bytes += at[bytes] == '\n';
        bool is_complaint = strncmp(at, tried, strlen(tried)) == 0;
        keeps = is_complaint || (keeps && strncmp(at, "    ", 4) == 0);
        if (keeps) {
            memmove(to, at, bytes);
            to += bytes;
        }
        at += bytes;
    }
    *to = 0;
}

/* What stands in the buffer becomes the recorder's configuration when the check finds it sound. */
static bool try_bytes(struct config_choice *choice, size_t bytes, config_check_fn *check,
                      bool say_why)
{
    static char words[WORDS_MAX];
    char tried[INIT_PLACE_MAX], run[INIT_PLACE_MAX];
    const struct file_rights readable = {.mode = 0644, .owner = geteuid(), .group = getegid()};
    words[0] = 0;
    if (write_place(TRIED, bytes, &readable) < 0) {
        complain(choice, "the configuration cannot be copied to memory");
        return false;
    }
    if (check(init_place(TRIED, tried), words, sizeof words) != 0) {
        words[sizeof words - 1] = 0;
        if (say_why)
            complain_with(choice, words[0] ? words : "tapedeck.ini is not accepted");
        unlink(tried);
        return false;
    }
    words[sizeof words - 1] = 0;
    keep_complaints(words);
    if (say_why)
        complain_with(choice, words);
    return rename(tried, init_place(INIT_RUN_CONFIG, run)) == 0;
}

/* Written when the text is another one, so not at each boot. */
bool config_keep(const struct config_choice *choice)
{
    static char kept[TD_CONFIG_FILE_MAX];
    char path[INIT_PLACE_MAX];
    if (choice->source != CONFIG_CARD)
        return true;
    int64_t bytes = read_place(INIT_RUN_CONFIG, TD_CONFIG_FILE_MAX);
    int64_t kept_bytes = file_read(init_place(INIT_LAST_GOOD, path), kept, sizeof kept);
    if (bytes < 0 || (kept_bytes == bytes && memcmp(kept, bytes_of, (size_t)bytes) == 0))
        return bytes >= 0;
    make_folder(INIT_DATA "/config");
    return write_place(INIT_LAST_GOOD, (size_t)bytes, NULL) == 0;
}

/* A card that was mounted bears the firmware's autoboot.txt; a folder without it is a card that could not be read. */
static bool card_is_there(void)
{
    char path[INIT_PLACE_MAX];
    return access(init_place(INIT_CARD "/autoboot.txt", path), F_OK) == 0;
}

static bool try_card(struct config_choice *choice, config_check_fn *check, bool *missing)
{
    int64_t bytes = read_place(INIT_CARD "/tapedeck.ini", TD_CONFIG_FILE_MAX);
    *missing = bytes == TD_E_MISSING && card_is_there();
    if (*missing)
        complain(choice, "tapedeck.ini is not on the card: it records as delivered");
    else if (bytes == TD_E_RANGE)
        complain(choice, "tapedeck.ini is larger than 256 KiB: it is no configuration");
    else if (bytes < 0)
        complain(choice, "tapedeck.ini cannot be read from the card");
    return bytes >= 0 && try_bytes(choice, (size_t)bytes, check, true);
}

static bool try_last_good(struct config_choice *choice, config_check_fn *check)
{
    int64_t bytes = read_place(INIT_LAST_GOOD, TD_CONFIG_FILE_MAX);
    return bytes >= 0 && try_bytes(choice, (size_t)bytes, check, false);
}

/* Taken as it is: where even this one fails its check the recorder says why, and there is no other. */
static void take_shipped(struct config_choice *choice)
{
    const struct file_rights readable = {.mode = 0644, .owner = geteuid(), .group = getegid()};
    int64_t bytes = read_place(INIT_SHIPPED_CONFIG, TD_CONFIG_FILE_MAX);
    if (bytes < 0 || write_place(INIT_RUN_CONFIG, (size_t)bytes, &readable) < 0)
        complain(choice, "the delivered configuration cannot be read: flash the card again");
}

/* ---- the files beside it ---- */

static void remove_place(const char *place)
{
    char path[INIT_PLACE_MAX];
    unlink(init_place(place, path));
}

static bool holds_certificate(size_t bytes)
{
    static const char mark[] = "-----BEGIN CERTIFICATE-----";
    return memmem(bytes_of, bytes, mark, sizeof mark - 1) != NULL;
}

static void carry_certificates(struct config_choice *choice)
{
    const struct file_rights readable = {.mode = 0644, .owner = geteuid(), .group = getegid()};
    int64_t bytes = read_place(INIT_CARD "/ca.pem", CERTIFICATES_MAX);
    remove_place(INIT_RUN_CA);
    if (bytes == TD_E_MISSING)
        return;
    if (bytes < 0 || !holds_certificate((size_t)bytes))
        complain(choice, "ca.pem holds no certificate (PEM): the delivered ones are trusted");
    else if (write_place(INIT_RUN_CA, (size_t)bytes, &readable) < 0)
        complain(choice, "ca.pem cannot be copied to memory: the delivered ones are trusted");
}

static void carry_secrets(struct config_choice *choice)
{
    const struct file_rights sync_alone = {
        .mode = 0400, .owner = INIT_UID_SYNC, .group = INIT_UID_SYNC};
    int64_t bytes = read_place(INIT_CARD "/secrets.ini", TD_CONFIG_FILE_MAX);
    remove_place(INIT_RUN_SECRETS);
    if (bytes == TD_E_MISSING)
        return;
    if (bytes < 0)
        complain(choice, "secrets.ini cannot be read from the card");
    else if (write_place(INIT_RUN_SECRETS, (size_t)bytes, &sync_alone) < 0)
        complain(choice, "secrets.ini cannot be handed on: no uploads");
    explicit_bzero(bytes_of, sizeof bytes_of);
}

void config_choose(struct config_choice *choice, config_check_fn *check)
{
    bool missing = false;
    *choice = (struct config_choice){.source = CONFIG_CARD};
    make_folder(TRIED_FOLDER);
    make_folder("/run/secrets");
    if (!try_card(choice, check, &missing)) {
        choice->source = CONFIG_LAST_GOOD;
        if (missing || !try_last_good(choice, check)) {
            choice->source = CONFIG_SHIPPED;
            take_shipped(choice);
        }
    }
    carry_certificates(choice);
    carry_secrets(choice);
}
