#include "init/bundles.h"

#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "init/booted.h"
#include "init/console.h"
#include "init/lamp.h"
#include "init/loop.h"
#include "init/marks.h"
#include "init/places.h"
#include "init/reasons.h"
#include "init/storage.h"
#include "init/textfile.h"
#include "init/watchdog.h"
#include "update/apply.h"

#define OWN_RECORDER "/bin/tapedeck"
#define UNPACKED_FOLDER "/run/bin"
#define UNPACKED_RECORDER UNPACKED_FOLDER "/tapedeck"
enum { KEY_MAX = 4096, CRASHES_MAX = 3 };

static char told[160];
static bool updated; /* the recorder of an update runs */
static unsigned crashes;

static void fed(void *arg, int64_t done, int64_t all)
{
    (void)arg, (void)done, (void)all;
    watchdog_feed();
    lamp_turn(loop_mono_ns());
}

/* The key stays in memory: apply keeps the pointer. */
static const char *key(void)
{
    static char pem[KEY_MAX];
    return textfile_read(INIT_UPDATE_KEY, pem, sizeof pem) > 0 ? pem : NULL;
}

static struct apply plan(const struct card *card, const char *version)
{
    int other = booted_slot() == BOOT_SLOT_A ? CARD_SLOT_B : CARD_SLOT_A;
    return (struct apply){.card = *booted_card(),
                          .slot_start = card->start[other],
                          .slot_bytes = card->length[other],
                          .booted = booted_slot(),
                          .record = booted_record(),
                          .updates_dir = storage_trouble() == NULL ? INIT_UPDATES : NULL,
                          .running_version = version,
                          .key_pem = key(),
                          .progress = fed};
}

/* What is not newer lies there since it was applied: no news. */
static void tell(const char *name, const char *version, td_err err, const char *why)
{
    struct td_str str = td_str_on(told, sizeof told);
    td_str_add(&str, name);
    if (version[0] != '\0')
        td_str_add_format(&str, " (%s)", version);
    td_str_add_format(&str, ": %s", why != NULL && *why != '\0' ? why : td_err_text(err));
    if (err == TD_E_UPDATE_OLD)
        return;
    say("update %s", told);
    reasons_add("update %s", told);
}

/* True: a system, so restart. */
static bool apply_newest(const struct apply *apply)
{
    char name[APPLY_NAME_MAX] = "";
    struct apply_result result = {.why = ""};
    td_err err = apply_folder(apply, INIT_CARD, name, &result);
    if (err == TD_E_MISSING)
        return false;
    if (err < 0) {
        tell(name, result.version, err, result.why);
        return false;
    }
    say(MARK_UPDATED, result.version);
    reasons_add("update %s: %s is put in place", name, result.version);
    return result.kind == BUNDLE_SYSTEM;
}

static void unpack_recorder(const struct apply *apply)
{
    const char *why = NULL;
    mkdir(UNPACKED_FOLDER, 0755);
    td_err err = apply_recorder(apply, UNPACKED_RECORDER, &why);
    updated = err == 0;
    if (err == 0 || err == TD_E_MISSING)
        return;
    tell("the updated recorder", booted_record()->recorder.version, err, why);
    bool perhaps_later = err == TD_E_IO || err == TD_E_NO_MEMORY || err == TD_E_DISK_FULL;
    if (!perhaps_later && boot_recorder_lost(booted_record()))
        booted_write_record();
}

bool bundles_apply(const struct card *card, const char *version)
{
    if (booted_card() == NULL)
        return false;
    struct apply apply = plan(card, version);
    lamp_set(LAMP_UPDATING);
    bool restart = apply_newest(&apply);
    lamp_set(LAMP_STARTING);
    if (!restart)
        unpack_recorder(&apply);
    return restart;
}

const char *bundles_recorder(void)
{
    return updated ? UNPACKED_RECORDER : OWN_RECORDER;
}

const char *bundles_on_trial(void)
{
    const struct boot_record *record = booted_record();
    return updated && record->recorder_trial ? record->recorder.version : NULL;
}

bool bundles_recorder_crashed(void)
{
    struct boot_record *record = booted_record();
    if (!updated || !record->recorder_trial || ++crashes < CRASHES_MAX)
        return false;
    say("the recorder of the update ended %d times: the slot's own runs again", CRASHES_MAX);
    reasons_add("the updated recorder %s ended %d times and is given up", record->recorder.version,
                CRASHES_MAX);
    updated = false;
    if (boot_recorder_lost(record))
        booted_write_record();
    return true;
}

void bundles_text(char *out, size_t cap)
{
    const struct boot_record *record = booted_record();
    struct td_str str = td_str_on(out, cap);
    if (updated)
        td_str_add_format(&str, "; recorder %s%s", record->recorder.version,
                          record->recorder_trial ? " on trial" : "");
    if (told[0] != '\0')
        td_str_add_format(&str, "; %s", told);
}
