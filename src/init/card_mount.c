#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "init/card.h"
#include "init/places.h"

/* Root alone: secrets.ini is there. Names are stored as Notepad's Windows stores them. */
static const char fat_options[] = "umask=077,codepage=437,iocharset=ascii";
static const char ext4_options[] = "data=ordered,commit=60,errors=remount-ro";
enum {
    FAT_FLAGS = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME,
    DATA_FLAGS = FAT_FLAGS | MS_LAZYTIME
};

td_err card_mount_config(const struct card *card)
{
    mkdir(INIT_CARD, 0700);
    int err =
        mount(card->partition[CARD_CONFIG], INIT_CARD, "vfat", FAT_FLAGS | MS_RDONLY, fat_options);
    if (err < 0)
        TD_ERROR("init", "event=config_not_mounted errno=%d", errno);
    return err < 0 ? TD_E_IO : 0;
}

td_err card_config_writable(bool writable)
{
    unsigned long flags = MS_REMOUNT | FAT_FLAGS | (writable ? 0 : MS_RDONLY);
    return mount(NULL, INIT_CARD, NULL, flags, fat_options) < 0 ? TD_E_IO : 0;
}

const char *card_mount_words(int error)
{
    switch (error) {
    case ENOENT:
    case ENXIO:
        return "the data partition is not there";
    case ENODEV:
        return "this system cannot read ext4: its image is incomplete";
    case EROFS:
    case EACCES:
        return "the card is write-protected, or has worn out and lets nobody write";
    case EINVAL:
        return "the data partition holds no ext4 file system";
    case EUCLEAN: /* EFSCORRUPTED */
    case EBADMSG: /* EFSBADCRC */
        return "the data partition's file system is damaged";
    default:
        return "the data partition cannot be read";
    }
}

static td_err make_owned(const char *path, mode_t mode, uid_t owner, gid_t group)
{
    TD_FAIL_IF(mkdir(path, mode) < 0 && errno != EEXIST, TD_E_IO);
    TD_FAIL_IF(chown(path, owner, group) < 0 || chmod(path, mode) < 0, TD_E_IO);
    return 0;
}

enum { SHARED = 01770, FOLDERS_OPEN = 16 };

static int share(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)place;
    return kind == FTW_DP && chmod(path, SHARED) < 0 ? -1 : 0;
}

/* Sync puts its marks beside segments, and can take away neither segments nor receipts; what the recorder makes below is shared as well
   (base/os_linux.c). A deck of an older version is changed once: the topmost folder last, so that a cut only means again. */
static td_err share_ready(void)
{
    struct stat status;
    if (stat(INIT_DECK "/ready", &status) == 0 && (status.st_mode & 07777) != SHARED)
        TD_FAIL_IF(nftw(INIT_DECK "/ready", share, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS) != 0,
                   TD_E_IO);
    return make_owned(INIT_DECK "/ready", SHARED, INIT_UID_RECORD, INIT_GID_DATA);
}

static td_err make_folders(void)
{
    TD_TRY(make_owned(INIT_DECK, 0750, INIT_UID_RECORD, INIT_GID_DATA));
    TD_TRY(share_ready());
    TD_TRY(make_owned(INIT_UPLOADS_FOLDER, 0755, INIT_UID_SYNC, INIT_GID_DATA));
    TD_TRY(make_owned(INIT_DECK_SYNC, 0750, INIT_UID_SYNC, INIT_GID_DATA));
    TD_TRY(make_owned(INIT_DATA "/config", 0700, 0, 0));
    return make_owned(INIT_UPDATES, 0700, 0, 0);
}

td_err card_mount_data(const struct card *card, const char **why)
{
    mkdir(INIT_DATA, 0755);
    *why = NULL;
    /* EBUSY: it is mounted, by a try that nobody waited for to its end. */
    if (mount(card->partition[CARD_DATA], INIT_DATA, "ext4", DATA_FLAGS, ext4_options) < 0 &&
        errno != EBUSY) {
        TD_ERROR("init", "event=data_not_mounted errno=%d", errno);
        *why = card_mount_words(errno);
    } else if (make_folders() < 0) {
        *why = "the data partition cannot be written";
        umount2(INIT_DATA, MNT_DETACH);
    }
    return *why ? TD_E_IO : 0;
}
