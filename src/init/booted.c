#include "init/booted.h"

#include <fcntl.h>
#include <string.h>

#include "base/event.h"
#include "base/limits.h"
#include "base/text.h"
#include "init/console.h"
#include "init/file.h"
#include "init/marks.h"

#define FIRMWARE_WORD "/proc/device-tree/chosen/bootloader/partition"

static char letter, version[BOOT_VERSION_MAX];
static struct boot_record record;
static struct boot_card place = {.file = -1};
static bool marked;

/* ---- which one ------------------------------------------------------------------------------------------------------ */

char booted_of_partition(const unsigned char *bytes, size_t count)
{
    if (count != 4 || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 0)
        return 0;
    return bytes[3] == AUTOBOOT_PARTITION_A ? 'A' : bytes[3] == AUTOBOOT_PARTITION_B ? 'B' : 0;
}

void booted_begin(char given, const char *running)
{
    unsigned char word[8];
    td_text_copy(version, sizeof version, running, strlen(running));
    letter = given;
    int64_t bytes = letter != 0 ? 0 : file_read(FIRMWARE_WORD, word, sizeof word);
    if (letter == 0 && bytes > 0)
        letter = booted_of_partition(word, (size_t)bytes);
}

char booted_letter(void)
{
    return letter;
}

enum boot_slot booted_slot(void)
{
    return letter == 'B' ? BOOT_SLOT_B : BOOT_SLOT_A;
}

/* ---- the boot record ------------------------------------------------------------------------------------------------ */

/* Nobody told: what autoboot.txt says is what the firmware read. */
static void guess(void)
{
    int64_t at;
    enum boot_slot slot = BOOT_SLOT_A;
    if (letter == 0 && autoboot_find(place.disk, place.file, place.fat_start, &at) == 0)
        autoboot_read(place.disk, place.file, at, &slot);
    if (letter == 0)
        letter = slot == BOOT_SLOT_B ? 'B' : 'A';
}

bool booted_settle(const struct card *card)
{
    enum boot_verdict verdict;
    const struct td_disk *disk = &td_os_linux()->disk;
    int file = disk->open(disk->ctx, card->disk, O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC, 0);
    if (file < 0) {
        say("the boot record cannot be opened: %s", td_err_text(file));
        return false;
    }
    place = (struct boot_card){disk, file, card->start[CARD_CONFIG]};
    guess();
    td_err err = boot_settle(&place, booted_slot(), version, &record, &verdict);
    if (err < 0)
        say("the boot record is not kept: %s", td_err_text(err));
    if (verdict == BOOT_SWITCH_BACK)
        say(MARK_SWITCHING);
    else if (verdict == BOOT_SWITCH_ON)
        say("the slot of the last update is booted now");
    return verdict == BOOT_SWITCH_BACK || verdict == BOOT_SWITCH_ON;
}

void booted_write_record(void)
{
    td_err err = boot_record_write(place.disk, place.file, &record);
    if (err < 0)
        say("the boot record is not written: %s", td_err_text(err));
}

/* ---- health ----------------------------------------------------------------------------------------------------------- */

static bool any_book_proven(const struct page_view *page)
{
    for (uint32_t i = 0; i < page->deck.book_count; i++)
        if (page->book[i].state == TD_BOOK_PROVEN)
            return true;
    return false;
}

bool booted_proves(const struct page_view *page, int64_t mono_ns, int64_t healthy_s)
{
    static int64_t since_ns;
    if (page == NULL || !any_book_proven(page))
        since_ns = 0;
    else if (since_ns == 0)
        since_ns = mono_ns;
    if (page != NULL && page->deck.segments > page->deck.segments_remade)
        return true;
    return since_ns != 0 && mono_ns - since_ns >= healthy_s * TD_NS_PER_S;
}

void booted_mark_healthy(void)
{
    if (marked)
        return;
    marked = true;
    if (place.file >= 0 && boot_healthy(&record, booted_slot()))
        booted_write_record();
    say(MARK_HEALTHY);
}

bool booted_on_trial(void)
{
    return place.file >= 0 && !marked && record.active != (uint32_t)booted_slot();
}

void booted_text(char *out, size_t cap)
{
    struct td_str str = td_str_on(out, cap);
    td_str_add_format(&str, "slot %c, %s", letter == 0 ? '?' : letter, version);
    if (booted_on_trial())
        td_str_add_format(&str, "; on trial, boot %u of %d", record.trial_boots, BOOT_TRIES);
    if (record.failed_trials > 0)
        td_str_add_format(&str, "; %u updates failed", record.failed_trials);
}

const struct boot_card *booted_card(void)
{
    return place.file < 0 ? NULL : &place;
}

struct boot_record *booted_record(void)
{
    return &record;
}
